"""The picture is measured as players show it.

Seen by others: opencv#4921, VideoIO.jl#185, jasna#125 (pixel shape); OGVKit#132, libopenshot#382, PyAV#3 (a shape that
changes); ffms2#317, mpv#16090, javacv#1361, ZoneMinder#3399 (mirrored films); opencv#15499 (turned films).
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from mobility_check.live.camera import ClipFeed
from mobility_check.video.source import ClipReader
from tests.field.remade import joined, reshaped, with_matrix
from tests.video.clips import BLOCK_PX, make_clip

CONTAINERS = ["clip.mp4", "clip.mov", "clip.3gp", "clip.mkv", "clip.avi"]
WIDE = Fraction(4, 3)


def red_block(image: np.ndarray) -> tuple[float, float, float, float]:
    """Left, top, width and height of the red block, from the area it covers."""
    red = image[..., 0].astype(int) - image[..., 1] > 60
    columns, rows = np.flatnonzero(red.any(axis=0)), np.flatnonzero(red.any(axis=1))
    return float(columns[0]), float(rows[0]), float(np.ptp(columns) + 1), float(np.ptp(rows) + 1)


def shape_of_block(image: np.ndarray) -> float:
    """Width of the block over its height; it is stored as a square."""
    _, _, width, height = red_block(image)
    return width / height


# --- pixel shape ---


@pytest.mark.parametrize("name", [*CONTAINERS, "clip.ts"])
def test_pixel_shape_of_the_bitstream(tmp_path, name):
    reader = ClipReader(make_clip(tmp_path / name, frames=30, aspect=WIDE))
    assert (reader.meta.width_px, reader.meta.height_px) == (256, 128)
    assert shape_of_block(next(reader.frames()).image) == pytest.approx(4 / 3, abs=0.07)


@pytest.mark.parametrize("name", CONTAINERS)
@pytest.mark.parametrize("coded", [Fraction(1), Fraction(3, 4)], ids=["only there", "both, different"])
def test_pixel_shape_of_the_container_goes_first_recorded_and_live(tmp_path, name, coded):
    path = reshaped(make_clip(tmp_path / name, frames=3, aspect=coded), aspect=(4, 3))
    reader = ClipReader(path)
    assert (reader.meta.width_px, reader.meta.height_px) == (256, 128)
    assert shape_of_block(next(reader.frames()).image) == pytest.approx(4 / 3, abs=0.07)
    assert next(reader.frames(max_height_px=64)).image.shape == (64, 128, 3)
    live = ClipFeed(path, speed=50).read()
    assert not isinstance(live, str)
    assert live.image.shape == (128, 256, 3)


@pytest.mark.parametrize(("name", "codec"), [("clip.mp4", "libvpx-vp9"), ("clip.mkv", "mpeg4"), ("clip.avi", "mpeg4")])
def test_pixel_shape_of_other_codecs(tmp_path, name, codec):
    reader = ClipReader(make_clip(tmp_path / name, frames=3, aspect=Fraction(3, 4), codec=codec))
    assert (reader.meta.width_px, reader.meta.height_px) == (144, 128)


def test_an_absurd_pixel_shape_is_a_broken_header(tmp_path):
    path = reshaped(make_clip(tmp_path / "clip.mp4", frames=2, aspect=Fraction(1)), aspect=(90, 1))
    assert (ClipReader(path).meta.width_px, ClipReader(path).meta.height_px) == (192, 128)


# --- a picture that changes inside the clip ---


@pytest.mark.parametrize("name", ["both.ts", "both.mkv"])
@pytest.mark.parametrize(
    ("size", "aspect"),
    [
        ((256, 128), Fraction(1)),
        ((192, 256), Fraction(1)),
        ((384, 256), Fraction(1)),
        ((192, 128), Fraction(1, 2)),
        ((128, 192), Fraction(2)),
    ],
    ids=["wider", "taller", "larger", "other pixels", "size and pixels"],
)
def test_each_part_keeps_its_own_shape_on_one_canvas(tmp_path, name, size, aspect):
    first = make_clip(tmp_path / "a.ts", frames=20, aspect=Fraction(1))
    second = make_clip(tmp_path / "b.ts", frames=20, size=size, aspect=aspect)
    reader = ClipReader(joined(tmp_path / name, [first, second]))
    images = [f.image for f in reader.frames()]
    assert len(images) == 40
    assert {i.shape for i in images} == {(128, 192, 3)}
    shown_width = size[0] * float(aspect)
    scale = min(192 / shown_width, 128 / size[1])
    for image in images[:20]:
        assert shape_of_block(image) == pytest.approx(1.0, abs=0.07)
    for image in images[20:]:
        left, top, width, height = red_block(image)
        assert width / height == pytest.approx(float(aspect), rel=0.2)
        assert height == pytest.approx(BLOCK_PX * scale, abs=1.5)
        assert (left, top) == pytest.approx(((192 - shown_width * scale) / 2, (128 - size[1] * scale) / 2), abs=1.5)
    assert reader.notes == ("picture_changed",)


# --- mirrored and turned films ---

TURNS = {  # the linear part of the matrix, and where players then show what is stored at the top left
    "as it is": ((1, 0, 0, 1), ("top", "left"), False),
    "quarter turn right": ((0, 1, -1, 0), ("top", "right"), False),
    "upside down": ((-1, 0, 0, -1), ("bottom", "right"), False),
    "quarter turn left": ((0, -1, 1, 0), ("bottom", "left"), False),
    "mirrored": ((-1, 0, 0, 1), ("top", "right"), True),
    "mirrored top to bottom": ((1, 0, 0, -1), ("bottom", "left"), True),
    "mirrored and turned right": ((0, 1, 1, 0), ("top", "left"), True),
    "mirrored and turned left": ((0, -1, -1, 0), ("bottom", "right"), True),
}


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mov"])
@pytest.mark.parametrize("turn", TURNS)
def test_films_are_turned_and_mirrored_as_players_show_them(tmp_path, name, turn):
    matrix, corner, mirrored = TURNS[turn]
    reader = ClipReader(with_matrix(make_clip(tmp_path / name, frames=2), matrix))
    image = next(reader.frames()).image
    left, top, *_ = red_block(image)
    where = "top" if top < image.shape[0] / 3 else "bottom", "left" if left < image.shape[1] / 3 else "right"
    assert where == corner
    assert image.shape[:2] == ((192, 128) if matrix[0] == 0 else (128, 192))
    assert reader.meta.notes == (("marked_mirrored",) if mirrored else ())


def test_oblong_pixels_of_a_turned_film(tmp_path):
    path = with_matrix(make_clip(tmp_path / "clip.mp4", frames=2, aspect=WIDE), (0, 1, -1, 0))
    assert (ClipReader(path).meta.width_px, ClipReader(path).meta.height_px) == (128, 256)
