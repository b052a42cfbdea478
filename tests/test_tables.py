from __future__ import annotations

import csv
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobility_check.errors import InputError
from mobility_check.tables import COUNT, PORTION, TEXTS, parquet_rows, read_cell, read_rows, safe_cell


@pytest.mark.parametrize("text", ["=cmd()", "+1", "-1", "@x", "\tx", "\rx", "=HYPERLINK(1)", "'=x"])
def test_formulas_are_quoted(text: str) -> None:
    assert safe_cell(text) == "'" + text


@pytest.mark.parametrize(("value", "cell"), [(-1.5, "-1.5"), (3, "3"), (None, ""), (True, "true"), ("P-17", "P-17")])
def test_other_values_stay(value: object, cell: str) -> None:
    assert safe_cell(value) == cell  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["a;=1", "a\t=1", "a,@x", "a\n+1", "a; -1", ";;='x", "=1;=2"])
def test_formulas_behind_a_separator_too(text: str) -> None:
    pieces = re.split(r"[;,\t\n]", safe_cell(text))
    assert not any(piece.lstrip().startswith(("=", "+", "-", "@")) for piece in pieces)


@given(st.text(alphabet="'=+-@ab;, \t\r\n"))
def test_reading_undoes_quoting(text: str) -> None:
    assert read_cell(safe_cell(text)) == text


@pytest.mark.parametrize(
    "text",
    ["a,b\n1,2\n", "a;b\r\n\r\n1;2", "sep=\t\na\tb\n1\t2\n", "\ufeffsep=;\na;b\n1;2\n", '\n"a",b\n="1",2\n'],
    ids=["commas", "semicolons", "a named tab", "a named semicolon behind a mark", "quotes"],
)
def test_rows_of_every_spreadsheet(tmp_path: Path, text: str) -> None:
    (tmp_path / "t.csv").write_bytes(text.encode())
    rows = read_rows(tmp_path / "t.csv", noun="table", max_bytes=1000)
    assert [cells for _, cells in rows] == [["a", "b"], ["1", "2"]]
    lines = text.splitlines()
    assert all("2" in lines[number - 1] for number, _ in rows[1:]), "the line where it stands"


def test_a_cell_that_never_ends_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1," + "x" * (csv.field_size_limit() + 1))
    with pytest.raises(InputError, match=r"cannot be read as a table .*CSV"):
        read_rows(tmp_path / "t.csv", noun="table", max_bytes=10**6)


@pytest.mark.parametrize("count", [0, 1, PORTION, PORTION + 1])
def test_parquet_has_every_row_once_and_in_order(tmp_path: Path, count: int) -> None:
    with parquet_rows(tmp_path / "t.parquet", {"n": COUNT, "names": TEXTS}, content="mine") as add:
        for n in range(count):
            add({"n": n, "names": [str(n)], "other": 1})
    table = pq.read_table(tmp_path / "t.parquet")
    assert table.to_pylist() == [{"n": n, "names": [str(n)]} for n in range(count)]
    assert table.schema.metadata[b"content"] == b"mine"


def _unfinished(path: Path) -> None:
    with parquet_rows(path, {"n": COUNT}) as add:
        add({"n": 1})
        raise RuntimeError


def test_no_parquet_is_left_of_a_table_that_was_not_finished(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError):
        _unfinished(tmp_path / "t.parquet")
    assert list(tmp_path.iterdir()) == []
