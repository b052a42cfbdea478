"""Files that players show without a word are read, and what is no clip is refused with a true sentence.

Seen by others: lossless-cut#308, immich#11603, ffmpegthumbnailer#114 (thumbnail tracks); cosmos-framework#201,
lossless-cut#163 (edit lists); PyAV#107, ffmpegthumbnailer#142 (bare JPEG streams); strides#42, lossless-cut#2556 (slow
motion); dangerzone#768, py3createtorrent#33 (names that are not UTF-8).
"""

from __future__ import annotations

import os
import socket
import struct
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.stream import Disposition

from mobility_check.errors import InputError
from mobility_check.pipeline import record_track
from mobility_check.pose.replay import ReplayBackend
from mobility_check.settings import Settings
from mobility_check.video.source import ClipReader
from synthetic.stickfigure import Figure
from tests.commandline import call
from tests.video.clips import make_clip, number_in, numbered

SMALL, FULL = (96, 64), (192, 128)


def numbers(reader: ClipReader) -> list[int]:
    """The numbers that the frames show."""
    return [number_in(f.image) for f in reader.frames()]


# --- which of several streams ---


def two_streams(path: Path, *, first: tuple[tuple[int, int], int, str], flags: tuple[Disposition, Disposition]) -> Path:
    """A clip whose first stream (size, frames a second, codec) is not the one of FULL size at 30 frames a second."""
    size, fps, codec = first
    with av.open(str(path), "w") as out:
        streams: list[Any] = []
        for (width, height), rate, name in ((size, fps, codec), (FULL, 30, "libx264")):
            stream: Any = out.add_stream(name, rate=rate)
            stream.width, stream.height = width, height
            stream.pix_fmt = "yuvj420p" if name == "mjpeg" else "yuv420p"
            streams.append(stream)
        for stream, flag in zip(streams, flags, strict=True):
            stream.disposition = flag
        for i in range(30):
            for stream, every in zip(streams, (30 // fps, 1), strict=True):
                if i % every == 0:
                    image = numbered(i, width=stream.width, height=stream.height)
                    frame = av.VideoFrame.from_ndarray(image, format="rgb24")
                    frame.pts, frame.time_base = i // every, Fraction(every, 30)
                    out.mux(stream.encode(frame))
        for stream in streams:
            out.mux(stream.encode(None))
    return path


NONE, DEFAULT = Disposition(0), Disposition.default


FIRST_STREAMS = {
    "thumbnails": (((48, 32), 1, "mjpeg"), (NONE, DEFAULT)),
    "thumbnails marked as default": (((48, 32), 1, "mjpeg"), (DEFAULT, NONE)),
    "marked thumbnails": ((FULL, 30, "mjpeg"), (Disposition.timed_thumbnails, DEFAULT)),
    "slides": ((FULL, 1, "libx264"), (DEFAULT, NONE)),
    "low rendition": (((80, 48), 30, "libx264"), (DEFAULT, DEFAULT)),
    "unmarked": (((80, 48), 30, "libx264"), (NONE, NONE)),
}
CASES = [(f"two.{ending}", kind) for ending in ("mov", "mp4", "mkv") for kind in FIRST_STREAMS]
CASES += [("two.ts", "low rendition"), ("two.ts", "unmarked")]  # which has no JPEG and no marks


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_the_stream_that_players_show_is_read(tmp_path, name, kind):
    first, flags = FIRST_STREAMS[kind]
    reader = ClipReader(two_streams(tmp_path / name, first=first, flags=flags))
    assert (reader.meta.width_px, reader.meta.height_px) == FULL
    assert reader.meta.fps == pytest.approx(30, abs=0.1)
    assert numbers(reader) == list(range(30))
    assert reader.notes == ("several_streams",)


def test_the_default_stream_goes_before_a_larger_one(tmp_path):
    path = two_streams(tmp_path / "two.mkv", first=((176, 112), 30, "libx264"), flags=(DEFAULT, NONE))
    assert ClipReader(path).meta.width_px == 176


def test_a_cover_is_no_film(tmp_path):
    path = two_streams(tmp_path / "two.mp4", first=((320, 320), 1, "mjpeg"), flags=(Disposition.attached_pic, DEFAULT))
    assert (ClipReader(path).meta.width_px, ClipReader(path).meta.height_px) == FULL


# --- edit lists ---


def trimmed(path: Path, *, start: int, count: int, step: int) -> Path:
    """Show only ``count`` frames from ``start`` on, by the edit list that is there for the codec's delay."""
    data = bytearray(path.read_bytes())
    at = data.index(b"elst") + 12
    (duration, media_time) = struct.unpack_from(">II", data, at)
    total = 60
    struct.pack_into(">II", data, at, duration * count // total, media_time + start * step)
    path.write_bytes(bytes(data))
    return path


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mov"])
@pytest.mark.parametrize("group", ["10", "60"], ids=["key frames", "one key frame"])
@pytest.mark.parametrize(("start", "count"), [(13, 47), (0, 40), (21, 20)], ids=["start", "end", "both"])
def test_frames_that_an_edit_list_hides_are_not_missing(tmp_path, name, group, start, count):
    path = make_clip(tmp_path / name, frames=60, options={"g": group, "bf": "2"})
    with av.open(str(path)) as clip:
        step = round(1 / 30 / float(clip.streams.video[0].time_base))
    reader = ClipReader(trimmed(path, start=start, count=count, step=step))
    assert reader.notes == ()
    assert numbers(reader) == list(range(start, start + count))
    assert [number_in(f.image) for f in reader.frames_at([count // 2, count - 1])] == [
        start + count // 2,
        start + count - 1,
    ]
    assert reader.meta.duration_s == pytest.approx(count / 30, abs=0.01)


def test_a_variable_frame_rate_goes_on_behind_an_edit_list(tmp_path):
    stamps = np.cumsum([0.04 + 0.02 * (i % 3 == 0) for i in range(60)]) - 0.06
    path = make_clip(tmp_path / "clip.mp4", frames=60, stamps_s=list(stamps), options={"g": "60", "bf": "2"})
    with av.open(str(path)) as clip:
        step = round(0.04 / float(clip.streams.video[0].time_base))
    reader = ClipReader(trimmed(path, start=12, count=60, step=step))
    shown = numbers(reader)
    assert reader.notes == ()
    assert shown == list(range(shown[0], 60))
    np.testing.assert_allclose(reader.time_s, stamps[shown[0] :] - stamps[shown[0]], atol=2e-3)


def test_a_picture_that_comes_late_is_no_damage(tmp_path):
    reader = ClipReader(make_clip(tmp_path / "late.mp4", stamps_s=[1.5 + i / 30 for i in range(30)]))
    assert (reader.notes, reader.time_s[0]) == ((), 0.0)
    assert numbers(reader) == list(range(30))


def test_what_is_cut_off_behind_an_edit_list_is_still_damage(tmp_path):
    path = make_clip(tmp_path / "cut.mp4", frames=120, options={"bf": "2"}, format_options={"movflags": "faststart"})
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    assert ClipReader(path).notes == ("damaged_clip",)


# --- stamps in the order of storage ---


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mov"])
def test_no_picture_is_lost_where_stamps_go_by_the_order_of_storage(tmp_path, name):
    """As after ``ffmpeg -r 30 -i clip.h264 -c copy clip.mp4``, a usual recipe for another frame rate."""
    path = make_clip(tmp_path / "plain.mp4", frames=60, options={"bf": "3"})
    with av.open(str(path)) as clip, av.open(str(tmp_path / name), "w") as out:
        source = clip.streams.video[0]
        stream = out.add_stream_from_template(source)
        for i, packet in enumerate(p for p in clip.demux(source) if p.dts is not None):
            packet.pts = packet.dts = i * packet.duration
            packet.stream = stream
            out.mux(packet)
    reader = ClipReader(tmp_path / name)
    assert numbers(reader) == list(range(60))
    assert [number_in(f.image) for f in reader.frames_at([3, 40])] == [3, 40]


# --- bare JPEG streams ---


@pytest.mark.parametrize("name", ["camera.mjpeg", "camera.mjpg", "camera.jpg", "camera"])
def test_a_bare_jpeg_stream_is_read(tmp_path, name):
    make_clip(tmp_path / "camera.mjpeg", codec="mjpeg", pix_fmt="yuvj420p").rename(tmp_path / name)
    reader = ClipReader(tmp_path / name)
    assert numbers(reader) == list(range(30))
    assert reader.meta.fps == pytest.approx(25)
    assert reader.notes == ("no_time_stamps",)


def test_a_stream_in_parts_as_cameras_serve_it(tmp_path):
    bare = make_clip(tmp_path / "camera.mjpeg", codec="mjpeg", pix_fmt="yuvj420p").read_bytes()
    pictures = [b"\xff\xd8" + part for part in bare.split(b"\xff\xd8")[1:]]
    head = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n"
    (tmp_path / "stream.mjpg").write_bytes(b"".join(head % len(p) + p + b"\r\n" for p in pictures))
    assert numbers(ClipReader(tmp_path / "stream.mjpg")) == list(range(30))


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_photo_with_previews_is_no_film(tmp_path, count):
    path = make_clip(tmp_path / "a.mjpeg", frames=count, codec="mjpeg", pix_fmt="yuvj420p")
    with pytest.raises(InputError, match="is a picture"):
        ClipReader(path)


# --- animated pictures, raw video ---


@pytest.mark.parametrize(("name", "codec", "pix_fmt"), [("a.png", "apng", "rgb24"), ("a.y4m", "rawvideo", "yuv420p")])
def test_an_animated_picture_and_raw_video_are_read(tmp_path, name, codec, pix_fmt):
    form = {"apng": "apng", "rawvideo": "yuv4mpegpipe"}[codec]
    path = tmp_path / name
    with av.open(str(path), "w", format=form) as out:
        stream: Any = out.add_stream("apng" if codec == "apng" else "wrapped_avframe", rate=30)
        stream.width, stream.height, stream.pix_fmt = *FULL, pix_fmt
        for i in range(10):
            frame = av.VideoFrame.from_ndarray(numbered(i, width=FULL[0], height=FULL[1]), format="rgb24")
            out.mux(stream.encode(frame.reformat(format=pix_fmt)))
        out.mux(stream.encode(None))
    assert numbers(ClipReader(path)) == list(range(10))


def test_an_animated_webp_is_told_to_be_converted(tmp_path):
    path = tmp_path / "a.webp"
    path.write_bytes(b"RIFF\x20\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0\x0f\0\0\x0f\0\0ANIM" + bytes(10))
    with pytest.raises(InputError, match="convert it to MP4"):
        ClipReader(path)


# --- slow motion that the clip tells of ---


@pytest.mark.parametrize("name", ["slow.mp4", "slow.mov", "slow.mkv"])
@pytest.mark.parametrize(
    ("tag", "fps", "slower"),
    [("240", 30, 8), ("120.0", 30, 4), ("240", 240, 1), ("60", 30, 1), ("30", 15, 1), ("x", 30, 1)],
)
def test_slow_motion_is_put_right_in_time(tmp_path, name, tag, fps, slower):
    path = make_clip(tmp_path / "plain.mp4", frames=60, fps=fps)
    with (
        av.open(str(path)) as clip,
        av.open(str(tmp_path / name), "w", options={"movflags": "use_metadata_tags"}) as out,
    ):
        out.metadata["com.android.capture.fps"] = tag
        source = clip.streams.video[0]
        stream = out.add_stream_from_template(source)
        for packet in clip.demux(source):
            if packet.dts is not None:
                packet.stream = stream
                out.mux(packet)
    reader = ClipReader(tmp_path / name)
    assert reader.meta.fps == pytest.approx(fps * slower, rel=0.01)
    assert reader.meta.duration_s == pytest.approx(60 / fps / slower, rel=0.02)
    assert reader.notes == (("slowed_down",) if slower > 1 else ())


# --- no clips ---


def test_what_is_no_file_gets_a_sentence_and_never_hangs(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "link.mp4").symlink_to("pipe.mp4")
    (tmp_path / "gone.mp4").symlink_to("nowhere.mp4")
    with socket.socket(socket.AF_UNIX) as server:
        monkeypatch.chdir(tmp_path)
        server.bind("socket.mp4")
        for name, words in (
            ("pipe.mp4", "not an ordinary file"),
            ("link.mp4", "not an ordinary file"),
            ("gone.mp4", "no file"),
            ("socket.mp4", "not an ordinary file"),
            ("/dev/zero", "not an ordinary file"),
            (".", "is a folder"),
        ):
            with pytest.raises(InputError, match=words):
                ClipReader(name)


# --- names that are not UTF-8 ---


def test_a_name_that_is_not_utf8_is_read_measured_and_printed(tmp_path):
    path = tmp_path / os.fsdecode(b"caf\xe9\x1b[2J.mp4")
    make_clip(tmp_path / "plain.mp4", frames=60).rename(path)
    track = record_track(path, backend=ReplayBackend([Figure(duration_s=2.0).track()]), settings=Settings(workers=1))
    assert track.meta.sha256 is not None
    assert numbers(ClipReader(path)) == list(range(60))
    path.write_bytes(b"no film")
    done = call("analyze", str(path))
    assert done.code == 3
    assert "caf" in done.err
    assert "\x1b" not in done.err


# --- a clip that changes while it is read ---


@pytest.mark.parametrize("change", ["grows", "is replaced", "is written again", "goes away"])
def test_a_clip_that_changes_while_it_is_read_is_noticed(tmp_path, change):
    path = make_clip(tmp_path / "clip.mp4")
    other = make_clip(tmp_path / "other.mp4")
    reader = ClipReader(path)
    next(reader.frames())
    if change == "grows":
        with path.open("ab") as f:
            f.write(b"more")
    elif change == "is replaced":
        os.replace(other, path)
    elif change == "is written again":
        path.write_bytes(path.read_bytes())
        os.utime(path, ns=(1, 1))
    else:
        path.unlink()
    with pytest.raises(InputError, match=r"changed while it was read|any more"):
        reader.check_unchanged()
    with pytest.raises(InputError):
        next(reader.frames())
