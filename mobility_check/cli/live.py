"""``mobility-check live``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mobility_check.cli.common import (
    DatabaseOption,
    JsonOption,
    ModelOption,
    OverwriteOption,
    SettingsOption,
    ShowFaceOption,
    SubjectOption,
    out_console,
    print_json,
    say,
    settings_from,
)
from mobility_check.errors import (
    EXIT_INTERRUPTED,
    EXIT_NOT_SCORED,
    EXIT_OK,
    MobilityCheckError,
    OutputError,
    StoreError,
)
from mobility_check.language import gettext as _

if TYPE_CHECKING:
    from mobility_check.assessments.session import Session
    from mobility_check.kinematics.landmarks import Side
    from mobility_check.live.frame_buffer import FrameBuffer
    from mobility_check.live.prompts import Phrases
    from mobility_check.live.runner import EndCard, Face, Outcome
    from mobility_check.results.result import Result
    from mobility_check.results.wording import Change


def live(
    subject: SubjectOption = None,
    camera: Annotated[
        str, typer.Option(metavar="N|PATH|URL", help="Camera number, stream, or a clip that is played like a camera.")
    ] = "0",
    model: ModelOption = None,
    reps: Annotated[int, typer.Option(min=1, max=10, metavar="N", help="Kicks to count with each leg.")] = 3,
    mute: Annotated[bool, typer.Option("--mute", help="No voice and no tones; everything is on the screen.")] = False,
    record: Annotated[
        Path | None, typer.Option(metavar="OUT.mp4", help="Keep the video; without this nothing is written.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="OUT.html", help="Write a page with pictures of the peaks, faces blurred.")
    ] = None,
    show_face: ShowFaceOption = False,
    no_window: Annotated[bool, typer.Option("--no-window", help="Run as text, without a window.")] = False,
    show_list: Annotated[bool, typer.Option("--list", help="List the cameras and leave.")] = False,
    stats: Annotated[bool, typer.Option("--stats", help="Show pictures per second and delays in a corner.")] = False,
    overwrite: OverwriteOption = False,
    as_json: JsonOption = False,
    settings: SettingsOption = None,
    database: DatabaseOption = None,
) -> None:
    """Do the kick-back test in front of a webcam, led by voice and large signs; no key needs to be pressed.

    Stand side-on, two to four metres away, whole body in the picture. Esc or closing the window ends the check at any
    moment; what was seen until then is measured.
    """
    if show_list:
        _list()
        return
    from mobility_check.live.stopping import asked_by_signals

    with asked_by_signals() as stop:
        from mobility_check.files import PAGE, RECORDING, Output, check_outputs
        from mobility_check.live.camera import open_feed
        from mobility_check.live.prompts import load_phrases
        from mobility_check.live.runner import Choices, run_live

        wanted = [(record, RECORDING, "--record"), (report, PAGE, "--report")]
        check_outputs(
            [Output(path, kind, option) for path, kind, option in wanted if path], inputs=[camera], overwrite=overwrite
        )
        phrases = load_phrases()
        chosen = settings_from(settings, model=model)
        keeper = _Keeper(
            subject, database=database, phrases=phrases, as_json=as_json, report=report, show_face=show_face
        )
        targets = keeper.last_deg()
        feed = open_feed(camera)
        face = _face(phrases, no_window=no_window, stats=stats)
        choices = Choices(chosen, reps, targets, mute, record, stays=not no_window)
        done = run_live(
            feed, face=face, phrases=phrases, choices=choices, on_scored=keeper.scored, on_message=_message, stop=stop
        )
        _finish(done, keeper, phrases)


def _list() -> None:
    from mobility_check.live.camera import list_cameras

    cameras = list_cameras()
    for camera in cameras:
        say(f"{camera.number}  {camera.name}")
    if not cameras:
        _message(_("No camera was found; plug one in, or play a clip with: mobility-check live --camera CLIP.mp4"))


def _face(phrases: Phrases, *, no_window: bool, stats: bool) -> Face:
    if no_window:
        from mobility_check.live.textmode import TextFace

        return TextFace(sys.stderr, phrases=phrases, with_stats=stats)
    from mobility_check.live.window import WindowFace

    return WindowFace(phrases=phrases, with_stats=stats)


def _finish(done: Outcome, keeper: _Keeper, phrases: Phrases) -> None:
    """Say what went wrong beside the result, and leave with the contract's exit code."""
    if done.ended not in ("done", "end"):
        _message(phrases.word(f"ended_{done.ended}"))
    for error in (done.record_error, keeper.error):
        if error is not None:
            raise error
    if done.ended == "interrupted":
        raise typer.Exit(EXIT_INTERRUPTED)
    raise typer.Exit(EXIT_NOT_SCORED if done.session.result.status == "not_scored" else EXIT_OK)


def _message(sentence: str) -> None:
    say(sentence, err=True)


class _Keeper:
    """Saves, compares, prints and reports the session as soon as it is measured."""

    def __init__(
        self,
        subject: str | None,
        *,
        database: str | None,
        phrases: Phrases,
        as_json: bool,
        report: Path | None,
        show_face: bool,
    ) -> None:
        from mobility_check.names import check_subject

        self._subject = check_subject(subject) if subject is not None else None
        self._database, self._phrases, self._as_json = database, phrases, as_json
        self._report, self._show_face = report, show_face
        self.saved: str | None = None
        self.error: MobilityCheckError | None = None

    def last_deg(self) -> dict[Side, float]:
        """Scores of the last session, also a test before the session that the history can be opened.

        Raises:
            StoreError: it cannot.
        """
        if self._subject is None:
            return {}
        from mobility_check.history.store import HistoryStore

        with HistoryStore.open(self._database) as store:
            if not store.count(self._subject):
                return {}
            legs = store.points(self._subject).legs
        return {side: points[-1].score_deg for side, points in legs.items() if points}

    def scored(self, session: Session, frames: FrameBuffer) -> EndCard:
        """Save, compare, print, write the page, and give the end card."""
        from mobility_check.live.summary import end_card

        changes: dict[Side, Change] = {}
        if self._subject is not None and session.result.status != "not_scored":
            try:
                changes = self._save(session, self._subject)
            except StoreError as e:  # the result is shown all the same; the error is raised after it
                self.error = e
        self._print(session.result)
        if self._report is not None:
            self._write_page(session, frames, self._report)
        return end_card(
            session.result, phrases=self._phrases, changes=changes, subject=self._subject if self.saved else None
        )

    def _print(self, result: Result) -> None:
        if self._as_json:
            print_json(result.to_dict())
            return
        from mobility_check.cli.table import print_result

        print_result(result, out_console())
        if self.saved:
            say(self.saved)

    def _write_page(self, session: Session, frames: FrameBuffer, page: Path) -> None:
        from mobility_check.cli.report import write_session_report

        readers = {track.meta.path: frames for track in session.tracks}
        try:
            write_session_report(
                session,
                page,
                subject=self._subject if self.saved else None,
                show_face=self._show_face,
                database=self._database,
                readers=readers,
            )
        except OutputError as e:
            self.error = e

    def _save(self, session: Session, subject: str) -> dict[Side, Change]:
        from mobility_check.history.changes import changes
        from mobility_check.history.saving import save_session
        from mobility_check.history.store import HistoryStore

        saved, self.saved = save_session(session, subject=subject, database=self._database)
        with HistoryStore.open(self._database) as store:
            found = changes(store.points(subject), session=saved.id)
        return {side: leg.since_last for side, leg in found.items()}
