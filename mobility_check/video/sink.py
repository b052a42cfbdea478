"""Writes clips that play in a browser: H.264 or VP9, real time stamps, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
import cv2
import numpy as np

from mobility_check.errors import OutputError, UsageError
from mobility_check.files import atomic_path, check_writable
from mobility_check.video.orientation import BT_601, BT_709, VIDEO_RANGE, Image

TIME_BASE = Fraction(1, 90_000)

# First choice first. H.264 plays everywhere; an FFmpeg built without it still has VP9, which MP4 may hold as well.
# Its options were chosen by measuring: a third of the time of "veryfast" at crf 21, and no worse to look at. One
# quantiser for all (qp) needs no look ahead. Pictures that are built on later ones (bframes) save a quarter of the file
# and cost a fifth of the time; better entropy coding (cabac) saves a tenth and costs as much. What makes the pictures
# keeps the other cores busy.
_X264 = "subme=0:bframes=0:scenecut=0:rc-lookahead=0:mbtree=0:weightp=0:cabac=0:threads=1"
_H264 = ("libx264", {"preset": "superfast", "qp": "23", "x264-params": _X264})
_VP9 = ("libvpx-vp9", {"deadline": "realtime", "cpu-used": "7", "row-mt": "1", "crf": "30", "b": "0"})
_ENCODERS: dict[str, tuple[tuple[str, dict[str, str]], ...]] = {
    ".mp4": (_H264, _VP9),
    ".m4v": (_H264, _VP9),
    ".mov": (_H264,),
    ".mkv": (_H264, _VP9),
    ".webm": (_VP9,),
}


class VideoSink:
    """Takes pictures with their times; made by :func:`video_sink`."""

    def __init__(self, container: Any, stream: Any) -> None:
        self._container, self._stream = container, stream
        self._last_pts = -1
        # the same memory for the whole clip: fresh memory for every picture costs a tenth of the encoding
        self._frame: Any = av.VideoFrame(stream.width, stream.height, "yuv420p")
        self._planes: dict[int, Image] = {}

    def write(self, image: Image, *, time_s: float, below: Image | None = None) -> None:
        """Add one picture.

        Args:
            image: (H, W, 3) RGB of the sink's size; a last odd row or column is left out.
            time_s: its time, rising from picture to picture; negative times count as 0.
            below: the lower part of the picture where ``image`` is only the upper one, even in height.

        Raises:
            ValueError: the picture is smaller than the sink.
        """
        self._frame.make_writable()  # an encoder may still hold on to the last picture
        upper_px = self._frame.height if below is None else image.shape[0] // 2 * 2
        self._fill(image[:upper_px], top_px=0)
        if below is not None:
            self._fill(below, top_px=upper_px)
        self._last_pts = max(round(max(time_s, 0.0) / TIME_BASE), self._last_pts + 1)
        self._frame.pts, self._frame.time_base = self._last_pts, TIME_BASE
        self._container.mux(self._stream.encode(self._frame))

    def _fill(self, part: Image, *, top_px: int) -> None:
        """Write RGB into the frame's planes Y, U and V from a row on; their rows may be longer than the picture's."""
        picture = np.ascontiguousarray(part[:, : self._frame.width])
        # OpenCV converts this way eight times as fast as FFmpeg's scaler (measured)
        converted = cv2.cvtColor(picture, cv2.COLOR_RGB2YUV_I420, dst=self._planes.get(len(part)))
        planes = self._planes[len(part)] = np.asarray(converted, dtype=np.uint8)
        flat, start = planes.reshape(-1), 0
        for plane, share in zip(self._frame.planes, (1, 2, 2), strict=True):
            rows = np.frombuffer(plane, dtype=np.uint8).reshape(plane.height, plane.line_size)
            into = rows[top_px // share : (top_px + len(part)) // share, : plane.width]
            into[:] = flat[start : start + into.size].reshape(into.shape)
            start += into.size

    def flush(self) -> None:
        """Write what the encoder still holds back."""
        self._container.mux(self._stream.encode(None))


@contextmanager
def video_sink(
    path: str | os.PathLike[str], *, size: tuple[int, int], fps: float = 30.0, comment: str = "", matrix: int = BT_601
) -> Iterator[VideoSink]:
    """A sink of this size (width, height); the file appears under its name when the block ends well, else not at all.

    Args:
        path: ends in .mp4, .m4v, .mov, .mkv (H.264) or .webm (VP9).
        size: width and height in pixels of the pictures to come.
        comment: kept in the clip's tags.
        matrix: how the clip that pictures come from codes colours, where it was read as ``shown``.
        fps: about how many pictures a second come, a hint for the encoder; the times given with them are what counts.

    Raises:
        UsageError: another ending.
        OutputError: the file cannot be written: no such folder, read-only, disk full.
    """
    codec, options = _encoder(path)
    # index at the front, so that a browser starts at once
    muxing = {"movflags": "+faststart"} if Path(path).suffix.lower() in (".mp4", ".m4v", ".mov") else {}
    with atomic_path(path) as tmp:
        try:
            with av.open(str(tmp), "w", options=muxing) as container:
                container.metadata["comment"] = comment
                sink = VideoSink(container, _stream(container, codec, options, size=size, fps=fps, matrix=matrix))
                yield sink
                sink.flush()
        except av.error.FFmpegError as e:
            if e.errno is not None and e.errno < 1000:  # the system's own, which ``atomic_path`` puts into words
                raise OSError(e.errno, os.strerror(e.errno), os.fspath(path)) from e
            raise OutputError(
                "'{path}' cannot be written: {why}; try another ending or folder.", path=os.fspath(path), why=e.strerror
            ) from e


def check_video_target(path: str | os.PathLike[str]) -> None:
    """Find out before a long analysis whether a clip can be written there.

    Raises:
        UsageError: the ending is not that of a clip.
        OutputError: the folder is missing or read-only, or the name is that of a folder.
    """
    _encoder(path)
    check_writable(path)


def _encoder(path: str | os.PathLike[str]) -> tuple[str, dict[str, str]]:
    choices = _ENCODERS.get(Path(path).suffix.lower())
    if choices is None:
        raise UsageError("'{path}' does not end like a clip; end its name in .mp4 or .webm.", path=os.fspath(path))
    for codec, options in choices:
        if codec in av.codecs_available and av.codec.Codec(codec, "w"):
            return codec, options
    raise OutputError(
        "No encoder for '{path}' is installed; end the name in .webm or reinstall PyAV.", path=os.fspath(path)
    )


def _stream(
    container: Any, codec: str, options: dict[str, str], *, size: tuple[int, int], fps: float, matrix: int
) -> Any:
    stream = container.add_stream(codec, rate=Fraction(fps).limit_denominator(1001), options=options)
    stream.width, stream.height = size[0] // 2 * 2, size[1] // 2 * 2
    stream.pix_fmt = "yuv420p"
    context = stream.codec_context
    context.time_base = TIME_BASE
    context.thread_type = "AUTO"
    context.gop_size = max(1, round(2 * fps))  # a key frame every two seconds: dragging the slider stays quick
    context.color_range, context.colorspace = VIDEO_RANGE, matrix  # OpenCV's conversion gives BT.601
    context.color_primaries, context.color_trc = BT_709, BT_709
    return stream
