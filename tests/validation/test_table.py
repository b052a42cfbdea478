"""Tables as people's spreadsheets write them, good and bad."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobility_check.errors import InputError
from mobility_check.validation.agreement import Reading
from mobility_check.validation.table import read_table

PLAIN = "subject,side,tool_deg,reference_deg\nP1,left,17.2,16.0\nP1,right,12.5,13\nP2,left,20,19.5\n"
WANTED = (Reading("P1", "left", 17.2, 16.0), Reading("P1", "right", 12.5, 13.0), Reading("P2", "left", 20.0, 19.5))


def write(folder: Path, content: str | bytes) -> Path:
    path = folder / "pairs.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    "content",
    [
        PLAIN,
        PLAIN.replace("\n", "\r\n"),
        b"\xef\xbb\xbf" + PLAIN.encode(),
        PLAIN.replace(",", ";").replace(".", ","),
        PLAIN.replace(",", "\t"),
        PLAIN.encode("utf-16"),
        PLAIN.replace("tool_deg", "Tool deg").replace("left", "L").replace("right", "R"),
        PLAIN.replace("17.2", "17.2°").replace("16.0", " 16 "),
        PLAIN.replace("17.2", '"17,2"'),
        "\n\n" + PLAIN + "\n,,,\n",
        "note,reference_deg,subject,side,tool_deg\n,16.0,P1,left,17.2\n,13,P1,right,12.5\nx,19.5,P2,left,20\n",
    ],
    ids=[
        "plain",
        "crlf",
        "bom",
        "semicolons",
        "tabs",
        "utf-16",
        "header words",
        "degree sign",
        "quoted",
        "blank",
        "order",
    ],
)
def test_the_same_pairs_from_every_spreadsheet(tmp_path: Path, content: str | bytes) -> None:
    table = read_table(write(tmp_path, content))
    assert table.pairs == WANTED
    assert table.incomplete_lines == ()


def test_umlauts_of_an_old_windows_spreadsheet(tmp_path: Path) -> None:
    assert read_table(write(tmp_path, PLAIN.replace("P2", "Mü").encode("cp1252"))).pairs[2].subject == "Mü"


def test_dates_reps_and_negative_angles(tmp_path: Path) -> None:
    text = "subject,side,date,rep,tool_deg,reference_deg\n" + "a,left,2026-08-03,2,-1.5,\N{MINUS SIGN}2\n" * 3
    assert read_table(write(tmp_path, text)).pairs[0] == Reading("a", "left", -1.5, -2.0, date="2026-08-03", rep="2")


def test_lines_without_a_measurement_are_left_out_and_named(tmp_path: Path) -> None:
    table = read_table(write(tmp_path, PLAIN.replace("\nP2", "\n\nP1,left,,14\nP1,right,n/a,12\nP2")))
    assert table.pairs == WANTED
    assert table.incomplete_lines == (5, 6)


def test_a_cell_protected_from_being_a_formula_is_read_back(tmp_path: Path) -> None:
    assert read_table(write(tmp_path, PLAIN.replace("P2", "'=P2"))).pairs[2].subject == "=P2"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "is empty"),
        ("subject,side,tool\nP1,left,3\n", "lacks tool_deg, reference_deg;"),
        (PLAIN + "P3,left,abc,12\n", "Line 5 of 'pairs.csv': 'abc' is not a number"),
        (PLAIN + "P3,left,172,17\n", "Line 5 of 'pairs.csv': 172° is more than a hip can move"),
        (PLAIN + "P3,up,17,17\n", "the side is 'up'; write left or right"),
        (PLAIN + ",left,17,17\n", "names no subject"),
        (PLAIN + "P3,left,17,2,16,5\n", "separate the columns by semicolons"),
        ("subject,side,tool_deg,reference_deg\nP1,left,1,2\n", "holds 1 complete pair of"),
        (b"PK\x03\x04\x00\x00\x00\x00", "is not a text table"),
    ],
)
def test_bad_tables_say_where_and_what_to_do(tmp_path: Path, content: str | bytes, says: str) -> None:
    with pytest.raises(InputError) as caught:
        read_table(write(tmp_path, content))
    assert says in str(caught.value)


def test_a_missing_table_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(InputError, match="is a folder"):
        read_table(tmp_path)
