"""Stills of a clip give the features that the clip gives."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from calibration.features import FEATURES, rows_of
from mobility_check.assessments.kickback import find
from mobility_check.pose.store import load_track
from mobility_check.refinement.features import features
from mobility_check.settings import Settings
from mobility_check.video.source import ClipReader
from tests.footage import SAMPLES
from tests.frozen import RECORDINGS


@pytest.mark.slow
def test_stills_of_a_clip_give_its_features(tmp_path):
    sample, settings = SAMPLES[0], Settings()
    track = load_track(RECORDINGS / "kick-back" / f"{sample.stem}.npz")
    found = find(track, settings.params)
    rep = found.reps[0]
    c = rep.curves
    frames = [track.refined.at(f).frame for f in (found.standing(c), found.clip_frames(c, rep.hold))]
    count = len(frames[0])
    numbers = np.concatenate(frames)
    (tmp_path / "still").mkdir()
    pictures = {frame.index: frame.image for frame in ClipReader(sample).frames_at(sorted(numbers.tolist()))}
    for n, number in enumerate(numbers.tolist()):
        cv2.imwrite(str(tmp_path / "still" / f"{n:02d}.jpg"), cv2.cvtColor(pictures[number], cv2.COLOR_RGB2BGR))
    tracked = track.xy_px[np.searchsorted(track.frame, numbers)]
    kick = {"extension_deg": 12.0, "thigh_deg": 14.0, "trunk_lean_deg": 2.0, "knee_flexion_deg": 4.0}
    stills = {"facing": c.segment.facing, "stance": list(range(count)), "holds": [list(range(count, len(numbers)))]}
    joints = {"kneeL": 25, "kneeR": 26, "ankleL": 27, "ankleR": 28}
    truth = {
        "scenario": {"hands": "down"},
        "reps": [kick | {"side": rep.side, "near": True}],
        "stills": stills,
        "pixels": {name: tracked[:, joint].tolist() for name, joint in joints.items()},
    }
    (tmp_path / "still.truth.json").write_text(json.dumps(truth), encoding="utf-8")
    heavy, full = rows_of(tmp_path / "still.mp4", "sample", settings, None)
    assert (heavy["model"], full["model"], heavy["hands"], heavy["found"]) == ("heavy", "full", "down", True)
    hold, stance = track.refined.at(found.clip_frames(c, rep.hold)), track.refined.at(found.standing(c))
    clip = features(hold, stance, side=rep.side, view=rep.view, facing=c.segment.facing)
    for name in ("mid_heavy", "mid_full", "leg", "lean_landmarks", "edge_turn"):
        assert heavy[name] == pytest.approx(getattr(clip, name), abs=1.0), name
    assert np.isnan(full["mid_heavy"])
    assert full["mid_full"] == heavy["mid_full"]
    assert set(FEATURES) <= set(heavy)
