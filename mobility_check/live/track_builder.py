"""Builds a pose track, the same that a recorded clip gives, from what the model saw during a live session."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from mobility_check.kinematics.landmarks import N_LANDMARKS
from mobility_check.kinematics.track import ClipMeta, PoseTrack
from mobility_check.live.view import Observation

UNSEEN = np.full((N_LANDMARKS, 2), np.nan)


@dataclass(slots=True)
class TrackBuilder:
    """Takes observations with rising times.

    Attributes:
        name: of the camera, for the record.
        backend, model, model_sha256: what sees the frames.
    """

    name: str = "live"
    backend: str = "none"
    model: str = "none"
    model_sha256: str | None = None
    _seen: list[Observation] = field(default_factory=list)

    def add(self, obs: Observation) -> None:
        """Take one observation; one that does not come later than the last is left out."""
        if not self._seen or obs.time_s > self._seen[-1].time_s:
            self._seen.append(obs)

    def track(self, *, since_s: float = -np.inf, frames: int | None = None, notes: Sequence[str] = ()) -> PoseTrack:
        """The track so far.

        Args:
            since_s: observations before this time are left out.
            frames: how many the camera gave; the model may have seen fewer.
            notes: codes of ``results.reasons`` about the recording.
        """
        seen = self._seen[bisect_left(self._seen, since_s, key=lambda obs: obs.time_s) :]
        xy_px = [UNSEEN if obs.xy_px is None else obs.xy_px for obs in seen]
        visibility = [UNSEEN[:, 0] if obs.visibility is None else obs.visibility for obs in seen]
        duration_s = seen[-1].time_s - seen[0].time_s if seen else 0.0
        width_px, height_px = seen[-1].size_px if seen else (0, 0)
        meta = ClipMeta(
            path=self.name,
            sha256=None,
            duration_s=duration_s,
            fps=(len(seen) - 1) / duration_s if duration_s else 0.0,
            frames=len(seen) if frames is None else frames,
            width_px=width_px,
            height_px=height_px,
            notes=tuple(notes),
        )
        return PoseTrack(
            time_s=np.array([obs.time_s for obs in seen], dtype=np.float64),
            frame=np.array([obs.index for obs in seen], dtype=np.int64),
            xy_px=np.array(xy_px, dtype=np.float64).reshape(-1, N_LANDMARKS, 2),
            visibility=np.array(visibility, dtype=np.float64).reshape(-1, N_LANDMARKS),
            people=np.array([obs.people for obs in seen], dtype=np.int64),
            luma=np.array([obs.luma for obs in seen], dtype=np.float64),
            meta=meta,
            backend=self.backend,
            model=self.model,
            model_sha256=self.model_sha256,
        )
