"""Reads marker trajectories of a motion laboratory: C3D (with ezc3d) and TRC (text)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mobility_check.errors import InputError, MissingExtraError
from mobility_check.files import read_file
from mobility_check.kinematics.track import Floats
from mobility_check.language import N_

ENDINGS = (".c3d", ".trc")
MAX_BYTES = 500_000_000
RATES_HZ = (5.0, 5000.0)


@dataclass(frozen=True, slots=True)
class Markers:
    """Trajectories of one trial.

    Attributes:
        time_s: (T,) seconds from the trial's first frame.
        points: label as the file has it → (T, 3) in the file's unit and axes; NaN where the marker was not seen.
    """

    time_s: Floats
    points: Mapping[str, Floats]


def read_markers(path: Path) -> Markers:
    """Read a trial.

    Raises:
        InputError: it cannot be read, or is no such file.
        MissingExtraError: a C3D file, and ezc3d is not installed.
    """
    read = {".c3d": _read_c3d, ".trc": _read_trc}.get(path.suffix.lower())
    if read is None:
        raise InputError(
            "'{path}' is no marker file; give one that ends in {endings}.", path=path, endings=" or ".join(ENDINGS)
        )
    data = read_file(path, noun=N_("marker file"), max_bytes=MAX_BYTES)
    try:
        rate_hz, points = read(path, data)
        if not RATES_HZ[0] <= rate_hz <= RATES_HZ[1] or not points:
            raise ValueError(
                N_("{count} markers at {rate_hz} frames a second").format(count=len(points), rate_hz=rate_hz)
            )
    except (ValueError, RuntimeError, LookupError, ArithmeticError, OSError, TypeError) as e:
        raise InputError(
            "'{path}' is no {form} file of markers or is damaged ({why}).",
            path=path,
            form=path.suffix[1:].upper(),
            why=e,
        ) from e
    frames = len(next(iter(points.values())))
    return Markers(np.arange(frames) / rate_hz, points)


def _read_c3d(path: Path, data: bytes) -> tuple[float, dict[str, Floats]]:
    if data[1:2] != b"\x50":
        raise ValueError(N_("the C3D signature is missing"))
    try:
        import ezc3d
    except ImportError as e:
        raise MissingExtraError(
            "C3D files need one more package; install it with: pip install 'mobility-check[c3d]'"
        ) from e
    trial: Any = ezc3d.c3d(str(path))
    parameters = trial["parameters"]["POINT"]
    xyz = np.asarray(trial["data"]["points"], dtype=np.float64)[:3].transpose(1, 2, 0)
    labels = [str(label) for label in parameters["LABELS"]["value"]]
    return float(parameters["RATE"]["value"][0]), dict(zip(labels, xyz, strict=False))


def _read_trc(path: Path, data: bytes) -> tuple[float, dict[str, Floats]]:
    lines = data.decode("utf-8-sig").splitlines()
    header = dict(zip(lines[1].split(), lines[2].split(), strict=False))
    labels = [cell.strip() for cell in lines[3].split("\t")[2:] if cell.strip()]
    rows = [_numbers(line.split("\t")[2:], 3 * len(labels)) for line in lines[5:] if line.strip()]
    xyz = np.array(rows).reshape(len(rows), len(labels), 3)
    xyz[(xyz == 0.0).all(axis=2)] = np.nan  # how many programs write a marker that was not seen
    return float(header["DataRate"]), {label: xyz[:, i] for i, label in enumerate(labels)}


def _numbers(cells: list[str], count: int) -> list[float]:
    """A row's numbers; an empty cell, also one that is missing at the end, is not seen."""
    cells = (cells + [""] * count)[:count]
    return [float(cell) if cell.strip() else math.nan for cell in cells]
