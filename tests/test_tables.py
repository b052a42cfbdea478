from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobility_check.tables import read_cell, safe_cell


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
