"""The renderer's geometry: movement, truth, camera and clothes, on sticks; the real body where it is installed."""

from __future__ import annotations

import json

import numpy as np
import pytest

from benchmarks.phantom import scenes
from benchmarks.phantom.body import bone_rotations
from benchmarks.phantom.camera import beside
from benchmarks.phantom.clothes import Landmarks, Outfit, dress
from benchmarks.phantom.motion import Kick, Movement, Plan, Turn, activation, duration_s, frame_times, movement, spans
from benchmarks.phantom.render import chosen, leaning
from benchmarks.phantom.truth import angles, rep_table

TRUNK, THIGH, SHANK, HALF_HIP = 0.5, 0.42, 0.4, 0.09


def stick(moves: Movement) -> dict[str, np.ndarray]:
    """Joint centres of a body of straight sticks, posed by the same rotations as the rendered one."""
    rotation = {bone: r[:, :3, :3] for bone, r in bone_rotations(moves, hands="down", arm_swing_deg=0).items()}
    root, up, n = rotation["root"], np.array([0.0, 0.0, 1.0]), len(moves.lean)
    spine = root @ rotation["spine05"] @ rotation["spine04"] @ rotation["spine03"]
    joints = {}
    for s, x in (("L", HALF_HIP), ("R", -HALF_HIP)):
        hip = np.broadcast_to([x, 0.0, 0.0], (n, 3))
        thigh = root @ rotation[f"upperleg01.{s}"]
        knee = hip + thigh @ (-THIGH * up)
        joints |= {f"hip{s}": hip, f"knee{s}": knee, f"shoulder{s}": hip * 1.8 + spine @ (TRUNK * up)}
        joints[f"ankle{s}"] = knee + thigh @ rotation[f"lowerleg01.{s}"] @ (-SHANK * up)
    return joints


def truth_of(plan: Plan, *, posture_deg: float = 0.0, faces_right: bool = True) -> list[dict[str, object]]:
    t = frame_times(duration_s(plan), 30.0)
    joints = stick(leaning(movement(plan, t), posture_deg))
    return rep_table(plan, angles(joints, t, plan.rest_s), t, faces_right=faces_right)


@pytest.mark.parametrize("posture_deg", [0.0, 4.0, -3.0])
@pytest.mark.parametrize(
    ("extension", "lean", "knee"), [(5.0, 0.0, 0.0), (15.0, 4.0, 8.0), (30.0, 14.0, 25.0), (-35.0, 0, 0)]
)
def test_truth_of_a_kick_is_what_was_commanded(extension: float, lean: float, knee: float, posture_deg: float) -> None:
    (row,) = truth_of(
        Plan((Kick("right", extension, lean_deg=lean, knee_deg=knee),), sway_deg=0.0), posture_deg=posture_deg
    )
    assert row["extension_deg"] == pytest.approx(extension, abs=0.15)
    assert row["trunk_lean_deg"] == pytest.approx(lean, abs=0.05)
    assert row["thigh_deg"] == pytest.approx(extension + lean, abs=0.15)
    assert row["knee_flexion_deg"] == pytest.approx(knee, abs=0.15)


def test_an_arched_back_does_not_change_where_the_trunk_points() -> None:
    flat, arched = (truth_of(Plan((Kick("left", 15.0, lumbar_deg=d),), sway_deg=0.0))[0] for d in (0.0, 10.0))
    assert arched["trunk_lean_deg"] == pytest.approx(flat["trunk_lean_deg"], abs=0.05)
    assert arched["extension_deg"] == pytest.approx(flat["extension_deg"], abs=0.1)


def test_near_and_facing_follow_the_turn() -> None:
    plan = Plan((Kick("right", 10.0), Turn(176.0), Kick("left", 10.0), Kick("right", 10.0)))
    rows = truth_of(plan)
    assert [(r["side"], r["facing"], r["near"]) for r in rows] == [
        ("right", "right", True),
        ("left", "left", True),
        ("right", "left", False),
    ]
    assert [r["near"] for r in truth_of(plan, faces_right=False)] == [False, False, True]


def test_a_kick_rises_stalls_holds_and_returns() -> None:
    (span,) = spans(Plan((Kick("left", 10.0, raise_s=1.0, stall_s=0.5, hold_s=1.2, lower_s=0.7),), rest_s=2.0))
    assert (span.start_s, span.hold_start_s) == (2.0, 3.5)
    assert (span.hold_end_s, span.end_s) == pytest.approx((4.7, 5.4))
    t = np.arange(0, 7, 0.01)
    a = activation(span, t)
    assert np.all(a[(t < 2.0) | (t > 5.41)] == pytest.approx(0.0))
    assert np.all(a[(t > 3.51) & (t < 4.69)] == pytest.approx(1.0, abs=1e-3))
    assert np.all(np.diff(a[t < 4.0]) > -1e-9)
    assert np.ptp(a[(t > 2.6) & (t < 3.0)]) < 1e-3, "it stalls on the way up"


def test_variable_frames_rise_and_are_uneven() -> None:
    even, uneven = frame_times(10.0, 30.0), frame_times(10.0, 30.0, variable=True, seed=4)
    assert np.diff(even) == pytest.approx(1 / 30)
    assert np.all(np.diff(uneven) > 0)
    assert np.ptp(np.diff(uneven)) > 0.01
    assert 0.9 * len(even) < len(uneven) < len(even)


def test_camera_sees_what_stands_where() -> None:
    def eye(**other: object) -> object:
        values: dict[str, object] = {
            "faces_right": True,
            "yaw_deg": 0.0,
            "height_m": 0.9,
            "distance_m": 3.0,
            "roll_deg": 0.0,
            "fov_deg": 45.0,
            "size_px": (540, 960),
        }
        return beside(**{**values, **other})  # type: ignore[arg-type]

    ahead, behind, up = np.array([[0.0, -0.5, 0.9], [0.0, 0.5, 0.9], [0.0, 0.04, 1.4]])
    right = eye()
    assert right.project(ahead)[0] > 270 > right.project(behind)[0], "who faces right has the front on the right"
    assert eye(faces_right=False).project(ahead)[0] < 270
    assert right.project(up) == pytest.approx([270.0, 480.0 - 0.5 * 480 / np.tan(np.radians(22.5)) / 3.0])
    tilted = eye(roll_deg=10.0).project(up) - [270.0, 480.0]
    assert np.degrees(np.arctan2(abs(tilted[0]), -tilted[1])) == pytest.approx(10.0)
    near_side, far_side = np.array([[-0.1, 0.0, 0.9], [0.1, 0.0, 0.9]])
    front = eye(yaw_deg=20.0)
    assert front.project(near_side)[0] < front.project(far_side)[0], "seen from the front, the near hip lies behind"


def test_clothes_lie_where_they_belong() -> None:
    z = np.linspace(0.0, 1.7, 200)
    at = np.stack([0.1 + 0.01 * z, 0.02 * np.sin(9 * z), z], axis=1)
    bones = [
        "foot.L"
        if h < 0.08
        else "lowerleg01.L"
        if h < 0.48
        else "upperleg01.L"
        if h < 0.92
        else "spine03"
        if h < 1.45
        else "head"
        for h in z
    ]
    heights = Landmarks(hip_m=0.92, knee_m=0.48, ankle_m=0.08, shoulder_m=1.4)
    colours = ((200, 0, 0), (0, 200, 0), (0, 0, 200), (220, 180, 150), (30, 20, 10))
    outfit = Outfit(*colours, trousers="shorts", loose_m=0.03, top_below_hip_m=0.06)
    offset, colour = dress(outfit, at, bones, heights)
    shirt, legs, skin = ((colour == c).all(axis=1) for c in (outfit.shirt, outfit.legs, outfit.skin))
    assert z[shirt].min() == pytest.approx(0.86, abs=0.02), "the top hangs over the hip"
    assert z[legs].min() == pytest.approx(0.55, abs=0.02)
    assert z[legs].max() < 0.87
    assert np.any(skin & (z < 0.5))
    assert np.all(offset[skin] == 0)
    assert offset[legs][0] > offset[legs][-1] > 0, "wider towards the hem"
    tight, _ = dress(Outfit(*colours), at, bones, heights)
    assert tight[np.array([b.startswith(("upperleg", "spine")) for b in bones])].max() < 0.01


@pytest.mark.parametrize("kind", ["sessions", "mixed", "controls"])
def test_scenes_are_drawn_again_from_their_seed_and_fit_the_truth_format(kind: str) -> None:
    first, again = chosen(kind, seed=5, count=3), chosen(kind, seed=5, count=3)
    assert first == again
    assert len({s.name for s in first}) == len(first)
    for scene in first:
        scenario = json.loads(json.dumps(scene.to_dict()))
        assert {"gender", "weight", "yaw", "dist", "legs", "wall", "crf", "fps", "hands", "clothes"} <= set(scenario)


def test_sessions_are_good_form_with_a_turn_and_different_bodies() -> None:
    drawn = [scenes.session(seed) for seed in range(12)]
    for scene in drawn:
        kicks = [s for s in scene.plan.steps if isinstance(s, Kick)]
        assert len(kicks) == 6
        assert all(k.lean_deg <= 5 and k.knee_deg <= 9 for k in kicks)
        assert sum(isinstance(s, Turn) for s in scene.plan.steps) == 1
        assert (kicks[0].side == "right") == (scene.facing == "right"), "the near leg first"
    assert len({scene.body for scene in drawn}) == 12


def test_a_rendered_person_stands_on_the_floor_and_kicks_as_told() -> None:
    pytest.importorskip("torch", reason="the renderer is an extra: pip install '.[phantom]'")
    pytest.importorskip("anny", reason="the renderer is an extra: pip install '.[phantom]'")
    from dataclasses import asdict

    from benchmarks.phantom.body import load_model, pose_person

    plan = Plan((Kick("right", 20.0), Turn(), Kick("left", 12.0)), sway_deg=0.0)
    t = frame_times(duration_s(plan), 8.0)
    posed = pose_person(load_model(), asdict(scenes.Body()), movement(plan, t), hands="down")
    rows = rep_table(plan, angles(posed.joints, t, plan.rest_s), t, faces_right=True)
    assert [r["extension_deg"] for r in rows] == pytest.approx([20.0, 12.0], abs=0.6)
    lowest = posed.vertices[..., 2].min(axis=1)
    assert np.abs(lowest).max() < 0.03
