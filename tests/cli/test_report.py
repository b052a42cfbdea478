"""``mobility-check report`` on a history of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobility_check.history.store import HistoryStore
from mobility_check.pose.store import save_track
from synthetic.factories import make_result, make_session
from synthetic.stickfigure import Figure, kicks
from tests.commandline import call

HOSTILE = "../../<script>alert(1)</script>"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    from mobility_check.history.curves import curves_of

    path = tmp_path / "history.db"
    with HistoryStore.open(path) as store:
        for day, right in (("2026-08-03", 12.1), ("2026-09-14", 15.0), ("2026-10-26", 19.5)):
            session = make_session(make_result(18.0, right, clips=(f"{day}.mp4",)))
            store.save(session.result, subject="P-17", date=day, note="x", curves=curves_of(session))
        store.save(make_result(18.0, None), subject=HOSTILE, date="2026-10-26")
        store.set_goal("P-17", 22.0)
    return path


def test_a_subjects_page_has_the_newest_session_and_the_progress(database: Path, tmp_path: Path) -> None:
    run = call("report", "P-17", "-o", tmp_path / "p17.html", "--database", database)
    assert (run.code, run.err) == (0, "")
    assert run.out.strip() == str(tmp_path / "p17.html")
    html = (tmp_path / "p17.html").read_text("utf-8")
    assert "26 October 2026" in html
    assert "+7.4° since August: likely a real change" in html
    assert "0.0° since August: no change" in html
    assert "the goal, 22.0°" in html
    assert "The clip is not at its place any more" in html


def test_several_pages_share_one_folder_and_hostile_names_stay_inside(database: Path, tmp_path: Path) -> None:
    out = tmp_path / "pages"
    out.mkdir()
    run = call("report", "P-17", HOSTILE, "-o", out, "--assets", "shared", "--no-pictures", "--database", database)
    assert run.code == 0, run
    pages = [p for p in out.iterdir() if p.is_file()]
    assert len(pages) == 2
    assert len([p for p in out.iterdir() if p.is_dir()]) == 1
    assert sorted(p.name for p in tmp_path.iterdir() if "history" not in p.name) == ["pages"]
    assert all("<script>alert(1)" not in p.read_text("utf-8") for p in pages)


def test_linked_videos_are_addressed_from_the_page(database: Path, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    video = tmp_path / "seen it.mp4"
    assert call("report", "P-17", "-o", tmp_path / "a" / "x.html", "--video", video, "--database", database).code == 0
    assert 'src="../seen%20it.mp4"' in (tmp_path / "a" / "x.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (["nobody", "-o", "x.html"], 5, "nobody"),
        (["P-17", "P-17", "-o", "x.html"], 2, "folder"),
        (["P-17", "-o", "x.html", "--advice", "none.toml"], 2, "advice"),
        (["P-17", "-o", "no/x.html"], 3, "folder"),
        (["P-17", "P-17", "-o", ".", "--pdf", "x.pdf"], 2, "one page"),
    ],
)
def test_mistakes_are_one_sentence(database: Path, tmp_path: Path, args: list[str], code: int, says: str) -> None:
    assert says in call("report", *args, "--database", database, cwd=tmp_path).sentence(code=code)


def test_without_a_browser_the_page_is_there_and_the_pdf_is_explained(database: Path, tmp_path: Path) -> None:
    run = call("report", "P-17", "-o", "x.html", "--pdf", "x.pdf", "--database", database, cwd=tmp_path, PATH="")
    if run.code == 0:
        pytest.skip("a browser was found outside of the search path")
    assert run.code == 2
    assert "install Chromium" in run.err
    assert (tmp_path / "x.html").is_file()


def test_analyze_writes_the_page_of_what_it_measured(tmp_path: Path) -> None:
    save_track(Figure(kicks("right", extension_deg=18.0), duration_s=15.0).track(), tmp_path / "kicks.npz")
    run = call("analyze", "--track", "kicks.npz", "--report", "page.html", "--date", "2026-08-03", "-q", cwd=tmp_path)
    assert (run.code, run.out) == (0, "")
    html = (tmp_path / "page.html").read_text("utf-8")
    assert "Only the right leg was measured" in html
    assert 'class="figure figure-right"' in html
    assert "The clip could not be read again" in html
    assert "3 August 2026" in html


def test_the_page_of_a_clip_bears_the_clinic_and_the_pain(tmp_path: Path) -> None:
    save_track(Figure(movements=kicks("right", extension_deg=18.0), duration_s=18.0).track(), tmp_path / "t.npz")
    (tmp_path / "own.toml").write_text("schema = 2")
    words = ("analyze", "--track", tmp_path / "t.npz", "--quiet")
    head = ("--clinic", "Haus am See", "--examiner", "A. Weber", "--pain", "right")
    run = call(*words, *head, "--report", tmp_path / "x.html", "--database", tmp_path / "history.db")
    assert (run.code, run.err) == (0, "")
    html = (tmp_path / "x.html").read_text("utf-8")
    for text in ("Haus am See", "A. Weber", ">Pain during the test<", ">No pain during the test<"):
        assert text in html
    assert "--report OUT.html" in call(*words, "--clinic", "Haus am See").sentence(code=2)
    own = call(*words, "--advice", tmp_path / "own.toml", "--report", tmp_path / "y.html")
    assert "has a mistake" in own.sentence(code=2)
    assert not (tmp_path / "y.html").exists()
