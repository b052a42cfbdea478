from __future__ import annotations

import errno
import os
import sys

import av
import numpy as np
import pytest

from mobility_check.errors import OutputError, UsageError
from mobility_check.video.sink import check_video_target, video_sink
from mobility_check.video.source import ClipReader
from tests.video.clips import number_in, numbered

SIZE = (192, 128)
STAMPS = np.cumsum([0.03 + 0.04 * (i % 3 == 0) + 0.5 * (i == 7) for i in range(20)])
STAMPS -= STAMPS[0]


def write(path, *, size=SIZE, stamps=STAMPS):
    with video_sink(path, size=size) as sink:
        for i, t in enumerate(stamps):
            sink.write(numbered(i, width=size[0], height=size[1]), time_s=t)
    return path


@pytest.mark.parametrize(
    ("name", "codec"), [("a.mp4", "h264"), ("a.mov", "h264"), ("a.mkv", "h264"), ("a.webm", "vp9")]
)
def test_what_is_written_comes_back_with_its_times(tmp_path, name, codec):
    path = write(tmp_path / name)
    reader = ClipReader(path)
    frames = list(reader.frames())
    assert [number_in(f.image) for f in frames] == list(range(20))
    np.testing.assert_allclose([f.time_s for f in frames], STAMPS, atol=0.0011)
    np.testing.assert_allclose(frames[0].image[4:12, 4:12].mean(axis=(0, 1)), (220, 30, 30), atol=14)
    with av.open(str(path)) as clip:
        context = clip.streams.video[0].codec_context
        assert context.codec.name.startswith(codec) or codec in context.codec.name
        assert context.pix_fmt == "yuv420p"
    assert os.listdir(tmp_path) == [name]


def test_the_index_of_an_mp4_comes_first_so_that_a_browser_starts_at_once(tmp_path):
    data = write(tmp_path / "a.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_odd_sizes_lose_one_row_and_column(tmp_path):
    reader = ClipReader(write(tmp_path / "a.mp4", size=(193, 131)))
    assert (reader.meta.width_px, reader.meta.height_px) == (192, 130)
    assert [number_in(f.image) for f in reader.frames()] == list(range(20))


def test_a_picture_that_is_too_small_is_an_error_and_not_the_last_one_again(tmp_path):
    def write_both():
        with video_sink(tmp_path / "a.mp4", size=SIZE) as sink:
            for width in (SIZE[0], SIZE[0] // 2):
                sink.write(numbered(0, width=width, height=SIZE[1]), time_s=0.0)

    with pytest.raises(ValueError, match="reshape"):
        write_both()
    assert os.listdir(tmp_path) == []


def test_times_that_repeat_are_told_apart(tmp_path):
    reader = ClipReader(write(tmp_path / "a.mp4", stamps=[-1.0, 0.0, 0.0, 0.1, 0.1]))
    assert len(reader.time_s) == 5
    assert np.all(np.diff(reader.time_s) > 0)


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_nothing_is_left_after_a_failure(tmp_path, error):
    (tmp_path / "a.mp4").write_bytes(b"old")

    def fail() -> None:
        with video_sink(tmp_path / "a.mp4", size=SIZE) as sink:
            sink.write(numbered(0, width=192, height=128), time_s=0)
            raise error

    with pytest.raises(error):
        fail()
    assert os.listdir(tmp_path) == ["a.mp4"]
    assert (tmp_path / "a.mp4").read_bytes() == b"old"


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are POSIX")
def test_a_full_disk_is_told_and_leaves_nothing(tmp_path):
    import resource

    def fill() -> None:
        noise = np.random.default_rng(1)
        with video_sink(tmp_path / "a.mp4", size=SIZE) as sink:
            for i in range(60):
                sink.write(noise.integers(0, 255, (128, 192, 3), dtype=np.uint8), time_s=i / 30)

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises(OutputError, match="cannot be written"):
            fill()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert os.listdir(tmp_path) == []


def test_ffmpegs_own_disk_full_is_put_into_words(tmp_path):
    with pytest.raises(OutputError, match="disk is full"), video_sink(tmp_path / "a.mp4", size=SIZE):
        raise av.error.FFmpegError(errno.ENOSPC, "No space left on device")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("a.txt", UsageError, "end its name in .mp4"),
        ("a", UsageError, "end its name in .mp4"),
        ("no/such/a.mp4", OutputError, "folder does not exist"),
        ("folder.mp4", OutputError, "is a folder"),
    ],
)
def test_bad_targets_are_told_before_and_while_writing(tmp_path, name, error, words):
    (tmp_path / "folder.mp4").mkdir()
    with pytest.raises(error, match=words):
        check_video_target(tmp_path / name)
    with pytest.raises(error, match=words):
        write(tmp_path / name)


def test_a_good_target_passes_and_is_not_touched(tmp_path):
    check_video_target(tmp_path / "a.mp4")
    assert os.listdir(tmp_path) == []
