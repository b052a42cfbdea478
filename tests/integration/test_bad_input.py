"""Bad input by way of the command line: a clear sentence, the right exit code, nothing lost or half-written.

What can be measured in a damaged clip is measured, and the damage is in the reasons.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import psutil
import pytest

from mobility_check.kinematics.landmarks import SIDES
from mobility_check.pose.store import load_track, save_track
from synthetic.stickfigure import Figure, kicks
from tests.commandline import call, call_cold, codes, command, environment
from tests.footage import (
    SAMPLES,
    TURN_S,
    beside_still,
    blank_between,
    cropped,
    derive,
    far_away,
    shifted,
)
from tests.video.clips import make_clip, make_sound

TRUE_DEG = 19.26
"""Mean of the three kicks in ``kicks_clip``."""
LIKE_TRUE = pytest.approx(TRUE_DEG, abs=2.0)
ONE_KICK_S = 5.6
"""Until then there is one of them, and the return from it."""
FASTSTART = {"movflags": "faststart"}


def analyzed(path, *, code=0):
    """With the smaller model: ``kicks_measured`` and the samples are measured with the usual one."""
    return call("analyze", path, "--json", "--model", "full", "--workers", "1").result(code=code)


def why(path, *, code=3):
    sentence = call("analyze", path, "--json").sentence(code=code)
    assert path.name in sentence
    return sentence


def right_leg(result):
    leg = result["sides"]["right"]
    return leg, codes(leg["reasons"]), [(r["valid"], codes(r["reasons"])) for r in leg["reps"]]


# --- files that are no clip ---


def test_not_there(tmp_path):
    assert "no file" in why(tmp_path / "nowhere.mp4")


def test_a_folder(tmp_path):
    assert "is a folder" in why(tmp_path)


def test_zero_bytes(tmp_path):
    (tmp_path / "zero.mp4").touch()
    assert "empty" in why(tmp_path / "zero.mp4")


def test_text_renamed_to_mp4(tmp_path):
    (tmp_path / "letter.mp4").write_text("Dear camera,\n" * 50)
    assert "text" in why(tmp_path / "letter.mp4")


def test_sound_only(tmp_path):
    assert "no picture" in why(make_sound(tmp_path / "sound.mp4"))


def test_a_codec_that_cannot_be_decoded(tmp_path):
    path = make_clip(tmp_path / "odd.mp4")
    path.write_bytes(path.read_bytes().replace(b"avc1", b"zzzz"))
    assert "not known here" in why(path)


def test_a_recording_cut_off_before_its_index_was_written(tmp_path, kicks_clip):
    data = kicks_clip.read_bytes()
    assert data.index(b"moov") > data.index(b"mdat"), "this clip has its index at the end"
    (tmp_path / "cut.mp4").write_bytes(data[: len(data) * 6 // 10])
    assert "index is missing" in why(tmp_path / "cut.mp4")


def test_one_bad_clip_of_two_is_named_before_the_work(tmp_path, kicks_clip):
    """Before even the model is looked for, which is not there."""
    done = call("analyze", kicks_clip, tmp_path / "nowhere.mp4", "--model", "none.task", "--json")
    assert "nowhere.mp4" in done.sentence(code=3)


# --- damaged clips are measured as far as they go ---


def test_a_cut_copy_with_the_index_in_front_is_measured_as_far_as_it_goes(tmp_path, kicks_clip):
    whole = derive(kicks_clip, tmp_path / "whole.mp4", options=FASTSTART)
    data = whole.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    (tmp_path / "cut.mp4").write_bytes(data[: len(data) * 8 // 10])
    result = analyzed(tmp_path / "cut.mp4")
    leg, reasons, reps = right_leg(result)
    assert "damaged_clip" in codes(result["reasons"])
    assert (result["status"], leg["status"]) == ("limited", "limited")
    assert "few_reps" in reasons
    assert sum(valid for valid, _ in reps) == 2
    assert leg["score_deg"] == LIKE_TRUE


@pytest.mark.parametrize("colour", [(0, 0, 0), (208, 204, 196)], ids=["black", "person gone"])
def test_half_a_second_lost_inside_a_kick_costs_that_kick_only(tmp_path, kicks_clip, colour):
    path = derive(kicks_clip, tmp_path / "gap.mp4", blank_between([(7.2, 7.7)], colour=colour))
    leg, _, reps = right_leg(analyzed(path))
    assert reps == [(True, []), (False, ["gap_in_hold"]), (True, [])]
    assert leg["status"] == "limited"
    assert leg["score_deg"] == LIKE_TRUE


def test_half_a_second_lost_in_the_rise_costs_nothing(tmp_path, kicks_clip):
    path = derive(kicks_clip, tmp_path / "rise.mp4", blank_between([(6.1, 6.6)], colour=(0, 0, 0)))
    leg, _, reps = right_leg(analyzed(path))
    assert [valid for valid, _ in reps] == [True] * 3
    assert leg["score_deg"] == LIKE_TRUE


# --- pictures in which there is nothing to measure ---


def nothing_scored(path, code):
    result = analyzed(path, code=10)
    assert result["reasons"][0]["code"] == code
    assert all(result["sides"][side]["score_deg"] is None for side in SIDES)
    return result


def test_one_frame(tmp_path, kicks_clip):
    nothing_scored(derive(kicks_clip, tmp_path / "one.mp4", stop_s=0.01), "too_short")


def test_nobody_in_view(tmp_path, kicks_clip):
    path = derive(kicks_clip, tmp_path / "wall.mp4", lambda image, _: np.full_like(image, 150), stop_s=3.0)
    nothing_scored(path, "no_person")


def test_a_black_clip(tmp_path, kicks_clip):
    path = derive(kicks_clip, tmp_path / "black.mp4", lambda image, _: np.zeros_like(image), stop_s=3.0)
    nothing_scored(path, "too_dark")


def test_only_the_legs(tmp_path, kicks_clip):
    path = derive(kicks_clip, tmp_path / "legs.mp4", cropped(top=0.5), stop_s=5.5)
    assert nothing_scored(path, "no_person")["sides"]["right"]["reps"] == []


def test_only_the_trunk(tmp_path, kicks_clip):
    nothing_scored(derive(kicks_clip, tmp_path / "trunk.mp4", cropped(bottom=0.48), stop_s=5.5), "partial_body")


def test_too_small(tmp_path, kicks_clip):
    path = derive(kicks_clip, tmp_path / "far.mp4", far_away(share=0.35), stop_s=5.5)
    nothing_scored(path, "person_too_small")


def test_from_the_front(tmp_path):
    """The sample at the middle of its turn-round, stretched to three seconds."""
    middle = sum(TURN_S) / 2
    moment = (middle - 0.35, middle - 0.15)
    frames = []

    def slowed(image, time_s):
        frames.append(image)
        return image

    derive(SAMPLES[-1], tmp_path / "moment.mp4", slowed, start_s=moment[0], stop_s=moment[1], height=480)
    path = derive(
        SAMPLES[-1], tmp_path / "front.mp4", lambda _, t: frames[int(t * 30) % len(frames)], stop_s=3.0, height=480
    )
    nothing_scored(path, "not_side_view")


def test_nobody_kicks(tmp_path, kicks_clip):
    nothing_scored(derive(kicks_clip, tmp_path / "still.mp4", stop_s=1.9), "no_reps")


# --- numbers with a word of caution ---


def test_one_leg_only(kicks_measured):
    result = kicks_measured.run.result()
    leg, reasons, reps = right_leg(result)
    assert codes(result["reasons"]) == ["one_leg_only"]
    assert (leg["status"], reasons, reps) == ("scored", [], [(True, [])] * 3)
    assert leg["score_deg"] == LIKE_TRUE
    assert codes(result["sides"]["left"]["reasons"]) == ["leg_not_kicked"]
    assert result["asymmetry"]["difference_deg"] is None


@pytest.mark.parametrize("still_left", [True, False])
def test_two_people_and_the_one_who_kicks_is_measured(tmp_path, kicks_clip, still_left):
    path = derive(kicks_clip, tmp_path / "pair.mp4", beside_still(still_left=still_left), stop_s=ONE_KICK_S)
    result = analyzed(path)
    leg, _, reps = right_leg(result)
    assert "several_people" in codes(result["reasons"])
    assert [valid for valid, _ in reps] == [True]
    assert leg["score_deg"] == LIKE_TRUE


def test_feet_cut_off(tmp_path, kicks_clip):
    result = analyzed(derive(kicks_clip, tmp_path / "feet.mp4", cropped(bottom=0.74), stop_s=ONE_KICK_S))
    leg, reasons, reps = right_leg(result)
    assert (leg["status"], "feet_not_seen" in reasons) == ("limited", True)
    assert [valid for valid, _ in reps] == [True]
    assert leg["score_deg"] == pytest.approx(TRUE_DEG, abs=3.0)


def test_a_moving_camera(tmp_path, kicks_clip):
    result = analyzed(derive(kicks_clip, tmp_path / "pan.mp4", shifted(px_s=8.0), stop_s=9.5))
    leg, _, reps = right_leg(result)
    assert "camera_moving" in codes(result["reasons"])
    assert [valid for valid, _ in reps] == [True, True]
    assert leg["score_deg"] == LIKE_TRUE


def test_no_quiet_standing(tmp_path, kicks_clip):
    """Only what lies between the feet leaving the ground and coming back, three times over."""
    moving = [(2.35, 4.95), (6.25, 8.85), (10.15, 12.75)]
    path = derive(kicks_clip, tmp_path / "rushed.mp4", lambda im, t: im if any(a <= t < b for a, b in moving) else None)
    result = call("analyze", path, "--json")
    found = result.result(code=result.code)
    said = codes(found["reasons"]) + right_leg(found)[1] + [c for _, reps in right_leg(found)[2] for c in reps]
    assert {"no_neutral", "cut_off", "no_reps"} & set(said)
    leg = found["sides"]["right"]
    if leg["score_deg"] is not None:
        assert "no_neutral" in said
        assert leg["ci95_deg"][0] < TRUE_DEG < leg["ci95_deg"][1]


# --- models ---


def test_a_model_that_is_not_there(kicks_clip, tmp_path):
    done = call("analyze", kicks_clip, "--model", tmp_path / "none.task", "--json")
    assert "none.task" in done.sentence(code=4)


def test_a_file_that_is_no_model(kicks_clip, tmp_path):
    (tmp_path / "fake.task").write_bytes(b"not a model")
    assert "fake.task" in call("analyze", kicks_clip, "--model", tmp_path / "fake.task").sentence(code=4)


def test_an_archive_without_a_model(kicks_clip, tmp_path):
    with zipfile.ZipFile(tmp_path / "hollow.task", "w") as archive:
        archive.writestr("readme.txt", "nothing here")
    assert "hollow.task" in call("analyze", kicks_clip, "--model", tmp_path / "hollow.task").sentence(code=4)


def test_a_model_that_nothing_was_fitted_on_is_not_offered_by_name(kicks_clip):
    assert "full, heavy" in call("analyze", kicks_clip, "--model", "lite").sentence(code=4)


# --- places that cannot be written ---


@pytest.fixture(scope="module")
def track_file(tmp_path_factory):
    """A track to score, so that the tests of writing need no video."""
    path = tmp_path_factory.mktemp("track") / "track.npz"
    save_track(Figure([*kicks("right"), *kicks("left", first_s=17.5)], duration_s=32.0, turns_s=[15.2]).track(), path)
    return path


@pytest.fixture
def locked_folder(tmp_path):
    """A folder that nobody may write to: root is let into every folder of its own, so it gets one of the kernel's."""
    if os.name == "posix" and os.geteuid() == 0:
        folder = Path("/sys")
        if not folder.is_dir():
            pytest.skip("runs as root, and there is no folder that root may not write to")
        return folder
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o555)
    return folder


@pytest.mark.parametrize("option", ["--save-track out.npz", "--annotate out.mp4", "--report out.html"])
def test_a_read_only_folder_is_told_before_the_work(kicks_clip, locked_folder, option):
    """Before even the model is looked for, which is not there."""
    name, file = option.split()
    sentence = call("analyze", kicks_clip, name, locked_folder / file, "--model", "none.task").sentence(code=3)
    assert file in sentence
    assert "read-only" in sentence


def test_a_folder_that_does_not_exist_is_told_before_the_work(kicks_clip, tmp_path):
    assert "does not exist" in call("analyze", kicks_clip, "--save-track", tmp_path / "no" / "t.npz").sentence(code=3)


def small_files():
    """Few bytes in a file. Compiled modules must not be written then: Python would keep the half of one."""
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))


@pytest.mark.skipif(os.name != "posix", reason="needs a limit on file sizes")
def test_a_disk_that_fills_up_while_writing_leaves_nothing_and_keeps_the_answer(track_file, tmp_path):
    target = tmp_path / "out.npz"
    target.write_text("what was there before")
    arguments = ("--track", track_file, "--save-track", target, "--overwrite", "--json")
    done = call_cold("analyze", *arguments, limit=small_files, PYTHONDONTWRITEBYTECODE="1")
    assert done.code == 3
    assert done.err.startswith("mobility-check: ")
    assert "out.npz" in done.err
    assert len(done.err.strip().splitlines()) == 1
    assert '"mobility-check/result/1"' in done.out, "the answer was there before the disk was full"
    assert target.read_text() == "what was there before"
    assert [p.name for p in tmp_path.iterdir()] == ["out.npz"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("options", [["--json"], []])
def test_a_full_disk_behind_a_redirected_answer(track_file, options):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            command("analyze", "--track", track_file, *options),
            stdout=full,
            stderr=subprocess.PIPE,
            env=environment(),
            text=True,
            timeout=300,
            check=False,
        )
    assert done.returncode == 3
    assert "disk is full" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_saved_track_that_is_damaged(track_file, tmp_path):
    (tmp_path / "half.npz").write_bytes(track_file.read_bytes()[:5000])
    assert "half.npz" in call("analyze", "--track", tmp_path / "half.npz").sentence(code=3)


# --- Ctrl-C ---


def wait_until(ready):
    deadline = time.monotonic() + 120
    while not ready():
        assert time.monotonic() < deadline, "the work never began"
        time.sleep(0.02)


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_in_the_middle_of_the_work(tmp_path, sent):
    out = tmp_path / "out.npz"
    process = subprocess.Popen(
        command("analyze", *SAMPLES, "--json", "--save-track", out),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        text=True,
    )
    wait_until(lambda: any(f.path.endswith(".mp4") for f in psutil.Process(process.pid).open_files()))
    time.sleep(0.5)
    process.send_signal(sent)
    stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == 130
    assert stdout == ""
    assert "Traceback" not in stderr
    assert stderr.strip().splitlines()[-1].startswith("mobility-check: Interrupted")
    assert list(tmp_path.iterdir()) == []


LOST = """
import signal, time
from mobility_check.cli import _Interrupt

class Freed:
    def __del__(self):
        signal.raise_signal(signal.SIGTERM)

_Interrupt().listen()
try:
    Freed()
    time.sleep(60)
except KeyboardInterrupt:
    print("ended")
"""


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_a_signal_that_falls_into_a_destructor_is_not_lost():
    done = subprocess.run([sys.executable, "-c", LOST], capture_output=True, text=True, timeout=50)
    assert (done.stdout, done.stderr, done.returncode) == ("ended\n", "", 0)


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_ctrl_c_while_the_video_is_drawn_leaves_no_half_video(tmp_path, kicks_measured):
    assert len(load_track(kicks_measured.track)) > 100
    process = subprocess.Popen(
        command("analyze", "--track", kicks_measured.track, "--json", "--annotate", tmp_path / "out.mp4"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        text=True,
    )
    wait_until(lambda: bool(list(tmp_path.iterdir())))
    process.send_signal(signal.SIGINT)
    stdout, _ = process.communicate(timeout=120)
    assert process.returncode == 130
    assert '"mobility-check/result/1"' in stdout, "what was finished is kept"
    assert list(tmp_path.iterdir()) == []
