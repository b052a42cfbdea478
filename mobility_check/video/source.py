"""Reads clips: upright RGB frames with the clip's own times, one in memory at a time, damaged clips as far as they go.

>>> reader = ClipReader("clip.mp4")                                       # doctest: +SKIP
>>> for frame in reader.frames(max_height_px=540, min_step_s=1 / 15):     # doctest: +SKIP
...     look_at(frame.image, frame.time_s)
>>> reader.meta.notes                                                     # doctest: +SKIP
('damaged_clip',)
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Container, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from mobility_check.errors import InputError
from mobility_check.files import sha256_of
from mobility_check.kinematics.track import ClipMeta
from mobility_check.video.borders import find_borders, may_have_borders
from mobility_check.video.container import Decoded, OpenClip, check_file, opened
from mobility_check.video.index import file_stamp, list_clip, mean_fps
from mobility_check.video.motion import Span
from mobility_check.video.orientation import Crop, Image, UprightFrames

SEEK_GAP_S = 0.5
"""Jump to a key frame only when it skips at least this much of the clip."""
BORDER_FRAMES, BORDERS_WITHIN_S = 8, 10.0
"""Borders are confirmed in so many frames, from the first seconds where there are too few key frames."""
NOTES = (
    "damaged_clip",
    "timestamps_repaired",
    "no_time_stamps",
    "slowed_down",
    "marked_mirrored",
    "picture_changed",
    "borders_cropped",
    "several_streams",
)


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame: its index in the clip, its time from the first frame, and (H, W, 3) upright RGB."""

    index: int
    time_s: float
    image: Image


class ClipReader:
    """One clip, listed once. Holds no open file between calls, so several threads may read from the same reader.

    Attributes:
        time_s: (N,) presentation time of every frame, strictly rising from 0; of life where the clip is slow motion.
        key_frames: (K,) indices of the frames where decoding can start; empty when the clip cannot be entered midway.
        matrix: how its colours are coded, a code point of ITU-T H.273.
        frozen_s: spans in which the picture stands still; who looks at all frames sets them (``video.motion``).
    """

    def __init__(self, path: str | os.PathLike[str], *, hashed: bool = False) -> None:
        """Open the clip, list its frames (without decoding them) and decode the first; ``hashed``: also its SHA-256.

        Raises:
            InputError: the file is not a clip that can be read; one sentence that names it and what to do.
        """
        self.path = os.fspath(path)
        self._damage: list[str] = []
        self.frozen_s: tuple[Span, ...] = ()
        check_file(path)
        self._stamp = file_stamp(self.path)
        sha256 = sha256_of(path) if hashed else None
        listing = list_clip(self.path, damage=self._damage)
        self._geometry, self.matrix = listing.geometry, listing.matrix
        self.time_s, self._pts, self._seen = listing.time_s, listing.pts, set(listing.notes)
        alone, none = listing.coded_alone, np.empty(0, dtype=np.int64)
        self.key_frames = alone if listing.enterable else none
        self._coded_alone = alone if 4 * len(alone) < len(self.time_s) else none
        self._crop: Crop | None = None
        self._crop = self._borders(listing.first)
        size = UprightFrames(self._geometry, crop=self._crop).size
        steps_s = np.diff(self.time_s)  # the last frame is shown as long as a usual one
        self._meta = ClipMeta(
            path=self.path,
            sha256=sha256,
            duration_s=float(self.time_s[-1] + np.median(steps_s)) if len(steps_s) else 0.0,
            fps=mean_fps(self.time_s),
            frames=len(self.time_s),
            width_px=size[0],
            height_px=size[1],
        )

    @classmethod
    def of(cls, clip: str | os.PathLike[str] | ClipReader) -> ClipReader:
        """The reader itself, or a new one of a path with the file's SHA-256."""
        return clip if isinstance(clip, ClipReader) else cls(clip, hashed=True)

    @property
    def meta(self) -> ClipMeta:
        """Facts of the clip with what was found up to now (damage and a frozen picture show only while reading)."""
        return dataclasses.replace(self._meta, notes=self.notes, frozen_s=self.frozen_s)

    @property
    def notes(self) -> tuple[str, ...]:
        """Codes of ``results.reasons``, those in ``NOTES`` that apply."""
        found = self._seen | ({"damaged_clip"} if self._damage else set())
        return tuple(code for code in NOTES if code in found)

    def check_unchanged(self) -> None:
        """Make sure that all that was read is of one and the same file.

        Raises:
            InputError: it was changed, replaced or removed since the reader was made.
        """
        if file_stamp(self.path) != self._stamp:
            raise InputError(
                "'{path}' was changed while it was read; wait until the recording or copy has finished and try again.",
                path=self.path,
            )

    def frames(
        self, *, max_height_px: int | None = None, min_step_s: float = 0.0, shown: bool = False
    ) -> Iterator[Frame]:
        """Frames in presentation order; those not asked for are decoded but not converted.

        Args:
            max_height_px: scale the upright picture down to this height; None keeps full resolution.
            min_step_s: least time between two frames, e.g. 1/15 to look at 15 a second of a slow-motion clip.
            shown: colours for a copy of the clip that is marked with its ``matrix`` (see :class:`UprightFrames`).
        """
        chosen = self.sampled(min_step_s)
        convert = UprightFrames(self._geometry, crop=self._crop, max_height_px=max_height_px, shown=shown)
        with self._opened() as clip:
            yield from self._converted(self._numbered(clip, chosen, len(self.time_s)), chosen, convert)

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
        self, indices: Iterable[int], *, max_height_px: int | None = None, rough: bool = False, quick: bool = False
    ) -> Iterator[Frame]:
        """The frames of these indices in rising order, the same pixels as from :meth:`frames` unless ``rough``.

        Long segments that nobody asked for are jumped over by seeking to key frames, where the clip allows it. Rough
        pictures cost half the decoding: good for finding things, not for measuring them (see ``container.opened``), and
        so are ``quick`` ones (see :meth:`frames`).

        Raises:
            IndexError: an index that the clip does not have.
        """
        wanted = sorted(set(indices))
        if wanted and not 0 <= wanted[0] <= wanted[-1] < len(self.time_s):
            raise IndexError(f"the clip has frames 0 to {len(self.time_s) - 1}, asked for {wanted[0]} to {wanted[-1]}")
        if not wanted:
            return
        convert = UprightFrames(self._geometry, crop=self._crop, max_height_px=max_height_px, quick=quick)
        with self._opened(rough=rough) as clip:
            decoded = chain.from_iterable(self._run(clip, run, rough=rough) for run in self._runs(wanted))
            yield from self._converted(decoded, frozenset(wanted), convert)

    def recoded(self, after: int, until: int) -> bool:
        """Whether a key frame lies after one frame and up to another: the noise of coding changes there.

        Where every picture is coded alone it does not.
        """
        first, last = np.searchsorted(self._coded_alone, (after + 1, until + 1))
        return bool(last > first)

    def _borders(self, first: Any) -> Crop | None:
        """The part of the picture within flat borders; most clips have none, which the first picture tells."""
        if not may_have_borders(UprightFrames(self._geometry)(first, self._geometry)[..., 1]):
            return None
        choice = self.key_frames
        if len(choice) < BORDER_FRAMES:
            choice = np.flatnonzero(self.time_s <= BORDERS_WITHIN_S)
        spread = choice[np.linspace(0, len(choice) - 1, BORDER_FRAMES).round().astype(int)]
        crop = find_borders([frame.image[..., 1] for frame in self.frames_at(spread)])
        if crop is not None:
            self._seen.add("borders_cropped")
        return crop

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

    @contextmanager
    def _opened(self, *, rough: bool = False) -> Iterator[OpenClip]:
        with opened(self.path, damage=self._damage, rough=rough) as clip:
            self.check_unchanged()
            yield clip

    def _run(self, clip: OpenClip, run: list[int], *, rough: bool) -> Iterator[tuple[int, Decoded]]:
        """The decoded frames of a run, entered at the key frame before it."""
        wanted, entry = frozenset(run), self._entry(run[0])
        if entry > 0:
            assert self._pts is not None
            clip.container.seek(int(self._pts[entry]), stream=clip.stream)
        decoded = self._numbered(clip, wanted, run[-1])
        first = next(decoded, None)
        if entry > 0 and (first is None or first[0] > entry):  # the container's seek lands after the key frame
            with self._opened(rough=rough) as fresh:
                yield from self._numbered(fresh, wanted, run[-1])
        elif first is not None:
            yield first
            yield from decoded

    def _converted(
        self, decoded: Iterable[tuple[int, Decoded]], wanted: Container[int], convert: UprightFrames
    ) -> Iterator[Frame]:
        for index, (frame, geometry) in decoded:
            if index in wanted:
                if geometry != self._geometry:
                    self._seen.add("picture_changed")
                yield Frame(index, float(self.time_s[index]), convert(frame, geometry))

    def _numbered(self, clip: OpenClip, wanted: Container[int], until: int) -> Iterator[tuple[int, Decoded]]:
        """Decoded frames with their index: by their stamp where stamps are sound, by counting otherwise.

        Some of those that are not wanted may be missing; none after ``until`` is decoded.
        """
        pts, index = self._pts, -1
        if pts is None:
            yield from zip(range(min(until + 1, len(self.time_s))), clip.frames(), strict=False)
            return

        def needed(stamp: int | None) -> bool:
            return stamp is None or int(np.searchsorted(pts, stamp)) in wanted

        for found in clip.frames(needed):
            stamp = found[0].pts
            place = int(np.searchsorted(pts, stamp)) if stamp is not None else len(pts)
            if index < place < len(pts) and pts[place] == stamp:
                index = place
                yield index, found
                if index >= until:
                    return
