from __future__ import annotations

import datetime as dt
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.utils.escape import unescape

from mobility_check.errors import OutputError
from mobility_check.export import workbook
from mobility_check.export.formats import KINDS, Format
from mobility_check.export.workbook import write_xlsx
from mobility_check.files import is_ours
from synthetic.factories import make_rep, make_result, make_side
from tests.export.test_tidy import _record


def sheets(path: Path) -> dict[str, list[dict[str, Any]]]:
    """The cells as another program reads them, by heading; formulas would come as texts that begin with ``=``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # openpyxl's own
        book = openpyxl.load_workbook(path)
    found = {}
    for sheet in book:
        rows = list(sheet.iter_rows())
        names = [cell.value for cell in rows[0]] if rows else []
        found[sheet.title] = [dict(zip(names, row, strict=True)) for row in rows[1:]]
    return found


def test_one_sheet_a_table_with_units_real_numbers_and_dates(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    later = _record(make_result(None, 12.0), session="2026-08-04-bbbbbb", tested_at="2026-08-04T09:30:00")
    write_xlsx([_record(make_result(-3.0, 12.2)), later], path)
    found = sheets(path)
    assert {name: len(rows) for name, rows in found.items()} == {"Sessions": 2, "Legs": 4, "Repetitions": 9}
    first, second = found["Sessions"]
    assert (first["Left (°)"].value, first["Left minus right (°)"].value) == (-3.0, -15.2)
    assert (first["Tested"].value, second["Tested"].value) == (dt.datetime(2026, 8, 3), dt.datetime(2026, 8, 4, 9, 30))
    assert second["Left (°)"].value is None
    leg = found["Legs"][1]
    assert (leg["Leg"].value, leg["Score (°)"].value, leg["95 % low (°)"].value) == ("right", 12.2, 10.142)
    assert (leg["Counted"].value, leg["Found"].value) == (3, 3)
    assert "turn round" in found["Legs"][2]["Why"].value
    rep = found["Repetitions"][0]
    assert (rep["Start (s)"].value, rep["Extension (°)"].value, rep["Counted"].value) == (2.0, -3.4, True)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "http://x.org", "1.5", "_x0041_", "é患\x07\nb"])
def test_texts_of_users_stay_texts(tmp_path: Path, text: str) -> None:
    path = tmp_path / "t.xlsx"
    write_xlsx([_record(subject=text, note=text)], path)
    for rows in sheets(path).values():
        cells = [row["Subject"] for row in rows]
        assert {(unescape(cell.value), cell.data_type) for cell in cells} == {(text, "s")}


def test_every_test_has_its_units(tmp_path: Path) -> None:
    rep = make_rep(None, flexion_deg=88.0, flexion_speed_deg_s=310.0)
    drive = make_result(sides={"left": replace(make_side(88.0), reps=(rep,)), "right": make_side(None)})
    write_xlsx([_record(replace(drive, test="standing-knee-drive"))], tmp_path / "t.xlsx")
    row = sheets(tmp_path / "t.xlsx")["Repetitions"][0]
    assert (row["Flexion (°)"].value, row["Flexion speed (°/s)"].value) == (88.0, 310.0)


def test_a_workbook_of_ours_may_be_replaced_and_one_of_nothing_opens(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    write_xlsx([], path)
    assert sheets(path) == {"Sessions": [], "Legs": [], "Repetitions": []}
    assert is_ours(path, KINDS[Format.XLSX])
    openpyxl.Workbook().save(tmp_path / "theirs.xlsx")
    assert not is_ours(tmp_path / "theirs.xlsx", KINDS[Format.XLSX])


def test_too_many_rows_leave_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MAX_ROWS", 5)
    with pytest.raises(OutputError, match="export them as CSV"):
        write_xlsx([_record()] * 3, tmp_path / "t.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_one_sentence() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full here")
    with pytest.raises(OutputError):
        write_xlsx([_record()], full)
