"""The real window, on a display of its own; what is painted into it is tested without one."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mobility_check.errors import UsageError
from mobility_check.live.faces import require_display

LINUX_ONLY = pytest.mark.skipif(platform.system() != "Linux", reason="Xvfb is Linux's")
SCRIPT = """
import cv2, numpy as np
from mobility_check.live import faces
from mobility_check.live.prompts import prompt
from mobility_check.live.runner import Stats
from tests.live.helpers import make_engine
face = faces.WindowFace(with_stats=True)
view, image = make_engine().plain("starting", prompt("starting")), np.zeros((720, 1280, 3), np.uint8)
shown = 0
while face.show(image, view, xy_px=None, stats=Stats()):
    shown += 1
    if shown == 5:
        {action}
    assert shown < 50, "it did not notice"
face.close()
assert not face.show(image, view, xy_px=None, stats=Stats()), "a closed window never comes back"
print("closed after", shown)
"""


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is not installed")
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1920x1080x24"]
    server = subprocess.Popen(command, pass_fds=(write,), stderr=subprocess.DEVNULL)
    os.close(write)
    with os.fdopen(read) as told:
        number = told.readline().strip()
    yield f":{number}"
    server.terminate()
    server.wait()


@LINUX_ONLY
@pytest.mark.parametrize("action", ["cv2.destroyWindow(faces.NAME)", "cv2.pollKey = lambda: 27"])
def test_closing_the_window_and_escape_are_noticed(action: str, display: str) -> None:
    env = {**os.environ, "DISPLAY": display, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", SCRIPT.format(action=action)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(("closed after 5", "closed after 4"))


@LINUX_ONLY
def test_a_machine_without_display_gets_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with pytest.raises(UsageError, match="--no-window"):
        require_display()


@LINUX_ONLY
def test_a_display_that_is_not_there_gets_a_sentence_and_no_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":4711")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with pytest.raises(UsageError, match="no display"):
        require_display()
