"""Runs a live session: capture, inference and drawing side by side, then the same analysis as for a recorded clip."""

from __future__ import annotations

import dataclasses
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from typing import Literal, Protocol

from mobility_check.assessments.session import Session
from mobility_check.errors import InputError
from mobility_check.kinematics.track import Floats, PoseTrack
from mobility_check.live.camera import Capture
from mobility_check.live.engine import Engine
from mobility_check.live.frame_buffer import KeptFrames
from mobility_check.live.prompts import Phrases
from mobility_check.live.recorder import Recorder
from mobility_check.live.speech import Speaker
from mobility_check.live.stopping import Hurried, StopRequest
from mobility_check.live.tones import TonePlayer
from mobility_check.live.track_builder import TrackCollector
from mobility_check.live.view import View
from mobility_check.live.watcher import Watcher
from mobility_check.pose.base import Backend, RgbImage

Ended = Literal["done", "end", "closed", "interrupted", "unplugged", "stalled", "frozen", "failed"]
SHOW_STEP_S = 1 / 32

ENDED_MESSAGES: dict[Ended, str] = {
    "closed": "The check was closed; what was seen until then was measured.",
    "interrupted": "Interrupted; what was seen until then was measured.",
    "unplugged": "The camera stopped giving pictures (unplugged, or taken by another program); what was seen until then"
    " was measured.",
    "stalled": "The camera gave no picture any more; what was seen until then was measured. Unplug and plug it, and"
    " start again.",
    "frozen": "The picture of the camera froze; what was seen until then was measured. Unplug and plug the camera, and"
    " start again.",
}


@dataclass(frozen=True, slots=True)
class Stats:
    """How well the session keeps up.

    Attributes:
        shown_hz, looked_hz: pictures shown, and looked at by the model, per second, lately.
        model_ms: the model's own time per picture, median.
        shown_lag_ms: from a picture's arrival to when it is shown, 95th percentile.
        pose_lag_ms: from a picture's arrival to when its landmarks can be shown, 95th percentile.
    """

    shown_hz: float = 0.0
    looked_hz: float = 0.0
    model_ms: float = 0.0
    shown_lag_ms: float = 0.0
    pose_lag_ms: float = 0.0


class Face(Protocol):
    """Draws views: a window, text, or anything else."""

    def show(self, image: RgbImage | None, view: View, *, xy_px: Floats | None, stats: Stats) -> bool:
        """Draw the newest picture and view; false when the user has closed the face."""
        ...

    def close(self) -> None:
        """Put the face away."""
        ...


@dataclass(frozen=True, slots=True)
class Closing:
    """What the end screen says."""

    lines: tuple[str, ...]
    say: str
    scored: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a session ended and what came of it."""

    session: Session
    ended: Ended
    stats: Stats

    @property
    def message(self) -> str | None:
        """One sentence about an end that was not the usual one."""
        return ENDED_MESSAGES.get(self.ended)


Score = Callable[[PoseTrack, KeptFrames, Callable[[float], None]], Session]


class LiveSession:
    """One session from the first picture to the end screen; see :func:`run`.

    Args:
        capture: pictures.
        backend, model: what looks at them.
        engine: the flow.
        face: what the person sees.
        collector: gathers the track.
        speaker, tones: what the person hears.
        recorder: writes the pictures to a clip.
        stop: asked to end the session from outside.
        score: from the track and the kept pictures to the measured session; tells its progress.
        on_scored: called with it (to save it); gives the end screen's lines.
        linger_s: how long the end screen stays.
    """

    def __init__(
        self,
        *,
        capture: Capture,
        backend: Backend,
        model: str,
        engine: Engine,
        phrases: Phrases,
        face: Face,
        collector: TrackCollector,
        speaker: Speaker | None,
        tones: TonePlayer | None,
        recorder: Recorder | None,
        stop: StopRequest,
        score: Score,
        on_scored: Callable[[Session], Closing],
        linger_s: float = 12.0,
    ) -> None:
        self._capture, self._engine, self._phrases, self._face = capture, engine, phrases, face
        self._collector, self._speaker, self._tones = collector, speaker, tones
        self._score, self._on_scored, self._linger_s = score, on_scored, linger_s
        self._recorder, self._stop = recorder, stop
        self._kept = KeptFrames()
        self._watcher = Watcher(
            capture, backend=backend, model=model, engine=engine, collector=collector, kept=self._kept,
            on_view=self._sound,
        )  # fmt: skip
        self._meter = Meter()

    def run(self) -> Outcome:
        """Run to the end, score, and show the end screen; whatever ends the session, what was seen is measured.

        Raises:
            ModelError: the model cannot be loaded.
            InputError: the camera gave not a single picture.
        """
        with ExitStack() as closing:
            closing.callback(self._face.close)
            if self._speaker is not None:
                closing.callback(self._speaker.close)
            ended = self._see()
            stats = self._meter.stats(self._watcher)
            if ended in ("closed", "interrupted"):
                self._face.close()
                session = self._measure(ended)
                self._on_scored(session)
                return Outcome(session, ended, stats)
            session = self._measure_in_view(ended)
            self._end_screen(self._on_scored(session))
            if self._speaker is not None and not self._stop.asked:
                self._speaker.close(finish=True)
            return Outcome(session, "interrupted" if self._stop.asked else ended, stats)

    def _see(self) -> Ended:
        """Watch until the end; when something fails on the way, measure and hand over what was seen before it is
        raised."""
        ended: Ended = "failed"
        try:
            with self._recorder or nullcontext(), self._capture, self._watcher:
                ended = self._watch()
            self._watcher.raise_error()
        finally:
            if ended == "failed" and len(self._collector):
                self._on_scored(self._measure(ended))
        if self._capture.error is not None and not len(self._collector):
            raise self._capture.error
        if not len(self._collector) and ended not in ("closed", "interrupted"):
            raise InputError(f"'{self._capture.name}' gave no picture; check the camera, or try another with --camera.")
        return ended

    def _watch(self) -> Ended:
        """Draw the newest picture and view until something ends the session."""
        if not self._capture.waits:
            self._capture.start()
        starting, shown = self._engine.starting(), -1
        while True:
            got = self._capture.wait_newer(shown, timeout_s=SHOW_STEP_S)
            is_open = self._draw(starting)
            if got is not None:
                shown = got[0].index
                self._meter.shown(lag_s=time.monotonic() - got[1])
            self._watcher.raise_error()
            if (ended := self._ending(is_open)) is not None:
                return ended

    def _draw(self, starting: View) -> bool:
        newest, seen = self._capture.newest(), self._watcher.seen
        return self._face.show(
            newest[0].image if newest else None, seen.view if seen else starting,
            xy_px=seen.xy_px if seen else None, stats=self._meter.stats(self._watcher),
        )  # fmt: skip

    def _ending(self, is_open: bool) -> Ended | None:
        if self._stop.asked:
            return "interrupted"
        if not is_open:
            return "closed"
        if self._watcher.seen is not None and self._watcher.seen.view.done:
            return "done"
        ending = self._capture.ending
        return ending if ending in ("stalled", "frozen") or self._watcher.idle else None

    def _sound(self, view: View) -> None:
        if view.say is not None and self._speaker is not None:
            self._speaker.say(view.say)
        if view.tone is not None and self._tones is not None:
            self._tones.play(view.tone)

    def _measure(self, ended: Ended) -> Session:
        early = () if ended in ("done", "end", "closed") else ("interrupted",)
        track = self._collector.track(frames=self._capture.taken, notes=(*self._capture.notes, *early))
        return self._score(track, self._kept, self._unless_hurried)

    def _unless_hurried(self, share: float) -> None:
        if self._stop.asked > 1:
            raise Hurried

    def _measure_in_view(self, ended: Ended) -> Session:
        """Score in a thread while the face stays alive."""
        view = self._engine.plain("scoring", self._phrases.prompt("scoring"))
        newest = self._capture.newest()
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="scoring") as pool:
            future = pool.submit(self._measure, ended)
            while not future.done():
                self._face.show(newest[0].image if newest else None, view, xy_px=None, stats=Stats())
                time.sleep(SHOW_STEP_S)
            return future.result()

    def _end_screen(self, closing: Closing) -> None:
        code = "done" if closing.scored else "not_scored"
        prompt = self._phrases.prompt(code, result=closing.say)
        view = self._engine.plain("done", prompt, summary=closing.lines, done=True)
        self._sound(dataclasses.replace(view, say=prompt, tone="finished" if closing.scored else None))
        newest, until_s = self._capture.newest(), time.monotonic() + self._linger_s
        image = newest[0].image if newest else None
        while self._face.show(image, view, xy_px=None, stats=Stats()) and time.monotonic() < until_s:
            if self._stop.asked:
                return
            time.sleep(SHOW_STEP_S)


class Meter:
    """Counts shown pictures and how old they were."""

    def __init__(self, *, last: int = 300) -> None:
        self._shown_s: deque[float] = deque(maxlen=last)
        self._lag_s: deque[float] = deque(maxlen=last)

    def shown(self, *, lag_s: float) -> None:
        """A new picture has been shown, this long after it arrived."""
        self._shown_s.append(time.monotonic())
        self._lag_s.append(lag_s)

    def stats(self, watcher: Watcher) -> Stats:
        """Figures over the last pictures."""
        model_s = list(watcher.model_s)
        return Stats(
            shown_hz=_rate_hz(list(self._shown_s)), looked_hz=_rate_hz(list(watcher.looked_s)),
            model_ms=1000 * _quantile(model_s, 0.5), shown_lag_ms=1000 * _quantile(list(self._lag_s), 0.95),
            pose_lag_ms=1000 * _quantile(list(watcher.lag_s), 0.95),
        )  # fmt: skip


def _rate_hz(times_s: list[float]) -> float:
    return (len(times_s) - 1) / (times_s[-1] - times_s[0]) if len(times_s) > 1 and times_s[-1] > times_s[0] else 0.0


def _quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else 0.0
