"""The tables of a run: one row per session and leg, one per kick, one per file without a number; CSV and Parquet.

Rows are streamed from the log session by session, so that a table of any length needs little memory.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

from mobility_check.batch.plan import Session
from mobility_check.batch.problems import Failure
from mobility_check.files import atomic_path
from mobility_check.kinematics.landmarks import SIDES
from mobility_check.tables import Cell, safe_cell

Row = dict[str, Any]

_TEXT, _NUMBER, _COUNT, _LIST = "string", "double", "int64", "list"
RESULT_COLUMNS = {
    "subject": _TEXT, "date": _TEXT, "side": _TEXT, "status": _TEXT, "score_deg": _NUMBER, "ci95_low_deg": _NUMBER,
    "ci95_high_deg": _NUMBER, "best_deg": _NUMBER, "valid_reps": _COUNT, "difference_deg": _NUMBER, "reasons": _LIST,
    "files": _LIST, "explanation": _TEXT, "session_status": _TEXT, "view": _TEXT, "stated_side": _TEXT,
    "camera_yaw_deg": _NUMBER, "session": _TEXT, "result_file": _TEXT, "mobility_check": _TEXT, "backend": _TEXT,
    "model": _TEXT, "model_sha256": _TEXT, "angle_rule": _TEXT, "settings_sha256": _TEXT,
}  # fmt: skip
"""Columns of ``results`` with their kinds; carried-through columns follow."""

REP_COLUMNS = {
    "subject": _TEXT, "date": _TEXT, "session": _TEXT, "side": _TEXT, "rep": _COUNT, "clip": _COUNT, "view": _TEXT,
    "valid": "bool", "start_s": _NUMBER, "peak_s": _NUMBER, "end_s": _NUMBER, "extension_deg": _NUMBER,
    "ci95_low_deg": _NUMBER, "ci95_high_deg": _NUMBER, "thigh_deg": _NUMBER, "trunk_lean_deg": _NUMBER,
    "knee_flexion_deg": _NUMBER, "support_knee_flexion_deg": _NUMBER, "reasons": _LIST,
}  # fmt: skip
FAILURE_COLUMNS = ("file", "reason", "sentence", "what_to_do", "tries")
SEPARATOR = " | "
"""Between the items of a list in one CSV cell."""
_BATCH_ROWS = 500


def side_rows(body: Mapping[str, Any]) -> list[Row]:
    """The measured part of the rows of one result object, left and right."""
    return [_side_row(body, side) for side in SIDES]


def _side_row(body: Mapping[str, Any], side: str) -> Row:
    leg, made = body["sides"][side], body["provenance"]
    low, high = leg["ci95_deg"] or (None, None)
    reasons = {r["code"]: r["message"] for r in [*body["reasons"], *leg["reasons"]]}
    return {
        "side": side, "status": leg["status"], "score_deg": leg["score_deg"], "ci95_low_deg": low,
        "ci95_high_deg": high, "best_deg": leg["best_deg"], "valid_reps": sum(r["valid"] for r in leg["reps"]),
        "difference_deg": body["asymmetry"]["difference_deg"], "reasons": list(reasons),
        "explanation": " ".join(reasons.values()), "session_status": body["status"], "view": leg["view"],
        "camera_yaw_deg": body["quality"]["camera_yaw_deg"],
        **{k: made[k] for k in ("mobility_check", "backend", "model", "model_sha256", "angle_rule")},
    }  # fmt: skip


def rep_rows(body: Mapping[str, Any]) -> list[Row]:
    """One row per kick of one result object, valid or not."""
    rows = list[Row]()
    for side in SIDES:
        for number, rep in enumerate(body["sides"][side]["reps"], start=1):
            low, high = rep["ci95_deg"] or (None, None)
            kept = {k: rep[k] for k in REP_COLUMNS if k in rep and k != "reasons"}
            codes = [r["code"] for r in rep["reasons"]]
            own = {"side": side, "rep": number, "ci95_low_deg": low, "ci95_high_deg": high, "reasons": codes}
            rows.append(kept | own)
    return rows


def identity(session: Session, *, without: Collection[str] = ()) -> Row:
    """The part of a row that the plan knows: who, when, which files (``without`` failed ones), carried columns."""
    carried = {carried_name(k): v for k, v in session.extra.items()}
    uris = [f.uri for f in session.files if f.uri not in without]
    return {"subject": session.subject, "date": session.date, "session": session.id, **carried,
            "stated_side": session.stated_side, "files": uris}  # fmt: skip


def carried_name(name: str) -> str:
    """Name of a carried-through column in the results; ``input_`` comes before a name that is one of ours."""
    return f"input_{name}" if name in RESULT_COLUMNS else name


def with_warnings(session: Session, sides: Sequence[Row]) -> list[Row]:
    """The rows, flagged ``other_side`` if the list states one leg and the clips show kicks of the other only."""
    stated, measured = session.stated_side, [row["side"] for row in sides if row["valid_reps"]]
    if stated not in SIDES or not measured or stated in measured:
        return list(sides)
    text = f"The list says {stated}, but only kicks of the {measured[0]} leg were seen; check which is true."
    return [row | {"reasons": [*row["reasons"], "other_side"], "explanation": f"{row['explanation']} {text}".strip()}
            for row in sides]  # fmt: skip


class TableWriter:
    """Writes all tables of a run, each whole or not at all.

    Use as a context manager: :meth:`session` and :meth:`failures` add rows, leaving it puts the files in place.

    Raises:
        OutputError: a table cannot be written.
    """

    def __init__(self, folder: Path, *, carried: Iterable[str]) -> None:
        self.columns = RESULT_COLUMNS | dict.fromkeys(map(carried_name, carried), _TEXT)
        self._folder, self._stack = folder, ExitStack()

    def __enter__(self) -> TableWriter:
        with ExitStack() as stack:
            self._results = _Csv(stack, self._folder / "results.csv", list(self.columns))
            self._failures = _Csv(stack, self._folder / "failures.csv", list(FAILURE_COLUMNS))
            self._parquet = _Parquet(stack, self._folder / "results.parquet", self.columns)
            self._reps = _Parquet(stack, self._folder / "reps.parquet", REP_COLUMNS)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: Any) -> None:
        self._stack.__exit__(*error)

    def session(self, known: Row, sides: Iterable[Row], reps: Iterable[Row]) -> None:
        """Add the rows of one finished session; ``known`` is its :func:`identity`."""
        for row in sides:
            self._results.add(known | row)
            self._parquet.add(known | row)
        for row in reps:
            self._reps.add(known | row)

    def failures(self, failures: Iterable[Failure]) -> None:
        """Add files without a number."""
        for f in failures:
            values = (f.file, f.code, f.message, f.advice, f.tries)
            self._failures.add(dict(zip(FAILURE_COLUMNS, values, strict=True)))


def printable(text: str) -> str:
    r"""Text that any file can hold; bytes of a file name that are no Unicode become ``\udcXX``."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


class _Csv:
    def __init__(self, stack: ExitStack, path: Path, columns: Sequence[str]) -> None:
        tmp = stack.enter_context(atomic_path(path))
        # The mark at the beginning lets spreadsheets see that the file is UTF-8.
        file: IO[str] = stack.enter_context(tmp.open("w", encoding="utf-8-sig", newline=""))
        self._columns, self._writer = columns, csv.writer(file)
        self._writer.writerow([safe_cell(printable(c)) for c in columns])

    def add(self, row: Row) -> None:
        self._writer.writerow([safe_cell(_flat(row.get(c))) for c in self._columns])


def _flat(value: Any) -> Cell:
    if isinstance(value, (list, tuple)):
        value = SEPARATOR.join(str(v) for v in value)
    return printable(value) if isinstance(value, str) else value


class _Parquet:
    """Rows in row groups of some thousands."""

    def __init__(self, stack: ExitStack, path: Path, columns: Mapping[str, str]) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        kinds = {_TEXT: pa.string(), _NUMBER: pa.float64(), _COUNT: pa.int64(), "bool": pa.bool_(),
                 _LIST: pa.list_(pa.string())}  # fmt: skip
        self._schema = pa.schema([(printable(name), kinds[kind]) for name, kind in columns.items()])
        tmp = stack.enter_context(atomic_path(path))
        self._writer = stack.enter_context(pq.ParquetWriter(str(tmp), self._schema))
        self._columns, self._rows = list(columns), list[list[Any]]()
        stack.callback(self._flush)

    def add(self, row: Row) -> None:
        self._rows.append([_clean(row.get(c)) for c in self._columns])
        if len(self._rows) >= _BATCH_ROWS:
            self._flush()

    def _flush(self) -> None:
        import pyarrow as pa

        if self._rows:
            values = zip(*self._rows, strict=True)
            columns = [pa.array(v, type=f.type) for v, f in zip(values, self._schema, strict=True)]
            self._writer.write_table(pa.Table.from_arrays(columns, schema=self._schema))
            self._rows = []


def _clean(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [printable(str(v)) for v in value]
    return printable(value) if isinstance(value, str) else value


def read_rows(path: Path) -> Iterator[dict[str, str]]:
    """Rows of one of our CSV tables as written (lists are still joined)."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)
