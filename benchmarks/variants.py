"""The same clip in other clothes: cropped, scaled, lit, coded, mirrored, paced otherwise. The person stays the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from mobility_check.video.source import ClipReader

Image = NDArray[np.uint8]
Change = Callable[[Image], Image]
GOOD_CRF = "17"
TICK = Fraction(1, 90_000)


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to change a clip.

    Attributes:
        name: what a reader of the table sees.
        change: what happens to each picture, if anything.
        scale: size of the new picture relative to the old one.
        rate_hz: new frame rate by leaving out or repeating pictures; None keeps the clip's own time stamps.
        codec, options: how it is coded.
        mirrored: left and right change places.
    """

    name: str
    change: Change | None = None
    scale: float = 1.0
    rate_hz: float | None = None
    codec: str = "libx264"
    options: dict[str, str] = field(default_factory=lambda: {"crf": GOOD_CRF, "preset": "veryfast"})
    mirrored: bool = False

    @property
    def suffix(self) -> str:
        """File ending of the container that suits the codec."""
        return ".webm" if self.codec == "libvpx-vp9" else ".mp4"

    @property
    def slug(self) -> str:
        """The name as a part of a file's name."""
        return "".join(c if c.isalnum() else "-" for c in self.name)


def cropped(image: Image) -> Image:
    """A tenth of the width off one side, less off the other and the top: the person is elsewhere in the picture."""
    height, width = image.shape[:2]
    return image[height // 25 :, width // 10 : width - width // 20]


def brighter(image: Image) -> Image:
    """A third more light, clipped as a camera clips."""
    lit: Image = np.clip(image.astype(np.float32) * 1.33, 0, 255).astype(np.uint8)
    return lit


def darker(image: Image) -> Image:
    """Little more than half the light."""
    return (image.astype(np.float32) * 0.55).astype(np.uint8)


def mirrored(image: Image) -> Image:
    """Left for right."""
    return image[:, ::-1]


VARIANTS: tuple[Variant, ...] = (
    Variant("cropped", cropped),
    Variant("× 0.5", scale=0.5),
    Variant("× 1.5", scale=1.5),
    Variant("× 2", scale=2.0),
    Variant("brighter", brighter),
    Variant("darker", darker),
    Variant("H.264 crf 32", options={"crf": "32", "preset": "veryfast"}),
    Variant("VP9", codec="libvpx-vp9", options={"crf": "32", "b": "0", "deadline": "realtime", "cpu-used": "6"}),
    Variant("mirrored", mirrored, mirrored=True),
    Variant("15 Hz", rate_hz=15.0),
    Variant("25 Hz", rate_hz=25.0),
    Variant("50 Hz", rate_hz=50.0),
    Variant("60 Hz", rate_hz=60.0),
)


def make(clip: Path, variant: Variant, out: Path) -> None:
    """Write a clip's variant.

    Raises:
        InputError: the clip cannot be read.
    """
    with av.open(str(out), "w") as container:
        stream: Any = None
        for time_s, image in _paced(clip, variant.rate_hz):
            picture = variant.change(image) if variant.change else image
            height, width = (2 * round(side * variant.scale / 2) for side in picture.shape[:2])
            if stream is None:
                rate = Fraction(round(variant.rate_hz or 60))
                stream = container.add_stream(variant.codec, rate=rate, options=variant.options)
                stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
                stream.codec_context.time_base = TICK
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            frame = frame.reformat(width=width, height=height, format="yuv420p", interpolation="AREA")
            frame.pts, frame.time_base = round(time_s / TICK), TICK
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _paced(clip: Path, rate_hz: float | None) -> Iterator[tuple[float, Image]]:
    """Pictures with their times: the clip's own, or at an even rate the picture last shown."""
    last: Image | None = None
    due = 0.0
    for frame in ClipReader(clip).frames():
        if rate_hz is None:
            yield frame.time_s, frame.image
            continue
        while last is not None and due < frame.time_s - 1e-6:
            yield due, last
            due += 1.0 / rate_hz
        last = frame.image
    if last is not None and rate_hz is not None:
        yield due, last
