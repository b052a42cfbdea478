"""Runs a live check: capture, inference, recording and drawing side by side, then the end card."""

from __future__ import annotations

import dataclasses
import functools
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Literal, Protocol

import numpy as np

from mobility_check.assessments.session import Session
from mobility_check.errors import InputError, OutputError
from mobility_check.kinematics.track import Floats
from mobility_check.language import current_language
from mobility_check.live import prompts
from mobility_check.live.camera import Capture, Feed
from mobility_check.live.check import FrameBuffer, Hurried, LiveCheck
from mobility_check.live.prompts import EndCard
from mobility_check.live.sound import Sound
from mobility_check.live.view import View
from mobility_check.pose.base import RgbImage
from mobility_check.video.sink import check_video_target, video_sink
from mobility_check.video.source import Frame

Ended = Literal["done", "end", "closed", "interrupted", "unplugged", "stalled", "frozen", "failed"]
AT_ONCE: tuple[Ended, ...] = ("closed", "interrupted", "failed")
"""Ends after which nobody looks at the screen any more."""
WAITING = 30
"""Frames that may wait for the encoder of the recording: about a second."""
SHOW_STEP_S = 1 / 32
WAIT_S = 0.1


@dataclass(frozen=True, slots=True)
class Stats:
    """How well the session keeps up."""

    shown_hz: float = 0.0  # frames shown per second, lately
    inference_hz: float = 0.0  # frames seen by the model per second, lately
    model_ms: float = 0.0  # time that the check takes for a frame, median
    shown_lag_ms: float = 0.0  # from a frame's arrival to when it is shown, 95th percentile
    pose_lag_ms: float = 0.0  # from a frame's arrival to when its landmarks can be shown, 95th percentile


class Face(Protocol):
    """Draws views: a window, text, or anything else."""

    def show(self, image: RgbImage | None, view: View, *, xy_px: Floats | None, stats: Stats) -> bool:
        """Draw the newest frame and view; false when the user has closed the face."""

    def close(self) -> None:
        """Put the face away, if there is anything to put away; a second call does nothing."""
        return


class Recorder:
    """Writes frames to a clip in a thread of its own; leaving the block finishes the clip, on every way out.

    Attributes:
        left_out: how many frames the encoder could not take in time.
        error: why there is no clip, so that the session's result is never lost to a full disk.

    Raises:
        UsageError, OutputError: the clip cannot be written there.
    """

    def __init__(self, path: Path) -> None:
        check_video_target(path)
        self._path = path
        self._frames: SimpleQueue[Frame | None] = SimpleQueue()
        self.left_out = 0
        self.error: OutputError | None = None

    def __enter__(self) -> Recorder:
        self._pool = ThreadPoolExecutor(1, "recorder")
        self._work = self._pool.submit(self._write)
        return self

    def __exit__(self, *error: object) -> None:
        self._frames.put(None)
        self._pool.shutdown()
        try:
            self._work.result()
        except OutputError as e:
            self.error = e

    def take(self, frame: Frame) -> None:
        """Add one frame without waiting; one that comes after the end is not written."""
        if self._frames.qsize() < WAITING:
            self._frames.put(frame)
        else:
            self.left_out += 1

    def _write(self) -> None:
        if (frame := self._frames.get()) is None:
            return
        with video_sink(self._path, size=(frame.image.shape[1], frame.image.shape[0])) as sink:
            while frame is not None:
                sink.write(frame.image, time_s=frame.time_s)
                frame = self._frames.get()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a session ended, what came of it, and what went wrong with the recording."""

    session: Session
    ended: Ended
    record_error: OutputError | None = None


@dataclass(slots=True)
class StopRequest:
    """How often the session was asked to end: once ends the check and measures it, twice ends the measuring too."""

    asked: int = 0


@contextmanager
def asked_by_signals() -> Iterator[StopRequest]:
    """A request that signals make while the block runs, instead of an exception at any line of it."""
    stop = StopRequest()
    terminals = [stream.fileno() for stream in (sys.stdout, sys.stderr) if stream.isatty()]

    def ask(signum: int, frame: object) -> None:
        if signum == getattr(signal, "SIGHUP", None):  # what is written to a terminal that is gone goes nowhere
            nowhere = os.open(os.devnull, os.O_WRONLY)
            for descriptor in terminals:
                os.dup2(nowhere, descriptor)
            os.close(nowhere)
        stop.asked += 1

    with ExitStack() as restoring:
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            if (number := getattr(signal, name, None)) is not None:
                restoring.callback(signal.signal, number, signal.signal(number, ask))
        yield stop


@dataclass(kw_only=True)
class LiveRun:
    """One session of the live check.

    Raises:
        OutputError, UsageError: the recording cannot be written where it was wanted.
    """

    check: LiveCheck  # what the frames are fed to
    feed: Feed  # where frames come from; closed at the end
    face: Face  # what shows the session; closed at the end
    # called once with the measured session and the frames it was refined from; gives the end card
    on_scored: Callable[[Session, FrameBuffer], EndCard]
    on_message: Callable[[str], None]  # told one sentence about things that do not stop the session (no sound)
    mute: bool = False  # neither voice nor tones
    record: Path | None = None  # write the frames to this clip
    stays: bool = True  # the end card stays until it is left
    stop: StopRequest = field(default_factory=StopRequest)  # asked from outside (by a signal) to end the session

    def __post_init__(self) -> None:
        self._recorder = Recorder(self.record) if self.record else None
        self._capture = Capture(self.feed, on_frame=self._recorder.take if self._recorder else None)
        on_silent = functools.cache(self.on_message)  # voice and tones may both find that there is no sound
        self._sound = None if self.mute else Sound(current_language(), on_silent=on_silent)
        self._over = threading.Event()
        self._seen: tuple[View, Floats | None] | None = None
        self._shown_s: deque[tuple[float, float]] = deque(maxlen=300)
        self._seen_s: deque[tuple[float, float, float]] = deque(maxlen=300)
        self._progress = 0.0

    def run(self) -> Outcome:
        """Run the session to its end; whatever ends it, what was seen is measured and handed over.

        Raises:
            ModelError: the model cannot be loaded.
            InputError: the camera gave no frame at all.
        """
        with ExitStack() as closing:
            closing.callback(self.face.close)
            closing.callback(self.feed.close)
            if self._sound is not None:
                closing.callback(self._sound.speaker.close)
            ended = self._watch()
            if ended in AT_ONCE:
                self.face.close()
                session = self._measure(ended)
                self.on_scored(session, self.check.frames)
            else:
                session = self._measure_in_view(ended)
                self._show_end_card(self.on_scored(session, self.check.frames))
                ended = "interrupted" if self.stop.asked else ended
        if self._recorder and self._recorder.left_out:
            self.on_message(prompts.word("left_out", count=self._recorder.left_out))
        return Outcome(session, ended, self._recorder.error if self._recorder else None)

    def _watch(self) -> Ended:
        """Show frame after frame until the end; what was seen before a failure is measured before it is raised."""
        ended: Ended = "failed"
        try:
            with self._recorder or nullcontext(), self._capture, ThreadPoolExecutor(1, "inference") as pool:
                looking = pool.submit(self._look)
                try:
                    ended = self._show_frames(looking)
                finally:
                    self._over.set()
            looking.result()
        finally:
            if ended == "failed" and self.check.fed:
                self.on_scored(self._measure(ended), self.check.frames)
        if self._capture.error is not None and not self.check.fed:
            raise self._capture.error
        if not self.check.fed and ended not in AT_ONCE:
            raise InputError(
                "'{name}' gave no picture; check the camera, or try another with --camera.", name=self.feed.name
            )
        return ended

    def _look(self) -> Ended:
        """Feed the newest frame to the check, again and again, in a thread of its own, to the end of either."""
        looked_at = -1
        with self.check:
            self._capture.start()
            while not self._over.is_set():
                ending = self._capture.ending  # asked first: after the end comes no frame
                newest = self._capture.newest(after=looked_at, timeout_s=WAIT_S)
                if ending in ("stalled", "frozen") or (ending is not None and newest is None):
                    return ending
                if newest is None:
                    continue
                (frame, arrived_s), start_s = newest, time.monotonic()
                view = self.check.feed(frame)
                self._seen = view, self.check.xy_px
                if self._sound is not None:
                    self._sound.play(view)
                ready_s = time.monotonic()
                self._seen_s.append((ready_s, ready_s - start_s, ready_s - arrived_s))
                looked_at = frame.index
                if view.done:
                    return "done"
        return "closed"

    def _show_frames(self, looking: Future[Ended]) -> Ended:
        if not self.feed.waits:
            self._capture.start()
        starting = self.check.engine.plain("starting", prompts.prompt("starting"))
        shown = -1
        while not looking.done():
            new = self._capture.newest(after=shown, timeout_s=SHOW_STEP_S)
            view, xy_px = self._seen or (starting, None)
            is_open = self._show(view, xy_px=xy_px, stats=self._stats())
            if new is not None:
                shown, now_s = new[0].index, time.monotonic()
                self._shown_s.append((now_s, now_s - new[1]))
            if self.stop.asked or not is_open:
                return "interrupted" if self.stop.asked else "closed"
        return looking.result()

    def _show(self, view: View, *, xy_px: Floats | None = None, stats: Stats | None = None) -> bool:
        """Show the view with the newest frame; false when the user has closed the face."""
        newest = self._capture.newest()
        return self.face.show(newest[0].image if newest else None, view, xy_px=xy_px, stats=stats or Stats())

    def _stats(self) -> Stats:
        """Figures over the last frames."""
        if min(len(self._shown_s), len(self._seen_s)) < 2:
            return Stats()
        shown_s, shown_lag_s = np.array(self._shown_s).T
        seen_s, took_s, lag_s = np.array(list(self._seen_s)).T
        return Stats(
            shown_hz=(len(shown_s) - 1) / max(1e-3, float(np.ptp(shown_s))),
            inference_hz=(len(seen_s) - 1) / max(1e-3, float(np.ptp(seen_s))),
            model_ms=1000 * float(np.median(took_s)),
            shown_lag_ms=1000 * float(np.quantile(shown_lag_s, 0.95)),
            pose_lag_ms=1000 * float(np.quantile(lag_s, 0.95)),
        )

    def _measure(self, ended: Ended) -> Session:
        early = () if ended in ("done", "end", "closed") else ("interrupted",)
        return self.check.finish(
            frames=self._capture.taken, notes=(*self.feed.notes, *early), on_progress=self._on_progress
        )

    def _on_progress(self, share: float) -> None:
        self._progress = share
        if self.stop.asked > 1:
            raise Hurried

    def _measure_in_view(self, ended: Ended) -> Session:
        """Measure in a thread while the face stays alive."""
        with ThreadPoolExecutor(1, "measuring") as pool:
            measuring = pool.submit(self._measure, ended)
            while not measuring.done():
                self._show(self.check.engine.plain("scoring", prompts.prompt("scoring"), progress=self._progress))
                time.sleep(SHOW_STEP_S)
            return measuring.result()

    def _show_end_card(self, card: EndCard) -> None:
        """Until it is left; a session that nobody looks at any more ends at once."""
        prompt = prompts.prompt("done" if card.scored else "not_scored", result=card.say)
        view = self.check.engine.plain("done", prompt, summary=card.lines)
        heard = dataclasses.replace(view, say=prompt, tone="finished" if card.scored else None)
        while not self.stop.asked and self._show(view):
            if self._sound is not None:
                self._sound.play(heard)
                heard = view
            if not self.stays:
                break
            time.sleep(SHOW_STEP_S)
        if self._sound is not None and not self.stays and not self.stop.asked:
            self._sound.speaker.close(finish=True)
