"""What must not change a measurement: a mirror, fewer frames, a smaller picture, strong compression, more threads."""

from __future__ import annotations

import pytest

import mobility_check
from mobility_check.settings import Settings
from tests.footage import SAMPLES, derive

SAME = 0.7
"""Degrees; the bar for a clip that shows the same in another form."""
KICKS, KICKS_END_S = 1, 5.6


@pytest.fixture(scope="module")
def original(clip_folder):
    return derive(SAMPLES[1], clip_folder / "original.mp4", stop_s=KICKS_END_S, crf=16)


@pytest.fixture(scope="module")
def score(original):
    return measured(original, "right")


def measured(path, side, **settings):
    leg = mobility_check.analyze(path, settings=Settings(**settings)).sides[side]
    assert [rep.valid for rep in leg.reps] == [True] * KICKS
    return leg.score_deg


@pytest.mark.slow
def test_a_mirrored_clip_swaps_left_and_right(original, score, clip_folder):
    mirrored = derive(original, clip_folder / "mirrored.mp4", lambda image, _: image[:, ::-1], crf=16)
    assert measured(mirrored, "left") == pytest.approx(score, abs=SAME)


@pytest.mark.slow
@pytest.mark.parametrize(
    "change", [{"fps": 15.0}, {"height": 640}, {"crf": 32}], ids=["half the frames", "half the size", "compressed"]
)
def test_the_same_clip_in_another_form(original, score, clip_folder, change):
    path = derive(original, clip_folder / f"{next(iter(change))}.mp4", **change)
    assert measured(path, "right") == pytest.approx(score, abs=SAME)


@pytest.mark.slow
def test_the_number_of_threads_changes_nothing(short_clip, short_measured):
    assert mobility_check.analyze(short_clip, settings=Settings(workers=3)).to_dict() == short_measured.run.result()
