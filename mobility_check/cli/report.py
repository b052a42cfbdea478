"""``mobility-check report``: pages about saved sessions; and the page that ``analyze --report`` writes."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mobility_check.cli.common import DatabaseOption, OverwriteOption, ShowFaceOption, say
from mobility_check.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mobility_check.assessments.session import ClipAnalysis, Session
    from mobility_check.history.progress import Goal, LegProgress
    from mobility_check.history.store import HistoryStore
    from mobility_check.kinematics.track import PoseTrack
    from mobility_check.report import Pictures, Progress, ReportData
    from mobility_check.report.pictures import StillSource
    from mobility_check.results.result import Result


class Assets(StrEnum):
    """Where style and script of a page are."""

    INLINE = "inline"
    SHARED = "shared"


def report(
    what: Annotated[
        list[str], typer.Argument(metavar="SESSION|SUBJECT", help="Whose page; a subject's newest session.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="OUT.html", help="The page; a folder when there are several.")
    ],
    pdf: Annotated[
        Path | None, typer.Option(metavar="OUT.pdf", help="Print it too, with a browser that is here.")
    ] = None,
    assets: Annotated[
        Assets,
        typer.Option(metavar="inline|shared", help="inline: one file. shared: many pages use one folder beside them."),
    ] = Assets.INLINE,
    pictures: Annotated[bool, typer.Option("--pictures/--no-pictures", help="Show frames of the clips.")] = True,
    show_face: ShowFaceOption = False,
    advice: Annotated[
        Path | None, typer.Option(metavar="FILE.toml", help="Advice of your own instead of the built-in one.")
    ] = None,
    video: Annotated[
        list[Path] | None, typer.Option(metavar="CLIP", help="Annotated clip to link, one per clip of the session.")
    ] = None,
    overwrite: OverwriteOption = False,
    database: DatabaseOption = None,
) -> None:
    """Write a page about a saved session: the answer, pictures, curves, progress and what to do next."""
    from mobility_check.files import PAGE, PDF, Output, check_outputs
    from mobility_check.history.database import location
    from mobility_check.history.store import HistoryStore
    from mobility_check.report import write_report
    from mobility_check.report.advice import load_advice

    targets = _targets(what, output, one_only=bool(pdf or video))
    outputs = [Output(t, PAGE, "--output") for t in targets] + ([Output(pdf, PDF, "--pdf")] if pdf else [])
    sources = [Path(location(database)), *(video or []), *([advice] if advice else [])]
    check_outputs(outputs, inputs=sources, overwrite=overwrite)
    content = load_advice(advice)
    with HistoryStore.open(database) as store:
        for name, target in zip(what, targets, strict=True):
            data = _stored_data(store, name, target, pictures=pictures, show_face=show_face, videos=video or [])
            write_report(data, target, assets=assets.value, advice=content)
            say(str(target))
    if pdf:
        from mobility_check.report.pdf import print_pdf

        print_pdf(targets[0], pdf)
        say(str(pdf))


def write_session_report(
    session: Session,
    path: Path,
    *,
    subject: str | None = None,
    day: date | None = None,
    note: str = "",
    pictures: bool = True,
    show_face: bool = False,
    videos: Sequence[Path] = (),
    database: str | None = None,
    readers: Mapping[str, StillSource] | None = None,
) -> None:
    """Write the page of a session that was just measured; with a subject who has a history, its progress too."""
    from mobility_check.report import ReportData, write_report
    from mobility_check.report.pictures import take_pictures

    shots = take_pictures(session, show_face=show_face, readers=readers) if pictures else None
    progress = None
    if subject:
        from mobility_check.history.store import HistoryStore

        with HistoryStore.open(database) as store:
            progress = _progress(store, subject)
    data = ReportData.from_session(
        session,
        pictures=shots,
        subject=subject,
        day=day or date.today(),
        note=note or None,
        progress=progress,
        videos=_addresses(videos, path),
    )
    write_report(data, path)


def _targets(what: list[str], output: Path, *, one_only: bool) -> list[Path]:
    """One page per name: the file, or files named after the subjects in a folder."""
    if len(what) == 1 and not output.is_dir():
        return [output]
    if len(what) > 1 and one_only:
        raise UsageError("--pdf and --video are for one page; name one session or subject.")
    if not output.is_dir():
        raise UsageError(f"For several pages -o is a folder, and '{output}' is none; create it first.")
    from mobility_check.names import safe_name

    return [output / f"{safe_name(name)}.html" for name in what]


def _stored_data(
    store: HistoryStore, name: str, target: Path, *, pictures: bool, show_face: bool, videos: Sequence[Path]
) -> ReportData:
    from mobility_check.report import Pictures, ReportData
    from mobility_check.report.stored import clips_from_curves

    record = store.find(name)[-1]
    result = record.parsed
    clips = clips_from_curves(record.curves, result)
    shots, tracks = _stored_pictures(result, clips, show_face=show_face) if pictures else (Pictures(), ())
    return ReportData(
        result=result,
        clips=clips,
        tracks=tracks,
        pictures=shots,
        progress=_progress(store, record.subject),
        subject=record.subject,
        day=date.fromisoformat(record.tested_at[:10]),
        note=record.note,
        videos=_addresses(videos, target),
    )


def _stored_pictures(
    result: Result, clips: tuple[ClipAnalysis, ...], *, show_face: bool
) -> tuple[Pictures, tuple[PoseTrack, ...]]:
    from mobility_check.assessments.session import Session
    from mobility_check.pipeline import default_backend
    from mobility_check.report import Pictures
    from mobility_check.report.pictures import take_pictures, tracks_again

    found = tracks_again(result, clips, backend=default_backend())
    if isinstance(found, str):
        return Pictures(note=found), ()
    return take_pictures(Session(result, clips, found), show_face=show_face), found


def _addresses(videos: Sequence[Path], page: Path) -> tuple[str, ...]:
    """Addresses of clips relative to the page, so that a folder with both can be moved."""
    import os
    from urllib.parse import quote

    here = page.resolve().parent
    return tuple(quote(Path(os.path.relpath(v.resolve(), here)).as_posix()) for v in videos)


def _progress(store: HistoryStore, subject: str) -> Progress:
    """The subject's sessions and what they say, as the plain values that the page takes."""
    from mobility_check.history.progress import progress_of
    from mobility_check.kinematics.landmarks import SIDES
    from mobility_check.report import Progress, ProgressPoint

    goal_deg = store.goal(subject)
    found = progress_of(store.points(subject), goal_deg=goal_deg)
    legs = {
        side: tuple(ProgressPoint(p.at.date(), p.score_deg, p.ci95_deg, p.series) for p in found.legs[side].points)
        for side in SIDES
        if side in found.legs
    }
    return Progress(legs, {side: _verdicts(leg) for side, leg in found.legs.items()}, goal_deg)


def _verdicts(leg: LegProgress) -> tuple[str, ...]:
    from mobility_check.results.wording import degrees, long_date

    change = leg.first_to_last
    if change is None:
        return ("One session of this model and angle rule so far: measure again to compare.",)
    first, last = leg.current[0], leg.current[-1]
    source = (
        "a provisional limit until there are three sessions"
        if leg.sem.provisional
        else f"this person’s own limit from {leg.sem.sessions} sessions"
    )
    sentences = [
        f"{degrees(last.score_deg)} on {long_date(last.at.date())}, {degrees(change.change_deg, signed=True)} since"
        f" {long_date(first.at.date())}: {change.verdict}.",
        f"More than {degrees(change.mdc95_deg)} counts as likely real ({source}).",
    ]
    return (*sentences, *([_goal(leg.goal)] if leg.goal else []))


def _goal(goal: Goal) -> str:
    from mobility_check.results.wording import long_date

    if goal.state == "expected" and goal.expected:
        return f"If it goes on like this, the goal of {goal.goal_deg:g}° is reached about {long_date(goal.expected)}."
    if goal.state == "reached":
        return f"The goal of {goal.goal_deg:g}° is reached."
    return f"There is no date for the goal of {goal.goal_deg:g}° yet."
