"""What the analysis of a session yields beside the result: the angle curves, segments and spans that pictures need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mobility_check.kinematics.curves import LegSeries
from mobility_check.kinematics.facing import FacingSegment
from mobility_check.kinematics.landmarks import Side
from mobility_check.kinematics.track import Floats, PoseTrack
from mobility_check.results.result import Rep, Result


@dataclass(frozen=True, slots=True)
class ClipAnalysis:
    """One clip: curves over its track's time, facing segments, quiet standing, and the reps of both legs.

    Attributes:
        trunk_lean_deg: (T,) + forwards, neutral subtracted.
        neutral_spans_s: where quiet standing was taken, (start, end) each.
    """

    time_s: Floats
    trunk_lean_deg: Floats
    legs: Mapping[Side, LegSeries]
    segments: tuple[FacingSegment, ...]
    neutral_spans_s: tuple[tuple[float, float], ...]
    reps: Mapping[Side, tuple[Rep, ...]]


@dataclass(frozen=True, slots=True)
class Session:
    """A result with everything it was made from; ``clips[i]`` belongs to ``tracks[i]`` and ``result.inputs[i]``."""

    result: Result
    clips: tuple[ClipAnalysis, ...]
    tracks: tuple[PoseTrack, ...]
