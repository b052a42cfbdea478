"""One clip with all at once is measured as it is shown: stored mirrored and squeezed, within black borders."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mobility_check.pipeline import analyze
from tests.field.remade import with_matrix
from tests.footage import KICKS_END_S, SAMPLES, derive, truth_deg


def stored(image: np.ndarray, time_s: float) -> np.ndarray:
    """A tenth of black at each side, three quarters of the width, left and right exchanged."""
    side = image.shape[1] // 10
    wide = cv2.copyMakeBorder(image, 0, 0, side, side, cv2.BORDER_CONSTANT)
    size = wide.shape[1] * 3 // 8 * 2, wide.shape[0]
    return np.asarray(cv2.resize(wide, size, interpolation=cv2.INTER_AREA))[:, ::-1]


def test_a_clip_is_measured_as_players_show_it(tmp_path):
    sample = SAMPLES[0]
    path = derive(sample, tmp_path / "clip.mp4", stored, stop_s=KICKS_END_S, height=960)
    width = round(960 * 1080 / 1920 / 2) * 2
    with_matrix(path, (-1, 0, 0, 1), shown=(width + 2 * (width // 10), 960))
    result = analyze(path)
    leg = result.sides["right"]
    assert (leg.view, [r.valid for r in leg.reps]) == ("near", [True] * 3)
    assert leg.score_deg == pytest.approx(truth_deg(sample)["right"], abs=1.0)
    assert leg.ci95_deg[0] <= truth_deg(sample)["right"] <= leg.ci95_deg[1]
    clip = result.inputs[0]
    assert [n.code for n in clip.notes] == ["marked_mirrored", "borders_cropped"]
    assert (clip.width_px, clip.height_px) == pytest.approx((width, 960), abs=6)
    assert "marked_mirrored" in [r.code for r in result.reasons]
