"""The landmarks of a saved track as a TRC file of markers, for OpenSim and whatever else reads marker trajectories.

A landmark has two coordinates, so the markers lie in the plane of the picture: x to the picture's right, y up, z 0.
With the person's height they are millimetres; without it one unit is one pixel of the clip.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mobility_check.errors import InputError
from mobility_check.files import Kind, atomic_path
from mobility_check.kinematics.landmarks import SIDES, Landmark, joint
from mobility_check.kinematics.track import Floats, PoseTrack
from mobility_check.language import N_

TRC = Kind(N_("a markers file"), (".trc",), b"mobility-check landmarks")
HIP_TO_ANKLE = 0.491
"""Thigh and shank together as a share of a person's height (Drillis and Contini 1966, in Winter, Biomechanics)."""
LONGEST_GAP_S = 0.2
"""Between frames further apart nothing is made up."""
SAME_FRAME = 1e-3
"""A time this near to a frame's, as a share of the time between two, is that frame's."""
MIN_RATE_HZ, MAX_RATE_HZ = 5.0, 5000.0


def write_trc(track: PoseTrack, path: Path, *, height_m: float | None = None) -> float:
    """Write the markers at a steady frame rate and return it, in frames a second.

    Args:
        track: landmarks as the tracking pass saw them; what was not seen is left empty.
        path: where to.
        height_m: the person's height, for millimetres.

    Raises:
        InputError: the track has too few frames, or no leg was seen that the height could be laid on.
        OutputError: the file cannot be written.
    """
    scale = 1.0 if height_m is None else _mm_per_px(track, height_m)
    rate_hz, frames = _steady(track)
    xyz = np.zeros((*frames.shape[:2], 3))
    xyz[:, :, 0], xyz[:, :, 1] = frames[:, :, 0] * scale, (track.meta.height_px - frames[:, :, 1]) * scale
    xyz[np.isnan(frames).any(axis=2)] = np.nan
    names = [marker_name(landmark) for landmark in Landmark]
    start_s = float(track.time_s[0])
    lines = [
        f"PathFileType\t4\t(X/Y/Z)\t{TRC.comment}",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames",
        f"{rate_hz:g}\t{rate_hz:g}\t{len(xyz)}\t{len(names)}\tmm\t{rate_hz:g}\t1\t{len(xyz)}",
        "Frame#\tTime\t" + "\t\t\t".join(names),
        "\t\t" + "\t".join(f"X{i}\tY{i}\tZ{i}" for i in range(1, len(names) + 1)),
        "",
    ]
    lines += [
        f"{n + 1}\t{start_s + n / rate_hz:.6f}\t" + "\t".join("" if np.isnan(v) else f"{v:.3f}" for v in row)
        for n, row in enumerate(xyz.reshape(len(xyz), -1))
    ]
    with atomic_path(path) as tmp:
        tmp.write_text("\n".join(lines) + "\n", "ascii")
    return rate_hz


def marker_name(landmark: Landmark) -> str:
    """``LKnee``, ``RFootIndex``, ``Nose``; left and right are the person's own."""
    words = landmark.name.split("_")
    side = next((word[0] for word in words if word in ("LEFT", "RIGHT")), "")
    return side + "".join(word.capitalize() for word in words if word not in ("LEFT", "RIGHT"))


def _mm_per_px(track: PoseTrack, height_m: float) -> float:
    """From the longest of the two legs, each the median over the clip: a leg turned to the camera looks shorter."""
    legs = []
    for side in SIDES:
        joints = track.xy_px[:, [joint(name, side) for name in ("hip", "knee", "ankle")]]
        length = np.linalg.norm(np.diff(joints, axis=1), axis=2).sum(axis=1)
        if np.isfinite(length).any():
            legs.append(float(np.nanmedian(length)))
    if not legs or max(legs) < 1.0:
        raise InputError("No whole leg was seen in this track, so --height has nothing to go by; leave it out.")
    return 1000.0 * height_m * HIP_TO_ANKLE / max(legs)


def _steady(track: PoseTrack) -> tuple[float, Floats]:
    """The landmarks at even times, between neighbouring frames in proportion: frame rate and (T, 33, 2) pixels."""
    if len(track) < 2:
        raise InputError("This track has too few frames to be written as markers.")
    rate_hz = round(1.0 / float(np.median(np.diff(track.time_s))), 3)
    if not MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ:
        raise InputError(
            "This track has {rate_hz:g} frames a second, which is no frame rate for markers.", rate_hz=rate_hz
        )
    time_s = track.time_s[0] + np.arange(int((track.time_s[-1] - track.time_s[0]) * rate_hz + 0.5) + 1) / rate_hz
    after = np.clip(np.searchsorted(track.time_s, time_s), 1, len(track) - 1)
    before = after - 1
    step_s = track.time_s[after] - track.time_s[before]
    share = np.clip((time_s - track.time_s[before]) / step_s, 0.0, 1.0)[:, None, None]
    first, second = track.xy_px[before], track.xy_px[after]
    between = first + share * (second - first)
    between[step_s > LONGEST_GAP_S] = np.nan
    return rate_hz, np.where(share < SAME_FRAME, first, np.where(share > 1 - SAME_FRAME, second, between))
