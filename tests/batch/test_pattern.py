from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobility_check.batch.pattern import compile_pattern, read_date, read_side, view_side
from mobility_check.errors import UsageError


@pytest.mark.parametrize(
    ("pattern", "path", "fields"),
    [
        (
            "{subject}_{date:%Y%m%d}_{view}",
            "/x/P-17_20260803_left.mp4",
            {"subject": "P-17", "date": "2026-08-03", "view": "left"},
        ),
        (
            "{subject}_{date:%Y%m%d}_{view}",
            "/x/van_der_Berg_20260803_R.MOV",
            {"subject": "van_der_Berg", "date": "2026-08-03", "view": "R"},
        ),
        (
            "{subject}/{date}_{side}",
            "/share/P1/2026-08-03_left.mp4",
            {"subject": "P1", "date": "2026-08-03", "side": "left"},
        ),
        ("{date:%d.%m.%y} {subject}", "C:\\clips\\03.08.26 Å Ö.mp4", {"date": "2026-08-03", "subject": "Å Ö"}),
        ("{subject}.{_}.{date}", "/x/a.anything at all.20260803.mp4", {"subject": "a", "date": "2026-08-03"}),
        ("{{{subject}}}", "/x/{a}.mp4", {"subject": "a"}),
        ("{room}-{subject}", "/x/3-P1.mp4", {"room": "3", "subject": "P1"}),
    ],
)
def test_reads_names(pattern: str, path: str, fields: dict[str, str]) -> None:
    assert compile_pattern(pattern).read(path) == fields


@pytest.mark.parametrize(
    "path", ["/x/P1.mp4", "/x/P1_20261303_left.mp4", "/x/_20260803_left.mp4", "/x/P1_2026083_l.mp4"]
)
def test_a_name_that_does_not_fit_is_none(path: str) -> None:
    assert compile_pattern("{subject}_{date:%Y%m%d}_{view}").read(path) is None


@pytest.mark.parametrize(
    ("pattern", "word"),
    [
        ("{subject", "cannot be read"),
        ("plain", "no field"),
        ("{subject}{view}", "nothing separates"),
        ("{subject}_{subject}", "twice"),
        ("{date:%Q}", "%Q"),
        ("{date:%}", "not known"),
        ("{0}", "plain word"),
        ("{subject:%Y}", "only {date}"),
        ("{subject!r}", "plain word"),
        ("{_}", "no field"),
    ],
)
def test_a_bad_pattern_is_a_sentence(pattern: str, word: str) -> None:
    with pytest.raises(UsageError, match=word):
        compile_pattern(pattern)


def test_a_month_in_letters_ends_where_its_name_does() -> None:
    fields = compile_pattern("{subject}_{date:%d%B%Y}{view}").read("/x/P1_03august2026left.mp4")
    assert fields == {"subject": "P1", "date": "2026-08-03", "view": "left"}


def test_no_name_takes_long() -> None:
    """Tried in each way to cut it, it would take years."""
    assert compile_pattern("{a}_{b}_{c}_{d}_{e}x").read("/" + "_" * 2000) is None


def test_a_date_between_open_fields_separates_them() -> None:
    fields = compile_pattern("{subject}{date:%Y%m%d}{view}").read("/x/P120260803left.mp4")
    assert fields == {"subject": "P1", "date": "2026-08-03", "view": "left"}


@given(
    subject=st.text(st.characters(categories=["L", "N"], include_characters="-_ ."), min_size=1, max_size=20),
    day=st.dates(min_value=date(1990, 1, 1), max_value=date(2060, 1, 1)),
    view=st.sampled_from(["left", "right", "front"]),
)
def test_what_was_written_into_a_name_is_read_from_it(subject: str, day: date, view: str) -> None:
    fields = compile_pattern("{subject}_{date:%Y%m%d}_{view}").read(f"/a/{subject}_{day:%Y%m%d}_{view}.mp4")
    assert fields is not None
    assert fields["view"] == view
    if f"{day:%Y%m%d}" not in subject:
        assert fields == {"subject": subject.strip(), "date": day.isoformat(), "view": view}


@pytest.mark.parametrize("text", ["2026-08-03", "20260803", "2026/08/03", "03.08.2026", "2026-08-03 14:05:00"])
def test_dates_of_spreadsheets(text: str) -> None:
    assert read_date(text) == date(2026, 8, 3)


@pytest.mark.parametrize("text", ["03/08/2026", "yesterday", "2026-02-30"])
def test_a_date_that_could_mean_two_days_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="2026-08-03"):
        read_date(text)


def test_sides() -> None:
    assert [read_side(s) for s in (" Left", "R", "", "both")] == ["left", "right", None, None]
    assert [view_side(s) for s in ("left", "front")] == ["left", None]
    with pytest.raises(ValueError, match="inwards"):
        read_side("inwards")


@pytest.mark.parametrize("year", ["0001", "1969", "2200", "9999"])
def test_a_year_in_which_nobody_is_tested_is_no_date(year: str) -> None:
    assert compile_pattern("{subject}_{date:%Y%m%d}").read(f"P1_{year}0803.mp4") is None
    with pytest.raises(ValueError, match="not understood"):
        read_date(f"{year}-08-03")
