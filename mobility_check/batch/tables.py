"""The tables of a run: one row per session and leg, one per rep, one per file that failed; CSV and Parquet."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from mobility_check.batch.plan import PlannedSession
from mobility_check.batch.problems import Failure
from mobility_check.files import atomic_path
from mobility_check.kinematics.landmarks import SIDES
from mobility_check.language import N_
from mobility_check.tables import safe_cell
from mobility_check.text import printable

Row = dict[str, Any]

_TEXT, _NUMBER, _COUNT, _FLAG, _LIST = "text", "number", "count", "flag", "list"
RESULT_COLUMNS = {
    "subject": _TEXT,
    "date": _TEXT,
    "side": _TEXT,
    "status": _TEXT,
    "score_deg": _NUMBER,
    "ci95_low_deg": _NUMBER,
    "ci95_high_deg": _NUMBER,
    "best_deg": _NUMBER,
    "valid_reps": _COUNT,
    "difference_deg": _NUMBER,
    "reasons": _LIST,
    "files": _LIST,
    "explanation": _TEXT,
    "session_status": _TEXT,
    "view": _TEXT,
    "stated_side": _TEXT,
    "camera_yaw_deg": _NUMBER,
    "session": _TEXT,
    "result_file": _TEXT,
    "test": _TEXT,
    "mobility_check": _TEXT,
    "backend": _TEXT,
    "model": _TEXT,
    "model_sha256": _TEXT,
    "angle_rule": _TEXT,
    "settings_sha256": _TEXT,
}
"""Columns of ``results`` with their kinds; carried-through columns follow."""
REP_COLUMNS = {
    "subject": _TEXT,
    "date": _TEXT,
    "session": _TEXT,
    "side": _TEXT,
    "rep": _COUNT,
    "clip": _COUNT,
    "view": _TEXT,
    "valid": _FLAG,
    "start_s": _NUMBER,
    "peak_s": _NUMBER,
    "end_s": _NUMBER,
    "extension_deg": _NUMBER,
    "ci95_low_deg": _NUMBER,
    "ci95_high_deg": _NUMBER,
    "thigh_deg": _NUMBER,
    "trunk_lean_deg": _NUMBER,
    "knee_flexion_deg": _NUMBER,
    "support_knee_flexion_deg": _NUMBER,
    "flexion_deg": _NUMBER,
    "flexion_speed_deg_s": _NUMBER,
    "reasons": _LIST,
}
FAILURE_COLUMNS = {"file": "file", "reason": "code", "sentence": "message", "what_to_do": "advice", "tries": "tries"}
"""Columns of ``failures``, each with the field of :class:`~mobility_check.batch.problems.Failure` it holds."""
SEPARATOR = " | "
"""Between the items of a list in one CSV cell."""
IMPLAUSIBLE_DEG = 15.0
"""Two legs of one person seldom differ by more; usually the clips or the sides are mixed up."""
_PORTION = 500


class TableWriter:
    """Writes all tables of a run, each whole or not at all; rows are streamed, so that any length needs little memory.

    Use as a context manager: leaving it puts the files in place.

    Raises:
        OutputError: a table cannot be written.
    """

    def __init__(self, folder: Path, *, carried: Iterable[str]) -> None:
        self._folder, self._stack = folder, ExitStack()
        self._columns = RESULT_COLUMNS | dict.fromkeys(map(carried_name, carried), _TEXT)

    def __enter__(self) -> TableWriter:
        with ExitStack() as stack:
            self._results = _Table(stack, self._folder / "results", self._columns, ".csv", ".parquet")
            self._reps = _Table(stack, self._folder / "reps", REP_COLUMNS, ".parquet")
            self._failures = _Table(stack, self._folder / "failures", dict.fromkeys(FAILURE_COLUMNS, _TEXT), ".csv")
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: Any) -> None:
        self._stack.__exit__(*error)

    def session(self, sides: Iterable[Row], reps: Iterable[Row]) -> None:
        """Add the rows of one finished session."""
        for row in sides:
            self._results.add(row)
        for row in reps:
            self._reps.add(row)

    def failures(self, failures: Iterable[Failure]) -> None:
        """Add files that failed."""
        for f in failures:
            self._failures.add({column: getattr(f, name) for column, name in FAILURE_COLUMNS.items()})


def side_rows(session: PlannedSession, body: Mapping[str, Any], *, without: Collection[str] = ()) -> list[Row]:
    """The rows of one result object, left and right; ``without``: addresses of clips that failed."""
    known = identity(session) | {
        "files": [f.uri for f in session.files if f.uri not in without],
        "difference_deg": body["asymmetry"]["difference_deg"],
        "session_status": body["status"],
        "test": body["test"],
        "camera_yaw_deg": body["quality"]["camera_yaw_deg"],
        **{k: body["provenance"][k] for k in ("mobility_check", "backend", "model", "model_sha256", "angle_rule")},
    }
    doubts = _doubts(session, body)
    rows = list[Row]()
    for side in SIDES:
        leg = body["sides"][side]
        low, high = leg["ci95_deg"] or (None, None)
        reasons = {r["code"]: r["message"] for r in [*body["reasons"], *leg["reasons"]]} | doubts
        rows.append(
            known
            | {
                "side": side,
                "status": leg["status"],
                "score_deg": leg["score_deg"],
                "ci95_low_deg": low,
                "ci95_high_deg": high,
                "best_deg": leg["best_deg"],
                "valid_reps": sum(r["valid"] for r in leg["reps"]),
                "reasons": list(reasons),
                "sentences": list(reasons.values()),
                "view": leg["view"],
                "explanation": " ".join(reasons.values()),
            }
        )
    return rows


def _doubts(session: PlannedSession, body: Mapping[str, Any]) -> dict[str, str]:
    """What only the batch can see is wrong with a session: the wrong leg, or two legs that do not belong together."""
    doubts = dict[str, str]()
    legs = {side: body["sides"][side] for side in SIDES}
    stated, measured = session.stated_side, [side for side in SIDES if any(r["valid"] for r in legs[side]["reps"])]
    if stated in SIDES and measured and stated not in measured:
        doubts["other_side"] = N_(
            "The list says {stated}, but only kicks of the {measured} leg were seen; check which is true."
        ).format(stated=stated, measured=measured[0])
    difference = body["asymmetry"]["difference_deg"]
    if difference is not None and abs(difference) > IMPLAUSIBLE_DEG:
        left, right = (f"{legs[side]['score_deg']:.0f}°" for side in SIDES)
        doubts["implausible_difference"] = N_(
            "Left {left} against right {right} is an implausible difference; check that all clips show one person on"
            " one"
            " day."
        ).format(left=left, right=right)
    return doubts


def rep_rows(session: PlannedSession, body: Mapping[str, Any]) -> list[Row]:
    """One row per rep of one result object, valid or not."""
    rows, known = list[Row](), identity(session)
    for side in SIDES:
        for number, rep in enumerate(body["sides"][side]["reps"], start=1):
            low, high = rep["ci95_deg"] or (None, None)
            codes = [r["code"] for r in rep["reasons"]]
            own = {"side": side, "rep": number, "ci95_low_deg": low, "ci95_high_deg": high, "reasons": codes}
            rows.append(known | {k: rep[k] for k in REP_COLUMNS if k in rep} | own)
    return rows


def identity(session: PlannedSession) -> Row:
    """What the plan knows about a session: who, when, carried columns."""
    carried = {carried_name(k): v for k, v in session.extra.items()}
    return {
        **carried,
        "subject": session.subject,
        "date": session.date,
        "session": session.id,
        "stated_side": session.stated_side,
    }


def carried_name(name: str) -> str:
    """Name of a carried-through column in the results; ``input_`` comes before a name that is one of ours."""
    return f"input_{name}" if name in RESULT_COLUMNS else name


class _Table:
    """One table, as CSV, as Parquet (in row groups of some hundreds), or both; columns with their kinds."""

    def __init__(self, stack: ExitStack, stem: Path, columns: Mapping[str, str], *suffixes: str) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        kinds = {
            _TEXT: pa.string(),
            _NUMBER: pa.float64(),
            _COUNT: pa.int64(),
            _FLAG: pa.bool_(),
            _LIST: pa.list_(pa.string()),
        }
        self._columns, self._rows, self._csv, self._parquet = list(columns), list[list[Any]](), None, None
        self._schema = pa.schema([(printable(name), kinds[kind]) for name, kind in columns.items()])
        paths = {suffix: stack.enter_context(atomic_path(stem.with_suffix(suffix))) for suffix in suffixes}
        if ".csv" in paths:
            # The mark at the beginning lets spreadsheets see that the file is UTF-8.
            self._csv = csv.writer(stack.enter_context(paths[".csv"].open("w", encoding="utf-8-sig", newline="")))
            self._csv.writerow([safe_cell(printable(name)) for name in columns])
        if ".parquet" in paths:
            self._parquet = stack.enter_context(pq.ParquetWriter(str(paths[".parquet"]), self._schema))
            stack.callback(self._flush)

    def add(self, row: Row) -> None:
        cells = [_clean(row.get(name)) for name in self._columns]
        if self._csv:
            self._csv.writerow([safe_cell(SEPARATOR.join(c) if isinstance(c, list) else c) for c in cells])
        if self._parquet:
            self._rows.append(cells)
            if len(self._rows) >= _PORTION:
                self._flush()

    def _flush(self) -> None:
        import pyarrow as pa

        if self._rows and self._parquet:
            values = zip(zip(*self._rows, strict=True), self._schema, strict=True)
            arrays = [pa.array(cells, type=column.type) for cells, column in values]
            self._parquet.write_table(pa.Table.from_arrays(arrays, schema=self._schema))
            self._rows = []


def _clean(value: Any) -> Any:
    """A cell without what a terminal or spreadsheet would act on."""
    if isinstance(value, (list, tuple)):
        return [printable(str(v)) for v in value]
    return printable(value) if isinstance(value, str) else value
