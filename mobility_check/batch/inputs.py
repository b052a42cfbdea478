"""Folders, globs, manifests and URLs → the clip files of a call, each once, in a stable order."""

from __future__ import annotations

import glob
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mobility_check.batch.clips import ClipFile, broken, from_listing, is_url, local_path, look_at, open_filesystem
from mobility_check.batch.pattern import NamePattern, compile_pattern, read_date, read_side, view_side
from mobility_check.batch.problems import failure
from mobility_check.errors import InputError, UsageError
from mobility_check.files import CLIP_SUFFIXES
from mobility_check.language import N_
from mobility_check.names import check_subject
from mobility_check.tables import read_rows
from mobility_check.text import public_address, without_credentials

TAKEN = frozenset((*CLIP_SUFFIXES, ".npz"))
"""Files of these endings are taken from folders; a file that is named itself is taken whatever its ending."""


_PATH_HEADINGS = ("path", "file", "filename")
_OWN = {"subject", "date", "side"}
_MAX_BYTES = 256 << 20


@dataclass(frozen=True, slots=True)
class Found:
    """All inputs of a call in order, and how many files of the folders were no clips."""

    files: tuple[ClipFile, ...]
    ignored: int = 0


def find_clips(paths: Sequence[str], *, pattern: str | None = None) -> Found:
    """The clip files that ``paths`` (folders, globs, manifests, URLs, files) name, each once, in a stable order.

    Raises:
        UsageError: a path names nothing, there is no clip, or the pattern or a manifest's columns are wrong.
        MissingExtraError: a kind of URL needs one. InputError: a manifest or a folder of URLs cannot be read.
    """
    names = compile_pattern(pattern) if pattern else None
    listed = [file for path in paths for file in _expand(path)]
    ignored = listed.count(None)
    files = (file for file in listed if file)
    found = _each_once(_name(file, names) if names and not file.problem else file for file in files)
    if not found:
        places = ", ".join(map(public_address, paths))
        if ignored:
            raise UsageError(
                "There is no clip in {places} ({count:,} other files are there); name a folder or file with videos.",
                places=places,
                count=ignored,
            )
        raise UsageError("There is no clip in {places}; name a folder or file with videos.", places=places)
    return Found(found, ignored)


def _expand(path: str) -> Iterator[ClipFile | None]:
    """The files that a path names, in order; None for one in a folder or of a glob that is no clip."""
    local = local_path(path)
    if is_url(path):
        yield from _expand_url(path)
    elif local.is_dir():
        yield from _folder(local)
    elif local.suffix.lower() == ".csv" and local.is_file():
        yield from read_manifest(local)
    elif os.path.lexists(local):
        yield look_at(str(local))
    elif matches := sorted(glob.glob(os.fspath(local), recursive=True), key=natural):
        for match in matches:
            yield from _folder(Path(match)) if os.path.isdir(match) else [_taken(match)]
    else:
        raise UsageError(
            "{path} names no file or folder; check the spelling (quote patterns with * in them).", path=path
        )


def natural(text: str) -> list[tuple[int, int, str]]:
    """Sort key by which ``clip2`` comes before ``clip10``."""
    return [(0, int(p), "") if p.isdecimal() else (1, 0, p) for p in re.split(r"(\d+)", text)]


def _folder(folder: Path) -> Iterator[ClipFile | None]:
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
    yield from map(_taken, sorted(names, key=natural))
    for e in closed:
        why = N_("This folder cannot be opened ({why}).").format(why=e.strerror)
        yield broken(str(e.filename), "unreadable", why)


def _is_clip(name: str) -> bool:
    """Hidden files (macOS leaves ``._clip.mp4`` beside each clip on a share) are none."""
    base = os.path.basename(name)
    return not base.startswith(".") and os.path.splitext(base)[1].lower() in TAKEN


def _taken(name: str) -> ClipFile | None:
    return look_at(name) if _is_clip(name) else None


def _expand_url(url: str) -> Iterator[ClipFile | None]:
    fs, path = open_filesystem(url)
    try:
        if glob.has_magic(path):
            listing = fs.glob(path, detail=True)
        elif url.endswith("/") or (not url.lower().startswith("http") and fs.isdir(path)):
            listing = fs.find(path, detail=True)
        else:
            yield look_at(url)
            return
    except OSError as e:
        raise InputError(
            "{url} cannot be listed ({why}); check the address and connection.",
            url=without_credentials(url),
            why=without_credentials(str(e)),
        ) from e
    infos = [listing[name] for name in sorted(listing, key=natural) if listing[name].get("type") != "directory"]
    if not infos:
        raise UsageError("{url} names no file; check the spelling.", url=public_address(url))
    for info in infos:
        yield from_listing(fs.unstrip_protocol(info["name"]), info) if _is_clip(info["name"]) else None


def _name(file: ClipFile, pattern: NamePattern) -> ClipFile:
    """What the name says, where the manifest says nothing."""
    unfit = replace(file, problem=failure(file.uri, "name_not_read", detail=pattern.text))
    fields = pattern.read(file.uri)
    if fields is None:
        return unfit
    side = file.side or view_side(fields.pop("side", "")) or view_side(fields.get("view", ""))
    subject, date = fields.pop("subject", None), fields.pop("date", None)
    extra = dict(fields) | dict(file.extra)
    try:
        subject = file.subject or (check_subject(subject) if subject else None)
    except UsageError:
        return unfit
    return replace(file, subject=subject, date=file.date or date, side=side, extra=tuple(extra.items()))


def _each_once(files: Iterable[ClipFile]) -> tuple[ClipFile, ...]:
    """Each file once, where it was named first; named again with other words about it, it is a failure.

    Files whose addresses differ in a secret part only are numbered, so that none stands for another.
    """
    seen = dict[str, ClipFile]()
    for file in files:
        first = seen.setdefault(file.source, file)
        told = [(f.subject, f.date, f.side) for f in (first, file)]
        if not first.problem and (file.problem or (told[0] != told[1] and any(told[1]))):
            names = " + ".join(f"{s or '–'} {d or ''}".strip() for s, d, _ in told)
            twice = failure(file.uri, "listed_twice", detail=names)
            seen[file.source] = replace(first, problem=file.problem or twice)
    counts, named = Counter[str](), list[ClipFile]()
    for file in seen.values():
        counts[file.uri] += 1
        named.append(file if counts[file.uri] == 1 else replace(file, uri=f"{file.uri}#{counts[file.uri]}"))
    return tuple(named)


def read_manifest(path: Path) -> list[ClipFile]:
    """The clips of all rows, in order; relative paths count from the manifest's own folder.

    Raises:
        InputError: the file cannot be opened or decoded.
        UsageError: it has no ``path`` column, or two columns of one name.
    """
    rows = read_rows(path, noun=N_("manifest"), max_bytes=_MAX_BYTES)
    header = [name.lower() for name in rows[0][1]] if rows else []
    if double := [h for h in header if h and header.count(h) > 1]:
        raise UsageError(
            "The manifest {path} has two columns named {double!r}; rename one.", path=path, double=double[0]
        )
    path_column = next((name for name in _PATH_HEADINGS if name in header), None)
    if path_column is None:
        raise UsageError(
            "The manifest {path} has no column 'path'; its first line must be like path,subject,date,side.", path=path
        )
    return [_clip(line, header, cells, path_column=path_column, folder=path.parent) for line, cells in rows[1:]]


def _clip(line: int, header: Sequence[str], cells: Sequence[str], *, path_column: str, folder: Path) -> ClipFile:
    """The clip of a row; what is wrong with the row is its problem."""
    fields = {h: c for h, c in zip(header, cells, strict=False) if h}
    path = fields.get(path_column, "")
    source = path if is_url(path) else str(local_path(os.path.join(folder, path or f"{line}")))
    extra = tuple((h, c) for h, c in fields.items() if h != path_column and h not in _OWN)
    try:
        if not path:
            raise ValueError(N_("it has no path"))
        if any(cells[len(header) :]):
            raise ValueError(N_("it has more cells than there are headings (a path with a comma needs quotes)"))
        subject = check_subject(fields["subject"]) if fields.get("subject") else None
        day = read_date(fields["date"]).isoformat() if fields.get("date") else None
        side = read_side(fields.get("side", ""))
    except (ValueError, UsageError) as e:
        problem = N_("line {line}, {problem}").format(line=line, problem=str(e).rstrip("."))
        return replace(broken(source, "row_not_read", problem), extra=extra)
    return replace(look_at(source), subject=subject, date=day, side=side, extra=extra)
