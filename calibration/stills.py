"""Stills of quiet standing and of holds, refined as the product does with the frames of a clip.

A folder holds the pictures as 00.jpg, 01.jpg …; the truth beside it has ``stills``: ``facing``, the numbers of the
pictures of the ``stance`` and of each of the ``holds``; and ``pixels``, where the joints are in each picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mobility_check.kinematics.track import Floats, RefinedFrames
from mobility_check.pipeline import default_backend
from mobility_check.refinement.frames import LEGS, MIRROR, SegmentFrames, plan_frames
from mobility_check.refinement.refine import joined, refine_frames
from mobility_check.settings import Settings
from mobility_check.video.silhouette import RgbImage
from mobility_check.video.source import Frame

KNEES_AND_ANKLES, NAMES = [25, 26, 27, 28], ("kneeL", "kneeR", "ankleL", "ankleR")


def refined_stills(folder: Path, truth: dict[str, Any], settings: Settings) -> RefinedFrames:
    """All pictures of the folder, refined."""
    phases = truth["stills"]
    numbers = sorted({*phases["stance"], *(n for hold in phases["holds"] for n in hold)})
    pictures = {n: Frame(n, float(n), _picture(folder / f"{n:02d}.jpg")) for n in numbers}
    backend = default_backend()
    with ExitStack() as stack:
        tracker = stack.enter_context(backend.stills(settings.tracking_model))
        tracked = []
        for n in numbers:
            people = tracker.estimate(pictures[n].image, 0.0)
            joints_px = np.array([truth["pixels"][name][n] for name in NAMES])
            tracked.append(_named(people[0].xy_px if people else np.full((33, 2), np.nan), joints_px))
        segment = SegmentFrames(phases["facing"], phases["stance"], phases["holds"])
        plans = plan_frames(np.array(tracked), np.array(numbers), [segment])

        def frames(wanted: Iterable[int]) -> Iterator[Frame]:
            return (pictures[n] for n in wanted)

        return joined(list(refine_frames(plans, frames, backend=backend, settings=settings)))


def _picture(path: Path) -> RgbImage:
    picture = cv2.imread(str(path))
    if picture is None:
        raise SystemExit(f"There is no picture {path}.")
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def _named(landmarks_px: Floats, joints_px: Floats) -> Floats:
    """Landmarks (33, 2) with the legs exchanged where that brings them nearer to the true joints (4, 2): in a clip the
    tracking pass, which has seen the legs move, gives them their names."""
    exchanged = landmarks_px.copy()
    exchanged[LEGS] = landmarks_px[MIRROR[LEGS]]
    kept, other = (np.linalg.norm(x[KNEES_AND_ANKLES] - joints_px) for x in (landmarks_px, exchanged))
    return exchanged if other < kept else landmarks_px
