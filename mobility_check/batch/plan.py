"""Clip files → sessions: clips of the same subject and date are one session, copies of one clip too. Pure."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from mobility_check.batch.clips import ClipFile, digest_of
from mobility_check.batch.problems import Failure
from mobility_check.kinematics.landmarks import SIDES
from mobility_check.names import safe_name

KnownContent = Callable[[ClipFile], "str | None"]
"""Gives the content hash of a file, None where its content was never looked at."""


@dataclass(frozen=True)
class PlannedSession:
    """The clips that are measured together.

    Attributes:
        id, name: stable from run to run; the name is safe as a file name.
        attempt: counts the submissions to workers.
        lost: clips that failed in earlier attempts, and are not in ``files`` any more.
    """

    id: str
    name: str
    files: tuple[ClipFile, ...]
    attempt: int = 0
    lost: tuple[Failure, ...] = ()

    @property
    def subject(self) -> str | None:
        """The pseudonym, if one is known."""
        return self.files[0].subject

    @property
    def date(self) -> str | None:
        """ISO day, if one is known."""
        return self.files[0].date

    @property
    def stated_side(self) -> str:
        """The sides that names or the manifest state, e.g. ``left`` or ``left, right``."""
        stated = {f.side for f in self.files}
        return ", ".join(side for side in SIDES if side in stated)

    @cached_property
    def extra(self) -> dict[str, str]:
        """Carried-through columns; where the clips say different things, all of them."""
        merged = dict[str, list[str]]()
        for name, value in (pair for f in self.files for pair in f.extra):
            if value not in merged.setdefault(name, []):
                merged[name].append(value)
        return {name: "; ".join(v for v in values if v) for name, values in merged.items()}

    @cached_property
    def state(self) -> str:
        """Changes when a file is added to the session, taken away or touched."""
        return digest_of(*sorted(f.version for f in self.files))

    def content(self, known: KnownContent) -> str:
        """Says what is in its clips, whatever their names, number of copies and order; empty while one is unknown."""
        shas = {known(f) for f in self.files}
        return "" if None in shas else digest_of(*sorted(s for s in shas if s))

    def once(self, known: KnownContent) -> PlannedSession:
        """The session as it is measured: each content once, in order."""
        chosen = dict[str, ClipFile]()
        for file in self.files:
            chosen.setdefault(known(file) or file.uri, file)
        return replace(self, files=tuple(chosen.values()))


@dataclass(frozen=True, slots=True)
class Plan:
    """All of a call's work: sessions in order, and the files that cannot be read into one."""

    sessions: tuple[PlannedSession, ...]
    failures: tuple[Failure, ...]
    columns: tuple[str, ...]

    @property
    def files(self) -> int:
        """How many files the plan accounts for."""
        return sum(len(s.files) for s in self.sessions) + len(self.failures)


def make_plan(files: Sequence[ClipFile], known: KnownContent = lambda file: None) -> Plan:
    """Group files into sessions, in the order of their first clip.

    Clips of a subject and a day are one; of the others, those that are known to hold the same are: one row, all their
    paths in it. Clips of two *subjects* are never joined, whatever their content: each keeps its own row.
    """
    groups = dict[tuple[str | None, ...], list[ClipFile]]()
    failures, columns = list[Failure](), dict[str, None]()
    for file in files:
        columns |= dict.fromkeys(name for name, _ in file.extra)
        if file.problem:
            failures.append(file.problem)
        else:
            key = (file.subject, file.date) if file.subject else (None, file.date, known(file) or file.uri)
            groups.setdefault(key, []).append(file)
    return Plan(tuple(map(_session, groups.values())), tuple(failures), tuple(columns))


def _session(clips: Sequence[ClipFile]) -> PlannedSession:
    first = clips[0]
    identity = (first.subject, first.date or "") if first.subject else (first.uri,)
    label = "_".join(filter(None, identity)) if first.subject else os.path.splitext(os.path.basename(first.uri))[0]
    sid = digest_of("session", *identity)[:12]
    return PlannedSession(sid, f"{safe_name(label)}-{sid[:6]}", tuple(clips))


def need_hash(files: Iterable[ClipFile], *, known: KnownContent, sizes: Iterable[int]) -> list[ClipFile]:
    """The files whose content must be looked at before anything is analysed.

    Only files of equal size can be copies of each other, so a file whose size is unique, here and among ``sizes`` (of
    files seen in earlier runs), is hashed by the worker that reads it anyway.
    """
    pending = [f for f in files if f.size is not None and known(f) is None]
    counts = Counter[int | None]([*sizes, *(f.size for f in pending)])
    return [f for f in pending if counts[f.size] > 1]
