"""The tables of a run: one row per session and leg, one per rep, one per file that failed; CSV and Parquet."""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from mobility_check.batch.plan import PlannedSession
from mobility_check.batch.problems import Failure
from mobility_check.files import atomic_path
from mobility_check.kinematics.landmarks import SIDES
from mobility_check.language import N_
from mobility_check.tables import COUNT, FLAG, NUMBER, TEXT, TEXTS, parquet_rows, safe_cell
from mobility_check.text import printable

Row = dict[str, Any]

RESULT_COLUMNS = {
    **dict.fromkeys(("subject", "date", "side", "status"), TEXT),
    **dict.fromkeys(("score_deg", "ci95_low_deg", "ci95_high_deg", "best_deg"), NUMBER),
    "valid_reps": COUNT,
    "difference_deg": NUMBER,
    **dict.fromkeys(("reasons", "files"), TEXTS),
    **dict.fromkeys(("explanation", "session_status", "view", "stated_side"), TEXT),
    "camera_yaw_deg": NUMBER,
    **dict.fromkeys(("session", "result_file", "test", "mobility_check", "backend", "model"), TEXT),
    **dict.fromkeys(("model_sha256", "angle_rule", "settings_sha256"), TEXT),
}
"""Columns of ``results`` with their kinds; carried-through columns follow."""
REP_COLUMNS = {
    **dict.fromkeys(("subject", "date", "session", "side"), TEXT),
    **dict.fromkeys(("rep", "clip"), COUNT),
    "view": TEXT,
    "valid": FLAG,
    **dict.fromkeys(("start_s", "peak_s", "end_s", "extension_deg", "ci95_low_deg", "ci95_high_deg"), NUMBER),
    **dict.fromkeys(("thigh_deg", "trunk_lean_deg", "knee_flexion_deg", "support_knee_flexion_deg"), NUMBER),
    **dict.fromkeys(("flexion_deg", "flexion_speed_deg_s"), NUMBER),
    "reasons": TEXTS,
}
FAILURE_COLUMNS = {"file": "file", "reason": "code", "sentence": "message", "what_to_do": "advice", "tries": "tries"}
"""Columns of ``failures``, each with the field of :class:`~mobility_check.batch.problems.Failure` it holds."""
SEPARATOR = " | "
"""Between the items of a list in one CSV cell."""
IMPLAUSIBLE_DEG = 15.0
"""Two legs of one person seldom differ by more; usually the clips or the sides are mixed up."""


class TableWriter:
    """Writes all tables of a run, each whole or not at all; rows are streamed, so that any length needs little memory.

    Use as a context manager: leaving it puts the files in place.

    Raises:
        OutputError: a table cannot be written.
    """

    def __init__(self, folder: Path, *, carried: Iterable[str]) -> None:
        self._folder, self._stack = folder, ExitStack()
        self._columns = RESULT_COLUMNS | dict.fromkeys(map(carried_name, carried), TEXT)

    def __enter__(self) -> TableWriter:
        with ExitStack() as stack:
            opened, folder = stack.enter_context, self._folder
            self._results = opened(_csv_rows(folder / "results.csv", self._columns))
            self._typed = opened(parquet_rows(folder / "results.parquet", self._columns))
            self._reps = opened(parquet_rows(folder / "reps.parquet", REP_COLUMNS))
            self._failures = opened(_csv_rows(folder / "failures.csv", FAILURE_COLUMNS))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: Any) -> None:
        self._stack.__exit__(*error)

    def session(self, sides: Iterable[Row], reps: Iterable[Row]) -> None:
        """Add the rows of one finished session."""
        for row in map(_clean, sides):
            self._results(row)
            self._typed(row)
        for row in map(_clean, reps):
            self._reps(row)

    def failures(self, failures: Iterable[Failure]) -> None:
        """Add files that failed."""
        for f in failures:
            self._failures(_clean({column: getattr(f, name) for column, name in FAILURE_COLUMNS.items()}))


@contextmanager
def _csv_rows(path: Path, columns: Iterable[str]) -> Iterator[Callable[[Row], None]]:
    """Gives a function that adds a row; the mark at the beginning lets spreadsheets see that the file is UTF-8."""
    with atomic_path(path) as tmp, tmp.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(map(safe_cell, columns))

        def add(row: Row) -> None:
            cells = (row.get(name) for name in columns)
            writer.writerow([safe_cell(SEPARATOR.join(c) if isinstance(c, list) else c) for c in cells])

        yield add


def _clean(row: Row) -> Row:
    """A row without what a terminal or spreadsheet would act on."""
    texts = {name: printable(value) for name, value in row.items() if isinstance(value, str)}
    lists = {name: [printable(str(v)) for v in value] for name, value in row.items() if isinstance(value, list)}
    return row | texts | lists


def side_rows(session: PlannedSession, body: Mapping[str, Any], *, without: Collection[str] = ()) -> list[Row]:
    """The rows of one result object, left and right; ``without``: addresses of clips that failed."""
    known = _identity(session) | {
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
                **{name: leg[name] for name in ("status", "score_deg", "best_deg", "view")},
                "ci95_low_deg": low,
                "ci95_high_deg": high,
                "valid_reps": sum(r["valid"] for r in leg["reps"]),
                "reasons": list(reasons),
                "sentences": list(reasons.values()),
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
            " one day."
        ).format(left=left, right=right)
    return doubts


def rep_rows(session: PlannedSession, body: Mapping[str, Any]) -> list[Row]:
    """One row per rep of one result object, valid or not."""
    rows, known = list[Row](), _identity(session)
    for side in SIDES:
        for number, rep in enumerate(body["sides"][side]["reps"], start=1):
            low, high = rep["ci95_deg"] or (None, None)
            codes = [r["code"] for r in rep["reasons"]]
            own = {"side": side, "rep": number, "ci95_low_deg": low, "ci95_high_deg": high, "reasons": codes}
            rows.append(known | {k: rep[k] for k in REP_COLUMNS if k in rep} | own)
    return rows


def _identity(session: PlannedSession) -> Row:
    """What the plan knows about a session: who, when, carried columns."""
    known = {"subject": session.subject, "date": session.date, "session": session.id}
    return {carried_name(k): v for k, v in session.extra.items()} | known | {"stated_side": session.stated_side}


def carried_name(name: str) -> str:
    """Name of a carried-through column in the results; ``input_`` comes before a name that is one of ours."""
    return f"input_{name}" if name in RESULT_COLUMNS else printable(name)
