"""The estimator on frames whose angles are known: near the truth, symmetric, honest about what it could not see."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from mobility_check.kinematics.track import RefinedFrames
from mobility_check.refinement import estimator
from mobility_check.refinement.coefficients import load_coefficients
from mobility_check.refinement.features import Features, features, without_odd_frames
from mobility_check.refinement.frames import EDGE_STATIONS, MAP_PLACES, MAP_STATIONS, MIRROR, segment_lines
from mobility_check.refinement.silhouette import robust_line, trunk_motion
from mobility_check.refinement.thigh_edge import phase_edges, thigh_turn_deg
from synthetic.stickfigure import Figure, Kick, mirrored

THIGH_PX, TRUNK_PX = 55.0, 70.0
"""Distance of the outline from its line."""


def looks(track, frames, *, edges=True):
    points = track.xy_px[frames]
    lines = np.stack([segment_lines(p) for p in points])
    edge = np.full((len(frames), 4, len(EDGE_STATIONS)), np.nan)
    if edges:
        edge[:, :2], edge[:, 2], edge[:, 3] = THIGH_PX, TRUNK_PX, -TRUNK_PX
    length = np.linalg.norm(lines[:, :2, 2:] - lines[:, :2, :2], axis=-1)[..., None, None]
    clear = np.exp(-(((MAP_PLACES - THIGH_PX / length) / 0.008) ** 2) / 2)
    maps = np.broadcast_to(clear if edges else np.nan, (len(frames), 2, len(MAP_STATIONS), len(MAP_PLACES)))
    return RefinedFrames(np.array(frames), np.repeat(points[:, None], 4, axis=1), lines, edge, maps)


def phases(figure, *, edges=True, mirror=False):
    track = mirrored(figure.track()) if mirror else figure.track()
    return looks(track, [70, 80, 90], edges=edges), looks(track, [5, 10, 15, 20, 25], edges=edges)


def kick(angle, **fields):
    movement = Kick("right", 1.0, extension_deg=angle, hold_s=2.0, **{"knee_deg": 2.0, **fields})
    return Figure([movement], duration_s=6.0, noise_px=0.3)


HEAVY = load_coefficients().models["pose_landmarker_heavy"]


def features_of(hold, neutral, *, side="right", view="near", facing="right"):
    return features(hold, neutral, side=side, view=view, facing=facing)


def estimate(hold, neutral, **seen):
    return estimator.estimate(features_of(hold, neutral, **seen), HEAVY, near=seen.get("view", "near") == "near")


@pytest.mark.parametrize("angle", [8.0, 16.0, 28.0])
@pytest.mark.parametrize("edges", [True, False])
def test_perfect_landmarks_give_nearly_the_true_angle(angle, edges):
    """Nearly: the fit undoes faults of real landmarks, which perfect ones don't have."""
    found = estimate(*phases(kick(angle, trunk_lean_deg=2.0), edges=edges))
    assert found.extension_deg == pytest.approx(angle, abs=2.0)
    assert found.trunk_lean_deg == pytest.approx(2.0, abs=0.7)
    assert found.thigh_deg - found.trunk_lean_deg == pytest.approx(found.extension_deg)
    assert found.knee_flexion_deg == pytest.approx(2.0, abs=2.0)
    assert abs(found.extension_deg - angle) < 2.5 * found.error.total_deg


SWEEPS = {f.name: (-45.0, 45.0) for f in fields(Features)} | {
    "thigh_shorter": (-0.3, 0.3),
    "usable_share": (0.0, 1.0),
}


@pytest.mark.parametrize("name", [f.name for f in fields(Features)])
@pytest.mark.parametrize("near", [True, False])
def test_the_estimate_is_continuous_in_every_feature(name, near):
    """Steps of a hundredth of the sweep's thousandth move the angle by less than 0.02 degrees."""
    values = np.linspace(*SWEEPS[name], 501)
    seen = replace(features_of(*phases(kick(18.0))), **{name: values})
    view = HEAVY.near if near else HEAVY.far
    extensions = np.broadcast_to(estimator.extension_deg(seen, view), values.shape)
    errors = np.broadcast_to(estimator.shared_error_deg(seen, HEAVY, near=near), values.shape)
    for swept in (extensions, errors):
        assert np.abs(np.diff(swept)).max() / 40 <= 0.02
    for n in (0, 123, 500):
        found = estimator.estimate(replace(seen, **{name: float(values[n])}), HEAVY, near=near)
        assert found.extension_deg == pytest.approx(extensions[n], abs=1e-9)
        assert found.error.shared_deg == pytest.approx(errors[n], abs=1e-9)


def test_larger_kicks_read_larger():
    values = [estimate(*phases(kick(a))).extension_deg for a in (5, 10, 20, 30)]
    assert values == sorted(values)
    assert values[-1] - values[0] == pytest.approx(25.0, abs=2.0)


def test_a_mirror_changes_nothing():
    one = estimate(*phases(kick(18.0)))
    two = estimate(*phases(kick(18.0), mirror=True), side="left", facing="left")
    assert two.extension_deg == pytest.approx(one.extension_deg, abs=1e-6)
    assert two.error.total_deg == pytest.approx(one.error.total_deg, abs=1e-6)


def test_what_was_not_seen_gives_nothing():
    hold, neutral = phases(kick(18.0))
    blind = replace(hold, landmarks_px=np.full_like(hold.landmarks_px, np.nan))
    assert features_of(blind, neutral) is None
    assert features_of(hold, neutral.at([])) is None


def test_less_evidence_means_a_larger_error():
    full = estimate(*phases(kick(18.0))).error
    no_edge = estimate(*phases(kick(18.0), edges=False)).error
    far = estimate(*phases(kick(18.0)), view="far").error
    assert full.shared_deg < no_edge.shared_deg
    assert full.total_deg < far.total_deg


def test_an_edge_that_does_not_turn_with_the_thigh_counts_little():
    """As a hem that hangs down from the kicking leg."""
    hold, neutral = phases(kick(18.0))
    hanging = THIGH_PX / 350.0 - np.tan(np.radians(19.0)) * (MAP_STATIONS - 0.4)
    maps = np.exp(-(((MAP_PLACES - hanging[:, None]) / 0.008) ** 2) / 2)
    hem = replace(hold, edge_map=np.broadcast_to(maps, hold.edge_map.shape))
    fooled, honest = estimate(hem, neutral), estimate(hold, neutral)
    assert fooled.extension_deg == pytest.approx(honest.extension_deg, abs=1.5), "the edge hangs 19 degrees off"
    assert fooled.error.shared_deg > honest.error.shared_deg


def test_one_frame_of_something_else_is_left_out():
    hold, neutral = phases(kick(18.0))
    odd = hold.landmarks_px.copy()
    odd[0] *= 1.6
    clean_hold, _ = without_odd_frames(replace(hold, landmarks_px=odd), neutral, 1)
    assert np.isnan(clean_hold.landmarks_px[0]).all()
    assert np.isfinite(clean_hold.landmarks_px[1:]).all()


def test_a_leg_that_was_taken_for_the_other_is_left_out():
    """In one of the variants of one frame, as the plain crop of a dark picture gives it."""
    hold, neutral = phases(kick(18.0))
    taken = hold.landmarks_px.copy()
    taken[0, 0] = taken[0, 0][MIRROR]
    swapped = estimate(replace(hold, landmarks_px=taken), neutral)
    assert swapped.extension_deg == pytest.approx(estimate(hold, neutral).extension_deg, abs=0.3)
    clean, _ = without_odd_frames(replace(hold, landmarks_px=taken), neutral, 1)
    assert np.isfinite(clean.landmarks_px[..., 0, 0]).sum() == clean.landmarks_px[..., 0, 0].size - 1


def test_the_edge_turns_with_the_thigh():
    hold, neutral = phases(kick(20.0))
    rest, held = (phase_edges(p, 1, length_px=350.0, facing="right") for p in (neutral, hold))
    assert thigh_turn_deg(rest, held) == pytest.approx(20.0, abs=0.3)


@pytest.mark.parametrize("lean", [-6.0, 0.0, 4.0])
def test_the_trunks_outline_leans_with_the_trunk(lean):
    hold, neutral = phases(kick(15.0, trunk_lean_deg=lean))
    for edge in (2, 3):
        moved, leaned = trunk_motion(hold, neutral, edge, "right")
        assert leaned == pytest.approx(lean, abs=0.3)
        assert abs(moved) < 8.0


def test_a_straight_line_through_outliers():
    x = np.linspace(0, 100, 40)
    y = 5.0 + 0.3 * x
    y[::5] += 80.0
    y[3] = np.nan
    level, slope = robust_line(x, y)
    assert (level, slope) == (pytest.approx(5.0, abs=0.3), pytest.approx(0.3, abs=0.01))
    assert np.isnan(robust_line(x[:3], y[:3])).all()
