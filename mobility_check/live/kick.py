"""Quiet standing and kicks, recognised while they happen, with the same gates as the recorded analysis.

The leg line (mid-hip→ankle) tells that a leg is up: it moves two to five times as far as the thigh in a small kick.
Everything is measured as a change from the person's own quiet standing.
"""

from __future__ import annotations

import statistics
from collections import deque
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mobility_check.kinematics.landmarks import SIDES, Side, other
from mobility_check.kinematics.params import Params
from mobility_check.kinematics.signals import allowed_gap_s
from mobility_check.kinematics.track import Floats
from mobility_check.live.causal import Body

STEP_TRUNKS = 0.12
"""The hips moving further than this (in trunk lengths) within the quiet window is a step, not standing (E)."""
LEG_ON_DEG = 3.0
LEG_OFF_DEG = 1.5
"""Thresholds on the leg line, which moves further than the extension of which ``Params.reps`` speaks (E)."""


STEADY_S = 0.08


@dataclass(frozen=True, slots=True)
class Zero:
    """A person's quiet standing: medians of the angles in it."""

    lean_deg: float
    line_deg: dict[Side, float]
    thigh_deg: dict[Side, float]
    knee_deg: dict[Side, float]

    def extension_deg(self, body: Body, side: Side) -> float:
        """Extension of one leg, neutral subtracted."""
        return body.extension_deg(side) - (self.thigh_deg[side] - self.lean_deg)


class NeutralStance:
    """Collects quiet standing; :attr:`zero` is there as soon as ``Neutral.min_s`` of it was seen."""

    def __init__(self, params: Params, *, window_s: float = 0.4, ring_s: float = 2.0) -> None:
        self._params, self._window_s, self._ring_s = params, window_s, ring_s
        self._recent: deque[Body] = deque()
        self._quiet: deque[Body] = deque(maxlen=120)
        self.quiet_s = 0.0
        self.quiet_now = False

    @property
    def zero(self) -> Zero | None:
        """The zero so far, or ``None``."""
        if self.quiet_s < self._params.neutral.min_s or not self._quiet:
            return None
        bodies = self._quiet
        return Zero(
            lean_deg=_median([b.lean_deg for b in bodies]),
            line_deg={s: _median([b.legs[s].line_deg for b in bodies]) for s in SIDES},
            thigh_deg={s: _median([b.legs[s].thigh_deg for b in bodies]) for s in SIDES},
            knee_deg={s: _median([b.legs[s].knee_deg for b in bodies]) for s in SIDES},
        )

    @property
    def ring(self) -> float:
        """Share of the wanted quiet standing that is collected, 0..1."""
        return min(1.0, self.quiet_s / self._ring_s)

    def update(self, body: Body, *, leg_up: bool) -> None:
        """Take one picture; while a leg is up nothing is collected."""
        step_s = body.time_s - self._recent[-1].time_s if self._recent else 0.0
        self._recent.append(body)
        while body.time_s - self._recent[0].time_s > self._window_s:
            self._recent.popleft()
        self.quiet_now = not leg_up and self._is_quiet()
        if self.quiet_now:
            self.quiet_s += min(step_s, self._window_s)
            self._quiet.append(body)

    def _is_quiet(self) -> bool:
        bodies = self._recent
        if bodies[-1].time_s - bodies[0].time_s < 0.6 * self._window_s:
            return False
        limit_deg = self._params.neutral.max_speed_deg_s * self._window_s
        series = [[b.lean_deg for b in bodies], *([b.legs[s].line_deg for b in bodies] for s in SIDES)]
        still = all(max(values) - min(values) < limit_deg for values in series)
        upright = all(abs(bodies[-1].legs[s].line_deg) < self._params.neutral.max_thigh_tilt_deg for s in SIDES)
        hips = [b.hip_x for b in bodies]
        return still and upright and max(hips) - min(hips) < STEP_TRUNKS


@dataclass(frozen=True, slots=True)
class Kick:
    """A kick that has ended. ``reason`` is ``None`` when it counts, else the code of what was wrong."""

    side: Side
    start_s: float
    end_s: float
    extension_deg: float
    reason: str | None


Phase = Literal["down", "up", "held"]


class KickDetector:
    """Follows one leg against its zero: down → up → held → down, judged when the leg is back."""

    def __init__(self, side: Side, *, params: Params) -> None:
        self.side: Side = side
        self.phase: Phase = "down"
        self._params = params
        self._bodies: list[Body] = []
        self._rises: list[float] = []

    def reset(self) -> None:
        """Forget a kick that has begun."""
        self.phase = "down"
        self._bodies.clear()
        self._rises.clear()

    def update(self, body: Body, zero: Zero) -> Kick | None:
        """Take one picture; gives the kick when its leg is back down (or forgets it when it was none)."""
        rise_deg = body.legs[self.side].line_deg - zero.line_deg[self.side]
        if self.phase == "down":
            if abs(rise_deg) < LEG_ON_DEG:
                return None
            self.phase = "up"
        self._bodies.append(body)
        self._rises.append(rise_deg)
        if self._is_over(rise_deg):
            kick = self._judge(zero)
            self.reset()
            return kick
        if body.time_s - self._bodies[0].time_s > self._params.reps.max_duration_s:
            self.reset()
        elif self.phase == "up" and self.held_s() >= self._params.reps.min_hold_s:
            self.phase = "held"
        return None

    @property
    def near_peak(self) -> bool:
        """The leg is up, close to the furthest it has been in this kick, and has stopped rising."""
        return bool(self._rises) and self._rises[-1] >= 0.75 * max(self._rises) > 0 and self.held_s() >= STEADY_S

    def held_s(self) -> float:
        """How long the leg has stayed within the hold band up to now."""
        band_deg, now_s = self._params.reps.hold_band_deg, self._bodies[-1].time_s
        low = high = self._rises[-1]
        start_s = now_s
        for body, rise in zip(reversed(self._bodies), reversed(self._rises), strict=True):
            low, high = min(low, rise), max(high, rise)
            if high - low > band_deg or abs(rise) < LEG_ON_DEG:
                break
            start_s = body.time_s
        return now_s - start_s

    def _is_over(self, rise_deg: float) -> bool:
        peak = max(self._rises, key=abs)
        back = abs(rise_deg) < max(LEG_OFF_DEG, 0.15 * abs(peak)) or rise_deg * peak < 0
        return back and len(self._rises) > 1

    def _judge(self, zero: Zero) -> Kick | None:
        params, bodies = self._params, self._bodies
        rises = np.asarray(self._rises)
        times = np.asarray([b.time_s for b in bodies])
        peak = int(np.argmax(np.abs(rises)))
        if abs(rises[peak]) < params.reps.min_prominence_deg or not self._is_kick(zero, times):
            return None
        first, last = _plateau(rises, times, peak=peak, band_deg=params.reps.hold_band_deg)
        hold = bodies[first : last + 1]
        extension = np.asarray([zero.extension_deg(b, self.side) for b in hold])
        reason = self._reason(zero, hold, extension, hold_s=float(times[last] - times[first]), rise_deg=rises[peak])
        return Kick(self.side, float(times[0]), float(times[-1]), float(np.median(extension)), reason)

    def _is_kick(self, zero: Zero, times: Floats) -> bool:
        """Not a step, a turn or a twitch: long enough, hips in place, the other leg standing."""
        bodies = self._bodies
        moved = np.ptp([b.hip_x for b in bodies]) + np.ptp([b.hip_y for b in bodies])
        support = other(self.side)
        swing = np.abs([b.legs[support].line_deg - zero.line_deg[support] for b in bodies])
        own = np.abs(self._rises).max()
        turned = np.mean([b.yaw_deg > 45 for b in bodies]) > 0.3
        long_enough = times[-1] - times[0] >= 0.75 * self._params.reps.min_duration_s
        return bool(long_enough and moved < 0.6 and np.median(swing) < max(3.0, 0.6 * own) and not turned)

    def _reason(self, zero: Zero, hold: list[Body], extension: Floats, *, hold_s: float, rise_deg: float) -> str | None:
        gates, support = self._params.gates, other(self.side)
        knee = _median([b.legs[self.side].knee_deg for b in hold]) - zero.knee_deg[self.side]
        support_knee = _median([b.legs[support].knee_deg for b in hold]) - zero.knee_deg[support]
        lean = _median([b.lean_deg for b in hold]) - zero.lean_deg
        tests = (
            ("kicks_forward", rise_deg < 0 or float(np.median(extension)) < -LEG_ON_DEG),
            ("yaw", _median([b.yaw_deg for b in hold]) > gates.yaw_reject_deg),
            ("trunk_lean", abs(lean) > gates.trunk_lean_reject_deg),
            ("knee_bent", abs(knee) > gates.knee_flexion_reject_deg),
            ("support_knee_bent", abs(support_knee) > gates.knee_flexion_reject_deg),
            ("no_hold", hold_s < self._params.reps.min_hold_s),
            ("gap_in_hold", self._has_gap(hold)),
            ("unsteady_hold", float(np.std(extension)) > gates.hold_sd_reject_deg),
        )
        return next((code for code, failed in tests if failed), None)

    def _has_gap(self, hold: list[Body]) -> bool:
        """A segment of the hold was not seen."""
        allowed_s = allowed_gap_s([b.time_s for b in self._bodies], max_gap_s=self._params.gates.max_gap_s)
        return bool(np.max(np.diff([b.time_s for b in hold]), initial=0.0) > allowed_s)


def _plateau(rises: Floats, times: Floats, *, peak: int, band_deg: float) -> tuple[int, int]:
    """First and last index of the longest segment that stays within the band below the peak."""
    near = np.abs(rises) >= abs(rises[peak]) - band_deg
    edges = np.flatnonzero(np.diff(np.concatenate(([0], near.astype(int), [0]))))
    spans = [(int(a), int(b) - 1) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    return max(spans, key=lambda span: float(times[span[1]] - times[span[0]]))


def _median(values: list[float]) -> float:
    return float(statistics.median(values))
