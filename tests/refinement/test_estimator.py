"""The estimator on looks whose angles are known: near the truth, symmetric, honest about what it could not see."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mobility_check.refinement.estimator import estimate, without_odd_frames
from mobility_check.refinement.frames import EDGE_STATIONS, RefinedFrames, segment_lines
from mobility_check.refinement.silhouette import edge_direction_deg, robust_line, trunk_motion
from tests.stickfigure import Figure, Kick, mirrored

THIGH_PX, TRUNK_PX = 55.0, 70.0
"""Distance of the outline from its line."""


def looks(track, frames, *, edges=True):
    points = track.xy_px[frames]
    lines = np.stack([segment_lines(p) for p in points])
    edge = np.full((len(frames), 4, len(EDGE_STATIONS)), np.nan)
    if edges:
        edge[:, :2], edge[:, 2], edge[:, 3] = THIGH_PX, TRUNK_PX, -TRUNK_PX
    return RefinedFrames(np.array(frames), np.repeat(points[:, None], 4, axis=1), lines, edge)


def phases(figure, *, edges=True, mirror=False):
    track = mirrored(figure.track()) if mirror else figure.track()
    return looks(track, [70, 80, 90], edges=edges), looks(track, [5, 10, 15, 20, 25], edges=edges)


def kick(angle, **fields):
    movement = Kick("right", 1.0, extension_deg=angle, hold_s=2.0, **{"knee_deg": 2.0, **fields})
    return Figure([movement], duration_s=6.0, noise_px=0.3)


@pytest.mark.parametrize("angle", [8.0, 16.0, 28.0])
@pytest.mark.parametrize("edges", [True, False])
def test_a_perfect_look_gives_nearly_the_true_angle(angle, edges):
    """Nearly: the fit undoes faults of real landmarks, which a perfect look doesn't have."""
    found = estimate(*phases(kick(angle, trunk_lean_deg=2.0), edges=edges), side="right", view="near", facing="right")
    assert found.extension_deg == pytest.approx(angle, abs=2.0)
    assert found.trunk_lean_deg == pytest.approx(2.0, abs=0.7)
    assert found.thigh_deg - found.trunk_lean_deg == pytest.approx(found.extension_deg)
    assert found.knee_flexion_deg == pytest.approx(2.0, abs=2.0)
    assert abs(found.extension_deg - angle) < 2.5 * found.error.total_deg


def test_the_answer_changes_smoothly_as_the_camera_moves_round():
    """Yaw parts near and far joints in the picture; the rule for it has several pieces, which must meet."""
    hold, neutral = phases(kick(18.0))
    values = []
    for gap_px in np.arange(-120.0, 121.0, 4.0):
        parted = []
        for phase in (hold, neutral):
            points = phase.landmarks_px.copy()
            points[..., [12, 24, 28], 0] += gap_px / 2  # the near side against the far one; the middles stay
            points[..., [11, 23, 27], 0] -= gap_px / 2
            parted.append(replace(phase, landmarks_px=points))
        values.append(estimate(*parted, side="right", view="near", facing="right"))
    yaws, angles = [v.yaw_deg for v in values], np.array([v.extension_deg for v in values])
    assert max(yaws) == 20.0
    assert min(yaws) == -20.0
    assert np.abs(np.diff(angles)).max() < 1.0
    assert np.abs(angles - 18.0).max() < 6.0


def test_larger_kicks_read_larger():
    values = [
        estimate(*phases(kick(a)), side="right", view="near", facing="right").extension_deg for a in (5, 10, 20, 30)
    ]
    assert values == sorted(values)
    assert values[-1] - values[0] == pytest.approx(25.0, abs=2.0)


def test_a_mirror_changes_nothing():
    one = estimate(*phases(kick(18.0)), side="right", view="near", facing="right")
    two = estimate(*phases(kick(18.0), mirror=True), side="left", view="near", facing="left")
    assert two.extension_deg == pytest.approx(one.extension_deg, abs=1e-6)
    assert two.error.total_deg == pytest.approx(one.error.total_deg, abs=1e-6)


def test_what_was_not_seen_gives_nothing():
    hold, neutral = phases(kick(18.0))
    blind = replace(hold, landmarks_px=np.full_like(hold.landmarks_px, np.nan))
    assert estimate(blind, neutral, side="right", view="near", facing="right") is None
    assert estimate(hold, neutral.at([]), side="right", view="near", facing="right") is None


def test_less_evidence_means_a_larger_error():
    full = estimate(*phases(kick(18.0)), side="right", view="near", facing="right").error
    no_edge = estimate(*phases(kick(18.0), edges=False), side="right", view="near", facing="right").error
    far = estimate(*phases(kick(18.0)), side="right", view="far", facing="right").error
    assert full.shared_deg < no_edge.shared_deg
    assert full.shared_deg < far.shared_deg


def test_a_hem_that_does_not_turn_with_the_thigh_is_left_out():
    hold, neutral = phases(kick(18.0))
    hem = hold.edge_px.copy()
    hem[:, 1] += 120.0 * EDGE_STATIONS
    fooled = estimate(replace(hold, edge_px=hem), neutral, side="right", view="near", facing="right")
    honest = estimate(hold, neutral, side="right", view="near", facing="right")
    assert fooled.extension_deg == pytest.approx(honest.extension_deg, abs=1.0)
    assert fooled.error.shared_deg > honest.error.shared_deg


def test_one_look_at_something_else_is_left_out():
    hold, neutral = phases(kick(18.0))
    odd = hold.landmarks_px.copy()
    odd[0] *= 1.6
    clean_hold, _ = without_odd_frames(replace(hold, landmarks_px=odd), neutral, 1)
    assert np.isnan(clean_hold.landmarks_px[0]).all()
    assert np.isfinite(clean_hold.landmarks_px[1:]).all()


def test_the_edge_turns_with_the_thigh():
    hold, neutral = phases(kick(20.0))
    span = {"span": (0.45, 0.9), "facing": "right", "length_px": 350.0}
    held, rest = (edge_direction_deg(p, 1, **span)[0] for p in (hold, neutral))
    assert held - rest == pytest.approx(20.0, abs=0.3)


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
    level, slope, scatter = robust_line(x, y)
    assert (level, slope) == (pytest.approx(5.0, abs=0.3), pytest.approx(0.3, abs=0.01))
    assert scatter < 2.0
    assert np.isnan(robust_line(x[:3], y[:3])).all()
