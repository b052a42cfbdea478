"""Clips as people hand them in, made from a clip with truth: cut, cropped, turned, slowed, shaken, joined.

Each kind of recording has three variants or more; what is right for each is said beside how it is made. Kinds that need
another program's bytes (containers, edit lists, mirrored films) or other bodies come from a folder, see ``field.py``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from benchmarks.coding import Image, write_clip
from mobility_check.video.source import ClipReader

Frames = Iterable[tuple[float, Image]]
Edit = Callable[[Frames], Frames]
RATE_HZ = 30.0
CODING = {"crf": "20", "preset": "veryfast"}
GREY = 118


@dataclass(frozen=True, slots=True)
class Case:
    """Clips of one session and what is right.

    Attributes:
        kind, variant: what a reader of the table sees.
        clips: the files, in the order in which they are given.
        truth_deg: of the legs that may get a number.
        numbers: whether these legs must, may or must not get one.
        codes: one of these reasons must be told; empty if none needs to be.
        limited: the number may not be called measured.
        person: whom to ask for.
    """

    kind: str
    variant: str
    clips: tuple[Path, ...]
    truth_deg: dict[str, float]
    numbers: Literal["must", "may", "none"] = "must"
    codes: tuple[str, ...] = ()
    limited: bool = False
    person: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A session with truth: three kicks of the right leg, a turn, three of the left."""

    clip: Path

    @property
    def truth(self) -> dict[str, list[dict[str, float | str | bool]]]:
        """The JSON beside the clip."""
        found: dict[str, list[dict[str, float | str | bool]]] = json.loads(
            self.clip.with_name(f"{self.clip.stem}.truth.json").read_text(encoding="utf-8")
        )
        return found

    def kicks(self, side: str) -> list[tuple[float, float, float]]:
        """Start, end and extension of the near kicks of a leg."""
        return [
            (float(r["start_s"]), float(r["end_s"]), float(r["extension_deg"]))
            for r in self.truth["reps"]
            if r["side"] == side and r["near"]
        ]

    def score_deg(self, side: str) -> float:
        """Mean of a leg's near kicks."""
        return float(np.mean([k[2] for k in self.kicks(side)]))

    def joint_px(self, name: str) -> tuple[float, float]:
        """A joint in the first picture, e.g. ``kneeR``."""
        x, y = self.truth["pixels"][name][0]  # type: ignore[call-overload]
        return float(x), float(y)

    def frames(self, start_s: float = 0.0, stop_s: float = 1e9) -> Iterator[tuple[float, Image]]:
        """Pictures of a part, from time 0."""
        for frame in ClipReader(self.clip).frames():
            if start_s <= frame.time_s < stop_s:
                yield frame.time_s - start_s, frame.image


def cropped(frames: Frames, *, top: float = 0, bottom: float = 1e9, left: float = 0, right: float = 1e9) -> Frames:
    """The part of the picture between these lines, in pixels."""
    for t, image in frames:
        height, width = image.shape[:2]
        rows = slice(int(top), int(min(bottom, height)))
        yield t, image[rows, int(left) : int(min(right, width))]


def framed(frames: Frames, *, vertical: float, horizontal: float, colour: int = 0) -> Frames:
    """Bars around the picture, as shares of its sides."""
    for t, image in frames:
        y, x = round(vertical * image.shape[0]), round(horizontal * image.shape[1])
        yield t, np.pad(image, ((y, y), (x, x), (0, 0)), constant_values=colour)


def blurred_around(frames: Frames, *, share: float) -> Frames:
    """The picture in the middle of a large blurred copy of itself, as phones fill an upright screen."""
    for t, image in frames:
        height, width = image.shape[:2]
        large = cv2.GaussianBlur(cv2.resize(image, (width, round(height * (1 + 2 * share)))), (0, 0), 25)
        top = (large.shape[0] - height) // 2
        large[top : top + height] = image
        yield t, np.asarray(large, dtype=np.uint8)


def turned(frames: Frames, *, quarters: int) -> Frames:
    """A clip that lies on its side or stands on its head."""
    return ((t, np.rot90(image, quarters)) for t, image in frames)


def slowed(frames: Frames, *, factor: float) -> Frames:
    """Slow motion saved as an ordinary clip."""
    return ((t * factor, image) for t, image in frames)


def kept(frames: Frames, *, spans: Sequence[tuple[float, float]]) -> Frames:
    """Only these parts, closed up."""
    last, at = 0.0, 0.0
    for t, image in frames:
        if any(a <= t < b for a, b in spans):
            at += min(t - last, 1 / RATE_HZ)
            yield at, image
        last = t


def shaken(frames: Frames, *, roll_deg: float, shift_px: float, hz: float) -> Frames:
    """A camera in the hand: it rolls and shifts."""
    for t, image in frames:
        height, width = image.shape[:2]
        phase = 2 * np.pi * hz * t
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), roll_deg * np.sin(phase), 1.0)
        shift = np.zeros((2, 3))
        shift[:, 2] = shift_px * np.sin(1.3 * phase), shift_px * np.cos(0.8 * phase)
        yield (
            t,
            np.asarray(
                cv2.warpAffine(image, matrix + shift, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8
            ),
        )


def frozen(frames: Frames, *, start_s: float, stop_s: float) -> Frames:
    """One picture again and again between two times."""
    held: Image | None = None
    for t, image in frames:
        held = (image if held is None else held) if start_s <= t < stop_s else None
        yield t, image if held is None else held


def before(frames: Frames, *, seconds: float, image_of: Callable[[Image, float], Image]) -> Frames:
    """Something else first: pictures made from the clip's first one."""
    frames = iter(frames)
    start, first = next(frames)
    for i in range(round(seconds * RATE_HZ)):
        yield i / RATE_HZ, image_of(first, i / RATE_HZ)
    yield seconds + start, first
    for t, image in frames:
        yield seconds + t, image


def beside(frames: Frames, other: Frames, *, scale: float = 1.0, mirrored: bool = False, left: bool = False) -> Frames:
    """Somebody else next to the person, perhaps as in a mirror further away; the shorter clip ends both."""
    for (t, image), (_, guest) in zip(frames, other, strict=False):
        small = cv2.resize(guest, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        small = small[:, ::-1] if mirrored else small
        place = np.full_like(image, GREY)
        height, width = min(small.shape[0], image.shape[0]), min(small.shape[1], image.shape[1])
        place[-height:, :width] = small[:height, :width]
        yield t, np.concatenate([place, image] if left else [image, place], axis=1)


def crossed(frames: Frames, stander: Frames, *, px_s: float, width: int) -> Frames:
    """Somebody who is carried through the picture in front of the person: a strip of another clip."""
    for (t, image), (_, other) in zip(frames, stander, strict=False):
        strip = other[:, other.shape[1] // 2 - width // 2 :][:, :width]
        wide = np.pad(image, ((0, 0), (width, width), (0, 0)), constant_values=GREY)
        x = round(px_s * t) if px_s > 0 else wide.shape[1] - width + round(px_s * t)
        if 0 <= x <= wide.shape[1] - width:
            wide[: strip.shape[0], x : x + width] = strip[: wide.shape[0]]
        yield t, wide


def still(source: Source, seconds: float) -> Iterator[tuple[float, Image]]:
    """The person standing: the first picture for so long."""
    _, first = next(source.frames())
    return ((i / RATE_HZ, first) for i in range(round(seconds * RATE_HZ)))


def made(folder: Path, source: Source, guest: Source, kinds: Sequence[str]) -> Iterator[Case]:
    """All cases of these kinds (all if empty), each written when it is its turn."""
    for kind, cases in KINDS.items():
        if not kinds or kind in kinds:
            yield from cases(partial(_case, folder, kind), source, guest)


def _case(
    folder: Path,
    kind: str,
    variant: str,
    frames: Frames | Sequence[Frames],
    truth_deg: dict[str, float],
    **right: object,
) -> Case:
    clips = []
    for i, part in enumerate([frames] if not isinstance(frames, list) else frames):
        clip = folder / f"{kind}-{variant}-{i}.mp4".replace(" ", "-")
        if not clip.is_file():
            write_clip(part, clip, options=CODING, rate_hz=RATE_HZ, scale=0.5)
        clips.append(clip)
    return Case(kind, variant, tuple(clips), truth_deg, **right)  # type: ignore[arg-type]


Make = Callable[..., Case]
RIGHT_ENDS_S = 13.4


def _right(source: Source) -> tuple[Callable[[], Frames], dict[str, float]]:
    """The part with the right leg's kicks, and what they measure."""
    return lambda: source.frames(0.0, RIGHT_ENDS_S), {"right": source.score_deg("right")}


def _partial_body(case: Make, source: Source, guest: Source) -> Iterator[Case]:
    part, truth = _right(source)
    knee, hip, shoulder = (source.joint_px(n) for n in ("kneeL", "hipR", "shoulderR"))
    none = {"numbers": "none", "codes": ("partial_body", "no_person")}
    yield case("knees at the lower edge", cropped(part(), bottom=knee[1] + 6), truth, **none)
    yield case("knees below it", cropped(part(), bottom=knee[1] - 20), truth, **none)
    yield case(
        "knees below, black bars",
        framed(cropped(part(), bottom=knee[1] - 20), vertical=0.2, horizontal=0),
        truth,
        **none,
    )
    yield case("hips at the left edge", cropped(part(), left=hip[0] - 15), truth, **none)
    yield case("hips at the right edge", cropped(part(), right=hip[0] + 15), truth, **none)
    yield case("shoulders at the upper edge", cropped(part(), top=shoulder[1] - 10), truth, **none)
    yield case(
        "feet below the edge",
        cropped(part(), bottom=(knee[1] + source.joint_px("ankleL")[1]) / 2),
        truth,
        numbers="may",
        codes=("feet_not_seen", "partial_body"),
        limited=True,
    )


def _bars(case: Make, source: Source, guest: Source) -> Iterator[Case]:
    part, truth = _right(source)
    yield case("letterbox", framed(part(), vertical=0.3, horizontal=0.0), truth)
    yield case("pillarbox", framed(part(), vertical=0.0, horizontal=0.8), truth)
    yield case("small in black", framed(part(), vertical=0.4, horizontal=0.5), truth)
    yield case("blurred copy above and below", blurred_around(part(), share=0.4), truth, numbers="may")


def _late(case: Make, source: Source, guest: Source) -> Iterator[Case]:
    part, truth = _right(source)
    yield case("empty room for 30 s", before(part(), seconds=30, image_of=lambda im, _: np.full_like(im, GREY)), truth)
    yield case("dark for 20 s", before(part(), seconds=20, image_of=lambda im, _: np.full_like(im, 6)), truth)
    yield case("half a body for 25 s", before(part(), seconds=25, image_of=_half_a_body), truth)
    yield case("on its side for 20 s", before(part(), seconds=20, image_of=_on_its_side), truth)


def _half_a_body(image: Image, _: float) -> Image:
    out = np.full_like(image, GREY)
    out[-image.shape[0] // 2 :] = image[: image.shape[0] // 2]
    return out


def _on_its_side(image: Image, _: float) -> Image:
    width = image.shape[1]
    out = np.full_like(image, GREY)
    lying = np.asarray(cv2.resize(np.rot90(image), (width, width * width // image.shape[0])), dtype=np.uint8)
    out[-lying.shape[0] :] = lying
    return out


def _cut_to_kicks(case: Make, source: Source, guest: Source) -> Iterator[Case]:
    kicks = source.kicks("right")
    none = {"numbers": "may", "codes": ("no_neutral", "thin_neutral")}
    for name, early, late in (("just around", 0.0, 0.05), ("tight", -0.3, -0.3), ("very tight", -0.6, -0.5)):
        spans = [(start - early, end + late) for start, end, _ in kicks]
        yield case(name, kept(source.frames(), spans=spans), {"right": source.score_deg("right")}, **none)


def _slow_motion(case: Make, source: Source, guest: Source) -> Iterator[Case]:
    _, end_s, extension_deg = source.kicks("right")[0]
    for factor in (4.0, 6.0, 8.0):
        one_kick = source.frames(0.0, end_s + 0.5)
        yield case(
            f"{factor:g} times slower",
            slowed(one_kick, factor=factor),
            {"right": extension_deg},
            numbers="may",
            codes=("slow_motion",),
        )


def _turned(case: Make, source: Source, guest: Source) -> Iterator[Case]:
    part, truth = _right(source)
    for quarters in (1, 2, 3):
        yield case(
            f"{90 * quarters} degrees",
            turned(part(), quarters=quarters),
            truth,
            numbers="none",
            codes=("not_upright", "no_person"),
        )


def _handheld(case: Make, source: Source, guest: Source) -> Iterator[Case]:
    part, truth = _right(source)
    for roll, shift, hz in ((1.5, 9, 1.3), (2.5, 14, 0.7), (1.0, 6, 2.2)):
        yield case(
            f"{roll} degrees at {hz} Hz", shaken(part(), roll_deg=roll, shift_px=shift, hz=hz), truth, numbers="may"
        )


def _frozen(case: Make, source: Source, guest: Source) -> Iterator[Case]:
    part, truth = _right(source)
    start, end, _ = source.kicks("right")[0]
    top = (start + end) / 2
    yield case("in a hold", frozen(part(), start_s=top - 0.3, stop_s=top + 0.9), truth, numbers="may")
    yield case("whole clip", still(source, 10.0), {}, numbers="none", codes=("no_reps", "picture_froze"))
    yield case("between kicks", frozen(part(), start_s=end, stop_s=end + 0.6), truth)


def _people(case: Make, source: Source, guest: Source) -> Iterator[Case]:
    part, truth = _right(source)
    theirs = {"right": guest.score_deg("right")}
    told = {"codes": ("several_people",)}
    two = partial(beside, other=guest.frames(0.0, RIGHT_ENDS_S))
    yield case(
        "two kick, left one asked for", beside(part(), guest.frames(0.0, RIGHT_ENDS_S)), truth, person="left", **told
    )
    yield case("two kick, right one asked for", two(part()), theirs, person="2", **told)
    yield case("twin in a mirror", beside(part(), part(), scale=0.7, mirrored=True), truth, **told)
    yield case("helper on the left", beside(part(), still(guest, RIGHT_ENDS_S), scale=0.9, left=True), truth, **told)
    yield case(
        "somebody crosses in front",
        crossed(part(), still(guest, RIGHT_ENDS_S), px_s=320, width=240),
        truth,
        numbers="may",
    )


def _clips_of_two(case: Make, source: Source, guest: Source) -> Iterator[Case]:
    part, truth = _right(source)
    other = {"right": guest.score_deg("right")}
    mixed = {"codes": ("clips_disagree", "clips_differ"), "limited": True, "numbers": "may"}
    both = {"right": (truth["right"] + other["right"]) / 2}
    yield case("another day", [part(), guest.frames(0.0, RIGHT_ENDS_S)], both, **mixed)
    yield case("the other first", [guest.frames(0.0, RIGHT_ENDS_S), part()], both, **mixed)
    yield case(
        "whole sessions", [source.frames(), guest.frames()], {}, codes=mixed["codes"], numbers="may", limited=True
    )
    first = case("once and again", part(), truth, codes=("same_clip_twice",))
    yield Case(first.kind, first.variant, first.clips * 2, truth, codes=first.codes)


KINDS: dict[str, Callable[[Make, Source, Source], Iterator[Case]]] = {
    "partial body": _partial_body,
    "bars": _bars,
    "late start": _late,
    "cut to kicks": _cut_to_kicks,
    "slow motion": _slow_motion,
    "turned": _turned,
    "hand-held": _handheld,
    "frozen": _frozen,
    "people": _people,
    "clips of two": _clips_of_two,
}
