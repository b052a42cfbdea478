"""Where the history lives and how a connection to it is made: SQLite by default, PostgreSQL by URL.

SQLite runs in WAL mode with every transaction opened explicitly: readers with ``BEGIN``, writers with
``BEGIN IMMEDIATE``, so that two writers queue up instead of failing half-way. ``secure_delete`` overwrites what is
deleted. The file is made readable by its owner only.
"""

from __future__ import annotations

import os
import re
import sqlite3
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.orm import Session

from mobility_check.errors import MissingExtraError, StoreError, UsageError
from mobility_check.language import N_

ENV_DATABASE = "MOBILITY_CHECK_DATABASE"
BUSY_TIMEOUT_S = 30.0
_URL_HELP = N_("The database must be a file such as history.db, or a URL such as postgresql://user@host/name.")
_SQLITE_HEADER = b"SQLite format 3\x00"
_WRITE = "mobility_write"
_PG_LOCK = 0x6D6F62696C697479
"""Any fixed number: who holds this advisory lock may write, as SQLite lets one write at a time by itself."""


@dataclass(frozen=True, slots=True)
class Database:
    """An open database. ``path`` is the SQLite file, ``None`` on PostgreSQL; ``where`` names it without a password."""

    engine: Engine
    path: Path | None
    where: str

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One consistent look."""
        with store_errors(self.where), Session(self.engine) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """One transaction, one writer at a time; committed at the end, undone on an error."""
        writer = self.engine.execution_options(**{_WRITE: True})
        with store_errors(self.where), Session(writer) as session, session.begin():
            if writer.dialect.name == "postgresql":
                session.execute(sa.select(sa.func.pg_advisory_xact_lock(_PG_LOCK)))
            yield session

    @contextmanager
    def raw_sqlite(self) -> Iterator[sqlite3.Connection]:
        """The driver's own connection, outside any transaction, for what SQLite only allows there."""
        with store_errors(self.where):
            pooled = self.engine.raw_connection()
            try:
                driver = pooled.driver_connection
                assert isinstance(driver, sqlite3.Connection)
                yield driver
            finally:
                pooled.close()

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def default_path() -> Path:
    """The history file in the user's data folder."""
    import platformdirs

    return Path(platformdirs.user_data_dir("mobility-check", appauthor=False)) / "history.db"


def connect(database: str | Path | None, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> Database:
    """Open ``database``: a path, a URL, or ``None`` for the environment variable and then the default file.

    A missing SQLite file is created, empty; anything that is not a SQLite file is left alone.

    Raises:
        StoreError: the file or server cannot be used.
        UsageError: the URL is not one of SQLite or PostgreSQL.
        MissingExtraError: the PostgreSQL driver is not installed.
    """
    place, where = _resolve(database), location(database)
    if isinstance(place, Path):
        _prepare_file(place)
        engine = sa.create_engine(URL.create("sqlite", database=where), connect_args={"timeout": busy_timeout_s})
        _install_sqlite_events(engine)
        return Database(engine, place, where)
    timeout_s = max(2, int(busy_timeout_s))
    try:
        engine = sa.create_engine(place, pool_pre_ping=True, connect_args={"connect_timeout": timeout_s})
    except ModuleNotFoundError as e:
        hint = N_(
            "A PostgreSQL history needs one more package; install it with: pip install 'mobility-check[postgres]'"
        )
        raise MissingExtraError(hint) from e
    return Database(engine, None, where)


def location(database: str | Path | None) -> str:
    """Where :func:`connect` would go, as a file name or a URL without password; nothing is opened or made.

    Raises:
        UsageError: the URL is not one of SQLite or PostgreSQL.
    """
    place = _resolve(database)
    return str(place) if isinstance(place, Path) else place.render_as_string(hide_password=True)


def _resolve(database: str | Path | None) -> Path | URL:
    """The file of a SQLite history, or the URL of a server."""
    text = str(database) if database is not None else os.environ.get(ENV_DATABASE, "").strip()
    if "://" not in text:
        return Path(text or default_path()).expanduser().absolute()
    try:
        url = make_url(text)
    except (sa.exc.ArgumentError, ValueError) as e:
        raise UsageError(_URL_HELP) from e
    if url.drivername == "sqlite" and url.database:
        return Path(url.database).expanduser().absolute()
    if url.drivername not in {"postgres", "postgresql", "postgresql+psycopg"}:
        raise UsageError(_URL_HELP)
    return url.set(drivername="postgresql+psycopg")


def _prepare_file(path: Path) -> None:
    with store_errors(str(path)):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.exists() or path.is_symlink():
            _check_is_sqlite(path)
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    if path == default_path():  # what was opened up is closed again, where the system knows such modes
        for place, mode in ((path.parent, 0o700), *((file, 0o600) for file in (path, *side_files(path)))):
            with suppress(OSError):
                place.chmod(mode)


def _check_is_sqlite(path: Path) -> None:
    if path.exists() and not stat.S_ISREG(path.stat().st_mode):
        raise StoreError(
            "{path} is not a file, so it cannot hold the history; name a file such as history.db.", path=path
        )
    with path.open("rb") as f:
        head = f.read(len(_SQLITE_HEADER))
    if head and head != _SQLITE_HEADER:
        raise StoreError("{path} is not a history database; it was left as it is. Name another file.", path=path)


def side_files(path: Path) -> tuple[Path, Path]:
    """SQLite's write-ahead log and shared-memory file beside ``path``."""
    return path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")


@contextmanager
def store_errors(where: str) -> Iterator[None]:
    """Turn driver and file errors into a :class:`StoreError` with one plain sentence."""
    try:
        yield
    except sa.exc.DBAPIError as e:
        raise StoreError(_sentence(str(e.orig), where)) from e
    except sqlite3.Error as e:
        raise StoreError(_sentence(str(e), where)) from e
    except UnicodeDecodeError as e:  # the driver's message quotes damaged bytes
        raise StoreError(_sentence("malformed", where)) from e
    except OSError as e:
        raise StoreError("The history {where} cannot be used: {why}.", where=where, why=e.strerror or e) from e


def wait_until(done: Callable[[], bool], *, patience_s: float) -> bool:
    """Ask until the answer is yes, for what SQLite does not wait for by itself; returns the last answer."""
    deadline = time.monotonic() + patience_s
    while not (answer := done()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return answer


def _install_sqlite_events(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _on_connect(dbapi_connection: sqlite3.Connection, _record: object) -> None:
        dbapi_connection.isolation_level = None  # transactions are ours; the driver would commit before some DDL
        dbapi_connection.execute("PRAGMA foreign_keys = ON")
        dbapi_connection.execute("PRAGMA secure_delete = ON")
        dbapi_connection.execute("PRAGMA synchronous = FULL")

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        write = connection.get_execution_options().get(_WRITE)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


_SENTENCES = {
    "locked|busy": N_("The history {where} is in use by another program; close that program or try again in a moment."),
    "read-?only": N_("The history {where} cannot be written; check the permissions of the file and of its folder."),
    "not a database": N_("{where} is not a history database; it was left as it is. Name another file."),
    "malformed": N_("The history {where} is damaged; restore it from a backup (see `mobility-check history backup`)."),
    "full": N_("The disk is full, so the history {where} was left as it was; free some space and try again."),
    "unable to open": N_("The history {where} cannot be opened; check the permissions of the file and of its folder."),
    "password": N_("The PostgreSQL server refused the login for {where}; check the user name and the password."),
    "does not exist": N_("The PostgreSQL server does not know what {where} names; check the database and user names."),
    "connect": N_("The PostgreSQL server of {where} cannot be reached; check the address and that the server runs."),
}
"""By what the drivers say, as a pattern."""


def _sentence(driver_message: str, where: str) -> str:
    for sign, sentence in _SENTENCES.items():
        if re.search(sign, driver_message.lower()):
            return sentence.format(where=where)
    why = driver_message.splitlines()[0] if driver_message else "?"
    return N_("The history {where} cannot be used: {why}.").format(where=where, why=why)
