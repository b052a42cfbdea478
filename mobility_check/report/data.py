"""What a report is made from: plain values, so that it can be filled from an analysis, a history or a test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from mobility_check.assessments.session import ClipAnalysis, Session
from mobility_check.kinematics.landmarks import Side
from mobility_check.kinematics.track import PoseTrack
from mobility_check.results.result import Interval, Rep, Result


@dataclass(frozen=True, slots=True)
class Picture:
    """One still of a clip, ready to show: JPEG bytes, its size in pixels, and where it was taken."""

    jpeg: bytes
    width_px: int
    height_px: int
    time_s: float
    clip: int
    lines_drawn: bool = True


@dataclass(frozen=True, slots=True)
class Pictures:
    """The stills of a session.

    Attributes:
        reps: peak of each kick, keyed by side and the kick's place in ``result.sides[side].reps``.
        neutral: quiet standing before that leg's kicks.
        note: one sentence on why pictures are missing or plain; empty when there is nothing to say.
    """

    reps: Mapping[tuple[Side, int], Picture] = field(default_factory=dict)
    neutral: Mapping[Side, Picture] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True, slots=True)
class ProgressPoint:
    """One leg on one day. ``series`` names what made the number: a line is never drawn across a change of it."""

    day: date
    score_deg: float
    ci95_deg: Interval | None
    series: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """All sessions of the subject, oldest first, and the sentences that the caller worked out from them."""

    legs: Mapping[Side, tuple[ProgressPoint, ...]]
    verdicts: Mapping[Side, tuple[str, ...]] = field(default_factory=dict)
    goal_deg: float | None = None


@dataclass(frozen=True, slots=True)
class ReportData:
    """Everything a page shows.

    Attributes:
        result: the measurement.
        clips: angle curves, one per input clip; empty when only the result was kept.
        tracks: landmarks, one per clip, for the figure; empty when they were not kept.
        videos: addresses of annotated clips relative to the page, one per clip; clicking a kick jumps there.
    """

    result: Result
    clips: tuple[ClipAnalysis, ...] = ()
    tracks: tuple[PoseTrack, ...] = ()
    pictures: Pictures = field(default_factory=Pictures)
    progress: Progress | None = None
    subject: str | None = None
    day: date | None = None
    note: str | None = None
    videos: tuple[str, ...] = ()

    @classmethod
    def from_session(
        cls,
        session: Session,
        *,
        pictures: Pictures | None = None,
        subject: str | None = None,
        day: date | None = None,
        note: str | None = None,
        progress: Progress | None = None,
        videos: tuple[str, ...] = (),
    ) -> ReportData:
        """The data of a session that was just analysed, landmarks and curves included."""
        return cls(
            result=session.result,
            clips=session.clips,
            tracks=session.tracks,
            pictures=pictures or Pictures(),
            subject=subject,
            day=day,
            note=note,
            progress=progress,
            videos=videos,
        )


def shown_rep(result: Result, side: Side) -> int | None:
    """Place of the kick that stands for a side: the counted one nearest the score, else the largest one measured."""
    leg = result.sides[side]
    measured = [(i, r.extension_deg) for i, r in enumerate(leg.reps) if r.extension_deg is not None]
    counted = [(i, x) for i, x in measured if leg.reps[i].valid]
    if counted and leg.score_deg is not None:
        score = leg.score_deg
        return min(counted, key=lambda pair: abs(pair[1] - score))[0]
    return max(measured, key=lambda pair: pair[1])[0] if measured else None


def hold_of(rep: Rep) -> Interval:
    """The hold of a kick in seconds of its clip; a moment around the peak where none was found."""
    return rep.hold_s or (rep.peak_s - 0.1, rep.peak_s + 0.1)
