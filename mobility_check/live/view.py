"""What the engine takes and what it gives: timed observations in, one small frozen view model out.

A face (window, text, later a web page) draws a :class:`View` and never asks the engine anything else.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from mobility_check.kinematics.landmarks import Side
from mobility_check.kinematics.track import Floats

State = Literal["starting", "setup", "still", "kick", "turn", "scoring", "done"]
Tone = Literal["accepted", "rejected", "ready", "finished"]
Keep = Literal["quiet", "hold"]
"""Why a frame is worth keeping in memory for a refinement pass."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One timed picture as the pose model saw it.

    Attributes:
        time_s: capture time; any origin, rising.
        xy_px: (33, 2) landmarks in pixels of the upright, unmirrored picture; ``None`` when nobody was seen.
        visibility: (33,) 0..1; ``None`` when nobody was seen.
        size_px: (width, height) of the picture.
        people: how many people were seen.
        luma: mean brightness, 0..255.
        index: number of the frame at the camera, if it is to be found again; else observations are counted.
    """

    time_s: float
    xy_px: Floats | None
    visibility: Floats | None
    size_px: tuple[int, int]
    people: int = 1
    luma: float = 128.0
    index: int | None = None


@dataclass(frozen=True, slots=True)
class Tick:
    """One line of the set-up list: what was checked, the measured value in words, and what to do when it fails.

    ``ok`` is ``None`` while it cannot be known yet; a ``blocking`` one has to be ok before anything is measured.
    """

    code: str
    label: str
    ok: bool | None
    value: str = ""
    advice: str = ""
    blocking: bool = False


@dataclass(frozen=True, slots=True)
class KickDot:
    """One kick that was seen: counted or not, with its angle when that is made like the one that is stored."""

    accepted: bool
    angle_deg: float | None


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt in the user's language: its code, the text on the screen and the (often shorter) spoken text."""

    code: str
    show: str
    say: str = ""
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """Everything a face needs for one picture.

    Attributes:
        time_s: capture time of the picture this view belongs to.
        state: where the check is.
        title: the state in words.
        prompt: what to show large; stays until something else matters more.
        say: set only in the view in which something is to be spoken; it is also shown in ``prompt``.
        tone: set only in the view in which a tone is to sound.
        ticks: the set-up list.
        ring: 0..1, how much of the quiet standing is collected; ``None`` when it is not being collected.
        angle_deg: what to show large: the near leg's angle while it is up, else that of its last counted kick; ``None``
            while it cannot be told well enough.
        gauge_deg: the same for a bar without a number, from the tracking pass alone where there is nothing better.
        leg: the person's own leg nearest the camera.
        dots: kicks seen so far, per leg.
        wanted: kicks to count per leg.
        target_deg: the last session's score of ``leg``.
        kicking: the near leg is up.
        keep: set when this picture should be kept for a refinement pass.
        summary: lines of the end card.
        progress: 0..1 while the session is being measured.
        key_hint: how to leave.
        done: the check is over.
    """

    time_s: float
    state: State
    title: str
    prompt: Prompt
    say: Prompt | None = None
    tone: Tone | None = None
    ticks: tuple[Tick, ...] = ()
    ring: float | None = None
    angle_deg: float | None = None
    gauge_deg: float | None = None
    leg: Side | None = None
    dots: Mapping[Side, tuple[KickDot, ...]] = field(default_factory=lambda: {"left": (), "right": ()})
    wanted: int = 3
    target_deg: float | None = None
    kicking: bool = False
    keep: Keep | None = None
    summary: tuple[str, ...] = ()
    progress: float | None = None
    key_hint: str = ""
    done: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return dataclasses.asdict(self)

    def accepted(self, side: Side) -> int:
        """How many kicks of that leg were counted."""
        return sum(dot.accepted for dot in self.dots[side])
