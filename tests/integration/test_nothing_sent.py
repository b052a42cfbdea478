"""No command, child or worker even tries to reach another computer.

MediaPipe from 0.10.35 on posts usage statistics to play.googleapis.com (google-ai-edge/mediapipe#6291). That a command
works without a network does not show that it keeps quiet: here each name that is asked for and each address that is
called is recorded.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mobility_check.doctor import checks
from mobility_check.errors import ModelError
from mobility_check.pose import mediapipe
from tests.commandline import command, environment
from tests.integration.conftest import alone, can_be_alone

PROXIES = {"no_proxy": "*", "https_proxy": "http://192.0.2.7:3128"}
"""What a user may have set; a proxy that leads nowhere would hide an attempt, ``no_proxy`` shows it."""
LOCAL = re.compile(r"AF_UNIX|AF_NETLINK|sin_addr=inet_addr\(\"127\.|inet_pton\(AF_INET6, \"::1\"")
CALLS = re.compile(r"\b(connect|sendto|sendmsg|sendmmsg)\(\d+, .*(sin6?_port|msg_hdr)")
LISTENER = """
import os, socket, subprocess, sys, threading
resolver, log = sys.argv[1:3]
subprocess.run(["mount", "--bind", resolver, "/etc/resolv.conf"], check=True)
names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
names.bind(("127.0.0.1", 53))

def listen():
    while True:
        question, _ = names.recvfrom(2048)
        with open(log, "ab") as out:
            out.write(question[12:] + b"\\n")

threading.Thread(target=listen, daemon=True).start()
sys.exit(subprocess.run(sys.argv[3:]).returncode)
"""


def measuring(kind: str, clip: Path, folder: Path) -> list[str]:
    """Each way in which a landmarker is run: in the command itself, live, and in a worker process."""
    return {
        "analyze": command("analyze", clip),
        "live": command("live", "--no-window", "--mute", "--camera", clip),
        "batch": command("batch", clip, "-o", folder / "results", "--workers", "1", "--quiet"),
    }[kind]


MEASURED = {"analyze": {0}, "batch": {0}, "live": {0, 10}}
"""Exit codes when a landmarker ran to the end; live, a slow computer may see too few pictures for a score."""


def home(folder: Path) -> dict[str, str]:
    return environment(HOME=str(folder), XDG_DATA_HOME=str(folder / "data"), **PROXIES)


def run(*words: str, folder: Path) -> int:
    done = subprocess.run(words, env=home(folder), cwd=folder, capture_output=True, timeout=300, check=False)
    return done.returncode


def can_listen() -> bool:
    """Whether a command can be run where the only name server is ours."""
    return can_be_alone() and shutil.which("mount") is not None


def listening(folder: Path, *words: str) -> list[str]:
    """The command there; the names that it asks for are kept in ``names``."""
    (folder / "resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    (folder / "names").touch()
    inside = alone(sys.executable, "-c", LISTENER, str(folder / "resolv.conf"), str(folder / "names"), *words)
    return [inside[0], "--mount", *inside[1:]]


def can_trace() -> bool:
    return shutil.which("strace") is not None


def traced(folder: Path, *words: str) -> list[str]:
    """The command with each of its calls to the network written to ``trace``."""
    only = ("--seccomp-bpf", "-f", "-qq", "-e", "trace=network", "-e", "signal=none")
    return ["strace", *only, "-o", str(folder / "trace"), *words]


def outward(folder: Path) -> list[str]:
    """The lines of the trace that call or write to an address which is not this computer's own."""
    lines = (folder / "trace").read_text(errors="replace").splitlines()
    return [line for line in lines if CALLS.search(line) and not LOCAL.search(line)]


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
@pytest.mark.parametrize("kind", ["analyze", "live", "batch"])
def test_no_name_is_asked_for_and_no_address_is_called(short_clip, tmp_path, kind):
    """Both are watched in one run, as far as this computer lets us."""
    words = measuring(kind, short_clip, tmp_path)
    if can_trace():
        words = traced(tmp_path, *words)
    if can_listen():
        words = listening(tmp_path, *words)
    assert run(*words, folder=tmp_path) in MEASURED[kind]
    assert not can_listen() or (tmp_path / "names").read_bytes() == b""
    assert not can_trace() or outward(tmp_path) == []


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
