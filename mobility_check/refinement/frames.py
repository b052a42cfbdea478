"""The refinement pass: which frames of a clip are refined, and through which crop.

Quiet standing and holds decide the score, so only a few frames of these are refined: upright, through two tight
crops (standing and holds share them, so that what a crop does to the model cancels in the change), by both models,
plain and mirrored. What is taken from the pictures is a few numbers per frame, which fit in the saved track.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, pairwise

import numpy as np
from numpy.typing import NDArray

from mobility_check.kinematics.geometry import mid_hip, trunk_length_px
from mobility_check.kinematics.landmarks import N_LANDMARKS, Facing
from mobility_check.kinematics.signals import nan_median
from mobility_check.kinematics.track import Floats

MIRROR = np.array([0, 4, 5, 6, 1, 2, 3, *(i + 1 - 2 * (i % 2 == 0) for i in range(7, N_LANDMARKS))])
"""Landmark order that exchanges left and right."""
SAME_PERSON_TRUNKS = 0.35
"""Hips further from where the tracking pass saw them, in trunk lengths, are somebody else's (E)."""
LEGS = np.arange(23, 33)
EXCHANGED_TRUNKS, EXCHANGED_SHARE = 0.15, 0.5
"""Legs that lie so far from where the tracking pass saw them, in trunk lengths, and so much nearer when exchanged, were
taken for each other (E)."""
EDGE_STATIONS: Floats = np.linspace(-0.1, 1.1, 37)
"""Where an edge of the silhouette is measured, as a share of the segment's length from its upper end."""
MAP_STATIONS: Floats = np.linspace(0.34, 0.98, 33)
MAP_PLACES: Floats = np.linspace(-0.05, 0.546, 150)
"""Where the edges beside a thigh are mapped, in its lengths: along it from mid-hip, and towards the back."""
N_LINES = 3
"""Left thigh, right thigh, trunk: mid-hip to the knees and to the mid-shoulder."""
TRUNK_LINE = 2
N_EDGES = 4
"""Back of the left thigh, back of the right thigh, back of the trunk, front of the trunk."""
TRUNK_BACK, TRUNK_FRONT = 2, 3

CROP_PX = 512
PERSON_SHARE = 0.78
"""Height of the standing person in the crop: room for the kicking leg."""
NOSE_TO_HEIGHT = 1.12
"""Body height over the distance from nose to sole."""
LIFT_SHARE = 0.03
MIN_HEIGHT_PX = 40.0
CROP_VARIANTS = ((1.0, 0.0, 0.0), (1.04, 0.015, -0.01))
"""Size of the picture in the crop, and shift right and down in shares of the crop, for frame after frame of a hold or
of standing. A model's answer depends a little on where the person is in its input; in one crop all frames would err
alike (E: the same clip mirrored, scaled or coded anew scattered by 0.5°, and by 0.1° with three). A smaller picture
(0.965) made the error 5 % larger; turned crops were tried and read 1.5° low."""
HOLD_FRAMES = 2
HOLD_MARGIN_SHARE = 0.2
"""A hold is refined inside its ends, where the leg may still be arriving or already leaving (E)."""
NEUTRAL_FRAMES = 4
"""Spread over all quiet standing of a segment, between kicks too, so that slow sway averages out. Eight, and
three of each hold, gained nothing; fewer lost (docs/accuracy.md)."""


@dataclass(frozen=True, slots=True)
class SegmentFrames:
    """Clip frame numbers of one facing: quiet standing, and per kick its hold."""

    facing: Facing
    neutral: Sequence[int]
    holds: Sequence[Sequence[int]]


@dataclass(frozen=True, slots=True)
class PlannedFrame:
    """One frame to refine through a full-picture → crop affine (2, 3).

    ``tracked_px`` (33, 2) is where the tracking pass saw the person: nobody else in the crop is taken for them.
    """

    frame: int
    affine: Floats
    facing: Facing
    tracked_px: Floats


def plan_frames(
    tracked_px: Floats,
    tracked_frame: NDArray[np.int64],
    segments: Sequence[SegmentFrames],
    *,
    density: int = 1,
    entries: NDArray[np.int64] | None = None,
) -> list[PlannedFrame]:
    """Frames to refine and the crop of each, in rising order of frames.

    Args:
        tracked_px: (T, 33, 2) landmarks of the tracking pass, each leg under its own name.
        tracked_frame: (T,) their clip frame numbers.
        segments: from the tracking pass's analysis.
        density: how many times the usual number of frames.
        entries: frames where decoding can start, from the first on; those that follow one at once are preferred.
    """
    plans = {}
    where = dict(zip(tracked_frame.tolist(), tracked_px, strict=True))
    for segment in segments:
        rows = np.isin(tracked_frame, np.asarray(segment.neutral, dtype=np.int64))
        if not segment.holds or not np.isfinite(tracked_px[rows]).any():
            continue
        affine = crop_affine(nan_median(tracked_px[rows]))
        if affine is not None:
            crops = [_varied(affine, *variant) for variant in CROP_VARIANTS]
            for group in chosen_frames(segment, density=density, entries=entries):
                for frame, crop in zip(group, cycle(crops), strict=False):
                    plans[frame] = PlannedFrame(frame, crop, segment.facing, where[frame])
    return [plans[frame] for frame in sorted(plans)]


def _varied(affine: Floats, size: float, right: float, down: float) -> Floats:
    """The crop with the picture ``size`` times as large about its middle, and shifted by shares of the crop."""
    middle = np.array([[CROP_PX / 2 - 0.5], [CROP_PX / 2 - 0.5]])
    varied = size * affine
    varied[:, 2:] += (1 - size) * middle + CROP_PX * np.array([[right], [down]])
    return varied


def chosen_frames(
    segment: SegmentFrames, *, density: int = 1, entries: NDArray[np.int64] | None = None
) -> list[list[int]]:
    """The few frames of a segment that stand for its standing, and for each of its holds; see :func:`plan_frames`."""
    holds = [
        spread(hold, density * HOLD_FRAMES, margin_share=HOLD_MARGIN_SHARE, entries=entries) for hold in segment.holds
    ]
    return [spread(segment.neutral, density * NEUTRAL_FRAMES, entries=entries), *holds]


def spread(
    frames: Sequence[int], count: int, *, margin_share: float = 0.06, entries: NDArray[np.int64] | None = None
) -> list[int]:
    """At most ``count`` of the frames, evenly spread, that share of them (two frames at most) inside both ends.

    Where one follows an entry at once in one of ``count`` equal parts of them, it stands for the part.
    """
    if len(frames) <= count:
        return [int(f) for f in frames]
    margin = min(margin_share * len(frames), 2.0)
    places = np.linspace(margin, len(frames) - 1 - margin, count).round().astype(int)
    if entries is not None and len(entries):
        behind = frames - entries[np.maximum(np.searchsorted(entries, frames, side="right") - 1, 0)]
        soon = np.flatnonzero((behind >= 0) & (behind < np.diff(frames).min()))
        bounds = np.linspace(margin, len(frames) - margin, count + 1).round().astype(int)
        for part, (start, end) in enumerate(pairwise(bounds)):
            inside = soon[(soon >= start) & (soon < end)]
            if len(inside):
                places[part] = inside[np.abs(inside - places[part]).argmin()]
    return [int(frames[p]) for p in places]


def crop_affine(standing_px: Floats) -> Floats | None:
    """Full picture → square crop (2, 3) around a standing person's (33, 2) landmarks; None if too small to crop."""
    nose_y, sole_y = float(standing_px[0, 1]), float(np.max(standing_px[27:33, 1]))
    height = (sole_y - nose_y) * NOSE_TO_HEIGHT
    if not np.isfinite(height) or height < MIN_HEIGHT_PX:
        return None
    centre = np.array([float(np.mean(standing_px[23:25, 0])), (nose_y + sole_y) / 2 - LIFT_SHARE * height])
    scale = CROP_PX * PERSON_SHARE / height
    shift = CROP_PX / 2 - 0.5 - scale * centre
    return np.array([[scale, 0.0, shift[0]], [0.0, scale, shift[1]]])


def to_full_picture(crop_px: Floats, affine: Floats, *, mirrored: bool) -> Floats:
    """Landmarks (33, 2) found in a crop, in pixels of the full picture; left and right the person's own."""
    points = np.array(crop_px, dtype=np.float64)
    if mirrored:
        points = points[MIRROR]
        points[:, 0] = CROP_PX - points[:, 0]
    # pixel centres lie at +0.5
    return np.asarray((points - 0.5 - affine[:, 2]) @ np.linalg.inv(affine[:, :2]).T + 0.5)


def same_person(landmarks_px: Floats, tracked_px: Floats) -> bool:
    """Whether landmarks (33, 2) are of the person that the tracking pass saw (33, 2): the hips are in one place."""
    away = np.linalg.norm(mid_hip(landmarks_px) - mid_hip(tracked_px))
    return not away > SAME_PERSON_TRUNKS * trunk_length_px(tracked_px)  # not tracked in that frame (NaN): in the crop


def legs_as_tracked(landmarks_px: Floats, tracked_px: Floats) -> Floats:
    """Landmarks (33, 2) with the legs exchanged where the model clearly took one for the other.

    The tracking pass has seen the legs move, a still picture of two dark legs shows less.
    """
    kept, exchanged = (
        float(np.linalg.norm(landmarks_px[joints] - tracked_px[LEGS], axis=1).mean()) for joints in (LEGS, MIRROR[LEGS])
    )
    if not (kept > EXCHANGED_TRUNKS * trunk_length_px(tracked_px) and exchanged < EXCHANGED_SHARE * kept):
        return landmarks_px
    out = landmarks_px.copy()
    out[LEGS] = landmarks_px[MIRROR[LEGS]]
    return out


def middle_of_variants(landmarks_px: Floats) -> Floats:
    """Median (..., V, 33, 2) → (..., 33, 2), NaN where no variant saw the person."""
    return nan_median(landmarks_px, axis=-3)


def segment_lines(landmarks_px: Floats) -> Floats:
    """(3, 4) lines of one frame from its landmarks (33, 2)."""
    hip, shoulder = landmarks_px[23:25].mean(axis=0), landmarks_px[11:13].mean(axis=0)
    return np.array([[*hip, *end] for end in (landmarks_px[25], landmarks_px[26], shoulder)])


def back_normal(line_px: Floats, facing: Facing) -> Floats:
    """Unit normal (2,) of a line (4,), pointing towards the person's back."""
    direction = line_px[2:] - line_px[:2]
    normal = np.array([-direction[1], direction[0]]) / max(float(np.hypot(*direction)), 1e-9)
    backwards = -1.0 if facing == "right" else 1.0
    return normal if normal[0] * backwards > 0 else -normal
