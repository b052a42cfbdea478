"""What somebody did instead of kicks to the back, told apart by the motion itself, so that no neutral stance is needed.

A movement is an excursion of one thigh, of one knee or of the trunk. What moves is measured from where it was before
the movement, not from the neutral stance, which may be missing or wrong in exactly these clips.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mobility_check.assessments.movements import PLANTED_SHARE
from mobility_check.kinematics import geometry
from mobility_check.kinematics.curves import SegmentCurves
from mobility_check.kinematics.landmarks import SIDES
from mobility_check.kinematics.leg_swaps import steady_legs
from mobility_check.kinematics.params import Params
from mobility_check.kinematics.reps import RepFrames, find_reps
from mobility_check.kinematics.signals import known_median
from mobility_check.kinematics.track import Floats, PoseTrack
from mobility_check.results.reasons import reason
from mobility_check.results.result import Reason

THIGHS_APART_DEG = 10.0
"""Thighs that part by more than this from where they are most together: one leg swings (E)."""
TOGETHER_PERCENT = 10.0
KNEE_DEG = 40.0
"""A knee that bends further than this is a movement of its own (E)."""
LEAN_DEG = 30.0
"""A trunk that tips further than this over standing legs is a hip hinge (E)."""
THIGH_OF_A_HEEL_RAISE_DEG = 30.0
"""A thigh that swings forward by less than this above a bent knee does not count as a swing (E)."""


def done_instead(segments: Sequence[SegmentCurves], track: PoseTrack, params: Params) -> Reason | None:
    """What was done most often: squats, hip hinges, raised heels, forward swings or steps; None if nothing of these."""
    codes = Counter(code for c in segments for code in _Movements(c, track, params).codes())
    return reason(codes.most_common(1)[0][0]) if codes else None


class _Movements:
    """The movements of one segment, in angles against the picture."""

    def __init__(self, curves: SegmentCurves, track: PoseTrack, params: Params) -> None:
        span, facing = slice(curves.segment.start, curves.segment.stop), curves.segment.facing
        xy = steady_legs(track.xy_px[span])
        self._time_s, self._reps = track.time_s[span], params.reps
        self._thighs = {s: geometry.thigh_angle_deg(xy, s, facing) for s in SIDES}
        self._knees = {s: geometry.knee_angle_deg(xy, s, facing) for s in SIDES}
        self._trunk = geometry.trunk_angle_deg(xy, facing)
        self._hips = geometry.mid_hip(xy)[:, 0] / curves.leg_px

    def codes(self) -> list[str]:
        """One code per movement; a movement that several rules see is told by the first."""
        left, right = (self._knees[s] for s in SIDES)
        found = self._excursions("squats", np.minimum(left, right), KNEE_DEG)
        found += self._excursions("hip_hinge", self._trunk, LEAN_DEG)
        for side in SIDES:
            found += self._excursions("heel_raised", self._knees[side], KNEE_DEG)
        found += self._excursions(
            "kicks_forward", _parted(self._thighs["left"] - self._thighs["right"]), THIGHS_APART_DEG
        )
        kept: list[tuple[str, RepFrames]] = []
        for code, kick in found:
            if not any(kick.start < k.stop and k.start < kick.stop for _, k in kept):
                kept.append((code, kick))
        return [told for code, kick in kept if (told := self._told(code, kick))]

    def _excursions(self, code: str, angle_deg: Floats, on_deg: float) -> list[tuple[str, RepFrames]]:
        limits = replace(self._reps, on_deg=on_deg, off_deg=on_deg / 2, max_duration_s=float("inf"))
        return [(code, kick) for kick in find_reps(angle_deg, self._time_s, limits)]

    def _told(self, code: str, kick: RepFrames) -> str | None:
        """The movement's code, with a step and the direction of a swing looked at more closely."""
        if code in ("squats", "hip_hinge"):
            return code
        if abs(self._hips[kick.stop - 1] - self._hips[kick.start]) > PLANTED_SHARE:
            return "not_kick_back"
        moved = {s: self._moved_deg(self._thighs[s], kick) for s in SIDES}
        side = max(SIDES, key=lambda s: abs(moved[s]))
        forwards = -moved[side]
        if code == "heel_raised":
            return "kicks_forward" if forwards > THIGH_OF_A_HEEL_RAISE_DEG else code
        return code if forwards > THIGHS_APART_DEG / 2 else None

    @staticmethod
    def _moved_deg(angle_deg: Floats, kick: RepFrames) -> float:
        """From whichever end of the movement the segment shows to its top; 0 if it shows neither."""
        ends = [angle_deg[kick.start]] if kick.start > 0 else []
        ends += [angle_deg[kick.stop - 1]] if kick.stop < len(angle_deg) else []
        top = angle_deg[kick.hold_start : max(kick.hold_stop, kick.hold_start + 1)]
        moved = known_median(top) - known_median(np.array(ends))
        return moved if np.isfinite(moved) else 0.0


def _parted(difference_deg: Floats) -> Floats:
    """How far the thighs part from where they are most together, which perspective moves away from 0."""
    size = np.abs(difference_deg)
    together = size <= np.nanpercentile(size, TOGETHER_PERCENT) if np.isfinite(size).any() else size > 0
    return np.abs(difference_deg - known_median(difference_deg[together]))
