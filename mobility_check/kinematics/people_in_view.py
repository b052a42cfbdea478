"""Who of the people in a clip was measured: numbered from the left, with a box around each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from mobility_check.kinematics.signals import frame_step_s, nan_median
from mobility_check.kinematics.track import Floats, PoseTrack

Place = Literal["alone", "left", "middle", "right"]
BOXES, CHOSEN, SHOWN = "people_boxes", "people_chosen", "people_shown_s"
"""Names among a track's extra arrays: (P, 4) boxes from the left, the measured one's row, the time of the boxes."""
OTHERS = "others_px"
"""Likewise: (T, P, 33, 2) landmarks of everybody else who was ever seen, whose faces are blurred too."""
MIN_SHARE, MIN_SEEN_S = 0.25, 4.0
"""Who is seen for less than this share of the most seen person's time, and not for this long, passes by (E)."""
BOX_MARGIN_SHARE = 0.06
"""Room around the landmarks, as a share of the body's height: they lie inside the body."""


@dataclass(frozen=True, slots=True)
class PersonInView:
    """The measured person among those in view.

    Attributes:
        number: from the left, beginning with 1, as ``--person`` takes it.
        boxes: one per person from the left: left, top, right, bottom as shares of the picture.
        shown_s: time of the clip at which the boxes lie around the people.
    """

    number: int
    boxes: tuple[tuple[float, float, float, float], ...]
    shown_s: float

    def place(self, number: int) -> Place:
        """Where the person of that number is among the others."""
        if len(self.boxes) == 1:
            return "alone"
        return "left" if number == 1 else "right" if number == len(self.boxes) else "middle"


def from_the_left(tracks: Sequence[PoseTrack]) -> list[PoseTrack]:
    """The tracks of those who are more than passers-by, from the left, each with the boxes of all in ``extra``."""
    seen = np.array([np.isfinite(t.xy_px[:, 0, 0]) for t in tracks])
    if not seen.any():
        return list(tracks)
    seen_s = seen.sum(axis=1) * frame_step_s(tracks[0].time_s)
    stay = np.flatnonzero(seen_s >= min(MIN_SHARE * seen_s.max(), MIN_SEEN_S))
    together = seen[stay].sum(axis=0)
    candidates = np.flatnonzero(together == together.max())
    shown = int(candidates[len(candidates) // 2])
    people = [tracks[int(i)] for i in stay]
    people.sort(key=lambda track: float(_box(track, shown)[[0, 2]].sum()))
    marks = {BOXES: np.array([_box(track, shown) for track in people]), SHOWN: np.array(tracks[0].time_s[shown])}
    return [
        replace(p, extra={**p.extra, **marks, CHOSEN: np.array(row), OTHERS: _others(tracks, p)})
        for row, p in enumerate(people)
    ]


def others_px(track: PoseTrack) -> Floats:
    """(T, P, 33, 2) landmarks of the other people in view, NaN where not seen; P may be 0."""
    kept = np.asarray(track.extra.get(OTHERS, np.empty(0)), dtype=np.float64)
    fits = kept.ndim == 4 and kept.shape[0] == len(track) and kept.shape[2:] == track.xy_px.shape[1:]
    return kept if fits else np.empty((len(track), 0, *track.xy_px.shape[1:]))


def _others(tracks: Sequence[PoseTrack], person: PoseTrack) -> Floats:
    rest = [t.xy_px for t in tracks if t is not person]
    return np.stack(rest, axis=1) if rest else np.empty((len(person), 0, *person.xy_px.shape[1:]))


def person_in_view(track: PoseTrack) -> PersonInView | None:
    """Who was measured; None if the track does not tell."""
    if not {BOXES, CHOSEN, SHOWN} <= track.extra.keys():
        return None
    boxes = np.asarray(track.extra[BOXES], dtype=np.float64)
    chosen, shown_s = (np.asarray(track.extra[name], dtype=np.float64) for name in (CHOSEN, SHOWN))
    row = int(chosen) if chosen.size == 1 and np.isfinite(chosen).all() else -1
    fits = boxes.ndim == 2 and boxes.shape[1:] == (4,) and np.isfinite(boxes).all() and shown_s.size == 1
    if not fits or not 0 <= row < len(boxes):
        return None
    rows = [tuple(float(v) for v in np.clip(box, 0.0, 1.0)) for box in boxes]
    return PersonInView(row + 1, tuple((a, b, c, d) for a, b, c, d in rows), float(shown_s))


def _box(track: PoseTrack, shown: int) -> Floats:
    """Box around the person in that frame, or around where they mostly were if not seen then."""
    xy = track.xy_px[shown]
    if not np.isfinite(xy).all():
        xy = nan_median(track.xy_px)
    low, high = xy.min(axis=0), xy.max(axis=0)
    margin = BOX_MARGIN_SHARE * (high[1] - low[1])
    size = np.array([track.meta.width_px, track.meta.height_px], dtype=np.float64)
    return np.asarray(np.clip(np.concatenate([(low - margin) / size, (high + margin) / size]), 0.0, 1.0))
