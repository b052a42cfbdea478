"""Landmarks written as TRC come back through the reader of ``validate``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mobility_check.errors import InputError
from mobility_check.export.markers import LONGEST_GAP_S, TRC, write_trc
from mobility_check.files import is_ours
from mobility_check.kinematics.landmarks import Landmark
from mobility_check.kinematics.track import PoseTrack
from mobility_check.validation.markers import read_markers
from synthetic.stickfigure import Figure, kicks


def recorded(**fields: object) -> PoseTrack:
    return Figure(movements=kicks("right", extension_deg=18.0), duration_s=16.0, **fields).track()


def test_what_is_written_comes_back(tmp_path: Path) -> None:
    track = recorded()
    xy = track.xy_px.copy()
    xy[40:50, Landmark.LEFT_KNEE] = np.nan
    track = replace(track, xy_px=xy)
    rate_hz = write_trc(track, tmp_path / "kick.trc")
    markers = read_markers(tmp_path / "kick.trc")
    assert markers.time_s == pytest.approx(track.time_s - track.time_s[0], abs=0.5 / rate_hz)
    assert list(markers.points)[:2] == ["Nose", "LEyeInner"]
    assert {"LHip", "RKnee", "LFootIndex", "RMouth"} <= set(markers.points)
    knee = markers.points["RKnee"]
    assert knee[:, 0] == pytest.approx(xy[:, Landmark.RIGHT_KNEE, 0], abs=0.001)
    assert knee[:, 1] == pytest.approx(track.meta.height_px - xy[:, Landmark.RIGHT_KNEE, 1], abs=0.001)
    assert np.isnan(markers.points["LKnee"]).all(axis=1).nonzero()[0].tolist() == list(range(40, 50))


def test_with_the_height_the_unit_is_a_millimetre(tmp_path: Path) -> None:
    write_trc(recorded(), tmp_path / "kick.trc", height_m=1.8)
    points = read_markers(tmp_path / "kick.trc").points
    leg = sum(np.linalg.norm(points[a] - points[b], axis=1) for a, b in (("RHip", "RKnee"), ("RKnee", "RAnkle")))
    assert np.median(leg) == pytest.approx(0.491 * 1800, rel=0.02)


def test_uneven_times_become_even_and_a_long_gap_stays_empty(tmp_path: Path) -> None:
    track = recorded()
    rng = np.random.default_rng(3)
    kept = np.sort(rng.choice(len(track), len(track) - 60, replace=False))
    kept = kept[(track.time_s[kept] < 5.0) | (track.time_s[kept] > 5.0 + 2 * LONGEST_GAP_S)]
    parts = ("time_s", "frame", "xy_px", "visibility", "people", "luma")
    thinned = replace(track, **{name: getattr(track, name)[kept] for name in parts})
    rate_hz = write_trc(thinned, tmp_path / "kick.trc")
    markers = read_markers(tmp_path / "kick.trc")
    time_s = markers.time_s + thinned.time_s[0]
    in_gap = (time_s > 5.0) & (time_s < 5.0 + 2 * LONGEST_GAP_S)
    assert np.isnan(markers.points["RKnee"][in_gap]).all()
    true = np.interp(time_s, track.time_s, track.xy_px[:, Landmark.RIGHT_KNEE, 0])
    seen = ~np.isnan(markers.points["RKnee"][:, 0])
    assert seen.mean() > 0.9
    assert np.abs(markers.points["RKnee"][seen, 0] - true[seen]).max() < 6.0  # a kick's knee moves 6 px in two frames
    assert rate_hz == pytest.approx(1 / np.median(np.diff(track.time_s)), rel=0.01)


def test_what_cannot_be_written_says_why(tmp_path: Path) -> None:
    track = recorded()
    unseen = replace(track, xy_px=np.full_like(track.xy_px, np.nan))
    with pytest.raises(InputError, match="--height"):
        write_trc(unseen, tmp_path / "kick.trc", height_m=1.8)
    parts = ("time_s", "frame", "xy_px", "visibility", "people", "luma")
    with pytest.raises(InputError, match="too few frames"):
        write_trc(replace(track, **{name: getattr(track, name)[:1] for name in parts}), tmp_path / "kick.trc")
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_ours_may_be_replaced(tmp_path: Path) -> None:
    write_trc(recorded(), tmp_path / "kick.trc")
    assert is_ours(tmp_path / "kick.trc", TRC)
