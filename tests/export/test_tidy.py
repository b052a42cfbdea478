from __future__ import annotations

import csv
import io
import random

import pyarrow
import pyarrow.csv
import pyarrow.parquet
import pytest

from mobility_check.errors import InputError
from mobility_check.export.tidy import COLUMNS, RECORD, csv_text, read_csv, rows, write_parquet
from mobility_check.history.curves import curves_of
from mobility_check.history.records import Record
from mobility_check.results.result import Result
from tests.factories import make_rep, make_result, make_session, make_side


def _record(result: Result | None = None, *, session: str = "2026-08-03-aaaaaa", **fields) -> Record:
    made = make_session(result)
    values = {
        "subject": "P-17", "tested_at": "2026-08-03", "saved_at": "2026-08-03T10:00:00", "note": None,
        "curves": curves_of(made), "goal_deg": 20.0,
    }  # fmt: skip
    return Record(session, result=made.result.to_dict(), **{**values, **fields})


def _text(*records: Record) -> str:
    return "".join(csv_text(records))


def test_one_row_per_kick() -> None:
    side = make_side(15.0)
    rejected = make_rep(30.0, n=3, valid=False)
    side = make_side(15.0, reasons=())
    result = make_result(sides={"left": side, "right": make_side(None)})
    left = type(side)(side.status, (), side.view, 15.0, side.ci95_deg, side.best_deg, (*side.reps, rejected), 1.0)
    table = rows(_record(make_result(sides={**result.sides, "left": left})))
    assert [(r["side"], r["rep"], r["valid"]) for r in table] == [
        ("left", 1, True), ("left", 2, True), ("left", 3, True), ("left", 4, False), ("right", None, None),
    ]  # fmt: skip
    assert table[3]["reasons"] == "trunk_lean"
    assert table[4]["reasons"] == "leg_not_kicked"
    assert all(set(r) == set(COLUMNS) for r in table)


def test_a_table_program_reads_numbers_as_numbers() -> None:
    table = pyarrow.csv.read_csv(io.BytesIO(_text(_record(make_result(-3.0, 12.0))).encode()))
    assert table["extension_deg"].to_pylist()[:3] == [-3.4, -2.4, -3.2]
    assert table.schema.field("side_score_deg").type == pyarrow.float64()
    assert table.schema.field("valid").type == pyarrow.bool_()


@pytest.mark.parametrize("name", ["=cmd()", "+1", "-x", "@y", "<script>alert(1)</script>", "../../x", 'a",b', "é患"])
def test_no_cell_is_a_formula_and_all_comes_back(name: str) -> None:
    record = _record(subject=name, note=f"{name}\nsecond line")
    text = _text(record)
    for row in csv.reader(io.StringIO(text, newline="")):
        for column, cell in zip((*COLUMNS, RECORD), row, strict=True):
            assert not cell.startswith(("=", "+", "@", "\t", "\r"))
            assert not cell.startswith("-") or column.endswith("_deg")
    assert read_csv(text) == [record]


def test_no_cell_is_too_long_for_a_spreadsheet() -> None:
    record = _record(make_result(clips=("a.mp4", "b.mp4", "c.mp4")))
    longest = max(len(cell) for row in csv.reader(io.StringIO(_text(record))) for cell in row)
    assert longest < 32_000


def test_rows_may_be_sorted_otherwise() -> None:
    records = [_record(session=f"2026-08-0{n}-aaaaaa", tested_at=f"2026-08-0{n}") for n in (3, 4, 5)]
    header, *lines = _text(*records).splitlines(keepends=True)
    random.Random(0).shuffle(lines)
    found = read_csv(header + "".join(lines))
    assert sorted(found, key=lambda r: r.id) == records


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda t: "a,b\n1,2\n", "was not written by"),
        (lambda t: "", "was not written by"),
        (lambda t: "".join(t.splitlines(keepends=True)[:-1]), "rows are missing"),
        (lambda t: t + t.splitlines(keepends=True)[-1], "rows are missing or double"),
        (lambda t: t.replace("P-17", "P-18", 1), "was changed after the export"),
        (lambda t: t.replace(",17.6,", ",27.6,", 1), "was changed after the export"),
        (lambda t: t.replace("1/6:", "1/6:AAAA"), "is damaged"),
        (lambda t: t.replace("1/6:", "x"), "is damaged"),
    ],
)
def test_a_changed_table_is_refused_whole(change, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        read_csv(change(_text(_record())))


def test_parquet_has_typed_columns(tmp_path) -> None:
    path = tmp_path / "t.parquet"
    written = write_parquet([_record(), _record(make_result(None, None), session="2026-08-04-bbbbbb")], path)
    table = pyarrow.parquet.read_table(path)
    assert len(table) == written == 8
    assert table.column_names == list(COLUMNS)
    assert table.schema.field("extension_deg").type == pyarrow.float64()
    assert table["extension_deg"].null_count == 2
    assert table["side_score_deg"].drop_null().unique().to_pylist() == [18.0, 12.2]


def test_parquet_of_nothing(tmp_path) -> None:
    assert write_parquet([], tmp_path / "t.parquet") == 0
    assert pyarrow.parquet.read_table(tmp_path / "t.parquet").column_names == list(COLUMNS)
