"""The inference thread: takes the newest picture, runs the model, feeds the engine, publishes what it made of it."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType

import numpy as np

from mobility_check.kinematics.track import Floats
from mobility_check.live.camera import Capture
from mobility_check.live.engine import Engine
from mobility_check.live.frame_buffer import KeptFrames
from mobility_check.live.track_builder import TrackCollector
from mobility_check.live.view import Observation, View
from mobility_check.pose.base import Backend, Estimator, Pose
from mobility_check.video.source import Frame

LUMA_STRIDE = 8
COUNT_EVERY_S = 2.0
"""How often people are counted in set-up; the followed person is looked at in every picture."""
WAIT_S = 0.1


@dataclass(frozen=True, slots=True)
class Seen:
    """The newest picture that went through the model."""

    frame: Frame
    xy_px: Floats | None
    view: View


class Watcher:
    """Runs the model beside capture and drawing; nobody waits for it.

    Args:
        capture: where pictures come from; a clip starts to play when the model is ready.
        backend, model: what looks at them.
        engine: what decides.
        on_view: called in this thread with every view, none left out (speech and tones hang on it).
    """

    def __init__(
        self,
        capture: Capture,
        *,
        backend: Backend,
        model: str,
        engine: Engine,
        collector: TrackCollector,
        kept: KeptFrames,
        on_view: Callable[[View], None],
    ) -> None:
        self._capture, self._backend, self._model = capture, backend, model
        self._engine, self._collector, self._kept, self._on_view = engine, collector, kept, on_view
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="inference")
        self._future: Future[None] | None = None
        self._counter: Estimator | None = None
        self._counted_s = -1e9
        self._people = 1
        self.seen: Seen | None = None
        self.model_s: deque[float] = deque(maxlen=300)
        self.lag_s: deque[float] = deque(maxlen=300)
        self.looked_s: deque[float] = deque(maxlen=300)

    def __enter__(self) -> Watcher:
        self._future = self._pool.submit(self._run)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the thread after the picture it is looking at."""
        self._stop.set()
        self._pool.shutdown()

    def raise_error(self) -> None:
        """Raise here what went wrong in the thread, if anything did."""
        if self._future is not None and self._future.done():
            self._future.result()

    @property
    def idle(self) -> bool:
        """Every picture there is has been looked at."""
        newest = self._capture.newest()
        last = self.seen.frame.index if self.seen else -1
        return newest is None or newest[0].index <= last

    def _run(self) -> None:
        with (
            self._backend.video(self._model) as estimator,
            self._backend.stills(self._model, max_people=2) as self._counter,
        ):
            estimator.estimate(np.zeros((256, 256, 3), dtype=np.uint8), -1.0)  # the first call is many times slower
            self._capture.start()
            self._loop(estimator)

    def _loop(self, estimator: Estimator) -> None:
        last = -1
        while not self._stop.is_set():
            got = self._capture.wait_newer(last, timeout_s=WAIT_S)
            if got is None:
                continue
            frame, arrived_s = got
            last = frame.index
            self._look(estimator, frame, arrived_s=arrived_s)

    def _look(self, estimator: Estimator, frame: Frame, *, arrived_s: float) -> None:
        start_s = time.monotonic()
        poses = estimator.estimate(frame.image, frame.time_s)
        self.model_s.append(time.monotonic() - start_s)
        obs = observation(frame, poses, people=self._count(frame, poses))
        view = self._engine.observe(obs)
        self._collector.add(obs, index=frame.index)
        if view.keep is not None:
            self._kept.offer(frame, view.keep)
        ready_s = time.monotonic()
        self.lag_s.append(ready_s - arrived_s)
        self.looked_s.append(ready_s)
        self.seen = Seen(frame, obs.xy_px, view)
        self._on_view(view)

    def _count(self, frame: Frame, poses: tuple[Pose, ...]) -> int:
        """People in the picture; beyond the followed one they are looked for only now and then, and not in a kick."""
        state = self.seen.view.state if self.seen else "setup"
        if state in ("setup", "turn") and self._counter and frame.time_s - self._counted_s >= COUNT_EVERY_S:
            self._counted_s = frame.time_s
            self._people = len(self._counter.estimate(frame.image, 0.0))
        return min(len(poses), 1) if self._people < 2 else self._people


def observation(frame: Frame, poses: tuple[Pose, ...], *, people: int) -> Observation:
    """The engine's input for one picture and what the model saw in it."""
    person = poses[0] if poses else None
    return Observation(
        time_s=frame.time_s, xy_px=person.xy_px if person else None, visibility=person.visibility if person else None,
        size_px=(frame.image.shape[1], frame.image.shape[0]), people=people,
        luma=float(frame.image[::LUMA_STRIDE, ::LUMA_STRIDE].mean()),
    )  # fmt: skip
