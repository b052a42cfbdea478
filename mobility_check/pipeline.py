"""The wiring: clip → track → session. Everything a face (command line, live check, batch) calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

import mobility_check
from mobility_check.assessments import assessment
from mobility_check.assessments.movements import FoundClip
from mobility_check.assessments.session import Session
from mobility_check.errors import UsageError
from mobility_check.kinematics.people_in_view import from_the_left
from mobility_check.kinematics.track import PoseTrack
from mobility_check.pose.base import Backend, OnProgress
from mobility_check.refinement.coefficients import load_coefficients
from mobility_check.results.reasons import reason
from mobility_check.results.result import Provenance, Result
from mobility_check.settings import Settings

if TYPE_CHECKING:
    from mobility_check.refinement.refine import FrameGetter
    from mobility_check.video.source import ClipReader

T = TypeVar("T")
TRACKING_SHARE = 0.65
"""Share of the time that the tracking pass takes, for the progress bar."""


def analyze(*paths: str | Path, settings: Settings | None = None, on_progress: OnProgress | None = None) -> Result:
    """Measure one session of one person from one or several clips.

    >>> analyze("clip.mp4").sides["left"].score_deg  # doctest: +SKIP

    Raises:
        InputError, ModelError: a clip or the pose model cannot be read.
        UsageError: no clip was given.
    """
    return analyze_session(paths, settings=settings, on_progress=on_progress).result


def analyze_session(
    clips: Sequence[str | Path | ClipReader], *, settings: Settings | None = None, on_progress: OnProgress | None = None
) -> Session:
    """Like :func:`analyze`, with the tracks and curves that pictures and reports need.

    Args:
        clips: of one person in one session; readers are used as they are, so that no clip is listed twice.
        on_progress: called with the share done, 0..1, now and then, from worker threads.
    """
    if not clips:
        raise UsageError("Give at least one clip to analyse.")
    from mobility_check.video.source import ClipReader

    settings = settings or Settings()
    readers = [ClipReader.of(clip) for clip in clips]
    distinct, repeated = _distinct([(reader, reader.meta.sha256) for reader in readers])
    found = []
    for i, reader in enumerate(distinct):
        share = _part_of(on_progress, i / len(distinct), 1 / len(distinct))
        found.append(record_clip(reader, settings=settings, on_progress=share))
    return _noting(assess_clips(found, settings=settings), [Path(reader.path).name for reader in repeated])


def analyze_track(track: PoseTrack, *, settings: Settings | None = None) -> Session:
    """Score one recorded or loaded track; needs no video and no model."""
    return analyze_tracks([track], settings=settings)


def analyze_tracks(tracks: Sequence[PoseTrack], *, settings: Settings | None = None) -> Session:
    """Score the tracks of one session; needs no video and no model."""
    if not tracks:
        raise UsageError("Give at least one track to analyse.")
    settings = settings or Settings()
    tracks, repeated = _distinct([(track, track.meta.sha256) for track in tracks])
    session = assess_clips([find_movements(track, settings=settings) for track in tracks], settings=settings)
    return _noting(session, [Path(track.meta.path).name for track in repeated])


def find_movements(track: PoseTrack, *, settings: Settings) -> FoundClip:
    """Facing segments, neutral stance and reps of one clip; found once, then refined and assessed."""
    return assessment(settings.test).find(track, settings.params)


def assess_clips(found: Sequence[FoundClip], *, settings: Settings) -> Session:
    """The session of different clips whose movements are found, and refined where they could be."""
    made = provenance_of(found[0].recording, settings)
    return assessment(settings.test).assess(found, settings.params, made, coefficients=load_coefficients())


def _distinct(clips: Sequence[tuple[T, str | None]]) -> tuple[list[T], list[T]]:
    """The clips, each content once, and those left out; a content that is not known counts as its own."""
    known: set[str] = set()
    first: list[T] = []
    repeated: list[T] = []
    for clip, content in clips:
        (repeated if content in known else first).append(clip)
        known |= {content} if content is not None else set()
    return first, repeated


def _noting(session: Session, repeated: Sequence[str]) -> Session:
    """The session with a word on every clip that was given more than once."""
    notes = tuple(reason("same_clip_twice", name=name) for name in dict.fromkeys(repeated))
    return replace(session, result=replace(session.result, reasons=session.result.reasons + notes))


def record_track(
    clip: str | Path | ClipReader,
    *,
    settings: Settings | None = None,
    on_progress: OnProgress | None = None,
    backend: Backend | None = None,
) -> PoseTrack:
    """The track of the person who kicks in a clip; see :func:`record_clip`."""
    return record_clip(clip, settings=settings, on_progress=on_progress, backend=backend).recording


def record_clip(
    clip: str | Path | ClipReader,
    *,
    settings: Settings | None = None,
    on_progress: OnProgress | None = None,
    backend: Backend | None = None,
) -> FoundClip:
    """Both passes over a clip, and the movements of the person to measure.

    Raises:
        InputError: the clip cannot be read, or changes while it is read.
        ModelError: the pose model is missing or damaged.
    """
    from mobility_check.pose.lending import Lending
    from mobility_check.refinement.refine import open_slow_model
    from mobility_check.tracking import track_people
    from mobility_check.video.source import ClipReader

    reader, settings = ClipReader.of(clip), settings or Settings()
    test = assessment(settings.test)
    with Lending(backend or default_backend()) as lending:
        tracks = track_people(
            reader,
            lending,
            settings,
            rate_hz=test.TRACKING_RATE_HZ,
            on_progress=_part_of(on_progress, 0.0, TRACKING_SHARE),
            when_idle=(lambda: open_slow_model(lending, settings)) if test.REFINED else None,
        )
        found = refine_clip(
            choose_person(tracks, settings),
            reader.frames_at,
            settings=settings,
            backend=lending,
            entries=reader.key_frames,
            on_progress=_part_of(on_progress, TRACKING_SHARE, 1.0 - TRACKING_SHARE),
        )
    reader.check_unchanged()
    return found.with_meta(reader.meta)


def refine_clip(
    found: FoundClip,
    get_frames: FrameGetter,
    *,
    settings: Settings | None = None,
    backend: Backend | None = None,
    entries: NDArray[np.int64] | None = None,
    on_progress: OnProgress | None = None,
) -> FoundClip:
    """The clip with a second, careful look at its quiet standing and holds.

    Args:
        found: in the track of a tracking pass or a live session.
        get_frames: gives full-size frames for clip frame numbers (any subset of those asked for), in rising order; it
            is called from several threads.
        entries: clip frame numbers where their decoding can start, if any.

    Raises:
        ModelError: the pose model is missing or damaged.
    """
    from mobility_check.refinement.refine import refine

    settings = settings or Settings()
    refined = refine(
        found.track,
        assessment(settings.test).frames_to_refine(found),
        get_frames,
        backend=backend or default_backend(),
        settings=settings,
        entries=entries,
        on_progress=on_progress,
    )
    return found.with_refined(refined)


def default_backend() -> Backend:
    """MediaPipe."""
    from mobility_check.pose.mediapipe import MediaPipeBackend

    return MediaPipeBackend()


def choose_person(tracks: Sequence[PoseTrack], settings: Settings) -> FoundClip:
    """The movements of the person to measure: the one asked for, or the largest of those who do the test's movement.

    Size decides between two who kick: a mirror image and a helper stand further away. If nobody kicks, it is the one
    seen longest and largest.

    Raises:
        UsageError: the settings ask for somebody who is not there.
    """
    people = from_the_left(tracks)
    if len(people) > 1 and settings.person is not None:
        place = {"left": 1, "right": len(people)}.get(settings.person) or int(settings.person)
        if place > len(people):
            raise UsageError(
                "There are {count} people in the clip; choose --person 1 to {count} from the left.", count=len(people)
            )
        people = [people[place - 1]]
    everybody = [find_movements(track, settings=settings) for track in people]
    most = max(len(found.reps) for found in everybody)
    doing = [found for found in everybody if 2 * len(found.reps) >= most]
    return max(doing, key=lambda found: float(np.nansum(np.ptp(found.recording.xy_px[..., 1], axis=1))))


def provenance_of(track: PoseTrack, settings: Settings) -> Provenance:
    """What made the numbers of this track under these settings."""
    both = settings.tracking_model != settings.model  # the tracking pass has a model of its own
    return Provenance(
        mobility_check=mobility_check.__version__,
        backend=track.backend,
        model=track.model,
        model_sha256=track.model_sha256,
        parameters=settings.to_dict(),
        angle_rule=assessment(settings.test).ANGLE_RULE,
        coefficients_sha256=load_coefficients().sha256,
        tracking_model=f"pose_landmarker_{settings.tracking_model}" if both else track.model,
    )


def _part_of(on_progress: OnProgress | None, start: float, length: float) -> OnProgress | None:
    """Progress of a part of the work that begins at ``start`` and takes ``length`` of the whole."""
    if on_progress is None:
        return None
    return lambda share: on_progress(start + length * share)
