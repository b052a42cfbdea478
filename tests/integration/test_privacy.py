"""What is left on the disk: no picture and no landmark that nobody asked for, and nothing at all after ``forget``."""

from __future__ import annotations

import contextlib
import re
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from mobility_check.kinematics.landmarks import Landmark
from mobility_check.pose.store import load_track
from tests.integration.conftest import SUBJECT

PICTURES = {b"\xff\xd8\xff": "JPEG", b"\x89PNG\r\n\x1a\n": "PNG", b"GIF8": "GIF", b"\x1aE\xdf\xa3": "Matroska"}
INSIDE_CLIPS = (b"ftypisom", b"ftypmp42", b"moovmvhd", b"WEBPVP8", b"RIFF")


@pytest.fixture(scope="module")
def coordinates(short_measured):
    """Bytes and texts by which landmarks of this clip would be known: hips, knees and ankles of every tenth picture."""
    saved = short_measured.track
    track = load_track(saved)
    marks = [Landmark.LEFT_HIP, Landmark.RIGHT_KNEE, Landmark.RIGHT_ANKLE]
    values = track.xy_px[::10, marks].reshape(-1, 2)
    values = values[np.isfinite(values).all(axis=1)]
    size = np.array([track.meta.width_px, track.meta.height_px])
    exact, texts = set(), []
    for pair in np.concatenate([values, values / size]):
        exact |= {pair.astype(kind).tobytes() for kind in ("<f8", "<f4")} | {repr(float(pair[0])).encode()}
        exact |= {f"{pair[0]:.{n}f}".encode() for n in (6, 7)}
        digits = (1, 2, 3) if pair.min() > 1 else (3, 4)
        numbers = [[re.escape(f"{v:.{n}f}") for v in pair] for n in digits]
        texts += [rf"{x}[^0-9]{{1,4}}{y}" for x, y in numbers]
    assert len(exact) > 50
    return Marks(exact, re.compile(f"(?<![0-9.])(?:{'|'.join(texts)})".encode())), saved


@dataclass(frozen=True)
class Marks:
    """What gives landmarks away: long numbers wherever they are, and short ones where x and y stand together."""

    exact: set[bytes]
    pairs: re.Pattern[bytes]

    def within(self, data: bytes) -> list[bytes]:
        return [m for m in self.exact if m in data] + self.pairs.findall(data)


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
    marks, track = coordinates
    with np.load(track) as archive:
        xy = archive["xy_px"]
    texts = [str(xy.tolist()), str(xy.round(1).tolist())]
    for form in (xy.tobytes(), xy.astype("<f4").tobytes(), *map(str.encode, texts)):
        assert marks.within(form)


def test_no_temporary_file_is_left(used):
    left = [p for p in used.tmp.rglob("*") if p.is_file()]
    assert [p for p in left if p.stat().st_size] == [], "Dask leaves empty lock files, nothing else may stay"
    assert list(used.work.iterdir()) == []


def test_no_frame_is_kept(used, short_clip):
    kept = [*used.left(), *(used.asked / "results").rglob("*")]
    for path in (p for p in kept if p.is_file()):
        data = path.read_bytes()
        assert path.suffix not in (".mp4", ".jpg", ".png", ".npz", ".npy", ".webp"), path
        assert not any(data.startswith(magic) for magic in PICTURES), path
        assert not any(magic in data for magic in INSIDE_CLIPS), path
        assert b"data:image/jpeg" not in data, path
        assert short_clip.read_bytes()[2000:2064] not in data


def test_no_landmark_is_kept(used, coordinates):
    kept = [p for p in [*used.left(), *used.asked.rglob("*")] if p.is_file()]
    assert kept
    for path in kept:
        assert [m for part in contents(path) for m in coordinates[0].within(part)] == [], path


def test_after_forget_nothing_of_the_person_is_left(used):
    history = [p for p in used.left() if SUBJECT.encode() in p.read_bytes()]
    assert history, "the session was saved"
    assert used.run("history", "forget", SUBJECT, "--yes").code == 0
    assert [p for p in used.left() if any(SUBJECT.encode() in part for part in contents(p))] == []
    assert SUBJECT not in used.run("history", "list").out
