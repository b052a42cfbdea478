from __future__ import annotations

import platform
import re
import threading
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from mobility_check.errors import InputError
from mobility_check.live import camera
from mobility_check.live.camera import CameraFeed, Capture, ClipFeed, Ending, fitted, list_cameras, open_feed
from mobility_check.video.source import Frame
from tests.video.clips import make_clip, number_in


class Feed:
    """Gives pictures at once, the same or different ones, then an ending."""

    name, waits, notes = "test", True, ()

    def __init__(self, count: int, *, step_s: float = 0.0, ending: Ending = "end", same: bool = False) -> None:
        self._left, self._step_s, self._ending, self._same = count, step_s, ending, same
        self.closed = False

    def read(self) -> Frame | Ending:
        if not self._left:
            return self._ending
        time.sleep(self._step_s)
        self._left -= 1
        shade = 100 if self._same else 40 + self._left % 100
        return Frame(1000 - self._left, 0.1 * (1000 - self._left), np.full((48, 64, 3), shade, dtype=np.uint8))

    def close(self) -> None:
        self.closed = True


def wait_for(what: Any, *, timeout_s: float = 5.0) -> bool:
    until_s = time.monotonic() + timeout_s
    while not what() and time.monotonic() < until_s:
        time.sleep(0.01)
    return bool(what())


def test_a_clip_plays_at_its_own_speed_with_its_own_times(tmp_path: Path) -> None:
    feed = ClipFeed(make_clip(tmp_path / "clip.mp4", frames=15, fps=30))
    start_s = time.monotonic()
    frames = []
    while isinstance(got := feed.read(), Frame):
        frames.append(got)
    took_s = time.monotonic() - start_s
    assert got == "end"
    assert [number_in(f.image) for f in frames] == list(range(15))
    assert [f.time_s for f in frames] == pytest.approx([n / 30 for n in range(15)], abs=1e-3)
    assert took_s >= 14 / 30


def test_what_is_wrong_with_a_clip_is_noted_while_it_plays(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", frames=60, size=(320, 240), format_options={"movflags": "+faststart"})
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size * 2 // 3])
    feed = ClipFeed(clip, speed=1000.0)
    while isinstance(feed.read(), Frame):
        pass
    assert "damaged_clip" in feed.notes


def test_a_frozen_picture_that_was_compressed_again_is_still_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera, "STALL_S", 0.2)
    rng = np.random.default_rng(3)

    class Flickering(Feed):
        def read(self) -> Frame | Ending:
            got = super().read()
            if isinstance(got, str):
                return got
            return Frame(got.index, got.time_s, got.image + rng.integers(0, 6, got.image.shape, dtype=np.uint8))

    with Capture(Flickering(1000, step_s=0.01, same=True)) as capture:
        capture.start()
        assert wait_for(lambda: capture.ending == "frozen", timeout_s=2.0)


def test_a_clip_can_play_faster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(camera.time, "sleep", slept.append)
    feed = ClipFeed(make_clip(tmp_path / "clip.mp4", frames=60, fps=15), speed=1000.0)
    while isinstance(feed.read(), Frame):
        pass
    assert sum(slept) < 60 * 4.0 / 1000, "every frame of four seconds waits for a thousandth of its time at most"


def test_the_newest_picture_wins_and_none_queue() -> None:
    with Capture(Feed(50, step_s=0.002)) as capture:
        capture.start()
        assert wait_for(lambda: capture.ending == "end")
        got = capture.newest(timeout_s=1.0)
        assert got is not None
        assert got[0].index == 1000
        assert capture.taken == 50
        assert capture.newest(after=1000, timeout_s=0.01) is None


def test_every_picture_goes_to_the_recorder_in_order() -> None:
    seen: list[int] = []
    with Capture(Feed(30), on_frame=lambda frame: seen.append(frame.index)) as capture:
        capture.start()
        assert wait_for(lambda: capture.ending == "end")
    assert seen == list(range(971, 1001))


def test_nothing_is_read_before_the_start_and_the_feed_is_closed_at_the_end() -> None:
    feed = Feed(5)
    with Capture(feed) as capture:
        assert capture.newest() is None
        assert capture.ending is None
        capture.start()
        capture.start()
        assert wait_for(lambda: capture.ending)
    assert feed.closed


def test_a_camera_that_is_being_started_is_not_called_unplugged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another thread asks all the time; between the mark and the start it once was told that the camera is gone."""
    told = []
    start = threading.Thread.start

    def slowly(thread: threading.Thread) -> None:
        told.append(capture.ending)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", slowly)
    with Capture(Feed(3)) as capture:
        capture.start()
        capture.start()
    assert told == [None]


def test_the_same_picture_for_long_is_a_frozen_camera(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera, "STALL_S", 0.2)
    with Capture(Feed(1000, step_s=0.01, same=True)) as capture:
        capture.start()
        assert wait_for(lambda: capture.ending == "frozen", timeout_s=2.0)


def test_no_picture_for_long_is_a_stalled_camera(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera, "FIRST_PICTURE_S", 0.2)
    with Capture(Feed(10, step_s=1.5)) as capture:
        capture.start()
        assert wait_for(lambda: capture.ending == "stalled", timeout_s=1.2)


def test_a_person_who_stands_still_when_the_pictures_stop_is_a_stalled_camera_not_a_frozen_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(camera, "STALL_S", 0.8)
    monkeypatch.setattr(camera, "ARRIVES_S", 0.2)
    over = threading.Event()

    class Stopping(Feed):
        def read(self) -> Frame | Ending:
            return super().read() if self._left > 990 or over.wait(timeout=10.0) else "end"

    with Capture(Stopping(1000, step_s=0.02, same=True)) as capture:
        capture.start()
        assert wait_for(lambda: capture.ending)
        assert capture.ending == "stalled"
        over.set()


def test_a_picture_of_another_size_is_fitted_without_distortion() -> None:
    like = np.zeros((90, 160, 3), dtype=np.uint8)
    square = np.full((40, 40, 3), 200, dtype=np.uint8)
    out = fitted(square, like=like)
    assert out.shape == like.shape
    bright = np.argwhere(out[..., 0] > 100)
    (top, left), (bottom, right) = bright.min(axis=0), bright.max(axis=0)
    assert (bottom - top, right - left) == (89, 89)
    assert abs((left + right) / 2 - 79.5) <= 1


class Device:
    """Stands in for OpenCV's capture: answers as listed."""

    def __init__(self, answers: list[Any]) -> None:
        self._answers = answers

    def read(self) -> Any:
        return self._answers.pop(0) if self._answers else (False, None)

    def get(self, prop: int) -> float:
        return 0.0

    def release(self) -> None:
        self._answers = []


def camera_with(answers: list[Any], monkeypatch: pytest.MonkeyPatch) -> CameraFeed:
    monkeypatch.setattr(camera, "BAD_READ_PAUSE_S", 0.0)
    feed = object.__new__(CameraFeed)
    feed.name, feed._device, feed._start_s, feed._index = "camera 0", Device(answers), None, 0
    return feed


def test_a_camera_gives_rgb_with_times_that_start_at_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    blue = np.zeros((4, 4, 3), dtype=np.uint8)
    blue[..., 0] = 255  # OpenCV's order
    feed = camera_with([(True, blue), (True, blue)], monkeypatch)
    first, second = feed.read(), feed.read()
    assert isinstance(first, Frame)
    assert isinstance(second, Frame)
    assert first.image[0, 0].tolist() == [0, 0, 255]
    assert first.time_s == 0.0
    assert second.time_s > 0.0
    assert (first.index, second.index) == (0, 1)


def test_garbage_between_pictures_is_skipped_and_endless_garbage_is_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    good = np.full((4, 4, 3), 9, dtype=np.uint8)
    garbage: list[Any] = [(False, None), (True, None), (True, np.zeros((4, 4), np.uint8)), (True, np.zeros((0, 0, 3)))]
    feed = camera_with([*garbage, (True, good)], monkeypatch)
    assert isinstance(feed.read(), Frame)
    assert feed.read() == "unplugged"


def test_a_missing_clip_and_a_missing_camera_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file"):
        open_feed(str(tmp_path / "nothing.mp4"))
    with pytest.raises(InputError, match="--list"):
        open_feed("87")


@pytest.mark.skipif(platform.system() != "Linux", reason="device files are Linux's")
def test_a_camera_without_permission_is_told_from_a_missing_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera.Path, "exists", lambda self: True)
    monkeypatch.setattr(camera.os, "access", lambda path, mode: False)
    with pytest.raises(InputError, match="usermod"):
        open_feed("0")


@pytest.mark.parametrize(
    ("system", "words"), [("Darwin", "Privacy"), ("Windows", "Teams"), ("Linux", "other programs")]
)
def test_a_busy_camera_says_what_to_do_on_each_system(system: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed:
        def __init__(self, address: int) -> None:
            self.address = address

        def isOpened(self) -> bool:  # noqa: N802
            return False

    monkeypatch.setattr(camera.platform, "system", lambda: system)
    monkeypatch.setattr(camera, "_refuse_absent", lambda address: None)
    monkeypatch.setattr(cv2, "VideoCapture", Closed)
    with pytest.raises(InputError, match=words):
        open_feed("0")


@pytest.mark.skipif(platform.system() != "Linux", reason="elsewhere a camera is only known by trying it")
@pytest.mark.parametrize(
    ("there", "words"),
    [
        ({0: "built in", 2: "capture"}, "There is no camera 97 (there is 0, 2); plug one in"),
        ({}, "There is no camera 97, nor any other; plug one in"),
    ],
)
def test_an_absent_camera_says_which_there_are(
    there: dict[int, str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camera, "list_cameras", lambda: there)
    with pytest.raises(InputError, match=re.escape(words)):
        open_feed("97")


def test_cameras_are_listed_by_number() -> None:
    numbers = list(list_cameras(tries=1))
    assert numbers == sorted(numbers)
