"""The page as text: size, escaping, what it says, where it is written."""

from __future__ import annotations

import dataclasses
import json
import re
import time
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from mobility_check.assessments.descriptions import KICK_BACK
from mobility_check.errors import MissingExtraError, OutputError
from mobility_check.kinematics.landmarks import Side
from mobility_check.report import Progress, ProgressPoint, ReportData, render, write_report
from mobility_check.report.charts import progress as progress_chart
from mobility_check.report.pdf import find_browser, print_pdf
from mobility_check.report.timeline import MAX_POINTS, clips_from_curves, timeline
from mobility_check.results.result import Provenance
from synthetic.factories import make_clip_analysis, make_result, make_session
from tests.report.conftest import full_data, make_progress, no_browser


class Words(HTMLParser):
    """Visible text, and every address that a page points to."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text: list[str] = []
        self.addresses: list[str] = []
        self.tags: list[str] = []
        self._hidden = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._hidden += tag in ("script", "style")
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "action", "srcset")]

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.text.append(data)

    def __str__(self) -> str:
        return " ".join(" ".join(self.text).split())


def test_without_pictures_the_page_is_below_two_megabytes() -> None:
    session = make_session(make_result(clips=("a.mp4", "b.mp4", "c.mp4")))
    data = ReportData.from_session(session, progress=make_progress())
    assert len(render(data).encode("utf-8")) < 2_000_000


def test_a_page_takes_less_than_two_seconds() -> None:
    render(full_data())
    start = time.process_time()
    render(full_data())
    assert time.process_time() - start < 2.0


def test_nothing_outside_is_pointed_to() -> None:
    addresses = Words(render(full_data())).addresses
    assert addresses
    assert all(a.startswith(("#", "data:image/jpeg;base64,")) for a in addresses)


def test_shared_pages_point_to_one_folder_that_is_written_once(tmp_path: Path) -> None:
    write_report(full_data(), tmp_path / "a.html", assets="shared")
    folder = next(p for p in tmp_path.iterdir() if p.is_dir())
    stamps = {p.name: p.stat().st_mtime_ns for p in folder.iterdir()}
    write_report(full_data(), tmp_path / "b.html", assets="shared")
    assert folder.name.startswith("mobility-check-assets-")
    assert {p.name: p.stat().st_mtime_ns for p in folder.iterdir()} == stamps
    assert (tmp_path / "b.html").stat().st_size < 250_000
    pointed = {a for a in Words((tmp_path / "b.html").read_text("utf-8")).addresses if a.startswith(folder.name)}
    assert all((tmp_path / a).is_file() for a in pointed)
    assert len(pointed) == 3


@pytest.mark.parametrize("field", ["subject", "note"])
def test_hostile_text_is_escaped(field: str) -> None:
    hostile = "</title><script>alert(1)</script>{{ 7*7 }}\"'"
    html = render(full_data(**{field: hostile}))
    assert "<script>alert(1)" not in html
    assert hostile in str(Words(html))


def test_hostile_file_names_and_reasons_are_escaped() -> None:
    result = make_result(clips=('"><img src=x onerror=alert(1)>.mp4',), model="<b>model</b>")
    page = Words(render(ReportData.from_session(make_session(result))))
    assert "img" not in [t for t in page.tags if t == "img"]
    assert "<b>model</b>" in str(page)


def test_only_file_names_are_shown_not_folders() -> None:
    html = render(ReportData(make_result(clips=("/home/ann/secret/clip.mp4", "C:\\Users\\ann\\b.mp4"))))
    assert "secret" not in html
    assert "Users" not in str(Words(html))
    assert "b.mp4 (1080" in str(Words(html))


def test_json_cannot_end_its_script() -> None:
    data = re.search(r'id="chart-data">(.*?)</script>', render(full_data()), re.DOTALL)
    assert data is not None
    assert not re.search("[<>&]", data[1])
    assert '<div class=\\"tip\\"' in json.dumps(json.loads(data[1])["curves"]), "there was something to escape"


def test_page_says_what_it_must() -> None:
    text = str(Words(render(full_data())))
    for words in (
        "The right leg now goes back 5.8° less, a possible difference.",
        "Apparent",
        "Not a medical device",
        "± 2.1°",
        "26 October 2026",
        "7 December 2026",
        "Stop if you feel pain",
        "pose_landmarker_heavy",
        "kick-back/1",
        "no published norm",
        "P-17",
    ):
        assert words in text


def test_not_scored_says_why_and_how_to_film_again() -> None:
    text = str(Words(render(ReportData.from_session(make_session(make_result(None, None))))))
    assert "No angle could be measured" in text
    assert "No backward kick was found" in text
    assert "Film it again like this" in text
    assert "Half-kneeling" not in text


def test_a_result_alone_is_enough() -> None:
    html = render(ReportData(make_result()))
    assert "The angle curve of this session was not kept" in str(Words(html))
    assert html.count('class="figure figure-') == 2


def test_missing_numbers_are_never_zero() -> None:
    result = make_result()
    left = result.sides["left"]
    bare = dataclasses.replace(
        left.reps[0],
        extension_deg=None,
        ci95_deg=None,
        thigh_deg=None,
        trunk_lean_deg=None,
        knee_flexion_deg=None,
        hold_s=None,
        valid=False,
    )
    sides = {**result.sides, "left": dataclasses.replace(left, reps=(bare, *left.reps[1:]), ci95_deg=None)}
    text = str(Words(render(ReportData.from_session(make_session(dataclasses.replace(result, sides=sides))))))
    row = text[text.index("Every kick") :]
    assert "Left 1 2.0–6.0 s –" in row
    assert not re.search(r"\bnan\b", text.lower())


def test_one_session_has_a_chart_but_no_change() -> None:
    one: dict[Side, tuple[ProgressPoint, ...]] = {"left": (ProgressPoint(datetime(2026, 1, 1), 12.0, None),)}
    html = render(full_data(progress=Progress(one)))
    assert 'data-chart="progress"' in html
    assert "since" not in str(Words(html)).split("Annex")[0]
    assert 'data-chart="progress"' not in render(full_data(progress=None))


def test_the_change_is_said_first_with_a_chip_per_leg() -> None:
    text = str(Words(render(full_data())))
    assert "Right hip: 5.0° → 12.2° since 14 September" not in text
    assert "Right hip: 5.0° → 12.2° since September, likely a real change. The right leg now goes back" in text
    assert "+7.2° since September: likely a real change" in text
    assert "−0.4° since September: no change" in text


def test_numbers_intervals_and_statuses_stand_once_on_the_sheet() -> None:
    sheet = str(Words(render(full_data(progress=None, note=None)))).split("Annex")[0]
    assert sheet.count("18.0°") == sheet.count("12.2°") == 1
    assert sheet.count("5.8°") == 1
    assert sheet.count("Measured") == 2
    assert "-0.0" not in sheet


def test_every_test_is_shown_in_its_own_words() -> None:
    drive = make_result(test="standing-knee-drive")
    text = str(Words(render(ReportData(drive))))
    assert "Standing knee drive: hip flexion" in text
    assert "rises 5.8° less" in text
    assert not re.search(r"\bkicks?\b|goes back|extension", text.split("Why these")[0].replace("Slow kick-back", ""))


def test_a_planted_script_in_the_shared_folder_is_replaced(tmp_path: Path) -> None:
    write_report(full_data(), tmp_path / "a.html", assets="shared")
    (folder,) = (p for p in tmp_path.iterdir() if p.is_dir())
    (folder / "page.js").write_text("alert(1)")
    (folder / "bokeh.min.js").unlink()
    outside = tmp_path / "outside.js"
    outside.write_text("mine")
    (folder / "bokeh.min.js").symlink_to(outside)
    write_report(full_data(), tmp_path / "b.html", assets="shared")
    assert "alert(1)" not in (folder / "page.js").read_text()
    assert not (folder / "bokeh.min.js").is_symlink()
    assert outside.read_text() == "mine"


def test_progress_line_is_broken_where_the_series_changes() -> None:
    def lines(progress: Progress) -> int:
        return len(re.findall('"name":"Line"', json.dumps(progress_chart(progress, KICK_BACK), separators=(",", ":"))))

    same = make_progress()
    joined = {s: tuple(dataclasses.replace(p, series="a") for p in rows) for s, rows in same.legs.items()}
    assert lines(same) - lines(dataclasses.replace(same, legs=joined)) >= 2


def test_long_sessions_are_thinned_and_clips_stand_apart() -> None:
    result = make_result(clips=("a.mp4", "b.mp4"))
    clips = tuple(make_clip_analysis(result, clip=i, duration_s=400.0) for i in range(2))
    line = timeline(result, clips)
    assert len(line.time_s) <= MAX_POINTS + 2
    assert line.starts_s == (0.0, 21.0)
    assert np.isnan(line.time_s).sum() == 1
    assert {k.side for k in line.reps if k.start_s > 21.0} == {"right"}


def test_curves_are_split_by_near_and_far() -> None:
    result = make_result()
    line = timeline(result, (make_clip_analysis(result),))
    first_half = line.time_s < 9.0
    assert np.isnan(line.near["left"][first_half]).all()
    assert np.isfinite(line.near["right"][first_half]).any()
    assert np.isnan(line.far["right"][first_half]).all()


def test_stored_curves_come_back() -> None:
    from mobility_check.history.curves import curves_of

    session = make_session()
    clips = clips_from_curves(json.loads(json.dumps(curves_of(session))), session.result)
    kept = np.isin(np.round(session.clips[0].time_s, 3), clips[0].time_s)
    for side in ("left", "right"):
        np.testing.assert_allclose(
            clips[0].legs[side].extension_deg, session.clips[0].legs[side].extension_deg[kept], atol=0.006
        )
    assert [s.facing for s in clips[0].segments] == ["right", "left"]
    assert clips[0].reps["left"] == session.result.sides["left"].reps
    assert clips_from_curves(None, session.result) == ()


def test_an_unwritable_place_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="does not exist"):
        write_report(full_data(), tmp_path / "no" / "report.html")
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        write_report(full_data(), tmp_path / "file" / "report.html", assets="shared")


def test_old_results_without_newer_fields_render() -> None:
    result = make_result(provenance=Provenance("0.0.1", "replay", "x", None))
    assert "Model checksum" not in str(Words(render(ReportData(result))))


def test_no_browser_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with no_browser(monkeypatch), pytest.raises(MissingExtraError, match="install Chromium"):
        find_browser()


def test_a_browser_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="could not print"):
        print_pdf(tmp_path / "none.html", tmp_path / "out.pdf", browser=str(tmp_path / "nothing"))
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_no_utf8_is_shown_with_a_sign_in_its_place(tmp_path: Path) -> None:
    write_report(full_data(note="caf\udce9.mp4"), tmp_path / "a.html")
    assert "caf\ufffd.mp4" in (tmp_path / "a.html").read_text("utf-8")
