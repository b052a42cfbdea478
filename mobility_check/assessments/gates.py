"""Decides whether one kick counts, and says why not: form, view and picture, each against ``params.Gates``."""

from __future__ import annotations

from dataclasses import dataclass

from mobility_check.kinematics.params import Gates
from mobility_check.results.reasons import reason
from mobility_check.results.result import Reason


@dataclass(frozen=True, slots=True)
class Form:
    """What was measured of one kick over its hold; ``None`` where it could not be.

    ``hold_found`` is False when the leg was never held still; ``longest_gap_s`` and ``frozen_s`` concern the hold.
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


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a kick counts; ``reasons`` holds what rejected it first, then what is only flagged."""

    valid: bool
    reasons: tuple[Reason, ...]


def judge(form: Form, gates: Gates) -> Verdict:
    """Apply every gate to one kick."""
    rejected = _picture_faults(form, gates)
    flagged: list[Reason] = []
    for code, value, warn, reject in _measured(form, gates):
        if value is None:
            continue
        if abs(value) > reject:
            rejected.append(reason(code, value=abs(value)))
        elif abs(value) > warn:
            flagged.append(reason(code, value=abs(value)))
    return Verdict(not rejected, tuple(rejected + flagged))


def _measured(form: Form, gates: Gates) -> list[tuple[str, float | None, float, float]]:
    knee = (gates.knee_flexion_warn_deg, gates.knee_flexion_reject_deg)
    return [
        ("trunk_lean", form.trunk_lean_deg, gates.trunk_lean_warn_deg, gates.trunk_lean_reject_deg),
        ("knee_bent", form.knee_flexion_deg, *knee),
        ("support_knee_bent", form.support_knee_flexion_deg, *knee),
        ("yaw", form.yaw_deg, gates.yaw_warn_deg, gates.yaw_reject_deg),
        ("unsteady_hold", form.hold_sd_deg, gates.hold_sd_warn_deg, gates.hold_sd_reject_deg),
    ]


def _picture_faults(form: Form, gates: Gates) -> list[Reason]:
    faults = {
        "cut_off": form.cut,
        "no_hold": not form.hold_found,
        "not_seen": form.seen_share < gates.min_seen_share,
        "gap_in_hold": form.hold_found and form.longest_gap_s > gates.max_gap_s,
        "frozen_picture": form.frozen_s > gates.max_frozen_s,
    }
    return [reason(code) for code, bad in faults.items() if bad]
