"""A back end without a model: plays saved tracks back as if a model had seen them, for tests and for trying things out.

>>> backend = ReplayBackend([load_track("clip.npz")])                # doctest: +SKIP
>>> record_track("clip.mp4", backend=backend)                        # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mobility_check.kinematics.signals import frame_step_s
from mobility_check.kinematics.track import PoseTrack
from mobility_check.pose.base import Pose, RgbImage

MIN_REACH_S = 0.02
"""A picture is matched with the landmarks nearest in time, at most this or one frame step away."""


class ReplayBackend:
    """Plays the tracks of one clip, one per person; see :class:`mobility_check.pose.base.Backend`.

    Attributes:
        name: the back end that made the tracks.
    """

    def __init__(self, tracks: Sequence[PoseTrack]) -> None:
        """Take the tracks of one clip; there must be at least one."""
        self._tracks = tuple(tracks)
        self.name = self._tracks[0].backend

    def identity(self, model: str) -> tuple[str, str | None]:
        """The model that made the tracks, whatever is asked for."""
        return self._tracks[0].model, self._tracks[0].model_sha256

    def video(self, model: str, *, max_people: int = 1) -> Player:
        """Plays every person, however many are asked for: nobody is lost that was once seen."""
        return Player(self._tracks)

    def stills(self, model: str, *, max_people: int = 1, masks: bool = False) -> Player:
        """Sees nobody: a still picture has no time to look up, so a replayed clip gets no refinement pass."""
        return Player(())


class Player:
    """Gives each picture the landmarks nearest in time, in pixels of that picture."""

    def __init__(self, tracks: Sequence[PoseTrack]) -> None:
        self._tracks = tuple(tracks)

    def __enter__(self) -> Player:
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def estimate(self, image: RgbImage, time_s: float) -> tuple[Pose, ...]:
        """The people at that time of the clip, none where the tracks know nobody."""
        poses = (_pose(track, image, time_s) for track in self._tracks)
        return tuple(pose for pose in poses if pose is not None)

    def restart(self) -> None:
        """Nothing to forget: every picture is looked up by its time."""


def _pose(track: PoseTrack, image: RgbImage, time_s: float) -> Pose | None:
    if len(track) == 0:
        return None
    i = int(np.argmin(np.abs(track.time_s - time_s)))
    reach_s = max(MIN_REACH_S, frame_step_s(track.time_s))
    if abs(track.time_s[i] - time_s) > reach_s or not np.isfinite(track.xy_px[i]).any():
        return None
    size = np.array([image.shape[1] / track.meta.width_px, image.shape[0] / track.meta.height_px])
    return Pose(track.xy_px[i] * size, track.visibility[i].copy())
