from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from mobility_check.cli import build
from mobility_check.cli.commands import COMMANDS
from mobility_check.history.store import HistoryStore
from mobility_check.live import camera
from mobility_check.live.camera import ClipFeed, Ending
from mobility_check.live.check import LiveCheck
from mobility_check.live.view import View
from mobility_check.results.result import Provenance
from mobility_check.video.source import ClipReader, Frame
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


class Patient(ClipFeed):
    """Half the frames of a clip, each when the check has looked at the one before: no computer is too slow for it."""

    looked = threading.Semaphore(1)

    def read(self) -> Frame | Ending:
        self.looked.acquire()
        next(self._frames, None)
        return next(self._frames, "end")

    def close(self) -> None:
        self.looked.release()


@pytest.mark.slow
def test_a_sample_is_led_scored_saved_and_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    without_window = ("--no-window", "--mute", "--json")
    empty = json.loads(live("--camera", make_clip(tmp_path / "empty.mp4", frames=9), *without_window).out)
    with HistoryStore.open(tmp_path / "history.db") as history:
        before = replace(make_result(), provenance=Provenance(**empty["provenance"]))
        history.save(before, subject="P-17", date="2026-08-03")
    look = LiveCheck.feed

    def told(check: LiveCheck, frame: Frame) -> View:
        view = look(check, frame)
        Patient.looked.release()
        return view

    monkeypatch.setattr(camera, "ClipFeed", Patient)
    monkeypatch.setattr(camera, "STALL_S", 600.0)
    monkeypatch.setattr(LiveCheck, "feed", told)
    kept = ("--subject", "P-17", "--database", tmp_path / "history.db", "--report", tmp_path / "page.html")
    words = ["--camera", SAMPLE, *without_window, *kept]
    code = build([c for c in COMMANDS if c.name == "live"])(["live", *map(str, words)], standalone_mode=False)
    out, err = capsys.readouterr()
    assert code == 0, err
    assert "Kick 3 counted" in err
    assert "[TURN ROUND]" in err
    assert "since last time" in err
    assert 'id="progress"' in (tmp_path / "page.html").read_text(encoding="utf-8"), "the page shows the session before"
    result = json.loads(out)
    assert result["status"] == "scored"
    for side, true_deg in truth_deg(SAMPLE).items():
        assert result["sides"][side]["score_deg"] == pytest.approx(true_deg, abs=2.0)
