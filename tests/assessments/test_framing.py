"""Whether the person in the picture can be measured at all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mobility_check.assessments.framing import measurable, picture_notes, usable_clip
from mobility_check.kinematics.params import Params
from mobility_check.results.reasons import MESSAGES
from mobility_check.results.result import Reason
from synthetic.stickfigure import Figure, kicks

P = Params()
F = P.framing
GOOD = Figure(kicks("right"), noise_px=1.0)
STANDING = (2.0, -3.0, 1.5, 3.0)


def code(track):
    found = usable_clip(track, P)
    return found.code if isinstance(found, Reason) else None


def notes(track):
    return [r.code for r in picture_notes(track, F)]


def test_a_good_clip_is_usable_and_needs_no_note():
    assert code(GOOD.track()) is None
    assert notes(GOOD.track()) == []


@pytest.mark.parametrize(
    ("figure", "expected"),
    [
        (Figure(duration_s=0.0), "too_short"),
        (Figure(duration_s=1 / 30), "too_short"),
        (Figure(duration_s=1.5, yaw_deg=88.0), "too_short"),
        (Figure(duration_s=5.0, gaps_s=[(1.0, 9.0)]), "no_person"),
        (Figure(duration_s=5.0, leg_px=60.0), "person_too_small"),
        (Figure(duration_s=5.0, yaw_deg=88.0), "not_side_view"),
        (Figure(duration_s=5.0, centre=(0.5, 0.05)), "partial_body"),
        (Figure(duration_s=5.0, centre=(0.5, 0.95)), "partial_body"),
        (Figure(duration_s=5.0, centre=(1.02, 0.5)), "partial_body"),
    ],
)
def test_why_a_clip_is_unusable(figure, expected):
    assert code(figure.track()) == expected


KNEES_DOWN = 0.5 * 700 / 1920
"""A thigh of these figures, as a share of the picture's height."""


@pytest.mark.parametrize(
    ("edge", "centre"),
    [
        ("knees just inside the lower edge", (0.5, 1.0 - 1.2 * KNEES_DOWN)),
        ("knees just below it", (0.5, 1.0 - 0.9 * KNEES_DOWN)),
        ("shoulders just inside the upper edge", (0.5, 0.58 * 700 / 1920 + 0.08 * KNEES_DOWN)),
        ("hips just inside the left edge", (0.2 * 350 / 1080, 0.5)),
        ("hips just inside the right edge", (1.0 - 0.2 * 350 / 1080, 0.5)),
    ],
)
def test_a_joint_must_be_clearly_inside_for_the_model_guesses_at_the_edge(edge, centre):
    assert code(Figure(kicks("right"), centre=centre).track()) == "partial_body", edge


def test_a_knee_well_inside_will_do_and_missing_feet_are_a_matter_of_the_kick():
    usable = usable_clip(Figure(kicks("right"), centre=(0.5, 1.0 - 1.3 * KNEES_DOWN)).track(), P)
    assert not isinstance(usable, Reason)
    assert not usable.feet.any()


@pytest.mark.parametrize("before_s", [20.0, 30.0])
def test_a_session_after_something_else_is_usable(before_s):
    long = Figure(kicks("right", first_s=before_s + 2.0), duration_s=before_s + 15.0, gaps_s=[(0.0, before_s)])
    usable = usable_clip(long.track(), P)
    assert not isinstance(usable, Reason)
    assert usable.segments[0].segment.start == pytest.approx(before_s * 30, abs=15)


@pytest.mark.parametrize(
    ("posture", "rest_deg", "pointed_deg", "expected"),
    [
        ("bent over", (0.0, 0.0, 80.0, 10.0), 0.0, "not_standing"),
        ("half bent over, as in a triceps kick-back", (-5.0, -5.0, 45.0, 10.0), 0.0, "not_standing"),
        ("all fours", (0.0, 0.0, 90.0, 90.0), 60.0, "not_standing"),
        ("on elbows and knees", (5.0, 5.0, 110.0, 95.0), 60.0, "not_standing"),
        ("kneeling", (0.0, 0.0, 5.0, 90.0), 60.0, "not_standing"),
        ("sitting", (-85.0, -85.0, 5.0, 85.0), 0.0, "not_standing"),
        ("prone, toes pointed", (90.0, 90.0, 90.0, 0.0), 70.0, "not_standing"),
        ("prone, knees bent", (90.0, 90.0, 90.0, 80.0), 0.0, "not_standing"),
        ("in a squat", (-70.0, -70.0, 35.0, 110.0), 0.0, "not_standing"),
    ],
)
def test_who_does_not_stand_is_told_so_and_not_to_turn_the_clip(posture, rest_deg, pointed_deg, expected):
    lifts = kicks("right", extension_deg=15.0)
    for figure in (
        Figure(lifts, rest_deg=rest_deg, pointed_deg=pointed_deg, leg_px=400.0),
        Figure(lifts, rest_deg=rest_deg, pointed_deg=pointed_deg, leg_px=400.0, facing="left"),
    ):
        assert code(figure.track()) == expected, posture


def test_a_clip_that_lies_on_its_side_is_to_be_turned_or_the_person_to_stand_up():
    for roll_deg in (90.0, -90.0, 180.0):
        assert code(Figure(kicks("right"), roll_deg=roll_deg, leg_px=400.0).track()) == "not_upright"
    assert "lying down" in MESSAGES["not_upright"]


def test_a_camera_that_is_tilted_a_little_makes_nobody_bend():
    for roll_deg in (-12.0, 12.0):
        assert code(Figure(kicks("right"), roll_deg=roll_deg).track()) is None


def test_nobody_seen_in_the_dark_is_told_as_darkness():
    track = Figure(duration_s=5.0, gaps_s=[(0.0, 9.0)]).track()
    assert code(replace(track, luma=np.full(len(track), 6.0))) == "too_dark"


def test_landmarks_that_the_model_itself_doubts_are_not_measured():
    track = GOOD.track()
    assert measurable(track, F).all()
    assert not measurable(replace(track, visibility=np.full_like(track.visibility, 0.2)), F).any()


def test_what_is_noted_although_it_was_measured():
    track = GOOD.track()
    assert notes(replace(track, luma=np.full(len(track), 9.0))) == ["too_dark"]
    assert notes(replace(track, meta=replace(track.meta, fps=8.0))) == ["low_frame_rate"]
    assert notes(replace(track, meta=replace(track.meta, notes=("damaged_clip",)))) == ["damaged_clip"]


def test_every_reason_is_one_plain_sentence():
    for name, message in MESSAGES.items():
        text = message.format(
            wanted=3,
            value="11–14",
            limit="10",
            side="right",
            low="12",
            high="29",
            name="clip.mp4",
            seconds=17.0,
            count=2,
            where="on the left",
        )
        assert text.endswith("."), name
        assert "\n" not in text
        assert len(text) < 200, name
        assert not {"detect", "diagnos", "monitor"} & set(text.lower().split())
