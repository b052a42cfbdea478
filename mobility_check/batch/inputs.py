"""Folders, globs, manifests and URLs → clip files, each with its size and a stamp that tells whether it changed."""

from __future__ import annotations

import glob
import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mobility_check.batch.manifest import ManifestRow, read_manifest
from mobility_check.batch.pattern import NamePattern, view_side
from mobility_check.batch.problems import Failure, failure
from mobility_check.errors import InputError, MissingExtraError, MobilityCheckError, UsageError
from mobility_check.kinematics.landmarks import Side
from mobility_check.names import check_subject

CLIP_SUFFIXES = frozenset(
    (".mp4", ".mov", ".m4v", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".mts", ".m2ts", ".3gp", ".wmv", ".flv", ".ogv",
     ".npz")
)  # fmt: skip
"""Files of these endings are taken from folders; a file that is named itself is taken whatever its ending."""

_EXTRAS = {"s3": "s3", "s3a": "s3", "gs": "gcs", "gcs": "gcs", "sftp": "sftp", "ssh": "sftp",
           "http": "http", "https": "http"}  # fmt: skip
_STAMPS = ("ETag", "etag", "Content-MD5", "md5Hash", "LastModified", "Last-Modified", "mtime", "updated", "created")


@dataclass(frozen=True, slots=True)
class ClipFile:
    """One input. ``uri`` is an absolute path or a URL; ``size`` in bytes and ``stamp`` together tell its version."""

    uri: str
    size: int | None = None
    stamp: str = ""
    subject: str | None = None
    date: str | None = None
    side: Side | None = None
    extra: tuple[tuple[str, str], ...] = ()
    problem: Failure | None = None

    @property
    def version(self) -> tuple[str, int | None, str]:
        """What stays the same as long as nobody touches the file."""
        return (self.uri, self.size, self.stamp)


@dataclass(frozen=True, slots=True)
class Found:
    """All inputs of a call in order, and how many files of the folders were no clips."""

    files: tuple[ClipFile, ...]
    ignored: int


def find_clips(paths: Sequence[str], *, pattern: NamePattern | None = None) -> Found:
    """The clip files that ``paths`` (folders, globs, manifests, URLs, files) name, each once, in a stable order.

    Raises:
        UsageError: a path names nothing, or a manifest's columns are wrong. MissingExtraError: a kind of URL needs one.
        InputError: a manifest or a folder of URLs cannot be read.
    """
    files, ignored = list[ClipFile](), 0
    for path in paths:
        got = _expand(path)
        files += got.files
        ignored += got.ignored
    named = (_name(file, pattern) if pattern and not file.problem else file for file in files)
    return Found(tuple(_each_once(named)), ignored)


def _expand(path: str) -> Found:
    if is_url(path):
        return _expand_url(path)
    local = local_path(path)
    if local.is_dir():
        return _folder(local)
    if local.suffix.lower() == ".csv" and local.is_file():
        return Found(tuple(_from_row(row, base=local.parent) for row in read_manifest(local)), 0)
    if os.path.lexists(local):
        return Found((look_at(str(local)),), 0)
    matches = sorted(glob.glob(os.fspath(local), recursive=True), key=natural)
    if not matches:
        raise UsageError(f"{path} names no file or folder; check the spelling (quote patterns with * in them).")
    parts = [_folder(Path(m)) if os.path.isdir(m) else _pick([m]) for m in matches]
    return Found(tuple(f for p in parts for f in p.files), sum(p.ignored for p in parts))


def is_url(path: str) -> bool:
    """True for ``scheme://…`` other than ``file://``."""
    return re.match(r"(?!file:)[A-Za-z][A-Za-z0-9+.-]+://", path) is not None


def local_path(path: str) -> Path:
    """The absolute path of a local input (``~`` and ``file://`` are understood); links are kept as they are."""
    return Path(os.path.abspath(os.path.expanduser(path.removeprefix("file://"))))


def natural(text: str) -> list[tuple[int, int, str]]:
    """Sort key by which ``clip2`` comes before ``clip10``."""
    return [(0, int(p), "") if p.isdecimal() else (1, 0, p) for p in re.split(r"(\d+)", text)]


def _folder(folder: Path) -> Found:
    """Everything below a folder, linked folders too; one that cannot be opened is a failure of its own."""
    names, closed, seen = list[str](), list[OSError](), set[str]()
    for root, folders, files in os.walk(folder, onerror=closed.append, followlinks=True):
        real = os.path.realpath(root)
        if real in seen:  # a link back up
            folders.clear()
            continue
        seen.add(real)
        folders[:] = [name for name in folders if not name.startswith(".")]
        names += [os.path.join(root, name) for name in files]
    found = _pick(sorted(names, key=natural))
    locked = (
        failure(str(e.filename), "unreadable", detail=f"This folder cannot be opened ({e.strerror}).") for e in closed
    )
    return replace(found, files=(*found.files, *(ClipFile(f.file, problem=f) for f in locked)))


def _pick(names: Iterable[str]) -> Found:
    """Clips among ``names``; hidden files (macOS leaves ``._clip.mp4`` beside each clip on a share) are none."""
    clips, ignored = list[ClipFile](), 0
    for name in names:
        base = os.path.basename(name)
        if base.startswith(".") or os.path.splitext(base)[1].lower() not in CLIP_SUFFIXES:
            ignored += 1
        else:
            clips.append(look_at(name))
    return Found(tuple(clips), ignored)


def look_at(uri: str) -> ClipFile:
    """A local path or URL as a clip file: its size and stamp, or what is wrong with it."""
    if is_url(uri):
        return _look_at_url(uri)
    try:
        info = os.stat(uri)
    except FileNotFoundError:
        return ClipFile(uri, problem=failure(uri, "missing_file"))
    except OSError as e:
        return ClipFile(uri, problem=failure(uri, "unreadable", detail=f"The file cannot be reached ({e.strerror})."))
    if not stat.S_ISREG(info.st_mode):
        return ClipFile(uri, problem=failure(uri, "not_a_file"))
    if not os.access(uri, os.R_OK):
        return ClipFile(uri, problem=failure(uri, "no_permission"))
    return ClipFile(uri, info.st_size, str(info.st_mtime_ns))


def _from_row(row: ManifestRow, *, base: Path) -> ClipFile:
    """Relative paths count from the manifest's own folder."""
    uri = row.path if is_url(row.path) else str(local_path(os.path.join(base, row.path)))
    file = ClipFile(uri) if row.problem else look_at(uri)
    problem = failure(uri, "row_not_read", detail=f"line {row.line}, {row.problem}") if row.problem else file.problem
    return replace(file, subject=row.subject, date=row.date, side=row.side, extra=row.extra, problem=problem)


def _name(file: ClipFile, pattern: NamePattern) -> ClipFile:
    """What the name says, where the manifest says nothing."""
    fields = pattern.read(file.uri)
    if fields is None:
        return replace(file, problem=failure(file.uri, "name_not_read", detail=pattern.text))
    side = file.side or view_side(fields.pop("side", "")) or view_side(fields.get("view", ""))
    subject, date = fields.pop("subject", None), fields.pop("date", None)
    extra = dict(fields) | dict(file.extra)
    try:
        subject = file.subject or (check_subject(subject) if subject else None)
    except UsageError:
        return replace(file, problem=failure(file.uri, "name_not_read", detail=pattern.text))
    return replace(file, subject=subject, date=file.date or date, side=side, extra=tuple(extra.items()))


def _each_once(files: Iterable[ClipFile]) -> Iterator[ClipFile]:
    """Each file once, where it was named first; named again with other words about it, it is a failure."""
    seen = dict[str, ClipFile]()
    for file in files:
        first = seen.setdefault(file.uri, file)
        told = [(f.subject, f.date, f.side) for f in (first, file)]
        if told[0] != told[1] and any(told[1]) and not first.problem:
            names = " and ".join(f"for {s or 'no subject'} {d or ''}".strip() for s, d, _ in told)
            seen[file.uri] = replace(first, problem=failure(file.uri, "listed_twice", detail=names))
    return iter(seen.values())


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
        raise MissingExtraError(f"Reading {scheme}:// needs a part that is not installed: pip install {extra}") from e
    except ValueError as e:
        raise UsageError(f"{url} cannot be read: {scheme}:// is no kind of address this program knows.") from e
    return fs, path


def _expand_url(url: str) -> Found:
    fs, path = open_filesystem(url)
    try:
        if glob.has_magic(path):
            listing = fs.glob(path, detail=True)
        elif url.endswith("/") or (not url.lower().startswith("http") and fs.isdir(path)):
            listing = fs.find(path, detail=True)
        else:
            return Found((look_at(url),), 0)
    except OSError as e:
        raise InputError(f"{url} cannot be listed ({e}); check the address and the connection.") from e
    infos = [listing[name] for name in sorted(listing, key=natural) if listing[name].get("type") != "directory"]
    clips = [i for i in infos if os.path.splitext(i["name"])[1].lower() in CLIP_SUFFIXES]
    if not infos:
        raise UsageError(f"{url} names no file; check the spelling.")
    return Found(tuple(_from_info(fs.unstrip_protocol(i["name"]), i) for i in clips), len(infos) - len(clips))


def _look_at_url(url: str) -> ClipFile:
    try:
        fs, path = open_filesystem(url)
        return _from_info(url, fs.info(path))
    except FileNotFoundError:
        return ClipFile(url, problem=failure(url, "missing_file"))
    except MissingExtraError:
        raise
    except (OSError, MobilityCheckError) as e:
        return ClipFile(url, problem=failure(url, "fetch_failed", detail=str(e)))


def _from_info(uri: str, info: dict[str, Any]) -> ClipFile:
    return ClipFile(uri, info.get("size"), next((str(info[k]) for k in _STAMPS if info.get(k)), ""))
