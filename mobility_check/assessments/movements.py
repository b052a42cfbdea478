"""Movements of one leg in one clip, found but not yet judged; shared by every assessment."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mobility_check.kinematics.curves import SegmentCurves
from mobility_check.kinematics.geometry import mid_hip
from mobility_check.kinematics.landmarks import Side, View, joint, near_side, other
from mobility_check.kinematics.reps import RepFrames
from mobility_check.kinematics.signals import Bools, median, runs
from mobility_check.kinematics.track import ClipMeta, Floats, PoseTrack, RefinedFrames
from mobility_check.refinement.frames import SegmentFrames
from mobility_check.results.result import Reason

PLANTED_SHARE = 0.25
"""How far the standing foot may wander during a movement, in leg lengths; in a step it moves about half a leg (E)."""
TRAVELLED_LEGS = 1.0
"""Hips that cross so much of the picture, in leg lengths, walk; on the spot they sway by a tenth (E)."""
EDGE_AROUND_S = 0.3
"""A movement that the edge of the picture cuts off ends this near to it (E)."""
LEAST_STANDING = 8
"""Frames of standing outside all reps from which on those within are left out (E)."""
FEW_FRAMES = 4
"""A hold of fewer frames may show the way to it or back (E): with two or three a live check read 17° for 22°."""
OVERLAP_SHARE = 0.3
"""Two movements that share more of the shorter one's time than this are one movement (E)."""


@dataclass(frozen=True, slots=True)
class FoundRep:
    """A movement of one leg in one segment; ``frames`` are indices within the segment."""

    side: Side
    curves: SegmentCurves
    frames: RepFrames

    @property
    def view(self) -> View:
        """Whether the moving leg is the one next to the camera."""
        return "near" if self.side == near_side(self.curves.segment.facing) else "far"

    @property
    def hold(self) -> slice:
        """The hold, or the one frame of the peak where there is none."""
        return slice(self.frames.hold_start, max(self.frames.hold_stop, self.frames.hold_start + 1))

    def top(self, *, band_deg: float) -> slice:
        """From the first to the last frame near the top: the hold, and what a gap or a jerk may have cut off it."""
        curve = self.curves.swing[self.side][self.frames.start : self.frames.stop]
        with np.errstate(invalid="ignore"):
            near = np.flatnonzero(curve >= np.nanmax(curve) - band_deg)
        return slice(self.frames.start + int(near[0]), self.frames.start + int(near[-1]) + 1)

    @property
    def held(self) -> bool:
        """Whether the leg was held still."""
        return self.frames.hold_stop > self.frames.hold_start

    @property
    def hardly_seen(self) -> bool:
        """Whether the camera, or the computer, was so slow that the hold has few frames."""
        return self.held and self.frames.hold_stop - self.frames.hold_start < FEW_FRAMES

    def part(self, frames: slice) -> slice:
        """Frames of the segment as frames of the track."""
        start = self.curves.segment.start
        return slice(start + frames.start, start + frames.stop)


@dataclass(frozen=True, slots=True)
class FoundClip:
    """What was found in one clip.

    Attributes:
        recording: the track as it was recorded.
        track: the same with what lies outside the picture taken out.
        hint: what was seen instead, when there is no rep.
        unusable: why nothing can be measured in this clip.
        at_edge: (T,) where a joint lay at the edge of the picture or beyond.
        feet: (T,) where both feet were in the picture.
        long_kicks_s: durations of movements that last too long for a kick.
    """

    recording: PoseTrack
    track: PoseTrack
    segments: tuple[SegmentCurves, ...] = ()
    reps: tuple[FoundRep, ...] = ()
    hint: Reason | None = None
    unusable: Reason | None = None
    at_edge: Bools | None = None
    feet: Bools | None = None
    long_kicks_s: tuple[float, ...] = ()

    def with_refined(self, refined: RefinedFrames | None) -> FoundClip:
        """The same movements with the refined frames."""
        recording, track = (replace(t, refined=refined) for t in (self.recording, self.track))
        return replace(self, recording=recording, track=track)

    def with_meta(self, meta: ClipMeta) -> FoundClip:
        """The same movements with the facts of the clip as they are known now."""
        recording, track = (replace(t, meta=meta) for t in (self.recording, self.track))
        return replace(self, recording=recording, track=track)

    def times(self, curves: SegmentCurves) -> Floats:
        """Time stamps of a segment."""
        return self.track.time_s[curves.segment.start : curves.segment.stop]

    def clip_frames(self, curves: SegmentCurves, part: slice | Bools) -> list[int]:
        """Clip frame numbers of a part of a segment."""
        return [int(f) for f in self.track.frame[curves.segment.start : curves.segment.stop][part]]

    def standing(self, curves: SegmentCurves) -> list[int]:
        """Clip frame numbers of a segment's neutral stance.

        The hold of a stiff hip's kick is as quiet as standing and hardly another posture: what lies within a rep is
        none, as long as enough is left.
        """
        stance = curves.neutral.frames.copy()
        for rep in self.reps:
            if rep.curves is curves:
                stance[rep.frames.start : rep.frames.stop] = False
        return self.clip_frames(curves, stance if stance.sum() >= LEAST_STANDING else curves.neutral.frames)


def overlap(a: RepFrames, b: RepFrames) -> bool:
    """Whether two movements are at the same time."""
    shared = min(a.stop, b.stop) - max(a.start, b.start)
    return shared > OVERLAP_SHARE * min(a.stop - a.start, b.stop - b.start)


def planted(rep: FoundRep, track: PoseTrack) -> bool:
    """Whether the standing foot and the hips are in the same place before and after the movement."""
    span = rep.part(slice(rep.frames.start, rep.frames.stop))
    ankle = track.xy_px[span, joint("ankle", other(rep.side)), 0]
    hips = mid_hip(track.xy_px[span])[:, 0]
    known = np.isfinite(ankle) & np.isfinite(hips)
    if known.sum() < 4:
        return True
    edge = max(1, int(known.sum()) // 5)
    t = track.time_s[span][known]
    panned = rep.curves.camera.velocity_px_s[0] * (median(t[-edge:]) - median(t[:edge]))
    travel = [abs(median(x[known][-edge:]) - median(x[known][:edge]) - panned) for x in (ankle, hips)]
    return float(max(travel)) <= PLANTED_SHARE * rep.curves.leg_px


def travelled(curves: SegmentCurves, track: PoseTrack) -> bool:
    """Whether the person crosses the picture, as in walking."""
    hips = mid_hip(track.xy_px[curves.segment.start : curves.segment.stop])[:, 0]
    known = np.isfinite(hips)
    if not known.any():
        return False
    return float(np.ptp(np.percentile(hips[known], [5, 95]))) > TRAVELLED_LEGS * curves.leg_px


def seen(rep: FoundRep, track: PoseTrack, frames: slice) -> Bools:
    """Where the moving knee was seen, over some frames of the segment."""
    return np.asarray(np.isfinite(track.xy_px[rep.part(frames), joint("knee", rep.side), 0]))


def touches_edge(rep: FoundRep, clip: FoundClip) -> bool:
    """Whether a joint lay at the edge of the picture during the movement or just before or after it."""
    if clip.at_edge is None:
        return False
    t, span = clip.track.time_s, rep.part(slice(rep.frames.start, rep.frames.stop))
    around = (t >= t[span.start] - EDGE_AROUND_S) & (t <= t[span.stop - 1] + EDGE_AROUND_S)
    return bool(clip.at_edge[around].any())


def feet_share(rep: FoundRep, clip: FoundClip) -> float:
    """Share of the movement in which both feet were in the picture."""
    return 1.0 if clip.feet is None else float(clip.feet[rep.part(slice(rep.frames.start, rep.frames.stop))].mean())


def frozen_s(rep: FoundRep, track: PoseTrack) -> float:
    """Longest time in the hold for which the picture stood still, or every landmark repeats to the last digit."""
    span = rep.part(rep.hold)
    xy, t = track.xy_px[span].reshape(-1, track.xy_px[0].size), track.time_s[span]
    repeated = (xy[1:] == xy[:-1]).all(axis=1)
    stuck = [(float(t[a]), float(t[b])) for a, b in runs(repeated)]
    stuck += [(max(a, float(t[0])), min(b, float(t[-1]))) for a, b in track.meta.frozen_s]
    return max((b - a for a, b in stuck), default=0.0)


def frames_to_refine(clip: FoundClip) -> list[SegmentFrames]:
    """Clip frames of the quiet standing and the holds of every segment with reps, for the refinement pass."""
    segments = []
    for c in clip.segments:
        holds = [clip.clip_frames(c, r.hold) for r in clip.reps if r.curves is c and r.held]
        if holds:
            segments.append(SegmentFrames(c.segment.facing, clip.standing(c), holds))
    return segments
