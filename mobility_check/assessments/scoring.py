"""From reps to a side's score, its interval and the difference between the sides.

Error model (documented with its calibration in ``docs/accuracy.md``). The error of a rep is the sum of a part that all
reps of a side share (body, clothes, view, model: standard error s) and a part of its own (hold and landmark noise,
standard error r). Most of the scatter d between the reps is the person's, who kicks further once than another time;
half of it is counted. So for n reps

    se(rep)²  = s² + r²                 se(side)² = s² + max(r, d / 2)² / n
    se(left - right)² = s_l² + s_r² - 2 ρ s_l s_r + (own parts of both sides)

and every interval is the value ± 1.96 standard errors.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from mobility_check.assessments.gates import Fault, faults_reason
from mobility_check.kinematics.landmarks import Side, View
from mobility_check.kinematics.params import Params
from mobility_check.kinematics.person_tracking import OTHER_CLIP_TROUSERS, OTHER_TROUSERS, trousers_apart
from mobility_check.kinematics.signals import median, nan_median
from mobility_check.kinematics.track import Floats, PoseTrack
from mobility_check.refinement.estimator import RepError
from mobility_check.results.reasons import reason
from mobility_check.results.result import Asymmetry, Interval, Reason, Rep, SideResult, Status

SCATTER_SHARE = 0.5
"""Share of the scatter between a side's reps that counts as error of its score (E)."""
SAME_DAY_SEM_DEG = 1.4
"""Standard error of measuring again: goniometers of one tester have an MDC95 of 3.9 degrees, which is 2.77 times it."""
Z95 = 1.96
"""Half-width of a 95 % interval in standard errors."""


@dataclass(frozen=True, slots=True)
class ScoredRep:
    """A rep with the standard errors behind its interval (``None`` where not known), and what is wrong with it."""

    rep: Rep
    error: RepError | None
    faults: tuple[Fault, ...] = ()


def interval(value_deg: float, se_deg: float) -> Interval:
    """The 95 % interval of a value with that standard error."""
    return (value_deg - Z95 * se_deg, value_deg + Z95 * se_deg)


def score_side(reps: Sequence[ScoredRep], params: Params) -> tuple[SideResult, RepError | None]:
    """Score one leg from all its reps, near ones before far ones; also gives the errors behind its interval."""
    every = tuple(r.rep for r in reps)
    valid = [r for r in reps if r.rep.valid and r.rep.value_deg is not None]
    near = [r for r in valid if r.rep.view == "near"]
    counted = near or valid
    if not counted:
        return SideResult("not_scored", _why_none(reps), _view(every), reps=every), None
    values = np.array([r.rep.value_deg for r in counted], dtype=float)
    error = _side_error(counted, values)
    reasons = _limits(counted, params.reps.wanted)
    score = float(values.mean())
    return SideResult(
        status="limited" if reasons else "scored",
        reasons=reasons,
        view=counted[0].rep.view,
        score_deg=score,
        ci95_deg=interval(score, error.total_deg) if error else None,
        best_deg=float(values.max()),
        reps=every,
        se_deg=error.total_deg if error else None,
    ), error


def compare(
    left: tuple[SideResult, RepError | None], right: tuple[SideResult, RepError | None], *, shared_correlation: float
) -> Asymmetry:
    """Left minus right with its own interval; errors that both legs share cancel as far as they are correlated."""
    (l_side, l_err), (r_side, r_err) = left, right
    if l_side.score_deg is None or r_side.score_deg is None:
        return Asymmetry()
    difference = l_side.score_deg - r_side.score_deg
    if l_err is None or r_err is None:
        return Asymmetry(difference)
    both_shared = l_err.shared_deg**2 + r_err.shared_deg**2
    cancelled = 2 * shared_correlation * l_err.shared_deg * r_err.shared_deg if l_side.view == r_side.view else 0.0
    se = math.sqrt(both_shared - cancelled + l_err.own_deg**2 + r_err.own_deg**2)
    low, high = interval(difference, se)
    return Asymmetry(difference, (low, high), not low <= 0 <= high)


def overall_status(sides: Sequence[SideResult]) -> Status:
    """The better of both legs' status."""
    found = {s.status for s in sides}
    return "scored" if "scored" in found else "limited" if "limited" in found else "not_scored"


def clips_disagree(scored: Mapping[Side, Sequence[ScoredRep]], params: Params) -> list[Reason]:
    """A leg that measures further apart in two clips than one person does on one day: two people, or two days."""
    reasons = []
    for side, reps in scored.items():
        clips = sorted({r.rep.clip for r in reps})
        parts = [score_side([r for r in reps if r.rep.clip == c], params) for c in clips]
        known = [(s.score_deg, e.total_deg) for s, e in parts if s.score_deg is not None and s.view == "near" and e]
        if len(known) > 1 and _too_far_apart(min(known), max(known)):
            low, high = (f"{value_deg:.0f}" for value_deg, _ in (min(known), max(known)))
            reasons.append(reason("clips_disagree", side=side, low=low, high=high))
    return reasons


def clips_differ(tracks: Sequence[PoseTrack], scored: Mapping[Side, Sequence[ScoredRep]]) -> list[Reason]:
    """Trousers of another colour in two kicks that count: two people, or two days."""
    counted = [r.rep for reps in scored.values() for r in reps if r.rep.valid]
    seen = [(rep.clip, t) for rep in counted if (t := _trousers(tracks[rep.clip], rep))]
    limits = (OTHER_TROUSERS, OTHER_CLIP_TROUSERS)
    differ = any(trousers_apart(*a, *b) > limits[m != n] for (m, a), (n, b) in combinations(seen, 2))
    return [reason("clips_differ")] if differ else []


def _trousers(track: PoseTrack, rep: Rep) -> tuple[Floats, float] | None:
    """Their colour in one rep, and how bright the picture was."""
    during = (track.time_s >= rep.start_s) & (track.time_s <= rep.end_s)
    return None if track.clothes is None else (nan_median(track.clothes[during, 1]), median(track.luma[during]))


def _too_far_apart(low: tuple[float, float], high: tuple[float, float]) -> bool:
    """Beyond the 95 % interval of a difference between two recordings of one person on one day."""
    se_deg = math.sqrt(low[1] ** 2 + high[1] ** 2 + 2 * SAME_DAY_SEM_DEG**2)
    return high[0] - low[0] > Z95 * se_deg


def _side_error(counted: Sequence[ScoredRep], values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> RepError | None:
    n, errors = len(counted), [r.error for r in counted if r.error]
    if not errors:
        return None
    own = float(np.mean([e.own_deg for e in errors]))
    scatter = float(values.std(ddof=1)) if n > 1 else own
    shared = float(np.mean([e.shared_deg for e in errors]))
    return RepError(shared, max(own, SCATTER_SHARE * scatter) / math.sqrt(n))


def _view(reps: Sequence[Rep]) -> View | None:
    return None if not reps else "near" if any(r.view == "near" for r in reps) else "far"


def _why_none(reps: Sequence[ScoredRep]) -> tuple[Reason, ...]:
    """What rejected the kicks, each fault once with the values that decided."""
    if not reps:
        return (reason("leg_not_kicked"),)
    return (reason("no_valid_reps"), *(faults_reason(f) for f in _by_code(reps, rejecting=True)))


def _limits(counted: Sequence[ScoredRep], wanted: int) -> tuple[Reason, ...]:
    """What makes a side's number ``limited``: few reps, the far leg, or most of its reps flagged for the same thing."""
    reasons = []
    if counted[0].rep.view == "far":
        reasons.append(reason("far_side_only"))
    if len(counted) < wanted:
        reasons.append(reason("few_reps", wanted=wanted))
    most = [f for f in _by_code(counted, rejecting=False) if 2 * len(f) > len(counted)]
    return (*reasons, *map(faults_reason, most))


def _by_code(reps: Sequence[ScoredRep], *, rejecting: bool) -> list[list[Fault]]:
    """The faults of all reps, those of one code together, in the order of first mention."""
    by_code: dict[str, list[Fault]] = {}
    for fault in (f for r in reps for f in r.faults if f.rejects == rejecting):
        by_code.setdefault(fault.code, []).append(fault)
    return list(by_code.values())
