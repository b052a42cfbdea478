from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mobility_check.video.source import probe
from tests.footage import ROOT, SAMPLES, truth_deg
from tests.video.clips import make_clip

SAMPLE = SAMPLES[0]


def environment() -> dict[str, str]:
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "MOBILITY_CHECK_DATABASE")
    return {k: v for k, v in os.environ.items() if k not in hidden} | {"PYTHONPATH": str(ROOT)}


def live(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mobility_check", "live", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment(), timeout=300, check=False)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--camera", "nothing.mp4", "--no-window"], 3, "no file"),
        (["--camera", "93", "--no-window"], 3, "--list"),
        (["--lang", "tlh"], 2, "en, de"),
        (["--reps", "0"], 2, "reps"),
        (["--subject", "  "], 2, "subject"),
        (["--camera", "CLIP", "--record", "out.txt", "--no-window"], 2, ".mp4"),
        (["--camera", "CLIP", "--record", "/no/such/folder/out.mp4", "--no-window"], 3, "folder"),
        (["--camera", "CLIP", "--model", "nothing.task", "--no-window"], 4, "model"),
        (["--camera", "CLIP", "--subject", "P", "--database", "JUNK", "--no-window"], 5, "history"),
    ],
)
def test_what_cannot_work_is_told_in_one_sentence(arguments: list[str], code: int, words: str, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4")
    junk = tmp_path / "history.db"
    junk.write_text("not a history at all, but long enough to look like a file " * 20)
    done = live(*[{"CLIP": str(clip), "JUNK": str(junk)}.get(a, a) for a in arguments])
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems always have a display")
def test_a_server_without_a_display_gets_a_sentence(tmp_path: Path) -> None:
    done = live("--camera", str(make_clip(tmp_path / "clip.mp4")))
    assert done.returncode == 2
    assert "--no-window" in done.stderr


def test_cameras_are_listed_or_it_is_said_that_there_is_none() -> None:
    done = live("--list")
    assert done.returncode == 0, done.stderr
    cameras = done.stdout.splitlines()
    assert all(line.split()[0].isdigit() for line in cameras)
    assert bool(cameras) != ("No camera was found" in done.stderr)


def test_a_clip_without_anybody_is_not_scored(tmp_path: Path) -> None:
    done = live("--camera", str(make_clip(tmp_path / "clip.mp4", frames=20)), "--no-window", "--mute", "--json")
    assert done.returncode == 10, done.stderr
    result = json.loads(done.stdout)
    assert result["status"] == "not_scored"
    assert result["reasons"]


@pytest.mark.skipif(sys.platform == "win32", reason="no signals")
def test_control_c_keeps_what_was_seen(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", frames=1200, size=(160, 120))
    command = [sys.executable, "-m", "mobility_check", "live", "--camera", str(clip), "--no-window", "--mute", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment())
    assert process.stderr is not None
    for line in process.stderr:
        if "SET-UP" in line:
            break
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert json.loads(out)["status"] == "not_scored"
    assert "what was seen until then was measured" in err


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals")
@pytest.mark.parametrize("asked", ["SIGTERM", "SIGHUP"])
def test_a_recording_is_finished_whatever_asks_the_check_to_end(asked: str, tmp_path: Path) -> None:
    clip, out = make_clip(tmp_path / "clip.mp4", frames=1200, size=(160, 120)), tmp_path / "out"
    out.mkdir()
    command = [
        sys.executable,
        "-m",
        "mobility_check",
        "live",
        "--camera",
        str(clip),
        "--no-window",
        "--mute",
        "--json",
        "--record",
        str(out / "kept.mp4"),
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment())
    assert process.stderr is not None
    for line in process.stderr:
        if "SET-UP" in line:
            break
    time.sleep(0.3)
    process.send_signal(getattr(signal, asked))
    printed, _ = process.communicate(timeout=120)
    assert process.returncode == 130
    assert json.loads(printed)["status"] == "not_scored"
    assert [path.name for path in out.iterdir()] == ["kept.mp4"], "nothing hidden is left"
    assert probe(out / "kept.mp4").frames > 0


@pytest.mark.slow
def test_a_sample_is_led_scored_saved_and_compared(tmp_path: Path, kicks_clip: Path) -> None:
    saved = ("--subject", "P-17", "--database", str(tmp_path / "history.db"))
    before, done = (
        live("--camera", str(clip), "--no-window", "--mute", "--json", *saved) for clip in (kicks_clip, SAMPLE)
    )
    assert before.returncode == 0, before.stderr
    assert "since last time" not in before.stderr
    assert done.returncode == 0, done.stderr
    assert "Kick 3 counted" in done.stderr
    assert "[TURN ROUND]" in done.stderr
    assert "since last time" in done.stderr
    result = json.loads(done.stdout)
    for side, true_deg in truth_deg(SAMPLE).items():
        assert result["sides"][side]["score_deg"] == pytest.approx(true_deg, abs=4.0)
