"""Every face over every test (issue 15 D): a knee drive was called hip extension and lost in exports."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest

from mobility_check.assessments.descriptions import DESCRIPTIONS
from mobility_check.cli.table import print_result
from mobility_check.export.fhir import bundle
from mobility_check.export.tidy import csv_text
from mobility_check.history.store import HistoryStore
from mobility_check.report import ReportData, render
from mobility_check.results.description import Description
from mobility_check.results.result import Result
from synthetic.factories import make_rep, make_result, make_side
from tests.commandline import call

DAY = date(2026, 10, 26)
VALUES = {"left": 41.7, "right": 33.3}


def result_of(words: Description) -> Result:
    """Numbers that nothing else on a face has."""
    found = make_result(VALUES["left"], VALUES["right"], test=words.test, angle_rule=f"{words.option}/1")
    if words.measured_field == "extension_deg":
        return found
    from dataclasses import replace

    def moved(side: str) -> object:
        leg = make_side(VALUES[side])
        reps = tuple(
            make_rep(None, n=n, flexion_deg=r.extension_deg, ci95_deg=r.ci95_deg, flexion_speed_deg_s=210.0)
            for n, r in enumerate(leg.reps)
        )
        return replace(leg, reps=reps)

    return replace(found, sides={side: moved(side) for side in ("left", "right")})  # type: ignore[misc]


@pytest.fixture(params=DESCRIPTIONS.values(), ids=DESCRIPTIONS)
def words(request: pytest.FixtureRequest) -> Description:
    return request.param  # type: ignore[no-any-return]


def others(words: Description) -> list[str]:
    """What belongs to the other tests only."""
    return [w for d in DESCRIPTIONS.values() if d is not words for w in (d.measured, f"{moves(d)} ")]


def moves(words: Description) -> str:
    """What the leg does: ``goes back``, ``rises``."""
    return words.less.removeprefix("{leg} ").partition(" {size}")[0]


def test_report(words: Description) -> None:
    html = render(ReportData(result_of(words), day=DAY))
    text = re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", html, flags=re.S).split("Why these exercises")[0]
    assert words.measured in text
    assert "41.7°" in text
    assert "42.3°" in text, "each repetition's own number"
    assert f"{moves(words)} 8.4° less" in text
    assert not [w for w in others(words) if w in text.lower()]


def test_table(words: Description, capsys: pytest.CaptureFixture[str]) -> None:
    from rich.console import Console

    console = Console(width=140)
    print_result(result_of(words), console)
    out = capsys.readouterr().out
    assert words.measured in out.lower()
    assert "42.3°" in out
    assert not [w for w in others(words) if w in out.lower()]


def test_json_comes_back(words: Description) -> None:
    result = result_of(words)
    again = Result.from_dict(json.loads(json.dumps(result.to_dict())))
    assert [words.value_deg(r) for r in again.sides["left"].reps] == [41.3, 42.3, 41.5]


@pytest.fixture
def database(words: Description, tmp_path: Path) -> Path:
    path = tmp_path / "history.db"
    with HistoryStore.open(path) as store:
        store.save(result_of(words), subject="P-1", date=DAY)
    return path


def test_csv_and_fhir(words: Description, database: Path) -> None:
    with HistoryStore.open(database) as store:
        records = store.find("P-1")
    assert "42.3" in "".join(csv_text(records))
    found = json.dumps(bundle(records))
    assert words.fhir_text in found
    assert "42.3" in found
    assert not [w for w in others(words) if w in found.lower()]


def test_history_show(words: Description, database: Path) -> None:
    run = call("history", "show", "2026-10-26", "--database", database)
    assert run.code == 0, run
    assert "42.3°" in run.out
    assert "no angle" not in run.out
