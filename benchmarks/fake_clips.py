"""Stands in for the pose model where the machinery is tested: a "clip" is a small JSON text of what happens to it."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import time
from pathlib import Path
from typing import Any

from mobility_check.assessments.movements import FoundClip
from mobility_check.errors import InputError
from mobility_check.pipeline import find_movements
from mobility_check.settings import Settings
from synthetic.stickfigure import kicking_track

RECORD = "benchmarks.fake_clips:record"
RECORD_COUNTING = "benchmarks.fake_clips:record_counting"


def write_clip(path: Path, *, left_deg: float = 12.0, right_deg: float = 18.0, seed: int = 0, **does: Any) -> Path:
    """Write a clip; ``does``: any of crash, hang, hog, eat, unreadable, bug, grow = True; takes_s = seconds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"left_deg": left_deg, "right_deg": right_deg, "seed": seed, **does}))
    return path


def record(path: Path, *, settings: Settings) -> FoundClip:
    """Do what the clip says, then give the movements of a stick figure with its angles."""
    does = json.loads(Path(path).read_text())
    if does.pop("crash", False) or _first_time(does.pop("crash_once", None)):
        os.kill(os.getpid(), signal.SIGSEGV)
    if does.pop("hang", False):
        time.sleep(3600)
    if does.pop("hog", False):
        ctypes.PyDLL(None).sleep(3600)  # without giving the interpreter's lock back
    if does.pop("eat", False):
        hoard = [bytearray(os.urandom(1 << 20) * 50) for _ in range(12)]
        time.sleep(60 + len(hoard))
    if does.pop("unreadable", False):
        raise InputError("The clip holds no picture; film it again.")
    if does.pop("bug", False):
        raise ZeroDivisionError("a mistake of ours")
    if does.pop("grow", False):
        with Path(path).open("a") as file:
            file.write(" ")
    time.sleep(does.pop("takes_s", 0.0))
    return find_movements(kicking_track(str(path), **does), settings=settings)


def _first_time(marker: str | None) -> bool:
    if marker is None or os.path.exists(marker):
        return False
    Path(marker).touch()
    return True


def record_counting(path: Path, *, settings: Settings) -> FoundClip:
    """Leaves a mark for every clip that is really analysed, beside the folder of clips."""
    marks = Path(path).parent.parent / "analysed"
    marks.mkdir(exist_ok=True)
    (marks / f"{Path(path).stem}-{time.time_ns()}").touch()
    return record(path, settings=settings)
