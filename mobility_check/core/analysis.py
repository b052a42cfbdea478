"""What the analysis of a session yields beside the result: the angle curves, stretches and spans that pictures need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mobility_check.core.landmarks import Facing, Side
from mobility_check.core.result import Rep, Result
from mobility_check.core.track import Floats, PoseTrack


@dataclass(frozen=True, slots=True)
class LegSeries:
    """Angles of one leg per analysed frame, (T,), degrees, NaN where not seen or not side-on; neutral subtracted."""

    extension_deg: Floats
    thigh_deg: Floats
    knee_flexion_deg: Floats


@dataclass(frozen=True, slots=True)
class Stretch:
    """Frames ``start`` to ``stop`` (exclusive) of a track in which the person faces one way."""

    start: int
    stop: int
    facing: Facing


@dataclass(frozen=True, slots=True)
class ClipAnalysis:
    """One clip: curves over its track's time, facing stretches, quiet standing, and the reps of both legs.

    Attributes:
        trunk_lean_deg: (T,) + forwards, neutral subtracted.
        neutral_spans_s: where quiet standing was taken, (start, end) each.
    """

    time_s: Floats
    trunk_lean_deg: Floats
    legs: Mapping[Side, LegSeries]
    stretches: tuple[Stretch, ...]
    neutral_spans_s: tuple[tuple[float, float], ...]
    reps: Mapping[Side, tuple[Rep, ...]]


@dataclass(frozen=True, slots=True)
class Session:
    """A result with everything it was made from; ``clips[i]`` belongs to ``tracks[i]`` and ``result.inputs[i]``."""

    result: Result
    clips: tuple[ClipAnalysis, ...]
    tracks: tuple[PoseTrack, ...]
