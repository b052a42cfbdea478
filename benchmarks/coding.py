"""Writes pictures as a clip with their own time stamps (PyAV; no outside program)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
TICK = Fraction(1, 90_000)


def write_clip(
    frames: Iterable[tuple[float, Image]],
    out: Path,
    *,
    codec: str = "libx264",
    options: Mapping[str, str],
    rate_hz: float,
    scale: float = 1.0,
) -> None:
    """Encode frames.

    Args:
        frames: time in seconds and (H, W, 3) RGB picture, times rising.
        out: the container is chosen by its suffix.
        codec, options: as FFmpeg names them.
        rate_hz: rate that the file claims; the stamps are the frames' own.
        scale: size of the coded picture relative to the given one; sides are rounded to even numbers.
    """
    with av.open(str(out), "w") as container:
        stream: Any = None
        for time_s, image in frames:
            height, width = (2 * round(side * scale / 2) for side in image.shape[:2])
            if stream is None:
                stream = container.add_stream(
                    codec, rate=Fraction(rate_hz).limit_denominator(1001), options=dict(options)
                )
                stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
                stream.codec_context.time_base = TICK
                stream.codec_context.thread_count = 1  # the same pictures give the same bytes
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
            frame = frame.reformat(width=width, height=height, format="yuv420p", interpolation="AREA")
            frame.pts, frame.time_base = round(time_s / TICK), TICK
            container.mux(stream.encode(frame))
        if stream is not None:
            container.mux(stream.encode(None))
