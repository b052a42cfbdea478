"""Files written whole or not at all, and the fingerprint of a file's content."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path

from mobility_check.errors import InputError, OutputError

CHUNK_BYTES = 1 << 20


@contextlib.contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A temporary file beside ``path`` that takes its place when the block ends well, and is gone otherwise.

    The suffix is kept, so that writers which go by it still work. A symbolic link at ``path`` is replaced, never
    followed.

    Raises:
        OutputError: the folder is missing or read-only, the disk is full, or the target is a folder.
    """
    target = Path(path)
    if target.is_dir():
        raise OutputError(f"'{target}' is a folder; give the name of a file to write.")
    tmp: Path | None = None
    try:
        tmp = target.with_name(f".{target.stem}.{secrets.token_hex(6)}{target.suffix}")
        # as open() would make it: tempfile's own files stay private to the user
        os.close(os.open(tmp, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
        yield tmp
        _flush(tmp)
        os.replace(tmp, target)
        tmp = None
    except OSError as e:
        raise OutputError(_sentence(target, e)) from e
    finally:
        if tmp is not None:
            with contextlib.suppress(OSError):
                tmp.unlink()


def check_writable(path: str | os.PathLike[str]) -> None:
    """Find out before hours of work, and without leaving a trace, that :func:`atomic_path` would fail.

    Raises:
        OutputError: the folder is missing or read-only, the disk is full, or the target is a folder.
    """
    target = Path(path)
    if target.is_dir():
        raise OutputError(f"'{target}' is a folder; give the name of a file to write.")
    try:
        with tempfile.TemporaryFile(dir=target.parent):
            pass
    except OSError as e:
        raise OutputError(_sentence(target, e)) from e


def sha256_of(path: str | os.PathLike[str]) -> str:
    """Hexadecimal SHA-256 of a file's content.

    Raises:
        InputError: the file cannot be read.
    """
    digest = hashlib.sha256()
    try:
        with open(path, "rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                digest.update(chunk)
    except OSError as e:
        raise InputError(
            f"'{os.fspath(path)}' cannot be read ({e.strerror or e}); check its name and permissions."
        ) from e
    return digest.hexdigest()


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _sentence(target: Path, e: OSError) -> str:
    what = {
        "ENOSPC": "the disk is full; free some space or choose another place",
        "EACCES": "the folder is read-only; choose another place",
        "EROFS": "the disk is read-only; choose another place",
        "EPERM": "the folder is read-only; choose another place",
        "ENOENT": "its folder does not exist; create it first",
        "ENOTDIR": "its folder is not a folder; choose another place",
    }
    import errno

    name = errno.errorcode.get(e.errno or 0, "")
    return f"'{target}' cannot be written: {what.get(name, e.strerror or str(e))}."
