"""A clip file of a batch: where it is, which version of it, what is said about it, and a local copy to measure."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mobility_check.batch.problems import Failure, failure
from mobility_check.errors import InputError, MissingExtraError, MobilityCheckError, UsageError
from mobility_check.files import sha256_of
from mobility_check.kinematics.landmarks import Side
from mobility_check.language import N_
from mobility_check.text import public_address, without_credentials

_EXTRAS = {
    **dict.fromkeys(("s3", "s3a"), "s3"),
    **dict.fromkeys(("gs", "gcs"), "gcs"),
    **dict.fromkeys(("sftp", "ssh"), "sftp"),
    **dict.fromkeys(("http", "https"), "http"),
}
"""The extra that a kind of address needs."""
_STAMPS = ("ETag", "etag", "Content-MD5", "md5Hash", "LastModified", "Last-Modified", "mtime", "updated", "created")


@dataclass(frozen=True, slots=True)
class ClipFile:
    """One input.

    Attributes:
        uri: absolute path or URL as it is stored and shown, without passwords and signatures.
        size, stamp: bytes, and the file's time or tag; with ``uri`` they tell its version.
        source: where it is opened; a URL with all that opening it needs. Never stored or shown.
    """

    uri: str
    size: int | None = None
    stamp: str = ""
    source: str = field(default="", repr=False)
    subject: str | None = None
    date: str | None = None
    side: Side | None = None
    extra: tuple[tuple[str, str], ...] = ()
    problem: Failure | None = None

    @property
    def version(self) -> str:
        """Stays the same as long as nobody touches the file."""
        return digest_of(self.uri, str(self.size), self.stamp)


def digest_of(*parts: str) -> str:
    """SHA-256 of some texts; their borders count."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def is_url(path: str) -> bool:
    """True for ``scheme://…`` other than ``file://``."""
    return re.match(r"(?!file:)[A-Za-z][A-Za-z0-9+.-]+://", path) is not None


def local_path(path: str) -> Path:
    """The absolute path of a local input (``~`` and ``file://`` are understood); links are kept as they are."""
    return Path(os.path.abspath(os.path.expanduser(path.removeprefix("file://"))))


def look_at(source: str) -> ClipFile:
    """A local path or URL as a clip file: its size and stamp, or what is wrong with it."""
    try:
        if is_url(source):
            fs, path = open_filesystem(source)
            return from_listing(source, fs.info(path))
        info = os.stat(source)
    except FileNotFoundError:
        return broken(source, "missing_file")
    except MissingExtraError:
        raise
    except (OSError, ValueError, MobilityCheckError) as e:  # ValueError: a zero byte in the name
        if is_url(source):
            return broken(source, "fetch_failed", str(e))
        why = getattr(e, "strerror", None) or e
        return broken(source, "unreadable", N_("The file cannot be reached ({why}).").format(why=why))
    if not stat.S_ISREG(info.st_mode):
        return broken(source, "not_a_file")
    if not os.access(source, os.R_OK):
        return broken(source, "no_permission")
    if info.st_size == 0:
        return broken(source, "empty_file")
    return ClipFile(source, info.st_size, str(info.st_mtime_ns), source)


def broken(source: str, code: str, detail: str = "") -> ClipFile:
    """A file that cannot be measured, with the reason."""
    uri = public_address(source) if is_url(source) else source
    return ClipFile(uri, source=source, problem=failure(uri, code, detail=without_credentials(detail)))


def from_listing(url: str, info: dict[str, Any]) -> ClipFile:
    """A remote file as its file system describes it."""
    if info.get("size") == 0:
        return broken(url, "empty_file")
    stamp = next((str(info[k]) for k in _STAMPS if info.get(k)), "")
    return ClipFile(public_address(url), info.get("size"), stamp, url)


def open_filesystem(url: str) -> tuple[Any, str]:
    """The fsspec file system of a URL and the path inside it.

    Raises:
        MissingExtraError: that kind of URL needs a package that is not installed. UsageError: no such kind of URL.
    """
    from fsspec.core import url_to_fs

    scheme = url.split("://", 1)[0].lower()
    try:
        fs, path = url_to_fs(url)
    except ImportError as e:
        extra = f"'mobility-check[{_EXTRAS[scheme]}]'" if scheme in _EXTRAS else str(e)
        raise MissingExtraError(
            "Reading {scheme}:// needs a part that is not installed: pip install {extra}", scheme=scheme, extra=extra
        ) from e
    except ValueError as e:
        shown = public_address(url)
        raise UsageError(
            "{shown} cannot be read: {scheme}:// is no kind of address this program knows.", shown=shown, scheme=scheme
        ) from e
    return fs, path


@contextlib.contextmanager
def fetched(source: str, *, folder: str | None = None) -> Iterator[tuple[Path, str]]:
    """The local path and the SHA-256 of a path or URL; the copy of a URL lies in ``folder`` and is deleted afterwards.

    Raises:
        InputError: it cannot be opened or read to its end. MissingExtraError: that kind of URL needs one.
    """
    if not is_url(source):
        yield Path(source), sha256_of(source)
        return
    fs, path = open_filesystem(source)
    with tempfile.TemporaryDirectory(dir=folder) as private:
        copy = Path(private, "clip").with_suffix(Path(source.split("?")[0]).suffix)
        try:
            fs.get_file(path, str(copy))
        except (OSError, ValueError) as e:
            url, why = without_credentials(source), without_credentials(str(e))
            raise InputError("{url} could not be read to its end ({why}).", url=url, why=why) from e
        yield copy, sha256_of(copy)
