"""Decides whether one kick counts, and says why not: form, view and picture, each against ``params.Gates``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mobility_check.kinematics.params import Gates
from mobility_check.results.reasons import reason, reason_measured
from mobility_check.results.result import Reason

KNEE_CODES = ("knee_bent", "support_knee_bent")


@dataclass(frozen=True, slots=True)
class Form:
    """What was measured of one kick over its hold; ``None`` where it could not be.

    ``hold_found`` is False when the leg was never held still; ``longest_gap_s`` and ``frozen_s`` concern the hold;
    ``at_edge`` tells of a joint at the edge of the picture just before, in or after the kick, ``hardly_seen`` of a hold
    of few frames.
    """

    trunk_lean_deg: float | None
    knee_flexion_deg: float | None
    support_knee_flexion_deg: float | None
    yaw_deg: float | None
    hold_found: bool
    hold_sd_deg: float
    seen_share: float
    longest_gap_s: float
    frozen_s: float
    cut: bool
    at_edge: bool = False
    feet_share: float = 1.0
    neutral_sure: bool = True
    model_fitted: bool = True
    hardly_seen: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one kick: the measured value and the limit it crossed, where there is one."""

    code: str
    rejects: bool = True
    value: float | None = None
    limit: float | None = None

    @property
    def reason(self) -> Reason:
        """Its sentence."""
        return faults_reason([self])


def faults_reason(faults: Sequence[Fault]) -> Reason:
    """One sentence for the same fault of several kicks, with the range of what was measured."""
    values = [f.value for f in faults if f.value is not None]
    limits = [f.limit for f in faults if f.limit is not None]
    return reason_measured(faults[0].code, values, limit=min(limits)) if values else reason(faults[0].code)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a kick counts; ``faults`` holds what rejected it first, then what is only flagged."""

    valid: bool
    faults: tuple[Fault, ...]

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """The sentences of all faults."""
        return tuple(f.reason for f in self.faults)


def judge(form: Form, gates: Gates) -> Verdict:
    """Apply every gate to one kick."""
    if form.at_edge:  # the cause of every other fault: what lies beyond the edge is guessed
        return Verdict(False, (Fault("partial_body"),))
    mildest_first = sorted([*_picture_faults(form, gates), *_form_faults(form, gates)], key=lambda f: f.rejects)
    worst = {f.code: f for f in mildest_first}  # unseen feet are a doubt, and a fault where a knee seems bent
    faults = sorted(worst.values(), key=lambda f: not f.rejects)
    return Verdict(not any(f.rejects for f in faults), tuple(faults))


def _form_faults(form: Form, gates: Gates) -> list[Fault]:
    faults = []
    for code, value, warn, reject in _measured(form, gates):
        if value is not None and abs(value) > warn:
            rejects = abs(value) > reject
            faults.append(Fault(_code(code, value), rejects, value, reject if rejects else warn))
    return faults


def _code(code: str, value: float) -> str:
    """A knee that is straighter in the kick than while standing was bent in the stance, not in the kick."""
    return "bent_stance" if value < 0 and code in KNEE_CODES else code


def _measured(form: Form, gates: Gates) -> list[tuple[str, float | None, float, float]]:
    knee = (gates.knee_flexion_warn_deg, gates.knee_flexion_reject_deg)
    guessed = "feet_not_seen" if form.feet_share < gates.min_seen_share else None  # and so are the knees' angles
    return [
        ("trunk_lean", form.trunk_lean_deg, gates.trunk_lean_warn_deg, gates.trunk_lean_reject_deg),
        (guessed or "knee_bent", form.knee_flexion_deg, *knee),
        (guessed or "support_knee_bent", form.support_knee_flexion_deg, *knee),
        ("yaw", form.yaw_deg, gates.yaw_warn_deg, gates.yaw_reject_deg),
        ("unsteady_hold", form.hold_sd_deg, gates.hold_sd_warn_deg, gates.hold_sd_reject_deg),
    ]


def _picture_faults(form: Form, gates: Gates) -> list[Fault]:
    faults = {
        "cut_off": form.cut,
        "no_hold": not form.hold_found,
        "not_seen": form.seen_share < gates.min_seen_share,
        "gap_in_hold": form.hold_found and form.longest_gap_s > gates.max_gap_s,
        "frozen_picture": form.frozen_s > gates.max_frozen_s,
    }
    found = [Fault(code) for code, bad in faults.items() if bad]
    doubts = {
        "feet_not_seen": form.feet_share < gates.min_seen_share,
        "thin_neutral": not form.neutral_sure,
        "other_model": not form.model_fitted,
        "low_frame_rate": form.hardly_seen,
    }
    return [*found, *(Fault(code, rejects=False) for code, doubtful in doubts.items() if doubtful)]
