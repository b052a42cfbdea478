"""How the rendered person moves: kicks with their own tempo, pauses, sway and turns. Pure NumPy; degrees, seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Side = Literal["left", "right"]
SIDES: tuple[Side, Side] = ("left", "right")
SWAY_HZ = ((0.23, 1.0), (0.61, 0.5))
STALL_SHARE = 0.55
"""Where on the way up a hesitant kick stops for a moment."""
TREMOR_HZ = 1.7
STEP_THIGH_DEG, STEP_KNEE_DEG, STEPS_PER_S = -14.0, 30.0, 0.9


@dataclass(frozen=True, slots=True)
class Kick:
    """One kick; the angles are those at the top.

    Attributes:
        side: the leg that kicks.
        extension_deg: thigh against trunk, + to the back.
        lean_deg: the trunk's lean, + forward; ``lumbar_deg`` is how far the lower back arches.
        knee_deg, abduction_deg: bend of the knee, and how far the leg goes out to the side.
        raise_s, hold_s, lower_s, pause_s: its tempo; ``stall_s`` is a hesitation on the way up.
        sink_deg, tremor_deg: how far the leg sinks during the hold, and how unsteady it is.
    """

    side: Side
    extension_deg: float
    lean_deg: float = 0.0
    knee_deg: float = 0.0
    lumbar_deg: float = 0.0
    abduction_deg: float = 0.0
    raise_s: float = 0.9
    stall_s: float = 0.0
    hold_s: float = 1.0
    lower_s: float = 0.9
    pause_s: float = 0.8
    sink_deg: float = 0.0
    tremor_deg: float = 0.0


@dataclass(frozen=True, slots=True)
class Turn:
    """Turning round on the spot in small steps."""

    degrees: float = 180.0
    duration_s: float = 2.2
    pause_s: float = 1.3


@dataclass(frozen=True, slots=True)
class Plan:
    """All that happens in a clip, in order."""

    steps: tuple[Kick | Turn, ...]
    rest_s: float = 2.0
    tail_s: float = 0.8
    sway_deg: float = 0.6
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Span:
    """When a step happens; a turn has no hold (start and end are given)."""

    step: Kick | Turn
    start_s: float
    hold_start_s: float
    hold_end_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Movement:
    """Angles of every frame, (n,) each.

    Attributes:
        lean, lumbar, heading: trunk forward, lower back arched, turned round.
        turning: 0..1, how busy the person is with turning.
        thigh: per leg against the vertical, + to the back; ``knee`` and ``abduction`` per leg.
        stance: per frame the leg that stands.
    """

    lean: Floats
    lumbar: Floats
    heading: Floats
    turning: Floats
    thigh: dict[Side, Floats]
    knee: dict[Side, Floats]
    abduction: dict[Side, Floats]
    stance: tuple[Side, ...]


def min_jerk(u: Floats) -> Floats:
    """Smooth step from 0 to 1 over u = 0..1, at rest at both ends."""
    u = np.clip(u, 0.0, 1.0)
    eased: Floats = u * u * u * (10.0 - 15.0 * u + 6.0 * u * u)
    return eased


def spans(plan: Plan) -> list[Span]:
    """When each step starts, holds and ends."""
    found, t = [], plan.rest_s
    for step in plan.steps:
        if isinstance(step, Turn):
            end = t + step.duration_s
            found.append(Span(step, t, end, end, end))
        else:
            top = t + step.raise_s + step.stall_s
            end = top + step.hold_s + step.lower_s
            found.append(Span(step, t, top, top + step.hold_s, end))
        t = end + step.pause_s
    return found


def duration_s(plan: Plan) -> float:
    """Length of the clip."""
    last = spans(plan)[-1].end_s + plan.steps[-1].pause_s if plan.steps else plan.rest_s
    return last + plan.tail_s


def frame_times(length_s: float, fps: float, *, variable: bool = False, seed: int = 0) -> Floats:
    """Times of the frames; ``variable`` ones come early or late and now and then not at all, as from a phone."""
    even = np.arange(int(length_s * fps)) / fps
    if not variable:
        return even
    rng = np.random.default_rng((seed, 7))
    late = np.clip(rng.normal(0.0, 0.18, len(even)), -0.45, 0.45) / fps
    late[0] = 0.0
    kept = rng.random(len(even)) > 0.04
    kept[0] = True
    times: Floats = (even + late)[kept]
    return times


def movement(plan: Plan, t: Floats) -> Movement:
    """The person's angles at the times ``t`` (n,)."""
    lean, lumbar, heading, turning = _sway(plan, t), np.zeros(len(t)), np.zeros(len(t)), np.zeros(len(t))
    thigh, knee, abduction = ({s: np.zeros(len(t)) for s in SIDES} for _ in range(3))
    stands: list[Side] = ["left" if _first_kick(plan) == "right" else "right"] * len(t)
    for span in spans(plan):
        if isinstance(span.step, Turn):
            _turn(span, span.step, t, heading, turning, thigh, knee)
            continue
        kick, active = span.step, activation(span, t)
        lean += kick.lean_deg * active
        lumbar += kick.lumbar_deg * active
        thigh[kick.side] += (kick.extension_deg + kick.lean_deg) * active + _unsteady(span, kick, t)
        knee[kick.side] += kick.knee_deg * active
        abduction[kick.side] += kick.abduction_deg * active
        for i in np.flatnonzero(t >= span.start_s):
            stands[i] = "left" if kick.side == "right" else "right"
    return Movement(lean, lumbar, heading, turning, thigh, knee, abduction, tuple(stands))


def activation(span: Span, t: Floats) -> Floats:
    """0 before and after a kick, 1 during its hold; with a stall on the way up if the kick is hesitant."""
    kick = span.step
    assert isinstance(kick, Kick)
    down = min_jerk((t - span.hold_end_s) / kick.lower_s)
    if kick.stall_s == 0.0:
        return min_jerk((t - span.start_s) / kick.raise_s) - down
    first, second = STALL_SHARE * kick.raise_s, (1.0 - STALL_SHARE) * kick.raise_s
    up = STALL_SHARE * min_jerk((t - span.start_s) / first)
    up = up + (1.0 - STALL_SHARE) * min_jerk((t - span.start_s - first - kick.stall_s) / second)
    return up - down


def _unsteady(span: Span, kick: Kick, t: Floats) -> Floats:
    """Sinking and tremor of the leg, only while it is held, fading in and out."""
    u = np.clip((t - span.hold_start_s) / kick.hold_s, 0.0, 1.0)
    back = 1.0 - min_jerk((t - span.hold_end_s) / kick.lower_s)
    tremor = kick.tremor_deg * np.sin(2 * np.pi * TREMOR_HZ * (t - span.hold_start_s)) * np.sin(np.pi * u)
    unsteady: Floats = (tremor - kick.sink_deg * u) * back
    return unsteady


def _sway(plan: Plan, t: Floats) -> Floats:
    phases = np.random.default_rng((plan.seed, 3)).uniform(0.0, 2 * np.pi, len(SWAY_HZ))
    waves = [a * np.sin(2 * np.pi * hz * t + p) for (hz, a), p in zip(SWAY_HZ, phases, strict=True)]
    total: Floats = plan.sway_deg * np.sum(waves, axis=0) / 1.5
    return total


def _turn(
    span: Span,
    turn: Turn,
    t: Floats,
    heading: Floats,
    turning: Floats,
    thigh: dict[Side, Floats],
    knee: dict[Side, Floats],
) -> None:
    u = np.clip((t - span.start_s) / turn.duration_s, 0.0, 1.0)
    heading += turn.degrees * min_jerk(u)
    busy = np.sin(np.pi * u)
    turning += busy
    wave = np.sin(2 * np.pi * STEPS_PER_S * (t - span.start_s))
    for side, lifted in (("left", np.maximum(wave, 0.0)), ("right", np.maximum(-wave, 0.0))):
        leg: Side = "left" if side == "left" else "right"
        thigh[leg] += STEP_THIGH_DEG * lifted * busy
        knee[leg] += STEP_KNEE_DEG * lifted * busy


def _first_kick(plan: Plan) -> Side | None:
    return next((s.side for s in plan.steps if isinstance(s, Kick)), None)
