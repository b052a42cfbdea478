"""The rendered person: anny's parametric body (CC0 MakeHuman shapes), posed frame by frame. Needs torch and anny."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.phantom.motion import SIDES, Floats, Movement
from benchmarks.phantom.truth import letter

BATCH = 32
LEGS_TOGETHER_DEG = 4.0
TOES_DOWN_DEG = 14.0
THIGH_M, SHANK_M, TOE_M = 0.42, 0.42, 0.2
"""Typical lengths, only for keeping the toes off the floor."""
JOINT_BONES = {"shoulder": "upperarm01", "hip": "upperleg01", "knee": "lowerleg01", "ankle": "foot"}
LUMBAR_BONES = ("spine05", "spine04", "spine03")
Triangles = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Posed:
    """The person in every frame, in world axes after turning; ``joints`` before turning (for the truth)."""

    vertices: NDArray[np.float32]
    joints: Mapping[str, Floats]
    turned_joints: Mapping[str, Floats]


@dataclass(frozen=True, slots=True)
class Mesh:
    """What stays the same: triangles (m, 3) and each vertex's main bone."""

    triangles: Triangles
    bones: tuple[str, ...]


def load_model() -> Any:
    """The body model; takes some seconds.

    Raises:
        ImportError: the extra ``phantom`` is not installed.
    """
    from anny.models.phenotype import Anny

    return Anny(rig="anny", topology="anny", phenotypes="all", skinning_method="lbs")


def mesh_of(model: Any) -> Mesh:
    """Triangles and main bones of the model."""
    faces = np.asarray(model.faces).astype(np.int64)
    triangles = np.concatenate([faces[:, :3], faces[:, [0, 2, 3]]]) if faces.shape[1] == 4 else faces
    main = np.take_along_axis(
        np.asarray(model.vertex_bone_indices), np.asarray(model.vertex_bone_weights).argmax(1)[:, None], axis=1
    )[:, 0]
    return Mesh(triangles, tuple(model.bone_labels[i] for i in main))


def pose_person(
    model: Any, shape: Mapping[str, float], moves: Movement, *, hands: str, arm_swing_deg: float = 0.0
) -> Posed:
    """Pose the body in every frame, stand it on the floor and turn it.

    Args:
        shape: the model's shape parameters, 0..1 each.
        moves: what it does.
        hands: ``down``, ``support`` (on a chair's back in front) or ``hips``.
        arm_swing_deg: how far hanging arms swing forward with a kick.
    """
    vertices, joints = _run(model, shape, bone_rotations(moves, hands=hands, arm_swing_deg=arm_swing_deg))
    shift = _standing(joints, moves, float(vertices[0, :, 2].min()))
    vertices = vertices + shift[:, None].astype(np.float32)
    joints = {name: points + shift for name, points in joints.items()}
    turn = np.radians(moves.heading)
    turned = {name: _turned(points, turn) for name, points in joints.items()}
    return Posed(_turned(vertices, turn).astype(np.float32), joints, turned)


def rot_x(deg: Floats | float) -> Floats:
    """(n, 4, 4) rotations about x: from down to back, the direction of a kick."""
    a = np.radians(np.atleast_1d(deg))
    m = np.tile(np.eye(4), (len(a), 1, 1))
    m[:, 1, 1], m[:, 1, 2], m[:, 2, 1], m[:, 2, 2] = np.cos(a), -np.sin(a), np.sin(a), np.cos(a)
    return m


def rot_y(deg: Floats | float) -> Floats:
    """(n, 4, 4) rotations about y: from down to the person's right."""
    a = np.radians(np.atleast_1d(deg))
    m = np.tile(np.eye(4), (len(a), 1, 1))
    m[:, 0, 0], m[:, 0, 2], m[:, 2, 0], m[:, 2, 2] = np.cos(a), np.sin(a), -np.sin(a), np.cos(a)
    return m


def rot_z(deg: Floats | float) -> Floats:
    """(n, 4, 4) rotations about z."""
    a = np.radians(np.atleast_1d(deg))
    m = np.tile(np.eye(4), (len(a), 1, 1))
    m[:, 0, 0], m[:, 0, 1], m[:, 1, 0], m[:, 1, 1] = np.cos(a), -np.sin(a), np.sin(a), np.cos(a)
    return m


def bone_rotations(moves: Movement, *, hands: str, arm_swing_deg: float) -> dict[str, Floats]:
    """Rotation of each moved bone in every frame. The pelvis tilts with the trunk; each thigh undoes that tilt."""
    tilt = moves.lean + moves.lumbar
    found = {"root": rot_x(tilt)} | {bone: rot_x(-moves.lumbar / len(LUMBAR_BONES)) for bone in LUMBAR_BONES}
    raised = np.max([np.abs(moves.thigh[s]) for s in SIDES], axis=0) / 20.0
    for side in SIDES:
        s, sign = letter(side), 1.0 if side == "left" else -1.0
        together = rot_y(sign * (LEGS_TOGETHER_DEG - moves.abduction[side]))
        found[f"upperleg01.{s}"] = rot_x(moves.thigh[side] - tilt) @ together
        found[f"lowerleg01.{s}"] = rot_x(moves.knee[side])
        found[f"foot.{s}"] = rot_x(_foot_deg(moves.thigh[side], moves.knee[side]))
        found |= _arm(s, sign, hands, arm_swing_deg * np.clip(raised, 0.0, 1.0))
    return found


def _foot_deg(thigh: Floats, knee: Floats) -> Floats:
    """Pointed toes where there is room below them, else lifted so that they just clear the floor."""
    pitch = thigh + knee
    risen = THIGH_M * (1.0 - np.cos(np.radians(thigh))) + SHANK_M * (1.0 - np.cos(np.radians(pitch)))
    room = np.degrees(np.arcsin(np.clip(risen / TOE_M, 0.0, 1.0)))
    foot: Floats = np.minimum(room - pitch, TOES_DOWN_DEG) * np.clip(np.abs(pitch) / 2.0, 0.0, 1.0)
    return foot


def _arm(s: str, sign: float, hands: str, swing: Floats) -> dict[str, Floats]:
    upper, lower = f"upperarm01.{s}", f"lowerarm01.{s}"
    if hands == "support":
        return {upper: rot_x(-36.0) @ rot_y(sign * 32.0), lower: rot_x(-34.0)}
    if hands == "hips":
        return {upper: rot_x(18.0) @ rot_y(sign * 6.0), lower: rot_z(-sign * 58.0) @ rot_y(sign * 58.0)}
    return {upper: rot_x(-swing) @ rot_y(sign * 33.0), lower: rot_x(20.0 - 0.6 * swing)}


def _run(
    model: Any, shape: Mapping[str, float], rotations: Mapping[str, Floats]
) -> tuple[NDArray[np.float32], dict[str, Floats]]:
    import torch

    n = max(len(r) for r in rotations.values())
    labels = list(model.bone_labels)
    vertices, heads = [], []
    for start in range(0, n, BATCH):
        count = min(BATCH, n - start)
        pose = {
            bone: torch.tensor(r[start : start + count] if len(r) == n else np.repeat(r, count, axis=0))
            for bone, r in rotations.items()
        }
        look = {name: torch.full((count,), float(value)) for name, value in shape.items()}
        with torch.no_grad():
            out = model(pose_parameters=pose, phenotype_kwargs=look)
        vertices.append(out["vertices"].numpy().astype(np.float32))
        heads.append(out["bone_poses"][:, :, :3, 3].numpy().astype(float))
    at = np.concatenate(heads)
    joints = {
        f"{joint}{letter(side)}": at[:, labels.index(f"{bone}.{letter(side)}")]
        for joint, bone in JOINT_BONES.items()
        for side in SIDES
    }
    return np.concatenate(vertices), joints


def _standing(joints: Mapping[str, Floats], moves: Movement, floor_m: float) -> Floats:
    """How far to shift each frame so that the standing ankle stays where it was and the soles on the floor."""
    n = len(moves.lean)
    shift = np.zeros((n, 3))
    for i, side in enumerate(moves.stance):
        ankle = joints[f"ankle{letter(side)}"]
        shift[i] = ankle[0] - ankle[i]
    lowest = np.minimum(joints["ankleL"][:, 2], joints["ankleR"][:, 2])
    free = np.clip(4.0 * moves.turning, 0.0, 1.0)
    shift[:, :2] *= (1.0 - free)[:, None]
    shift[:, 2] = (1.0 - free) * shift[:, 2] + free * (lowest[0] - lowest)
    shift[:, 2] -= floor_m
    return shift


def _turned(points: Any, angle: Floats) -> Any:
    c, s = np.cos(angle), np.sin(angle)
    if points.ndim == 3:
        c, s = c[:, None], s[:, None]
    out = np.array(points)
    out[..., 0], out[..., 1] = points[..., 0] * c - points[..., 1] * s, points[..., 0] * s + points[..., 1] * c
    return out
