"""Every command line of README and the pages works as it stands there.

Clips are short ones whose landmarks are replayed, so that no model runs. ``live``, ``app``, ``doctor`` and ``batch``
need a camera, a browser or a minute and have tests of their own: their lines are parsed, and a batch is planned.
"""

from __future__ import annotations

import re
import shlex
import shutil

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from mobility_check import pipeline
from mobility_check.cli import build
from mobility_check.history.saving import save_session
from mobility_check.pose.replay import ReplayBackend
from mobility_check.pose.store import load_track
from synthetic.factories import make_session
from tests.commandline import ROOT
from tests.footage import SAMPLES, derive
from tests.frozen import RECORDINGS

PROGRAM = "mobility-check"
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md")),
    *(p for p in sorted((ROOT / "docs").glob("*.md")) if p.name not in ("cli.md", "history.md")),
]
PARSED = ("live", "app", "doctor")
OTHERS = {"apt-get", "bash", "buildah", "cd", "coverage", "ffmpeg", "git", "nox", "pip", "pipx", "podman", "pre-commit"}
OTHERS |= {"pytest", "python", "python3", "ruff", "mypy", "uv", "xvfb-run"}
TABLE = "subject;side;tool_deg;reference_deg\n" + "".join(
    f"P{i};{side};{15 + i + d:.1f};{15 + i}\n" for i in range(5) for side, d in (("left", 1.2), ("right", 0.9))
)


def command_lines():
    """(page, words of one call), without what follows ``>`` and with ``VARIABLE=value`` left out."""
    for page in PAGES:
        for block in re.findall(r"```bash\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL):
            for line in block.replace("\\\n", " ").splitlines():
                words = shlex.split(line, comments=True)
                for call in " \0 ".join(words).replace(" \0 && \0 ", "\n").splitlines():
                    kept = [w for w in call.split(" \0 ") if w and not re.match(r"[A-Z_]+=", w)]
                    if kept:
                        yield page.name, kept[: kept.index(">")] if ">" in kept else kept


LINES = list(command_lines())
OURS = [(page, words[1:]) for page, words in LINES if words[0].rpartition("/")[2] == PROGRAM]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with everything that the pages name, and a history."""
    folder = tmp_path_factory.mktemp("place")
    clip = derive(SAMPLES[-1], folder / "clip.mp4", stop_s=6.5, height=320, fps=15)
    for name in ("left.mp4", "right.mp4"):
        (folder / name).write_bytes(clip.read_bytes() + name.encode())
    for name in ("footage", "samples"):
        (folder / name).mkdir()
    (folder / "footage" / "anna_20260803.mp4").write_bytes(clip.read_bytes())
    (folder / "samples" / SAMPLES[0].name).write_bytes(clip.read_bytes())
    (folder / "measurements.csv").write_text(TABLE, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A history of two people."""
    database = tmp_path_factory.mktemp("saved") / "history.db"
    for person in ("me", "P-17"):
        for day in ("2026-08-03", "2026-08-20", "2026-09-14"):
            save_session(make_session(clips=(f"{person} {day}",)), subject=person, date=day, database=database)
    return database


@pytest.fixture
def world(place, saved, tmp_path, monkeypatch):
    monkeypatch.setenv("MOBILITY_CHECK_DATABASE", str(shutil.copy(saved, tmp_path)))
    monkeypatch.chdir(place)
    monkeypatch.setattr(pipeline, "default_backend", replay)
    return place


def replay():
    return ReplayBackend([load_track(RECORDINGS / "kick-back" / f"{SAMPLES[-1].stem}.npz")])


@pytest.mark.parametrize(("page", "words"), OURS, ids=[f"{page} {' '.join(words)}" for page, words in OURS])
def test_a_command_of_a_page_works(page, words, world):
    del page
    words = [w.replace("/share/clips", "footage").replace("/srv/mobility", "results") for w in words]
    if not words or words[0] in PARSED:
        if words:
            command = get_command(build()).commands[words[0]]
            command.make_context(words[0], words[1:]).close()
        return
    if words[0] == "batch":
        words = [*words, "--dry-run"]
    if "--report" in words or "--annotate" in words:
        words = [*words, "--overwrite"]
    done = CliRunner().invoke(build(), words)
    assert done.exit_code == 0, (words, done.output, done.exception)


def test_other_programs_of_the_pages_are_known_and_their_files_are_there():
    for page, words in LINES:
        program = words[0].rpartition("/")[2]
        assert program in OTHERS | {PROGRAM}, f"{page}: {' '.join(words)}"
        assert program != "docker", "Containerfile is built with podman"
        for word in words[1:]:
            if re.match(r"(benchmarks|calibration|tests|\.ci)/[\w/.-]+$", word) and "--out" not in words:
                assert (ROOT / word).exists(), f"{page}: {word}"
        if words[1:2] == ["-m"] and words[2].startswith(("benchmarks.", "calibration.", "tests.")):
            path = ROOT.joinpath(*words[2].split("."))
            assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), f"{page}: {words[2]}"


def test_the_pages_have_command_lines():
    assert len(OURS) >= 20
