"""The turn of a thigh between two phases, by the back edge that is seen in both. Pure.

The pictures of a phase give a map: how clear an edge runs at each place beside the thigh. A curve is followed in the
map of one phase, and the small turn and shift are sought with which it lies on an edge in the other. So an edge counts
that keeps its form and turns as one; one of the background or of an arm, which is seen in one phase only, does not.
Several curves are tried, from the silhouette's rim inwards: with the camera a little to the front or to the back the
standing leg makes the rim, and the edge of the kicking thigh runs inside the silhouette.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, map_coordinates

from mobility_check.kinematics.geometry import backward_angle_deg
from mobility_check.kinematics.landmarks import Facing
from mobility_check.kinematics.signals import nan_median
from mobility_check.kinematics.track import Floats, RefinedFrames
from mobility_check.refinement.frames import EDGE_STATIONS, MAP_PLACES, MAP_STATIONS

USED_STATIONS, USED_SOFTLY = (0.45, 0.92), 0.04
"""Part of the thigh whose edge tells its turn: above it the buttock changes form, below it the knee (E)."""
INWARDS = (0.0, 0.04, 0.08, 0.13, 0.18)
"""How far inside the rim a curve is looked for, in lengths of the thigh; the rim is uncertain by ``RIM_SPREAD`` (E)."""
RIM_SPREAD = 0.022
BEND_STEPS, BEND_COST = 3, 0.15
"""By how many places a curve may move aside from station to station, and what a move by two costs (E)."""
FEWEST_STATIONS = 10
SHIFTS: Floats = np.arange(-0.12, 0.121, 0.008)
TURNS_DEG: Floats = np.arange(-9.0, 9.01, 0.5)
SLIPS = (-4, -2, 0, 2, 4)
"""Tried: shifts aside in lengths of the thigh, turns, and how many stations the line's end slipped along the thigh."""
TURN_COST, SHIFT_COST, SLIP_COST, INWARDS_COST = 0.02 / 3.0**2, 0.02 / 0.035**2, 0.02 / 0.06**2, 0.05
"""What it costs to leave the landmarks' own turn and place: the landmarks are right within some 3° and 4 % (E)."""
NEAR: Floats = np.arange(-0.03, 0.0301, 0.002)
NEAR_SPREAD, ODD = 0.012, 0.005
"""Where a curve is settled: how far from it an edge still counts, and from which distance on it is another one (E)."""
SURE = 0.03
"""A curve that fits worse by so much counts for a third (E)."""
LEAST_SCORE = 0.0
"""Curves that all fit no better lie on no edge of the other phase: nothing was measured."""
MIDDLE = 0.6
_PLACE_STEP, _STATION_STEP = float(MAP_PLACES[1] - MAP_PLACES[0]), float(MAP_STATIONS[1] - MAP_STATIONS[0])


@dataclass(frozen=True, slots=True)
class PhaseEdges:
    """What the pictures of one phase show of a thigh together.

    Attributes:
        direction_deg: of the thigh by its landmarks, from straight down, + backwards.
        clear: (S, P) how clear an edge runs at stations along the thigh and places towards the back, 0..1.
        rim: (S,) place of the silhouette's edge, NaN where it was not seen.
    """

    direction_deg: float
    clear: Floats
    rim: Floats


@dataclass(frozen=True, slots=True)
class _Curve:
    """Places (S,) of a followed edge, how clear it is there (S,), and how far inside the rim it was looked for."""

    place: Floats
    clear: Floats
    inwards: float


def thigh_turn_deg(neutral: PhaseEdges | None, hold: PhaseEdges | None) -> float:
    """Turn of the thigh from neutral to hold, + backwards; NaN where no edge was seen in both.

    It is the mean over all curves, and one that fits clearly better counts for nearly all of it.
    """
    if neutral is None or hold is None:
        return float("nan")
    fits = [*_fits(neutral, hold), *((score, -turn_deg) for score, turn_deg in _fits(hold, neutral))]
    if not fits:
        return float("nan")
    score, turn = np.array(fits).T
    if score.max() <= LEAST_SCORE:
        return float("nan")
    mean = float(np.average(turn, weights=np.exp((score - score.max()) / SURE)))
    return hold.direction_deg - neutral.direction_deg + mean


def phase_edges(frames: RefinedFrames, thigh: int, *, length_px: float, facing: Facing) -> PhaseEdges | None:
    """The edges of one phase, its frames brought to one direction and length; None where the thigh was not seen.

    Args:
        thigh: 0 left, 1 right.
        length_px: of the thigh in both phases.
    """
    lines = frames.line_px[:, thigh]
    along = lines[:, 2:] - lines[:, :2]
    direction, length = backward_angle_deg(along, facing), np.linalg.norm(along, axis=1)
    seen = np.flatnonzero(np.isfinite(direction) & np.isfinite(frames.edge_map[:, thigh]).all(axis=(1, 2)))
    if not len(seen):
        return None
    middle = float(np.median(direction[seen]))
    maps, rims = [], []
    for i in seen:
        slope, scale = float(np.tan(np.radians(direction[i] - middle))), length_px / length[i]
        station, place = np.meshgrid(MAP_STATIONS, MAP_PLACES, indexing="ij")
        rows = (station * scale - MAP_STATIONS[0]) / _STATION_STEP
        columns = ((place - station * slope) * scale - MAP_PLACES[0]) / _PLACE_STEP
        maps.append(map_coordinates(frames.edge_map[i, thigh], [rows, columns], order=1, mode="nearest"))
        rim = np.interp(MAP_STATIONS * scale, EDGE_STATIONS, frames.edge_px[i, thigh])
        rims.append(rim / length_px + MAP_STATIONS * slope)
    return PhaseEdges(middle, np.mean(maps, axis=0), nan_median(np.array(rims)))


def _fits(own: PhaseEdges, other: PhaseEdges) -> list[tuple[float, float]]:
    """For each curve of one phase how well it lies in the other, and by how much it is turned there, degrees."""
    blurred = gaussian_filter1d(other.clear, 2.0, axis=1)
    return [_settled(curve, other, *_coarse(curve, blurred)) for curve in _curves(own)]


def _curves(phase: PhaseEdges) -> list[_Curve]:
    """Smooth curves along clear edges, by dynamic programming, one for each distance inside the rim."""
    known = np.isfinite(phase.rim)
    if known.sum() < FEWEST_STATIONS:
        return []
    rim = np.interp(MAP_STATIONS, MAP_STATIONS[known], phase.rim[known])
    wanted = rim - np.array(INWARDS)[:, None]
    cost = ((MAP_PLACES - wanted[..., None]) / RIM_SPREAD) ** 2 / 2 - np.log(phase.clear + 0.03)
    found: list[_Curve] = []
    for inwards, rows in zip(INWARDS, _cheapest(cost), strict=True):
        place = MAP_PLACES[rows]
        if all(np.abs(place - c.place).mean() > 1.5 * _PLACE_STEP for c in found):
            found.append(_Curve(place, phase.clear[np.arange(len(rows)), rows], inwards))
    return found


def _cheapest(cost: Floats) -> NDArray[np.int64]:
    """The cheapest way (K, S) down each of K grids (K, S, P)."""
    steps = np.arange(-BEND_STEPS, BEND_STEPS + 1)
    bend = BEND_COST * (steps / 2.0) ** 2
    total, came = cost[:, 0], []
    for row in np.moveaxis(cost, 1, 0)[1:]:
        padded = np.pad(total, ((0, 0), (BEND_STEPS, BEND_STEPS)), constant_values=np.inf)
        ways = np.lib.stride_tricks.sliding_window_view(padded, len(steps), axis=1) + bend
        came.append(steps[ways.argmin(axis=-1)])
        total = ways.min(axis=-1) + row
    which, way = np.arange(len(cost)), [np.asarray(total.argmin(axis=1))]
    for step in reversed(came):
        way.append(way[-1] + step[which, way[-1]])
    return np.array(way[::-1], dtype=np.int64).T


def _coarse(curve: _Curve, clear: Floats) -> tuple[float, float, int]:
    """Shift, slope and slip with which the curve lies best on edges; one of the values tried."""
    slopes, best, where = np.tan(np.radians(TURNS_DEG)), -np.inf, (0.0, 0.0, 0)
    leaves = TURN_COST * TURNS_DEG**2 + SHIFT_COST * SHIFTS[:, None] ** 2
    for slip in SLIPS:
        own, rows = _overlap(slip)
        places = curve.place[own] + SHIFTS[:, None, None] + slopes[:, None] * (MAP_STATIONS[own] - MIDDLE)
        columns = np.clip(np.rint((places - MAP_PLACES[0]) / _PLACE_STEP).astype(np.int64), 0, len(MAP_PLACES) - 1)
        clear_both = np.sqrt(clear[rows, columns] * curve.clear[own]).mean(axis=-1)
        score = clear_both - leaves - SLIP_COST * (slip * _STATION_STEP) ** 2
        i, j = np.unravel_index(int(score.argmax()), score.shape)
        if score[i, j] > best:
            best, where = float(score[i, j]), (float(SHIFTS[i]), float(slopes[j]), slip)
    return where


def _settled(curve: _Curve, other: PhaseEdges, shift: float, slope: float, slip: int) -> tuple[float, float]:
    """The fit after moving every station to the clearest edge near it: a robust line through the rests, three times."""
    own, rows = _overlap(slip)
    station = MAP_STATIONS[own] - MIDDLE
    used = np.clip((USED_STATIONS[1] - MAP_STATIONS[own]) / USED_SOFTLY + 0.5, 0.0, 1.0)
    used *= np.clip((MAP_STATIONS[own] - USED_STATIONS[0]) / USED_SOFTLY + 0.5, 0.0, 1.0)
    near = np.exp(-((NEAR / NEAR_SPREAD) ** 2) / 2)
    for _ in range(3):
        places = (curve.place[own] + shift + slope * station)[:, None] + NEAR
        at = [np.broadcast_to(rows[:, None], places.shape), (places - MAP_PLACES[0]) / _PLACE_STEP]
        clear = near * map_coordinates(other.clear, at, order=1, mode="nearest")
        rest, weight = NEAR[clear.argmax(axis=1)], clear.max(axis=1) * curve.clear[own] * used
        level, tilt, share = _robust_line(station, rest, weight)
        shift, slope = shift + level, slope + tilt
    turn_deg = float(np.degrees(np.arctan(slope)))
    leaves = TURN_COST * turn_deg**2 + SHIFT_COST * shift**2 + INWARDS_COST * curve.inwards
    return share - leaves, turn_deg


def _robust_line(x: Floats, y: Floats, weight: Floats) -> tuple[float, float, float]:
    """Level at 0, slope, and the mean weight of what lies on the line."""
    kept = weight
    for _ in range(8):
        m, mx, my = kept.sum() + 1e-9, kept @ x, kept @ y
        slope = (m * (kept @ (x * y)) - mx * my) / (m * (kept @ x**2) - mx**2 + 1e-9)
        level = (my - slope * mx) / m
        kept = weight / (1.0 + ((y - level - slope * x) / ODD) ** 2)
    return float(level), float(slope), float(kept.mean())


def _overlap(slip: int) -> tuple[slice, NDArray[np.int64]]:
    """Stations of the curve that have one in the other phase, and the rows of these."""
    count = len(MAP_STATIONS)
    own = slice(max(0, -slip), min(count, count - slip))
    return own, np.arange(count)[own] + slip
