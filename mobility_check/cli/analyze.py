"""``mobility-check analyze`` and ``schema``."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mobility_check.cli import options
from mobility_check.cli.common import print_answer, print_json, progress_bar, say
from mobility_check.cli.wrong_usage import refuse_unreadable
from mobility_check.errors import EXIT_NOT_SCORED, EXIT_OK, UsageError
from mobility_check.files import OVERLAY, PAGE, TRACK, Kind, Output, check_outputs, numbered
from mobility_check.language import gettext as _
from mobility_check.names import check_subject, day_of_test, identifying

if TYPE_CHECKING:
    from mobility_check.assessments.session import Session
    from mobility_check.report.advice import AdviceFile
    from mobility_check.settings import Settings
    from mobility_check.video.source import ClipReader


def analyze(
    videos: Annotated[
        list[Path] | None,
        typer.Argument(metavar="VIDEO", help="The clips of one person in one session.", show_default=False),
    ] = None,
    as_json: options.Json = False,
    annotate: Annotated[
        Path | None, typer.Option(metavar="OUT.mp4", help="Write the clip with lines, angle and curve drawn in.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="OUT.html", help="Write a page with pictures and curves.")
    ] = None,
    pictures: options.Pictures = True,
    show_face: options.ShowFace = False,
    save_track: Annotated[
        Path | None, typer.Option(metavar="OUT.npz", help="Keep the landmarks, to score again without the video.")
    ] = None,
    track: Annotated[
        list[Path] | None, typer.Option(metavar="IN.npz", help="Score saved landmarks instead of a video.")
    ] = None,
    every_frame: Annotated[
        bool, typer.Option("--every-frame", help="First pass over every frame, refinement pass at three times as many.")
    ] = False,
    person: options.Person = None,
    test: Annotated[
        str | None, typer.Option(metavar="NAME", help="kick-back (default) or knee-drive.", show_default=False)
    ] = None,
    model: options.Model = None,
    settings: options.Settings = None,
    workers: Annotated[int | None, typer.Option(metavar="N", help="Threads to use; default: one per core.")] = None,
    subject: options.Subject = None,
    date: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="Day of the test; default: today.")] = None,
    note: options.Note = "",
    pain: options.Pain = None,
    clinic: options.Clinic = "",
    examiner: options.Examiner = "",
    advice: options.Advice = None,
    overwrite: options.Overwrite = False,
    database: options.Database = None,
    quiet: options.Quiet = False,
) -> None:
    """Measure the kick-back in recorded clips: hip extension of each leg, with its interval.

    Give all clips of one session together: one clip with a turn-round in the middle, or one clip per leg.
    """
    from mobility_check.settings import load_settings

    chosen = load_settings(
        settings, test=test, model=model, every_frame=every_frame or None, workers=workers, person=person
    )
    day = day_of_test(date) if date else None  # all this before minutes of work, not after
    sources = [*(videos or []), *(track or [])]
    refuse_unreadable(sources)
    if subject and (warning := identifying(check_subject(subject))):
        say(warning, err=True)
    content = _advice(advice, only_for_page=bool(clinic or examiner), page=report)
    check_outputs(
        [
            *_outputs(save_track, TRACK, "--save-track", clips=len(sources)),
            *_outputs(annotate, OVERLAY, "--annotate", clips=len(sources)),
            *_outputs(report, PAGE, "--report"),
        ],
        inputs=[*sources, settings, advice],
        overwrite=overwrite,
    )
    readers = _readers(videos or [], track or [])
    silent = quiet or as_json
    session = _session(readers, track or [], chosen, quiet=silent)
    if as_json or not quiet:
        print_answer(session.result, as_json=as_json)  # first, so that a full disk cannot take the answer with it
    if save_track:
        _save_tracks(session, save_track)
    if annotate:
        _annotate(session, annotate, readers, show_face=show_face, quiet=silent)
    about: dict[str, Any] = {"subject": subject, "database": database, "pain": options.hurt_legs(pain) if pain else {}}
    session_id = _save(session, aloud=not silent, date=day, note=note, **about) if subject else None
    if report:
        from mobility_check.pages import write_session_page

        write_session_page(
            session,
            report,
            pictures=pictures,
            show_face=show_face,
            videos=numbered(annotate, len(session.result.inputs)) if annotate else [],
            readers=readers,
            advice=content,
            session_id=session_id,
            day=day or datetime.date.today(),
            note=note or None,
            clinic=clinic,
            examiner=examiner,
            **about,
        )
    raise typer.Exit(EXIT_NOT_SCORED if session.result.status == "not_scored" else EXIT_OK)


def _advice(path: Path | None, *, only_for_page: bool, page: Path | None) -> AdviceFile | None:
    """The clinic's own file, read before minutes of work; without one its reader is not loaded here."""
    if page is None and (path or only_for_page):
        raise UsageError(
            "--clinic, --examiner and --advice are for the page; say where it goes with --report OUT.html."
        )
    if path is None:
        return None
    from mobility_check.report.advice import load_advice

    return load_advice(path)


def _outputs(path: Path | None, kind: Kind, option: str, *, clips: int = 1) -> list[Output]:
    """Every file that an option can write: a clip that is given twice counts once, so that fewer may be needed."""
    names = dict.fromkeys([path, *numbered(path, clips)]) if path else ()
    return [Output(name, kind, option) for name in names]


def schema() -> None:
    """Print the JSON Schema of the result object."""
    from mobility_check.results.schema import result_schema

    print_json(result_schema())


def _readers(videos: list[Path], tracks: list[Path]) -> dict[str, ClipReader]:
    """The clips by name, each listed once for all that follows, before minutes of work on any of them."""
    if bool(videos) == bool(tracks):
        raise UsageError("Give the clips to analyse, or saved landmarks with --track; see mobility-check analyze -h")
    from mobility_check.video.source import ClipReader

    return {str(video): ClipReader.of(video) for video in videos}


def _session(readers: dict[str, ClipReader], tracks: list[Path], settings: Settings, *, quiet: bool) -> Session:
    from mobility_check.pipeline import analyze_session, analyze_tracks

    if tracks:
        from mobility_check.pose.store import load_track

        return analyze_tracks([load_track(t) for t in tracks], settings=settings)
    with progress_bar(_("Measuring"), quiet=quiet) as on_progress:
        return analyze_session(list(readers.values()), settings=settings, on_progress=on_progress)


def _save(session: Session, *, aloud: bool, **about: Any) -> str:
    from mobility_check.history.saving import save_session

    saved, _changes, told = save_session(session, **about)
    if aloud:
        say(told)
    return saved.id


def _save_tracks(session: Session, path: Path) -> None:
    from mobility_check.pose.store import save_track

    for track, target in zip(session.tracks, numbered(path, len(session.tracks)), strict=True):
        save_track(track, target)


def _annotate(session: Session, path: Path, readers: dict[str, ClipReader], *, show_face: bool, quiet: bool) -> None:
    from mobility_check.memory import keep_for_pictures
    from mobility_check.video.overlay import annotate

    keep_for_pictures()
    with progress_bar(_("Drawing"), quiet=quiet) as on_progress:
        targets = numbered(path, len(session.result.inputs))
        for i, (clip, target) in enumerate(zip(session.result.inputs, targets, strict=True)):
            source = readers.get(clip.path, clip.path)
            annotate(source, target, session=session, clip=i, show_face=show_face, on_progress=on_progress)
