"""What the engine takes and what it gives: timed observations in, one small frozen view model out.

A face (window, text, the app's page) draws a :class:`View` and never asks the engine anything else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from mobility_check.kinematics.landmarks import Side
from mobility_check.kinematics.track import Floats

State = Literal["starting", "setup", "still", "kick", "turn", "scoring", "done"]
Tone = Literal["accepted", "rejected", "ready", "finished"]
Keep = Literal["quiet", "hold"]
"""Why a frame is worth keeping in memory for a refinement pass."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One timed picture as the pose model saw it."""

    time_s: float  # capture time; any origin, rising
    xy_px: Floats | None  # (33, 2) landmarks in pixels of the upright, unmirrored picture; None when nobody was seen
    visibility: Floats | None  # (33,) 0..1; None when nobody was seen
    size_px: tuple[int, int]  # (width, height) of the picture
    people: int = 1  # how many people were seen
    luma: float = 128.0  # mean brightness, 0..255
    index: int = 0  # number of the frame at the camera


@dataclass(frozen=True, slots=True)
class Tick:
    """One line of the set-up list: what was checked, the measured value in words, and what to do when it fails.

    ``ok`` is ``None`` while it cannot be known yet, ``problem`` the code of the prompt to give; a ``blocking`` one has
    to be ok before anything is measured.
    """

    code: str
    label: str
    ok: bool | None
    problem: str = ""
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
    """Everything a face needs for one picture."""

    time_s: float  # capture time of the picture this view belongs to
    state: State  # where the check is
    title: str  # the state in words
    prompt: Prompt  # what to show large; stays until something else matters more
    dots: Mapping[Side, tuple[KickDot, ...]]  # kicks seen so far, per leg
    wanted: int  # kicks to count per leg
    say: Prompt | None = None  # set only in the view in which something is to be spoken; it is also shown in prompt
    tone: Tone | None = None  # set only in the view in which a tone is to sound
    ticks: tuple[Tick, ...] = ()  # the set-up list
    ring: float | None = None  # 0..1, how much of the quiet standing is collected; None when it is not being collected
    # what to show large: the near leg's angle while it is up, else of its last counted kick; None where it is not sure
    angle_deg: float | None = None
    # the same for a bar without a number, from the tracking pass where there is nothing better
    gauge_deg: float | None = None
    leg: Side | None = None  # the person's own leg nearest the camera
    target_deg: float | None = None  # the last session's score of leg
    kicking: bool = False  # the near leg is up
    keep: Keep | None = None  # set when this picture should be kept for a refinement pass
    summary: tuple[str, ...] = ()  # lines of the end card
    progress: float | None = None  # 0..1 while the session is being measured
    done: bool = False  # the check is over

    def accepted(self, side: Side) -> int:
        """How many kicks of that leg were counted."""
        return sum(dot.accepted for dot in self.dots[side])

    def kicks(self, side: Side) -> list[bool | None]:
        """Whether each kick of that leg was counted; ``None`` for each that is still wanted."""
        return [dot.accepted for dot in self.dots[side]] + [None] * (self.wanted - self.accepted(side))
