"""What one pass over the packets of a clip tells: the stamp of every frame, where decoding can start, what is missing.

Nothing is decoded but the first picture, so that a clip is listed in milliseconds. Stamps that are missing, repeated or
backwards are mended.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mobility_check.errors import InputError
from mobility_check.kinematics.track import Floats
from mobility_check.video.container import Decoded, OpenClip, check_size, opened
from mobility_check.video.orientation import BT_601, BT_709, BT_2020, Geometry

SEEKABLE = ("mov", "matroska")
STORED_ORDER = ("avi", "h264", "hevc", "m4v")
"""Containers that stamp pictures in the order of storage, so the stamps name no picture once the codec reorders."""
UNTIMED = ("h264", "hevc", "m4v", "mjpeg", "mpegvideo")
"""Bare streams without a container: their stamps are made up from a frame rate."""
HIGH_SPEED_FPS = 90.0
"""Fewer frames a second are no slow motion: phones also note 30 or 60, and take fewer when it is dark."""
SLOWED_FROM = 1.8
"""Clips that were taken with at least this many times the frames a second that they show are slow motion (E)."""

MIN_STEP_S = 0.0005
"""Two stamps closer than this are the same stamp: no camera takes 2000 pictures a second of a kick."""
MAX_GAP_S = 10.0
"""A longer gap is a broken stamp, not a pause of the camera."""
DEFAULT_FPS = 30.0

MATRICES = (BT_709, 5, BT_601, 7, BT_2020)


def file_stamp(path: str) -> tuple[int, int, int]:
    """What tells that a file is still the same one, with the same content.

    Raises:
        InputError: it is not there any more.
    """
    try:
        found = os.stat(path)
    except OSError as e:
        raise InputError(
            "'{path}' cannot be read any more ({why}); connect its drive again.", path=path, why=e.strerror
        ) from e
    return found.st_ino, found.st_size, found.st_mtime_ns


@dataclass(frozen=True, slots=True)
class Listing:
    """The frames of a clip.

    Attributes:
        time_s: (N,) presentation times, strictly rising from 0; of life where the clip is slow motion.
        pts: (N,) the container's stamps of the same, rising; None where stamps cannot name frames.
        coded_alone: (K,) indices of the frames that are coded without others.
        enterable: decoding can start at these.
        first, geometry: the first decoded frame.
        matrix: how colours are coded, a code point of ITU-T H.273; that of BT.601 where the clip does not say.
        notes: codes of ``results.reasons``.
    """

    time_s: Floats
    pts: NDArray[np.int64] | None
    coded_alone: NDArray[np.int64]
    enterable: bool
    first: Any
    geometry: Geometry
    matrix: int
    notes: frozenset[str]


def list_clip(path: str, *, damage: list[str]) -> Listing:
    """Read all packets of a clip and decode its first picture; what is wrong with it is added to ``damage``.

    Raises:
        InputError: the file is not a clip that can be read; one sentence that names it and what to do.
    """
    with opened(path, damage=damage) as clip:
        rows: list[tuple[int | None, int | None, bool]] = []
        hidden, decoded = 0, list[Decoded]()
        for packet in clip.packets():
            if packet.is_discard:
                hidden += 1
            else:
                rows.append((packet.pts, packet.dts, packet.is_keyframe))
            decoded = decoded or clip.decode(packet) or []
        decoded = decoded or clip.decode(None) or []
        if not decoded:
            raise InputError(
                "No picture of '{path}' can be decoded; the clip is damaged or in a format that is not known "
                "here: copy it again or convert it to MP4 (H.264).",
                path=path,
            )
        first, geometry = decoded[0]
        check_size(first.width, first.height, path=path)
        stored_pts, dts, keys = np.array(rows, dtype=float).reshape(-1, 3).T
        form, streams = clip.container.format.name, clip.container.streams.video
        if missing := _missing(path, clip, dts, len(rows) + hidden):
            damage.append(f"{missing} frames are not in the file")
        reordered = form.startswith(STORED_ORDER) or (
            clip.stream.codec_context.has_b_frames and np.array_equal(stored_pts, dts)  # put there by a careless remux
        )
        pts = None if reordered else _presentation_pts(stored_pts, dts, first.pts)
        stamps = _sorted_in_parts(stored_pts, dts) if pts is None else pts.astype(float)
        rate = clip.stream.average_rate or clip.stream.guessed_rate
        shown_s, repaired = mend(stamps * float(clip.stream.time_base), nominal_fps=float(rate) if rate else None)
        slowed = _slowed(_capture_fps(clip.container.metadata, clip.stream.metadata), mean_fps(shown_s))
        notes = {
            "timestamps_repaired": repaired and form not in UNTIMED,
            "no_time_stamps": form in UNTIMED,
            "slowed_down": slowed > 1.0,
            "marked_mirrored": geometry.mirrored,
            "several_streams": len(streams) > 1,
        }
        alone = keys.astype(bool)
        return Listing(
            time_s=shown_s / slowed,
            pts=pts,
            coded_alone=np.flatnonzero(alone if pts is None else np.isin(pts, stored_pts[alone])),
            enterable=pts is not None and form.startswith(SEEKABLE),
            first=first,
            geometry=geometry,
            matrix=int(first.colorspace) if int(first.colorspace) in MATRICES else BT_601,
            notes=frozenset(code for code, there in notes.items() if there),
        )


def _presentation_pts(pts: Floats, dts: Floats, first: int | None) -> NDArray[np.int64] | None:
    """Rising stamps of all frames, or None when they cannot name frames: missing, repeated or running backwards."""
    backwards = np.any(np.diff(dts[np.isfinite(dts)]) < 0)
    if backwards or not np.isfinite(pts).all() or len(np.unique(pts)) < len(pts):
        return None
    rising = np.sort(pts).astype(np.int64)
    return rising if first is not None and first in rising else None


def _sorted_in_parts(pts: Floats, dts: Floats) -> Floats:
    """Best guess of the presentation stamps: sorted within each part whose decoding order does not jump back."""
    breaks = np.flatnonzero(np.diff(dts) < 0) + 1
    return np.concatenate([np.sort(part) for part in np.split(np.where(np.isfinite(pts), pts, dts), breaks)])


def _slowed(capture_fps: float | None, fps: float) -> float:
    """How many times slower than life the clip runs; 1 where it does not say that it is slow motion."""
    if capture_fps is None or capture_fps < HIGH_SPEED_FPS or fps <= 0:
        return 1.0
    ratio = capture_fps / fps
    return ratio if ratio >= SLOWED_FROM else 1.0


def _missing(path: str, clip: OpenClip, dts: Floats, found: int) -> int:
    """Frames that are promised but not there; those that an edit list hides are there."""
    promised, form = int(clip.stream.frames), clip.container.format.name
    if found >= promised:
        return 0
    if form.startswith("mov"):
        with opened(path, damage=[], options={"ignore_editlist": "1"}) as whole:
            found = sum(1 for _ in whole.packets())
    elif form == "avi" and len(dts):  # counts the ticks of its clock, of which each may hold a frame or none
        found = int(np.nanmax(dts) + np.nanmedian(np.append(np.diff(dts), 1)))
    return max(0, promised - found)


def _capture_fps(*tags: Mapping[str, str]) -> float | None:
    """Frames a second that the camera took, as Android writes them; other programs keep the tag when they copy."""
    for key, value in (item for tag in tags for item in tag.items()):
        if key.lower().replace("_", ".").endswith("capture.fps"):
            with suppress(ValueError):
                if math.isfinite(fps := float(value)):
                    return fps
    return None


def mend(stamps_s: Floats, *, nominal_fps: float | None) -> tuple[Floats, bool]:
    """Times that start at 0 and rise strictly, and whether anything had to be repaired.

    Args:
        stamps_s: (N,) seconds in presentation order, NaN where the container has none.
        nominal_fps: the header's frame rate, used where the stamps say nothing; nonsense is ignored.
    """
    known = _trusted(stamps_s)
    steps = np.diff(known[np.isfinite(known)])
    steps = steps[(steps > 0) & (steps <= MAX_GAP_S)]
    step_s = float(np.median(steps)) if len(steps) else 1.0 / _sane_fps(nominal_fps)
    n = len(stamps_s)
    if n > 1 and 2 * len(steps) < n - 1:
        return np.arange(n, dtype=np.float64) / _sane_fps(nominal_fps), True
    filled = _filled(known, step_s)
    gaps = np.diff(filled)
    bad = (gaps <= 0) | (gaps > MAX_GAP_S)
    gaps[bad] = step_s
    repaired = bool(bad.any() or not np.isfinite(known).all())
    return np.asarray(np.concatenate([[0.0], np.cumsum(gaps)])[:n], dtype=np.float64), repaired


def _trusted(stamps_s: Floats) -> Floats:
    """NaN in place of each stamp that repeats the one before it or lies outside its two neighbours."""
    out = np.array(stamps_s, dtype=np.float64)
    before, here, after = stamps_s[:-2], stamps_s[1:-1], stamps_s[2:]
    out[1:-1][(before < after) & ((here < before) | (here > after))] = np.nan
    out[1:][np.abs(np.diff(stamps_s)) < MIN_STEP_S] = np.nan
    return out


def _filled(stamps_s: Floats, step_s: float) -> Floats:
    """Missing stamps spread evenly between their neighbours, at the usual step beyond the first and last known."""
    index = np.arange(len(stamps_s))
    known = np.flatnonzero(np.isfinite(stamps_s))
    if not len(known):
        return np.asarray(index * step_s, dtype=np.float64)
    out = np.interp(index, known, stamps_s[known])
    first, last = known[0], known[-1]
    out[:first] = stamps_s[first] + (index[:first] - first) * step_s
    out[last + 1 :] = stamps_s[last] + (index[last + 1 :] - last) * step_s
    return np.asarray(out, dtype=np.float64)


def _sane_fps(fps: float | None) -> float:
    return fps if fps is not None and 1.0 <= fps <= 1000.0 else DEFAULT_FPS


def mean_fps(times_s: Floats) -> float:
    """Frames per second over the whole clip; 0 for a clip of one frame."""
    return round(float((len(times_s) - 1) / (times_s[-1] - times_s[0])), 6) if len(times_s) > 1 else 0.0
