"""Runs the refinement pass beside the session, so that a kick's angle is told as it will be stored."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Empty, SimpleQueue

from mobility_check.kinematics.track import RefinedFrames
from mobility_check.live.frame_buffer import FrameBuffer
from mobility_check.pose.base import Backend
from mobility_check.pose.lending import Lending
from mobility_check.refinement.frames import PlannedFrame
from mobility_check.refinement.refine import refine_frames
from mobility_check.settings import Settings


class Refiner:
    """One request at a time, in a thread of its own; leaving the block ends it after the frame it works on."""

    def __init__(self, frames: FrameBuffer, *, backend: Backend, settings: Settings) -> None:
        self._frames, self._backend = frames, Lending(backend)
        self._settings = dataclasses.replace(settings, workers=1)  # the other cores belong to the camera
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="refinement")
        self._work: Future[None] | None = None
        self._done: SimpleQueue[RefinedFrames] = SimpleQueue()
        self._stop = threading.Event()

    def __enter__(self) -> Refiner:
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._pool.shutdown()
        self._backend.close()

    @property
    def idle(self) -> bool:
        """Nothing is being refined."""
        return self._work is None or self._work.done()

    def start(self, planned: Sequence[PlannedFrame]) -> None:
        """Refine these frames, of which some may not have been kept."""
        if planned:
            self._work = self._pool.submit(self._run, planned)

    def ready(self) -> Iterator[RefinedFrames]:
        """What is done since the last call.

        Raises:
            ModelError: a model is missing.
        """
        if self._work is not None and self._work.done():
            self._work.result()
        while True:
            try:
                yield self._done.get_nowait()
            except Empty:
                return

    def _run(self, planned: Sequence[PlannedFrame]) -> None:
        for refined in refine_frames(planned, self._frames.frames, backend=self._backend, settings=self._settings):
            self._done.put(refined)
            if self._stop.is_set():
                return
