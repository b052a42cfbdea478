"""People: list, chart, two dates, goal, note, export and removal."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from mobility_check.app.chart import LABEL_WIDTH, Chart
from mobility_check.app.pages import key
from mobility_check.history.progress import Point
from mobility_check.history.store import HistoryStore
from synthetic.factories import make_result
from tests.app.conftest import App

DAYS = ("2026-08-03", "2026-09-14", "2026-10-26")
NAMES = ("P-17", "Q 2/ü?#", "<b>x</b>", "../../etc")


@pytest.fixture
def clinic(new_app) -> App:
    """An app over a history with several people."""
    return filled(new_app().enter())


@pytest.fixture(scope="module")
def seen(tmp_path_factory) -> Iterator[App]:
    """The same, for the tests that change nothing in it."""
    app = App(tmp_path_factory.mktemp("seen")).start().enter()
    yield filled(app)
    assert app.stop() == 0


def filled(app: App) -> App:
    with HistoryStore.open(app.folder / "data" / "mobility-check" / "history.db") as store:
        for name in NAMES:
            for n, day in enumerate(DAYS):
                result = make_result()
                inputs = tuple(dataclasses.replace(i, sha256=f"{n}" * 64) for i in result.inputs)
                store.save(dataclasses.replace(result, inputs=inputs), subject=name, date=day, note=f"note {n}")
    return app


def person(name: str) -> str:
    return f"/people/{key(name)}"


def test_everybody_is_listed_and_found(seen):
    page = seen.ask("GET", "/people").body.decode()
    assert "P-17" in page
    assert "&lt;b&gt;x&lt;/b&gt;" in page
    assert "<b>x</b>" not in page
    assert page.count("2026-12-07") == len(NAMES)  # the next test, six weeks on
    found = seen.ask("GET", "/people?q=q+2").body.decode()
    assert "Q 2/" in found
    assert "P-17" not in found
    assert "No pseudonym holds" in seen.ask("GET", "/people?q=zzz").body.decode()


def test_the_newest_date_stands_below_the_chart():
    days = [datetime(2024, 1, 8) + timedelta(days=35 * i) for i in range(30)]
    chart = Chart({"left": [Point(str(d), d, 12.0, (10.0, 14.0), 1.0, "a") for d in days]}, goal_deg=None)
    assert f"{days[-1]:%Y-%m-%d}" in chart.dates()
    places = sorted(chart.dates().values())
    assert min(b - a for a, b in pairwise(places)) >= LABEL_WIDTH


@pytest.mark.parametrize("name", NAMES)
def test_a_person_has_a_page_whatever_the_name(seen, name):
    page = seen.ask("GET", person(name))
    assert page.status == 200
    assert page.body.decode().count("/sessions/") == 3
    assert "progress-chart" in page.body.decode()


def test_nobody_has_none(seen):
    for path in (
        "/people/TS0x",
        "/people/%%%",
        "/people/" + "A" * 3000,
        "/sessions/2026-01-01-abcdef",
        "/sessions/x'--",
    ):
        assert seen.ask("GET", path).status == 404


def sessions(app: App, name: str) -> list[dict]:
    found: list[dict] = app.ask("GET", f"{person(name)}/export/json").json
    return found


def test_two_dates_stand_side_by_side(seen):
    first, _, last = (s["id"] for s in sessions(seen, "P-17"))
    page = seen.ask("GET", f"{person('P-17')}/compare?a={last}&b={first}").body.decode()
    assert page.index(DAYS[0]) < page.index(DAYS[2])
    assert "no change" in page
    report = seen.ask("GET", f"/sessions/{last}/report?before={first}")
    assert report.status == 200
    assert "<script>" not in report.body.decode()
    for pair in (f"a={first}&b={first}", "a=&b=", f"a={first}&b=x"):
        assert seen.ask("GET", f"{person('P-17')}/compare?{pair}").status == 422


def test_sessions_of_one_day_are_told_apart(clinic):
    times = ("2026-11-01T09:12", "2026-11-01T17:40", "2026-11-02", "2026-11-02", "2026-11-03")
    with HistoryStore.open(clinic.folder / "data" / "mobility-check" / "history.db") as store:
        ids = [store.save(make_result(clips=(f"{n}.mp4",)), subject="R-1", date=d).id for n, d in enumerate(times)]
    page = clinic.ask("GET", person("R-1")).body.decode()
    for day in ("2026-11-01 09:12", "2026-11-01 17:40", "2026-11-02 (1)", "2026-11-02 (2)", "2026-11-03"):
        assert page.count(f">{day}<") >= 2, "in the list and in the choice of two dates"
    page = clinic.ask("GET", f"{person('R-1')}/compare?a={ids[1]}&b={ids[0]}").body.decode()
    assert "R-1: <time>2026-11-01 09:12</time> – <time>2026-11-01 17:40</time>" in page


def test_the_next_test_is_due_after_as_many_weeks_as_chosen(clinic):
    assert clinic.ask("POST", "/people", {"weeks": "2"}).status == 303
    assert clinic.ask("GET", "/people").body.decode().count("2026-11-09") == len(NAMES)
    for wrong in ("0", "-1", "105", "x", "", "1e1"):
        assert clinic.ask("POST", "/people", {"weeks": wrong}).status == 422


def test_goal_note_and_date(clinic):
    assert clinic.ask("POST", f"{person('P-17')}/goal", {"goal": "21,5"}).status == 303
    assert 'value="21.5"' in clinic.ask("GET", person("P-17")).body.decode()
    for wrong in ("x", "-3", "1e9", "nan"):
        refused = clinic.ask("POST", f"{person('P-17')}/goal", {"goal": wrong}, Referer=clinic.origin + person("P-17"))
        assert refused.status == 422
        assert f'<a href="{clinic.origin}{person("P-17")}">Back</a>' in refused.body.decode()
    stranger = {"Referer": "http://elsewhere/"}
    assert "elsewhere" not in clinic.ask("POST", f"{person('P-17')}/goal", {"goal": "x"}, **stranger).body.decode()
    assert clinic.ask("POST", f"{person('P-17')}/goal", {"goal": ""}).status == 303
    session = sessions(clinic, "P-17")[0]["id"]
    assert clinic.ask("POST", f"/sessions/{session}", {"date": "2026-08-05", "note": "<i>sore</i>"}).status == 303
    page = clinic.ask("GET", person("P-17")).body.decode()
    assert "2026-08-05" in page
    assert "&lt;i&gt;sore&lt;/i&gt;" in page
    assert clinic.ask("POST", f"/sessions/{session}", {"date": "2999-01-01", "note": ""}).status == 422


def test_pain_of_a_leg_can_be_told_and_taken_back(clinic):
    session = sessions(clinic, "P-17")[0]["id"]
    fields = {"date": "2026-08-05", "note": "", "pain_left": "yes", "pain_right": "no"}
    for left, expected in (("yes", {"left": True, "right": False}), ("", {"right": False})):
        assert clinic.ask("POST", f"/sessions/{session}", fields | {"pain_left": left}).status == 303
        assert sessions(clinic, "P-17")[0]["pain"] == expected
    assert clinic.ask("POST", f"/sessions/{session}", fields | {"pain_left": "maybe"}).status == 422


@pytest.mark.parametrize(
    ("kind", "begins"), [("csv", b"subject,"), ("xlsx", b"PK"), ("json", b"["), ("fhir", b"{"), ("pdf", b"%PDF")]
)
def test_exports(seen, kind, begins):
    answer = seen.ask("GET", f"{person('../../etc')}/export/{kind}")
    assert answer.status == 200
    assert answer.body.startswith(begins)
    assert "/" not in answer.headers["content-disposition"]
    assert seen.ask("GET", f"{person('P-17')}/export/../../x").status == 404


def test_removal_wants_the_name_and_leaves_no_trace(clinic):
    assert clinic.ask("POST", f"{person('P-17')}/delete", {"name": "P-1"}).status == 422
    assert clinic.ask("GET", person("P-17")).status == 200
    assert clinic.ask("POST", f"{person('P-17')}/delete", {"name": "P-17"}).status == 303
    assert clinic.ask("GET", person("P-17")).status == 404
    left = [f for f in clinic.folder.rglob("*") if f.is_file() and b"P-17" in f.read_bytes()]
    assert left == []
    assert len(sessions(clinic, "<b>x</b>")) == len(DAYS)
