"""A computer of somebody's own without a network, on which every command that measures or shows was used once."""

from __future__ import annotations

import functools
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.commandline import Run, command, environment
from tests.footage import SAMPLES, derive

SUBJECT = "Zanzibar-7731"
ALONE = """
import fcntl, os, socket, struct, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:  # a computer without network still has its own address
    fcntl.ioctl(s, 0x8914, struct.pack("16sh14x", b"lo", 1))
    try:
        s.connect(("192.0.2.1", 9))
    except OSError:
        os.execv(sys.argv[1], sys.argv[1:])
sys.exit("there is a network here")
"""


def alone(*arguments: str) -> list[str]:
    """The command in a network namespace of its own, with nothing in it but the loopback."""
    return ["unshare", "--map-root-user", "--net", sys.executable, "-c", ALONE, *arguments]


@functools.cache
def can_be_alone() -> bool:
    return bool(shutil.which("unshare")) and not subprocess.run(alone("/bin/true"), capture_output=True).returncode


@dataclass
class Computer:
    """Somebody's home, temporary folder and place of work, all empty at first; ``asked`` is for what is asked for."""

    root: Path
    runs: dict[str, Run] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.home, self.tmp, self.work, self.asked = (self.root / n for n in ("home", "tmp", "work", "asked"))
        for folder in (self.home, self.tmp, self.work, self.asked):
            folder.mkdir()

    def run(self, *args: object) -> Run:
        """Run a command, without a network where the system lets us."""
        places = {
            "HOME": self.home,
            "TMPDIR": self.tmp,
            "XDG_DATA_HOME": self.home / "data",
            "XDG_CACHE_HOME": self.home / "cache",
            "XDG_RUNTIME_DIR": self.home / "run",
        }
        env = {k: v for k, v in environment(**{k: str(v) for k, v in places.items()}).items() if k != "DISPLAY"}
        words = command(*args)
        done = subprocess.run(
            alone(*words) if can_be_alone() else words,
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
def short_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A single kick in a small picture."""
    return derive(SAMPLES[-1], tmp_path_factory.mktemp("clip") / "kick.mp4", stop_s=5.6, height=360, fps=15)


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
