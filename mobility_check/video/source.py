"""Reads clips: upright RGB frames with the clip's own times, one in memory at a time, damaged clips as far as they go.

>>> reader = ClipReader("clip.mp4")                                       # doctest: +SKIP
>>> for frame in reader.frames(max_height_px=540, min_step_s=1 / 15):     # doctest: +SKIP
...     look_at(frame.image, frame.time_s)
>>> reader.meta.notes                                                     # doctest: +SKIP
('damaged_clip',)
"""

from __future__ import annotations

import dataclasses
import math
import os
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mobility_check.errors import InputError
from mobility_check.kinematics.track import ClipMeta, Floats
from mobility_check.video.container import check_size, opened, packets, pictures
from mobility_check.video.orientation import Geometry, Image, Upright, geometry_of, pixel_aspect_of
from mobility_check.video.timing import mean_fps, mend

SEEK_GAP_S = 0.5
"""Jump to a key frame only when it skips at least this much of the clip; each jump opens the file anew."""
_SEEKABLE = ("mov", "matroska")
_STORED_ORDER = ("avi", "h264", "hevc", "m4v")
"""Containers that stamp pictures in the order of storage, so the stamps name no picture once the codec reorders."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture: its index in the clip, its time from the first frame, and (H, W, 3) upright RGB."""

    index: int
    time_s: float
    image: Image


class ClipReader:
    """One clip. Holds no open file between calls, so several threads may read from the same reader.

    Attributes:
        time_s: (N,) presentation time of every frame, strictly rising from 0.
        key_frames: (K,) indices of the frames where decoding can start; empty when the clip cannot be entered midway.
    """

    def __init__(self, path: str | os.PathLike[str], *, sha256: str | None = None) -> None:
        """Open the clip, list its frames (without decoding them) and decode the first.

        Args:
            path: the clip.
            sha256: of the file, for the record.

        Raises:
            InputError: the file is not a clip that can be read; one sentence that names it and what to do.
        """
        self._path = os.fspath(path)
        self._damage: list[str] = []
        with opened(path) as (container, stream):
            listing = _list_packets(container, stream, damage=self._damage)
        self._geometry, first_pts, nominal_fps = self._look_at_first()
        self._pts = listing.presentation_pts(first_pts)
        stamps = listing.stamps_s() if self._pts is None else self._pts.astype(float) * listing.time_base_s
        self.time_s, self._repaired = mend(stamps, nominal_fps=nominal_fps)
        self.key_frames = self._keys(listing)
        self._meta = ClipMeta(
            path=self._path, sha256=sha256, duration_s=self._duration_s(), fps=mean_fps(self.time_s),
            frames=len(self.time_s), width_px=self._geometry.width_px, height_px=self._geometry.height_px,
        )  # fmt: skip

    @property
    def meta(self) -> ClipMeta:
        """Facts of the clip; ``notes`` holds what was found up to now (damage shows only while reading)."""
        return dataclasses.replace(self._meta, notes=self.notes)

    @property
    def notes(self) -> tuple[str, ...]:
        """Codes of ``results.reasons``: ``damaged_clip``, ``timestamps_repaired``."""
        found = {"damaged_clip": bool(self._damage), "timestamps_repaired": self._repaired}
        return tuple(code for code, there in found.items() if there)

    def frames(
        self,
        *,
        max_height_px: int | None = None,
        min_step_s: float = 0.0,
        wanted: Container[int] | None = None,
        quick: bool = False,
    ) -> Iterator[Frame]:
        """Frames in presentation order; those not asked for are decoded but not converted.

        Args:
            max_height_px: scale the upright picture down to this height; None keeps full resolution.
            min_step_s: least time between two frames, e.g. 1/15 to look at 15 a second of a slow-motion clip.
            wanted: indices to yield; None means all that ``min_step_s`` lets through.
            quick: coarser colours in less time (see :class:`Upright`); for looking at, not for measuring.
        """
        chosen = self.sampled(min_step_s) if wanted is None else wanted
        convert = Upright(self._geometry, max_height_px=max_height_px, quick=quick)
        for index, picture in self._decode(0, chosen):
            if index in chosen:
                yield Frame(index, float(self.time_s[index]), convert(picture))

    def sampled(self, min_step_s: float) -> range | frozenset[int]:
        """Indices of the frames that are at least ``min_step_s`` apart (a quarter of a frame is forgiven)."""
        n = len(self.time_s)
        if min_step_s <= 0 or n < 2:
            return range(n)
        slack_s = 0.25 * float(np.median(np.diff(self.time_s)))
        chosen = [0]
        while True:
            due = self.time_s[chosen[-1]] + min_step_s - slack_s
            following = max(int(np.searchsorted(self.time_s, due)), chosen[-1] + 1)
            if following >= n:
                return frozenset(chosen)
            chosen.append(following)

    def frames_at(
        self, indices: Iterable[int], *, max_height_px: int | None = None, rough: bool = False
    ) -> Iterator[Frame]:
        """The frames of these indices in rising order, the same pixels as from :meth:`frames` unless ``rough``.

        Long segments that nobody asked for are jumped over by seeking to key frames, where the clip allows it. Rough
        pictures cost half the decoding: good for finding things, not for measuring them (see ``container.opened``).

        Raises:
            IndexError: an index that the clip does not have.
        """
        wanted = sorted(set(indices))
        if wanted and not 0 <= wanted[0] <= wanted[-1] < len(self.time_s):
            raise IndexError(f"the clip has frames 0 to {len(self.time_s) - 1}, asked for {wanted[0]} to {wanted[-1]}")
        convert = Upright(self._geometry, max_height_px=max_height_px)
        for run in self._runs(wanted):
            members = frozenset(run)
            for index, picture in self._decode(run[0], members, rough=rough):
                if index in members:
                    yield Frame(index, float(self.time_s[index]), convert(picture))
                if index >= run[-1]:
                    break

    def nearest(self, time_s: float) -> int:
        """Index of the frame shown at that time."""
        return int(np.argmin(np.abs(self.time_s - time_s)))

    def _look_at_first(self) -> tuple[Geometry, int | None, float | None]:
        with opened(self._path) as (container, stream):
            first = next(pictures(container, stream, damage=self._damage), None)
            if first is None:
                raise InputError(
                    f"No picture of '{self._path}' can be decoded; the clip is damaged or in a format that is not"
                    " known here: copy it again or convert it to MP4 (H.264)."
                )
            check_size(first.width, first.height, path=self._path)
            rate = stream.average_rate or stream.guessed_rate
            return geometry_of(first, pixel_aspect=pixel_aspect_of(stream)), first.pts, float(rate) if rate else None

    def _duration_s(self) -> float:
        """From the first picture to the end of the last, which is shown as long as a usual one."""
        if len(self.time_s) < 2:
            return 0.0
        return float(self.time_s[-1] + np.median(np.diff(self.time_s)))

    def _keys(self, listing: _Listing) -> NDArray[np.int64]:
        if self._pts is None or not listing.format.startswith(_SEEKABLE):
            return np.empty(0, dtype=np.int64)
        return np.flatnonzero(np.isin(self._pts, listing.key_pts))

    def _entry(self, index: int) -> int:
        """The key frame at or before ``index``; 0 when the clip cannot be entered midway."""
        before = self.key_frames[self.key_frames <= index]
        return int(before[-1]) if len(before) else 0

    def _runs(self, wanted: list[int]) -> Iterator[list[int]]:
        """Split rising indices where a jump to a key frame skips a long enough segment."""
        run: list[int] = []
        for index in wanted:
            if run and self.time_s[self._entry(index)] - self.time_s[run[-1]] > SEEK_GAP_S:
                yield run
                run = []
            run.append(index)
        if run:
            yield run

    def _decode(self, start: int, wanted: Container[int], *, rough: bool = False) -> Iterator[tuple[int, Any]]:
        """(index, decoded frame) from the key frame at or before ``start`` on; some unwanted ones may be missing."""
        entry = self._entry(start)
        if entry > 0 and (landed := self._decode_from(entry, wanted, rough)) is not None:
            yield from landed
            return
        with opened(self._path, rough=rough) as (container, stream):
            yield from self._numbered(self._pictures(container, stream, wanted))

    def _pictures(self, container: Any, stream: Any, wanted: Container[int]) -> Iterator[Any]:
        pts = self._pts

        def needed(stamp: int | None) -> bool:
            return stamp is None or pts is None or int(np.searchsorted(pts, stamp)) in wanted

        return pictures(container, stream, damage=self._damage, needed=None if pts is None else needed)

    def _decode_from(self, entry: int, wanted: Container[int], rough: bool) -> Iterator[tuple[int, Any]] | None:
        """Frames from a key frame on, or None when the container's seek lands after it."""
        assert self._pts is not None
        stream_of = self._seeking(int(self._pts[entry]), wanted, rough)
        first = next(stream_of, None)
        if first is None or first[0] > entry:
            stream_of.close()
            return None
        return chain([first], stream_of)

    def _seeking(self, pts: int, wanted: Container[int], rough: bool) -> Any:
        with opened(self._path, rough=rough) as (container, stream):
            container.seek(pts, stream=stream)
            yield from self._numbered(self._pictures(container, stream, wanted))

    def _numbered(self, decoded: Iterator[Any]) -> Iterator[tuple[int, Any]]:
        """Frames with their index: by their stamp where stamps are sound, by counting otherwise."""
        n = len(self.time_s)
        if self._pts is None:
            yield from zip(range(n), decoded, strict=False)
            return
        last = -1
        for picture in decoded:
            index = int(np.searchsorted(self._pts, picture.pts)) if picture.pts is not None else n
            if last < index < n and self._pts[index] == picture.pts:
                last = index
                yield index, picture


def probe(path: str | os.PathLike[str], *, sha256: str | None = None) -> ClipMeta:
    """Facts of a clip without reading its pictures.

    Raises:
        InputError: the file is not a clip that can be read.
    """
    return ClipReader(path, sha256=sha256).meta


@dataclass(frozen=True, slots=True)
class _Listing:
    """Stamps of all packets in stored order; NaN where there is none."""

    pts: Floats
    dts: Floats
    key_pts: Floats
    time_base_s: float
    format: str

    def presentation_pts(self, first_pts: int | None) -> NDArray[np.int64] | None:
        """Rising stamps of all frames, or None when they cannot name frames: missing, repeated or running backwards."""
        backwards = np.any(np.diff(self.dts[np.isfinite(self.dts)]) < 0)
        if (
            self.format.startswith(_STORED_ORDER)
            or backwards
            or not np.isfinite(self.pts).all()
            or len(np.unique(self.pts)) < len(self.pts)
        ):
            return None
        pts = np.sort(self.pts).astype(np.int64)
        return pts if first_pts is not None and first_pts in pts else None

    def stamps_s(self) -> Floats:
        """Best guess of the presentation times: sorted within each segment whose decoding order does not jump back."""
        stamps = np.where(np.isfinite(self.pts), self.pts, self.dts) * self.time_base_s
        breaks = np.flatnonzero(np.diff(self.dts) < 0) + 1
        return np.concatenate([np.sort(part) for part in np.split(stamps, breaks)])


def _list_packets(container: Any, stream: Any, *, damage: list[str]) -> _Listing:
    promised = stream.frames
    rows = [
        (_number(p.pts), _number(p.dts), p.is_keyframe)
        for p in packets(container, stream, damage=damage)
        if not p.is_discard
    ]
    if len(rows) < promised:
        damage.append(f"{len(rows)} of {promised} frames are in the file")
    pts, dts, keys = np.array(rows, dtype=float).reshape(-1, 3).T
    return _Listing(pts, dts, pts[keys.astype(bool)], float(stream.time_base), container.format.name)


def _number(stamp: int | None) -> float:
    return math.nan if stamp is None else float(stamp)
