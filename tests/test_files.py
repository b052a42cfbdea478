"""Files are written whole or not at all."""

from __future__ import annotations

import hashlib
import os
import sys

import pytest

from mobility_check.errors import InputError, OutputError
from mobility_check.files import atomic_path, check_writable, sha256_of


def test_a_file_appears_whole(tmp_path):
    target = tmp_path / "out.mp4"
    with atomic_path(target) as tmp:
        assert tmp.suffix == ".mp4"
        assert tmp.parent == tmp_path
        tmp.write_text("done")
        assert not target.exists()
    assert target.read_text() == "done"
    assert os.listdir(tmp_path) == ["out.mp4"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_on_any_interruption_the_old_file_stays_and_nothing_else(tmp_path, error):
    target = tmp_path / "out.txt"
    target.write_text("before")

    def half() -> None:
        with atomic_path(target) as tmp:
            tmp.write_text("half")
            raise error

    with pytest.raises(error):
        half()
    assert target.read_text() == "before"
    assert os.listdir(tmp_path) == ["out.txt"]


@pytest.mark.skipif(sys.platform == "win32", reason="no permission bits")
def test_the_new_file_has_usual_permissions(tmp_path):
    before = os.umask(0o027)
    try:
        with atomic_path(tmp_path / "out.txt") as tmp:
            tmp.write_text("x")
    finally:
        os.umask(before)
    assert (tmp_path / "out.txt").stat().st_mode & 0o777 == 0o640


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights")
def test_a_link_at_the_target_is_replaced_and_never_followed(tmp_path):
    (tmp_path / "precious.txt").write_text("keep me")
    (tmp_path / "out.txt").symlink_to(tmp_path / "precious.txt")
    with atomic_path(tmp_path / "out.txt") as tmp:
        tmp.write_text("new")
    assert (tmp_path / "precious.txt").read_text() == "keep me"
    assert not (tmp_path / "out.txt").is_symlink()


@pytest.mark.parametrize(("place", "words"), [("no/such/out.txt", "does not exist"), (".", "is a folder")])
def test_places_that_cannot_be_written(tmp_path, place, words):
    with pytest.raises(OutputError, match=words), atomic_path(tmp_path / place):
        pass
    with pytest.raises(OutputError, match=words):
        check_writable(tmp_path / place)
    assert os.listdir(tmp_path) == []


def test_a_file_in_place_of_the_folder(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="not a folder"):
        check_writable(tmp_path / "file" / "out.txt")


def test_checking_leaves_no_trace_and_touches_nothing(tmp_path):
    target = tmp_path / "out.txt"
    target.write_text("before")
    check_writable(target)
    check_writable(tmp_path / "new.txt")
    assert os.listdir(tmp_path) == ["out.txt"]
    assert target.read_text() == "before"


def test_the_fingerprint_of_a_file(tmp_path):
    data = bytes(range(256)) * 9000
    (tmp_path / "a").write_bytes(data)
    assert sha256_of(tmp_path / "a") == hashlib.sha256(data).hexdigest()
    with pytest.raises(InputError, match="cannot be read"):
        sha256_of(tmp_path / "none")
