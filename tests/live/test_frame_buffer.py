from __future__ import annotations

import numpy as np

from mobility_check.live.check import FrameBuffer
from mobility_check.live.follower import TrackBuilder
from mobility_check.live.view import Observation
from mobility_check.video.source import Frame


def picture(index: int, *, seed: int = 0) -> Frame:
    base = np.linspace(0, 255, 160).astype(np.uint8)
    image = np.stack(
        [np.tile(base, (90, 1)), np.full((90, 160), index % 256, np.uint8), np.full((90, 160), 60, np.uint8)]
    )
    return Frame(index, index / 30, np.moveaxis(image, 0, 2).copy())


def test_kept_pictures_come_back_nearly_the_same() -> None:
    kept = FrameBuffer()
    kept.offer(picture(7), "hold")
    (back,) = kept.frames([7])
    assert (back.index, back.time_s) == (7, 7 / 30)
    assert np.abs(back.image.astype(int) - picture(7).image).mean() < 2.0, "and red is still red"


def test_a_picture_that_was_not_kept_is_replaced_by_its_neighbour_only() -> None:
    kept = FrameBuffer()
    for index in (0, 1, 2, 3):
        kept.offer(picture(index), "hold")
    assert len(kept.time_s) < 4
    assert [f.index for f in kept.frames([3, 1, 99])] == [1, 3]


def test_memory_is_bounded_and_quiet_standing_goes_first() -> None:
    kept = FrameBuffer(max_bytes=60_000)
    for index in range(0, 300, 10):
        kept.offer(picture(index), "hold" if index % 20 else "quiet")
        assert kept.bytes <= 60_000
    assert len(kept.time_s) > 5
    holds = [index for index in range(0, 300, 10) if index % 20]
    assert len(list(kept.frames(holds[-4:]))) == 4


def test_nothing_kept_gives_nothing() -> None:
    assert list(FrameBuffer().frames([1, 2])) == []


def test_the_track_holds_every_observation_with_rising_times() -> None:
    collector = TrackBuilder("camera 0", "replay", "stick")
    for n in range(5000):
        seen = n % 3 > 0
        obs = Observation(
            n / 30,
            np.full((33, 2), float(n)) if seen else None,
            np.full(33, 0.9) if seen else None,
            (640, 480),
            int(seen),
            99.0,
            n,
        )
        collector.add(obs)
        collector.add(obs)
    track = collector.track(frames=6000, notes=("interrupted",))
    assert len(track) == 5000
    assert np.isnan(track.xy_px[0]).all()
    assert track.xy_px[4999, 3, 1] == 4999.0
    assert (track.meta.frames, track.meta.width_px, track.meta.notes) == (6000, 640, ("interrupted",))
    assert track.meta.sha256 is None
    assert abs(track.meta.fps - 30) < 0.01


def test_a_session_without_pictures_gives_an_empty_track() -> None:
    assert len(TrackBuilder("x", "a", "b").track(frames=0)) == 0
