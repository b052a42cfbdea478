"""Stills for the report: each kick's peak and each leg's quiet standing, read from the clips and drawn on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from mobility_check.assessments.session import ClipAnalysis, Session
from mobility_check.errors import InputError, ModelError
from mobility_check.files import sha256_of
from mobility_check.kinematics.landmarks import N_LANDMARKS, SIDES, Side
from mobility_check.kinematics.track import ClipMeta, Floats, PoseTrack
from mobility_check.pose.base import Backend
from mobility_check.report.data import Picture, Pictures, hold_of, shown_rep
from mobility_check.results.result import Result
from mobility_check.video.blur import FACES_BLURRED
from mobility_check.video.jpeg import encode_jpeg
from mobility_check.video.orientation import Image
from mobility_check.video.overlay import still
from mobility_check.video.source import ClipReader, Frame

READ_HEIGHT_PX = 1080
SHOWN_HEIGHT_PX = 620
MARGIN_SHARE = 0.16
"""Room left around the body when a picture is cut, as a share of the body's height."""
SAME_MOMENT_S = 0.15

NO_CLIP = "The clip could not be read again, so there are no pictures."
CHANGED = "The clip is not at its place any more or was changed, so there are no pictures."
NO_MODEL = (
    "The pose model that these numbers come from is not installed, so faces could not be found and blurred, and there"
    " are no pictures."
)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One still to take: ``place`` is the kick's index, ``None`` for quiet standing."""

    side: Side
    place: int | None
    clip: int
    time_s: float


class StillSource(Protocol):
    """Gives stills: a clip's reader, or the frames that a live check kept."""

    @property
    def time_s(self) -> Floats:
        """Times of its frames, rising."""
        ...

    def frames_at(self, indices: Sequence[int], *, max_height_px: int | None = None) -> Iterator[Frame]:
        """The frames at these places of ``time_s``."""
        ...


def take_pictures(
    session: Session, *, show_face: bool = False, readers: Mapping[str, StillSource] | None = None
) -> Pictures:
    """The pictures of a session whose clips are still there; without a clip a note says so.

    Args:
        session: with landmarks.
        show_face: do not blur faces.
        readers: of clips that are already listed, or of frames that a live check kept, by path.
    """
    shots = []
    try:
        for i, track in enumerate(session.tracks):
            source = (readers or {}).get(track.meta.path, track.meta.path)
            shots += _clip_shots(session, i, source, show_face=show_face)
    except InputError:
        return Pictures(note=NO_CLIP)
    note = FACES_BLURRED if shots and not show_face else ""
    return Pictures(
        {(w.side, w.place): p for w, p in shots if w.place is not None},
        {w.side: p for w, p in shots if w.place is None},
        note,
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


def _wanted(session: Session, clip: int) -> list[_Wanted]:
    found: list[_Wanted] = []
    for side in SIDES:
        for place, rep in enumerate(session.result.sides[side].reps):
            if rep.clip == clip:
                found.append(_Wanted(side, place, clip, sum(hold_of(rep)) / 2))
        shown = shown_rep(session.result, side)
        if shown is not None and session.result.sides[side].reps[shown].clip == clip:
            start_s = session.result.sides[side].reps[shown].start_s
            standing = _standing_before(session.clips[clip], start_s)
            if standing is not None:
                found.append(_Wanted(side, None, clip, standing))
    return sorted(found, key=lambda w: w.time_s)


def _standing_before(clip: ClipAnalysis, time_s: float) -> float | None:
    """Middle of the last quiet standing that began before that time, else of the first one."""
    middles = sorted(sum(span) / 2 for span in clip.neutral_spans_s)
    before = [m for m in middles if m <= time_s]
    return before[-1] if before else middles[0] if middles else None


def _clip_shots(
    session: Session, clip: int, source: str | StillSource, *, show_face: bool
) -> list[tuple[_Wanted, Picture]]:
    wanted = _wanted(session, clip)
    if not wanted:
        return []
    track = session.tracks[clip]
    windows = {side: _window(track, [w.time_s for w in wanted if w.side == side]) for side in SIDES}
    shots = []
    for frame, items in _frames(source, wanted):
        for item in items:
            image = still(frame.image, session=session, clip=clip, time_s=frame.time_s, show_face=show_face)
            shots.append((item, _picture(image, windows[item.side], frame.time_s, clip=clip)))
    return shots


def _frames(source: str | StillSource, wanted: Iterable[_Wanted]) -> Iterable[tuple[Frame, list[_Wanted]]]:
    """Each frame that is wanted, with all that it is wanted for."""
    reader: StillSource = ClipReader(source) if isinstance(source, str) else source
    asked: dict[int, list[_Wanted]] = {}
    for item in wanted:
        asked.setdefault(int(np.abs(reader.time_s - item.time_s).argmin()), []).append(item)
    for frame in reader.frames_at(sorted(asked), max_height_px=READ_HEIGHT_PX):
        yield frame, asked[frame.index]


def _window(track: PoseTrack, times_s: list[float]) -> tuple[float, float, float, float]:
    """The part of the picture that holds the body at all these times, as shares: left, top, right, bottom."""
    size = np.array([track.meta.width_px, track.meta.height_px], dtype=np.float64)
    near = np.array([[abs(track.time_s - t).min() <= SAME_MOMENT_S, abs(track.time_s - t).argmin()] for t in times_s])
    frames = near[near[:, 0] > 0, 1].astype(int) if len(near) else np.empty(0, dtype=int)
    points = track.xy_px[frames].reshape(-1, 2)
    points = points[np.isfinite(points).all(axis=1)]
    if not len(points):
        return 0.0, 0.0, 1.0, 1.0
    low, high = points.min(axis=0), points.max(axis=0)
    margin = MARGIN_SHARE * (high[1] - low[1])
    half_width = max((high[0] - low[0]) / 2 + margin, 0.33 * (high[1] - low[1] + 2 * margin))
    middle = (low[0] + high[0]) / 2
    corners = np.array([[middle - half_width, low[1] - margin], [middle + half_width, high[1] + 0.5 * margin]]) / size
    left, top, right, bottom = np.clip(corners, 0.0, 1.0).ravel().tolist()
    return left, top, right, bottom


def _picture(image: Image, window: tuple[float, float, float, float], time_s: float, *, clip: int) -> Picture:
    height, width = image.shape[:2]
    left, top, right, bottom = window
    cut = image[
        round(top * height) : max(round(bottom * height), 1), round(left * width) : max(round(right * width), 1)
    ]
    jpeg, width_px, height_px = encode_jpeg(np.ascontiguousarray(cut), height_px=SHOWN_HEIGHT_PX)
    return Picture(jpeg, width_px, height_px, time_s, clip)


def _track_again(result: Result, clips: tuple[ClipAnalysis, ...], clip: int, *, backend: Backend) -> PoseTrack:
    """Landmarks at the wanted moments only, on the time grid of the stored curves."""
    info, made = result.inputs[clip], result.provenance
    meta = ClipMeta(info.path, info.sha256, info.duration_s, info.fps, info.frames, info.width_px, info.height_px)
    grid = clips[clip].time_s
    empty = _empty_track(grid, meta, result)
    wanted = _wanted(Session(result, clips, (empty,) * len(clips)), clip)
    xy, visibility = empty.xy_px.copy(), empty.visibility.copy()
    with backend.stills(made.model.removeprefix("pose_landmarker_")) as estimator:
        for frame, _ in _frames(info.path, wanted):
            people = estimator.estimate(frame.image, frame.time_s)
            if people:
                here = np.abs(grid - frame.time_s) <= SAME_MOMENT_S
                xy[here] = people[0].xy_px * (info.height_px / frame.image.shape[0])
                visibility[here] = people[0].visibility
    return replace(empty, xy_px=xy, visibility=visibility)


def _empty_track(grid: Floats, meta: ClipMeta, result: Result) -> PoseTrack:
    n, made = len(grid), result.provenance
    return PoseTrack(
        grid,
        np.arange(n),
        np.full((n, N_LANDMARKS, 2), np.nan),
        np.zeros((n, N_LANDMARKS)),
        np.zeros(n, dtype=np.int64),
        np.full(n, np.nan),
        meta,
        made.backend,
        made.model,
        made.model_sha256,
    )
