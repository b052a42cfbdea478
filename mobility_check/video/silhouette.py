"""What the refinement pass takes from pixels: the model's crop, and the silhouette's edges at thighs and trunk."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from mobility_check.kinematics.landmarks import Facing
from mobility_check.kinematics.track import Floats
from mobility_check.refinement.frames import (
    CROP_PX,
    EDGE_STATIONS,
    MAP_PLACES,
    MAP_STATIONS,
    N_EDGES,
    TRUNK_LINE,
    back_normal,
    segment_lines,
)

RgbImage = NDArray[np.uint8]
Mask = NDArray[np.float32]

REACH = 0.55
"""Search width on both sides of a line, share of its length (E)."""
STEP_PX = 0.5
BLUR_ACROSS, BLUR_ALONG = 1.6, 0.8
"""Smoothing of the strip in samples across and stations along (E)."""
WINDOW_MASK_PX = 2.5
"""The picture's gradient is searched this far around the mask's edge (E)."""
PRIOR_SHARE = 0.6
CLEAR = 2.0
"""Change of colour (CIELAB) per pixel that makes an edge half as clear as can be (E)."""
FAINT = 0.15
EDGE_WIDTH = 0.008
"""Width of a mapped edge in lengths of the thigh (E)."""
OUTSIDE_PX, OUTSIDE_FADE_PX = 2.0, 1.5
"""So far outside the mask's edge what is seen begins to be the background's, in pixels of the mask (E)."""
MASK_PX = 256
"""The model's own mask resolution; the larger mask it hands out is reduced to it."""


def crop(image: RgbImage, affine: Floats, *, mirrored: bool) -> RgbImage:
    """The square picture to give to the model; ``affine`` (2, 3) maps the full picture to it."""
    size = (CROP_PX, CROP_PX)
    # grey outside the picture: a smeared border makes the detector lose people who are cut by the frame
    out = cv2.warpAffine(
        image, affine, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=(128, 128, 128)
    )
    return np.ascontiguousarray(out[:, ::-1] if mirrored else out, dtype=np.uint8)


def measure_edges(
    image: RgbImage, mask: Mask, affine: Floats, landmarks_px: Floats, facing: Facing
) -> tuple[Floats, Floats, Floats]:
    """Segment lines (3, 4), the silhouette's distances from them (4, 37), and maps (2, 33, 150) of the edges beside the
    thighs, see ``kinematics.track.RefinedFrames``.

    Args:
        image: full upright RGB picture.
        mask: of its plain (not mirrored) crop, 0..1.
        affine: of the crop.
        landmarks_px: (33, 2) mean over the variants of the frame.
    """
    lines, edges = segment_lines(landmarks_px), np.full((N_EDGES, len(EDGE_STATIONS)), np.nan)
    maps = np.full((2, len(MAP_STATIONS), len(MAP_PLACES)), np.nan)
    if not np.isfinite(lines).all():
        return lines, edges, maps
    small = np.asarray(cv2.resize(mask, (MASK_PX, MASK_PX), interpolation=cv2.INTER_AREA), dtype=np.float32)
    for edge, line, side in ((0, 0, 1), (1, 1, 1), (2, TRUNK_LINE, 1), (3, TRUNK_LINE, -1)):
        edges[edge] = side * _edge(*_strip(image, small, affine, lines[line], facing), side)
    for thigh in (0, 1):
        maps[thigh] = _edge_map(image, small, affine, lines[thigh], facing)
    return lines, edges, maps


def _edge_map(image: RgbImage, mask: Mask, affine: Floats, line_px: Floats, facing: Facing) -> Floats:
    """How clear an edge runs at each place beside a line, (33, 150) in steps of 1/254 from 0 to 1."""
    direction = line_px[2:] - line_px[:2]
    step_px = float(np.hypot(*direction) * (MAP_PLACES[1] - MAP_PLACES[0]))
    place = MAP_PLACES * float(np.hypot(*direction))
    normal = back_normal(line_px, facing)
    x = line_px[0] + MAP_STATIONS[:, None] * direction[0] + place * normal[0] - 0.5
    y = line_px[1] + MAP_STATIONS[:, None] * direction[1] + place * normal[1] - 0.5
    seen = cv2.remap(
        image, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    colour = cv2.cvtColor(seen, cv2.COLOR_RGB2LAB).astype(np.float32)
    smooth = cv2.GaussianBlur(colour, (0, 0), sigmaX=max(1.0 / step_px, 1.5), sigmaY=1.0)
    slope = np.sqrt((np.gradient(smooth, axis=1) ** 2).sum(axis=-1)) / step_px
    clear = _ridges(slope) * _fading_outside(_sample_mask(mask, affine, x, y), step_px / _mask_px(affine))
    return np.asarray(np.round(254.0 * clear) / 254.0, dtype=np.float64)


def _fading_outside(inside: Floats, mask_px_a_place: float) -> Floats:
    """1 inside the mask (S, P), falling to 0 outside; one half where no edge of it is found."""
    middle = int(np.searchsorted(MAP_PLACES, 0.0))
    falls = (inside[:, middle:-1] >= 0.5) & (inside[:, middle + 1 :] < 0.5)
    found = np.asarray(falls.any(axis=1))[:, None]
    beyond_px = (np.arange(len(MAP_PLACES)) - middle - falls.argmax(axis=1)[:, None]) * mask_px_a_place
    return np.where(found, np.exp(-((np.maximum(beyond_px - OUTSIDE_PX, 0.0) / OUTSIDE_FADE_PX) ** 2) / 2), 0.5)


def _ridges(slope: Floats) -> Floats:
    """Narrow ridges (S, P) where the slope (S, P) has its tops, the higher the steeper."""
    top = np.zeros_like(slope)
    before, here, after = slope[:, :-2], slope[:, 1:-1], slope[:, 2:]
    peak = (here >= before) & (here > after) & (here >= FAINT)
    bend = np.where(peak, before - 2 * here + after, -1.0)
    shift = np.where(peak, 0.5 * (before - after) / bend, 0.0)
    width = EDGE_WIDTH / (MAP_PLACES[1] - MAP_PLACES[0])
    for away in range(-6, 7):
        height = np.where(peak, here / (here + CLEAR) * np.exp(-(((away - shift) / width) ** 2) / 2), 0.0)
        first, last = max(0, 1 + away), min(slope.shape[1], slope.shape[1] - 1 + away)
        part = height[:, first - 1 - away : last - 1 - away]
        top[:, first:last] = np.maximum(top[:, first:last], part)
    return top


def _strip(
    image: RgbImage, mask: Mask, affine: Floats, line_px: Floats, facing: Facing
) -> tuple[Floats, Floats, float]:
    """Gradient and mask across a line, (37, W) each, + towards the back; and samples per pixel of the mask."""
    direction, normal = line_px[2:] - line_px[:2], back_normal(line_px, facing)
    count = max(int(REACH * float(np.hypot(*direction)) / STEP_PX), 4)
    across = np.arange(-count, count + 1) * STEP_PX
    x = line_px[0] + EDGE_STATIONS[:, None] * direction[0] + across * normal[0] - 0.5
    y = line_px[1] + EDGE_STATIONS[:, None] * direction[1] + across * normal[1] - 0.5
    colour = _sample(image, x, y, border=cv2.BORDER_REPLICATE).astype(np.float32)
    smooth = cv2.GaussianBlur(colour, (0, 0), sigmaX=BLUR_ACROSS, sigmaY=BLUR_ALONG)
    gradient = np.abs(np.gradient(smooth, axis=1)).sum(axis=-1)
    return gradient.astype(np.float64), _sample_mask(mask, affine, x, y), _mask_px(affine) / STEP_PX


def _mask_px(affine: Floats) -> float:
    """Pixels of the picture to one of the mask."""
    return float(CROP_PX / MASK_PX / affine[0, 0])


def _sample_mask(mask: Mask, affine: Floats, x: Floats, y: Floats) -> Floats:
    ratio = MASK_PX / CROP_PX
    mask_x = (affine[0, 0] * x + affine[0, 2] + 0.5) * ratio - 0.5
    mask_y = (affine[1, 1] * y + affine[1, 2] + 0.5) * ratio - 0.5
    return _sample(mask, mask_x, mask_y, border=cv2.BORDER_CONSTANT).astype(np.float64)


def _sample(image: RgbImage | Mask, x: Floats, y: Floats, *, border: int) -> NDArray[np.float32]:
    sampled = cv2.remap(image, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR, borderMode=border)
    return np.asarray(sampled, dtype=np.float32)


def _edge(gradient: Floats, inside: Floats, samples_per_mask_px: float, side: int) -> Floats:
    """Distance (37,) in px of the edge from the line on one side (+1 back, -1 front); NaN where there is none."""
    centre = gradient.shape[1] // 2
    found = np.full(len(gradient), np.nan)
    window = int(WINDOW_MASK_PX * samples_per_mask_px)
    for i, (rim, slope) in enumerate(zip(inside, gradient, strict=True)):
        rim, slope = (rim[centre:], slope[centre:]) if side > 0 else (rim[centre::-1], slope[centre::-1])
        crossing = _mask_crossing(rim)
        if np.isfinite(crossing):
            found[i] = _gradient_peak(slope, crossing, window) * STEP_PX
    return found


def _mask_crossing(rim: Floats) -> float:
    """First place (in samples) where the mask falls below one half; NaN if it never does or the line lies outside."""
    falls = np.flatnonzero((rim[:-1] >= 0.5) & (rim[1:] < 0.5))
    if rim[:4].max() < 0.5 or not len(falls):
        return float("nan")
    k = int(falls[0])
    return k + float((rim[k] - 0.5) / (rim[k] - rim[k + 1] + 1e-9))


def _gradient_peak(slope: Floats, crossing: float, window: int) -> float:
    """Sub-sample place of the strongest gradient near the mask's edge (parabola through the peak), NaN without room."""
    low, high = max(1, int(crossing - window)), min(len(slope) - 2, int(crossing + window) + 1)
    if high <= low + 2:
        return float("nan")
    prior = np.exp(-0.5 * ((np.arange(low, high) - crossing) / (PRIOR_SHARE * window)) ** 2)
    k = low + int((slope[low:high] * prior).argmax())
    bend = slope[k - 1] - 2 * slope[k] + slope[k + 1]
    shift = 0.5 * (slope[k - 1] - slope[k + 1]) / bend if bend < 0 else 0.0
    return k + float(np.clip(shift, -1.0, 1.0))
