"""Writes the session's pictures to a clip, in a thread of its own; what it cannot keep up with is left out."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from mobility_check.errors import OutputError
from mobility_check.video.sink import check_video_target, video_sink
from mobility_check.video.source import Frame

WAITING = 30
"""Pictures that may wait for the encoder: about a second."""


class Recorder:
    """Records every picture it is given; leaving the block finishes the clip, on every way out.

    Attributes:
        left_out: pictures that the encoder could not take in time.
        error: why there is no clip, so that the session's result is never lost to a full disk.
    """

    def __init__(self, path: Path) -> None:
        """Check that the clip can be written.

        Raises:
            UsageError: the name does not end like a clip.
            OutputError: the folder is missing or read-only.
        """
        check_video_target(path)
        self._path = path
        self._frames: SimpleQueue[Frame | None] = SimpleQueue()
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="recorder")
        self._work: Future[None] | None = None
        self._closed = False
        self.left_out = 0
        self.error: OutputError | None = None

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, *error: object) -> None:
        self._closed = True
        self._frames.put(None)
        self._pool.shutdown()
        try:
            if self._work is not None:
                self._work.result()
        except OutputError as e:
            self.error = e

    def take(self, frame: Frame) -> None:
        """Add one picture without waiting; one that comes after the end is left out."""
        if self._closed:
            return
        if self._work is None:
            self._work = self._pool.submit(self._write, (frame.image.shape[1], frame.image.shape[0]))
        if self._frames.qsize() < WAITING:
            self._frames.put(frame)
        else:
            self.left_out += 1

    def _write(self, size: tuple[int, int]) -> None:
        with video_sink(self._path, size=size) as sink:
            while (frame := self._frames.get()) is not None:
                sink.write(frame.image, time_s=frame.time_s)
