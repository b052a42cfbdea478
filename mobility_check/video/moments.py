"""What there is to show at one time of a clip: figure, measured leg, its angle, the kick it belongs to. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mobility_check.assessments import describe
from mobility_check.assessments.session import ClipAnalysis, Session
from mobility_check.kinematics.facing import FacingSegment
from mobility_check.kinematics.landmarks import Facing, Side, near_side
from mobility_check.kinematics.track import Floats, PoseTrack
from mobility_check.results.description import Description
from mobility_check.results.result import Rep

MAX_GAP_S = 0.2
"""Landmarks further apart in time are not joined: what was not seen is not drawn."""
OTHERS_KEPT_S = 2.0
"""How long the place of a bystander's head that is no longer seen stays blurred (E)."""
ECHO_S = 1.6
"""How long the verdict on a kick stays on the picture after the kick."""


@dataclass(frozen=True, slots=True)
class ShownRep:
    """A kick with its leg and its number among the kicks of that leg in the clip."""

    rep: Rep
    side: Side
    number: int
    total: int


@dataclass(frozen=True, slots=True)
class Moment:
    """One time of the clip.

    Attributes:
        xy_px: (33, 2) landmarks in pixels of the clip's full size, NaN where not seen.
        visibility: (33,) of the same.
        side, facing: the leg measured now and where the person looks; None when not side-on.
        curve_deg: the test's angle of that leg as the tracking pass read it, None when not known.
        angle_deg: the same, but where a rep was measured (its hold or peak) what was measured.
        kick: the kick going on, or the last one until ``ECHO_S`` after it.
        in_hold, ended: where in that kick we are; a rep without a hold is measured around its peak.
        at_zero: quiet standing from which the zero was taken.
    """

    time_s: float
    xy_px: Floats
    visibility: Floats
    side: Side | None
    facing: Facing | None
    curve_deg: float | None
    angle_deg: float | None
    kick: ShownRep | None
    in_hold: bool
    ended: bool
    at_zero: bool


class ClipTimeline:
    """Looks up moments of one clip of a session."""

    def __init__(self, session: Session, clip: int) -> None:
        self.track: PoseTrack = session.tracks[clip]
        self.analysis: ClipAnalysis = session.clips[clip]
        self.words: Description = describe(session.result.test)
        self.kicks: tuple[ShownRep, ...] = tuple(
            sorted(
                (
                    ShownRep(rep, side, number, len(reps))
                    for side, reps in self.analysis.reps.items()
                    for number, rep in enumerate(reps, start=1)
                ),
                key=lambda k: (k.rep.start_s, k.side),
            )
        )
        self._times = self.track.time_s
        self._people = [self.track.xy_px, *self.track.others_px]
        self._seen = [np.flatnonzero(np.isfinite(p[:, :11].sum(axis=2)).any(axis=1)) for p in self._people]

    def at(self, time_s: float) -> Moment:
        """The moment at that time, landmarks and angle interpolated between the analysed frames."""
        segment = self._segment(time_s)
        side = self._side(time_s, segment)
        begun = [k for k in self.kicks if k.side == side and k.rep.start_s <= time_s <= k.rep.end_s + ECHO_S]
        kick = begun[-1] if begun else None
        hold = self.words.value_at_s(kick.rep) if kick else None
        in_hold = hold is not None and hold[0] <= time_s <= hold[1]
        curve_deg = self._curve(time_s, side)
        measured_deg = self.words.value_deg(kick.rep) if kick and in_hold else None
        return Moment(
            time_s=time_s,
            xy_px=between(self._times, self.track.xy_px, time_s),
            visibility=between(self._times, self.track.visibility, time_s),
            side=side,
            facing=segment.facing if segment else None,
            curve_deg=curve_deg,
            angle_deg=curve_deg if measured_deg is None else measured_deg,
            kick=kick,
            in_hold=in_hold,
            ended=hold is not None and time_s > hold[1],
            at_zero=any(a <= time_s <= b for a, b in self.analysis.neutral_spans_s),
        )

    def heads_at(self, time_s: float) -> list[tuple[Floats, bool]]:
        """(33, 2) landmarks to blur each head by, and whether they are of this very time; the measured person first.

        Where the measured head is not seen the last known place counts (the first one before that), and so it does
        for up to ``OTHERS_KEPT_S`` for everybody else.
        """
        heads = [self._head(k, time_s, kept_s=OTHERS_KEPT_S if k else math.inf) for k in range(len(self._people))]
        return [head for head in heads if head is not None]

    def _head(self, person: int, time_s: float, *, kept_s: float) -> tuple[Floats, bool] | None:
        xy_px, seen = self._people[person], self._seen[person]
        now = between(self._times, xy_px, time_s)
        if np.isfinite(now[:11].sum(axis=1)).any():
            return now, True
        if not len(seen):
            return None
        before = seen[self._times[seen] <= time_s]
        at = before[-1] if len(before) else seen[0]
        return (xy_px[at], False) if abs(self._times[at] - time_s) <= kept_s else None

    def _segment(self, time_s: float) -> FacingSegment | None:
        for s in self.analysis.segments:
            if s.stop > s.start and self._times[s.start] <= time_s <= self._times[s.stop - 1] + MAX_GAP_S / 2:
                return s
        return None

    def _side(self, time_s: float, segment: FacingSegment | None) -> Side | None:
        """The leg of the kick that is nearest in time within the segment; the near leg when there is none."""
        if segment is None:
            return None
        close = [k for k in self.kicks if self._segment(k.rep.peak_s) is segment]
        if not close:
            return near_side(segment.facing)

        def distance_s(kick: ShownRep) -> float:
            return max(kick.rep.start_s - time_s, time_s - kick.rep.end_s, 0.0)

        return min(close, key=lambda k: (distance_s(k), k.rep.view != "near")).side

    def _curve(self, time_s: float, side: Side | None) -> float | None:
        if side is None or side not in self.analysis.legs:
            return None
        value = self.words.curve_sign * float(
            between(self.analysis.time_s, self.analysis.legs[side].extension_deg, time_s)
        )
        return value if np.isfinite(value) else None


def between(times: Floats, values: Floats, time_s: float) -> Floats:
    """Values at a time: linear between two samples at most ``MAX_GAP_S`` apart, NaN otherwise and beyond the ends."""
    after = int(np.searchsorted(times, time_s))
    if after < len(times) and times[after] - time_s < 1e-6:
        return np.asarray(values[after])
    if 0 < after < len(times) and times[after] - times[after - 1] <= MAX_GAP_S:
        share = (time_s - times[after - 1]) / (times[after] - times[after - 1])
        return np.asarray(values[after - 1] + share * (values[after] - values[after - 1]))
    if after == len(times) > 0 and time_s - times[-1] <= MAX_GAP_S / 2:
        return np.asarray(values[-1])
    return np.full(values.shape[1:], np.nan)
