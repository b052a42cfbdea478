from __future__ import annotations

import json
import os
import resource
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mobility_check.batch.folder import run_folder
from mobility_check.batch.journal import Journal
from mobility_check.batch.lock import FolderLock
from mobility_check.errors import OutputError, UsageError


def record(name: str, **fields: Any) -> dict[str, Any]:
    files = [[f"/{name}", 1, "2", f"sha-{name}"]]
    return {"session": name, "name": name, "key": f"key-{name}", "state": "s", "files": files,
            "failures": [], "json_bytes": 7, "extras": [], **fields}  # fmt: skip


def test_what_was_logged_is_there_again(tmp_path: Path) -> None:
    path = tmp_path / "j"
    with Journal(path) as journal:
        journal.add([record("a"), record("b", failures=[{}], json_bytes=0)])
        journal.add_hashes({("/c", 3, "4"): "sha-c"})
        journal.add([record("a", key="newer")])
        assert journal.read("b")["json_bytes"] == 0
    with Journal(path) as journal:
        assert set(journal.entries) == {"a", "b"}
        assert journal.entries["a"].key == "newer"
        assert journal.by_key == {"key-a": "a", "newer": "a"}
        assert journal.shas == {("/a", 1, "2"): "sha-a", ("/b", 1, "2"): "sha-b", ("/c", 3, "4"): "sha-c"}
        assert journal.read("a")["key"] == "newer"


def test_a_log_torn_at_any_byte_loses_at_most_the_torn_session_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "j"
    with Journal(path) as journal:
        journal.add([record("a"), record("b")])
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        with Journal(path) as journal:
            assert set(journal.entries) == ({"a"} if size >= first else set())
            journal.add([record("c")])
        with Journal(path) as journal:
            assert set(journal.entries) == ({"a", "c"} if size >= first else {"c"})
            assert journal.read("c")["key"] == "key-c"


def test_a_damaged_line_in_the_middle_costs_that_line_only(tmp_path: Path) -> None:
    path = tmp_path / "j"
    with Journal(path) as journal:
        journal.add([record("a"), record("b"), record("c")])
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + b"\x00" * 20 + b"\n" + lines[2])
    with Journal(path) as journal:
        assert set(journal.entries) == {"a", "c"}
        assert journal.read("c")["session"] == "c"


FULL = """
import resource, signal, sys
from pathlib import Path
from mobility_check.batch.journal import Journal
from mobility_check.errors import OutputError
from tests.batch.test_journal import record
with Journal(Path(sys.argv[1])) as journal:
    resource.setrlimit(resource.RLIMIT_FSIZE, (700, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    for n in range(100):
        try:
            journal.add([record(f"s{n}")])
        except OutputError as e:
            print(n, len(journal.entries), e)
            break
"""


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="needs a limit of the file size")
def test_a_full_disk_is_a_sentence_and_keeps_what_was_done(tmp_path: Path) -> None:
    path = tmp_path / "j"
    done = subprocess.run([sys.executable, "-c", FULL, str(path)], capture_output=True, text=True, check=True)
    n, kept, sentence = done.stdout.split(maxsplit=2)
    assert int(n) == int(kept) > 1
    assert "what was logged before is kept" in sentence
    with Journal(path) as journal:
        assert len(journal.entries) == int(n)
        journal.add([record("more")])
    with Journal(path) as journal:
        assert len(journal.entries) == int(n) + 1


def test_a_log_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be opened"):
        Journal(tmp_path)


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    with FolderLock(tmp_path) as lock:
        lock.beat()
        with pytest.raises(UsageError, match=f"process {os.getpid()}"), FolderLock(tmp_path):
            pass
    with FolderLock(tmp_path):
        pass


@pytest.mark.parametrize("holder", ['{"pid": 2, "host": "HERE", "started": 1.0}', "", '{"pid": "x", "host": "HERE"}'])
def test_a_lock_left_by_a_dead_process_is_no_lock(tmp_path: Path, holder: str) -> None:
    (tmp_path / ".lock").write_text(holder.replace("HERE", socket.gethostname()))
    with FolderLock(tmp_path):
        assert json.loads((tmp_path / ".lock").read_text())["pid"] == os.getpid()


def test_a_lock_of_another_computer_counts_until_it_is_old(tmp_path: Path) -> None:
    lock = tmp_path / ".lock"
    lock.write_text('{"pid": 1, "host": "elsewhere", "started": 1.0}')
    with pytest.raises(UsageError, match="elsewhere"), FolderLock(tmp_path):
        pass
    os.utime(lock, (1.0, 1.0))
    with FolderLock(tmp_path):
        pass


def test_other_settings_get_a_folder_beside_the_first_run(tmp_path: Path) -> None:
    first = run_folder(tmp_path / "out", "a" * 64)
    again, other = run_folder(tmp_path / "out", "a" * 64), run_folder(tmp_path / "out", "b" * 64)
    assert first == again
    assert (first.path, first.beside) == (tmp_path / "out", False)
    assert (other.path, other.beside) == (tmp_path / "out" / "run-bbbbbbbb", True)
    assert other == run_folder(tmp_path / "out", "b" * 64)


def test_a_folder_that_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"something": "else"}')
    with pytest.raises(OutputError, match="not ours"):
        run_folder(tmp_path, "a" * 64)
