from __future__ import annotations

from pathlib import Path

import pytest

from mobility_check.batch.inputs import read_manifest
from mobility_check.errors import InputError, UsageError

ROWS = [("a.mp4", "P1", "2026-08-03", "left"), ("ü b.mp4", "007", "2026-08-04", None)]


@pytest.mark.parametrize(
    "data",
    [
        'path,subject,date,side\na.mp4,P1,2026-08-03,left\n"ü b.mp4","007",2026-08-04,\n'.encode(),
        '\ufeffPath;Subject;Date;Side\r\na.mp4;P1;03.08.2026;L\r\n\r\nü b.mp4;="007";04.08.2026;\r\n'.encode(),
        "sep=;\npath;subject;date;side\na.mp4;P1;20260803;left\nü b.mp4;007;20260804;both\n".encode("cp1252"),
        "path\tsubject\tdate\tside\na.mp4\tP1\t2026-08-03\tleft\nü b.mp4\t007\t2026-08-04\t\n".encode("utf-16"),
        "file,side,date,subject\na.mp4,left,2026/08/03,P1\nü b.mp4,,2026-08-04 00:00:00,007".encode(),
    ],
    ids=["plain", "german spreadsheet", "sep line in the old code page", "unicode text", "other order"],
)
def test_tables_from_spreadsheets(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "m.csv").write_bytes(data)
    for name, *_ in ROWS:
        (tmp_path / name).write_bytes(b"x")
    rows = read_manifest(tmp_path / "m.csv")
    assert not any(r.problem for r in rows)
    assert [(r.uri, r.subject, r.date, r.side) for r in rows] == [(str(tmp_path / name), *said) for name, *said in ROWS]


def test_other_columns_are_kept_and_safe_cells_are_undone(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("path,Room,score_deg\na.mp4,'=3,12\n")
    assert read_manifest(tmp_path / "m.csv")[0].extra == (("room", "=3"), ("score_deg", "12"))


@pytest.mark.parametrize(
    ("row", "word"),
    [
        ("a.mp4,P1,03/08/2026,left", "03/08/2026"),
        ("a.mp4,P1,2026-08-03,inwards", "inwards"),
        (",P1,2026-08-03,left", "no path"),
        ("a, b.mp4,P1,2026-08-03,left", "quotes"),
        (f"a.mp4,{'x' * 65},2026-08-03,left", "65 characters"),
    ],
)
def test_a_bad_row_says_what_is_wrong_and_the_others_count(tmp_path: Path, row: str, word: str) -> None:
    (tmp_path / "m.csv").write_text(f"path,subject,date,side\n{row}\nb.mp4,P2,,\n")
    (tmp_path / "b.mp4").write_bytes(b"x")
    bad, good = read_manifest(tmp_path / "m.csv")
    assert bad.problem is not None
    assert word in bad.problem.message
    assert "line 2," in bad.problem.message
    assert good.problem is None


@pytest.mark.parametrize(("text", "word"), [("a,b\n1,2\n", "'path'"), ("path,x,X\n", "two columns"), ("", "'path'")])
def test_wrong_headings(tmp_path: Path, text: str, word: str) -> None:
    (tmp_path / "m.csv").write_text(text)
    with pytest.raises(UsageError, match=word):
        read_manifest(tmp_path / "m.csv")


def test_no_table_at_all(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="CSV"):
        read_manifest(tmp_path / "m.csv")
    with pytest.raises(InputError, match="cannot be read"):
        read_manifest(tmp_path / "none.csv")
