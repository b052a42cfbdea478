"""Model bundles are verified before they are loaded, and fetched whole or not at all (from a server of our own)."""

from __future__ import annotations

import hashlib
import http.server
import threading
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mobility_check.cli.models import app
from mobility_check.errors import ModelError
from mobility_check.pose import models
from mobility_check.pose.mediapipe import Landmarker
from mobility_check.pose.models import KNOWN, KnownModel, ModelFile, fetch_model, find_model

BUNDLE = b"not really a model" * 5000


@pytest.mark.parametrize("name", ["full", "heavy"])
def test_the_shipped_bundles_are_what_they_should_be(name):
    found = find_model(name)
    assert found.sha256 == hashlib.sha256(found.path.read_bytes()).hexdigest()
    assert found.sha256 in KNOWN[name].sha256
    assert found.name == f"pose_landmarker_{name}"


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """The only folder in which bundles are looked for and to which they are fetched."""
    folder = tmp_path / "shelf"
    monkeypatch.setattr(models, "search_folders", lambda: (folder,))
    monkeypatch.setattr(models, "download_folder", lambda: folder)
    return folder


def test_a_damaged_bundle_is_refused_before_it_is_loaded(shelf):
    shelf.mkdir()
    data = bytearray(find_bytes("full"))
    data[len(data) // 2] ^= 1
    (shelf / KNOWN["full"].file).write_bytes(data)
    with pytest.raises(ModelError, match="checksum is wrong"):
        find_model("full")


def find_bytes(name):
    return (Path(models.__file__).resolve().parents[2] / "models" / KNOWN[name].file).read_bytes()


def test_a_missing_bundle_says_what_to_run(shelf):
    with pytest.raises(ModelError, match="models fetch full"):
        find_model("full")


def test_a_bundle_of_your_own_by_path(tmp_path):
    path = tmp_path / "mine.task"
    path.write_bytes(find_bytes("full"))
    assert find_model(str(path)) == ModelFile("mine", path, hashlib.sha256(path.read_bytes()).hexdigest())


@pytest.mark.parametrize("content", [None, b"", b"no zip"])
def test_a_path_that_is_no_bundle(tmp_path, content):
    path = tmp_path / "odd.task"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=r"odd\.task"):
        find_model(str(path))


def test_an_archive_that_is_no_model_cannot_be_loaded(tmp_path):
    import zipfile

    with zipfile.ZipFile(tmp_path / "odd.task", "w") as archive:
        archive.writestr("pose_detector.tflite", b"zeros" * 100)
    with pytest.raises(ModelError, match="cannot be loaded"):
        Landmarker(find_model(str(tmp_path / "odd.task")), video=False, max_people=1, masks=False)


class Server(http.server.ThreadingHTTPServer):
    """Serves one bundle; ``cut`` ends the answers after so many bytes, ``seen`` keeps the ranges asked for."""

    cut: int | None = None
    content = BUNDLE

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen = []


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        server.seen.append(self.headers.get("Range"))
        start = int(self.headers["Range"].split("=")[1].rstrip("-")) if self.headers.get("Range") else 0
        if start >= len(server.content):
            self.send_error(416)
            return
        body = server.content[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: server.cut])

    def log_message(self, *_):
        pass


@pytest.fixture
def server(shelf, monkeypatch):
    with Server() as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        digest = hashlib.sha256(BUNDLE).hexdigest()
        known = KnownModel("tiny", (digest,), (digest,))
        monkeypatch.setattr(models, "GOOGLE", f"http://127.0.0.1:{running.server_port}/{{name}}/{{file}}")
        monkeypatch.setattr(models, "KNOWN", {"tiny": known})
        yield running
        running.shutdown()


def test_a_fetched_bundle_is_verified_and_found_afterwards(server, shelf):
    shares = []
    found = fetch_model("tiny", on_progress=shares.append)
    assert found.path.read_bytes() == BUNDLE
    assert find_model("tiny") == found
    assert shares[-1] == pytest.approx(1.0)
    assert [p.name for p in shelf.iterdir()] == [found.path.name]


def test_the_command_says_where_it_is_and_nothing_else(server, shelf):
    done = CliRunner().invoke(app, ["fetch", "tiny"])
    assert done.exit_code == 0
    assert done.output == f"pose_landmarker_tiny is ready: {find_model('tiny').path}\n"


def test_a_broken_download_goes_on_where_it_stopped(server, shelf):
    server.cut = 30_000
    with pytest.raises(ModelError, match="same command again"):
        fetch_model("tiny")
    assert find_error("tiny"), "half a bundle is not a bundle"
    server.cut = None
    assert fetch_model("tiny").path.read_bytes() == BUNDLE
    assert server.seen == [None, "bytes=30000-"]


def find_error(name):
    with pytest.raises(ModelError) as e:
        find_model(name)
    return str(e.value)


def test_something_else_at_the_address_is_deleted_and_told(server, shelf):
    server.content = b"<html>please log in</html>"
    with pytest.raises(ModelError, match="not the expected file"):
        fetch_model("tiny")
    assert list(shelf.iterdir()) == []


def test_a_part_that_is_already_whole_is_put_in_place(server, shelf):
    shelf.mkdir()
    (shelf / f"{KNOWN['full'].file}".replace("full", "tiny")).with_suffix(".task.part").write_bytes(BUNDLE)
    assert fetch_model("tiny").path.read_bytes() == BUNDLE
    assert server.seen == [f"bytes={len(BUNDLE)}-"]


def test_offline(server, shelf, monkeypatch):
    monkeypatch.setattr(models, "GOOGLE", "http://127.0.0.1:1/{name}/{file}")
    with pytest.raises(ModelError, match="internet connection"):
        fetch_model("tiny")


def test_unknown_names():
    with pytest.raises(ModelError, match="full"):
        fetch_model("enormous")
    with pytest.raises(ModelError, match="enormous"):
        find_model("enormous")
