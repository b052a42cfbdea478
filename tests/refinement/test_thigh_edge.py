"""The turn of a thigh by its back edge: known turns come out, and what is no edge of the thigh is left out."""

from __future__ import annotations

import numpy as np
import pytest

from mobility_check.kinematics.track import RefinedFrames
from mobility_check.refinement.frames import EDGE_STATIONS, MAP_PLACES, MAP_STATIONS
from mobility_check.refinement.thigh_edge import PhaseEdges, phase_edges, thigh_turn_deg
from mobility_check.video.silhouette import measure_edges

FORM = 0.2 + 0.03 * np.cos(14.0 * (MAP_STATIONS - 0.35))
"""Places of a back edge: hollow below the buttock, full in the middle, hollow at the knee. One of even curvature would
look turned wherever it slipped along the thigh."""


def ridge(*curves, clear=0.9):
    """A map with an edge along each curve (33,)."""
    away = MAP_PLACES - np.stack(curves)[..., None]
    return clear * np.exp(-((away / 0.008) ** 2) / 2).max(axis=0)


def tilted(turn_deg, *, moved=0.0, form=FORM):
    return form + moved + np.tan(np.radians(turn_deg)) * (MAP_STATIONS - 0.6)


@pytest.mark.parametrize("turn_deg", [-4.8, -2.3, 0.0, 0.6, 3.1, 4.9])
def test_a_known_turn_comes_out(turn_deg):
    """Beyond what the landmarks say of the two directions."""
    stance = PhaseEdges(1.0, ridge(FORM), FORM)
    curve = tilted(turn_deg, moved=0.02)
    hold = PhaseEdges(16.0, ridge(curve), curve)
    assert thigh_turn_deg(stance, hold) == pytest.approx(15.0 + turn_deg, abs=0.3)
    assert thigh_turn_deg(hold, stance) == pytest.approx(-15.0 - turn_deg, abs=0.3)


def test_a_line_of_the_background_does_not_count():
    """A clearer edge beside the thigh, which stands in the hold only and is where the rim was taken to be."""
    stance = PhaseEdges(0.0, ridge(FORM, clear=0.5), FORM)
    wall = np.full_like(FORM, 0.24)
    hold = PhaseEdges(20.0, np.maximum(ridge(tilted(1.5), clear=0.5), ridge(wall)), wall)
    assert thigh_turn_deg(stance, hold) == pytest.approx(21.5, abs=0.3)


def test_behind_the_other_leg_the_edge_inside_the_silhouette_counts():
    """In the stance the rim is the other thigh's, of another form."""
    other = FORM + 0.08 + 0.4 * (MAP_STATIONS - 0.6) ** 2 + 0.05 * (MAP_STATIONS - 0.6)
    stance = PhaseEdges(0.0, np.maximum(ridge(other), ridge(FORM, clear=0.5)), other)
    hold = PhaseEdges(15.0, ridge(tilted(-1.0)), tilted(-1.0))
    assert thigh_turn_deg(stance, hold) == pytest.approx(14.0, abs=0.4)


def test_without_an_edge_there_is_no_turn():
    seen = PhaseEdges(0.0, ridge(FORM), FORM)
    unseen = PhaseEdges(9.0, np.zeros_like(seen.clear), np.full_like(FORM, np.nan))
    assert np.isnan(thigh_turn_deg(None, seen))
    assert np.isnan(thigh_turn_deg(unseen, unseen))
    bare = PhaseEdges(9.0, np.zeros_like(seen.clear), FORM)
    assert np.isnan(thigh_turn_deg(seen, bare)), "where no edge is seen the landmarks' own turn is not the edge's"


def drawn(angle_deg, facing):
    """Picture, mask, affine and landmarks of a bar that hangs from (256, 120) like a thigh, turned backwards."""
    y, x = np.mgrid[0.0:512.0, 0.0:512.0]
    backwards = -1.0 if facing == "right" else 1.0
    down = np.array([backwards * np.sin(np.radians(angle_deg)), np.cos(np.radians(angle_deg))])
    across = np.array([down[1], -down[0]])
    where = np.stack([x - 255.5, y - 119.5], axis=-1)
    inside = np.abs(where @ across) < 40.0
    picture = np.where(inside[..., None], (60, 70, 120), (200, 190, 180)).astype(np.uint8)
    landmarks = np.full((33, 2), 1.0)
    landmarks[[11, 12]], landmarks[[23, 24]] = (256.0, 20.0), (256.0, 120.0)
    landmarks[[25, 26]] = np.array([256.0, 120.0]) + 200.0 * down
    return picture, inside.astype(np.float32), np.eye(3)[:2], landmarks


@pytest.mark.parametrize("facing", ["left", "right"])
def test_the_edge_of_a_drawn_thigh_turns_with_it(facing):
    phases = []
    for number, angle_deg in enumerate((2.0, 21.0)):
        lines, edges, maps = measure_edges(*drawn(angle_deg, facing), facing)
        frames = RefinedFrames(np.array([number]), np.zeros((1, 4, 33, 2)), lines[None], edges[None], maps[None])
        phases.append(phase_edges(frames, 0, length_px=200.0, facing=facing))
    stance, hold = phases
    assert [p.direction_deg for p in phases] == pytest.approx([2.0, 21.0])
    assert MAP_PLACES[stance.clear.argmax(axis=1)] == pytest.approx(0.2, abs=0.01)
    assert stance.rim == pytest.approx(np.full(len(MAP_STATIONS), 0.2), abs=0.02)
    assert thigh_turn_deg(stance, hold) == pytest.approx(19.0, abs=0.2)


def test_frames_are_brought_to_one_direction_and_length():
    """The landmarks' thigh is 4 degrees off and a tenth too long in one frame; the edge lies where it lies."""
    length, edge_px = 200.0, 50.0
    lines, maps, rims = [], [], []
    for angle_deg, scale in ((0.0, 1.0), (4.0, 1.1), (0.0, 1.0)):
        reach = scale * length
        end = (reach * np.sin(np.radians(-angle_deg)), reach * np.cos(np.radians(angle_deg)))
        lines.append([[0.0, 0.0, *end]] * 3)
        curve = edge_px / reach / np.cos(np.radians(angle_deg)) - np.tan(np.radians(angle_deg)) * MAP_STATIONS
        maps.append([ridge(curve)] * 2)
        rims.append([reach * np.interp(EDGE_STATIONS, MAP_STATIONS, curve)] * 4)
    frames = RefinedFrames(np.arange(3), np.zeros((3, 4, 33, 2)), np.array(lines), np.array(rims), np.array(maps))
    found = phase_edges(frames, 1, length_px=length, facing="right")
    assert found.direction_deg == pytest.approx(0.0)
    assert MAP_PLACES[found.clear.argmax(axis=1)] == pytest.approx(0.25, abs=0.008)
