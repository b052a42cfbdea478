"""The replay back end plays a track as if a model had seen it: the whole pipeline without a model."""

from __future__ import annotations

import numpy as np
import pytest

from mobility_check.pipeline import analyze_tracks, record_track
from mobility_check.pose.replay import ReplayBackend
from mobility_check.settings import Settings
from synthetic.stickfigure import Figure, kicks
from tests.video.clips import make_clip

FIGURE = Figure(kicks("right"), size=(192, 320), leg_px=130.0, noise_px=0.1, duration_s=15.0)
PICTURE = np.zeros((320, 192, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def blank_clip(tmp_path_factory):
    return make_clip(tmp_path_factory.mktemp("replay") / "blank.mp4", frames=450, size=(192, 320))


def test_a_replayed_clip_is_measured_like_its_track(blank_clip):
    track = record_track(blank_clip, backend=ReplayBackend([FIGURE.track()]))
    assert (track.backend, track.model) == ("replay", "stick-figure")
    assert len(track) == 225, "the tracking pass looks at 15 pictures a second"
    found = analyze_tracks([track]).result
    assert found.sides["right"].score_deg == pytest.approx(20.0, abs=0.3)
    assert found.provenance.model == "stick-figure"
    assert found.inputs[0].frames == 450


@pytest.mark.parametrize("workers", [1, 3])
def test_the_number_of_threads_changes_no_number(blank_clip, workers):
    one = record_track(blank_clip, backend=ReplayBackend([FIGURE.track()]), settings=Settings(workers=workers))
    other = record_track(blank_clip, backend=ReplayBackend([FIGURE.track()]), settings=Settings(workers=2))
    assert np.array_equal(one.xy_px, other.xy_px, equal_nan=True)


@pytest.mark.parametrize("kicker_first", [True, False])
def test_the_one_who_kicks_is_measured(blank_clip, kicker_first):
    kicker = Figure(kicks("right"), size=(192, 320), leg_px=90.0, centre=(0.25, 0.5), noise_px=0.1)
    larger = Figure(size=(192, 320), leg_px=120.0, centre=(0.75, 0.5), noise_px=0.1, seed=7)
    tracks = [kicker.track(), larger.track()]
    track = record_track(blank_clip, backend=ReplayBackend(tracks if kicker_first else tracks[::-1]))
    found = analyze_tracks([track]).result
    assert found.sides["right"].score_deg == pytest.approx(20.0, abs=0.5)
    assert "several_people" in [r.code for r in found.reasons]


def test_landmarks_come_in_pixels_of_the_picture_that_is_shown():
    with ReplayBackend([FIGURE.track()]).video("any") as player:
        (full,) = player.estimate(PICTURE, 1.0)
        (half,) = player.estimate(PICTURE[::2, ::2], 1.0)
    assert half.xy_px == pytest.approx(full.xy_px / 2)
    assert full.xy_px == pytest.approx(FIGURE.track().xy_px[30])


def test_beyond_the_track_and_in_its_gaps_nobody_is_seen():
    track = Figure(duration_s=4.0, gaps_s=[(2.0, 3.0)]).track()
    with ReplayBackend([track]).video("any") as player:
        assert len(player.estimate(PICTURE, 1.96)) == 1
        assert player.estimate(PICTURE, 2.5) == ()
        assert player.estimate(PICTURE, 9.0) == ()
        assert player.estimate(PICTURE, -0.5) == ()


def test_still_pictures_have_no_time_to_look_up():
    with ReplayBackend([FIGURE.track()]).stills("any", masks=True) as player:
        assert player.estimate(PICTURE, 1.0) == ()


def test_an_empty_track_shows_nobody():
    with ReplayBackend([Figure(duration_s=0.0).track()]).video("any") as player:
        assert player.estimate(PICTURE, 0.0) == ()


def test_progress_rises_to_the_end(blank_clip):
    seen = []
    record_track(
        blank_clip, backend=ReplayBackend([FIGURE.track()]), settings=Settings(workers=1), on_progress=seen.append
    )
    assert seen == sorted(seen)
    assert 0 < seen[0] < 0.1
    assert seen[-1] == pytest.approx(1.0)
