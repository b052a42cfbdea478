"""A SQLite file, and a real PostgreSQL server: that of MOBILITY_CHECK_TEST_POSTGRES, else one started for the tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from mobility_check.history.store import HistoryStore

SERVER_ENV = "MOBILITY_CHECK_TEST_POSTGRES"


def _tool(name: str) -> str | None:
    debian = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    return str(debian[0]) if debian else shutil.which(name)


def _as_server_user(*command: str) -> None:
    """PostgreSQL refuses to run as root; Debian's package makes a user for it."""
    prefix = ("runuser", "-u", "postgres", "--") if os.geteuid() == 0 else ()
    subprocess.run([*prefix, *command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of a server on which databases may be made."""
    pytest.importorskip("psycopg", reason="psycopg is not installed: pip install 'mobility-check[postgres]'")
    if os.environ.get(SERVER_ENV):
        yield os.environ[SERVER_ENV]
        return
    initdb, pg_ctl = _tool("initdb"), _tool("pg_ctl")
    if initdb is None or pg_ctl is None:
        pytest.skip(f"no PostgreSQL here: install the package postgresql, or set {SERVER_ENV} to a server's URL")
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    options = f"-k {folder} -c listen_addresses='' -c fsync=off -c max_connections=40"
    try:
        _as_server_user(initdb, "-D", f"{folder}/data", "-A", "trust", "-U", "tester", "-E", "UTF8", "--no-sync")
        _as_server_user(pg_ctl, "-D", f"{folder}/data", "-l", f"{folder}/log", "-o", options, "-w", "start")
        yield f"postgresql+psycopg://tester@/postgres?host={folder}"
    finally:
        subprocess.run(
            [
                *(("runuser", "-u", "postgres", "--") if os.geteuid() == 0 else ()),
                pg_ctl,
                "-D",
                f"{folder}/data",
                "-m",
                "immediate",
                "stop",
            ],
            check=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """A fresh database."""
    name = f"t{uuid.uuid4().hex[:12]}"
    engine = sa.create_engine(postgres_server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    yield sa.make_url(postgres_server).set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh history on each kind of database."""
    if request.param == "sqlite":
        return str(tmp_path / "history.db")
    found: str = request.getfixturevalue("postgres_url")
    return found


@pytest.fixture
def store(url: str) -> Iterator[HistoryStore]:
    with HistoryStore.open(url) as opened:
        yield opened
