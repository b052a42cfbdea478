"""Collects what the model saw during a live session into a pose track, the same that a recorded clip gives."""

from __future__ import annotations

import dataclasses

import numpy as np

from mobility_check.kinematics.landmarks import N_LANDMARKS
from mobility_check.kinematics.track import ClipMeta, PoseTrack
from mobility_check.live.view import Observation

GROW = 2048


@dataclasses.dataclass(frozen=True, slots=True)
class ModelUsed:
    """The back end and model bundle that see for the session."""

    backend: str
    model: str
    model_sha256: str | None


class TrackCollector:
    """Grows by blocks of float32: ten minutes at 30 a second are about 7 MB."""

    def __init__(self, name: str, *, model: ModelUsed) -> None:
        self._name, self._model = name, model
        self._xy = np.empty((GROW, N_LANDMARKS, 2), dtype=np.float32)
        self._visibility = np.empty((GROW, N_LANDMARKS), dtype=np.float32)
        self._rows: list[tuple[float, int, int, float]] = []
        self._size_px = (0, 0)

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, obs: Observation, *, index: int) -> None:
        """Take one observation; one that does not come later than the last is left out."""
        n = len(self._rows)
        if n and obs.time_s <= self._rows[-1][0]:
            return
        if n == len(self._xy):
            self._xy = np.concatenate([self._xy, np.empty_like(self._xy[:GROW])])
            self._visibility = np.concatenate([self._visibility, np.empty_like(self._visibility[:GROW])])
        self._xy[n] = np.nan if obs.xy_px is None else obs.xy_px
        self._visibility[n] = np.nan if obs.visibility is None else obs.visibility
        self._rows.append((obs.time_s, index, obs.people, obs.luma))
        self._size_px = obs.size_px

    def track(self, *, frames: int, notes: tuple[str, ...] = ()) -> PoseTrack:
        """The track so far.

        Args:
            frames: how many pictures the camera gave, of which some were not looked at.
            notes: codes of ``results.reasons`` about the recording.
        """
        n = len(self._rows)
        time_s, index, people, luma = (np.array(column) for column in zip(*self._rows, strict=True)) if n else [[]] * 4
        time_s = np.asarray(time_s, dtype=np.float64)
        duration_s = float(time_s[-1] - time_s[0]) if n > 1 else 0.0
        meta = ClipMeta(
            path=self._name, sha256=None, duration_s=duration_s,
            fps=(n - 1) / duration_s if duration_s else 0.0, frames=frames,
            width_px=self._size_px[0], height_px=self._size_px[1], notes=notes,
        )  # fmt: skip
        return PoseTrack(
            time_s=time_s, frame=np.asarray(index, dtype=np.int64), xy_px=self._xy[:n].astype(np.float64),
            visibility=self._visibility[:n].astype(np.float64), people=np.asarray(people, dtype=np.int64),
            luma=np.asarray(luma, dtype=np.float64), meta=meta, backend=self._model.backend,
            model=self._model.model, model_sha256=self._model.model_sha256,
        )  # fmt: skip
