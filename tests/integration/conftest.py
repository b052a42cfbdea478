"""A computer of somebody's own without a network, on which every command that measures or shows was used once."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.commandline import Run, command, environment
from tests.integration.watched import watched

SUBJECT = "Zanzibar-7731"
PROXIES = {"no_proxy": "*", "https_proxy": "http://192.0.2.7:3128"}
"""What a user may have set; a proxy that leads nowhere would hide an attempt, ``no_proxy`` shows it."""


@dataclass
class Computer:
    """Somebody's home, temporary folder and place of work, all empty at first; ``asked`` is for what is asked for.

    ``watch`` holds what was seen of the network while the commands ran, in a folder for each.
    """

    root: Path
    runs: dict[str, Run] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = ("home", "tmp", "work", "asked", "watch")
        self.home, self.tmp, self.work, self.asked, self.watch = (self.root / n for n in names)
        for folder in (self.home, self.tmp, self.work, self.asked, self.watch):
            folder.mkdir()

    def run(self, name: str, *args: object) -> Run:
        """Run a command, watched, and without a network where the system lets us."""
        places = {
            "HOME": self.home,
            "TMPDIR": self.tmp,
            "XDG_DATA_HOME": self.home / "data",
            "XDG_CACHE_HOME": self.home / "cache",
            "XDG_RUNTIME_DIR": self.home / "run",
        }
        env = environment(**{k: str(v) for k, v in places.items()}, **PROXIES, DISPLAY=None)
        watch = self.watch / name
        watch.mkdir(exist_ok=True)
        done = subprocess.run(
            watched(watch, *command(name, *args)),
            capture_output=True,
            env=env,
            cwd=self.work,
            timeout=600,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        return Run(done.returncode, done.stdout.decode(), done.stderr.decode())

    def do(self, name: str, *args: object, codes: tuple[int, ...] = (0,)) -> None:
        """Run a command that must go well, and remember what it said."""
        self.runs[name] = self.run(name, *args)
        assert self.runs[name].code in codes, self.runs[name].err

    def left(self) -> list[Path]:
        """All files but those that were asked for by name."""
        return [p for folder in (self.home, self.tmp, self.work) for p in folder.rglob("*") if p.is_file()]


@pytest.fixture(scope="session")
def used(tmp_path_factory: pytest.TempPathFactory, short_clip: Path) -> Computer:
    """A computer after ``analyze``, ``report``, ``batch`` and ``live``, their defaults as they are."""
    computer = Computer(tmp_path_factory.mktemp("computer"))
    asked = computer.asked
    computer.do("analyze", short_clip, "--subject", SUBJECT, "--report", asked / "now.html", "--json")
    computer.do("report", SUBJECT, "-o", asked / "page.html")
    computer.do("batch", short_clip, "-o", asked / "results", "--workers", "1", "--quiet")
    computer.do("live", "--no-window", "--mute", "--camera", short_clip, "--json", codes=(0, 10))
    computer.do("history", "list")  # now, for one of the tests forgets everything
    return computer
