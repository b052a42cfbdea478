"""``mobility-check live``."""

from __future__ import annotations

import sys
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mobility_check.cli import options
from mobility_check.cli.common import print_answer, say
from mobility_check.errors import EXIT_INTERRUPTED, EXIT_NOT_SCORED, EXIT_OK, OutputError, StoreError
from mobility_check.files import PAGE, RECORDING, Output, check_outputs
from mobility_check.language import gettext as _
from mobility_check.names import check_subject

if TYPE_CHECKING:
    from mobility_check.assessments.session import Session
    from mobility_check.kinematics.landmarks import Side
    from mobility_check.live.check import FrameBuffer
    from mobility_check.live.prompts import EndCard
    from mobility_check.live.runner import Outcome
    from mobility_check.results.wording import History


def live(
    subject: options.Subject = None,
    camera: Annotated[
        str, typer.Option(metavar="N|PATH|URL", help="Camera number, stream, or a clip that is played like a camera.")
    ] = "0",
    model: options.Model = None,
    reps: Annotated[int, typer.Option(min=1, max=10, metavar="N", help="Kicks to count with each leg.")] = 3,
    mute: Annotated[bool, typer.Option("--mute", help="No voice and no tones; everything is on the screen.")] = False,
    record: Annotated[
        Path | None, typer.Option(metavar="OUT.mp4", help="Keep the video; without this nothing is written.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="OUT.html", help="Write a page with pictures of the peaks, faces blurred.")
    ] = None,
    show_face: options.ShowFace = False,
    no_window: Annotated[bool, typer.Option("--no-window", help="Run as text, without a window.")] = False,
    show_list: Annotated[bool, typer.Option("--list", help="List the cameras and leave.")] = False,
    stats: Annotated[bool, typer.Option("--stats", help="Show pictures per second and delays in a corner.")] = False,
    overwrite: options.Overwrite = False,
    as_json: options.Json = False,
    settings: options.Settings = None,
    database: options.Database = None,
) -> None:
    """Do the kick-back test in front of a webcam, led by voice and large signs; no key needs to be pressed.

    Stand side-on, two to four metres away, whole body in the picture. Esc or closing the window ends the check at any
    moment; what was seen until then is measured.
    """
    if show_list:
        _say_cameras()
        return
    from mobility_check.live.runner import LiveRun, asked_by_signals

    with asked_by_signals() as stop:
        from mobility_check.live.camera import open_feed
        from mobility_check.live.check import LiveCheck
        from mobility_check.live.faces import TextFace, WindowFace
        from mobility_check.settings import load_settings

        wanted = [(record, RECORDING, "--record"), (report, PAGE, "--report")]
        check_outputs(
            [Output(p, kind, option) for p, kind, option in wanted if p], inputs=[camera], overwrite=overwrite
        )
        chosen = load_settings(settings, model=model)
        named = check_subject(subject) if subject is not None else None
        keeper = _Keeper(named, database, as_json, report, show_face)
        targets = keeper.last_deg()
        new_face = partial(TextFace, sys.stderr) if no_window else WindowFace
        with closing(open_feed(camera)) as feed, closing(new_face(with_stats=stats)) as face:
            check = LiveCheck(settings=chosen, name=feed.name, reps=reps, targets=targets)
            done = LiveRun(
                check=check,
                feed=feed,
                face=face,
                on_scored=keeper.scored,
                on_message=partial(say, err=True),
                mute=mute,
                record=record,
                stays=not no_window,
                stop=stop,
            ).run()
        _finish(done, keeper)


def _say_cameras() -> None:
    from mobility_check.live.camera import list_cameras

    cameras = list_cameras()
    say(*(f"{number}  {name}" for number, name in cameras.items()))
    if not cameras:
        advice = _("No camera was found; plug one in, or play a clip with: mobility-check live --camera CLIP.mp4")
        say(advice, err=True)


def _finish(done: Outcome, keeper: _Keeper) -> None:
    """Say what went wrong beside the result, and leave with the contract's exit code."""
    from mobility_check.live.prompts import word

    if done.ended not in ("done", "end"):
        say(word(f"ended_{done.ended}"), err=True)
    for error in (done.record_error, keeper.error):
        if error is not None:
            raise error
    if done.ended == "interrupted":
        raise typer.Exit(EXIT_INTERRUPTED)
    raise typer.Exit(EXIT_NOT_SCORED if done.session.result.status == "not_scored" else EXIT_OK)


@dataclass
class _Keeper:
    """Saves, compares, prints and reports the session as soon as it is measured."""

    subject: str | None
    database: str | None
    as_json: bool
    report: Path | None
    show_face: bool
    error: StoreError | OutputError | None = None
    """What went wrong with saving or the page: the result is shown all the same, the error raised after it."""

    def last_deg(self) -> dict[Side, float]:
        """Scores of the last session; asking shows before the session whether the history can be opened."""
        if self.subject is None:
            return {}
        from mobility_check.history.store import HistoryStore

        with HistoryStore.open(self.database) as store:
            return store.last_scores_deg(self.subject)

    def scored(self, session: Session, frames: FrameBuffer) -> EndCard:
        """Save, compare, print, write the page, and give the end card."""
        from mobility_check.live.prompts import end_card

        changes: History = {}
        told, subject, session_id = "", None, None
        if self.subject is not None and session.result.status != "not_scored":
            from mobility_check.history.saving import save_session

            try:
                saved, changes, told = save_session(session, subject=self.subject, database=self.database)
                subject, session_id = self.subject, saved.id
            except StoreError as e:
                self.error = e
        print_answer(session.result, as_json=self.as_json)
        if told and not self.as_json:
            say(told)
        if self.report is not None:
            from mobility_check.pages import write_session_page

            readers = {track.meta.path: frames for track in session.tracks}
            try:
                write_session_page(
                    session,
                    self.report,
                    show_face=self.show_face,
                    readers=readers,
                    subject=subject,
                    session_id=session_id,
                    database=self.database,
                    day=date.today(),
                )
            except (OutputError, StoreError) as e:
                self.error = e
        since_last = {side: leg.since_last for side, leg in changes.items()}
        return end_card(session.result, changes=since_last, subject=subject)
