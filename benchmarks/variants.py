"""The same clip in other clothes: cropped, scaled, lit, coded, mirrored, paced otherwise. The person stays the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.coding import Image, write_clip
from mobility_check.video.source import ClipReader

Change = Callable[[Image], Image]
GOOD_CRF = "17"
CLAIMED_HZ = 30.0


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
    frames = _paced(clip, variant.rate_hz)
    if variant.change:
        frames = ((time_s, variant.change(image)) for time_s, image in frames)
    write_clip(
        frames,
        out,
        codec=variant.codec,
        options=variant.options,
        rate_hz=variant.rate_hz or CLAIMED_HZ,
        scale=variant.scale,
    )


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
