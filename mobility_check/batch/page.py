"""What people read of a run, rewritten from the run state now and then and at the end: page, tables and ``run.json``.

The page has counts, distributions, all sessions in a table that sorts and filters, and why others failed. It is one
file without outside parts and opens by double click; reports and pictures lie beside it in ``sessions/``.
"""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import jinja2
from jinja2.utils import htmlsafe_json_dumps

from mobility_check.batch.job import Fingerprint, Options
from mobility_check.batch.plan import Plan, PlannedSession
from mobility_check.batch.problems import Failure, name_of
from mobility_check.batch.progress import Tally, duration
from mobility_check.batch.state import Finished, RunState
from mobility_check.batch.tables import Row, TableWriter, rep_rows, side_rows
from mobility_check.files import atomic_path
from mobility_check.language import N_, current_language, gettext, local_digits, long_date, ngettext
from mobility_check.language import gettext as _
from mobility_check.results.reasons import told as told_reason
from mobility_check.results.result import Reason
from mobility_check.results.wording import STATUS_WORDS, capital, side_word, status_word
from mobility_check.text import printable, public_address

DOUBTS = ("implausible_difference", "other_side")
"""Codes of sessions whose legs hardly belong to one person, or are not the ones that the list says."""
MAX_ROWS = 50_000
"""More sessions than this are left to the tables: a page of that length would not open."""


EVERY_S, _SHARE = 30.0, 50.0
"""Least time between two rewritings, which is also so many times as long as one takes (a fiftieth of the time)."""
ENDED = {"running": N_("running"), "finished": N_("finished"), "interrupted": N_("interrupted")}
"""How a run ended, on its page."""


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
        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(Path(__file__).parent),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=jinja2.StrictUndefined,
        )
        html = environment.get_template("page.html.j2").stream(
            title=title,
            facts=facts,
            rows=self.rows,
            failed=largest_first(self.failed),
            doubtful=largest_first(self.doubtful),
            not_measured=largest_first(self.not_measured),
            left_out=self.left_out,
            words={status: status_word(status) for status in STATUS_WORDS},
            classes={status_word(status): word.replace(" ", "_") for status, word in STATUS_WORDS.items()},
            _=gettext,
            ngettext=ngettext,
            language=current_language(),
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


@dataclass(slots=True)
class Publisher:
    """Writes what people read."""

    folder: Path
    state: RunState
    plan: Plan
    tally: Tally
    made_with: Fingerprint
    options: Options
    started_s: float = field(default_factory=time.time)
    _next_s: float = field(default_factory=lambda: time.monotonic() + EVERY_S)

    def now_and_then(self) -> None:
        """Rewrite everything if the last time is long enough ago."""
        start = time.monotonic()
        if start > self._next_s:
            self.write("running")
            end = time.monotonic()
            self._next_s = end + max(EVERY_S, _SHARE * (end - start))

    def write(self, ended: str) -> Page:
        """Rewrite everything, in the order of the plan; what the page shows.

        Raises:
            OutputError: a file cannot be written.
        """
        with atomic_path(self.folder / "run.json") as tmp:
            tmp.write_text(json.dumps(self._facts(ended), indent=1) + "\n", encoding="utf-8")
        page = Page()
        page.failures(self.plan.failures)
        with TableWriter(self.folder, carried=self.plan.columns) as tables:
            tables.failures(self.plan.failures)
            for session in self.plan.sessions:
                if finished := self.state.finished(session):
                    self._put(session, finished, tables, page)
        title = _("Batch {folder}", folder=self.folder.name)
        page.write(self.folder / "index.html", title=title, facts=self._headline(ended, page))
        return page

    def _put(self, session: PlannedSession, finished: Finished, tables: TableWriter, page: Page) -> None:
        tables.failures(finished.failures)
        page.failures(finished.failures)
        if finished.result is None:
            return
        body = json.loads(finished.result)
        links = {n.split(".")[0]: f"sessions/{session.name}.{n}" for n in ["json", *finished.extras]}
        shared = {"result_file": links["json"], "settings_sha256": self.made_with.settings_sha256}
        sides = [row | shared for row in side_rows(session, body, without={f.file for f in finished.failures})]
        tables.session(sides, rep_rows(session, body))
        page.session(sides, links=links)

    def _facts(self, ended: str) -> dict[str, Any]:
        """What ``run.json`` says about the call and how far it is."""
        now_s, options = time.time(), self.options
        return {
            "state": ended,
            "run_digest": self.made_with.digest(),
            **asdict(self.made_with),
            "settings": options.settings.to_dict(),
            "limits": asdict(options.limits),
            "pattern": options.pattern,
            "workers": options.workers,
            "scheduler": options.scheduler and public_address(options.scheduler),
            "sessions": len(self.plan.sessions),
            "counts": self.tally.facts(),
            "started": _iso_time(self.started_s),
            "written": _iso_time(now_s),
            "seconds": round(now_s - self.started_s, 1),
        }

    def _headline(self, ended: str, page: Page) -> list[tuple[str, str]]:
        total, failed, left = self.tally.total, self.tally.failed, self.tally.left
        measured, limited, none = (page.statuses[s] for s in ("scored", "limited", "not_scored"))
        run = _("{ended}, took {time}", ended=_(ENDED[ended]), time=duration(time.time() - self.started_s))
        sessions = _(
            "{all}: {measured} measured, {limited} limited, {none} not measured",
            all=page.statuses.total(),
            measured=measured,
            limited=limited,
            none=none,
        )
        clips = _(
            "{all}: {shown} in these sessions, {failed} failed, {left} still to do",
            all=total,
            shown=total - left - failed,
            failed=failed,
            left=left,
        )
        return [
            (_("run"), run),
            (_("written"), f"{long_date(date.today())}, {time.strftime('%H:%M')}"),
            (_("sessions"), sessions),
            (_("clips"), clips),
            (_("program"), f"mobility-check {self.made_with.mobility_check}"),
            (_("model"), self.made_with.model_sha256[:12]),
        ]


def _iso_time(moment_s: float) -> str:
    """Local time with its offset, to the second."""
    return time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(moment_s))
