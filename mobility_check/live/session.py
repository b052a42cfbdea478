"""Wires one live session from plain choices: camera, model, flow, voice and face."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mobility_check import pipeline
from mobility_check.assessments.session import Session
from mobility_check.errors import OutputError
from mobility_check.kinematics.landmarks import Side
from mobility_check.kinematics.track import PoseTrack
from mobility_check.live.camera import Capture, Feed
from mobility_check.live.engine import Engine
from mobility_check.live.frame_buffer import KeptFrames
from mobility_check.live.prompts import Phrases
from mobility_check.live.recorder import Recorder
from mobility_check.live.runner import Closing, Face, LiveSession, Outcome
from mobility_check.live.speech import Speaker, find_voice
from mobility_check.live.stopping import Hurried, StopRequest
from mobility_check.live.tones import TonePlayer
from mobility_check.live.track_builder import ModelUsed, TrackCollector
from mobility_check.pose.base import Backend
from mobility_check.settings import Settings


@dataclass(frozen=True, slots=True)
class Choices:
    """What the user chose for a session.

    Attributes:
        settings: how the session is measured; its survey model looks at the live pictures.
        reps: kicks to count per leg.
        targets: scores of the person's last session.
        mute: neither voice nor tones.
        record: write the pictures to this clip.
        linger_s: how long the end screen stays.
    """

    settings: Settings = field(default_factory=Settings)
    reps: int = 3
    targets: Mapping[Side, float] = field(default_factory=dict)
    mute: bool = False
    record: Path | None = None
    linger_s: float = 12.0


@dataclass(frozen=True, slots=True)
class LiveResult:
    """The outcome, and what went wrong with the recording, if anything did."""

    outcome: Outcome
    record_error: OutputError | None = None


def run_live(
    feed: Feed,
    *,
    face: Face,
    phrases: Phrases,
    choices: Choices,
    on_scored: Callable[[Session], Closing],
    on_message: Callable[[str], None],
    stop: StopRequest | None = None,
    backend: Backend | None = None,
) -> LiveResult:
    """Run one session to its end; see :class:`mobility_check.live.runner.LiveSession`.

    Args:
        feed: where pictures come from.
        face: what shows the session.
        phrases: the user's language.
        choices: everything else the user chose.
        on_scored: called once with the measured session; gives the end screen's lines.
        on_message: told one sentence about things that do not stop the session (no sound).
        stop: asked from outside (by a signal) to end the session.
        backend: what looks at the pictures; MediaPipe if not given.

    Raises:
        ModelError: the model cannot be loaded.
        InputError: the camera gave no picture at all.
        OutputError, UsageError: the recording cannot be written where it was wanted.
    """
    settings = with_reps(choices.settings, choices.reps)
    backend = backend or pipeline.default_backend()
    used = ModelUsed(backend.name, *backend.identity(settings.model))
    recorder = Recorder(choices.record) if choices.record else None
    on_silent = _once(on_message)
    session = LiveSession(
        capture=Capture(feed, on_frame=recorder.take if recorder else None),
        backend=backend, model=settings.tracking_model,
        engine=Engine(phrases=phrases, params=settings.params, reps=choices.reps, targets=choices.targets),
        phrases=phrases, face=face, collector=TrackCollector(feed.name, model=used),
        speaker=None if choices.mute else Speaker(
            find_voice(phrases.language), language=phrases.language, on_silent=on_silent
        ),
        tones=None if choices.mute else TonePlayer(on_silent=on_silent),
        recorder=recorder, stop=stop or StopRequest(),
        score=lambda track, kept, on_progress: measure(
            track, kept, settings=settings, backend=backend, on_progress=on_progress
        ),
        on_scored=on_scored, linger_s=choices.linger_s,
    )  # fmt: skip
    outcome = session.run()
    if recorder and recorder.left_out:
        on_message(f"The recording lacks {recorder.left_out} pictures that this computer could not write in time.")
    return LiveResult(outcome, recorder.error if recorder else None)


def _once(tell: Callable[[str], None]) -> Callable[[str], None]:
    """Tell each sentence once: voice and tones may both find that there is no sound."""
    told = set[str]()

    def tell_new(sentence: str) -> None:
        if sentence not in told:
            told.add(sentence)
            tell(sentence)

    return tell_new


def measure(
    track: PoseTrack,
    kept: KeptFrames,
    *,
    settings: Settings,
    backend: Backend,
    on_progress: Callable[[float], None] | None = None,
) -> Session:
    """The number that is stored: refinement pass and analysis of a recorded clip, over the session's own track.

    When ``on_progress`` raises ``Hurried``, the refinement pass is left out and the intervals are wider.

    Raises:
        ModelError: a model of the refinement pass is missing.
    """
    with contextlib.suppress(Hurried):
        track = pipeline.refine_track(track, kept.frames, settings=settings, backend=backend, on_progress=on_progress)
    return pipeline.analyze_tracks([track], settings=settings)


def with_reps(settings: Settings, reps: int) -> Settings:
    """The same settings with this many kicks wanted per leg."""
    params = settings.params
    wanted = dataclasses.replace(params.reps, wanted=reps)
    return dataclasses.replace(settings, params=dataclasses.replace(params, reps=wanted))
