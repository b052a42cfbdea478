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
) -> tuple[Floats, Floats]:
    """Segment lines (3, 4) and the silhouette's distances from them (4, 37), see ``kinematics.track.RefinedFrames``.

    Args:
        image: full upright RGB picture.
        mask: of its plain (not mirrored) crop, 0..1.
        affine: of the crop.
        landmarks_px: (33, 2) mean over the variants of the frame.
    """
    lines, edges = segment_lines(landmarks_px), np.full((N_EDGES, len(EDGE_STATIONS)), np.nan)
    if not np.isfinite(lines).all():
        return lines, edges
    small = np.asarray(cv2.resize(mask, (MASK_PX, MASK_PX), interpolation=cv2.INTER_AREA), dtype=np.float32)
    for edge, line, side in ((0, 0, 1), (1, 1, 1), (2, TRUNK_LINE, 1), (3, TRUNK_LINE, -1)):
        edges[edge] = side * _edge(*_strip(image, small, affine, lines[line], facing), side)
    return lines, edges


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
    ratio = MASK_PX / CROP_PX
    mask_x = (affine[0, 0] * x + affine[0, 2] + 0.5) * ratio - 0.5
    mask_y = (affine[1, 1] * y + affine[1, 2] + 0.5) * ratio - 0.5
    inside = _sample(mask, mask_x, mask_y, border=cv2.BORDER_CONSTANT)
    return gradient.astype(np.float64), inside.astype(np.float64), 1.0 / (ratio * affine[0, 0] * STEP_PX)


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
