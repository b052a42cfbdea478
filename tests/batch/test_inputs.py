from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from threading import Thread

import fsspec
import pytest

from mobility_check.batch.clips import fetched, open_filesystem
from mobility_check.batch.inputs import find_clips, natural
from mobility_check.errors import InputError, MissingExtraError, UsageError
from mobility_check.files import sha256_of


def touch(path: Path, data: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def names(found: object) -> list[str]:
    return [os.path.basename(f.uri) for f in found.files]  # type: ignore[attr-defined]


def test_a_folder_in_natural_order_without_what_is_no_clip(tmp_path: Path) -> None:
    for name in ("c10.mp4", "c2.MOV", "deep/er/x.npz", "notes.txt", "._c2.mov", "c2.truth.json"):
        touch(tmp_path / name)
    found = find_clips([str(tmp_path)])
    assert names(found) == ["c2.MOV", "c10.mp4", "x.npz"]
    assert found.ignored == 3
    assert not any(f.problem for f in found.files)


def test_trouble_with_one_file_is_its_own(tmp_path: Path) -> None:
    touch(tmp_path / "good.mp4")
    (tmp_path / "gone.mp4").symlink_to(tmp_path / "nowhere")
    (tmp_path / "folder.mp4").mkdir()
    os.mkfifo(tmp_path / "pipe.mp4")
    problems = {os.path.basename(f.uri): f.problem and f.problem.code for f in find_clips([str(tmp_path)]).files}
    assert problems == {"good.mp4": None, "gone.mp4": "missing_file", "pipe.mp4": "not_a_file"}


def test_linked_folders_are_followed_once_and_locked_ones_are_told(tmp_path: Path) -> None:
    touch(tmp_path / "in" / "a.mp4")
    touch(tmp_path / "elsewhere" / "b.mp4")
    touch(tmp_path / "in" / ".hidden" / "c.mp4")
    (tmp_path / "in" / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "back").symlink_to(tmp_path / "in")
    found = find_clips([str(tmp_path / "in")])
    assert names(found) == ["a.mp4", "b.mp4"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root and Windows open it all the same")
def test_a_folder_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    touch(tmp_path / "locked" / "a.mp4")
    (tmp_path / "locked").chmod(0)
    (file,) = find_clips([str(tmp_path)]).files
    (tmp_path / "locked").chmod(0o700)
    assert file.problem is not None
    assert "cannot be opened" in file.problem.message


def test_globs_files_and_overlaps_give_each_file_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a1.mp4", "a2.mp4", "b.mp4", "odd.bin"):
        touch(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert names(find_clips(["a*.mp4", str(tmp_path / "a1.mp4"), "odd.bin", "."])) == [
        "a1.mp4",
        "a2.mp4",
        "odd.bin",
        "b.mp4",
    ]
    with pytest.raises(UsageError, match="spelling"):
        find_clips(["no-such*"])


def test_a_manifest_counts_from_its_own_folder(tmp_path: Path) -> None:
    touch(tmp_path / "clips" / "a.mp4")
    manifest = touch(
        tmp_path / "clips" / "m.csv", b"path,subject,date,side,room\na.mp4,P1,2026-08-03,left,3\nno.mp4,P2,,,\n"
    )
    first, second = find_clips([str(manifest)]).files
    assert (first.subject, first.date, first.side, first.extra) == ("P1", "2026-08-03", "left", (("room", "3"),))
    assert first.uri == str(tmp_path / "clips" / "a.mp4")
    assert second.problem is not None
    assert second.problem.code == "missing_file"


def test_a_file_listed_for_two_people_is_nobodys(tmp_path: Path) -> None:
    touch(tmp_path / "a.mp4")
    manifest = touch(tmp_path / "m.csv", b"path,subject\na.mp4,P1\na.mp4,P2\n")
    (file,) = find_clips([str(manifest)]).files
    assert file.problem is not None
    assert file.problem.code == "listed_twice"
    odd = touch(tmp_path / "m1.csv", b"path,subject,date\na.mp4,P1,\na.mp4,P1,03/08/2026\n")
    (file,) = find_clips([str(odd)]).files
    assert file.problem is not None
    assert file.problem.code == "row_not_read", "a row that cannot be used is never passed over"
    again = touch(tmp_path / "m2.csv", b"path,subject\na.mp4,P1\na.mp4,P1\n")
    assert [f.problem for f in find_clips([str(again), str(tmp_path)]).files] == [None]


def test_names_say_what_the_manifest_does_not(tmp_path: Path) -> None:
    pattern = "{subject}_{date:%Y%m%d}_{view}"
    touch(tmp_path / "P1_20260803_left.mp4")
    touch(tmp_path / "P1_20260803_front.mp4")
    touch(tmp_path / "IMG_0001.mp4")
    by_name = {os.path.basename(f.uri): f for f in find_clips([str(tmp_path)], pattern=pattern).files}
    left, front = by_name["P1_20260803_left.mp4"], by_name["P1_20260803_front.mp4"]
    assert (left.subject, left.date, left.side, left.extra) == ("P1", "2026-08-03", "left", (("view", "left"),))
    assert (front.side, front.extra) == (None, (("view", "front"),))
    problem = by_name["IMG_0001.mp4"].problem
    assert problem is not None
    assert problem.code == "name_not_read"


def test_natural_order() -> None:
    assert sorted(["b1", "a10", "a9", "a"], key=natural) == ["a", "a9", "a10", "b1"]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    root = tmp_path / "served"
    root.mkdir()

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(root))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield root, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_http(served: tuple[Path, str]) -> None:
    root, url = served
    data = os.urandom(3 << 20)
    touch(root / "a.mp4", data)
    found, missing = find_clips([f"{url}/a.mp4", f"{url}/none.mp4"]).files
    assert (found.size, bool(found.stamp), found.problem) == (len(data), True, None)
    assert missing.problem is not None
    assert missing.problem.code == "missing_file"
    with fetched(f"{url}/a.mp4") as (path, sha):
        assert path.read_bytes() == data
        assert path.suffix == ".mp4"
        assert sha == sha256_of(path)
    assert not path.exists()
    with pytest.raises(InputError, match=r"none\.mp4"), fetched(f"{url}/none.mp4"):
        pass


def test_memory_urls_folders_and_globs() -> None:
    fs = fsspec.filesystem("memory")
    fs.pipe("/inputs-test/a.mp4", b"a")
    fs.pipe("/inputs-test/deep/b.mp4", b"b")
    fs.pipe("/inputs-test/c.txt", b"c")
    found = find_clips(["memory://inputs-test"])
    assert (names(found), found.ignored) == (["a.mp4", "b.mp4"], 1)
    assert names(find_clips(["memory://inputs-test/*.mp4"])) == ["a.mp4"]
    with fetched(found.files[0].uri) as (path, _):
        assert path.read_bytes() == b"a"
    with pytest.raises(UsageError, match="no file"):
        find_clips(["memory://inputs-test/none*"])


@pytest.mark.skipif(find_spec("gcsfs") is not None, reason="gcsfs is installed here")
def test_what_is_not_installed_is_one_sentence() -> None:
    with pytest.raises(MissingExtraError, match=r"pip install 'mobility-check\[gcs\]'"):
        open_filesystem("gs://bucket/a.mp4")


def test_an_unknown_kind_of_address_is_one_sentence() -> None:
    with pytest.raises(UsageError, match="no kind of address"):
        open_filesystem("wibble://x")
