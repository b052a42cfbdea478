"""What is left on the disk: no picture and no landmark that nobody asked for, and nothing at all after ``forget``."""

from __future__ import annotations

import contextlib
import subprocess
import zlib
from pathlib import Path

import numpy as np
import pytest

from mobility_check.core.landmarks import Landmark
from mobility_check.pose.store import load_track
from tests.commandline import Run, command, environment
from tests.footage import SAMPLES, derive

SUBJECT = "Zanzibar-7731"
PICTURES = {b"\xff\xd8\xff": "JPEG", b"\x89PNG\r\n\x1a\n": "PNG", b"GIF8": "GIF", b"\x1aE\xdf\xa3": "Matroska"}
INSIDE_CLIPS = (b"ftypisom", b"ftypmp42", b"moovmvhd", b"WEBPVP8", b"RIFF")


class Computer:
    """Somebody's home, temporary folder and place of work, all empty at first."""

    def __init__(self, root: Path) -> None:
        self.home, self.tmp, self.work, self.asked = (root / n for n in ("home", "tmp", "work", "asked"))
        for folder in (self.home, self.tmp, self.work, self.asked):
            folder.mkdir()

    def run(self, *args: object, codes: tuple[int, ...] = (0,)) -> Run:
        places = {"HOME": self.home, "TMPDIR": self.tmp, "XDG_DATA_HOME": self.home / "data",
                  "XDG_CACHE_HOME": self.home / "cache", "XDG_RUNTIME_DIR": self.home / "run"}  # fmt: skip
        env = {k: v for k, v in environment(**{k: str(v) for k, v in places.items()}).items() if k != "DISPLAY"}
        done = subprocess.run(
            command(*args), capture_output=True, env=env, cwd=self.work, timeout=600, stdin=subprocess.DEVNULL,
            check=False,
        )  # fmt: skip
        assert done.returncode in codes, done.stderr.decode()
        return Run(done.returncode, done.stdout.decode(), done.stderr.decode())

    def left(self) -> list[Path]:
        """All files but those that were asked for by name."""
        return [p for folder in (self.home, self.tmp, self.work) for p in folder.rglob("*") if p.is_file()]


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return derive(SAMPLES[-1], tmp_path_factory.mktemp("clip") / "kick.mp4", stop_s=5.6, height=360, fps=15)


@pytest.fixture(scope="module")
def used(tmp_path_factory, clip):
    """A computer after ``analyze``, ``batch``, ``report`` and ``live`` with their defaults."""
    computer = Computer(tmp_path_factory.mktemp("computer"))
    computer.run("analyze", clip, "--subject", SUBJECT)
    computer.run("report", SUBJECT, "-o", computer.asked / "page.html")
    computer.run("batch", clip, "-o", computer.asked / "results", "--workers", "1", "--quiet")
    computer.run("live", "--no-window", "--mute", "--camera", clip, "--json", codes=(0, 10))
    return computer


@pytest.fixture(scope="module")
def coordinates(tmp_path_factory, clip):
    """Bytes and texts by which landmarks of this clip would be known: hips, knees and ankles of every tenth picture."""
    elsewhere = Computer(tmp_path_factory.mktemp("elsewhere"))
    elsewhere.run("analyze", clip, "--save-track", elsewhere.asked / "track.npz", "--quiet")
    track = load_track(elsewhere.asked / "track.npz")
    marks = [Landmark.LEFT_HIP, Landmark.RIGHT_KNEE, Landmark.RIGHT_ANKLE]
    values = track.xy_px[::10, marks].reshape(-1, 2)
    values = values[np.isfinite(values).all(axis=1)]
    size = np.array([track.meta.width_px, track.meta.height_px])
    known = set()
    for pair in np.concatenate([values, values / size]):
        known |= {pair.astype(kind).tobytes() for kind in ("<f8", "<f4")}
        known |= {f"{pair[0]:.{n}f}".encode() for n in (4, 5, 6)} | {repr(float(pair[0])).encode()}
    assert len(known) > 50
    return known, elsewhere.asked / "track.npz"


def contents(path: Path) -> list[bytes]:
    """A file's bytes, and what its compressed parts hold."""
    data, found, at = path.read_bytes(), [path.read_bytes()], 0
    while (at := data.find(b"\x78", at)) >= 0:
        if data[at + 1 : at + 2] in (b"\x01", b"\x5e", b"\x9c", b"\xda"):
            with contextlib.suppress(zlib.error):
                found.append(zlib.decompressobj().decompress(data[at:]))
        at += 1
    return found


def test_the_search_would_find_landmarks(coordinates):
    known, track = coordinates
    with np.load(track) as archive:
        raw = archive["xy_px"].tobytes()
    assert any(k in raw for k in known)


def test_no_temporary_file_is_left(used):
    left = [p for p in used.tmp.rglob("*") if p.is_file()]
    assert [p for p in left if p.stat().st_size] == [], "Dask leaves empty lock files, nothing else may stay"
    assert list(used.work.iterdir()) == []


def test_no_frame_is_kept(used, clip):
    kept = [*used.left(), *(used.asked / "results").rglob("*")]
    for path in (p for p in kept if p.is_file()):
        data = path.read_bytes()
        assert path.suffix not in (".mp4", ".jpg", ".png", ".npz", ".npy", ".webp"), path
        assert not any(data.startswith(magic) for magic in PICTURES), path
        assert not any(magic in data for magic in INSIDE_CLIPS), path
        assert b"data:image/jpeg" not in data, path
        assert clip.read_bytes()[2000:2064] not in data


def test_no_landmark_is_kept(used, coordinates):
    kept = [p for p in [*used.left(), *used.asked.rglob("*")] if p.is_file()]
    assert kept
    for path in kept:
        assert [k for part in contents(path) for k in coordinates[0] if k in part] == [], path


def test_after_forget_nothing_of_the_person_is_left(used):
    history = [p for p in used.left() if SUBJECT.encode() in p.read_bytes()]
    assert history, "the session was saved"
    used.run("history", "forget", SUBJECT, "--yes")
    assert [p for p in used.left() if any(SUBJECT.encode() in part for part in contents(p))] == []
    assert SUBJECT not in used.run("history", "list").out
