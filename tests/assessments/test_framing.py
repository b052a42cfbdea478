"""Whether the person in the picture can be measured at all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mobility_check.assessments.framing import measurable, picture_notes, why_unusable
from mobility_check.kinematics.params import Framing
from mobility_check.results.reasons import MESSAGES
from tests.stickfigure import Figure, kicks

F = Framing()
GOOD = Figure(kicks("right"), noise_px=1.0)


def code(track):
    found = why_unusable(track, F)
    return None if found is None else found.code


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


def test_nobody_seen_in_the_dark_is_told_as_darkness():
    track = Figure(duration_s=5.0, gaps_s=[(0.0, 9.0)]).track()
    assert code(replace(track, luma=np.full(len(track), 6.0))) == "too_dark"


def test_landmarks_that_the_model_itself_doubts_are_not_measured():
    track = GOOD.track()
    assert measurable(track, F).all()
    assert not measurable(replace(track, visibility=np.full_like(track.visibility, 0.2)), F).any()


def test_what_is_noted_although_it_was_measured():
    track = GOOD.track()
    assert notes(replace(track, people=np.full(len(track), 2))) == ["several_people"]
    assert notes(replace(track, luma=np.full(len(track), 9.0))) == ["too_dark"]
    assert notes(replace(track, meta=replace(track.meta, fps=8.0))) == ["low_frame_rate"]
    assert notes(replace(track, meta=replace(track.meta, notes=("damaged_clip",)))) == ["damaged_clip"]
    feet_cut = Figure(GOOD.movements, centre=(0.5, 0.75))
    assert notes(feet_cut.track()) == ["partial_body"]


def test_a_passer_by_for_a_moment_is_not_worth_a_note():
    track = GOOD.track()
    people = np.ones(len(track), dtype=np.int64)
    people[:10] = 2
    assert notes(replace(track, people=people)) == []


def test_every_reason_is_one_plain_sentence():
    for name, message in MESSAGES.items():
        text = message.format(wanted=3, value="11–14", limit="10", side="right", values="12 and 29", name="clip.mp4")
        assert text.endswith("."), name
        assert "\n" not in text
        assert len(text) < 200, name
        assert not {"detect", "diagnos", "monitor"} & set(text.lower().split())
