"""Clips that cannot be read, or only in part: one plain sentence, or what is left of them and a note."""

from __future__ import annotations

import contextlib
import random
import struct
import time
from pathlib import Path

import pytest

from mobility_check.errors import InputError
from mobility_check.video.source import ClipReader
from tests.video.clips import flipped, make_clip, make_sound, number_in

TS_PACKET = 188
FASTSTART = {"movflags": "faststart"}


def cut(path: Path, *, share: float) -> Path:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def missing(folder: Path) -> Path:
    return folder / "nowhere.mp4"


def a_folder(folder: Path) -> Path:
    return folder


def empty(folder: Path) -> Path:
    (folder / "empty.mp4").touch()
    return folder / "empty.mp4"


def text(folder: Path) -> Path:
    (folder / "letter.mp4").write_text("Dear camera,\n" * 99)
    return folder / "letter.mp4"


def playlist(folder: Path) -> Path:
    secret = make_clip(folder / "secret.mp4", frames=2)
    (folder / "list.mp4").write_text(f"ffconcat version 1.0\nfile '{secret}'\n")
    return folder / "list.mp4"


def noise(folder: Path) -> Path:
    (folder / "noise.mp4").write_bytes(random.Random(1).randbytes(20_000))
    return folder / "noise.mp4"


def photo(folder: Path) -> Path:
    import cv2
    import numpy as np

    cv2.imwrite(str(folder / "photo.jpg"), np.zeros((64, 64, 3), dtype=np.uint8))
    return (folder / "photo.jpg").rename(folder / "photo.mp4")


def sound(folder: Path) -> Path:
    return make_sound(folder / "sound.mp4")


def no_index(folder: Path) -> Path:
    return cut(make_clip(folder / "cut.mp4"), share=0.6)


def unknown_codec(folder: Path) -> Path:
    path = make_clip(folder / "odd.mp4")
    path.write_bytes(path.read_bytes().replace(b"avc1", b"zzzz"))
    return path


def huge(folder: Path) -> Path:
    """A small clip whose headers promise 10,000 × 10,000 pixels."""
    path = make_clip(folder / "huge.avi", frames=2, codec="mjpeg", pix_fmt="yuvj420p")
    data = path.read_bytes().replace(struct.pack("<ii", 192, 128), struct.pack("<ii", 10_000, 10_000))
    data = data.replace(struct.pack(">HH", 128, 192), struct.pack(">HH", 10_000, 10_000))
    path.write_bytes(data)
    return path


def no_picture_left(folder: Path) -> Path:
    path = make_clip(folder / "hollow.mp4", format_options=FASTSTART)
    data = path.read_bytes()
    start = data.index(b"mdat") + 4
    path.write_bytes(data[:start] + bytes(len(data) - start))
    return path


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (missing, "no file"),
        (a_folder, "is a folder"),
        (empty, "empty"),
        (text, "text, not a video"),
        (playlist, "text, not a video"),
        (noise, "not a video that can be read"),
        (photo, "picture, not a video"),
        (sound, "no picture"),
        (no_index, "index is missing"),
        (unknown_codec, "not known here"),
        (huge, "more than 8K"),
        (no_picture_left, "No picture"),
    ],
)
def test_an_unreadable_input_is_told_in_one_sentence(tmp_path, make, words):
    path = make(tmp_path)
    with pytest.raises(InputError, match=words) as e:
        ClipReader(path)
    message = str(e.value)
    assert str(path) in message
    assert message.endswith(".")
    assert "\n" not in message
    assert "Errno" not in message


def test_a_name_that_looks_like_an_address_is_only_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="no file"):
        ClipReader("http://localhost:9/clip.mp4")


def test_one_frame_is_a_clip_too(tmp_path):
    reader = ClipReader(make_clip(tmp_path / "one.mp4", frames=1))
    assert [f.index for f in reader.frames()] == [0]
    assert (reader.meta.frames, reader.meta.fps, reader.meta.duration_s) == (1, 0.0, 0.0)


def test_a_cut_clip_is_read_as_far_as_it_goes(tmp_path):
    path = cut(make_clip(tmp_path / "cut.mp4", frames=120, format_options=FASTSTART), share=0.6)
    reader = ClipReader(path)
    frames = list(reader.frames())
    assert 20 < len(frames) < 100
    assert [number_in(f.image) for f in frames] == [round(f.time_s * 30) for f in frames]
    assert reader.meta.notes == ("damaged_clip",)


@pytest.mark.parametrize("name", ["hole.mp4", "hole.mkv", "hole.ts"])
def test_a_hole_in_the_middle_loses_only_its_own_frames(tmp_path, name):
    options = FASTSTART if name.endswith("mp4") else {}
    path = make_clip(tmp_path / name, frames=150, options={"g": "15"}, format_options=options)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2 // TS_PACKET * TS_PACKET
    data[middle : middle + 8 * TS_PACKET] = b"" if name.endswith("ts") else bytes(8 * TS_PACKET)
    path.write_bytes(data)
    reader = ClipReader(path)
    frames = list(reader.frames())
    assert 75 <= len(frames) < 150
    assert number_in(frames[-1].image) == 149
    assert reader.time_s[-1] == pytest.approx(149 / 30, abs=0.05)
    whole = [f for f in frames if f.time_s < 1.5 or f.time_s > 4]
    assert [f.time_s for f in whole] == pytest.approx([number_in(f.image) / 30 for f in whole], abs=0.002)
    assert "damaged_clip" in reader.notes


@pytest.mark.parametrize(("fps", "rate"), [(1e6, 30), (0.01, 30)])
def test_absurd_frame_rates(tmp_path, fps, rate):
    reader = ClipReader(make_clip(tmp_path / "clip.mp4", fps=fps))
    assert reader.meta.fps == rate
    assert [number_in(f.image) for f in reader.frames()] == list(range(30))
    assert reader.notes == ("timestamps_repaired",)


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.avi", "clip.gif"])
def test_flipped_bytes_never_hang_or_escape_the_error_tree(tmp_path, name):
    codec = {"gif": ("gif", "rgb8"), "avi": ("mpeg4", "yuv420p")}.get(name[-3:], ("libx264", "yuv420p"))
    whole = make_clip(tmp_path / name, codec=codec[0], pix_fmt=codec[1], frames=12).read_bytes()
    rng = random.Random(7)
    read = 0
    for _ in range(25):
        path = tmp_path / f"mutant-{name}"
        path.write_bytes(whole)
        flipped(path, offsets=[rng.randrange(len(whole)) for _ in range(rng.choice([1, 8, 60]))])
        began = time.monotonic()
        with contextlib.suppress(InputError):
            read += len([f for f in ClipReader(path).frames() if f.image.shape[2] == 3])
        assert time.monotonic() - began < 10
    assert read > 0
