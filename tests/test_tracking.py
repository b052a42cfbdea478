from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mobility_check.kinematics.geometry import leg_angle_deg
from mobility_check.pose.replay import Player, ReplayBackend
from mobility_check.settings import Settings
from mobility_check.tracking import RUN_IN, _Shares, track_people
from mobility_check.video.source import ClipReader
from synthetic.stickfigure import Figure, kicks
from tests.drawnfigure import SIZE, filmed

KICKER = Figure(kicks("right", count=2), duration_s=11.0, size=SIZE, leg_px=260.0)


class Counting(ReplayBackend):
    """Keeps the times at which a model was asked."""

    def __init__(self, tracks):
        super().__init__(tracks)
        self.asked_s = []

    def video(self, model, *, max_people=1):
        backend = self

        class Counted(Player):
            def estimate(self, image, time_s):
                backend.asked_s.append(time_s)
                return super().estimate(image, time_s)

        return Counted((KICKER.track(),))


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return filmed(tmp_path_factory.mktemp("clip") / "kicks.mp4", KICKER)


def tracked(clip, *, rate_hz=15.0, **settings):
    backend = Counting([KICKER.track()])
    (track,) = track_people(ClipReader.of(clip), backend, Settings(**settings), rate_hz=rate_hz)
    return track, np.array(sorted(backend.asked_s))


def test_where_nobody_moves_the_model_is_asked_now_and_then(clip):
    track, asked_s = tracked(clip)
    everything, all_asked_s = tracked(clip, every_frame=True)
    assert len(everything.time_s) == len(KICKER.time_s) < len(all_asked_s)
    assert len(track.time_s) == 165
    assert len(asked_s) < 0.6 * len(track.time_s)
    assert np.diff(asked_s).max() < 0.3


def test_landmarks_in_between_are_those_of_every_frame(clip):
    track, _ = tracked(clip)
    wanted = replace(KICKER, noise_px=0.0).track().xy_px[track.frame]
    away_deg = leg_angle_deg(track.xy_px, "right", "right") - leg_angle_deg(wanted, "right", "right")
    assert np.abs(away_deg).max() < 1.0  # twice what the jitter alone gives
    assert np.abs(track.xy_px - wanted).max() < 5.0
    assert np.isfinite(track.visibility).all()
    assert (track.people == 1).all()


def test_a_frozen_picture_does_not_repeat_landmarks(clip):
    track, _ = tracked(clip)
    assert not (track.xy_px[1:] == track.xy_px[:-1]).all(axis=(1, 2)).any()


@pytest.mark.parametrize(("workers", "idle"), [(1, 0), (2, 2)])
def test_a_thread_that_is_done_gets_ready_for_what_comes(clip, workers, idle):
    """With one thread there is no time to use, and models opened ahead would only take memory."""
    done = []
    settings = Settings(workers=workers)
    track_people(
        ClipReader.of(clip), Counting([KICKER.track()]), settings, rate_hz=15.0, when_idle=lambda: done.append(True)
    )
    assert len(done) == idle


def test_the_number_of_threads_never_changes_a_number(clip):
    one, four = tracked(clip, workers=1), tracked(clip, workers=4)
    assert np.array_equal(one[0].xy_px, four[0].xy_px)
    assert np.array_equal(one[1], four[1])


@pytest.mark.parametrize("rate_hz", [10.0, 15.0, 30.0])
def test_each_segment_begins_with_its_first_picture_at_the_rate_of_the_pass(clip, rate_hz):
    _, asked_s = tracked(clip, rate_hz=rate_hz, workers=1)
    assert np.diff(asked_s[: RUN_IN + 1]) == pytest.approx(1 / rate_hz, abs=1e-6)
    assert asked_s[RUN_IN] == 0.0


@pytest.mark.parametrize(("parts", "threads"), [(1, 1), (4, 2), (5, 3), (8, 8)])
def test_threads_take_each_part_once_whoever_is_quick(parts, threads):
    for quick in range(threads):
        shares = _Shares(parts, threads)
        first = [shares.take(thread) for thread in range(threads)]
        rest = list(iter(lambda: shares.take(quick), None))  # noqa: B023 -- used up here
        assert sorted([*first, *rest]) == list(range(parts))


def test_a_thread_goes_on_where_it_is_so_that_nothing_is_decoded_twice(clip, monkeypatch):
    asked = []
    frames_at = ClipReader.frames_at
    monkeypatch.setattr(
        ClipReader, "frames_at", lambda self, indices, **how: frames_at(self, asked.append(1) or indices, **how)
    )
    tracked(clip, workers=1)
    assert len(asked) == 1
