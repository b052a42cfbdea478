"""What the history takes in and gives back: plain frozen records, and the keys that make a session itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from typing import Annotated, Any

import msgspec

from mobility_check.assessments.descriptions import DESCRIPTIONS
from mobility_check.errors import UsageError
from mobility_check.history.curves import Curves
from mobility_check.kinematics.landmarks import Side
from mobility_check.language import N_
from mobility_check.names import YEARS
from mobility_check.results.result import Interval, Result, public

MAX_GOAL_DEG = 90
MAX_NOTE = 4000
DateLike = date | datetime | str


@dataclass(frozen=True, slots=True)
class SavedSession:
    """The answer to saving: the session's id, and whether it is new or was there already."""

    id: str
    created: bool


@dataclass(frozen=True, slots=True)
class Record:
    """One session as it is stored and exchanged.

    Attributes:
        id: short readable id, e.g. ``2026-08-03-a1b2c3``; empty in a record that is still to be saved.
        tested_at, saved_at: ISO text, local time; ``tested_at`` may be a date alone.
        result: the contract's JSON object, as it came.
        curves: angle curves (see :mod:`mobility_check.history.curves`), or ``None`` when they were not kept.
        goal_deg: the subject's goal.
        pain: whether a leg hurt during the test, of the legs that were asked about; a remark that no number reads.
    """

    id: str
    subject: str
    tested_at: str
    saved_at: str
    note: str | None
    result: Mapping[str, Any]
    curves: Mapping[str, Any] | None = None
    goal_deg: Annotated[float, msgspec.Meta(ge=0, le=MAX_GOAL_DEG)] | None = None
    pain: Mapping[Side, bool] = field(default_factory=dict)

    @property
    def parsed(self) -> Result:
        """The result as typed objects.

        Raises:
            ValueError: it is damaged, or of a test that this version does not know.
        """
        result = Result.from_dict(self.result)
        if result.test not in DESCRIPTIONS:
            raise ValueError(N_("the test '{test}' is not known to this version").format(test=result.test))
        return result


@dataclass(frozen=True, slots=True)
class LegSummary:
    """One leg in a list of sessions."""

    status: str
    score_deg: float | None
    ci95_deg: Interval | None
    valid_reps: int


@dataclass(frozen=True, slots=True)
class Summary:
    """One line in a list of sessions."""

    id: str
    subject: str
    tested_at: str
    status: str
    model: str
    note: str | None
    legs: Mapping[Side, LegSummary]
    difference_deg: float | None


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """Facts about the store itself. ``size_bytes`` is ``None`` where the server keeps it."""

    where: str
    schema: str
    subjects: int
    sessions: int
    size_bytes: int | None
    backups: Sequence[str]


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What ``forget`` did: how many sessions went, which backups were cleaned, and what it could not reach."""

    sessions: int
    cleaned_backups: tuple[str, ...]
    unreachable: tuple[str, ...]


def checked(record: Record) -> Record:
    """The record with its addresses as they may be shown, if every part of this program can show it and pass it on.

    Raises:
        ValueError: the result, the curves, a date or a text in it is damaged.
    """
    _ = record.parsed
    found = replace(record, result=public(record.result))
    if found.curves is not None:
        msgspec.convert(found.curves, Curves)
    for text in (found.tested_at, found.saved_at):
        if _parse_date(text) is None:
            raise ValueError(N_("{text!r:.40} is not a date").format(text=text))
    texts_and_numbers = [found.subject, found.note, found.result, found.curves]
    json.dumps(texts_and_numbers, allow_nan=False, ensure_ascii=False).encode()  # refuses NaN and what is no Unicode
    return found


def date_text(value: DateLike | None) -> str:
    """The date of a test as ISO text, local time; ``None`` is today. A time of exactly midnight is a date alone.

    Raises:
        UsageError: a text that is not a date such as 2026-08-03 or 2026-08-03T10:15.
    """
    if value is None:
        return date.today().isoformat()
    if isinstance(value, str):
        parsed = _parse_date(value)
        if parsed is None:
            raise UsageError(
                "{value!r:.40} is not a date; write it as 2026-08-03, or with a time as 2026-08-03T10:15.", value=value
            )
        value = parsed
    if isinstance(value, datetime):
        local = value.astimezone().replace(tzinfo=None) if value.tzinfo else value
        value = local.replace(microsecond=0)
        return value.isoformat() if value.time() != time.min else value.date().isoformat()
    return value.isoformat()


def _parse_date(text: str) -> datetime | None:
    try:
        value = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return value if value.year in YEARS else None


def clean_note(note: str | None) -> str | None:
    """The note without characters that no database keeps; an empty one is none.

    Raises:
        UsageError: it is longer than a remark.
    """
    text = "".join(c for c in note or "" if c.isprintable() or c in "\n\t").strip()
    if len(text) > MAX_NOTE:
        raise UsageError("The note has {length} characters; use at most {most}.", length=len(text), most=MAX_NOTE)
    return text or None


def inputs_key(result: Result) -> str | None:
    """Names the contents of a session's clips in any order; ``None`` when a clip has no hash (a live recording)."""
    hashes = _hashes(result)
    return hashlib.sha256(",".join(hashes).encode()).hexdigest() if hashes else None


def content_key(record: Record, result: Result) -> str:
    """What makes a session itself: the clips' contents, the model, the settings, the angle rule and the person.

    A live recording has no file to hash; there the numbers and the time of the test take the clip's place.
    """
    whole = record.result
    made = whole["provenance"]
    what: list[Any] = _hashes(result) or [whole["inputs"], whole["sides"], record.tested_at]
    parts = [what, made["backend"], made["model"], made["model_sha256"], made["parameters"], made.get("angle_rule")]
    parts += [digest] if (digest := result.provenance.coefficients_sha256) else []
    return hashlib.sha256(compact_json([record.subject, result.test, *parts], sort_keys=True).encode()).hexdigest()


def _hashes(result: Result) -> list[str]:
    """The clips' hashes, sorted; empty when one is missing."""
    hashes = [i.sha256 for i in result.inputs if i.sha256]
    return sorted(hashes) if len(hashes) == len(result.inputs) else []


def compact_json(obj: Any, *, sort_keys: bool = False) -> str:
    """ASCII JSON without spaces; with sorted keys the same object is the same text. NaN raises ``ValueError``."""
    return json.dumps(obj, allow_nan=False, sort_keys=sort_keys, separators=(",", ":"))
