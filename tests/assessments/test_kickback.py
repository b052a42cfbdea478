"""The whole measurement on stick figures: known kicks in, known angles, verdicts and reasons out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobility_check.assessments.descriptions import KICK_BACK
from mobility_check.assessments.kickback import find
from mobility_check.kinematics.landmarks import SIDES
from mobility_check.pipeline import analyze_track, analyze_tracks
from mobility_check.results.wording import headline, meaning
from mobility_check.settings import Settings, load_settings
from synthetic.stickfigure import Figure, Kick, kicks, mirrored

THREE = kicks("right")


def result(*figures, **settings_):
    return analyze_tracks([f.track() for f in figures], settings=load_settings(**settings_)).result


def measured(figure, side="right", **settings_):
    found = result(figure, **settings_)
    return found.sides[side], [r.code for r in found.reasons]


def codes(thing):
    return [r.code for r in thing.reasons]


# --- angles ---


@pytest.mark.parametrize("angle", [8.0, 15.0, 30.0])
@pytest.mark.parametrize(("facing", "side"), [("right", "right"), ("left", "left")])
def test_known_motion_in_known_angle_out(angle, facing, side):
    figure = Figure(kicks(side, extension_deg=angle, trunk_lean_deg=2.0, knee_deg=3.0), facing=facing)
    leg, reasons = measured(figure, side)
    assert (leg.status, leg.view, reasons) == ("scored", "near", ["one_leg_only"])
    assert leg.score_deg == pytest.approx(angle, abs=0.3)
    assert len(leg.reps) == 3
    for rep, start in zip(leg.reps, (2.0, 6.2, 10.4), strict=True):
        assert rep.valid
        assert rep.extension_deg == pytest.approx(angle, abs=0.4)
        assert rep.thigh_deg == pytest.approx(angle + 2.0, abs=0.4)
        assert rep.trunk_lean_deg == pytest.approx(2.0, abs=0.3)
        assert rep.knee_flexion_deg == pytest.approx(3.0, abs=0.6)
        assert start < rep.start_s < rep.peak_s < rep.end_s < start + 3.3
        low, high = rep.ci95_deg
        assert low < angle < high


def test_the_persons_own_standing_is_the_zero():
    bent = Figure(THREE, rest_deg=(5.0, -6.0, 4.0, 8.0))
    assert measured(bent)[0].score_deg == pytest.approx(20.0, abs=0.2)


def test_both_legs_of_a_session_with_a_turn_round():
    figure = Figure(
        [*kicks("right", extension_deg=14.0), *kicks("left", first_s=18.0, extension_deg=21.0)],
        duration_s=32.0,
        turns_s=[15.5],
    )
    found = result(figure)
    assert (found.status, found.reasons) == ("scored", ())
    assert [found.sides[s].view for s in SIDES] == ["near", "near"]
    assert found.sides["right"].score_deg == pytest.approx(14.0, abs=0.3)
    assert found.sides["left"].score_deg == pytest.approx(21.0, abs=0.3)
    assert found.asymmetry.difference_deg == pytest.approx(7.0, abs=0.5)
    assert found.quality.facing == ("right", "left")


def test_one_clip_per_leg_is_one_session():
    found = result(Figure(kicks("right", extension_deg=14.0)), Figure(kicks("left", extension_deg=21.0), facing="left"))
    assert found.status == "scored"
    assert len(found.inputs) == 2
    assert {rep.clip for rep in found.sides["left"].reps} == {1}
    assert found.asymmetry.difference_deg == pytest.approx(7.0, abs=0.5)


def test_clips_that_disagree_limit_every_number_and_say_so():
    found = result(
        Figure(kicks("left", extension_deg=29.0), facing="left"),
        Figure(kicks("left", extension_deg=4.5), facing="left"),
        Figure(THREE),
    )
    assert [found.sides[s].status for s in SIDES] == [found.status] * 2 == ["limited"] * 2
    assert all("clips_disagree" in codes(found.sides[s]) for s in SIDES)
    agree = result(Figure(kicks("left"), facing="left"), Figure(kicks("left", extension_deg=22.0), facing="left"))
    assert agree.status == "scored"


@pytest.mark.parametrize("copies", [2, 3])
def test_the_same_clip_given_again_counts_once_and_is_said(copies):
    one = Figure(THREE).track()
    found = analyze_tracks([one, *[replace(one, meta=replace(one.meta, path="copy.mp4"))] * (copies - 1)]).result
    assert len(found.inputs) == 1
    assert len(found.sides["right"].reps) == 3
    assert [r.message for r in found.reasons if r.code == "same_clip_twice"] == [
        "The clip 'copy.mp4' was given more than once and was counted once."
    ]


def test_a_leg_whose_kicks_do_not_count_is_not_asked_to_kick_again_from_nothing():
    bad = kicks("left", first_s=18.0, trunk_lean_deg=16.0)
    found = result(Figure([*THREE, *bad], duration_s=32.0, turns_s=[15.5]))
    assert codes(found) == ["other_leg_invalid"]
    assert codes(found.sides["left"]) == ["no_valid_reps", "trunk_lean"]


def test_no_quiet_standing_is_said_although_no_kick_counts():
    rushed = [Kick("right", 0.2 + 2.75 * i, hold_s=0.8, rise_s=0.95, trunk_lean_deg=16.0) for i in range(3)]
    found = result(Figure(rushed, duration_s=8.6))
    assert found.status == "not_scored"
    assert "thin_neutral" in codes(found)


def test_the_far_leg_is_measured_but_limited():
    leg, _ = measured(Figure(kicks("left"), facing="right"), "left")
    assert (leg.status, leg.view) == ("limited", "far")
    assert "far_side_only" in codes(leg)
    assert leg.score_deg == pytest.approx(20.0, abs=0.3)


# --- properties ---


@pytest.mark.parametrize("yaw", [0.0, 8.0])
def test_a_mirror_swaps_left_and_right_and_nothing_else(yaw):
    track = Figure(
        [*THREE, *kicks("left", first_s=17.5, extension_deg=13.0)], duration_s=32.0, turns_s=[15.2], yaw_deg=yaw
    ).track()
    one, two = analyze_track(track).result, analyze_track(mirrored(track)).result
    for side, opposite in (("left", "right"), ("right", "left")):
        assert two.sides[side].score_deg == pytest.approx(one.sides[opposite].score_deg, abs=1e-6)
        assert two.sides[side].view == one.sides[opposite].view
    assert two.asymmetry.difference_deg == pytest.approx(-one.asymmetry.difference_deg, abs=1e-6)


@settings(max_examples=15)
@given(
    roll=st.floats(-10, 10),
    leg_px=st.floats(150, 900),
    fps=st.sampled_from([24.0, 25.0, 29.97, 60.0, 120.0]),
    size=st.sampled_from([(1080, 1920), (1920, 1080), (720, 720)]),
    angle=st.floats(6, 35),
    seed=st.integers(0, 99),
)
def test_roll_scale_aspect_and_frame_rate_change_no_angle(roll, leg_px, fps, size, angle, seed):
    leg_px = min(leg_px, 0.45 * min(size))
    figure = Figure(
        kicks("right", extension_deg=angle),
        roll_deg=roll,
        leg_px=leg_px,
        fps=fps,
        size=size,
        seed=seed,
        noise_px=0.001 * leg_px,
    )
    leg, _ = measured(figure)
    assert leg.status == "scored"
    assert leg.score_deg == pytest.approx(angle, abs=0.5)


def test_a_variable_frame_rate_is_measured_by_its_own_clock():
    rng = np.random.default_rng(2)
    times = np.cumsum(rng.choice([1 / 60, 1 / 30, 1 / 30, 1 / 20], size=520))
    leg, _ = measured(Figure(THREE, times_s=times[times < 15.0]))
    assert leg.status == "scored"
    assert leg.score_deg == pytest.approx(20.0, abs=0.3)
    assert [round(r.start_s) for r in leg.reps] == [2, 6, 11]


@pytest.mark.parametrize(
    ("yaw", "expected", "reasons"), [(12.0, True, []), (22.0, True, ["yaw"]), (38.0, False, ["yaw"])]
)
def test_yaw_costs_little_is_flagged_and_then_rejected(yaw, expected, reasons):
    leg, _ = measured(Figure(THREE, yaw_deg=yaw))
    assert [r.valid for r in leg.reps] == [expected] * 3
    assert codes(leg.reps[0]) == reasons
    if yaw <= 15:
        assert leg.score_deg == pytest.approx(20.0, abs=1.0)


def test_more_noise_means_a_wider_or_equal_interval_and_little_error():
    quiet, _ = measured(Figure(THREE, noise_px=0.5))
    noisy, _ = measured(Figure(THREE, noise_px=3.0))
    assert noisy.score_deg == pytest.approx(20.0, abs=1.0)
    assert noisy.ci95_deg[1] - noisy.ci95_deg[0] >= 0.99 * (quiet.ci95_deg[1] - quiet.ci95_deg[0])


def test_the_same_track_gives_the_same_numbers():
    track = Figure(THREE, noise_px=2.0).track()
    assert analyze_track(track).result == analyze_track(track).result


# --- form and picture ---


@pytest.mark.parametrize(
    ("fields", "code", "valid"),
    [
        ({"trunk_lean_deg": 7.0}, "trunk_lean", True),
        ({"trunk_lean_deg": 14.0}, "trunk_lean", False),
        ({"trunk_lean_deg": -14.0}, "trunk_lean", False),
        ({"knee_deg": 14.0}, "knee_bent", True),
        ({"knee_deg": 30.0}, "knee_bent", False),
        ({"hold_s": 0.0}, "no_hold", False),
    ],
)
def test_bad_form_of_one_kick_is_flagged_or_rejected_and_kept(fields, code, valid):
    bad = Kick("right", 6.2, **{"extension_deg": 25.0, **fields})
    leg, _ = measured(Figure([THREE[0], bad, THREE[2]]))
    assert [r.valid for r in leg.reps] == [True, valid, True]
    assert code in codes(leg.reps[1])
    assert leg.reps[1].extension_deg is not None
    if not valid:
        assert leg.score_deg == pytest.approx(20.0, abs=0.3), "a kick that does not count moves no score"
        assert codes(leg) == ["few_reps"]


LEG = {"left": [25, 27, 29, 31], "right": [26, 28, 30, 32]}


@pytest.mark.parametrize("further_px", [-3.0, 0.0, 8.0], ids=lambda px: f"far leg {px:+g} px further back")
@pytest.mark.parametrize(("facing", "side", "far"), [("right", "right", "left"), ("left", "left", "right")])
def test_a_kick_in_which_the_model_sees_both_legs_as_the_near_one_is_the_near_legs(facing, side, far, further_px):
    track = Figure(kicks(side, extension_deg=6.0), facing=facing).track()
    xy = track.xy_px.copy()
    xy[:, LEG[far]] = xy[:, LEG[side]]
    back = np.abs(xy[:, LEG[side][1], 0] - xy[0, LEG[side][1], 0])
    backwards = -1.0 if facing == "right" else 1.0
    xy[:, LEG[far], 0] += (backwards * further_px * back / back.max())[:, None]
    found = find(replace(track, xy_px=xy), Settings().params)
    assert [(rep.side, rep.view) for rep in found.reps] == [(side, "near")] * 3


@pytest.mark.parametrize("lean_px", [-40.0, 40.0])
def test_a_body_that_sways_over_two_standing_feet_does_not_kick(lean_px):
    figure = Figure(kicks("right", extension_deg=6.0))
    track, standing = figure.track(), Figure([], duration_s=figure.duration_s).track()
    swing = np.abs(track.xy_px[:, 28, 0] - track.xy_px[0, 28, 0])
    xy = standing.xy_px[: len(track)].copy()
    xy[:, :25, 0] += lean_px * (swing / swing.max())[:, None]
    xy[:, 25:27, 0] += lean_px / 2 * (swing / swing.max())[:, None]
    assert find(replace(track, xy_px=xy), Settings().params).reps == ()


def test_leaning_forward_fakes_no_extension():
    leaning = Figure(kicks("right", extension_deg=8.0, trunk_lean_deg=22.0))
    found = result(leaning)
    assert found.status == "not_scored"
    assert "trunk_lean" in [r.code for r in found.reasons]
    tipping_only = Figure(kicks("right", extension_deg=0.0, trunk_lean_deg=-20.0))
    assert result(tipping_only).status == "not_scored"


@pytest.mark.parametrize("gap_s", [0.1, 0.6])
def test_a_gap_in_the_hold_is_bridged_or_told_but_not_invented(gap_s):
    figure = Figure(THREE, gaps_s=[(7.5, 7.5 + gap_s)])
    leg, _ = measured(figure)
    assert [r.valid for r in leg.reps] == [True, gap_s < 0.2, True]
    assert codes(leg.reps[1]) == ([] if gap_s < 0.2 else ["gap_in_hold"])
    assert leg.score_deg == pytest.approx(20.0, abs=0.3)


@pytest.mark.parametrize(("fps", "status", "reasons"), [(3.0, "limited", ["low_frame_rate"]), (12.0, "scored", [])])
def test_holds_of_few_frames_are_less_certain(fps, status, reasons):
    leg, _ = measured(Figure(kicks("right", hold_s=0.8), fps=fps))
    assert (leg.status, codes(leg)) == (status, reasons)
    usual, _ = measured(Figure(kicks("right", hold_s=0.8)))
    assert leg.se_deg == pytest.approx(np.hypot(usual.se_deg, 2.0 if reasons else 0.0), abs=0.1)


def test_fewer_than_two_frames_a_second_show_no_hold():
    leg, _ = measured(Figure(kicks("right", hold_s=2.2), fps=1.5))
    assert leg.score_deg is None
    assert any(r.hold_s for r in leg.reps)
    assert all("gap_in_hold" in codes(r) for r in leg.reps if r.hold_s)


def test_a_picture_frozen_in_the_hold_is_no_good_hold():
    leg, _ = measured(Figure(THREE, frozen_s=[(7.4, 8.2)]))
    assert [r.valid for r in leg.reps] == [True, False, True]
    assert codes(leg.reps[1]) == ["frozen_picture"]


def test_a_kick_that_the_clip_cuts_off_does_not_count():
    leg, _ = measured(Figure(THREE, duration_s=12.4))
    assert [r.valid for r in leg.reps] == [True, True, False]
    assert "cut_off" in codes(leg.reps[2])


def test_swapped_leg_labels_are_put_right():
    figure = Figure([*THREE], swapped_s=[(7.3, 7.7), (11.5, 11.53)])
    found = result(figure)
    assert found.sides["left"].reps == ()
    assert [r.valid for r in found.sides["right"].reps] == [True] * 3
    assert found.sides["right"].score_deg == pytest.approx(20.0, abs=0.3)


# --- what is no kick-back test ---


@pytest.mark.parametrize(
    ("figure", "code"),
    [
        (Figure(duration_s=8.0), "no_reps"),
        (Figure(kicks("right", extension_deg=-30.0)), "kicks_forward"),
        (Figure(kicks("right", extension_deg=0.0, knee_deg=60.0)), "heel_raised"),
        (Figure(THREE, yaw_deg=80.0), "not_side_view"),
        (Figure(duration_s=6.0, walk_speed=0.5, centre=(0.1, 0.5), size=(2400, 1600), leg_px=400.0), "not_kick_back"),
        (Figure(duration_s=6.0, gaps_s=[(0.0, 9.0)]), "no_person"),
        (Figure(duration_s=0.5), "too_short"),
        (Figure(THREE, leg_px=60.0), "person_too_small"),
    ],
)
def test_what_is_not_scored_says_why_and_gives_no_number(figure, code):
    found = result(figure)
    assert found.status == "not_scored"
    assert found.reasons[0].code == code
    for side in SIDES:
        assert found.sides[side].score_deg is None
        assert found.sides[side].ci95_deg is None
    assert found.asymmetry.difference_deg is None


def test_walking_on_the_spot_counts_no_valid_kick():
    found = result(Figure(duration_s=8.0, walk_speed=1e-6))
    assert all(not rep.valid for side in SIDES for rep in found.sides[side].reps)


def test_a_panning_camera_is_noted_and_costs_nothing():
    leg, reasons = measured(Figure(THREE, pan=(0.07, 0.0), centre=(0.3, 0.5), leg_px=500.0))
    assert "camera_moving" in reasons
    assert [r.valid for r in leg.reps] == [True] * 3
    assert leg.score_deg == pytest.approx(20.0, abs=0.3)


def test_without_quiet_standing_a_number_is_given_with_a_wider_interval_and_said_so():
    one_after_the_other = [Kick("right", 0.2 + 2.75 * i, hold_s=0.8, rise_s=0.95) for i in range(3)]
    rushed = Figure(one_after_the_other, duration_s=8.6)
    found = result(rushed)
    leg = found.sides["right"]
    assert "thin_neutral" in [r.code for r in found.reasons]
    calm, _ = measured(Figure(THREE))
    assert leg.score_deg is not None
    assert leg.ci95_deg[1] - leg.ci95_deg[0] > calm.ci95_deg[1] - calm.ci95_deg[0]


def test_short_quiet_standing_is_noted():
    figure = Figure([Kick("right", 0.55 + 2.7 * i, hold_s=0.8, rise_s=0.95) for i in range(3)], duration_s=8.6)
    assert "short_neutral" in measured(figure)[1]


def test_one_unreadable_clip_of_two_does_not_hide_the_other():
    found = result(Figure(THREE), Figure(duration_s=4.0, gaps_s=[(0.0, 9.0)]))
    assert found.sides["right"].score_deg == pytest.approx(20.0, abs=0.3)
    assert len(found.inputs) == 2


def test_settings_reach_the_gates():
    leaning = Figure(kicks("right", trunk_lean_deg=14.0))
    assert result(leaning).status == "not_scored"
    lenient = {"trunk_lean_warn_deg": 15.0, "trunk_lean_reject_deg": 20.0}
    assert result(leaning, gates=lenient).status == "scored"


# --- what pictures and reports need ---


def test_the_curves_run_over_the_whole_clip_and_meet_the_reps():
    track = Figure(THREE).track()
    session = analyze_track(track)
    (clip,) = session.clips
    assert len(clip.time_s) == len(clip.trunk_lean_deg) == len(track)
    curve = clip.legs["right"].extension_deg
    for rep in clip.reps["right"]:
        at = np.searchsorted(clip.time_s, rep.peak_s)
        assert curve[at] == pytest.approx(rep.extension_deg, abs=1.0)
    assert np.nanmax(np.abs(clip.legs["left"].extension_deg)) < 1.5
    assert clip.neutral_spans_s[0][0] == pytest.approx(0.0, abs=0.2)
    assert [s.facing for s in clip.segments] == ["right"]


def test_no_curve_is_drawn_where_nobody_was_seen():
    session = analyze_track(Figure(THREE, gaps_s=[(4.9, 5.8)]).track())
    curve, t = session.clips[0].legs["right"].extension_deg, session.clips[0].time_s
    assert np.isnan(curve[(t > 5.0) & (t < 5.7)]).all()
    assert np.isfinite(curve[t < 4.8]).all()


def test_notes_of_the_clip_reach_the_result():
    track = replace(Figure(THREE).track(), meta=replace(Figure(THREE).track().meta, notes=("damaged_clip",)))
    assert "damaged_clip" in [r.code for r in analyze_track(track).result.reasons]


@pytest.mark.parametrize("quarter_turns", [1, 2, 3])
def test_a_clip_that_is_turned_is_told_so(quarter_turns):
    track = Figure(THREE).track()
    size = np.array([track.meta.width_px, track.meta.height_px], dtype=float)
    side = size.max()
    turn = np.linalg.matrix_power(np.array([[0.0, -1.0], [1.0, 0.0]]), quarter_turns)
    turned = (track.xy_px - size / 2) @ turn.T + side / 2
    square = replace(track.meta, width_px=int(side), height_px=int(side))
    found = analyze_track(replace(track, xy_px=turned, meta=square)).result
    assert found.status == "not_scored"
    assert [r.code for r in found.reasons] == ["not_upright"]


# --- whole sessions that are not what they seem ---


def slowed(figure, factor):
    """The same frames, played so many times slower."""
    track = figure.track()
    return replace(track, time_s=track.time_s * factor, meta=replace(track.meta, duration_s=factor * 15.0))


@pytest.mark.parametrize("factor", [4.0, 6.0, 8.0, 10.0])
def test_slow_motion_is_asked_about_and_gives_no_number(factor):
    found = analyze_track(slowed(Figure(THREE, fps=60.0), factor)).result
    assert found.status == "not_scored"
    told = {r.code: r.message for r in found.reasons}
    assert "is this slow motion?" in told["slow_motion"]
    seconds = float(told["slow_motion"].split(" last ")[1].split()[0])
    assert seconds == pytest.approx(3.2 * factor, rel=0.35)


@pytest.mark.parametrize(("rise_s", "hold_s"), [(1.0, 9.0), (2.2, 3.0), (3.2, 1.5)])
def test_a_long_hold_or_a_careful_kick_is_no_slow_motion(rise_s, hold_s):
    every_s = 2 * rise_s + hold_s + 2.0
    figure = Figure(kicks("right", rise_s=rise_s, hold_s=hold_s, every_s=every_s), duration_s=3 * every_s + 3)
    leg, _ = measured(figure)
    assert (leg.status, codes(leg)) == ("scored", [])
    assert leg.score_deg == pytest.approx(20.0, abs=0.4)


def test_a_leg_without_quiet_standing_is_not_told_to_kick():
    """The clip is cut to the kicks of the second leg: it kicked, but there is nothing to measure from."""
    rushed = [Kick("left", 16.3 + 2.3 * i, rise_s=0.9, hold_s=0.5) for i in range(5)]
    found = result(Figure([*THREE, *rushed], duration_s=27.0, turns_s=[15.3], turn_takes_s=1.0))
    assert found.sides["right"].score_deg == pytest.approx(20.0, abs=0.4)
    assert found.sides["left"].score_deg is None
    assert codes(found.sides["left"]) == ["no_neutral"]
    assert codes(found)[0] == "other_leg_invalid"


BROWN, BLUE, WHITE = (58.0, 40.0, 32.0), (48.0, 60.0, 79.0), (200.0, 200.0, 190.0)


def dressed(figure, before, after, *, from_s=15.0, light=1.0):
    """In (top, trousers) of these colours before and after a time, when the light changes by this factor as well."""
    track, later = figure.track(), figure.time_s >= from_s
    clothes = np.where(later[:, None, None], *(np.broadcast_to(c, (2, 3)) for c in (after, before)))
    return replace(track, clothes=clothes, luma=np.where(later, light, 1.0) * track.luma)


TURNS = Figure([*THREE, *kicks("left", first_s=17.5)], duration_s=32.0, turns_s=[15.0])


@pytest.mark.parametrize("figure", [Figure(THREE), TURNS])
def test_two_people_one_after_the_other_are_not_scored_as_one(figure):
    half = 9.0 if figure is not TURNS else 15.0
    found = analyze_track(dressed(figure, (BROWN, BLUE), (WHITE, BROWN), from_s=half)).result
    measured_legs = [side for side in found.sides.values() if side.score_deg is not None]
    assert (found.status, {side.status for side in measured_legs}) == ("limited", {"limited"})
    assert all(codes(side)[0] == "clips_differ" for side in measured_legs)
    assert found.asymmetry.difference_deg is None
    if figure is TURNS:
        assert headline(found, KICK_BACK) == "Left and right cannot be compared."
        assert "different people" in meaning(found)


@pytest.mark.parametrize(
    ("after", "light"),
    [
        ((WHITE, BLUE), 1.0),  # a jacket is taken off, or the other arm hides the top
        ((BROWN, tuple(1.3 * c for c in BLUE)), 1.0),
        ((BROWN, tuple(1.9 * c for c in BLUE)), 1.9),  # the sun comes out
        ((BROWN, tuple(1.9 * c for c in BLUE)), 0.5),  # a window behind the person darkens
    ],
)
def test_a_jacket_or_light_that_changes_make_nobody_else_of_a_person(after, light):
    found = analyze_track(dressed(TURNS, (BROWN, BLUE), after, light=light)).result
    assert (found.status, found.asymmetry.detectable) == ("scored", False)


def test_other_clothes_in_another_clip_are_another_person_or_day():
    right, left = Figure(THREE), Figure(kicks("left"), facing="left")
    same = analyze_tracks([dressed(right, 100.0, 100.0), dressed(left, 130.0, 130.0)]).result
    assert same.status == "scored"
    found = analyze_tracks([dressed(right, 60.0, 60.0), dressed(left, 150.0, 150.0)]).result
    assert [found.status, *(found.sides[s].status for s in SIDES)] == ["limited"] * 3
    assert "clips_differ" in codes(found.sides["left"])


def test_a_stance_that_looks_bent_widens_the_interval_by_what_it_may_turn_the_thigh():
    bent_deg, true_deg = 14.0, 20.0
    thigh = true_deg + bent_deg / 2  # which stands so far forward in the stance, with the foot below the hip
    figure = Figure(kicks("right", extension_deg=thigh, knee_deg=-bent_deg), rest_deg=(-5.0, -7.0, 1.5, bent_deg))
    leg, _ = measured(figure)
    assert (leg.status, codes(leg)) == ("limited", ["bent_stance"])
    assert leg.ci95_deg[0] < true_deg < leg.score_deg - 5.0
