"""A clip where the analysis can open it: local files in place, others copied and hashed on the way."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from mobility_check.batch.inputs import is_url, open_filesystem
from mobility_check.errors import InputError
from mobility_check.files import CHUNK_BYTES, sha256_of


@contextlib.contextmanager
def fetched(source: str) -> Iterator[tuple[Path, str]]:
    """The local path and the SHA-256 of a path or URL; a copy that was made is deleted afterwards.

    Raises:
        InputError: it cannot be opened or read to its end. MissingExtraError: that kind of URL needs one.
    """
    if not is_url(source):
        yield Path(source), hash_source(source)
        return
    handle, name = tempfile.mkstemp(suffix=os.path.splitext(source.split("?")[0])[1])
    try:
        with os.fdopen(handle, "wb") as copy:
            digest = _copy(source, copy)
        yield Path(name), digest
    finally:
        os.unlink(name)


def hash_source(source: str) -> str:
    """SHA-256 of a path or URL.

    Raises:
        InputError: it cannot be opened or read to its end.
    """
    return _copy(source, None) if is_url(source) else sha256_of(source)


def _copy(url: str, target: IO[bytes] | None) -> str:
    digest = hashlib.sha256()
    fs, path = open_filesystem(url)
    try:
        with fs.open(path, "rb") as stream:
            while block := stream.read(CHUNK_BYTES):
                digest.update(block)
                if target:
                    target.write(block)
    except (OSError, ValueError) as e:
        raise InputError(f"{url} could not be read to its end ({e}).") from e
    return digest.hexdigest()
