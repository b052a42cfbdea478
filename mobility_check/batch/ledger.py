"""What is finished and what is not: session files and the log together, and results that can be taken over."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from mobility_check.batch.folder import RunFolder
from mobility_check.batch.journal import Entry, Journal
from mobility_check.batch.keys import Fingerprint, hash_files, need_hash, result_key
from mobility_check.batch.plan import Plan, Session, key_of, merge_copies
from mobility_check.batch.problems import Failure
from mobility_check.batch.worker import Outcome, result_text
from mobility_check.errors import OutputError

OnResult = Callable[[Session, "dict[str, Any]", Mapping[str, bytes]], None]
"""Takes a session, its result object, and its further files by name."""
State = Literal["kept", "reused", "to do"]


@dataclass(slots=True)
class Ledger:
    """Knows the state of every session of one run folder, and is the only one to change it.

    Attributes:
        retry_failed: sessions with failed clips are to be done again.
        wanted: sessions without these further files are to be done again.
        on_result: called with every result before its session counts as done.
    """

    folder: RunFolder
    journal: Journal
    made_with: Fingerprint
    retry_failed: bool = False
    wanted: frozenset[str] = frozenset()
    on_result: OnResult | None = None

    def merge(self, plan: Plan) -> Plan:
        """The plan with copies of one clip joined; content hashes that this needed are remembered."""
        files = [f for s in plan.sessions for f in s.files]
        sizes = {size for _, size, _ in self.journal.shas if size is not None}
        self.journal.add_hashes(hash_files(need_hash(files, known=self.journal.shas, sizes=sizes)))
        return merge_copies(plan, self.journal.shas)

    def key(self, session: Session) -> str | None:
        """The key of the session's result, as far as the content of its clips is known."""
        return key_of(session, run_digest=self.made_with.digest(), known=self.journal.shas)

    def current(self, session: Session) -> Entry | None:
        """The log's entry of a session, if it is about the files as they are now."""
        entry = self.journal.entries.get(session.id)
        return entry if entry and entry.state == session.state else None

    def settle(self, session: Session) -> State:
        """Find out whether anything is left to do; takes over a result of the same content if there is one."""
        entry = self.current(session)
        if entry and self._whole(session, entry) and not self._again(entry):
            return "kept"
        return "reused" if self.reuse(session) else "to do"

    def reuse(self, session: Session) -> bool:
        """Take over the result of the same content: a file that was renamed, or that is listed for two subjects."""
        source = self.journal.by_key.get(self.key(session) or "")
        if source is None or self._again(self.journal.entries[source]):
            return False
        record = self.journal.read(source)
        try:
            body = json.loads((self.folder.sessions / f"{record['name']}.json").read_bytes())
            extras = self._extras(record["name"], record["extras"])
        except (FileNotFoundError, ValueError):  # deleted by hand, or emptied by a power cut
            return False
        by_sha = {self.journal.shas[f.version]: f.uri for f in reversed(session.files)}
        here = {uri: by_sha[sha] for uri, _, _, sha in record["files"]}
        for info in body["inputs"]:
            info["path"] = here.get(info["path"], info["path"])
        outcome = Outcome(session.id, result_text(body), record["sides"], record["reps"], extras=extras)
        self.finish([(session, outcome)])
        return True

    def first_of_each(self, sessions: Iterable[Session]) -> tuple[list[Session], list[Session]]:
        """Sessions of equal content apart: one of each is measured, the others wait for its result."""
        now, later, keys = list[Session](), list[Session](), set[str]()
        for session in sessions:
            key = self.key(session)
            (later if key in keys else now).append(session)
            keys |= {key} if key else set()
        return now, later

    def finish(self, outcomes: Sequence[tuple[Session, Outcome]]) -> list[Failure]:
        """Write the files of finished sessions, then log them: only then they are done. Returns what failed.

        Raises:
            OutputError: something cannot be written; those sessions are then still to do.
        """
        records = [self._record(session, outcome) for session, outcome in outcomes]
        self.journal.add(records)
        return [Failure(**f) for record in records for f in record["failures"]]

    def tell_results(self, sessions: Iterable[Session]) -> None:
        """Call ``on_result`` with the sessions that are done."""
        if self.on_result is None:
            return
        for session in sessions:
            entry = self.current(session)
            if entry and entry.json_bytes and self._whole(session, entry):
                body = json.loads((self.folder.sessions / f"{session.name}.json").read_bytes())
                self.on_result(session, body, self._extras(session.name, entry.extras))

    def _extras(self, name: str, wanted: Sequence[str]) -> dict[str, bytes]:
        """Further files of a finished session, as far as they are still there."""
        paths = {extra: self.folder.sessions / f"{name}.{extra}" for extra in wanted}
        return {extra: path.read_bytes() for extra, path in paths.items() if path.exists()}

    def _again(self, entry: Entry) -> bool:
        lacks_files = entry.json_bytes > 0 and not self.wanted <= set(entry.extras)
        return lacks_files or (self.retry_failed and entry.failed > 0)

    def _whole(self, session: Session, entry: Entry) -> bool:
        """A power cut can leave a file empty or full of zeros; the log says how long it must be."""
        if entry.json_bytes == 0:
            return True
        with suppress(FileNotFoundError):
            data = (self.folder.sessions / f"{session.name}.json").read_bytes()
            return len(data) == entry.json_bytes and data.startswith(b"{") and data.endswith(b"}")
        return False

    def _record(self, session: Session, outcome: Outcome) -> dict[str, Any]:
        self._write(session, outcome)
        shas = [outcome.shas.get(f.uri) or self.journal.shas.get(f.version) for f in session.files]
        known = [sha for sha in shas if sha]
        return {
            "session": session.id, "name": session.name, "state": session.state,
            "key": result_key(self.made_with.digest(), known) if len(known) == len(shas) else "",
            "files": [[*f.version, sha] for f, sha in zip(session.files, shas, strict=True)],
            "json_bytes": len(outcome.json or b""), "extras": sorted(outcome.extras), "sides": outcome.sides,
            "reps": outcome.reps, "failures": [asdict(f) for f in self._spread(session, outcome.failures)],
            "seconds": round(outcome.seconds, 3), "analysis_s": round(outcome.analysis_s, 3),
        }  # fmt: skip

    def _write(self, session: Session, outcome: Outcome) -> None:
        if outcome.json is None:
            return
        for name, data in {"json": outcome.json, **outcome.extras}.items():
            _put(self.folder.sessions / f"{session.name}.{name}", data)
        if self.on_result:
            self.on_result(session, json.loads(outcome.json), outcome.extras)

    def _spread(self, session: Session, failures: Sequence[Failure]) -> Iterator[Failure]:
        """A clip that failed stands for its copies in the session too: each file gets its own row."""
        content: Mapping[str, str] = {f.uri: self.journal.shas.get(f.version, f.uri) for f in session.files}
        for failed in failures:
            same = [uri for uri, sha in content.items() if sha == content[failed.file]]
            yield from (replace(failed, file=uri) for uri in same)


def _put(path: Path, data: bytes) -> None:
    """Write a file whole or not at all.

    Not flushed to the disk one by one, which would take longer than measuring a saved track: the log is, and it tells
    after a power cut which of these files are not what they should be.
    """
    tmp = path.with_name(f".{path.name}.tmp")
    try:
        tmp.write_bytes(data)
        os.replace(tmp, path)
    except OSError as e:
        with suppress(OSError):
            tmp.unlink()
        raise OutputError(
            f"{path} cannot be written ({e.strerror}); what was finished before is kept. Make room and run the same"
            " command again."
        ) from e
