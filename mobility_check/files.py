"""Files written whole or not at all, what an output may replace, and the fingerprint of a file's content."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import stat
import tempfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mobility_check.errors import InputError, MobilityCheckError, OutputError, UsageError
from mobility_check.language import N_

PathLike = str | os.PathLike[str]
CLIP_ENDINGS = (".mp4", ".m4v", ".mov", ".mkv", ".webm")
"""Of clips that this program writes."""
CLIP_SUFFIXES = (*CLIP_ENDINGS, ".avi", ".mpg", ".mpeg", ".mts", ".m2ts", ".3gp", ".wmv", ".flv", ".ogv")
"""Endings by which a clip is known in a folder and in the app."""
HEAD_BYTES = 4 << 20
"""Where a mark is looked for: the index of an hour of video, which holds its tags, is about half of it."""
TAIL_BYTES = 1 << 20
MEMBER_BYTES = 1 << 20
ZIP_MEMBERS = ("header.npy", "docProps/core.xml")
"""Members of our archives (tracks, workbooks) that hold the mark; archives are compressed."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file that this program writes.

    Attributes:
        noun: what it is called in messages.
        endings: the endings its name may have.
        mark: bytes by which a file of this kind that this program wrote is known again; ``None`` where an existing file
            is never taken for one that may be replaced.
    """

    noun: str
    endings: tuple[str, ...]
    mark: bytes | None

    @property
    def comment(self) -> str:
        """The mark as a text, for writers that take one as a tag."""
        return (self.mark or b"").decode()


PAGE = Kind(N_("a page"), (".html", ".htm"), b'<meta name="generator" content="mobility-check')
PDF = Kind(N_("a PDF"), (".pdf",), b"%mobility-check")
TRACK = Kind(N_("a track"), (".npz",), b"mobility-check/")
OVERLAY = Kind(N_("a clip"), CLIP_ENDINGS, b"mobility-check overlay")
RECORDING = Kind(N_("a clip"), CLIP_ENDINGS, None)
"""Nobody can record the same movement again, so that a recording of ours is not replaced either."""
PLOT = Kind(N_("a plot"), (".png", ".svg", ".pdf", ".html"), b"mobility-check")


@dataclass(frozen=True, slots=True)
class Output:
    """A file that a command is going to write; ``option`` is how the user named it, for messages."""

    path: Path
    kind: Kind
    option: str


def numbered(path: Path, count: int) -> list[Path]:
    """The names of ``count`` outputs of one option: ``path`` itself, or ``kick-1.mp4``, ``kick-2.mp4`` and so on."""
    return [path] if count == 1 else [path.with_stem(f"{path.stem}-{n}") for n in range(1, count + 1)]


def check_outputs(
    outputs: Sequence[Output], *, inputs: Iterable[PathLike | None] = (), overwrite: bool = False
) -> None:
    """Refuse, before any work, outputs that would cost the user a file. Nothing is written or changed.

    An output must end as its kind does, must not be one of the inputs (by whatever spelling, link or case), nor another
    output, nor, without ``overwrite``, an existing file that this program did not write.

    Raises:
        UsageError: one of these; the sentence names the option.
        OutputError: the file cannot be written there.
    """
    sources = [Path(i) for i in inputs if i]
    for n, output in enumerate(outputs):
        _check_ending(output)
        if any(_same_file(output.path, source) for source in sources):
            raise UsageError(
                "{option} would replace the input '{path}'; give another name.", option=output.option, path=output.path
            )
        for other in outputs[:n]:
            if _same_file(output.path, other.path):
                raise UsageError(
                    "{first} and {second} both write '{path}'; give two names.",
                    first=other.option,
                    second=output.option,
                    path=output.path,
                )
    for output in outputs:
        if not (overwrite or is_ours(output.path, output.kind)):
            raise UsageError(
                "'{path}' exists and is not {noun} of mobility-check, so it is left as it is; give {option} "
                "another name, or add --overwrite to replace it.",
                path=output.path,
                noun=output.kind.noun,
                option=output.option,
            )
        check_writable(output.path)


def is_ours(path: Path, kind: Kind) -> bool:
    """Whether writing ``path`` loses nothing: no such file, an empty one, or one of this program's as ``kind``."""
    try:
        if not path.exists() or path.stat().st_size == 0:
            return True
        if kind.mark is None or not path.is_file():
            return False
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
            file.seek(max(len(head), path.stat().st_size - TAIL_BYTES))
            data = head + file.read()
    except OSError:
        return False
    return kind.mark in data or (head.startswith(b"PK") and kind.mark in _members(path))


def _members(path: Path) -> bytes:
    """The beginnings of those members of an archive that hold the mark; NumPy's texts are four bytes a letter."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [n for n in ZIP_MEMBERS if n in archive.namelist()]
            return b"".join(archive.open(n).read(MEMBER_BYTES).replace(b"\0", b"") for n in names)
    except (OSError, ValueError, RuntimeError, NotImplementedError, EOFError, zipfile.BadZipFile, zlib.error):
        return b""


def _check_ending(output: Output) -> None:
    if output.path.suffix.lower() not in output.kind.endings:
        raise UsageError(
            "{option} takes the name of {noun} to write, ending in {endings}, not '{path}'.",
            option=output.option,
            noun=output.kind.noun,
            endings=" or ".join(output.kind.endings),
            path=output.path,
        )


def _same_file(a: Path, b: Path) -> bool:
    with contextlib.suppress(OSError):
        if a.samefile(b):
            return True
    return _spelling(a) == _spelling(b)


def _spelling(path: Path) -> str:
    """Equal for names that some disk takes for one: links resolved, letters composed, case ignored."""
    return unicodedata.normalize("NFC", os.path.realpath(path)).casefold()


@contextlib.contextmanager
def atomic_path(path: PathLike, *, durable: bool = True) -> Iterator[Path]:
    """A temporary file beside ``path`` that takes its place when the block ends well, and is gone otherwise.

    The suffix is kept, so that writers which go by it still work. A symbolic link at ``path`` is replaced, never
    followed. Only the user can read the file (mode 0600): what this program writes shows or names a person.

    ``durable`` has it on the disk before it takes its place; without that, a power cut may leave it empty.

    Raises:
        OutputError: the folder is missing or read-only, the disk is full, or the target is no file.
    """
    target = _file_target(path)
    tmp = target.with_name(f".{target.stem[:80]}.{secrets.token_hex(6)}{target.suffix}")
    try:
        os.close(os.open(tmp, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        yield tmp
        tmp.chmod(0o600)  # a browser that wrote it has made it anew
        if durable:
            with tmp.open("rb+") as file:
                os.fsync(file.fileno())
        os.replace(tmp, target)
    except OSError as e:
        raise OutputError(_sentence(target, e)) from e
    finally:
        with contextlib.suppress(OSError):
            tmp.unlink()


def check_writable(path: PathLike) -> None:
    """Find out before hours of work, and without leaving a trace, that :func:`atomic_path` would fail.

    Raises:
        OutputError: the folder is missing or read-only, the disk is full, or the target is no file.
    """
    target = _file_target(path)
    try:
        with tempfile.TemporaryFile(dir=target.parent):
            pass
    except OSError as e:
        raise OutputError(_sentence(target, e)) from e


def make_folder(path: PathLike) -> Path:
    """Make a folder, and those above it, that only the user can look into (mode 0700); one that is there is kept.

    Raises:
        OutputError: it cannot be made.
    """
    folder = Path(path)
    try:
        for part in (*reversed(folder.parents), folder):
            part.mkdir(mode=0o700, exist_ok=True)
    except OSError as e:
        raise OutputError(
            "The folder '{folder}' cannot be made ({why}); choose another place.", folder=folder, why=e.strerror
        ) from e
    return folder


def sha256_of(path: PathLike) -> str:
    """Hexadecimal SHA-256 of a file's content.

    Raises:
        InputError: the file cannot be read.
    """
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as e:
        raise InputError(
            "'{path}' cannot be read ({why}); check its name and permissions.",
            path=os.fspath(path),
            why=e.strerror or e,
        ) from e


def read_file(path: PathLike, *, noun: str, max_bytes: int, error: type[MobilityCheckError] = InputError) -> bytes:
    """The content of a file that somebody names; never waits for a pipe, never reads a device without end.

    Args:
        noun: what it is, for messages, e.g. ``settings file``.
        max_bytes: a larger one is refused.
        error: raised where it is not InputError.

    Raises:
        InputError: it is missing, not a regular file, too large, or cannot be read.
    """
    facts = {"noun": noun, "path": os.fspath(path)}
    try:
        if os.path.isdir(path):
            raise error(N_("The {noun} '{path}' is a folder; give the name of a file."), **facts)
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise error(N_("The {noun} '{path}' is a device or a pipe; give the name of a file."), **facts)
        with open(path, "rb") as file:
            data = file.read(max_bytes + 1)
    except OSError as e:
        why = e.strerror or e
        raise error(
            N_("The {noun} '{path}' cannot be read ({why}); check its name and permissions."), why=why, **facts
        ) from e
    if len(data) > max_bytes:
        size = f"{max_bytes // 1000:,}"
        raise error(N_("The {noun} '{path}' is larger than {size} kB; is it the right file?"), size=size, **facts)
    return data


def _file_target(path: PathLike) -> Path:
    target = Path(path)
    if target.is_dir():
        raise OutputError("'{target}' is a folder; give the name of a file to write.", target=target)
    if target.exists() and not target.is_file():
        raise OutputError("'{target}' is a device, not a file; give the name of a file to write.", target=target)
    return target


_SENTENCES = {
    errno.ENOSPC: N_("the disk is full; free some space or choose another place"),
    errno.EACCES: N_("the folder is read-only; choose another place"),
    errno.EPERM: N_("the folder is read-only; choose another place"),
    errno.EROFS: N_("the disk is read-only; choose another place"),
    errno.ENOENT: N_("its folder does not exist; create it first"),
    errno.ENOTDIR: N_("its folder is not a folder; choose another place"),
    errno.ENAMETOOLONG: N_("its name is too long; choose a shorter one"),
}


def _sentence(target: Path, e: OSError) -> str:
    why = _SENTENCES.get(e.errno or 0, e.strerror or str(e))
    return N_("'{target}' cannot be written: {why}.").format(target=target, why=why)
