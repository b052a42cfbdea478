"""A stick figure that moves as told: a pose track whose every angle is known, for any camera, size and clock.

The figure is built in its own sagittal plane (forwards, upwards) with a width to the left, turned about the vertical
(facing and camera yaw), projected in parallel, rolled and scaled. At yaw 0 the angles in the picture are exactly the
angles asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256

import numpy as np

from mobility_check.kinematics.landmarks import HEAD, N_LANDMARKS, SIDES, Facing, Landmark, Side, joint
from mobility_check.kinematics.track import ClipMeta, Floats, PoseTrack

TRUNK, THIGH, SHANK, FOOT, HEAD_DEPTH = 0.58, 0.5, 0.5, 0.2, 0.12
"""Lengths as shares of the leg."""
SHOULDER_SHARE, HIP_SHARE = 0.70, 0.42
"""Widths as shares of the trunk."""


@dataclass(frozen=True)
class Kick:
    """One movement of one leg, in degrees as the contract defines them, held for ``hold_s`` and led in and out."""

    side: Side
    start_s: float
    extension_deg: float = 20.0
    trunk_lean_deg: float = 0.0
    knee_deg: float = 0.0
    support_knee_deg: float = 0.0
    rise_s: float = 1.0
    hold_s: float = 1.2
    sway_deg: float = 0.0

    @property
    def end_s(self) -> float:
        return self.start_s + 2 * self.rise_s + self.hold_s

    def shape(self, t: Floats) -> Floats:
        """0 while standing, 1 in the hold, a smooth slope between."""
        return _raised(t, self.start_s, self.end_s, self.rise_s)


def kicks(side: Side, *, first_s: float = 2.0, every_s: float = 4.2, count: int = 3, **fields: float) -> list[Kick]:
    """Several equal kicks of one leg."""
    return [Kick(side, first_s + i * every_s, **fields) for i in range(count)]


@dataclass(frozen=True)
class Bend:
    """A movement of the whole body over planted feet: both thighs (+ backwards), both knees and the trunk."""

    start_s: float
    thigh_deg: float = 0.0
    knee_deg: float = 0.0
    trunk_lean_deg: float = 0.0
    rise_s: float = 0.8
    hold_s: float = 0.8

    @property
    def end_s(self) -> float:
        return self.start_s + 2 * self.rise_s + self.hold_s

    def shape(self, t: Floats) -> Floats:
        """0 before and after, 1 in the hold."""
        return _raised(t, self.start_s, self.end_s, self.rise_s)


def squats(*, first_s: float = 2.0, every_s: float = 3.2, count: int = 3, depth_deg: float = 60.0) -> list[Bend]:
    """Squats: knees bend one and a half times as far as the thighs go forward, and the trunk leans."""
    return [Bend(first_s + i * every_s, -depth_deg, 1.5 * depth_deg, 0.6 * depth_deg) for i in range(count)]


def hinges(*, first_s: float = 2.0, every_s: float = 3.2, count: int = 3, lean_deg: float = 65.0) -> list[Bend]:
    """Hip hinges: the trunk tips over nearly straight legs and the hips go back."""
    return [Bend(first_s + i * every_s, -0.2 * lean_deg, 0.1 * lean_deg, lean_deg) for i in range(count)]


def _raised(t: Floats, start_s: float, end_s: float, rise_s: float) -> Floats:
    ramp = np.minimum(t - start_s, end_s - t) / rise_s
    return np.asarray((1 - np.cos(np.pi * np.clip(ramp, 0.0, 1.0))) / 2)


@dataclass(frozen=True)
class Figure:
    """Who moves how, and how it is filmed.

    Attributes:
        turns_s: times at which the person turns round, showing the face while turning.
        times_s: time stamps; None gives ``duration_s`` at ``fps``.
        rest_deg: angles of left thigh, right thigh, trunk and both knees while standing (nobody stands at 0).
        pointed_deg: how far the toes point away from the standing foot's place, as of somebody who lies.
        bends: movements of the whole body over planted feet.
        walk_speed: leg lengths per second; the legs swing with it.
        pan: speed of the picture in leg lengths per second, as of a camera that turns.
        gaps_s: spans in which nobody is seen.
        swapped_s: spans in which the model takes one leg for the other.
        frozen_s: spans in which the picture stands still.
        noise_px: jitter of every landmark; 0 makes a hold look like a frozen picture.
    """

    movements: Sequence[Kick] = ()
    duration_s: float = 15.0
    facing: Facing = "right"
    turns_s: Sequence[float] = ()
    turn_takes_s: float = 1.2
    fps: float = 30.0
    times_s: Sequence[float] | None = None
    size: tuple[int, int] = (1080, 1920)
    leg_px: float = 700.0
    yaw_deg: float = 0.0
    roll_deg: float = 0.0
    rest_deg: tuple[float, float, float, float] = (2.0, -3.0, 1.5, 3.0)
    pointed_deg: float = 0.0
    bends: Sequence[Bend] = ()
    walk_speed: float = 0.0
    pan: tuple[float, float] = (0.0, 0.0)
    noise_px: float = 0.7
    seed: int = 1
    gaps_s: Sequence[tuple[float, float]] = ()
    swapped_s: Sequence[tuple[float, float]] = ()
    frozen_s: Sequence[tuple[float, float]] = ()
    centre: tuple[float, float] = (0.5, 0.5)
    notes: tuple[str, ...] = field(default=())

    @property
    def time_s(self) -> Floats:
        if self.times_s is not None:
            return np.asarray(self.times_s, dtype=np.float64)
        return np.arange(round(self.duration_s * self.fps)) / self.fps

    def track(self) -> PoseTrack:
        """The track that a perfect model would give (apart from the faults asked for)."""
        t = self.time_s
        xy = self._picture(t)
        for a, b in self.frozen_s:
            inside = (t >= a) & (t < b)
            xy[inside] = xy[inside][:1]
        swapped = _within(t, self.swapped_s)
        left, right = ([joint(n, s) for n in ("knee", "ankle", "heel", "foot_index")] for s in SIDES)
        given = xy[swapped]
        given[:, left + right] = given[:, right + left]
        xy[swapped] = given
        gone = _within(t, self.gaps_s)
        xy[gone] = np.nan
        n = len(t)
        duration_s = float(t[-1] + (np.median(np.diff(t)) if n > 1 else 0.0)) if n else 0.0
        content = sha256(repr(self).encode()).hexdigest()
        fps = (n - 1) / (t[-1] - t[0]) if n > 1 else 0.0
        meta = ClipMeta("figure.mp4", content, duration_s, fps, n, *self.size, self.notes)
        return PoseTrack(
            t,
            np.arange(n),
            xy,
            np.where(gone[:, None], np.nan, np.full((n, N_LANDMARKS), 0.99)),
            np.where(gone, 0, 1),
            np.full(n, 120.0),
            meta,
            "replay",
            "stick-figure",
        )

    def _picture(self, t: Floats) -> Floats:
        forward, up, left = self._body(t)
        heading = np.radians(self._heading_deg(t))[:, None]
        x = forward * np.cos(heading) + left * np.sin(heading)
        roll = np.radians(self.roll_deg)
        x, y = x * np.cos(roll) + up * np.sin(roll), -(up * np.cos(roll) - x * np.sin(roll))
        xy = np.stack([x, y], axis=-1)
        xy = xy + t[:, None, None] * np.array(self.pan)
        noise = np.random.default_rng(self.seed).normal(0.0, self.noise_px, xy.shape) if self.noise_px else 0.0
        return np.asarray(xy * self.leg_px + np.array(self.centre) * self.size + noise)

    def _heading_deg(self, t: Floats) -> Floats:
        """0 faces picture-right, 180 picture-left, 90 the camera; yaw turns the front towards the camera."""
        angle = np.full(len(t), 0.0 if self.facing == "right" else 180.0)
        for turn in self.turns_s:
            done = np.clip((t - turn) / self.turn_takes_s, 0.0, 1.0)
            angle = np.abs(angle - 180.0 * done)
        return np.asarray(angle + self.yaw_deg * np.cos(np.radians(angle)))

    def _angles(self, t: Floats) -> tuple[dict[Side, Floats], dict[Side, Floats], Floats]:
        """Thighs, knees and trunk from the vertical, rest posture included."""
        rest = zip(SIDES, self.rest_deg[:2], strict=True)
        thighs: dict[Side, Floats] = {side: np.full(len(t), angle) for side, angle in rest}
        knees: dict[Side, Floats] = {side: np.full(len(t), self.rest_deg[3]) for side in SIDES}
        trunk: Floats = np.full(len(t), self.rest_deg[2])
        for k in self.movements:
            support: Side = "right" if k.side == "left" else "left"
            shape = k.shape(t)
            sway = k.sway_deg * np.sin(2 * np.pi * 2.0 * t) * (shape > 0.99)
            thighs[k.side] = thighs[k.side] + shape * (k.extension_deg + k.trunk_lean_deg) + sway
            knees[k.side] = knees[k.side] + shape * k.knee_deg
            knees[support] = knees[support] + shape * k.support_knee_deg
            trunk = trunk + shape * k.trunk_lean_deg
        for b in self.bends:
            thighs = {s: thighs[s] + b.shape(t) * b.thigh_deg for s in SIDES}
            knees = {s: knees[s] + b.shape(t) * b.knee_deg for s in SIDES}
            trunk = trunk + b.shape(t) * b.trunk_lean_deg
        if self.walk_speed:
            stride = 2 * np.pi * t * 0.9
            for side, phase in zip(SIDES, (0.0, np.pi), strict=True):
                thighs[side] = thighs[side] + 24.0 * np.sin(stride + phase) - 8.0
                knees[side] = knees[side] + 30.0 * (1 + np.sin(stride + phase + 1.8)) / 2
        return thighs, knees, trunk

    def _body(self, t: Floats) -> tuple[Floats, Floats, Floats]:
        """(T, 33) forwards, upwards and to the left, in leg lengths, from the middle of the hips."""
        thighs, knees, trunk = self._angles(t)
        place = {}
        fore, lift = _unit(90.0 - trunk)
        for side in SIDES:
            width = 0.5 if side == "left" else -0.5
            aside = np.full(len(t), width * SHOULDER_SHARE * TRUNK)
            shoulder = np.stack([fore * TRUNK, lift * TRUNK, aside], axis=1)
            hip = np.zeros((len(t), 3)) + np.array([0.0, 0.0, width * HIP_SHARE * TRUNK])
            knee = hip + _segment(thighs[side], THIGH)
            ankle = knee + _segment(thighs[side] + knees[side], SHANK)
            toe_f, toe_u = _unit(-(thighs[side] + knees[side] + self.pointed_deg))
            heel = ankle + np.stack([-0.3 * FOOT * toe_f, -0.3 * FOOT * toe_u - 0.03, np.zeros(len(t))], axis=1)
            for name, where in (
                ("SHOULDER", shoulder),
                ("HIP", hip),
                ("KNEE", knee),
                ("ANKLE", ankle),
                ("HEEL", heel),
                ("FOOT_INDEX", heel + FOOT * np.stack([toe_f, toe_u, np.zeros(len(t))], axis=1)),
                ("ELBOW", shoulder - np.array([0.0, 0.3, 0.0])),
                ("WRIST", shoulder - np.array([-0.05, 0.55, 0.0])),
                ("PINKY", shoulder - np.array([-0.06, 0.6, 0.0])),
                ("INDEX", shoulder - np.array([-0.07, 0.6, 0.0])),
                ("THUMB", shoulder - np.array([-0.08, 0.58, 0.0])),
            ):
                place[Landmark[f"{side.upper()}_{name}"]] = where
        middle = np.stack([fore * (TRUNK + 0.25), lift * (TRUNK + 0.25), np.zeros(len(t))], axis=1)
        for mark in (Landmark(i) for i in HEAD):
            depth = 0.0 if "EAR" in mark.name else HEAD_DEPTH
            place[mark] = middle + depth * np.stack([lift, -fore, np.zeros(len(t))], axis=1)
        body = np.stack([place[name] for name in Landmark], axis=1)
        if self.bends:
            ankles = (place[Landmark.LEFT_ANKLE] + place[Landmark.RIGHT_ANKLE]) / 2
            body += (ankles[:1] - ankles)[:, None]
        body[..., 0] += (self.walk_speed * t)[:, None]
        return body[..., 0], body[..., 1], body[..., 2]


def _segment(angle_deg: Floats, length: float) -> Floats:
    """A piece of the leg that hangs down and swings backwards by that angle."""
    a = np.radians(angle_deg)
    return np.stack([-np.sin(a) * length, -np.cos(a) * length, np.zeros(len(a))], axis=1)


def _unit(angle_deg: Floats) -> tuple[Floats, Floats]:
    """Unit vector (forwards, upwards) at an angle up from forwards."""
    a = np.radians(angle_deg)
    return np.cos(a), np.sin(a)


def _within(t: Floats, spans: Sequence[tuple[float, float]]) -> np.ndarray:
    return np.any([(t >= a) & (t < b) for a, b in spans], axis=0) if spans else np.zeros(len(t), dtype=bool)


def mirrored(track: PoseTrack) -> PoseTrack:
    """The same scene in a mirror: picture-left for picture-right, and the person's left for their right."""
    swap = np.arange(N_LANDMARKS)
    for mark in Landmark:
        for one, two in (("LEFT", "RIGHT"), ("RIGHT", "LEFT")):
            if mark.name.startswith(one) or mark.name.endswith(one):
                swap[mark] = Landmark[mark.name.replace(one, two)]
    xy = track.xy_px[:, swap].copy()
    xy[..., 0] = track.meta.width_px - xy[..., 0]
    return replace(track, xy_px=xy, visibility=track.visibility[:, swap])


RIGHT_S, TURN_S, LEFT_S, END_S = 2.0, 11.0, 14.2, 23.2
"""When the kicks of the right leg begin, the person turns round, those of the left leg begin, and it is over."""


def kicking_track(path: str, *, left_deg: float, right_deg: float, seed: int = 0) -> PoseTrack:
    """Standing and three kicks with the leg next to the camera, first the right leg, then the left.

    Angles in degrees, + backwards; the landmarks tremble by half a pixel, differently for every ``seed``.
    """
    movements = [*_three("right", RIGHT_S, right_deg), *_three("left", LEFT_S, left_deg)]
    track = Figure(
        movements, END_S, turns_s=[TURN_S], fps=15.0, size=(1000, 1000), leg_px=400.0, noise_px=0.5, seed=seed
    ).track()
    return replace(track, meta=replace(track.meta, path=path, sha256=None))


def _three(side: Side, first_s: float, extension_deg: float) -> list[Kick]:
    return kicks(side, first_s=first_s, every_s=3.0, rise_s=0.6, hold_s=1.0, extension_deg=extension_deg)
