"""Terminal, page, live card, voice, progress and FHIR text say the same of sessions of all kinds (issue 19.1)."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from datetime import date
from html import unescape
from pathlib import Path

import pytest
from rich.console import Console

from mobility_check.assessments import describe
from mobility_check.cli.table import print_result
from mobility_check.export.fhir import bundle
from mobility_check.history.progress import progress_of
from mobility_check.history.store import HistoryStore
from mobility_check.kinematics.landmarks import Side
from mobility_check.language import speaking
from mobility_check.live.prompts import end_card
from mobility_check.pages import stored_data
from mobility_check.report import ReportData, render
from mobility_check.results import wording
from mobility_check.results.reasons import reason
from mobility_check.results.result import Asymmetry, Result, SideResult
from synthetic.factories import make_rep, make_result
from tests.commandline import call

EARLIER, DAY = date(2026, 8, 3), date(2026, 10, 26)


def limited(result: Result, side: str) -> Result:
    leg = replace(result.sides[side], status="limited", reasons=(reason("far_side_only"),))  # type: ignore[index]
    return replace(result, sides={**result.sides, side: leg})


def by_hand(result: Result) -> Result:
    """The same with landmarks of one rep corrected by hand."""
    leg = result.sides["left"]
    corrected = replace(leg, reps=(replace(leg.reps[0], manual=True), *leg.reps[1:]))
    return replace(result, sides={**result.sides, "left": corrected})


def drive(left_deg: float, right_deg: float) -> Result:
    """A knee drive: flexion, with no interval."""

    def leg(value_deg: float) -> SideResult:
        reps = (make_rep(None, flexion_deg=value_deg, flexion_speed_deg_s=310.0, ci95_deg=None, se_deg=None),)
        return SideResult("scored", (), "near", value_deg, None, value_deg, reps)

    kicks = make_result()
    sides: dict[Side, SideResult] = {"left": leg(left_deg), "right": leg(right_deg)}
    difference = Asymmetry(left_deg - right_deg, None, None)
    return replace(kicks, test="standing-knee-drive", sides=sides, asymmetry=difference)


SESSIONS: dict[str, tuple[Result | None, Result]] = {
    "alike": (None, make_result(20.2, 19.3)),
    "possible": (None, make_result(18.0, 12.2)),
    "clear": (None, make_result(8.0, 20.0)),
    "one leg": (None, make_result(18.0, None)),
    "nothing": (None, make_result(None, None)),
    "no interval": (None, make_result(18.0, 12.0, asymmetry=Asymmetry(6.0, None, None))),
    "limited": (None, limited(make_result(18.0, 17.5), "left")),
    "by hand": (None, by_hand(make_result(18.0, 17.5))),
    "knee drive": (None, drive(88.0, 92.4)),
    "gain": (make_result(18.5, 12.3, clips=("a.mp4",)), make_result(20.2, 19.3)),
    "loss": (make_result(20.0, 26.44, clips=("a.mp4",)), make_result(20.2, 19.46)),
    "negative and unchanged": (make_result(-0.02, 2.0, clips=("a.mp4",)), make_result(-0.04, 1.6)),
}


def _page(data: ReportData) -> str:
    """The words of a page."""
    text = re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", render(data), flags=re.S)
    return " ".join(unescape(text).split())


@pytest.mark.parametrize(("before", "now"), SESSIONS.values(), ids=SESSIONS)
def test_the_faces_do_not_contradict_each_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], before: Result | None, now: Result
) -> None:
    words, database = describe(now.test), tmp_path / "history.db"
    with HistoryStore.open(database) as store:
        for result, day in ((before, EARLIER), (now, DAY)):
            if result is not None:
                store.save(result, subject="P-1", date=day)
        found = progress_of(store.points("P-1")).changes()
        page = _page(stored_data(store, store.find("P-1")[-1], pictures=False))
        fhir = json.dumps(bundle(store.find("P-1")), ensure_ascii=False)
    print_result(now, Console(width=140))
    terminal = capsys.readouterr().out
    shown = end_card(now, changes={side: leg.since_last for side, leg in found.items()})
    card, voice = " ".join(shown.lines), shown.say
    progress = call("history", "progress", "P-1", "--database", database).out

    verdict = wording.comparison(now, words)
    for face in (terminal, fhir):
        assert verdict in face
    assert wording.headline(now, words, found or None, day=DAY) in page
    for side in ("left", "right"):
        leg = now.sides[side]
        score = wording.degrees(leg.score_deg)
        assert wording.STATUS_WORDS[leg.status] in terminal
        assert f"{side.capitalize()} {words.measured}" in fhir
        assert wording.leg_sentence(now, side, words) in fhir
        if leg.score_deg is not None:
            for face in (terminal, page, card):
                assert score in face, (side, score)
            assert f"{side} leg {wording.whole(leg.score_deg)} degrees" in voice.lower()
        if side in found:
            assert wording.change_words(found[side].since_first) in page
            for face in (progress, card, voice):
                assert wording.change_words(found[side].since_last) in face
    if found:
        assert progress.startswith(wording.progress_sentence(found, day=DAY))
    for face in (terminal, page, card, voice, progress, fhir):
        assert not re.search(r"[-−]0(\.0)?°", face)
        assert "no detectable" not in face


@pytest.mark.parametrize(("before", "now"), SESSIONS.values(), ids=SESSIONS)
def test_the_faces_do_not_contradict_each_other_in_german(tmp_path: Path, before: Result | None, now: Result) -> None:
    words, database = describe(now.test), tmp_path / "history.db"
    with HistoryStore.open(database) as store, speaking("de"):
        for result, day in ((before, EARLIER), (now, DAY)):
            if result is not None:
                store.save(result, subject="P-1", date=day)
        found = progress_of(store.points("P-1")).changes()
        page = _page(stored_data(store, store.find("P-1")[-1], pictures=False))
        console = Console(width=160, file=io.StringIO())
        print_result(now, console)
        terminal = console.file.getvalue()  # type: ignore[attr-defined]
        shown = end_card(now, changes={side: leg.since_last for side, leg in found.items()})
        card, voice = " ".join(shown.lines), shown.say
        progress = call("history", "progress", "P-1", "--database", database, MOBILITY_CHECK_LANG="de").out
        assert wording.headline(now, words, found or None, day=DAY) in page
        for face in (terminal, card):
            assert wording.comparison(now, words) in face
        for side in ("left", "right"):
            leg = now.sides[side]
            assert wording.status_word(leg.status) in terminal
            if leg.score_deg is not None:
                assert f" {wording.whole(leg.score_deg)} Grad" in voice
                for face in (terminal, page, card):
                    assert wording.degrees(leg.score_deg) in face
            if side in found:
                for face in (progress, card, voice):
                    assert wording.change_words(found[side].since_last) in face
        if found:
            assert progress.startswith(wording.progress_sentence(found, day=DAY))
    for face in (terminal, page, card, voice, progress):
        assert not re.search(r"[-−]0(,0)?°|\d\.\d°", face)
