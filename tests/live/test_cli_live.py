from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from mobility_check.history.store import HistoryStore
from mobility_check.results.result import Provenance
from mobility_check.video.source import ClipReader
from synthetic.factories import make_result
from tests.commandline import Run, call, command, environment
from tests.footage import SAMPLES, truth_deg
from tests.video.clips import make_clip

SAMPLE = SAMPLES[0]
HIDDEN: dict[str, None] = dict.fromkeys(("DISPLAY", "WAYLAND_DISPLAY", "MOBILITY_CHECK_DATABASE"))


def live(*arguments: object) -> Run:
    return call("live", *arguments, **HIDDEN)


def begun(clip: Path, *arguments: object) -> subprocess.Popen[str]:
    """A check in a process of its own that has begun to look at the clip."""
    words = command("live", "--camera", clip, "--no-window", "--mute", "--json", *arguments)
    process = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(**HIDDEN)
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "SET-UP" in line:
            break
    time.sleep(0.3)
    return process


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
    assert done.code == code, done.err
    assert words in done.err
    assert "Traceback" not in done.err
    assert done.out == ""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems always have a display")
def test_a_server_without_a_display_gets_a_sentence(tmp_path: Path) -> None:
    done = live("--camera", str(make_clip(tmp_path / "clip.mp4")))
    assert done.code == 2
    assert "--no-window" in done.err


def test_cameras_are_listed_or_it_is_said_that_there_is_none() -> None:
    done = live("--list")
    assert done.code == 0, done.err
    cameras = done.out.splitlines()
    assert all(line.split()[0].isdigit() for line in cameras)
    assert bool(cameras) != ("No camera was found" in done.err)


def test_a_clip_without_anybody_is_not_scored(tmp_path: Path) -> None:
    done = live("--camera", str(make_clip(tmp_path / "clip.mp4", frames=20)), "--no-window", "--mute", "--json")
    assert done.code == 10, done.err
    result = json.loads(done.out)
    assert result["status"] == "not_scored"
    assert result["reasons"]


@pytest.mark.skipif(sys.platform == "win32", reason="no signals")
def test_control_c_keeps_what_was_seen(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", frames=1200, size=(160, 120))
    process = begun(clip)
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
    process = begun(clip, "--record", out / "kept.mp4")
    process.send_signal(getattr(signal, asked))
    printed, _ = process.communicate(timeout=120)
    assert process.returncode == 130
    assert json.loads(printed)["status"] == "not_scored"
    assert [path.name for path in out.iterdir()] == ["kept.mp4"], "nothing hidden is left"
    assert ClipReader(out / "kept.mp4").meta.frames > 0


@pytest.mark.slow
def test_a_sample_is_led_scored_saved_and_compared(tmp_path: Path) -> None:
    without_window = ("--no-window", "--mute", "--json")
    empty = json.loads(live("--camera", make_clip(tmp_path / "empty.mp4", frames=9), *without_window).out)
    with HistoryStore.open(tmp_path / "history.db") as history:
        before = replace(make_result(), provenance=Provenance(**empty["provenance"]))
        history.save(before, subject="P-17", date="2026-08-03")
    saved = ("--subject", "P-17", "--database", tmp_path / "history.db")
    for _ in range(3):
        done = live("--camera", SAMPLE, *without_window, *saved)
        assert done.code == 0, done.err
        if "got stuck" not in done.err:  # else this computer was too busy to look, and says so
            break
    else:
        assert json.loads(done.out)["status"] != "scored", "what a busy computer hardly saw is less certain"
        pytest.skip("this computer was too busy three times, and said so")
    assert "Kick 3 counted" in done.err
    assert "[TURN ROUND]" in done.err
    assert "since last time" in done.err
    result = json.loads(done.out)
    for side, true_deg in truth_deg(SAMPLE).items():
        assert result["sides"][side]["score_deg"] == pytest.approx(true_deg, abs=4.0)
