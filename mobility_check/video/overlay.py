"""The annotated clip: a second pass over the video that shows the final numbers of a finished session."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import chain

import numpy as np

from mobility_check.assessments.session import Session
from mobility_check.files import OVERLAY
from mobility_check.video.blur import blur_in_place
from mobility_check.video.canvas import Canvas
from mobility_check.video.figure import draw_figure
from mobility_check.video.moments import ClipTimeline, Moment
from mobility_check.video.orientation import Image
from mobility_check.video.overlay_panel import OverlayPanel
from mobility_check.video.prefetch import prefetch
from mobility_check.video.sink import video_sink
from mobility_check.video.source import ClipReader

MAX_LONG_SIDE_PX = 1280
"""The picture is scaled down to this: enough for a phone or a projector, and quick to write."""
MAX_FPS = 30.0
UNIT_PX = 720.0
"""Short side of a picture on which one unit of the pens is one pixel."""


def annotate(
    source: str | os.PathLike[str] | ClipReader,
    path_out: str | os.PathLike[str],
    *,
    session: Session,
    clip: int = 0,
    show_face: bool = False,
    on_progress: Callable[[float], None] | None = None,
) -> None:
    """Write a copy of a clip with figure, angle, kicks and curve drawn in; real time stamps, no sound.

    Args:
        path_out: ends in .mp4, .mov, .mkv or .webm.
        session, clip: the finished analysis, and which of its clips the source is.
        show_face: do not blur faces.
        on_progress: called with the share done, 0..1.

    Raises:
        InputError: the clip cannot be read.
        OutputError: the copy cannot be written; nothing is left of it.
        UsageError: ``path_out`` has another ending.
    """
    reader = ClipReader.of(source)
    artist = _Artist(session, clip, show_face=show_face)
    long_side_px = max(reader.meta.width_px, reader.meta.height_px)
    height_px = round(reader.meta.height_px * min(1.0, MAX_LONG_SIDE_PX / long_side_px))
    frames = prefetch(reader.frames(max_height_px=height_px, min_step_s=1.0 / MAX_FPS, shown=True))
    first = next(frames)
    height, width = (n // 2 * 2 for n in first.image.shape[:2])  # even, as the encoders want
    beside, unit = width > height, _unit(first.image)
    panel = OverlayPanel(artist.timeline, width_px=width, unit=unit, beside=beside)
    size = width, height + panel.height_px
    fps = min(reader.meta.fps or MAX_FPS, MAX_FPS)
    # decoding, drawing and encoding each in a thread of its own: OpenCV and FFmpeg release the interpreter
    drawn = prefetch((f, panel.draw(artist.draw(f.image, f.time_s))) for f in chain([first], frames))
    with video_sink(path_out, size=size, fps=fps, comment=OVERLAY.comment, matrix=reader.matrix) as sink:
        for frame, below in drawn:
            sink.write(frame.image, time_s=frame.time_s, below=below)
            if on_progress:
                on_progress(min(1.0, (frame.index + 1) / len(reader.time_s)))


def still(image: Image, *, session: Session, clip: int = 0, time_s: float, show_face: bool = False) -> Image:
    """A copy of one picture of a clip with figure and angle drawn in, without the panel.

    Args:
        image: (H, W, 3) RGB, upright, of any size.
        session, clip: the finished analysis the picture belongs to.
        time_s: the picture's time in the clip.
        show_face: do not blur faces.
    """
    out = np.array(image)
    _Artist(session, clip, show_face=show_face).draw(out, time_s)
    return out


class _Artist:
    """Draws the figure into picture after picture of one clip."""

    def __init__(self, session: Session, clip: int, *, show_face: bool) -> None:
        self.timeline, self._show_face = ClipTimeline(session, clip), show_face

    def draw(self, picture: Image, time_s: float) -> Moment:
        """Draw over blurred heads, unless faces may be shown; returns what the picture shows."""
        scale = picture.shape[0] / self.timeline.track.meta.height_px
        for landmarks_px, current in [] if self._show_face else self.timeline.heads_at(time_s):
            blur_in_place(picture, landmarks_px * scale, stale=not current)
        moment = self.timeline.at(time_s)
        canvas = Canvas(picture, unit=_unit(picture))
        draw_figure(canvas, moment, scale=scale, words=self.timeline.words)
        return moment


def _unit(image: Image) -> float:
    return max(0.4, float(min(image.shape[:2])) / UNIT_PX)
