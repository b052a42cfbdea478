"""Keeps pictures of holds and quiet standing in memory, compressed and bounded, for a refinement pass at the end."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

import numpy as np

from mobility_check.kinematics.track import Floats
from mobility_check.live.view import Keep
from mobility_check.video.jpeg import decode_jpeg, encode_jpeg
from mobility_check.video.source import Frame

MIN_STEP_S = {"hold": 0.06, "quiet": 0.12}
NEAR_S = 0.12
"""A picture that was not kept is replaced by one this near in time: in a hold or in standing they show the same."""
JPEG_QUALITY = 93
"""Good enough that a model sees the same in the picture."""
MAX_BYTES = 28 * 2**20


class FrameBuffer:
    """JPEG pictures by their time. Beyond ``max_bytes`` every second picture of quiet standing goes, then of holds."""

    def __init__(self, *, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._kept: dict[float, tuple[Keep, bytes]] = {}
        self._offered_s: dict[int, float] = {}
        self._last_s: dict[Keep, float] = {}
        self._turn = threading.Lock()
        self.bytes = 0

    def offer(self, frame: Frame, why: Keep) -> None:
        """Keep the picture unless one was kept for the same reason just before."""
        self._offered_s[frame.index] = frame.time_s
        if frame.time_s in self._kept or frame.time_s - self._last_s.get(why, -1e9) < MIN_STEP_S[why]:
            return
        self._last_s[why] = frame.time_s
        jpeg, _, _ = encode_jpeg(frame.image, quality=JPEG_QUALITY)
        with self._turn:
            self._kept[frame.time_s] = (why, jpeg)
            self.bytes += len(jpeg)
            while self.bytes > self._max_bytes:
                self._thin()

    def frames(self, indices: Sequence[int]) -> Iterator[Frame]:
        """The frames of these indices that were offered, each as itself or as the kept one nearest in time."""
        for index in sorted(set(indices) & set(self._offered_s)):
            time_s = self._offered_s[index]
            with self._turn:
                nearest_s = min(self._kept, key=lambda kept_s: abs(kept_s - time_s))
                jpeg = self._kept[nearest_s][1]
            if abs(nearest_s - time_s) <= NEAR_S:
                yield Frame(index, time_s, decode_jpeg(jpeg))

    @property
    def time_s(self) -> Floats:
        """Times of the kept frames, rising: with :meth:`frames_at` the buffer serves a report like a clip."""
        return np.array(sorted(self._kept))

    def frames_at(self, indices: Sequence[int], *, max_height_px: int | None = None) -> Iterator[Frame]:
        """The kept frames at these places of :attr:`time_s`, as large as they are."""
        kept = sorted(self._kept.items())
        for index in indices:
            yield Frame(index, kept[index][0], decode_jpeg(kept[index][1][1]))

    def _thin(self) -> None:
        quiet = [time_s for time_s, (why, _) in self._kept.items() if why == "quiet"]
        for time_s in (quiet if len(quiet) > 1 else list(self._kept))[::2]:
            self.bytes -= len(self._kept.pop(time_s)[1])
