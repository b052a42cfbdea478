from __future__ import annotations

import gc
import hashlib
from fractions import Fraction

import numpy as np
import psutil
import pytest

from mobility_check.video.source import ClipReader
from tests.video.clips import BLOCK_PX, make_clip, number_in, restamped


def red_corner(image: np.ndarray) -> tuple[str, str]:
    """Which corner holds the red block."""
    red = image[..., 0].astype(int) - image[..., 1] > 80
    y, x = (v.mean() for v in np.nonzero(red))
    return ("top" if y < image.shape[0] / 2 else "bottom", "left" if x < image.shape[1] / 2 else "right")


@pytest.mark.parametrize(
    ("rotation", "corner", "shape"),
    [
        (0, ("top", "left"), (128, 192)),
        (90, ("bottom", "left"), (192, 128)),
        (180, ("bottom", "right"), (128, 192)),
        (270, ("top", "right"), (192, 128)),
    ],
)
@pytest.mark.parametrize("max_height_px", [None, 64])
def test_rotation_is_applied_exactly_once(tmp_path, rotation, corner, shape, max_height_px):
    reader = ClipReader(make_clip(tmp_path / "clip.mp4", frames=3, rotation=rotation))
    image = next(reader.frames(max_height_px=max_height_px)).image
    assert (reader.meta.height_px, reader.meta.width_px) == shape
    assert red_corner(image) == corner
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    assert image.shape[0] / image.shape[1] == pytest.approx(shape[0] / shape[1], rel=0.02)


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt"),
    [
        ("clip.mp4", "libx264", "yuv420p"),
        ("clip.mov", "libx264", "yuv420p"),
        ("clip.mkv", "libx264", "yuv420p"),
        ("clip.avi", "libx264", "yuv420p"),
        ("clip.ts", "libx264", "yuv420p"),
        ("old.avi", "mpeg4", "yuv420p"),
        ("clip.webm", "libvpx-vp9", "yuv420p"),
        ("clip.gif", "gif", "rgb8"),
        ("ten_bit.mp4", "libx264", "yuv420p10le"),
        ("gray.mp4", "libx264", "gray"),
    ],
)
def test_every_frame_of_every_container_comes_in_order(tmp_path, name, codec, pix_fmt):
    fps = 20 if codec == "gif" else 30
    reader = ClipReader(make_clip(tmp_path / name, codec=codec, pix_fmt=pix_fmt, fps=fps))
    frames = list(reader.frames())
    assert [f.index for f in frames] == [number_in(f.image) for f in frames] == list(range(30))
    assert [f.time_s for f in frames] == pytest.approx([i / fps for i in range(30)], abs=0.0011)
    assert reader.meta.frames == 30
    assert reader.meta.fps == pytest.approx(fps, rel=0.001)
    assert reader.meta.duration_s == pytest.approx(30 / fps, abs=0.01)
    assert reader.notes == ()


@pytest.mark.parametrize("codec", ["hevc", "av1"])
def test_phone_and_web_codecs(tmp_path, codec, capfd):
    encoder = {
        "hevc": ("libx265", {"x265-params": "log-level=none"}),
        "av1": ("libsvtav1", {"preset": "8", "crf": "8"}),
    }[codec]
    reader = ClipReader(make_clip(tmp_path / "clip.mp4", codec=encoder[0], options=encoder[1], frames=10))
    capfd.readouterr()  # the encoders' own chatter
    assert [number_in(f.image) for f in reader.frames()] == list(range(10))


def test_odd_sizes_interlaced_and_oblong_pixels(tmp_path):
    odd = ClipReader(make_clip(tmp_path / "odd.mp4", size=(193, 129), pix_fmt="yuv444p", frames=4))
    assert [f.image.shape for f in odd.frames()] == [(129, 193, 3)] * 4
    fields = make_clip(tmp_path / "fields.mp4", options={"x264-params": "interlaced=1"}, frames=4)
    assert [number_in(f.image) for f in ClipReader(fields).frames()] == list(range(4))
    oblong = ClipReader(make_clip(tmp_path / "oblong.mp4", aspect=Fraction(4, 3), frames=2))
    assert (oblong.meta.width_px, oblong.meta.height_px) == (256, 128)
    assert next(oblong.frames()).image.shape == (128, 256, 3)


def test_variable_frame_rate_keeps_the_clips_own_times(tmp_path):
    stamps = np.cumsum([0.02 + 0.03 * (i % 4 == 3) + 0.3 * (i == 11) for i in range(30)])
    reader = ClipReader(make_clip(tmp_path / "vfr.mp4", stamps_s=list(stamps)))
    np.testing.assert_allclose([f.time_s for f in reader.frames()], stamps - stamps[0], atol=1e-4)
    assert reader.notes == ()


@pytest.mark.parametrize("codec", ["mpeg4", "libx264"])
@pytest.mark.parametrize(
    "stamps_ms",
    [{5: 133, 6: 133, 20: 633}, {9: 10}, dict.fromkeys(range(30), 0), {i: i % 15 * 33 for i in range(30)}],
    ids=["repeated", "backwards", "all the same", "starting again"],
)
def test_broken_stamps_lose_no_frame_and_are_noted(tmp_path, codec, stamps_ms):
    path = make_clip(tmp_path / "clip.mkv", codec=codec, options={"g": "100"})
    reader = ClipReader(restamped(path, stamps_ms=stamps_ms))
    frames = list(reader.frames())
    assert [number_in(f.image) for f in frames] == [f.index for f in frames] == list(range(30))
    assert np.all(np.diff([f.time_s for f in frames]) > 0)
    assert reader.meta.duration_s == pytest.approx(1.0, abs=0.05)
    assert reader.notes == ("timestamps_repaired",)


def test_negative_stamps_start_at_zero(tmp_path):
    reader = ClipReader(make_clip(tmp_path / "neg.mkv", stamps_s=[-0.2 + i / 30 for i in range(30)]))
    assert reader.time_s[0] == 0
    assert [number_in(f.image) for f in reader.frames()] == list(range(30))


def test_time_step_thins_slow_motion_evenly(tmp_path):
    reader = ClipReader(make_clip(tmp_path / "slow.mp4", frames=240, fps=240))
    frames = list(reader.frames(min_step_s=1 / 15))
    assert [f.index for f in frames] == [number_in(f.image) for f in frames] == list(range(0, 240, 16))
    assert len(list(ClipReader(make_clip(tmp_path / "few.mp4", fps=10)).frames(min_step_s=1 / 15))) == 30


@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "libx264"), ("a.mkv", "mpeg4"), ("a.webm", "libvpx-vp9")])
def test_leaving_frames_out_does_not_change_the_others(tmp_path, name, codec):
    reader = ClipReader(make_clip(tmp_path / name, codec=codec, frames=90, fps=240))
    whole = {f.index: f.image for f in reader.frames()}
    some = {f.index: f.image for f in reader.frames(min_step_s=1 / 30)}
    assert len(whole) == 90
    assert sorted(some) == sorted(reader.sampled(1 / 30))
    for index, image in some.items():
        np.testing.assert_array_equal(image, whole[index])


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.ts", "clip.avi"])
def test_frames_at_gives_the_very_pixels_of_the_sequential_pass(tmp_path, name):
    reader = ClipReader(make_clip(tmp_path / name, frames=200, options={"g": "25", "bf": "3"}))
    wanted = [0, 24, 25, 26, 101, 160, 161, 199]
    sequential = {f.index: f for f in reader.frames() if f.index in wanted}
    jumped = list(reader.frames_at(reversed(wanted)))
    assert [f.index for f in jumped] == [number_in(f.image) for f in jumped] == wanted
    for frame in jumped:
        assert frame.time_s == sequential[frame.index].time_s
        np.testing.assert_array_equal(frame.image, sequential[frame.index].image)


@pytest.mark.parametrize("codec", ["libx264", "hevc"])
def test_rough_pictures_are_the_same_ones_a_little_blocky(tmp_path, codec):
    options = {"crf": "34", "x265-params": "log-level=error"}
    reader = ClipReader(make_clip(tmp_path / "clip.mp4", frames=60, codec=codec, options=options))
    exact, rough = (list(reader.frames_at([5, 30, 59], rough=rough)) for rough in (False, True))
    assert [(f.index, number_in(f.image)) for f in rough] == [(5, 5), (30, 30), (59, 59)]
    away = [np.abs(a.image.astype(int) - b.image).mean() for a, b in zip(exact, rough, strict=True)]
    assert 0 < max(away) < 8


def test_frames_at_jumps_instead_of_decoding_everything(tmp_path, monkeypatch):
    reader = ClipReader(make_clip(tmp_path / "clip.mp4", frames=200, options={"g": "25"}))
    decoded: list[int] = []
    numbered = ClipReader._numbered
    monkeypatch.setattr(
        ClipReader, "_numbered", lambda self, *asked: (decoded.append(i) or (i, f) for i, f in numbered(self, *asked))
    )
    assert [f.index for f in reader.frames_at([190])] == [190]
    assert decoded[0] >= 150


def test_frames_at_refuses_frames_that_are_not_there(tmp_path):
    reader = ClipReader(make_clip(tmp_path / "clip.mp4", frames=5))
    with pytest.raises(IndexError, match="0 to 4"):
        list(reader.frames_at([2, 5]))


def test_a_changed_resolution_is_brought_to_the_first(tmp_path):
    first, second = make_clip(tmp_path / "a.ts"), make_clip(tmp_path / "b.ts", size=(384, 256))
    both = tmp_path / "both.ts"
    both.write_bytes(first.read_bytes() + second.read_bytes())
    reader = ClipReader(both)
    shapes = {f.image.shape for f in reader.frames()}
    assert shapes == {(128, 192, 3)}
    assert len(reader.time_s) == 60
    assert np.all(np.diff(reader.time_s) > 0)


def test_pictures_are_scaled_down_but_never_up(tmp_path):
    reader = ClipReader(make_clip(tmp_path / "clip.mp4", size=(640, 480), frames=4))
    small = list(reader.frames(max_height_px=240))
    assert small[0].image.shape == (240, 320, 3)
    assert [number_in(f.image, scale=0.5) for f in small] == [0, 1, 2, 3]
    assert next(reader.frames(max_height_px=2000)).image.shape == (480, 640, 3)


def test_colours_survive(tmp_path):
    image = next(ClipReader(make_clip(tmp_path / "clip.mp4", frames=1, options={"crf": "1"})).frames()).image
    corner = image[4 : BLOCK_PX - 4, 4 : BLOCK_PX - 4].reshape(-1, 3).mean(axis=0)
    np.testing.assert_allclose(corner, (220, 30, 30), atol=12)


def test_memory_stays_flat_over_a_long_clip(tmp_path):
    reader = ClipReader(make_clip(tmp_path / "long.mp4", size=(640, 480), frames=700, options={"preset": "ultrafast"}))
    process, early, late = psutil.Process(), 0, 0
    for frame in reader.frames():
        if frame.index == 100:
            gc.collect()
            early = process.memory_info().rss
        late = process.memory_info().rss
    assert frame.index == 699
    assert late - early < 25e6  # the frames that followed are 550 MB


def test_probe_gives_the_checksum_when_asked(tmp_path):
    path = make_clip(tmp_path / "clip.mp4", frames=2)
    meta = ClipReader(path, hashed=True).meta
    assert (meta.path, meta.sha256, meta.frames) == (str(path), hashlib.sha256(path.read_bytes()).hexdigest(), 2)
