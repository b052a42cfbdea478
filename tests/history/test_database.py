from __future__ import annotations

import os
import sqlite3
import stat
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from mobility_check.errors import MissingExtraError, StoreError, UsageError
from mobility_check.history.database import ENV_DATABASE, connect, default_path, location
from mobility_check.history.store import HistoryStore
from synthetic.factories import make_result

posix = pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@contextmanager
def _as_nobody() -> Iterator[None]:
    """Root may write anywhere; file permissions only mean something to others."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@posix
def test_the_default_history_is_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENV_DATABASE, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    monkeypatch.setenv("HOME", str(tmp_path))
    os.umask(0o022)
    with HistoryStore.open() as store:
        store.save(make_result(), subject="P-17")
        assert store.path == default_path()
        files = list(default_path().parent.iterdir())
        assert len(files) == 3, "the file, its log and its shared memory"
        assert {_mode(f) for f in files} == {0o600}
        assert _mode(default_path().parent) == 0o700


@posix
def test_a_default_history_that_was_opened_up_is_tightened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENV_DATABASE, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    HistoryStore.open().close()
    default_path().chmod(0o644)
    default_path().parent.chmod(0o755)
    HistoryStore.open().close()
    assert (_mode(default_path()), _mode(default_path().parent)) == (0o600, 0o700)


@posix
def test_a_history_elsewhere_is_private_and_its_folder_is_left_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    HistoryStore.open(tmp_path / "h.db").close()
    assert (_mode(tmp_path / "h.db"), _mode(tmp_path)) == (0o600, 0o755)


def test_the_environment_names_the_history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENV_DATABASE, str(tmp_path / "env.db"))
    with HistoryStore.open() as store:
        assert store.path == tmp_path / "env.db"
    with HistoryStore.open(f"sqlite:///{tmp_path}/url.db") as store:
        assert store.path == tmp_path / "url.db"


@pytest.mark.parametrize("content", [b"garbage" * 500, b"SQLite format 3\x00" + b"\x01" * 5000, b"x", b"[]\n"])
def test_what_is_no_database_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "h.db"
    path.write_bytes(content)
    with pytest.raises(StoreError):
        HistoryStore.open(path)
    assert path.read_bytes() == content
    assert [p.name for p in tmp_path.iterdir()] == ["h.db"]


def test_an_empty_file_becomes_a_history(tmp_path: Path) -> None:
    (tmp_path / "h.db").touch()
    with HistoryStore.open(tmp_path / "h.db") as store:
        assert store.count() == 0


def test_another_programs_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("CREATE TABLE bookmarks (url TEXT)")
        raw.commit()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="another program"):
        HistoryStore.open(path)
    assert path.read_bytes() == before


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="not a file"):
        HistoryStore.open(tmp_path)


def test_a_damaged_history_says_so(tmp_path: Path) -> None:
    path = tmp_path / "h.db"
    with HistoryStore.open(path) as store:
        for n in range(30):
            store.save(make_result(clips=(f"{n}",)), subject="P")
    with path.open("r+b") as f:
        f.seek(8192)
        f.write(os.urandom(path.stat().st_size - 8192))
    with pytest.raises(StoreError, match=r"damaged|another program"), HistoryStore.open(path) as store:
        list(store.records())


def test_a_locked_history_says_so_and_saves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "h.db"
    HistoryStore.open(path).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with (
            HistoryStore.open(path, busy_timeout_s=0.1) as store,
            pytest.raises(StoreError, match="in use by another program"),
        ):
            store.save(make_result(), subject="P")
        other.execute("ROLLBACK")
    with HistoryStore.open(path) as store:
        assert store.count() == 0


def test_reading_goes_on_while_somebody_writes(tmp_path: Path) -> None:
    path = tmp_path / "h.db"
    with HistoryStore.open(path) as store:
        store.save(make_result(), subject="P")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with HistoryStore.open(path, busy_timeout_s=0.1) as store:
            assert store.count() == 1


def _let_everybody_in(folder: Path) -> None:
    """Into all the folders that pytest made for it."""
    folder.chmod(0o755)
    for above in folder.parents:
        if not above.name.startswith(("pytest-", "popen-")):
            return
        above.chmod(0o755)


@posix
def test_a_read_only_history_says_so(tmp_path: Path) -> None:
    _let_everybody_in(tmp_path)
    path = tmp_path / "h.db"
    HistoryStore.open(path).close()
    path.chmod(0o444)
    says_so = pytest.raises(StoreError, match=r"cannot be (written|opened)")
    with _as_nobody(), says_so, HistoryStore.open(path) as store:
        store.save(make_result(), subject="P")


@posix
def test_a_backup_on_a_read_only_disk_can_be_read(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    with HistoryStore.open(tmp_path / "h.db") as store:
        store.save(make_result(), subject="P")
        copy = store.backup(disk / "copy.db")
    _let_everybody_in(tmp_path)
    copy.chmod(0o444)
    disk.chmod(0o555)
    with _as_nobody(), HistoryStore.open(copy) as store:
        assert store.count() == 1
    disk.chmod(0o755)


@posix
def test_a_read_only_folder_says_so(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    with _as_nobody(), pytest.raises(StoreError, match="cannot be used"):
        HistoryStore.open(tmp_path / "h.db")
    tmp_path.chmod(0o755)


@pytest.mark.parametrize("url", ["mysql://host/db", "sqlite://", "http://x", "://", "postgresql+asyncpg://h/d"])
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(UsageError, match="must be a file"):
        HistoryStore.open(url)


def test_an_unreachable_server_says_so_without_the_password() -> None:
    with pytest.raises(StoreError, match="cannot be reached") as e:
        HistoryStore.open("postgresql://me:secret@127.0.0.1:1/none", busy_timeout_s=2)
    assert "secret" not in str(e.value)
    assert "secret" not in location("postgresql://me:secret@127.0.0.1:1/none")


def test_a_missing_driver_gives_the_install_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [m for m in sys.modules if m.startswith("psycopg")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'mobility-check\[postgres\]'"):
        connect("postgresql://me@host/db")


def test_location_makes_nothing(tmp_path: Path) -> None:
    assert location(tmp_path / "sub" / "h.db") == str(tmp_path / "sub" / "h.db")
    assert list(tmp_path.iterdir()) == []
