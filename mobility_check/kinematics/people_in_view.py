"""Who of the people in a clip was measured: numbered from the left, with a box around each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mobility_check.kinematics.signals import frame_step_s, nan_median
from mobility_check.kinematics.track import PersonInView, PoseTrack

MIN_SHARE, MIN_SEEN_S = 0.25, 4.0
"""Who is seen for less than this share of the most seen person's time, and not for this long, passes by (E)."""
BOX_MARGIN_SHARE = 0.06
"""Room around the landmarks, as a share of the body's height: they lie inside the body."""


def from_the_left(tracks: Sequence[PoseTrack]) -> list[PoseTrack]:
    """The tracks of those who are more than passers-by, from the left, each with who is who and the others."""
    seen = np.array([np.isfinite(t.xy_px[:, 0, 0]) for t in tracks])
    if not seen.any():
        return list(tracks)
    seen_s = seen.sum(axis=1) * frame_step_s(tracks[0].time_s)
    stay = np.flatnonzero(seen_s >= min(MIN_SHARE * seen_s.max(), MIN_SEEN_S))
    together = seen[stay].sum(axis=0)
    candidates = np.flatnonzero(together == together.max())
    shown = int(candidates[len(candidates) // 2])
    people = [tracks[int(i)] for i in stay]
    people.sort(key=lambda track: sum(_box(track, shown)[0::2]))
    boxes = tuple(_box(track, shown) for track in people)
    return [
        replace(
            person,
            in_view=PersonInView(number, boxes, float(tracks[0].time_s[shown])),
            others_px=tuple(t.xy_px for t in tracks if t is not person),
        )
        for number, person in enumerate(people, start=1)
    ]


def _box(track: PoseTrack, shown: int) -> tuple[float, float, float, float]:
    """Box around the person in that frame, or around where they mostly were if not seen then."""
    xy = track.xy_px[shown]
    if not np.isfinite(xy).all():
        xy = nan_median(track.xy_px)
    low, high = np.nanmin(xy, axis=0), np.nanmax(xy, axis=0)
    margin = BOX_MARGIN_SHARE * (high[1] - low[1])
    size = np.array([track.meta.width_px, track.meta.height_px], dtype=np.float64)
    (left, top), (right, bottom) = np.clip([(low - margin) / size, (high + margin) / size], 0.0, 1.0).tolist()
    return left, top, right, bottom
