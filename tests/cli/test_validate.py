"""``mobility-check validate`` as a user runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

TABLE = "subject;side;tool_deg;reference_deg\n" + "".join(
    f"P{i};{side};{15 + i + d:.1f};{15 + i}\n".replace(".", ",")
    for i in range(5)
    for side, d in (("left", 1.2 + 0.1 * i), ("right", 0.9 - 0.05 * i))
)


def run(*args: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from mobility_check.cli import main; main()", "validate", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=120, check=False)


def test_table_in_words_and_plot(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(TABLE, encoding="utf-8-sig")
    done = run(path, "--plot", tmp_path / "p.svg")
    assert (done.returncode, done.stderr) == (0, "")
    for words in ("10 / 5", "limits of agreement", "ICC(2,1)", "reads 1.1° higher", "measure 10 or more"):
        assert words in done.stdout
    assert (tmp_path / "p.svg").stat().st_size > 1000


def test_json_is_one_object_with_the_same_numbers(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(TABLE, encoding="utf-8")
    found = json.loads(run(path, "--json").stdout)
    assert found["schema"] == "mobility-check/validation/1"
    assert found["limits"]["subjects"] == 5
    assert abs(found["limits"]["bias_deg"] - 1.1) < 0.06
    assert found["repeat_tool"] is None


def test_bad_table_is_one_sentence_and_exit_code_3(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(TABLE + "P9;left;x;3\n", encoding="utf-8")
    done = run(path, "--plot", tmp_path / "p.png")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == (
        "mobility-check: Line 12 of 't.csv': 'x' is not a number of degrees; correct it or leave the cell empty.\n"
    )
    assert not (tmp_path / "p.png").exists()
