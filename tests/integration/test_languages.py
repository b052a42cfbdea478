"""Every face in a language in which only what comes from the catalogues stands in brackets: no English is left."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from mobility_check import cli
from mobility_check.app import server
from mobility_check.cli.table import print_result
from mobility_check.errors import MobilityCheckError
from mobility_check.history.saving import save_session
from mobility_check.history.store import HistoryStore
from mobility_check.language import gettext
from mobility_check.live.faces import Painter, TextFace
from mobility_check.live.prompts import end_card, load_texts
from mobility_check.live.runner import Stats
from mobility_check.live.view import View
from mobility_check.pages import stored_data
from mobility_check.pipeline import analyze_tracks
from mobility_check.pose.store import save_track
from mobility_check.report import ReportData, render
from mobility_check.results.reasons import MESSAGES, told
from mobility_check.results.result import Reason, Result
from mobility_check.video.canvas import Canvas
from mobility_check.video.overlay import annotate
from synthetic.factories import make_result, make_session
from synthetic.stickfigure import Figure, kicking_track, kicks
from tests import pseudo
from tests.app.filled import fill
from tests.batch.conftest import scheduler  # noqa: F401 - a fixture
from tests.beside import run_beside
from tests.field.test_six_faces import SESSIONS
from tests.live.helpers import play, session
from tests.pseudo import left_over
from tests.video.clips import make_clip

NAMES = {
    *("csv", "xlsx", "parquet", "json", "fhir", "out", "Videos"),
    *("mediapipe", "pose_landmarker_heavy", "full", "heavy", "kick", "back", "knee", "drive", "SEM", "SESSION"),
    *("subject", "side", "tool_deg", "reference_deg", "wrong", "memory", "format", "note"),
}
"""Files, models and columns that are shown below; names of options and of their values; a measure; what was typed."""
APP_NAMES = {"app", "clips", "date", "view", "home", "me"}
"""Folders and a pattern that the app gives as examples."""
STATS = Stats(29.0, 25.0, 31.0, 12.0, 60.0)


@pytest.fixture(autouse=True)
def pseudo_language() -> Iterator[None]:
    with pseudo.spoken():
        yield


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in with a history: somebody with three sessions, a note and pain, somebody without a score."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MOBILITY_CHECK_DATABASE", str(tmp_path / "1.db"))
    for day, left, right in (("2026-08-03", 18.0, 12.2), ("2026-09-14", 18.4, 15.3), ("2026-10-26", 19.8, 19.3)):
        result = make_result(left, right, clips=(f"{day}.mp4",))
        save_session(make_session(result), subject="P-1", date=day, note="1", pain={"left": True, "right": False})
    save_session(make_session(make_result(None, None, clips=("2.mp4",))), subject="P-2", date="2026-08-03")
    return tmp_path


def left_of_calls(calls: tuple[str, ...], capsys: pytest.CaptureFixture[str], **names: str) -> dict[str, set[str]]:
    """What is left over in all that the commands write, their errors included."""
    found = {}
    for call in calls:
        with suppress(SystemExit):
            try:
                cli._called(call.format(**names).split())
            except MobilityCheckError as error:
                print(error.shown)
        printed = capsys.readouterr()
        text = (printed.out + printed.err).replace(str(Path.cwd()), "")
        if words := left_over(text, NAMES | set(call.split())):
            found[call] = words
    return found


NOT_READ = r'<style\b.*?</style>|<code>.*?</code>|<span class="url">.*?</span>'
"""Program text, and addresses of the sources."""


NOT_READ = r'<(style|script)\b.*?</\1>|<code>.*?</code>|<span class="url">.*?</span>'
"""Program text, and addresses of the sources."""


def shown(html: str) -> str:
    """What of a page is read, its labels too."""
    body = re.sub(NOT_READ, " ", html[html.index("<body") :], flags=re.DOTALL)
    labels = re.findall(r'\b(?:aria-label|alt|title|placeholder)="([^"]*)"', body)
    text = unescape(" ".join([re.sub(r"<[^>]*>", " ", body), *labels]))
    return re.sub(
        r"⟦(Trunk lean|Kicking knee|Standing knee): ", r"⟦\1⟧", text
    )  # headings that are cut before their comma


HISTORY = (
    "history list", "history list P-1 -n 1", "history list P-9", "history show 2026-08-03", "history show 2026-10",
    "history progress P-1", "history progress P-1 --goal 25", "history progress P-2", "history progress P-9",
    "history edit 2026-09 --pain left --note 2", "history path", "history backup 3.db", "history backup 3.db",
    "history status", "history delete 2026-09 --yes", "history forget P-1 --yes", "history forget P-1 --yes",
    "history list P-1", "history nothing", "history delete",
)  # fmt: skip
CALLS = (
    "analyze 3.npz", "analyze 8.mp4", "analyze 3.npz --test x", "analyze . --json x", "analyze 3.npz --wrong",
    "batch 1.npz 2.npz 3.npz 4.npz --dry-run", "batch 1.npz 2.npz 3.npz 4.npz -o out --scheduler {scheduler}",
    "batch 1.npz -o out --scheduler {scheduler}", "batch .", "batch 9 -o x", "batch 7.csv -o x", "batch . --memory nan",
    "report P-1 -o 2.html", "report P-9 -o 2.html", "report", "export P-1 --format xlsx -o 1.xlsx",
    "export P-1 --format x", "export P-9", "import 3.npz", "import 9", "validate 5.csv --plot 3.svg", "validate 6.csv",
    "validate 5.csv --marker x", "models fetch x", "schema x", "doctor", "live --camera 9.mp4 --no-window",
    "live --list", "app --port 1 --no-browser x", "nothing",
)  # fmt: skip


def test_history(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert left_of_calls(HISTORY, capsys) == {}


def test_the_other_commands(folder: Path, capsys: pytest.CaptureFixture[str], scheduler: str) -> None:  # noqa: F811
    for n in (1, 2):
        save_track(kicking_track("x", left_deg=10.0 + n, right_deg=12.0, seed=n), folder / f"{n}.npz")
    rows = "".join(f"P-{n};{s};{15 + n + n % 3};{15 + n}\n" for n in range(5) for s in ("left", "right"))
    files = {"3.npz": "no track", "4.npz": "", "5.csv": f"subject;side;tool_deg;reference_deg\n{rows}", "6.csv": "side"}
    for name, text in {**files, "7.csv": "path,side\n1.npz,5\n,left,6\n"}.items():
        Path(name).write_text(text)
    assert left_of_calls(CALLS, capsys, scheduler=scheduler) == {}
    page = Path("out/index.html").read_text()
    assert left_over(shown(page), NAMES) == set()
    assert left_over(" ".join(re.findall(r"<!-- (.*?) -->", Path("3.svg").read_text()))) == set()


@pytest.mark.parametrize("result", [now for _, now in SESSIONS.values()], ids=SESSIONS)
def test_one_session_in_the_terminal_on_its_page_and_at_the_end_of_a_live_check(result: Result) -> None:
    console = Console(width=1000, record=True, file=io.StringIO())
    print_result(result, console)
    assert left_over(console.export_text()) == set()
    card = end_card(result, subject="P-1")
    assert left_over(" ".join([*card.lines, card.say])) == set()
    page = render(ReportData.from_session(make_session(result), subject="P-1", day=date(2026, 10, 26)))
    assert left_over(shown(page), NAMES) == set()


def test_the_page_of_a_stored_session_with_its_progress(folder: Path) -> None:
    with HistoryStore.open(folder / "1.db") as store:
        page = render(stored_data(store, store.find("P-1")[-1], pictures=False))
    assert left_over(shown(page), NAMES) == set()


@pytest.mark.parametrize("code", MESSAGES)
def test_a_reason_is_told_whole(code: str) -> None:
    filled = re.sub(r"\{side\}", "left", re.sub(r"\{(?!side)\w+\}", "7", MESSAGES[code]))
    assert left_over(told(Reason(code, filled))) == set()


VIEWS = {
    "all goes well": lambda: play(session()),
    "a bent knee": lambda: play(
        session(kicks("right", first_s=3.0, count=1, knee_deg=40.0), turns_s=(), duration_s=9.0)
    ),
    "a camera that looks from ahead": lambda: play(session((), yaw_deg=75.0, turns_s=(), duration_s=3.0)),
    "two people in the dark": lambda: play(session((), turns_s=(), duration_s=3.0), people=2, luma=10.0),
}


@pytest.mark.parametrize("make", VIEWS.values(), ids=VIEWS)
def test_the_live_check(make: Any, texts: list[str]) -> None:
    views: list[View] = make()
    out = io.StringIO()
    face, painter = TextFace(out, with_stats=True), Painter(with_stats=True)
    for view in views:
        face.show(None, view, xy_px=None, stats=STATS)
    for view in {(view.state, view.prompt.code): view for view in views}.values():
        painter.paint(None, view, xy_px=None, stats=STATS)
    ticks = [text for view in views for t in view.ticks for text in (t.label, t.value, t.advice)]
    spoken = [view.say.say for view in views if view.say]
    assert left_over(" ".join([out.getvalue(), *ticks, *spoken, *texts])) == set()


def test_every_prompt_word_and_reason_of_the_live_check() -> None:
    english = load_texts()
    rows = [text for row in english["prompts"].values() for text in row.values()]
    texts = [gettext(text) for text in [*rows, *english["words"].values(), *english["reasons"].values()]]
    assert left_over(" ".join(re.sub(r"\{\w+\}", "", text) for text in texts)) == set()


@pytest.fixture
def texts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Everything that is drawn into pictures."""
    seen: list[str] = []
    write = Canvas.text

    def text(self: Canvas, at: Any, said: str, **fields: Any) -> float:
        seen.append(said)
        return write(self, at, said, **fields)

    monkeypatch.setattr(Canvas, "text", text)
    return seen


def test_the_annotated_clip(tmp_path: Path, texts: list[str]) -> None:
    clip = make_clip(tmp_path / "1.mp4", frames=90, fps=15.0, size=(180, 320))
    for knee_deg in (0.0, 50.0):
        figure = Figure(kicks("right", knee_deg=knee_deg), size=(360, 640), fps=15.0, leg_px=250.0, facing="right")
        annotate(clip, tmp_path / f"{knee_deg}.mp4", session=analyze_tracks([figure.track()]))
    assert left_over(" ".join(texts)) == set()


async def answer(app: Any, path: str, cookie: str, port: int) -> str:
    """The page at an address of the app, read without a browser."""
    where, _, query = path.partition("?")
    headers = [(b"host", f"127.0.0.1:{port}".encode()), (b"cookie", cookie.encode())]
    scope = {"type": "http", "method": "GET", "path": where, "raw_path": where.encode(), "headers": headers}
    scope |= {"query_string": query.encode(), "root_path": "", "scheme": "http", "http_version": "1.1"}
    said: list[bytes] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        said.append(message.get("body", b""))

    await app(scope | {"server": ("127.0.0.1", port), "client": ("127.0.0.1", 1)}, receive, send)
    return b"".join(said).decode()


def test_every_page_of_the_app(tmp_path: Path) -> None:
    app, port = server.build(tmp_path / "app", port=8765, database=str(tmp_path / "1.db")), 8765
    cookie = f"{app.state.gate.cookie}={app.state.gate.session}"
    pages = [p.replace("at=/", f"at={tmp_path}") for p in fill(tmp_path / "app", tmp_path / "1.db")]
    found = {path: run_beside(answer(app, path, cookie, port)) for path in pages}
    places = set(re.findall(r"\w+", str(tmp_path)))
    left = {path: left_over(shown(html), NAMES | places | APP_NAMES) for path, html in found.items()}
    assert {path: words for path, words in left.items() if words} == {}
