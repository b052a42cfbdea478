"""Stills for the report: each rep's peak and each leg's quiet standing, read from the clips and drawn on.

All stills of a session show the same part of the room around the hips, measured in lengths of the person's leg, so that
two dates stand side by side at one scale whatever the camera's distance was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from mobility_check.assessments import describe
from mobility_check.assessments.session import ClipAnalysis, Session
from mobility_check.errors import InputError, ModelError
from mobility_check.files import sha256_of
from mobility_check.kinematics.landmarks import N_LANDMARKS, SIDES, Side, joint
from mobility_check.kinematics.track import ClipMeta, Floats, PoseTrack
from mobility_check.language import N_
from mobility_check.pose.base import Backend, Pose
from mobility_check.report.data import Picture, Pictures, shown_rep
from mobility_check.results.result import Person, Result
from mobility_check.video.blur import FACES_BLURRED
from mobility_check.video.jpeg import encode_jpeg
from mobility_check.video.orientation import Image
from mobility_check.video.overlay import still
from mobility_check.video.source import ClipReader, Frame

READ_HEIGHT_PX = 1080
SHOWN_HEIGHT_PX = 620
ABOVE_LEGS, BELOW_LEGS, ASIDE_LEGS = 1.32, 1.24, 1.0
"""What a picture shows around the hips, in lengths of the leg: up past the head, down past the foot, to each side."""
SAME_MOMENT_S = 0.15
MOST_PEOPLE = 4
DIM = 0.35
"""How bright the picture stays around the person who was measured, where several were in view."""
BORDER_PX = 3

WHOLE: Floats = np.array([0.0, 0.0, 1.0, 1.0])

NO_CLIP = N_("The clip could not be read again, so there are no pictures.")
CHANGED = N_("The clip is not at its place any more or was changed, so there are no pictures.")
NO_MODEL = N_(
    "The pose model that these numbers come from is not installed, so faces could not be found and "
    "blurred, and there are no pictures."
)


Moment = tuple[Side | None, int | None]
"""A still to take: of a side's rep by its index, ``None`` for quiet standing; without a side, of the people in view."""


class StillSource(Protocol):
    """Gives stills: a clip's reader, or the frames that a live check kept."""

    @property
    def time_s(self) -> Floats:
        """Times of its frames, rising."""

    def frames_at(self, indices: Sequence[int], *, max_height_px: int | None = None) -> Iterator[Frame]:
        """The frames at these places of ``time_s``."""


def take_pictures(
    session: Session, *, show_face: bool = False, readers: Mapping[str, StillSource] | None = None
) -> Pictures:
    """The pictures of a session whose clips are still there; without a clip a note says so.

    Args:
        session: with landmarks.
        show_face: do not blur faces.
        readers: of clips that are already listed, or of frames that a live check kept, by path.
    """
    shots: dict[Moment, Picture] = {}
    try:
        for i, track in enumerate(session.tracks):
            source = (readers or {}).get(track.meta.path, track.meta.path)
            shots |= _clip_shots(session, i, source, show_face=show_face)
    except InputError:
        return Pictures(note=NO_CLIP)
    return Pictures(
        {(side, place): picture for (side, place), picture in shots.items() if side and place is not None},
        {side: picture for (side, place), picture in shots.items() if side and place is None},
        FACES_BLURRED if shots and not show_face else "",
        shots.get((None, None)),
    )


def tracks_again(result: Result, clips: tuple[ClipAnalysis, ...], *, backend: Backend) -> tuple[PoseTrack, ...] | str:
    """Landmarks of a stored session for its pictures and figure, if its clips are still where they were, unchanged.

    No landmarks are stored, so the pose model looks once more at the few frames that are shown; every number stays the
    stored one.

    Args:
        result, clips: what was stored.
        backend: finds the body in the frames, for the lines and for blurring the face.

    Returns:
        One track per clip with landmarks at the shown moments only, or a sentence that says why there are none.
    """
    if not clips or not all(_unchanged(i.path, i.sha256) for i in result.inputs):
        return CHANGED
    try:
        return tuple(_track_again(result, clips, i, backend=backend) for i in range(len(clips)))
    except InputError:
        return NO_CLIP
    except ModelError:
        return NO_MODEL


def _unchanged(path: str, sha256: str | None) -> bool:
    return sha256 is not None and Path(path).is_file() and sha256_of(path) == sha256


def _wanted(result: Result, clips: Sequence[ClipAnalysis], clip: int) -> dict[Moment, float]:
    """The stills to take from a clip, and their times."""
    found: dict[Moment, float] = {}
    words, person = describe(result.test), result.person
    for side in SIDES:
        reps = result.sides[side].reps
        found |= {(side, i): sum(words.value_at_s(r)) / 2 for i, r in enumerate(reps) if r.clip == clip}
        shown = shown_rep(result, side)
        if shown is not None and reps[shown].clip == clip:
            standing_s = _standing_before(clips[clip], reps[shown].start_s)
            if standing_s is not None:
                found[side, None] = standing_s
    if person and person.of > 1 and person.clip == clip:
        found[None, None] = person.shown_s
    return found


def _standing_before(clip: ClipAnalysis, time_s: float) -> float | None:
    """Middle of the last quiet standing that began before that time, else of the first one."""
    middles = [sum(span) / 2 for span in clip.neutral_spans_s]
    return max((m for m in middles if m <= time_s), default=min(middles, default=None))


def _clip_shots(session: Session, clip: int, source: str | StillSource, *, show_face: bool) -> dict[Moment, Picture]:
    result, track = session.result, session.tracks[clip]
    leg_px = _leg_px(track)
    shots: dict[Moment, Picture] = {}
    for frame, moments in _frames(source, _wanted(result, session.clips, clip)):
        image = still(frame.image, session=session, clip=clip, time_s=frame.time_s, show_face=show_face)
        window = _window(track, frame.time_s, leg_px)
        for moment in moments:
            if moment[0] is not None:
                shots[moment] = _picture(image, window, frame.time_s, clip=clip)
            elif (person := result.person) and abs(frame.time_s - person.shown_s) <= SAME_MOMENT_S:
                shots[moment] = _picture(_spotlight(image, person.box), WHOLE, frame.time_s, clip=clip)
    return shots


def _spotlight(image: Image, box: tuple[float, float, float, float]) -> Image:
    """The picture dimmed but for the person in the box, with a line around it; the box in shares of the picture."""
    height, width = image.shape[:2]
    left, top, right, bottom = (round(share * size) for share, size in zip(box, (width, height) * 2, strict=True))
    out = np.asarray(image * DIM, dtype=np.uint8)
    out[max(top - BORDER_PX, 0) : bottom + BORDER_PX, max(left - BORDER_PX, 0) : right + BORDER_PX] = 255
    out[top:bottom, left:right] = image[top:bottom, left:right]
    return out


def _frames(source: str | StillSource, wanted: Mapping[Moment, float]) -> Iterator[tuple[Frame, list[Moment]]]:
    """Each frame that is wanted, with all that it is wanted for."""
    if not wanted:
        return
    reader: StillSource = ClipReader(source) if isinstance(source, str) else source
    asked: dict[int, list[Moment]] = {}
    for moment, time_s in wanted.items():
        asked.setdefault(int(np.abs(reader.time_s - time_s).argmin()), []).append(moment)
    for frame in reader.frames_at(sorted(asked), max_height_px=READ_HEIGHT_PX):
        yield frame, asked[frame.index]


def _leg_px(track: PoseTrack) -> float:
    """Length of thigh and shank together, in pixels of the clip's full size; NaN when no leg was seen."""
    joints = [[track.xy_px[:, joint(name, s)] for name in ("hip", "knee", "ankle")] for s in SIDES]
    legs = np.concatenate([np.linalg.norm(np.diff(leg, axis=0), axis=2).sum(axis=0) for leg in joints])
    legs = legs[np.isfinite(legs)]
    return float(np.median(legs)) if len(legs) else float("nan")


def _window(track: PoseTrack, time_s: float, leg_px: float) -> Floats:
    """What is shown around the hips at that time, in shares of the picture: left, top, right, bottom."""
    at = int(np.abs(track.time_s - time_s).argmin()) if len(track) else 0
    hip = track.xy_px[at, [joint("hip", s) for s in SIDES]].mean(axis=0) if len(track) else np.full(2, np.nan)
    if not (np.isfinite(hip).all() and np.isfinite(leg_px) and leg_px > 1.0):
        return WHOLE
    low, high = hip - leg_px * np.array([ASIDE_LEGS, ABOVE_LEGS]), hip + leg_px * np.array([ASIDE_LEGS, BELOW_LEGS])
    shares: Floats = np.concatenate([low, high]) / np.tile([track.meta.width_px, track.meta.height_px], 2)
    return shares


def _picture(image: Image, window: Floats, time_s: float, *, clip: int) -> Picture:
    """Cut out the window; what lies outside the picture goes on as its edge does."""
    height, width = image.shape[:2]
    scale = np.array([width, height])
    left, top = np.round(window[:2] * scale).astype(int).tolist()
    wide, high = np.round((window[2:] - window[:2]) * scale).astype(int).tolist()  # the same for every moment
    rows = np.arange(max(top, -2 * height), min(top + high, 3 * height)).clip(0, height - 1)
    columns = np.arange(max(left, -2 * width), min(left + wide, 3 * width)).clip(0, width - 1)
    jpeg, width_px, height_px = encode_jpeg(image[np.ix_(rows, columns)], height_px=SHOWN_HEIGHT_PX)
    return Picture(jpeg, width_px, height_px, time_s, clip)


def _track_again(result: Result, clips: tuple[ClipAnalysis, ...], clip: int, *, backend: Backend) -> PoseTrack:
    """Landmarks at the wanted moments only, on the time grid of the stored curves."""
    info, made = result.inputs[clip], result.provenance
    meta = ClipMeta(info.path, info.sha256, info.duration_s, info.fps, info.frames, info.width_px, info.height_px)
    grid = clips[clip].time_s
    n = len(grid)
    everybody, visibility = np.full((MOST_PEOPLE, n, N_LANDMARKS, 2), np.nan), np.zeros((n, N_LANDMARKS))
    person = result.person if result.person and result.person.clip == clip else None
    with backend.stills(made.model.removeprefix("pose_landmarker_"), max_people=MOST_PEOPLE) as estimator:
        for frame, _ in _frames(info.path, _wanted(result, clips, clip)):
            people = _measured_first(estimator.estimate(frame.image, frame.time_s), frame.image.shape[1], person)
            here = np.abs(grid - frame.time_s) <= SAME_MOMENT_S
            for known, pose in zip(everybody, people, strict=False):
                known[here] = pose.xy_px * (info.height_px / frame.image.shape[0])
            if people:
                visibility[here] = people[0].visibility
    counts, luma, by = np.zeros(n, dtype=np.int64), np.full(n, np.nan), (made.backend, made.model, made.model_sha256)
    xy_px, *others_px = everybody
    return PoseTrack(grid, np.arange(n), xy_px, visibility, counts, luma, meta, *by, others_px=tuple(others_px))


def _measured_first(people: Sequence[Pose], width_px: int, person: Person | None) -> list[Pose]:
    """Who stands where the measured person stood comes first, else who looks largest; the others are blurred only."""

    def far(pose: Pose) -> float:
        if person is None:
            return -float(np.ptp(pose.xy_px[:, 1]))
        return abs(float(np.mean(pose.xy_px[:, 0])) / width_px - (person.box[0] + person.box[2]) / 2)

    return sorted(people, key=far)
