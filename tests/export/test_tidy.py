from __future__ import annotations

import csv
import io
from dataclasses import replace

import pyarrow
import pyarrow.csv
import pyarrow.parquet
import pytest

from mobility_check.export.tidy import COLUMNS, csv_text, rows, write_parquet
from mobility_check.history.curves import curves_of
from mobility_check.history.records import Record
from mobility_check.results.result import Result
from synthetic.factories import make_rep, make_result, make_session, make_side


def _record(result: Result | None = None, *, session: str = "2026-08-03-aaaaaa", **fields) -> Record:
    made = make_session(result)
    values = {
        "subject": "P-17",
        "tested_at": "2026-08-03",
        "saved_at": "2026-08-03T10:00:00",
        "note": None,
        "curves": curves_of(made),
        "goal_deg": 20.0,
    }
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
        ("left", 1, True),
        ("left", 2, True),
        ("left", 3, True),
        ("left", 4, False),
        ("right", None, None),
    ]
    assert table[3]["reasons"] == "trunk_lean"
    assert table[4]["reasons"] == "leg_not_kicked"
    assert all(set(r) == set(COLUMNS) for r in table)


def test_a_table_program_reads_numbers_as_numbers() -> None:
    table = pyarrow.csv.read_csv(io.BytesIO(_text(_record(make_result(-3.0, 12.0))).encode()))
    assert table["extension_deg"].to_pylist()[:3] == [-3.4, -2.4, -3.2]
    assert table.schema.field("side_score_deg").type == pyarrow.float64()
    assert table.schema.field("valid").type == pyarrow.bool_()


@pytest.mark.parametrize(
    "name", ["=cmd()", "+1", "-x", "@y", "a;=cmd()", "a\t+1", "<script>alert(1)</script>", 'a",b', "é患"]
)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_no_cell_is_a_formula_wherever_a_program_splits(name: str, separator: str) -> None:
    text = _text(_record(subject=name, note=f"{name}\n=second line"))
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
        for cell in row:
            assert not cell.startswith(("=", "+", "@", "\t", "\r"))
            assert not cell.startswith("-") or float(cell.split(",")[0]) < 0


def test_rows_are_short_and_hold_no_copy_of_the_session() -> None:
    lines = _text(_record(make_result(clips=("a.mp4", "b.mp4", "c.mp4")))).splitlines()
    assert max(map(len, lines)) < 800


def test_every_test_brings_its_own_numbers() -> None:
    rep = make_rep(None, flexion_deg=88.0, flexion_speed_deg_s=310.0)
    side = replace(make_side(88.0), reps=(rep,))
    drive = make_result(sides={"left": side, "right": make_side(None)}, test="standing-knee-drive")
    row = rows(_record(drive))[0]
    assert (row["value_deg"], row["flexion_deg"], row["flexion_speed_deg_s"], row["extension_deg"]) == (
        88,
        88,
        310,
        None,
    )
    kick = rows(_record())[0]
    assert (kick["value_deg"], kick["flexion_deg"]) == (17.6, None)


def test_parquet_has_typed_columns(tmp_path) -> None:
    path = tmp_path / "t.parquet"
    write_parquet([_record(), _record(make_result(None, None), session="2026-08-04-bbbbbb")], path)
    table = pyarrow.parquet.read_table(path)
    assert len(table) == 8
    assert table.column_names == list(COLUMNS)
    assert table.schema.field("extension_deg").type == pyarrow.float64()
    assert table["extension_deg"].null_count == 2
    assert table["side_score_deg"].drop_null().unique().to_pylist() == [18.0, 12.2]


def test_parquet_of_nothing(tmp_path) -> None:
    write_parquet([], tmp_path / "t.parquet")
    assert pyarrow.parquet.read_table(tmp_path / "t.parquet").column_names == list(COLUMNS)
