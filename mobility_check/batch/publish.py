"""The tables, the page and ``run.json`` of a run, rewritten from the log now and then and at the end."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mobility_check.batch.index import Page
from mobility_check.batch.ledger import Ledger
from mobility_check.batch.plan import Plan, Session
from mobility_check.batch.problems import Failure
from mobility_check.batch.progress import Tally, duration, facts_of
from mobility_check.batch.tables import TableWriter, identity, with_warnings

EVERY_S = 30.0
"""Least time between two rewritings …"""
_SHARE = 50.0
"""… which is also at least this many times as long as one takes, so that they cost a fiftieth of the time at most."""


@dataclass(slots=True)
class Publisher:
    """Writes what people read. ``facts`` of the call go into ``run.json``."""

    ledger: Ledger
    plan: Plan
    tally: Tally
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

    def write(self, state: str) -> None:
        """Rewrite everything, in the order of the plan.

        Raises:
            OutputError: a file cannot be written.
        """
        folder = self.ledger.folder
        folder.write_run(self._run(state))
        page = Page(f"Kick-back batch {folder.path.name}", self._headline(state))
        with TableWriter(folder.path, carried=self.plan.columns) as tables:
            self._put_failures(self.plan.failures, tables, page)
            for session in self.plan.sessions:
                if self.ledger.current(session):
                    self._put(session, self.ledger.journal.read(session.id), tables, page)
        page.write(folder.path / "index.html")

    def _put(self, session: Session, record: Mapping[str, Any], tables: TableWriter, page: Page) -> None:
        failures = tuple(Failure(**f) for f in record["failures"])
        self._put_failures(failures, tables, page)
        if not record["sides"]:
            return
        links = {n.split(".")[0]: f"sessions/{session.name}.{n}" for n in ["json", *record["extras"]]}
        shared = {"result_file": links["json"], "settings_sha256": self.ledger.made_with.settings_sha256}
        known = identity(session, without={f.file for f in failures}) | shared
        sides = with_warnings(session, record["sides"])
        tables.session(known, sides, record["reps"])
        page.session(known, sides, links=links)

    def _put_failures(self, failures: tuple[Failure, ...], tables: TableWriter, page: Page) -> None:
        tables.failures(failures)
        page.failed.extend(failures)

    def _run(self, state: str) -> dict[str, Any]:
        return {
            "state": state, **self.facts, "sessions": len(self.plan.sessions), "counts": facts_of(self.tally),
            "started": iso_time(self.started_s), "written": iso_time(time.time()),
            "seconds": round(time.time() - self.started_s, 1),
        }  # fmt: skip

    def _headline(self, state: str) -> list[tuple[str, str]]:
        made = self.ledger.made_with
        return [
            ("state", f"{state}, {self.tally.total - self.tally.left} of {self.tally.total} clips"),
            ("written", time.strftime("%d %b %Y, %H:%M")), ("took", duration(time.time() - self.started_s)),
            ("program", f"mobility-check {made.mobility_check}"), ("model", made.model_sha256[:12]),
        ]  # fmt: skip


def iso_time(moment_s: float) -> str:
    """Local time with its offset, to the second."""
    return time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(moment_s))
