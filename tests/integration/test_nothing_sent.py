"""No command, child or worker even tries to reach another computer.

MediaPipe from 0.10.35 on posts usage statistics to play.googleapis.com (google-ai-edge/mediapipe#6291). That a command
works without a network does not show that it keeps quiet: here each name that is asked for and each address that is
called is recorded.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mobility_check.doctor import checks
from mobility_check.errors import ModelError
from mobility_check.pose import mediapipe
from tests.commandline import environment
from tests.integration.conftest import PROXIES
from tests.integration.watched import can_listen, can_trace, listening, outward, traced


def run(*words: str, folder: Path) -> int:
    done = subprocess.run(words, env=environment(**PROXIES), cwd=folder, capture_output=True, timeout=300, check=False)
    return done.returncode


@pytest.mark.skipif(not can_listen(), reason="network and mount namespaces are not permitted here")
def test_a_name_that_is_asked_for_is_recorded(tmp_path):
    question = (
        "import socket, contextlib\nwith contextlib.suppress(OSError): socket.getaddrinfo('play.googleapis.com', 443)"
    )
    assert run(*listening(tmp_path, sys.executable, "-c", question), folder=tmp_path) == 0
    assert b"\x04play\x0agoogleapis" in (tmp_path / "names").read_bytes()


CALLING = """
import contextlib, socket
with socket.create_server(("127.0.0.1", 0)) as own:
    socket.create_connection(own.getsockname()).close()
with contextlib.suppress(OSError):
    socket.create_connection(("192.0.2.1", 443), timeout=0.2)
"""


@pytest.mark.skipif(not can_trace(), reason="strace is not installed")
@pytest.mark.parametrize("where", ["with a network", "without"])
def test_a_call_is_traced(tmp_path, where):
    words = traced(tmp_path, sys.executable, "-c", CALLING)
    if where == "without":
        if not can_listen():
            pytest.skip("network and mount namespaces are not permitted here")
        words = listening(tmp_path, *words)
    assert run(*words, folder=tmp_path) == 0
    assert len(outward(tmp_path)) == 1
    assert "192.0.2.1" in outward(tmp_path)[0]


@pytest.mark.skipif(not (can_listen() or can_trace()), reason="neither namespaces nor strace")
@pytest.mark.parametrize("kind", ["analyze", "live", "batch", "report"])
def test_no_name_is_asked_for_and_no_address_is_called(used, kind):
    """Each way in which a landmarker is run (in the command itself, live, in a worker process), and a page written."""
    seen = used.watch / kind
    assert not can_listen() or (seen / "names").read_bytes() == b""
    assert not can_trace() or outward(seen) == []


def test_the_installed_library_has_no_client_for_statistics():
    assert not mediapipe.sends_statistics()
    assert checks._privacy(None)[0] == "ok"


@pytest.mark.parametrize("name", ["libmediapipe.so", "libmediapipe.dylib", "libmediapipe.dll"])
def test_a_library_with_such_a_client_is_recognised(tmp_path, name):
    (tmp_path / name).write_bytes(b"\0" * 999 + b"https://play.googleapis.com/log\0")
    assert mediapipe.sends_statistics(tmp_path)


def test_a_version_that_sends_statistics_is_not_loaded(monkeypatch):
    monkeypatch.setattr(mediapipe.metadata, "version", lambda name: "1.2.3")
    with pytest.raises(ModelError, match=r"statistics.*pip install mediapipe==0\.10\.33"):
        mediapipe.MediaPipeBackend().stills("full")
