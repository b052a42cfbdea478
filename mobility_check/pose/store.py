"""Saves and loads pose tracks as plain ``.npz`` archives (no pickle: a track from elsewhere can run no code)."""

from __future__ import annotations

import dataclasses
import io
import json
import math
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mobility_check.errors import InputError
from mobility_check.files import atomic_path
from mobility_check.kinematics.landmarks import N_LANDMARKS
from mobility_check.kinematics.track import ClipMeta, Floats, PersonInView, PoseTrack, RefinedFrames

FORMAT = "mobility-check/track/2"
ARRAYS = {"time_s": 1, "frame": 1, "xy_px": 3, "visibility": 2, "people": 1, "luma": 1}
REFINED = "extra.refined_"
EDGE_MAP = REFINED + "edge_map"
CLOTHES, OTHERS = "extra.clothes", "extra.others_px"
BOXES, CHOSEN, SHOWN = "extra.people_boxes", "extra.people_chosen", "extra.people_shown_s"
"""Names of what a track may hold besides: the fields of its refined frames, colours, the other people (T, P, 33, 2),
boxes of all from the left, the measured one's row among them, and the time of the boxes."""
MAX_PX = 1e6
_WIDE_BYTES = 8
MAX_BYTES = 400 << 20
"""A track of one hour at 60 frames a second is under 0.2 GB; more is refused before it is unpacked, or widened."""
BROKEN = (
    ValueError,
    ArithmeticError,
    LookupError,
    TypeError,
    OSError,
    EOFError,
    zipfile.BadZipFile,
    zlib.error,
    RuntimeError,
    MemoryError,
)
"""What reading a made-up or damaged file raises; among it encrypted members, endless nesting, and arrays that promise
more than the memory."""


def save_track(track: PoseTrack, path: str | Path) -> None:
    """Write a track, whole or not at all.

    Raises:
        OutputError: the file cannot be written.
    """
    header = {
        "format": FORMAT,
        "backend": track.backend,
        "model": track.model,
        "model_sha256": track.model_sha256,
        "meta": dataclasses.asdict(track.meta),
    }
    arrays: dict[str, Any] = {name: getattr(track, name) for name in ARRAYS}
    with atomic_path(path) as tmp, tmp.open("wb") as out:
        np.savez_compressed(out, header=np.array(json.dumps(header)), **arrays, **_besides(track))


def _besides(track: PoseTrack) -> dict[str, Any]:
    """The arrays of what a track need not hold."""
    arrays: dict[str, Any] = {}
    if track.refined is not None:
        arrays |= {REFINED + f.name: getattr(track.refined, f.name) for f in dataclasses.fields(track.refined)}
        arrays[EDGE_MAP] = _packed(track.refined.edge_map)
    if track.clothes is not None:
        arrays[CLOTHES] = track.clothes
    if track.others_px:
        arrays[OTHERS] = np.stack(track.others_px, axis=1)
    if (view := track.in_view) is not None:
        arrays |= {BOXES: np.array(view.boxes), CHOSEN: np.array(view.number - 1), SHOWN: np.array(view.shown_s)}
    return arrays


def load_track(path: str | Path) -> PoseTrack:
    """Read a track that :func:`save_track` wrote.

    Raises:
        InputError: not there, not a track, damaged, or of another format.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(
            "There is no track file '{path}'; make one with: mobility-check analyze VIDEO --save-track", path=path
        )
    try:
        with zipfile.ZipFile(path) as archive:
            _refuse_large(sum(member.file_size for member in archive.infolist()))
            arrays = {name.removesuffix(".npy"): _array(archive.read(name)) for name in archive.namelist()}
            _refuse_large(sum(_WIDE_BYTES * a.size for a in arrays.values()))
            return _unpack(arrays)
    except BROKEN as e:
        raise InputError("'{path}' is not a track of mobility-check or is damaged; record it again.", path=path) from e


def _refuse_large(size_bytes: int) -> None:
    """Zeros pack a thousandfold, and one byte each becomes eight."""
    if size_bytes > MAX_BYTES:
        raise ValueError("unpacks to more than a track can hold")


def _array(data: bytes) -> Any:
    """From the bytes of one member: a fifth less time than ``np.load``, which opens the archive anew."""
    return np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)


def _unpack(arrays: dict[str, Any]) -> PoseTrack:
    header = json.loads(str(arrays.pop("header")))
    if header["format"] != FORMAT:
        raise ValueError(f"format {header['format']!r}")
    for name, ndim in ARRAYS.items():
        if arrays[name].ndim != ndim or not np.issubdtype(arrays[name].dtype, np.number):
            raise ValueError(f"{name} has the wrong form")
    if arrays["xy_px"].shape[1:] != (N_LANDMARKS, 2) or not np.isfinite(arrays["time_s"]).all():
        raise ValueError("landmarks or times have the wrong form")
    return PoseTrack(
        time_s=arrays["time_s"].astype(np.float64),
        frame=arrays["frame"].astype(np.int64),
        xy_px=_within_reason(arrays["xy_px"].astype(np.float64)),
        visibility=arrays["visibility"].astype(np.float64),
        people=arrays["people"].astype(np.int64),
        luma=arrays["luma"].astype(np.float64),
        meta=_meta(header["meta"]),
        backend=str(header["backend"]),
        model=str(header["model"]),
        model_sha256=header["model_sha256"],
        refined=_refined(arrays),
        clothes=_clothes(arrays),
        others_px=_others(arrays),
        in_view=_in_view(arrays),
    )


def _clothes(arrays: dict[str, Any]) -> Floats | None:
    return _within_reason(arrays[CLOTHES].astype(np.float64)) if CLOTHES in arrays else None


def _others(arrays: dict[str, Any]) -> tuple[Floats, ...]:
    return tuple(_within_reason(np.moveaxis(arrays[OTHERS].astype(np.float64), 1, 0))) if OTHERS in arrays else ()


def _refined(arrays: dict[str, Any]) -> RefinedFrames | None:
    names = [f.name for f in dataclasses.fields(RefinedFrames)]
    if REFINED + names[0] not in arrays:
        return None
    frame, *seen, edges = (arrays[REFINED + name] for name in names)
    landmarks_px, line_px, edge_px = (_within_reason(a.astype(np.float64)) for a in seen)
    return RefinedFrames(frame.astype(np.int64), landmarks_px, line_px, edge_px, _unpacked(edges))


def _packed(edge_map: Floats) -> NDArray[np.uint8]:
    """A byte each: 0 where there is nothing, else 1 more than the step of 1/254."""
    return np.where(np.isfinite(edge_map), 1 + np.round(254.0 * np.nan_to_num(edge_map)), 0).astype(np.uint8)


def _unpacked(packed: NDArray[np.uint8]) -> Floats:
    edges = packed.astype(np.float64)
    return np.where(edges > 0, (edges - 1.0) / 254.0, np.nan)


def _in_view(arrays: dict[str, Any]) -> PersonInView | None:
    if BOXES not in arrays:
        return None
    boxes = tuple((a, b, c, d) for a, b, c, d in np.clip(arrays[BOXES].astype(np.float64), 0.0, 1.0).tolist())
    return PersonInView(int(arrays[CHOSEN]) + 1, boxes, float(arrays[SHOWN]))


def _within_reason(xy_px: Floats) -> Floats:
    """Landmarks of a made-up track that lie beyond any picture count as not seen."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(np.abs(xy_px) <= MAX_PX, xy_px, np.nan))


def _meta(row: dict[str, Any]) -> ClipMeta:
    meta = ClipMeta(
        path=str(row["path"]),
        sha256=row["sha256"],
        duration_s=float(row["duration_s"]),
        fps=float(row["fps"]),
        frames=int(row["frames"]),
        width_px=int(row["width_px"]),
        height_px=int(row["height_px"]),
        notes=tuple(str(n) for n in row["notes"]),
        frozen_s=tuple((float(a), float(b)) for a, b in row.get("frozen_s", ())),
    )
    numbers = (meta.duration_s, meta.fps, meta.frames, meta.width_px - 1, meta.height_px - 1)
    if not all(math.isfinite(n) and n >= 0 for n in numbers) or not isinstance(meta.sha256, str | None):
        raise ValueError("the facts of the clip have the wrong form")
    return meta
