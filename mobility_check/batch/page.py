"""The page of a run, for people.

It has counts, distributions, all sessions in a table that sorts and filters, and why others failed. It is one
file without outside parts and opens by double click; reports and pictures lie beside it in ``sessions/``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2.utils import htmlsafe_json_dumps

from mobility_check.batch.problems import Failure, name_of
from mobility_check.batch.tables import Row
from mobility_check.files import atomic_path
from mobility_check.language import gettext, local_digits, templates
from mobility_check.results.reasons import told as told_reason
from mobility_check.results.result import Reason
from mobility_check.results.wording import STATUS_WORDS, capital, side_word, status_word
from mobility_check.text import printable

DOUBTS = ("implausible_difference", "other_side")
"""Codes of sessions whose legs hardly belong to one person, or are not the ones that the list says."""
MAX_ROWS = 50_000
"""More sessions than this are left to the tables: a page of that length would not open."""


@dataclass(slots=True)
class Group:
    """What went wrong in the same way: a sentence of one example, what to do, and all names."""

    sentence: str
    advice: str
    names: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Page:
    """What the page shows; filled session by session. ``rows`` are JSON texts, which need little memory."""

    rows: list[str] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    failed: dict[str, Group] = field(default_factory=dict)
    not_measured: dict[str, Group] = field(default_factory=dict)
    doubtful: dict[str, Group] = field(default_factory=dict)
    left_out: int = 0

    def session(self, sides: Sequence[Row], *, links: Mapping[str, str]) -> None:
        """Add a finished session; ``links`` names its files (``json``, ``report``, ``thumb``) relative to the page."""
        first, names = sides[0], [printable(f) for f in sides[0]["files"]]
        status = first["session_status"]
        self.statuses[status] += 1
        reasons = _reasons(sides)
        label = " ".join(t for t in (first["subject"], first["date"]) if t) or names[0]
        if status == "not_scored":
            for code, sentence in list(reasons.items())[:1]:
                self.not_measured.setdefault(code, Group(sentence, "")).names.append(printable(label))
        for code in (code for code in DOUBTS if code in reasons):
            self.doubtful.setdefault(code, Group(reasons[code], "")).names.append(printable(label))
        if len(self.rows) >= MAX_ROWS:
            self.left_out += 1
            return
        cells = [
            first["subject"] or "",
            first["date"] or "",
            status_word(status),
            *map(_cell, sides),
            first["difference_deg"],
            list(reasons.values()),
            names,
            *(links.get(name, "") for name in ("json", "report", "thumb")),
            DOUBTS[0] in first["reasons"],
        ]
        self.rows.append(htmlsafe_json_dumps(cells))

    def failures(self, failures: Iterable[Failure]) -> None:
        """Add files that failed."""
        for f in failures:
            reason = re.sub("'[^']*'", "", f.message).replace(name_of(f.file), "")  # whatever file it names
            self.failed.setdefault(reason, Group(printable(f.shown), gettext(f.advice))).names.append(printable(f.file))

    def write(self, path: Path, *, title: str, facts: Sequence[tuple[str, str]]) -> None:
        """Write the page, whole or not at all; ``facts`` are pairs of a word and a text for the summary.

        Raises:
            OutputError: it cannot be written.
        """
        template = templates(Path(__file__).parent).get_template("page.html.j2")
        html = template.stream(
            title=title,
            facts=facts,
            rows=self.rows,
            failed=largest_first(self.failed),
            doubtful=largest_first(self.doubtful),
            not_measured=largest_first(self.not_measured),
            left_out=self.left_out,
            words={status: status_word(status) for status in STATUS_WORDS},
            classes={status_word(status): word.replace(" ", "_") for status, word in STATUS_WORDS.items()},
            decimal=local_digits("0.0")[1],
            most=MAX_ROWS,
        )
        with atomic_path(path) as tmp, tmp.open("wb") as file:
            html.dump(file, encoding="utf-8")


def largest_first(groups: Mapping[str, Group]) -> list[Group]:
    """The groups, those with most names first."""
    return sorted(groups.values(), key=lambda group: -len(group.names))


def _reasons(sides: Sequence[Row]) -> dict[str, str]:
    """Sentences by code, with the leg before those that are about one leg only."""
    codes = [
        {code: told_reason(Reason(code, text)) for code, text in zip(row["reasons"], row["sentences"], strict=True)}
        for row in sides
    ]
    shared = {code: text for code, text in codes[0].items() if codes[1].get(code) == text}
    own = {
        f"{code} {row['side']}": f"{capital(side_word(row['side']))}: {text}"
        for row, texts in zip(sides, codes, strict=True)
        for code, text in texts.items()
        if code not in shared
    }
    return shared | own


def _cell(row: Row) -> list[Any] | None:
    """Score, low and high end of its interval, valid reps, status."""
    if row["score_deg"] is None:
        return None
    return [row["score_deg"], row["ci95_low_deg"], row["ci95_high_deg"], row["valid_reps"], row["status"]]
