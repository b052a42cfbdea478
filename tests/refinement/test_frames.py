"""The refinement pass's plan: which frames, through which crop, and back to the full picture's pixels."""

from __future__ import annotations

from itertools import chain

import numpy as np
import pytest

from mobility_check.kinematics.landmarks import Landmark
from mobility_check.kinematics.track import RefinedFrames
from mobility_check.refinement.frames import (
    CROP_PX,
    CROP_VARIANTS,
    MIRROR,
    SegmentFrames,
    back_normal,
    chosen_frames,
    crop_affine,
    middle_of_variants,
    plan_frames,
    segment_lines,
    spread,
    to_full_picture,
)
from synthetic.stickfigure import Figure

STANDING = Figure(duration_s=0.1, noise_px=0.0).track().xy_px[0]


def test_the_mirror_order_exchanges_left_and_right_and_is_its_own_inverse():
    assert (MIRROR[MIRROR] == np.arange(33)).all()
    for mark in Landmark:
        other = Landmark(MIRROR[mark]).name
        assert other.replace("LEFT", "RIGHT") == mark.name.replace("LEFT", "RIGHT")
        assert ("LEFT" in mark.name) == ("RIGHT" in other)


@pytest.mark.parametrize("leg_px", [60.0, 400.0, 900.0])
def test_the_crop_holds_the_whole_person_with_room_for_the_leg(leg_px):
    standing = Figure(duration_s=0.1, leg_px=leg_px, noise_px=0.0).track().xy_px[0]
    affine = crop_affine(standing)
    inside = standing @ affine[:, :2].T + affine[:, 2]
    assert (inside > 0.05 * CROP_PX).all()
    assert (inside < 0.95 * CROP_PX).all()
    assert np.ptp(inside[:, 1]) == pytest.approx(0.72 * CROP_PX, abs=0.08 * CROP_PX)


def test_nobody_or_a_tiny_figure_gets_no_crop():
    assert crop_affine(np.full((33, 2), np.nan)) is None
    assert crop_affine(STANDING / 100.0) is None


@pytest.mark.parametrize("mirrored", [False, True])
def test_into_the_crop_and_back(mirrored):
    affine = crop_affine(STANDING)
    crop = (STANDING - 0.5) @ affine[:, :2].T + affine[:, 2] + 0.5
    if mirrored:
        crop[:, 0] = CROP_PX - crop[:, 0]
        crop = crop[MIRROR]
    assert to_full_picture(crop, affine, mirrored=mirrored) == pytest.approx(STANDING)


@pytest.mark.parametrize("count", [1, 3, 8])
def test_frames_are_spread_evenly_inside_their_span(count):
    chosen = spread(range(100, 160), count)
    assert len(chosen) == count
    assert chosen == sorted(set(chosen))
    assert all(100 <= frame < 160 for frame in chosen)
    assert spread([4, 9], 3) == [4, 9]
    assert spread([], 3) == []


@pytest.mark.parametrize("count", [1, 2, 4])
def test_frames_soon_after_an_entry_are_preferred_and_stay_spread(count):
    """Of a clip with eight frames for each one tracked; one part of the span stands for one chosen frame."""
    frames, entries = range(1600, 2080, 8), np.arange(0, 4800, 100)
    chosen = spread(frames, count, entries=entries)
    assert len(chosen) == len(set(chosen)) == count
    assert all(0 <= frame % 100 < 8 for frame in chosen), "decoding begins next to each"
    part = 480 / count
    assert [int((frame - 1600) // part) for frame in chosen] == list(range(count))


@pytest.mark.parametrize(
    "entries", [np.array([], dtype=np.int64), np.array([0]), np.array([0, 5000]), np.array([1730])]
)
def test_without_an_entry_in_the_span_frames_are_spread_as_usual(entries):
    frames = [*range(1600, 1720, 8), *range(1760, 1880, 8)]  # a kick lies between
    assert spread(frames, 4, entries=entries) == spread(frames, 4)


def test_only_segments_with_holds_are_looked_at():
    tracked = np.repeat(STANDING[None], 50, axis=0)
    frames = np.arange(0, 100, 2)
    kicked = SegmentFrames("right", range(0, 20, 2), [range(30, 40, 2)])
    idle = SegmentFrames("left", range(60, 80, 2), [])
    plans = plan_frames(tracked, frames, [kicked, idle])
    assert [p.frame for p in plans] == sorted(chain(*chosen_frames(kicked)))
    assert {p.facing for p in plans} == {"right"}
    assert plan_frames(np.full_like(tracked, np.nan), frames, [kicked]) == []


def test_standing_and_every_hold_are_seen_through_the_same_crops():
    tracked = np.repeat(STANDING[None], 100, axis=0)
    segment = SegmentFrames("right", range(40), [range(50, 60), range(70, 90)])
    crops = {p.frame: p.affine for p in plan_frames(tracked, np.arange(100), [segment])}
    standing, *holds = ([crops[f] for f in group] for group in chosen_frames(segment))
    for hold in holds:
        assert len(hold) == len(CROP_VARIANTS)
        for one, other in zip(hold, standing, strict=False):
            np.testing.assert_array_equal(one, other)
    plain = crop_affine(STANDING)
    assert plain is not None
    for affine, (size, right, down) in zip(holds[0], CROP_VARIANTS, strict=True):
        assert affine[0, 0] == pytest.approx(size * plain[0, 0])
        hip = plain @ [*STANDING[23], 1.0]
        middle = CROP_PX / 2 - 0.5
        np.testing.assert_allclose(
            affine @ [*STANDING[23], 1.0], middle + size * (hip - middle) + CROP_PX * np.array([right, down])
        )
        assert np.all(affine @ [*STANDING[0], 1.0] > 0), "the head stays in the crop"
        assert np.all(affine @ [*STANDING[32], 1.0] < CROP_PX), "the feet stay in the crop"


def test_a_denser_look_takes_more_of_the_same_frames():
    segment = SegmentFrames("right", range(100), [range(200, 240)])
    usual, dense = (list(chain(*chosen_frames(segment, density=d))) for d in (1, 3))
    assert (len(usual), len(dense)) == (6, 18)
    assert set(dense) <= {*range(100), *range(200, 240)}
    assert max(np.diff([f for f in dense if f >= 200])) < max(np.diff([f for f in usual if f >= 200]))


def test_refined_frames_are_found_by_their_number():
    frames = RefinedFrames(
        np.array([3, 7, 9]), np.ones((3, 4, 33, 2)), np.ones((3, 3, 4)), np.ones((3, 4, 37)), np.ones((3, 2, 33, 150))
    )
    assert frames.at([9, 3, 100]).frame.tolist() == [3, 9]
    assert frames.at([9]).landmarks_px.shape == (1, 4, 33, 2)


def test_the_middle_of_the_variants_looks_through_missing_ones():
    variants = np.full((2, 4, 33, 2), np.nan)
    variants[0, :3] = np.array([1.0, 2.0, 9.0])[:, None, None]
    middle = middle_of_variants(variants)
    assert (middle[0] == 2.0).all()
    assert np.isnan(middle[1]).all()


@pytest.mark.parametrize(("facing", "sign"), [("right", -1.0), ("left", 1.0)])
def test_the_normal_points_to_the_back(facing, sign):
    for line in segment_lines(STANDING):
        normal = back_normal(line, facing)
        assert np.hypot(*normal) == pytest.approx(1.0)
        assert normal[0] * sign > 0.9
        assert normal @ (line[2:] - line[:2]) == pytest.approx(0.0, abs=1e-9)
