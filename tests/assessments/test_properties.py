"""What must hold for any track at all, good or absurd: an answer that is whole, and no number out of thin air."""

from __future__ import annotations

from dataclasses import replace

import hypothesis.strategies as st
import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from numpy.testing import assert_allclose, assert_array_equal

from mobility_check.assessments import TESTS, assessment
from mobility_check.kinematics.landmarks import N_LANDMARKS, SIDES, other
from mobility_check.kinematics.params import Params
from mobility_check.kinematics.signals import fill_gaps, longest_gap_s, runs, smooth, speed
from mobility_check.kinematics.track import ClipMeta, PoseTrack
from mobility_check.refinement.coefficients import load_coefficients
from mobility_check.results.result import Provenance, Result
from mobility_check.results.schema import result_schema
from synthetic.stickfigure import Figure, kicks, mirrored

PROVENANCE = Provenance("0", "replay", "stick-figure", None)
SCHEMA = jsonschema.Draft202012Validator(result_schema())
few = settings(max_examples=20, derandomize=True)
many = settings(max_examples=100, derandomize=True)

ANGLE = st.floats(-5.0, 45.0)
TWO_EACH = [*kicks("right", count=2), *kicks("left", first_s=13.5, count=2)]
CLEAN = Figure(TWO_EACH, duration_s=23.0, turns_s=[11.2], fps=15)


def assess(*tracks, test="kick-back") -> Result:
    module, params = assessment(test), Params()
    found = [module.find(track, params) for track in tracks]
    return module.assess(found, params, PROVENANCE, coefficients=load_coefficients()).result


def check_whole(result: Result) -> None:
    """The rules of the contract that every result keeps."""
    SCHEMA.validate(result.to_dict())
    assert Result.from_dict(result.to_dict()).to_dict() == result.to_dict()
    assert result.reasons or result.status != "not_scored"
    for side in result.sides.values():
        assert (side.score_deg is None) == (side.status == "not_scored")
        if side.score_deg is not None:
            low, high = side.ci95_deg
            assert low <= side.score_deg <= high
            assert side.best_deg >= side.score_deg - 1e-9
            assert any(r.valid for r in side.reps)
        else:
            assert side.reasons
        for rep in side.reps:
            assert rep.start_s <= rep.peak_s <= rep.end_s
            assert rep.valid or rep.reasons
            assert rep.ci95_deg is None or rep.ci95_deg[0] <= rep.value_deg <= rep.ci95_deg[1]


@st.composite
def figures(draw) -> Figure:
    side = draw(st.sampled_from(SIDES))
    movement = kicks(
        side,
        first_s=draw(st.floats(0.0, 3.0)),
        count=draw(st.integers(0, 3)),
        extension_deg=draw(ANGLE),
        every_s=draw(st.floats(1.5, 5.0)),
        trunk_lean_deg=draw(st.floats(-30, 30)),
        knee_deg=draw(st.floats(0, 120)),
        hold_s=draw(st.floats(0.0, 2.0)),
        rise_s=draw(st.floats(0.1, 1.5)),
        sway_deg=draw(st.floats(0.0, 6.0)),
    )
    return Figure(
        movement,
        duration_s=draw(st.floats(0.2, 16.0)),
        facing=draw(st.sampled_from(SIDES)),
        fps=15,
        yaw_deg=draw(st.floats(-90, 90)),
        roll_deg=draw(st.floats(-180, 180)),
        leg_px=draw(st.floats(1.0, 3000.0)),
        walk_speed=draw(st.sampled_from([0.0, 0.0, 0.5])),
        noise_px=draw(st.sampled_from([0.0, 0.7, 20.0])),
        seed=draw(st.integers(0, 99)),
    )


@st.composite
def damaged(draw) -> PoseTrack:
    """A figure of which some landmarks and frames are missing, misplaced, exchanged or frozen."""
    track = draw(figures()).track()
    rng = np.random.default_rng(draw(st.integers(0, 9999)))
    xy, n = track.xy_px.copy(), len(track)
    for fault in draw(st.lists(st.sampled_from(["points", "frames", "shuffle", "far", "freeze", "joint"]), max_size=4)):
        share = rng.random()
        hit = rng.random(n) < share
        if fault == "points":
            xy[rng.random(xy.shape[:2]) < share] = np.nan
        elif fault == "frames":
            xy[hit] = np.nan
        elif fault == "shuffle":
            xy[hit] = xy[hit][:, rng.permutation(N_LANDMARKS)]
        elif fault == "far":
            xy[rng.random(xy.shape[:2]) < share] = rng.normal(0, 10.0 ** rng.integers(0, 9), 2)
        elif fault == "freeze":
            xy[hit] = xy[:1]
        else:
            xy[:, rng.integers(0, N_LANDMARKS)] = np.nan
    return replace(track, xy_px=xy, visibility=np.where(np.isfinite(xy[..., 0]), track.visibility, np.nan))


@st.composite
def nonsense(draw) -> PoseTrack:
    """Numbers without any meaning, at any moments."""
    n = draw(st.integers(0, 120))
    rng = np.random.default_rng(draw(st.integers(0, 9999)))
    size = 10.0 ** draw(st.integers(-3, 12))
    time_s = np.cumsum(rng.exponential(10.0 ** draw(st.integers(-4, 4)), n) + 1e-9)
    meta = ClipMeta("x", None, draw(st.floats(0, 1e6)), draw(st.floats(0, 1e9)), n, draw(st.integers(1, 9999)), 1)
    return PoseTrack(
        time_s,
        np.arange(n),
        rng.normal(0, size, (n, N_LANDMARKS, 2)),
        rng.random((n, N_LANDMARKS)),
        rng.integers(0, 4, n),
        rng.random(n) * 255,
        meta,
        "replay",
        "nonsense",
    )


@pytest.mark.parametrize("test", TESTS)
@few
@given(tracks=st.lists(st.one_of(damaged(), nonsense()), min_size=1, max_size=2))
def test_any_track_gives_a_whole_answer(test, tracks):
    check_whole(assess(*tracks, test=test))


@few
@given(damaged())
def test_assessing_changes_nothing_it_was_given(track):
    before = track.xy_px.copy(), track.visibility.copy()
    first, again = assess(track), assess(track)
    assert_array_equal(track.xy_px, before[0])
    assert_array_equal(track.visibility, before[1])
    assert first == again


@few
@given(figures())
def test_a_mirror_swaps_the_legs_of_anybody(figure):
    seen, swapped = assess(figure.track()), assess(mirrored(figure.track()))
    assert seen.status == swapped.status
    for side in SIDES:
        a, b = seen.sides[side], swapped.sides[other(side)]
        assert (a.status, a.view, len(a.reps)) == (b.status, b.view, len(b.reps))
        assert a.score_deg == pytest.approx(b.score_deg, abs=1e-6)


@few
@given(st.floats(-3000.0, 1e6))
def test_when_the_clip_was_filmed_changes_no_angle(shift_s):
    track = CLEAN.track()
    now, then = assess(track), assess(replace(track, time_s=track.time_s + shift_s))
    for side in SIDES:
        assert then.sides[side].score_deg == pytest.approx(now.sides[side].score_deg, abs=1e-4)
        starts = [[r.start_s for r in x.sides[side].reps] for x in (now, then)]
        assert_allclose(np.array(starts[1]) - shift_s, starts[0], atol=1e-6)


@few
@given(st.floats(0.4, 40.0))
def test_the_size_of_the_picture_changes_no_angle(scale):
    track = CLEAN.track()
    usual = assess(track)
    w, h = (max(1, round(scale * px)) for px in (track.meta.width_px, track.meta.height_px))
    scaled = replace(track, xy_px=track.xy_px * scale, meta=replace(track.meta, width_px=w, height_px=h))
    found = assess(scaled)
    for side in SIDES:
        assert found.sides[side].score_deg == pytest.approx(usual.sides[side].score_deg, abs=0.01)


@few
@given(st.integers(0, 10_000))
def test_a_frame_lost_here_and_there_loses_no_kick(seed):
    track = CLEAN.track()
    xy_px = track.xy_px.copy()
    xy_px[np.random.default_rng(seed).random(len(track)) < 0.04] = np.nan
    lossy = assess(replace(track, xy_px=xy_px))
    assert [len(lossy.sides[side].reps) for side in SIDES] == [2, 2]


@few
@given(st.floats(0.0, 1.0), st.integers(0, 999))
def test_losing_frames_never_adds_a_kick(share, seed):
    track = CLEAN.track()
    gone = np.random.default_rng(seed).random(len(track)) < share
    found = assess(replace(track, xy_px=np.where(gone[:, None, None], np.nan, track.xy_px)))
    for side in SIDES:
        valid = [r for r in found.sides[side].reps if r.valid]
        assert len(valid) <= 2
        assert all(abs(r.extension_deg - 20.0) < 4.0 for r in valid)


# --- signals ---

VALUES = st.lists(st.one_of(st.floats(-90, 90), st.just(float("nan"))), min_size=1, max_size=60)
STEPS = st.lists(st.floats(0.001, 0.5), min_size=60, max_size=60)


def signal(values, steps):
    return np.array(values), np.cumsum(steps)[: len(values)]


@many
@given(VALUES, STEPS, st.floats(0.0, 2.0))
def test_filling_touches_gaps_only_stays_between_its_neighbours_and_is_done_once(values, steps, longest_s):
    x, t = signal(values, steps)
    filled = fill_gaps(x, t, longest_s=longest_s)
    known = np.isfinite(x)
    assert_array_equal(filled[known], x[known])
    if known.any():
        inside = filled[np.isfinite(filled)]
        assert x[known].min() - 1e-9 <= inside.min()
        assert inside.max() <= x[known].max() + 1e-9
    assert_array_equal(fill_gaps(filled, t, longest_s=longest_s), filled)


@many
@given(VALUES, STEPS, st.floats(0.1, 20.0))
def test_smoothing_keeps_gaps_and_never_leaves_the_range(values, steps, cutoff_hz):
    x, t = signal(values, steps)
    y = smooth(x, t, cutoff_hz=cutoff_hz)
    known = np.isfinite(x)
    assert_array_equal(np.isfinite(y), known)
    if known.any():
        assert x[known].min() - 1e-6 <= y[known].min()
        assert y[known].max() <= x[known].max() + 1e-6


@many
@given(VALUES, STEPS, st.floats(-1e4, 1e4))
def test_speed_knows_neither_the_zero_nor_the_sign(values, steps, offset):
    x, t = signal(values, steps)
    v = speed(x, t)
    assert (v[np.isfinite(v)] >= 0).all()
    assert_allclose(speed(offset - x, t), v, rtol=1e-6, atol=1e-6)


@many
@given(st.lists(st.booleans(), min_size=1, max_size=60), STEPS)
def test_the_longest_gap_is_as_long_as_the_longest_run_of_unknown_frames(known, steps):
    mask, t = np.array(known), np.cumsum(steps)[: len(known)]
    gap = longest_gap_s(mask, t)
    if not mask.any():
        assert gap == np.inf
        return
    spans = [t[min(b, len(t) - 1)] - t[max(a - 1, 0)] for a, b in runs(~mask)]
    assert gap == pytest.approx(max([*spans, *np.diff(t)[mask[1:] & mask[:-1]], 0.0]))
