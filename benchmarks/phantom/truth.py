"""True angles from joint centres, as the project defines them. Pure NumPy.

Body axes: x to the person's left, y to the back, z up (metres); joints are taken before any turn of the whole person,
so the sagittal plane is y–z.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from benchmarks.phantom.motion import SIDES, Floats, Kick, Plan, Side, Turn, spans

QUIET_SHARE = 0.8
"""Share of the quiet standing at the start that gives the neutral zero."""
Joints = Mapping[str, Floats]


def letter(side: Side) -> str:
    """``L`` or ``R``, as joints are named (``hipL``)."""
    return "L" if side == "left" else "R"


def backward_deg(v: Floats) -> Floats:
    """Angle of vectors (n, 3) from straight down in the sagittal plane, + to the back."""
    angle: Floats = np.degrees(np.arctan2(v[:, 1], -v[:, 2]))
    return angle


def angles(joints: Joints, t: Floats, rest_s: float) -> dict[str, Any]:
    """Per frame ``trunk_lean`` and per leg ``trunk_thigh`` (the extension), ``thigh_vertical`` and ``knee``.

    Each is given minus its median in quiet standing.

    Args:
        joints: shoulderL/R, hipL/R, kneeL/R, ankleL/R, each (n, 3).
        t: (n,) times.
        rest_s: length of the quiet standing at the start.
    """
    quiet = t <= rest_s * QUIET_SHARE

    def zeroed(x: Floats) -> Floats:
        out: Floats = x - np.median(x[quiet])
        return out

    trunk = (joints["shoulderL"] + joints["shoulderR"] - joints["hipL"] - joints["hipR"]) / 2.0
    lean = np.degrees(np.arctan2(-trunk[:, 1], trunk[:, 2]))
    found: dict[str, Any] = {"trunk_lean": zeroed(lean)}
    for side in SIDES:
        s = letter(side)
        thigh = backward_deg(joints[f"knee{s}"] - joints[f"hip{s}"])
        shank = backward_deg(joints[f"ankle{s}"] - joints[f"knee{s}"])
        found[s] = {
            "trunk_thigh": zeroed(thigh - lean),
            "thigh_vertical": zeroed(thigh),
            "knee": zeroed(shank - thigh),
        }
    return found


def rep_table(plan: Plan, found: Mapping[str, Any], t: Floats, *, faces_right: bool) -> list[dict[str, Any]]:
    """One row a kick: leg, times, near or far, and the medians over the hold."""
    rows, heading = [], 0.0
    for span in spans(plan):
        step = span.step
        if isinstance(step, Turn):
            heading += step.degrees
            continue
        right = faces_right != (round(heading / 180.0) % 2 == 1)
        rows.append(
            _row(step, found, (t >= span.hold_start_s) & (t <= span.hold_end_s))
            | {
                "start_s": round(span.start_s, 3),
                "hold_start_s": round(span.hold_start_s, 3),
                "hold_end_s": round(span.hold_end_s, 3),
                "end_s": round(span.end_s, 3),
                "facing": "right" if right else "left",
                "near": (step.side == "right") == right,
            }
        )
    return rows


def _row(kick: Kick, found: Mapping[str, Any], hold: np.ndarray[Any, Any]) -> dict[str, Any]:
    leg = found[letter(kick.side)]

    def middle(x: Floats) -> float:
        return round(float(np.median(x[hold])), 2)

    return {
        "side": kick.side,
        "extension_deg": middle(leg["trunk_thigh"]),
        "thigh_deg": middle(leg["thigh_vertical"]),
        "trunk_lean_deg": middle(found["trunk_lean"]),
        "knee_flexion_deg": middle(leg["knee"]),
        "lumbar_deg": kick.lumbar_deg,
    }
