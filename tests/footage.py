"""Clips made at test time from the samples: cut, scaled, cropped, shifted, blacked out, put side by side."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = sorted((ROOT / "samples").glob("kickback-*.mp4"))
KICKS_END_S = 13.5
"""Before this time of each sample, two seconds of standing and three kicks of the right leg."""
TURN_S = (13.5, 16.5)
"""The person turns round between these times."""

Image = np.ndarray
Edit = Callable[[Image, float], Image | None]


def truth_deg(sample: Path) -> dict[str, float]:
    """A sample's true score of each leg: the mean over its near-side kicks."""
    reps = json.loads(sample.with_name(f"{sample.stem}.truth.json").read_text())["reps"]
    sides = {side: [r["extension_deg"] for r in reps if r["side"] == side and r["near"]] for side in ("left", "right")}
    return {side: float(np.mean(values)) for side, values in sides.items()}


def derive(
    source: Path,
    target: Path,
    edit: Edit = lambda image, time_s: image,
    *,
    start_s: float = 0.0,
    stop_s: float = 1e9,
    height: int | None = None,
    fps: float | None = None,
    crf: int = 20,
    options: dict[str, str] | None = None,
) -> Path:
    """Decode, edit and encode anew; ``edit`` gets RGB and the time in the source, and may drop a frame with None.

    Dropped frames close up: what follows comes earlier. ``fps`` below the source's drops frames and keeps the pace.
    """
    with av.open(str(source)) as clip, av.open(str(target), "w", options=options or {}) as out:
        stream: Any = None
        rate = Fraction(fps or clip.streams.video[0].average_rate)
        step = max(1, round(float(clip.streams.video[0].average_rate / rate)))
        for i, picture in enumerate(clip.decode(video=0)):
            time_s = float(picture.time)
            if time_s >= stop_s:
                break
            if i % step or time_s < start_s:
                continue
            if height is not None:
                width = round(picture.width * height / picture.height / 2) * 2
                picture = picture.reformat(width=width, height=height)
            image = edit(picture.to_ndarray(format="rgb24"), time_s)
            if image is None:
                continue
            if stream is None:
                stream = out.add_stream("libx264", rate=rate, options={"crf": str(crf), "preset": "veryfast"})
                stream.height, stream.width, stream.pix_fmt = *image.shape[:2], "yuv420p"
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return target


def cropped(*, top: float = 0.0, bottom: float = 1.0) -> Edit:
    """Keep a band of the picture, as shares of its height."""
    return lambda image, _: image[int(top * len(image)) : int(bottom * len(image)) // 2 * 2]


def blank_between(spans: list[tuple[float, float]], *, colour: tuple[int, int, int]) -> Edit:
    """One colour all over within the spans."""

    def edit(image: Image, time_s: float) -> Image:
        return np.full_like(image, colour) if any(a <= time_s < b for a, b in spans) else image

    return edit


def shifted(*, px_s: float, px_max: float = 1e9) -> Edit:
    """The picture wanders sideways as when the camera turns; its edge is stretched."""

    def edit(image: Image, time_s: float) -> Image:
        columns = np.arange(image.shape[1]) - round(min(px_s * time_s, px_max))
        return image[:, np.clip(columns, 0, image.shape[1] - 1)]

    return edit


def beside_still(*, still_left: bool) -> Edit:
    """Somebody who stands still next to the person: the first frame, again and again."""
    first: list[Image] = []

    def edit(image: Image, _: float) -> Image:
        if not first:
            first.append(image.copy())
        pair = [first[0], image] if still_left else [image, first[0]]
        return np.concatenate(pair, axis=1)

    return edit


def far_away(*, share: float) -> Edit:
    """The picture shrunk to a share of its size in the middle of a grey one."""

    def edit(image: Image, _: float) -> Image:
        small = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24").reformat(
            width=round(image.shape[1] * share / 2) * 2, height=round(image.shape[0] * share / 2) * 2
        )
        part = small.to_ndarray(format="rgb24")
        canvas = np.full_like(image, 128)
        y, x = (image.shape[0] - part.shape[0]) // 2, (image.shape[1] - part.shape[1]) // 2
        canvas[y : y + part.shape[0], x : x + part.shape[1]] = part
        return canvas

    return edit
