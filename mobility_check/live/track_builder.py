"""Builds a pose track, the same that a recorded clip gives, from what the model saw during a live session."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mobility_check.kinematics.landmarks import N_LANDMARKS
from mobility_check.kinematics.track import ClipMeta, PoseTrack
from mobility_check.live.view import Observation

GROW = 2048


@dataclass(frozen=True, slots=True)
class LiveSource:
    """Where the frames come from, and the back end and model bundle that see them."""

    name: str = "live"
    backend: str = "none"
    model: str = "none"
    model_sha256: str | None = None


class TrackBuilder:
    """Grows by blocks of float32: ten minutes at 30 frames a second are about 7 MB."""

    def __init__(self, source: LiveSource) -> None:
        self._source = source
        self._xy = np.empty((GROW, N_LANDMARKS, 2), dtype=np.float32)
        self._visibility = np.empty((GROW, N_LANDMARKS), dtype=np.float32)
        self._rows = np.empty((GROW, 4))
        self._n = 0
        self._size_px = (0, 0)

    def __len__(self) -> int:
        return self._n

    def index_at(self, time_s: float) -> int:
        """Number of the first observation at that time or later."""
        return int(np.searchsorted(self._rows[: self._n, 0], time_s))

    def add(self, obs: Observation, *, index: int) -> None:
        """Take one observation; one that does not come later than the last is left out."""
        n = self._n
        if n and obs.time_s <= self._rows[n - 1, 0]:
            return
        if n == len(self._rows):
            self._xy, self._visibility, self._rows = (
                np.concatenate([x, np.empty_like(x[:GROW])]) for x in (self._xy, self._visibility, self._rows)
            )
        self._xy[n] = np.nan if obs.xy_px is None else obs.xy_px
        self._visibility[n] = np.nan if obs.visibility is None else obs.visibility
        self._rows[n] = obs.time_s, index, obs.people, obs.luma
        self._n, self._size_px = n + 1, obs.size_px

    def track(self, *, first: int = 0, frames: int | None = None, notes: tuple[str, ...] = ()) -> PoseTrack:
        """The track so far.

        Args:
            first: observations before this one are left out.
            frames: how many frames the camera gave, of which the model may have seen fewer.
            notes: codes of ``results.reasons`` about the recording.
        """
        part, made = slice(first, self._n), self._source
        time_s, index, people, luma = np.array(self._rows[part].T)
        n = len(time_s)
        duration_s = float(time_s[-1] - time_s[0]) if n > 1 else 0.0
        meta = ClipMeta(
            path=made.name,
            sha256=None,
            duration_s=duration_s,
            fps=(n - 1) / duration_s if duration_s else 0.0,
            frames=n if frames is None else frames,
            width_px=self._size_px[0],
            height_px=self._size_px[1],
            notes=notes,
        )
        return PoseTrack(
            time_s=time_s,
            frame=index.astype(np.int64),
            xy_px=self._xy[part].astype(np.float64),
            visibility=self._visibility[part].astype(np.float64),
            people=people.astype(np.int64),
            luma=luma,
            meta=meta,
            backend=made.backend,
            model=made.model,
            model_sha256=made.model_sha256,
        )
