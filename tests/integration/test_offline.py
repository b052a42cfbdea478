"""Every command that measures or shows works on a computer without any network: proven where none can be reached."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest

from tests.commandline import Run, command, environment
from tests.footage import SAMPLES, derive

ALONE = """
import fcntl, os, socket, struct, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:  # a computer without network still has its own address
    fcntl.ioctl(s, 0x8914, struct.pack("16sh14x", b"lo", 1))
    try:
        s.connect(("192.0.2.1", 9))
    except OSError:
        os.execv(sys.argv[1], sys.argv[1:])
sys.exit("there is a network here")
"""


def alone(*arguments: str) -> list[str]:
    """The command in a network namespace of its own, with nothing in it but the loopback."""
    return ["unshare", "--map-root-user", "--net", sys.executable, "-c", ALONE, *arguments]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    if shutil.which("unshare") is None or subprocess.run(alone("/bin/true"), capture_output=True).returncode:
        pytest.skip("network namespaces are not permitted here (unshare --map-root-user --net)")
    home = tmp_path_factory.mktemp("home")
    (home / "clips").mkdir()
    derive(SAMPLES[-1], home / "clips" / "kick.mp4", stop_s=5.6, height=360, fps=15)
    return home


@pytest.fixture(scope="module")
def offline(home):
    def run(*args: object) -> Run:
        env = {k: v for k, v in environment(HOME=str(home)).items() if k not in ("DISPLAY", "XDG_DATA_HOME")}
        done = subprocess.run(
            alone(*command(*args)), capture_output=True, env=env, cwd=home, timeout=600, stdin=subprocess.DEVNULL,
            check=False,
        )  # fmt: skip
        return Run(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


@pytest.fixture(scope="module")
def saved(offline, home):
    """One session in the history, measured without a network."""
    done = offline("analyze", home / "clips" / "kick.mp4", "--subject", "P-17", "--report", home / "now.html", "--json")
    assert done.code == 0, done.err
    return json.loads(done.out)


def test_the_namespace_has_no_network(home):
    program = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=5)"
    done = subprocess.run(alone(sys.executable, "-c", program), capture_output=True, text=True, check=False)
    assert "Network is unreachable" in done.stderr


def test_analyze(saved, home):
    assert saved["sides"]["right"]["score_deg"] is not None
    assert (home / "now.html").stat().st_size > 10_000


def test_history_and_report(saved, offline, home):
    assert "P-17" in offline("history", "list").out
    assert offline("report", "P-17", "-o", home / "page.html").code == 0
    assert f"{saved['sides']['right']['score_deg']:.1f}" in (home / "page.html").read_text(encoding="utf-8")


def test_batch(offline, home):
    done = offline("batch", home / "clips", "-o", home / "results", "--workers", "1", "--quiet")
    assert done.code == 0, done.err
    assert "kick.mp4" in (home / "results" / "results.csv").read_text(encoding="utf-8-sig")


def test_live(offline, home):
    done = offline("live", "--no-window", "--mute", "--camera", home / "clips" / "kick.mp4", "--json")
    assert done.code in (0, 10), done.err
    assert json.loads(done.out)["schema"] == "mobility-check/result/1"


def test_the_check_of_the_computer(offline):
    done = offline("doctor", "--json")
    found = {f["name"]: f["state"] for f in json.loads(done.out)}
    assert (found["models"], found["self-test"], found["history"]) == ("ok", "ok", "ok")
    assert done.code == 0


def test_a_download_that_is_asked_for_says_that_there_is_no_network(offline):
    assert "check the internet connection" in offline("models", "fetch", "lite").sentence(code=4)
