"""Files are written whole or not at all."""

from __future__ import annotations

import hashlib
import os
import sys

import pytest

from mobility_check.errors import InputError, OutputError, UsageError
from mobility_check.files import (
    OVERLAY,
    PAGE,
    RECORDING,
    Output,
    atomic_path,
    check_outputs,
    check_writable,
    make_folder,
    numbered,
    sha256_of,
)


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
@pytest.mark.parametrize("anew", [False, True])
def test_what_is_written_is_the_users_own(tmp_path, anew):
    with atomic_path(tmp_path / "out.txt") as tmp:
        if anew:  # as a browser does that prints a page
            tmp.unlink()
        tmp.write_text("x")
    assert (tmp_path / "out.txt").stat().st_mode & 0o777 == 0o600
    assert make_folder(tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o700


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


def outputs(*paths, kind=PAGE):
    return [Output(p, kind, f"--option{n}") for n, p in enumerate(paths)]


def spellings(clip):
    """Other names of one file: by a way round, a link to it, a link to its folder, and a second entry in the folder."""
    folder = clip.parent
    (folder / "soft.mp4").symlink_to(clip)
    (folder / "hard.mp4").hardlink_to(clip)
    (folder / "way").symlink_to(folder, target_is_directory=True)
    return [
        clip,
        folder / "x" / ".." / clip.name,
        folder / "soft.mp4",
        folder / "hard.mp4",
        folder / "way" / clip.name,
        folder / clip.name.upper().replace(".MP4", ".mp4"),
        folder / "CLIP.MP4",
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights")
@pytest.mark.parametrize("n", range(7))
@pytest.mark.parametrize("overwrite", [False, True])
def test_an_output_is_never_an_input_by_whatever_name(tmp_path, n, overwrite):
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"recording")
    (tmp_path / "x").mkdir()
    with pytest.raises(UsageError, match="would replace the input"):
        check_outputs(outputs(spellings(clip)[n], kind=OVERLAY), inputs=[clip], overwrite=overwrite)
    assert clip.read_bytes() == b"recording"


def test_letters_with_a_mark_are_one_however_composed(tmp_path):
    with pytest.raises(UsageError, match="would replace"):
        check_outputs(outputs(tmp_path / "u\u0308ben.mp4", kind=OVERLAY), inputs=[tmp_path / "\u00fcben.mp4"])


def test_names_made_from_one_are_checked_too(tmp_path):
    (tmp_path / "kick-2.mp4").touch()
    made = numbered(tmp_path / "kick.mp4", 2)
    assert [m.name for m in made] == ["kick-1.mp4", "kick-2.mp4"]
    with pytest.raises(UsageError, match=r"kick-2\.mp4"):
        check_outputs(outputs(*made, kind=OVERLAY), inputs=[tmp_path / "kick-2.mp4"])
    assert numbered(tmp_path / "kick.mp4", 1) == [tmp_path / "kick.mp4"]


def test_two_outputs_need_two_names(tmp_path):
    with pytest.raises(UsageError, match="--option0 and --option1 both"):
        check_outputs(outputs(tmp_path / "a.html", tmp_path / "A.html"))


@pytest.mark.parametrize("name", ["right.mp4", "page", "page.pdf", "page.html.bak"])
def test_the_ending_fits_the_kind(tmp_path, name):
    with pytest.raises(UsageError, match=r"--option0 takes the name of a page.*\.html"):
        check_outputs(outputs(tmp_path / name))


def test_only_files_of_ours_are_replaced(tmp_path):
    page = tmp_path / "page.html"
    for text, ours in (("", True), (f'<head>{PAGE.comment} 1.0">', True), ("<p>mobility-check is good</p>", False)):
        page.write_text(text)
        if ours:
            check_outputs(outputs(page))
            continue
        with pytest.raises(UsageError, match=r"page\.html.*--overwrite"):
            check_outputs(outputs(page))
        check_outputs(outputs(page), overwrite=True)
    assert "is good" in page.read_text()
    assert os.listdir(tmp_path) == ["page.html"]


def test_no_recording_is_replaced_not_even_one_of_ours(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"mobility-check overlay")
    check_outputs(outputs(tmp_path / "a.mp4", kind=OVERLAY))
    with pytest.raises(UsageError, match="--overwrite"):
        check_outputs(outputs(tmp_path / "a.mp4", kind=RECORDING))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes")
def test_devices_and_pipes_are_no_place_for_a_file(tmp_path):
    os.mkfifo(tmp_path / "pipe.html")
    with pytest.raises((UsageError, OutputError)):
        check_outputs(outputs(tmp_path / "pipe.html"))
    with pytest.raises(OutputError, match="a device"):
        check_outputs(outputs(tmp_path / "pipe.html"), overwrite=True)
