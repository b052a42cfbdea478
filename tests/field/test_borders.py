"""Flat borders around the picture are left out, and a dark room is not taken for one."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from mobility_check.live.camera import ClipFeed
from mobility_check.video.source import ClipReader
from tests.video.clips import make_clip

SIZE = 480, 640
CODECS = {"a.mp4": ("libx264", {"crf": "28"}), "a.avi": ("mpeg4", {"q": "6"}), "a.mjpeg": ("mjpeg", {"q": "6"})}
RNG = np.random.default_rng(7)


def scene(index: int, *, width: int, height: int) -> np.ndarray:
    """A room with a wall, a floor and somebody who moves."""
    image = cv2.resize(
        RNG.integers(70, 150, (12, 16, 3), dtype=np.uint8), (width, height), interpolation=cv2.INTER_CUBIC
    )
    image[height * 8 // 10 :] //= 2
    x = width // 2 + index
    cv2.ellipse(image, (x, height // 2), (width // 16, height // 3), 0, 0, 360, (200, 180, 160), -1)
    return image


def film(path: Path, images: list[np.ndarray]) -> Path:
    codec, options = CODECS[path.name]
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream(codec, rate=25, options=options)
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        for image in images:
            out.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        out.mux(stream.encode(None))
    return path


def framed(box: tuple[int, int, int, int], *, grey: int = 0, fade: bool = False) -> list[np.ndarray]:
    """24 pictures with the scene in that box (left, top, right, bottom)."""
    left, top, right, bottom = box
    images = []
    for i in range(24):
        image = np.full((SIZE[1], SIZE[0], 3), grey, dtype=np.uint8)
        if not (fade and i < 5):
            image[top:bottom, left:right] = scene(i, width=right - left, height=bottom - top)
        images.append(image)
    return images


BOXES = {
    "letterbox": (0, 185, 480, 455),
    "pillarbox": (90, 0, 390, 640),
    "small in black": (120, 200, 370, 450),
    "at the bottom": (0, 300, 480, 640),
    "at the left": (0, 0, 250, 640),
}


@pytest.mark.parametrize("name", CODECS)
@pytest.mark.parametrize("kind", BOXES)
def test_black_borders_are_left_out(tmp_path, name, kind):
    left, top, right, bottom = BOXES[kind]
    reader = ClipReader(film(tmp_path / name, framed(BOXES[kind])))
    size = reader.meta.width_px, reader.meta.height_px
    assert size == pytest.approx((right - left, bottom - top), abs=4)
    assert "borders_cropped" in reader.notes
    frames = [*reader.frames_at([0, 23]), *islice(reader.frames(), 11, 12)]
    assert {f.image.shape for f in frames} == {(size[1], size[0], 3)}
    for f in frames:  # at its own scale: somebody is as tall and as thick as they were
        body = f.image[..., 0] > 175
        assert (body.sum(axis=1) > 4).sum() == pytest.approx(2 * ((bottom - top) // 3), abs=8)
        assert (body.sum(axis=0) > 12).sum() == pytest.approx(2 * ((right - left) // 16), abs=8)
    small = next(reader.frames(max_height_px=120)).image
    assert small.shape[1] / small.shape[0] == pytest.approx(size[0] / size[1], rel=0.02)


def test_borders_of_another_colour_come_in_pairs(tmp_path):
    assert ClipReader(film(tmp_path / "a.mp4", framed(BOXES["letterbox"], grey=245))).meta.height_px < 280
    one_floor = ClipReader(film(tmp_path / "a.avi", framed((0, 0, 480, 520), grey=60)))
    assert one_floor.meta.height_px == 640, "a plain floor is no border"


def test_a_fade_from_black_hides_no_borders_and_makes_none(tmp_path):
    assert ClipReader(film(tmp_path / "a.mp4", framed(BOXES["letterbox"], fade=True))).meta.height_px < 280
    assert ClipReader(film(tmp_path / "a.avi", framed((0, 0, *SIZE), fade=True))).meta.height_px == 640


def test_a_clip_plays_live_without_its_borders(tmp_path):
    frame = ClipFeed(film(tmp_path / "a.mp4", framed(BOXES["letterbox"])), speed=50).read()
    assert not isinstance(frame, str)
    assert frame.image.shape[:2] == pytest.approx((270, 480), abs=4)


def dark_room(kind: str, index: int) -> np.ndarray:
    """Somebody in black clothes on a black stage, lit from the side, at a place that changes; or a lamp on a wall."""
    image = np.zeros((SIZE[1], SIZE[0], 3), dtype=np.uint8)
    x = 160 + 4 * index
    cv2.circle(image, (x, 130), 34, (150, 120, 100), -1)  # head
    cv2.line(image, (x, 170), (x, 360), (70, 60, 60), 60)  # trunk
    if kind == "bare feet":
        cv2.line(image, (x - 10, 560), (x + 60, 560), (150, 120, 100), 14)
    elif kind == "lit wall":
        image[180:520, 300:] += 40
    elif kind == "noise":
        image = np.clip(image + np.random.default_rng(index).normal(6, 4, image.shape), 0, 255).astype(np.uint8)
    return image


@pytest.mark.parametrize("kind", ["black clothes", "bare feet", "lit wall", "noise"])
def test_a_dark_room_is_no_border(tmp_path, kind):
    reader = ClipReader(film(tmp_path / "a.mp4", [dark_room(kind, i) for i in range(24)]))
    assert (reader.meta.width_px, reader.meta.height_px) == SIZE
    assert reader.notes == ()


def test_a_clip_without_borders_is_decoded_no_further_than_its_first_picture(tmp_path, monkeypatch):
    images = framed((0, 0, *SIZE))
    for image in images:
        image[500:] = 60  # a plain floor
    path = film(tmp_path / "a.mp4", images)
    monkeypatch.setattr(ClipReader, "frames_at", lambda *a, **k: pytest.fail("looked at more frames"))
    assert ClipReader(path).meta.frames == 24


def test_plain_pictures_keep_their_size(tmp_path):
    assert ClipReader(make_clip(tmp_path / "grey.mp4")).meta.height_px == 128
