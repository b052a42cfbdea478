"""Angle curves of a session, thinned for keeping: angles and times only, never landmarks and never pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mobility_check.assessments.session import ClipAnalysis, Session
from mobility_check.kinematics.landmarks import Facing, Side
from mobility_check.kinematics.track import Floats
from mobility_check.language import N_
from mobility_check.results.result import Degrees, Seconds, Span, plain

MAX_HZ = 15.0


@dataclass(frozen=True, slots=True)
class LegCurve:
    """Angles of one leg; lists as long as the clip's times."""

    extension_deg: list[Degrees | None]
    thigh_deg: list[Degrees | None]
    knee_flexion_deg: list[Degrees | None]


@dataclass(frozen=True, slots=True)
class FacingSpan:
    """From when to when the person faced one way."""

    start_s: Seconds
    end_s: Seconds
    facing: Facing


@dataclass(frozen=True, slots=True)
class ClipCurves:
    """One clip."""

    time_s: list[Seconds]
    trunk_lean_deg: list[Degrees | None]
    legs: Mapping[Side, LegCurve]
    facing: list[FacingSpan]
    neutral_spans_s: list[Span]

    def __post_init__(self) -> None:
        """Refuse what a page could not draw."""
        lists = [self.trunk_lean_deg, *(getattr(leg, f.name) for leg in self.legs.values() for f in fields(LegCurve))]
        if any(len(values) != len(self.time_s) for values in lists):
            raise ValueError(N_("lists of the curves differ in length"))


@dataclass(frozen=True, slots=True)
class Curves:
    """What is stored and exchanged; :func:`curves_of` makes it as plain JSON."""

    clips: list[ClipCurves]


def curves_of(session: Session, *, max_hz: float = MAX_HZ) -> dict[str, Any]:
    """The curves of all clips as plain JSON, at most ``max_hz`` samples a second, ``None`` where nothing was seen.

    ``{"clips": [{"time_s", "trunk_lean_deg", "legs": {side: {"extension_deg", "thigh_deg", "knee_flexion_deg"}},
    "facing": [{"start_s", "end_s", "facing"}], "neutral_spans_s"}]}``: one object per clip, lists of equal length,
    degrees to 0.01 and seconds to 0.001. Samples are picked, not averaged, so peaks are as measured.
    """
    found: dict[str, Any] = plain(Curves([_clip(clip, max_hz=max_hz) for clip in session.clips]))
    return found


def _clip(clip: ClipAnalysis, *, max_hz: float) -> ClipCurves:
    keep = _thin(clip.time_s, max_hz=max_hz)
    shown_s = clip.time_s.round(3).tolist()
    return ClipCurves(
        time_s=clip.time_s[keep].round(3).tolist(),
        trunk_lean_deg=clip.trunk_lean_deg[keep].round(2).tolist(),
        legs={
            side: LegCurve(*(getattr(leg, f.name)[keep].round(2).tolist() for f in fields(LegCurve)))
            for side, leg in clip.legs.items()
        },
        facing=[FacingSpan(shown_s[s.start], shown_s[s.stop - 1], s.facing) for s in clip.segments if s.stop > s.start],
        neutral_spans_s=[(round(float(a), 3), round(float(b), 3)) for a, b in clip.neutral_spans_s],
    )


def _thin(time_s: Floats, *, max_hz: float) -> NDArray[np.int64]:
    """Index of the first sample in each slot of 1/max_hz seconds."""
    if not len(time_s):
        return np.zeros(0, dtype=np.int64)
    slots = np.floor((time_s - time_s[0]) * max_hz + 1e-6)
    return np.flatnonzero(np.diff(slots, prepend=-1.0) > 0)
