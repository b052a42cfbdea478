"""Runs a live check: capture, inference, recording and drawing side by side, then the end card."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from mobility_check.assessments.session import Session
from mobility_check.errors import InputError, OutputError
from mobility_check.kinematics.landmarks import Side
from mobility_check.kinematics.track import Floats
from mobility_check.live.camera import Capture, Feed
from mobility_check.live.check import LiveCheck
from mobility_check.live.frame_buffer import FrameBuffer
from mobility_check.live.prompts import Phrases
from mobility_check.live.recorder import Recorder
from mobility_check.live.speech import Speaker, find_voice
from mobility_check.live.stopping import Hurried, StopRequest
from mobility_check.live.tones import TonePlayer
from mobility_check.live.view import View
from mobility_check.pose.base import Backend, RgbImage
from mobility_check.settings import Settings

Ended = Literal["done", "end", "closed", "interrupted", "unplugged", "stalled", "frozen", "failed"]
AT_ONCE: tuple[Ended, ...] = ("closed", "interrupted", "failed")
"""Ends after which nobody looks at the screen any more."""
SHOW_STEP_S = 1 / 32
WAIT_S = 0.1


@dataclass(frozen=True, slots=True)
class Stats:
    """How well the session keeps up.

    Attributes:
        shown_hz, inference_hz: frames shown, and seen by the model, per second, lately.
        model_ms: time that the check takes for a frame, median.
        shown_lag_ms: from a frame's arrival to when it is shown, 95th percentile.
        pose_lag_ms: from a frame's arrival to when its landmarks can be shown, 95th percentile.
    """

    shown_hz: float = 0.0
    inference_hz: float = 0.0
    model_ms: float = 0.0
    shown_lag_ms: float = 0.0
    pose_lag_ms: float = 0.0


class Face(Protocol):
    """Draws views: a window, text, or anything else."""

    def show(self, image: RgbImage | None, view: View, *, xy_px: Floats | None, stats: Stats) -> bool:
        """Draw the newest frame and view; false when the user has closed the face."""
        ...

    def close(self) -> None:
        """Put the face away; a second call does nothing."""
        ...


@dataclass(frozen=True, slots=True)
class EndCard:
    """What the end card says, and what is said aloud."""

    lines: tuple[str, ...]
    say: str
    scored: bool


@dataclass(frozen=True, slots=True)
class Choices:
    """What the user chose for a session.

    Attributes:
        settings: how the session is measured; its tracking model sees the live frames.
        reps: kicks to count per leg.
        targets: scores of the person's last session.
        mute: neither voice nor tones.
        record: write the frames to this clip.
        stays: the end card stays until it is left.
    """

    settings: Settings = field(default_factory=Settings)
    reps: int = 3
    targets: Mapping[Side, float] = field(default_factory=dict)
    mute: bool = False
    record: Path | None = None
    stays: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a session ended, what came of it, and what went wrong with the recording."""

    session: Session
    ended: Ended
    stats: Stats
    record_error: OutputError | None = None


OnScored = Callable[[Session, FrameBuffer], EndCard]


def run_live(
    feed: Feed,
    *,
    face: Face,
    phrases: Phrases,
    choices: Choices,
    on_scored: OnScored,
    on_message: Callable[[str], None],
    stop: StopRequest | None = None,
    backend: Backend | None = None,
) -> Outcome:
    """Run one session to its end; whatever ends it, what was seen is measured and handed over.

    Args:
        feed: where frames come from; closed at the end.
        face: what shows the session; closed at the end.
        phrases: the user's language.
        choices: everything else the user chose.
        on_scored: called once with the measured session and the frames it was refined from; gives the end card.
        on_message: told one sentence about things that do not stop the session (no sound).
        stop: asked from outside (by a signal) to end the session.
        backend: what looks at the frames; MediaPipe if not given.

    Raises:
        ModelError: the model cannot be loaded.
        InputError: the camera gave no frame at all.
        OutputError, UsageError: the recording cannot be written where it was wanted.
    """
    on_silent = _once(on_message)
    with ExitStack() as closing:
        closing.callback(face.close)
        closing.callback(feed.close)
        check = LiveCheck(
            phrases=phrases,
            settings=choices.settings,
            name=feed.name,
            reps=choices.reps,
            targets=choices.targets,
            backend=backend,
        )
        recorder = Recorder(choices.record) if choices.record else None
        sound = None if choices.mute else _Sound(phrases.language, on_silent=on_silent)
        if sound is not None:
            closing.callback(sound.close)
        stop = stop or StopRequest()
        session = _LiveSession(feed, check, face, recorder, sound, phrases, choices.stays, on_scored, stop)
        outcome = session.run()
    if recorder and recorder.left_out:
        on_message(phrases.word("left_out", count=recorder.left_out))
    return dataclasses.replace(outcome, record_error=recorder.error if recorder else None)


@dataclass
class _LiveSession:
    """One session from the first frame to the end card."""

    feed: Feed
    check: LiveCheck
    face: Face
    recorder: Recorder | None
    sound: _Sound | None
    phrases: Phrases
    stays: bool
    on_scored: OnScored
    stop: StopRequest
    progress: float = 0.0

    def __post_init__(self) -> None:
        self.capture = Capture(self.feed, on_frame=self.recorder.take if self.recorder else None)
        self.inference = _Inference(self.capture, self.check, on_view=self._hear)
        self.meter = Meter()

    def run(self) -> Outcome:
        """Run to the end, measure, and show the end card."""
        ended = self._watch()
        stats = self.meter.stats(self.inference)
        if ended in AT_ONCE:
            self.face.close()
            session = self._measure(ended)
            self.on_scored(session, self.check.frames)
            return Outcome(session, ended, stats)
        session = self._measure_in_view(ended)
        self._show_end_card(self.on_scored(session, self.check.frames))
        return Outcome(session, "interrupted" if self.stop.asked else ended, stats)

    def _watch(self) -> Ended:
        """Show frame after frame until the end; what was seen before a failure is measured before it is raised."""
        ended: Ended = "failed"
        try:
            with self.recorder or nullcontext(), self.capture, self.inference:
                ended = self._show_frames()
            self.inference.raise_error()
        finally:
            if ended == "failed" and len(self.check):
                self.on_scored(self._measure(ended), self.check.frames)
        if self.capture.error is not None and not len(self.check):
            raise self.capture.error
        if not len(self.check) and ended not in AT_ONCE:
            raise InputError(
                "'{name}' gave no picture; check the camera, or try another with --camera.", name=self.feed.name
            )
        return ended

    def _show_frames(self) -> Ended:
        if not self.feed.waits:
            self.capture.start()
        starting = self.check.engine.plain("starting", self.phrases.prompt("starting"))
        shown = -1
        while True:
            got = self.capture.wait_newer(shown, timeout_s=SHOW_STEP_S)
            newest, seen = self.capture.newest(), self.inference.seen
            is_open = self.face.show(
                newest[0].image if newest else None,
                seen[0] if seen else starting,
                xy_px=seen[1] if seen else None,
                stats=self.meter.stats(self.inference),
            )
            if got is not None:
                shown = got[0].index
                self.meter.shown(lag_s=time.monotonic() - got[1])
            self.inference.raise_error()
            if (ended := self._ending(is_open)) is not None:
                return ended

    def _ending(self, is_open: bool) -> Ended | None:
        if self.stop.asked:
            return "interrupted"
        if not is_open:
            return "closed"
        if self.inference.seen is not None and self.inference.seen[0].done:
            return "done"
        ending = self.capture.ending
        return ending if ending in ("stalled", "frozen") or self.inference.idle else None

    def _hear(self, view: View) -> None:
        if self.sound is not None:
            self.sound.play(view)

    def _measure(self, ended: Ended) -> Session:
        early = () if ended in ("done", "end", "closed") else ("interrupted",)
        return self.check.finish(
            frames=self.capture.taken, notes=(*self.feed.notes, *early), on_progress=self._on_progress
        )

    def _on_progress(self, share: float) -> None:
        self.progress = share
        if self.stop.asked > 1:
            raise Hurried

    def _measure_in_view(self, ended: Ended) -> Session:
        """Measure in a thread while the face stays alive."""
        newest, prompt = self.capture.newest(), self.phrases.prompt("scoring")
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="measuring") as pool:
            future = pool.submit(self._measure, ended)
            while not future.done():
                view = self.check.engine.plain("scoring", prompt, progress=self.progress)
                self.face.show(newest[0].image if newest else None, view, xy_px=None, stats=Stats())
                time.sleep(SHOW_STEP_S)
            return future.result()

    def _show_end_card(self, card: EndCard) -> None:
        """Until it is left; a session that nobody looks at any more ends at once."""
        prompt = self.phrases.prompt("done" if card.scored else "not_scored", result=card.say)
        view = self.check.engine.plain("done", prompt, summary=card.lines)
        self._hear(dataclasses.replace(view, say=prompt, tone="finished" if card.scored else None))
        newest = self.capture.newest()
        image = newest[0].image if newest else None
        while self.face.show(image, view, xy_px=None, stats=Stats()) and self.stays and not self.stop.asked:
            time.sleep(SHOW_STEP_S)
        if self.sound is not None and not self.stays and not self.stop.asked:
            self.sound.finish()


class _Inference:
    """Feeds the newest frame to the check in a thread of its own; nobody waits for it.

    Attributes:
        seen: newest view, and the landmarks it was made of.
    """

    def __init__(self, capture: Capture, check: LiveCheck, *, on_view: Callable[[View], None]) -> None:
        self._capture, self._check, self._on_view = capture, check, on_view
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="inference")
        self._future: Future[None] | None = None
        self._last = -1
        self.seen: tuple[View, Floats | None] | None = None
        self.times_s: deque[tuple[float, float, float]] = deque(maxlen=300)

    def __enter__(self) -> _Inference:
        self._future = self._pool.submit(self._run)
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._pool.shutdown()

    def raise_error(self) -> None:
        """Raise here what went wrong in the thread, if anything did."""
        if self._future is not None and self._future.done():
            self._future.result()

    @property
    def idle(self) -> bool:
        """Every frame there is has been looked at."""
        newest = self._capture.newest()
        return newest is None or newest[0].index <= self._last

    def _run(self) -> None:
        with self._check:
            self._capture.start()
            while not self._stop.is_set():
                if (got := self._capture.wait_newer(self._last, timeout_s=WAIT_S)) is None:
                    continue
                frame, arrived_s = got
                start_s = time.monotonic()
                view = self._check.feed(frame.image, frame.time_s, index=frame.index)
                self.seen = view, self._check.xy_px
                self._on_view(view)
                ready_s = time.monotonic()
                self.times_s.append((ready_s, ready_s - start_s, ready_s - arrived_s))
                self._last = frame.index


class _Sound:
    """Voice and tones together."""

    def __init__(self, language: str, *, on_silent: Callable[[str], None]) -> None:
        self._speaker = Speaker(find_voice(language), language=language, on_silent=on_silent)
        self._tones = TonePlayer(on_silent=on_silent)

    def play(self, view: View) -> None:
        """Say and sound what a view asks for."""
        if view.say is not None:
            self._speaker.say(view.say)
        if view.tone is not None:
            self._tones.play(view.tone)

    def finish(self) -> None:
        """Let the voice finish its sentence."""
        self._speaker.close(finish=True)

    def close(self) -> None:
        """Be silent."""
        self._speaker.close()


class Meter:
    """Counts shown frames and how old they were."""

    def __init__(self, *, last: int = 300) -> None:
        self._shown: deque[tuple[float, float]] = deque(maxlen=last)

    def shown(self, *, lag_s: float) -> None:
        """A new frame has been shown, this long after it arrived."""
        self._shown.append((time.monotonic(), lag_s))

    def stats(self, inference: _Inference) -> Stats:
        """Figures over the last frames."""
        shown, seen = list(self._shown), list(inference.times_s)
        return Stats(
            shown_hz=_rate_hz([row[0] for row in shown]),
            inference_hz=_rate_hz([row[0] for row in seen]),
            model_ms=1000 * _quantile([row[1] for row in seen], 0.5),
            shown_lag_ms=1000 * _quantile([row[1] for row in shown], 0.95),
            pose_lag_ms=1000 * _quantile([row[2] for row in seen], 0.95),
        )


def _once(tell: Callable[[str], None]) -> Callable[[str], None]:
    """Tell each sentence once: voice and tones may both find that there is no sound."""
    told = set[str]()

    def tell_new(sentence: str) -> None:
        if sentence not in told:
            told.add(sentence)
            tell(sentence)

    return tell_new


def _rate_hz(times_s: list[float]) -> float:
    return (len(times_s) - 1) / (times_s[-1] - times_s[0]) if len(times_s) > 1 and times_s[-1] > times_s[0] else 0.0


def _quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else 0.0
