"""Whole sessions with threads, a stick figure in front of the camera and the real analysis; no model, no window."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mobility_check.assessments.session import Session
from mobility_check.errors import InputError, ModelError
from mobility_check.kinematics.track import Floats
from mobility_check.live import camera, runner
from mobility_check.live.check import FrameBuffer, LiveCheck
from mobility_check.live.prompts import EndCard, end_card
from mobility_check.live.runner import LiveRun, Outcome, Stats, StopRequest
from mobility_check.live.view import View
from mobility_check.pose.base import RgbImage
from mobility_check.pose.replay import ReplayBackend
from mobility_check.settings import Settings
from mobility_check.video.source import ClipReader
from synthetic.stickfigure import kicks
from tests.live.helpers import FigureFeed, session


class SpyFace:
    """Remembers what it was shown; closes itself, or is interrupted, when told to."""

    def __init__(
        self, *, closes: Callable[[View], bool] = lambda view: False, on_close: Callable[[], bool] = lambda: False
    ) -> None:
        self.views: list[View] = []
        self.after_close = 0
        self.closed = False
        self._closes, self._on_close = closes, on_close

    def show(self, image: RgbImage | None, view: View, *, xy_px: Floats | None, stats: Stats) -> bool:
        self.after_close += self.closed
        self.views.append(view)
        return self._on_close() if self._closes(view) else True

    def close(self) -> None:
        self.closed = True


def run(feed: FigureFeed, face: Any | None = None, **fields: Any) -> tuple[Outcome, SpyFace, list[Session]]:
    spy, scored = face or SpyFace(), []

    def on_scored(found: Session, frames: FrameBuffer) -> EndCard:
        scored.append(found)
        return end_card(found.result)

    return live_run(feed, spy, on_scored, **fields).run(), spy, scored


def live_run(
    feed: FigureFeed, face: SpyFace, on_scored: Callable[[Session, FrameBuffer], EndCard], **fields: Any
) -> LiveRun:
    backend = fields.pop("backend", None) or feed.backend()
    check = LiveCheck(settings=Settings(model="full"), name=feed.name, backend=backend)
    chosen = {"mute": True, "stays": False, **fields}
    return LiveRun(check=check, feed=feed, face=face, on_scored=on_scored, on_message=print, **chosen)


def test_a_session_is_led_scored_and_shown() -> None:
    figure = session()
    outcome, face, scored = run(FigureFeed(figure))
    assert outcome.ended == "done"
    result = outcome.session.result
    assert {side: round(leg.score_deg or 0) for side, leg in result.sides.items()} == {"left": 20, "right": 20}
    assert result.inputs[0].path == "figure"
    assert scored == [outcome.session]
    assert face.views[-1].state == "done"
    assert face.views[-1].summary[0].startswith("left leg: ")
    assert face.closed


@pytest.mark.parametrize("ending", ["unplugged", "end"])
def test_a_camera_that_stops_in_the_middle_is_scored(ending: Any) -> None:
    outcome, face, _ = run(FigureFeed(session(), ends_s=12.5, ending=ending))
    assert outcome.ended == ending
    result = outcome.session.result
    assert result.status == "limited"
    assert result.sides["right"].score_deg == pytest.approx(20.0, abs=1.0)
    assert len(result.sides["right"].reps) >= 2
    assert result.sides["left"].score_deg is None
    assert face.views[-1].state == "done"


def test_a_camera_that_falls_silent_is_scored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera, "STALL_S", 0.5)
    outcome, _, _ = run(FigureFeed(session(), ends_s=12.5, ending=None))
    assert outcome.ended == "stalled"
    assert outcome.session.result.sides["right"].score_deg == pytest.approx(20.0, abs=1.0)


def test_a_frozen_picture_is_noticed_and_scored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera, "STALL_S", 1.5)
    outcome, _, _ = run(
        FigureFeed(session(kicks("right", first_s=3.0), duration_s=60.0, turns_s=()), frozen_from_s=12.5)
    )
    assert outcome.ended == "frozen"
    assert outcome.session.result.sides["right"].score_deg == pytest.approx(20.0, abs=1.0)


def test_a_slow_camera_is_scored() -> None:
    outcome, _, _ = run(FigureFeed(session(fps=5.0)))
    legs = outcome.session.result.sides
    assert {side: legs[side].score_deg for side in legs} == pytest.approx({"left": 20.0, "right": 20.0}, abs=1.5)
    assert all(rep.valid for side in legs for rep in legs[side].reps)
    assert "low_frame_rate" in [r.code for r in outcome.session.result.reasons]


def test_pictures_of_another_size_are_fitted() -> None:
    outcome, _, _ = run(FigureFeed(session(), size_from_s=9.0))
    assert outcome.ended == "done"
    assert outcome.session.result.inputs[0].width_px == 640


def test_closing_the_window_scores_what_was_seen_and_shows_nothing_more() -> None:
    face = SpyFace(closes=two_kicks)
    outcome, face, scored = run(FigureFeed(session()), face)
    assert outcome.ended == "closed"
    assert len([r for r in outcome.session.result.sides["right"].reps if r.valid]) >= 2
    assert face.after_close == 0
    assert len(scored) == 1


def test_closing_at_once_is_not_scored_and_no_error() -> None:
    outcome, _, _ = run(FigureFeed(session()), SpyFace(closes=lambda view: view.state != "starting"))
    assert outcome.ended == "closed"
    assert outcome.session.result.status == "not_scored"


def two_kicks(view: View) -> bool:
    return view.accepted("right") >= 2


def asking(stop: StopRequest) -> Callable[[], bool]:
    """What a signal handler does."""

    def ask() -> bool:
        stop.asked += 1
        return True

    return ask


def test_interrupting_keeps_what_was_seen() -> None:
    stop = StopRequest()
    outcome, face, scored = run(FigureFeed(session()), SpyFace(closes=two_kicks, on_close=asking(stop)), stop=stop)
    assert outcome.ended == "interrupted"
    assert outcome.session.result.sides["right"].score_deg is not None
    assert face.after_close == 0
    assert scored == [outcome.session]


def test_interrupting_the_measuring_keeps_the_session() -> None:
    stop = StopRequest()
    face = SpyFace(closes=lambda view: view.state == "scoring", on_close=asking(stop))
    outcome, _, scored = run(FigureFeed(session()), face, stop=stop)
    assert outcome.ended == "interrupted"
    assert outcome.session.result.sides["left"].score_deg == pytest.approx(20.0, abs=1.0)
    assert scored == [outcome.session]
    assert "done" not in [view.state for view in face.views], "no end screen that waits for somebody"


class BreakdownError(Exception):
    """Whatever a window system, a driver or a model may raise."""


def break_down() -> bool:
    raise BreakdownError


def test_a_crash_keeps_what_was_seen_the_clip_and_no_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "WAITING", 500)
    before, kept, face = set(threading.enumerate()), [], SpyFace(closes=two_kicks, on_close=break_down)
    feed = FigureFeed(session())

    def on_scored(found: Session, frames: FrameBuffer) -> EndCard:
        kept.append(found)
        return end_card(found.result)

    with pytest.raises(BreakdownError):
        live_run(feed, face, on_scored, record=tmp_path / "kept.mp4").run()
    assert [len([r for r in s.result.sides["right"].reps if r.valid]) >= 2 for s in kept] == [True]
    assert [path.name for path in tmp_path.iterdir()] == ["kept.mp4"]
    assert ClipReader(tmp_path / "kept.mp4").meta.frames > 50
    assert face.closed
    assert feed.closed
    assert {t for t in threading.enumerate() if not t.daemon} <= before


def test_no_threads_are_left_behind() -> None:
    before = set(threading.enumerate())
    run(FigureFeed(session(kicks("right", count=1), duration_s=6.0, turns_s=())))
    time.sleep(0.1)
    assert {t for t in threading.enumerate() if not t.daemon} <= before


def test_a_camera_without_a_single_picture_is_an_input_error() -> None:
    with pytest.raises(InputError, match="no picture"):
        run(FigureFeed(session(), ends_s=0.0, ending="unplugged"))


def test_a_missing_model_is_told() -> None:
    class NoModel(ReplayBackend):
        def video(self, model: str, *, max_people: int = 1) -> Any:
            raise ModelError("The pose model is not installed.")

    feed = FigureFeed(session(duration_s=3.0))

    def nothing(found: Session, frames: FrameBuffer) -> EndCard:
        raise AssertionError("there is nothing to score")

    with pytest.raises(ModelError):
        live_run(feed, SpyFace(), nothing, backend=NoModel([feed.figure.track()])).run()


def test_a_session_can_be_recorded(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "WAITING", 500)
    target = tmp_path / "kept.mp4"
    run(FigureFeed(session(kicks("right", count=1), duration_s=8.0, turns_s=())), record=target)
    meta = ClipReader(target).meta
    assert meta.duration_s == pytest.approx(8.0, abs=0.3)
    assert (meta.width_px, meta.height_px) == (640, 360)


def test_without_record_nothing_is_written(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run(FigureFeed(session(kicks("right", count=1), duration_s=6.0, turns_s=())))
    assert list(tmp_path.iterdir()) == []
