"""What a report is made from: plain values, so that it can be filled from an analysis, a history or a test."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from mobility_check.assessments import describe
from mobility_check.assessments.session import ClipAnalysis, Session
from mobility_check.kinematics.landmarks import SIDES, Side
from mobility_check.kinematics.track import PoseTrack
from mobility_check.results.result import Interval, Result
from mobility_check.results.wording import History


@dataclass(frozen=True, slots=True)
class Picture:
    """One still of a clip, ready to show: JPEG bytes, its size in pixels, and where it was taken."""

    jpeg: bytes
    width_px: int
    height_px: int
    time_s: float
    clip: int

    @property
    def src(self) -> str:
        """The picture as an address that a page can hold."""
        return data_address("image/jpeg", self.jpeg)


@dataclass(frozen=True, slots=True)
class Pictures:
    """The stills of a session, all at one scale of the body.

    Attributes:
        reps: peak of each rep, keyed by side and the rep's place in ``result.sides[side].reps``.
        neutral: quiet standing before that leg's reps.
        note: one sentence on how they are shown or why they are missing; empty when there is nothing to say.
        people: the whole picture where several people were in view, dimmed but for the one who was measured.
    """

    reps: Mapping[tuple[Side, int], Picture] = field(default_factory=dict)
    neutral: Mapping[Side, Picture] = field(default_factory=dict)
    note: str = ""
    people: Picture | None = None


@dataclass(frozen=True, slots=True)
class ProgressPoint:
    """One leg in one session. ``series`` names what made the number: a line is never drawn across a change of it."""

    at: datetime
    score_deg: float
    ci95_deg: Interval | None
    series: str = ""

    @property
    def span_deg(self) -> Interval:
        """The interval, the score alone where there is none."""
        return self.ci95_deg or (self.score_deg, self.score_deg)


@dataclass(frozen=True, slots=True)
class Progress:
    """The subject's sessions up to this one, oldest first, and what has changed.

    Attributes:
        changes: of this session against the first and the last one before, for legs that have both.
        mdc95_deg: smallest change of a leg that is likely real.
        goal: sentence about the goal, empty without one.
    """

    legs: Mapping[Side, tuple[ProgressPoint, ...]]
    changes: History = field(default_factory=dict)
    mdc95_deg: Mapping[Side, float] = field(default_factory=dict)
    goal_deg: float | None = None
    goal: str = ""

    @property
    def newest_first(self) -> list[tuple[Side, ProgressPoint]]:
        """The scores of both legs by date."""
        rows = [(side, point) for side in reversed(SIDES) for point in self.legs.get(side, ())]
        return sorted(rows, key=lambda row: row[1].at, reverse=True)


@dataclass(frozen=True, slots=True)
class ReportData:
    """Everything a page shows.

    Attributes:
        result: the measurement.
        clips: angle curves, one per input clip; empty when only the result was kept.
        tracks: landmarks, one per clip, for the figure; empty when they were not kept.
        earlier: an earlier session to show beside this one; its day and pictures are needed.
        clinic, examiner: for the head of the page; the clinic's name may also stand in the advice file.
        pain: whether a leg hurt, of the legs that were asked about.
        videos: addresses of annotated clips relative to the page, one per clip; clicking a rep jumps there.
    """

    result: Result
    clips: tuple[ClipAnalysis, ...] = ()
    tracks: tuple[PoseTrack, ...] = ()
    pictures: Pictures = field(default_factory=Pictures)
    progress: Progress | None = None
    earlier: ReportData | None = None
    subject: str | None = None
    day: date | None = None
    note: str | None = None
    clinic: str = ""
    examiner: str = ""
    pain: Mapping[Side, bool] = field(default_factory=dict)
    videos: tuple[str, ...] = ()

    @classmethod
    def from_session(cls, session: Session, **fields: Any) -> ReportData:
        """The data of a session that was just analysed, landmarks and curves included; ``fields`` are the others."""
        return cls(result=session.result, clips=session.clips, tracks=session.tracks, **fields)


def shown_rep(result: Result, side: Side) -> int | None:
    """Place of the rep that stands for a side: the counted one nearest the score, else the largest one measured."""
    leg, words = result.sides[side], describe(result.test)
    measured = {i: value for i, rep in enumerate(leg.reps) if (value := words.value_deg(rep)) is not None}
    counted = {i: value for i, value in measured.items() if leg.reps[i].valid}
    if counted and (score := leg.score_deg) is not None:
        return min(counted, key=lambda i: abs(counted[i] - score))
    return max(measured, key=lambda i: measured[i], default=None)


def data_address(kind: str, content: bytes) -> str:
    """Content of that media type as an address that a page can hold."""
    return f"data:{kind};base64," + base64.b64encode(content).decode("ascii")
