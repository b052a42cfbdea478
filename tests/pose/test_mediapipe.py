"""The real landmarker on a real sample picture: pixels, sides, clocks and masks are what the rest expects."""

from __future__ import annotations

import json
import subprocess
import sys

import av
import numpy as np
import pytest

from mobility_check.kinematics.geometry import thigh_length_px
from mobility_check.kinematics.landmarks import joint
from mobility_check.pose.mediapipe import MediaPipeBackend
from tests.footage import SAMPLES

TRUTH_NAMES = {"hip": "hip", "knee": "knee", "ankle": "ankle", "shoulder": "shoulder"}


@pytest.fixture(scope="module")
def picture():
    with av.open(str(SAMPLES[-1])) as clip:
        return next(clip.decode(video=0)).to_ndarray(format="rgb24")


@pytest.fixture(scope="module")
def true_px():
    pixels = json.loads(SAMPLES[-1].with_name(f"{SAMPLES[-1].stem}.truth.json").read_text())["pixels"]
    return {
        (name, side): np.array(pixels[f"{name}{side[0].upper()}"][0])
        for name in TRUTH_NAMES
        for side in ("left", "right")
    }


def test_landmarks_lie_where_the_joints_are_in_pixels(picture, true_px):
    with MediaPipeBackend().stills("full", masks=True) as landmarker:
        (pose,) = landmarker.estimate(picture, 0.0)
    thigh = float(thigh_length_px(pose.xy_px, "right"))
    for (name, side), where in true_px.items():
        away = np.linalg.norm(pose.xy_px[joint(name, side)] - where)
        assert away < 0.2 * thigh, (name, side)
    assert pose.visibility.shape == (33,)
    assert pose.mask.shape == picture.shape[:2]
    body = tuple(true_px["hip", "right"].astype(int)[::-1])
    assert pose.mask[body] > 0.8
    assert pose.mask[10, 10] < 0.2


def test_half_the_picture_gives_half_the_pixels(picture):
    with MediaPipeBackend().stills("full") as landmarker:
        (full,) = landmarker.estimate(picture, 0.0)
        (half,) = landmarker.estimate(picture[::2, ::2], 0.0)
    assert half.xy_px == pytest.approx(full.xy_px / 2, abs=6.0)
    assert half.mask is None


def test_times_may_repeat_or_lie_just_before_the_clip(picture):
    with MediaPipeBackend().video("full") as landmarker:
        for time_s in (-0.2, -0.1, 0.0, 0.0, 0.0004, 0.033):
            assert len(landmarker.estimate(picture, time_s)) == 1


def test_a_restarted_landmarker_is_as_good_as_new(picture):
    moved = np.roll(picture, picture.shape[1] // 6, axis=1)
    with MediaPipeBackend().video("full") as new:
        wanted = [new.estimate(moved, time_s)[0].xy_px for time_s in (0.0, 0.1, 0.2)]
    with MediaPipeBackend().video("full") as used:
        for time_s in (7.0, 7.1, 7.2):
            (before,) = used.estimate(picture, time_s)
        (carried,) = used.estimate(moved, 7.3)
        used.restart()
        got = [used.estimate(moved, time_s)[0].xy_px for time_s in (0.0, 0.1, 0.2)]
    assert not np.array_equal(carried.xy_px, wanted[0]), "what was seen before matters without a restart"
    assert np.array_equal(got, wanted)
    assert not np.array_equal(before.xy_px, wanted[0])


def test_nobody_in_the_picture():
    noise = np.random.default_rng(0).integers(90, 160, (480, 270, 3), dtype=np.uint8)
    with MediaPipeBackend().stills("full", max_people=4) as landmarker:
        assert landmarker.estimate(noise, 0.0) == ()


def test_two_people_when_asked_for_two(picture):
    pair = np.concatenate([picture, picture], axis=1)
    with MediaPipeBackend().stills("full", max_people=4) as landmarker:
        people = landmarker.estimate(pair, 0.0)
    assert len(people) == 2
    assert sorted(p.xy_px[23, 0] > picture.shape[1] for p in people) == [False, True]


def test_the_record_names_the_bundle():
    name, sha256 = MediaPipeBackend().identity("heavy")
    assert name == "pose_landmarker_heavy"
    assert len(sha256) == 64


def test_what_mediapipe_brings_along_is_loaded_when_it_is_used():
    program = """
import sys
from mobility_check.pose.mediapipe import MediaPipeBackend
with MediaPipeBackend().stills("full"):
    brought = {"matplotlib", "sounddevice", "scipy"} & set(sys.modules)
from mediapipe.tasks.python.vision import drawing_utils
print(sorted(brought), callable(drawing_utils.plt.figure), "matplotlib.pyplot" in sys.modules)
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["[]", "True", "True"]
