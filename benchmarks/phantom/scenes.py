"""Draws bodies, clothes, rooms, cameras and movements at random, reproducibly. Pure NumPy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from benchmarks.phantom.camera import Camera, beside
from benchmarks.phantom.clothes import Colour, Outfit
from benchmarks.phantom.motion import Kick, Plan, Side, Turn

SKINS: tuple[Colour, ...] = ((244, 208, 184), (226, 182, 152), (192, 142, 106), (142, 96, 66), (92, 62, 46))
RATES_HZ = (24.0, 25.0, 25.0, 29.97, 30.0, 30.0, 50.0, 60.0)
SIZES = ((540, 960), (540, 960), (720, 1280), (960, 540))
YAWS_DEG = (0.0, 0.0, 0.0, 4.0, -4.0, 8.0, -8.0, 12.0, -12.0)


@dataclass(frozen=True, slots=True)
class Body:
    """Shape parameters of the body model, 0..1 each (gender: 0 male, 1 female; age: 0.33 child, 0.66 young, 1 old)."""

    gender: float = 0.0
    age: float = 0.66
    muscle: float = 0.5
    weight: float = 0.5
    height: float = 0.5
    proportions: float = 0.6
    cupsize: float = 0.4
    firmness: float = 0.6
    african: float = 0.33
    asian: float = 0.33
    caucasian: float = 0.34


@dataclass(frozen=True, slots=True)
class Scene:
    """All that is drawn in one clip. ``posture_deg`` is a constant forward lean that is the person's own neutral."""

    name: str
    seed: int
    body: Body
    outfit: Outfit
    plan: Plan
    facing: str = "right"
    yaw: float = 0.0
    roll: float = 0.0
    pitch_h: float = 1.0
    dist: float = 3.5
    view_m: float = 2.5
    size: tuple[int, int] = (540, 960)
    fps: float = 30.0
    variable_rate: bool = False
    hands: str = "down"
    arm_swing_deg: float = 0.0
    posture_deg: float = 0.0
    wall: Colour = (205, 200, 190)
    floor: Colour = (150, 122, 96)
    background: str = "room"
    light: float = 1.0
    light_from_deg: float = 30.0
    noise: float = 2.0
    vignette: float = 0.1
    crf: int = 24
    bystander: bool = False
    notes: tuple[str, ...] = field(default=())

    @property
    def camera(self) -> Camera:
        """The camera; its field of view shows ``view_m`` metres of height at the person's distance."""
        fov = 2.0 * float(np.degrees(np.arctan(self.view_m / 2.0 / self.dist)))
        return beside(
            faces_right=self.facing == "right",
            yaw_deg=self.yaw,
            height_m=self.pitch_h,
            distance_m=self.dist,
            roll_deg=self.roll,
            fov_deg=fov,
            size_px=self.size,
        )

    def to_dict(self) -> dict[str, Any]:
        """The scenario of the truth file: body, clothes and picture side by side, as plain JSON."""
        body = asdict(self)
        shape, outfit = body.pop("body"), body.pop("outfit")
        outfit.pop("seed")
        loose = outfit["trousers"] != "tight" or outfit["top_below_hip_m"] is not None
        return {**body, **shape, **outfit, "clothes": "loose" if loose else "tight"}


Rng = np.random.Generator


def session(seed: int) -> Scene:
    """A proper session: three good kicks with the near leg, a turn, three with the other."""
    rng = np.random.default_rng((seed, 1))
    scene = _scene(f"own{seed:04d}", seed, rng)
    first: Side = "right" if scene.facing == "right" else "left"
    legs: tuple[Side, Side] = (first, "left" if first == "right" else "right")
    hands = "down" if scene.hands == "support" else scene.hands  # nothing to hold after the turn
    return replace(scene, hands=hands, plan=_plan(rng, seed, legs, reps=3, turn=True, form=_good_form))


def mixed(seed: int) -> Scene:
    """Two kicks with each leg without turning, form and view good or bad."""
    rng = np.random.default_rng((seed, 2))
    scene = _scene(f"mix{seed:04d}", seed, rng)
    legs: tuple[Side, Side] = ("left", "right") if rng.random() < 0.5 else ("right", "left")
    yaw = float(rng.choice([0, 5, -5, 10, -10, 20, -20]))
    return replace(scene, yaw=yaw, plan=_plan(rng, seed, legs, reps=2, turn=False, form=_any_form))


def controls(seed: int) -> list[Scene]:
    """Clips in which there is nothing to measure, or somebody else is in view."""
    bases = [_scene("", seed + i, np.random.default_rng((seed + i, 3))) for i in range(6)]
    bases = [replace(b, yaw=0.0, roll=0.0) for b in bases]
    near = ["right" if b.facing == "right" else "left" for b in bases]

    def of(i: int, **top: float) -> Plan:
        side: Side = "right" if near[i] == "right" else "left"
        return Plan((Kick(side, **top),) * 3, seed=seed)

    return [
        replace(bases[0], name="ownC0_still", plan=Plan((), rest_s=6.0, seed=seed)),
        replace(bases[1], name="ownC1_front", yaw=78.0, plan=of(1, extension_deg=15.0)),
        replace(bases[2], name="ownC2_heel", plan=of(2, extension_deg=0.0, knee_deg=85.0)),
        replace(bases[3], name="ownC3_forward", plan=of(3, extension_deg=-38.0)),
        replace(bases[4], name="ownC4_lean", plan=of(4, extension_deg=8.0, lean_deg=22.0)),
        replace(bases[5], name="ownC5_bystander", bystander=True, plan=of(5, extension_deg=16.0, lean_deg=2.0)),
    ]


def _scene(name: str, seed: int, rng: Rng) -> Scene:
    size = SIZES[int(rng.integers(len(SIZES)))]
    return Scene(
        name=name,
        seed=seed,
        body=_body(rng),
        outfit=_outfit(rng, seed),
        plan=Plan(()),
        facing=str(rng.choice(["left", "right"])),
        yaw=float(rng.choice(YAWS_DEG)),
        roll=float(rng.choice([0.0, 0.0, 1.5, -2.5])),
        pitch_h=float(rng.uniform(0.7, 1.4)),
        dist=float(rng.uniform(2.6, 4.8)),
        view_m=float(rng.uniform(2.25, 3.0)),
        size=size,
        fps=float(rng.choice(RATES_HZ)),
        variable_rate=bool(rng.random() < 0.25),
        hands=str(rng.choice(["down", "down", "support", "hips"])),
        arm_swing_deg=float(rng.choice([0.0, 6.0, 12.0])),
        posture_deg=float(rng.normal(0.5, 1.5)),
        wall=_colour(rng, 110, 240),
        floor=_colour(rng, 60, 180),
        background=str(rng.choice(["room", "room", "busy", "plain"])),
        light=float(rng.uniform(0.65, 1.15)),
        light_from_deg=float(rng.uniform(-60, 60)),
        noise=float(rng.uniform(1, 6)),
        vignette=float(rng.uniform(0.0, 0.3)),
        crf=int(rng.integers(20, 31)),
    )


def _body(rng: Rng) -> Body:
    origin = rng.dirichlet([1.0, 1.0, 1.0])
    return Body(
        gender=float(np.clip(rng.choice([0.0, 1.0]) + rng.normal(0, 0.1), 0, 1)),
        age=float(rng.uniform(0.5, 0.95)),
        muscle=float(rng.uniform(0.2, 0.8)),
        weight=float(rng.uniform(0.25, 0.85)),
        height=float(rng.uniform(0.25, 0.75)),
        proportions=float(rng.uniform(0.35, 0.85)),
        cupsize=float(rng.uniform(0.2, 0.7)),
        firmness=float(rng.uniform(0.3, 0.8)),
        african=float(origin[0]),
        asian=float(origin[1]),
        caucasian=float(origin[2]),
    )


def _outfit(rng: Rng, seed: int) -> Outfit:
    return Outfit(
        shirt=_colour(rng, 20, 240),
        legs=_colour(rng, 15, 210),
        shoe=_colour(rng, 20, 245),
        skin=SKINS[int(rng.integers(len(SKINS)))],
        hair=_colour(rng, 10, 90),
        trousers=str(rng.choice(["tight", "tight", "shorts", "wide"])),
        loose_m=float(rng.uniform(0.01, 0.03)),
        top_below_hip_m=float(rng.uniform(-0.04, 0.08)) if rng.random() < 0.4 else None,
        pattern=str(rng.choice(["plain", "plain", "striped", "checked", "mottled"])),
        seed=seed,
    )


def _plan(
    rng: Rng, seed: int, legs: tuple[Side, Side], *, reps: int, turn: bool, form: Callable[[Rng], dict[str, float]]
) -> Plan:
    tempo, shared = _tempo(rng), form(rng)
    steps: list[Kick | Turn] = []
    for i, side in enumerate(legs):
        mean = float(rng.uniform(5.0, 30.0))
        if i and turn:
            steps.append(Turn(degrees=180.0 + float(rng.normal(0, 3)), duration_s=float(rng.uniform(1.8, 3.0))))
        for _ in range(reps):
            stall = float(rng.uniform(0.3, 0.8)) if rng.random() < 0.2 else 0.0
            top = float(max(2.0, mean + rng.normal(0, 1.3)))
            steps.append(Kick(side, top, **shared, **tempo, stall_s=stall, sink_deg=float(abs(rng.normal(0, 0.5)))))
    return Plan(tuple(steps), rest_s=float(rng.uniform(1.6, 2.4)), sway_deg=float(rng.uniform(0.3, 0.9)), seed=seed)


def _tempo(rng: Rng) -> dict[str, float]:
    return {
        "raise_s": float(rng.uniform(0.6, 1.4)),
        "hold_s": float(rng.uniform(0.5, 1.6)),
        "lower_s": float(rng.uniform(0.6, 1.6)),
        "pause_s": float(rng.uniform(0.5, 1.1)),
        "tremor_deg": float(rng.uniform(0.0, 0.4)),
    }


def _good_form(rng: Rng) -> dict[str, float]:
    return {
        "lean_deg": float(rng.uniform(0, 5)),
        "knee_deg": float(rng.uniform(0, 9)),
        "lumbar_deg": float(rng.choice([0.0, 3.0, 6.0])),
        "abduction_deg": float(rng.uniform(0, 4)),
    }


def _any_form(rng: Rng) -> dict[str, float]:
    return {
        "lean_deg": float(rng.choice([0.0, 2.0, 6.0, 14.0])),
        "knee_deg": float(rng.choice([0.0, 5.0, 10.0, 28.0])),
        "lumbar_deg": float(rng.choice([0.0, 4.0, 10.0])),
        "abduction_deg": float(rng.uniform(0, 6)),
    }


def _colour(rng: Rng, low: int, high: int) -> Colour:
    r, g, b = (int(v) for v in rng.integers(low, high, 3))
    return r, g, b
