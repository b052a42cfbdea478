"""Every command that measures or shows works on a computer without any network: proven where none can be reached."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.integration.conftest import SUBJECT
from tests.integration.watched import alone, can_be_alone


@pytest.fixture(autouse=True)
def no_network():
    if not can_be_alone():
        pytest.skip("network namespaces are not permitted here (unshare --map-root-user --net)")


def test_the_namespace_has_no_network():
    program = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=5)"
    done = subprocess.run(alone(sys.executable, "-c", program), capture_output=True, text=True, check=False)
    assert "Network is unreachable" in done.stderr


@pytest.fixture
def measured(used):
    return json.loads(used.runs["analyze"].out)


def test_analyze(used, measured):
    assert measured["sides"]["right"]["score_deg"] is not None
    assert (used.asked / "now.html").stat().st_size > 10_000


def test_report(used, measured):
    score = f"{measured['sides']['right']['score_deg']:.1f}"
    assert score in (used.asked / "page.html").read_text(encoding="utf-8")


def test_batch(used):
    assert "kick.mp4" in (used.asked / "results" / "results.csv").read_text(encoding="utf-8-sig")


def test_live(used):
    assert json.loads(used.runs["live"].out)["schema"] == "mobility-check/result/1"


def test_history(used):
    assert SUBJECT in used.runs["history"].out


def test_the_check_of_the_computer(used):
    done = used.run("doctor", "--json")
    found = {f["name"]: f["state"] for f in json.loads(done.out)}
    assert (found["models"], found["self-test"], found["history"]) == ("ok", "ok", "ok")
    assert done.code == 0


def test_a_download_that_is_asked_for_says_that_there_is_no_network(used):
    assert "check the internet connection" in used.run("models", "fetch", "full").sentence(code=4)
