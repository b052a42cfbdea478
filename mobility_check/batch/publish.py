"""The tables, the page and ``run.json`` of a run, rewritten from the run state now and then and at the end."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from mobility_check.batch.job import Fingerprint
from mobility_check.batch.page import Page
from mobility_check.batch.plan import Plan, PlannedSession
from mobility_check.batch.progress import Tally, duration
from mobility_check.batch.state import Finished, RunState
from mobility_check.batch.tables import TableWriter, rep_rows, side_rows
from mobility_check.files import atomic_path
from mobility_check.language import N_, long_date
from mobility_check.language import gettext as _

EVERY_S, _SHARE = 30.0, 50.0
"""Least time between two rewritings, which is also so many times as long as one takes (a fiftieth of the time)."""


@dataclass(slots=True)
class Publisher:
    """Writes what people read. ``facts`` of the call go into ``run.json``."""

    folder: Path
    state: RunState
    plan: Plan
    tally: Tally
    made_with: Fingerprint
    facts: Mapping[str, Any]
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
        page.write(
            self.folder / "index.html",
            title=_("Batch {folder}", folder=self.folder.name),
            facts=self._headline(ended, page),
        )
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
        now_s = time.time()
        return {
            "state": ended,
            **self.facts,
            "sessions": len(self.plan.sessions),
            "counts": self.tally.facts(),
            "started": _iso_time(self.started_s),
            "written": _iso_time(now_s),
            "seconds": round(now_s - self.started_s, 1),
        }

    def _headline(self, ended: str, page: Page) -> list[tuple[str, str]]:
        total, failed, left = self.tally.total, self.tally.failed, self.tally.left
        measured, limited, none = (page.statuses[s] for s in ("scored", "limited", "not_scored"))
        return [
            (
                _("run"),
                _(
                    "{ended}, took {time}",
                    ended=_(ENDED[ended]),
                    time=duration(time.time() - self.started_s),
                ),
            ),
            (_("written"), f"{long_date(date.today())}, {time.strftime('%H:%M')}"),
            (
                _("sessions"),
                _(
                    "{all}: {measured} measured, {limited} limited, {none} not measured",
                    all=page.statuses.total(),
                    measured=measured,
                    limited=limited,
                    none=none,
                ),
            ),
            (
                _("clips"),
                _(
                    "{all}: {shown} in these sessions, {failed} failed, {left} still to do",
                    all=total,
                    shown=total - left - failed,
                    failed=failed,
                    left=left,
                ),
            ),
            (_("program"), f"mobility-check {self.made_with.mobility_check}"),
            (_("model"), self.made_with.model_sha256[:12]),
        ]


ENDED = {"running": N_("running"), "finished": N_("finished"), "interrupted": N_("interrupted")}
"""How a run ended, on its page."""


def _iso_time(moment_s: float) -> str:
    """Local time with its offset, to the second."""
    return time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(moment_s))
