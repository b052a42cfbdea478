"""Results against truth. Pure: two JSON objects a clip in, figures out; errors are measured minus true, in degrees.

A true kick is *found* when a reported kick of the same leg peaks within it. Its *form* is good or bad only clear of the
gates' thresholds: a kick whose true lean is a degree from the threshold may rightly be counted or not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

Json = Mapping[str, Any]
Form = Literal["good", "between", "bad"]
Interval = tuple[float, float]

PEAK_SLACK_S = 0.3
SMALLEST_DEG = 5.0
"""True kicks smaller than this are not asked for."""
LEAN_GATE_DEG, LEAN_CLEAR_GOOD_DEG, LEAN_CLEAR_BAD_DEG = 10.0, 4.0, 2.0
KNEE_GATE_DEG, KNEE_CLEAR_GOOD_DEG, KNEE_CLEAR_BAD_DEG = 20.0, 8.0, 3.0
CONTROL = re.compile(r"C\d+_(\w+)$")
FITTING_REASONS: dict[str, frozenset[str]] = {
    "still": frozenset({"no_reps"}),
    "front": frozenset({"not_side_view"}),
    "heel": frozenset({"no_reps", "knee_bent"}),
    "forward": frozenset({"kicks_forward"}),
    "lean": frozenset({"trunk_lean"}),
}
MEASURED_CONTROLS = frozenset({"bystander"})


@dataclass(frozen=True, slots=True)
class Clip:
    """One clip with its truth and what the tool said; ``result`` is None where it failed, ``failure`` says how."""

    name: str
    folder: str
    truth: Json
    result: Json | None
    failure: str = ""

    @property
    def control(self) -> str | None:
        """The kind of a control clip (nothing to measure in it, or somebody else in view), else None."""
        found = CONTROL.search(self.name)
        return found[1] if found else None

    @property
    def measured(self) -> bool:
        """Whether its kicks count for the figures."""
        return self.result is not None and (self.control is None or self.control in MEASURED_CONTROLS)


@dataclass(frozen=True, slots=True)
class RepRow:
    """One true kick and what was reported for it."""

    clip: Clip
    truth: Json
    form: Form
    reported: Json | None

    @property
    def near(self) -> bool:
        """Whether the kicking leg was the one nearest the camera."""
        return bool(self.truth["near"])

    @property
    def error_deg(self) -> float | None:
        """Measured minus true extension."""
        if self.reported is None or self.reported.get("extension_deg") is None:
            return None
        return float(self.reported["extension_deg"]) - float(self.truth["extension_deg"])

    @property
    def interval(self) -> Interval | None:
        """The 95 % interval that was reported."""
        return _interval(self.reported)


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """One number of a session (a side's score, or left minus right) with its truth."""

    clip: Clip
    what: str
    true_deg: float
    measured_deg: float
    interval: Interval | None

    @property
    def error_deg(self) -> float:
        """Measured minus true."""
        return self.measured_deg - self.true_deg


@dataclass(frozen=True, slots=True)
class ControlRow:
    """What was said about a control clip, and whether that was right."""

    clip: Clip
    kind: str
    status: str
    codes: tuple[str, ...]
    valid_reps: int
    passed: bool


@dataclass(frozen=True, slots=True)
class Scored:
    """All rows of some clips."""

    clips: tuple[Clip, ...]
    reps: tuple[RepRow, ...]
    sides: tuple[ScoreRow, ...]
    differences: tuple[ScoreRow, ...]
    controls: tuple[ControlRow, ...]
    ghosts: tuple[str, ...]
    """Valid reported kicks that nobody kicked, as ``clip side time``."""
    swapped: tuple[str, ...]
    """Those of them that are a true kick of the other leg."""


@dataclass(frozen=True, slots=True)
class Errors:
    """Figures of a list of errors; ``None`` where there is nothing."""

    n: int
    mean_absolute: float | None = None
    bias: float | None = None
    p95: float | None = None
    worst: float | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many intervals hold the truth, and how wide they are."""

    n: int
    share: float | None = None
    mean_half_width: float | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures that the bars are about."""

    clips: int
    failed: tuple[str, ...]
    near: Errors
    far: Errors
    side: Errors
    difference: Errors
    near_cover: Coverage
    far_cover: Coverage
    side_cover: Coverage
    difference_cover: Coverage
    found: float | None
    ghosts: int
    swapped: int
    bad_rejected: float | None
    good_kept: float | None
    controls_passed: float | None
    n_bad: int = field(default=0)


def score(clips: Sequence[Clip]) -> Scored:
    """Compare every clip with its truth."""
    reps: list[RepRow] = []
    sides: list[ScoreRow] = []
    differences: list[ScoreRow] = []
    ghosts: list[str] = []
    swapped: list[str] = []
    for clip in clips:
        if not clip.measured:
            continue
        rows, extra = _match(clip)
        mine = [*_side_rows(clip, rows)]
        reps += rows
        sides += mine
        differences += _difference_row(clip, mine)
        for side, rep in extra:
            if rep["valid"]:
                label = f"{clip.name} {side} {rep['peak_s']:.1f} s"
                ghosts.append(label)
                if any(_within(rep, t) for t in clip.truth["reps"] if t["side"] != side):
                    swapped.append(label)
    controls = tuple(_control_row(c, c.control, c.result) for c in clips if c.control and c.result)
    return Scored(tuple(clips), tuple(reps), tuple(sides), tuple(differences), controls, tuple(ghosts), tuple(swapped))


def summarise(scored: Scored) -> Summary:
    """The figures of the bars."""
    asked = [r for r in scored.reps if float(r.truth["extension_deg"]) >= SMALLEST_DEG]
    near = [r for r in asked if r.near]
    measured = [r for r in near if r.error_deg is not None]
    good_near = [r for r in measured if r.form == "good"]
    good_far = [r for r in asked if not r.near and r.form == "good" and r.error_deg is not None]
    bad = [r for r in measured if r.form == "bad"]
    return Summary(
        clips=len(scored.clips),
        failed=tuple(c.name for c in scored.clips if c.result is None),
        near=errors(e for r in good_near if (e := r.error_deg) is not None),
        far=errors(e for r in good_far if (e := r.error_deg) is not None),
        side=errors(s.error_deg for s in scored.sides),
        difference=errors(d.error_deg for d in scored.differences),
        near_cover=coverage((r.interval, r.truth["extension_deg"]) for r in good_near),
        far_cover=coverage((r.interval, r.truth["extension_deg"]) for r in good_far),
        side_cover=coverage((s.interval, s.true_deg) for s in scored.sides),
        difference_cover=coverage((d.interval, d.true_deg) for d in scored.differences),
        found=_share([r.reported is not None for r in near]),
        ghosts=len(scored.ghosts),
        swapped=len(scored.swapped),
        bad_rejected=_share([not (r.reported or {})["valid"] for r in bad]),
        n_bad=len(bad),
        good_kept=_share([(r.reported or {})["valid"] for r in good_near]),
        controls_passed=_share([c.passed for c in scored.controls]),
    )


def errors(values: Iterator[float] | Sequence[float]) -> Errors:
    """Mean absolute, bias, 95th percentile of the absolute, and worst."""
    e = np.array(list(values), dtype=float)
    if not len(e):
        return Errors(0)
    size = np.abs(e)
    return Errors(len(e), float(size.mean()), float(e.mean()), float(np.percentile(size, 95)), float(size.max()))


def coverage(rows: Iterator[tuple[Interval | None, float]] | Sequence[tuple[Interval | None, float]]) -> Coverage:
    """Share of the intervals that hold the true value, and their mean half width."""
    known = [(ci, float(true)) for ci, true in rows if ci is not None]
    if not known:
        return Coverage(0)
    inside = [ci[0] <= true <= ci[1] for ci, true in known]
    return Coverage(len(known), float(np.mean(inside)), float(np.mean([(ci[1] - ci[0]) / 2 for ci, _ in known])))


def form_of(truth: Json) -> Form:
    """Whether a true kick is clearly good, clearly bad, or near a threshold."""
    lean, knee = abs(float(truth["trunk_lean_deg"])), float(truth["knee_flexion_deg"])
    if lean > LEAN_GATE_DEG + LEAN_CLEAR_BAD_DEG or knee > KNEE_GATE_DEG + KNEE_CLEAR_BAD_DEG:
        return "bad"
    good = lean < LEAN_GATE_DEG - LEAN_CLEAR_GOOD_DEG and knee < KNEE_GATE_DEG - KNEE_CLEAR_GOOD_DEG
    return "good" if good else "between"


def reported_reps(result: Json) -> list[tuple[str, Json]]:
    """Every reported kick with its side."""
    return [(side, rep) for side in ("left", "right") for rep in result["sides"][side]["reps"]]


def _match(clip: Clip) -> tuple[list[RepRow], list[tuple[str, Json]]]:
    assert clip.result is not None
    left = reported_reps(clip.result)
    rows = []
    for truth in clip.truth["reps"]:
        hit = next((i for i, (side, rep) in enumerate(left) if side == truth["side"] and _within(rep, truth)), None)
        rows.append(RepRow(clip, truth, form_of(truth), None if hit is None else left.pop(hit)[1]))
    return rows, left


def _within(rep: Json, truth: Json) -> bool:
    return bool(truth["start_s"] - PEAK_SLACK_S <= rep["peak_s"] <= truth["end_s"] + PEAK_SLACK_S)


def _side_rows(clip: Clip, rows: Sequence[RepRow]) -> Iterator[ScoreRow]:
    """A side counts when its valid kicks are all true near kicks, so that score and truth are means of the same."""
    assert clip.result is not None
    for side in ("left", "right"):
        said = clip.result["sides"][side]
        true = [float(r.truth["extension_deg"]) for r in rows if r.truth["side"] == side and r.near and _valid(r)]
        if true and said["score_deg"] is not None and len(true) == sum(bool(rep["valid"]) for rep in said["reps"]):
            yield ScoreRow(clip, side, float(np.mean(true)), float(said["score_deg"]), _interval(said))


def _difference_row(clip: Clip, sides: Sequence[ScoreRow]) -> list[ScoreRow]:
    assert clip.result is not None
    said = clip.result["asymmetry"]
    true = {s.what: s.true_deg for s in sides}
    if len(true) < 2 or said["difference_deg"] is None:
        return []
    return [ScoreRow(clip, "left − right", true["left"] - true["right"], said["difference_deg"], _interval(said))]


def _control_row(clip: Clip, kind: str, result: Json) -> ControlRow:
    reps = [rep for _, rep in reported_reps(result)]
    places = [result, *result["sides"].values(), *reps]
    codes = tuple(dict.fromkeys(reason["code"] for place in places for reason in place["reasons"]))
    valid = sum(bool(rep["valid"]) for rep in reps)
    if kind in MEASURED_CONTROLS:
        passed = result["status"] != "not_scored" and valid > 0
    else:
        passed = valid == 0 and bool(FITTING_REASONS.get(kind, frozenset(codes)) & set(codes))
    return ControlRow(clip, kind, str(result["status"]), codes, valid, passed)


def _valid(row: RepRow) -> bool:
    return row.reported is not None and bool(row.reported["valid"])


def _interval(said: Json | None) -> Interval | None:
    ci = None if said is None else said.get("ci95_deg")
    return None if ci is None else (float(ci[0]), float(ci[1]))


def _share(hits: Sequence[bool]) -> float | None:
    return float(np.mean(hits)) if hits else None
