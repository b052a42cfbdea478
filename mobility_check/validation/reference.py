"""Clips compared with the marker file beside each: pairs of the test's angle, from markers and as the tool measured it.

Thigh: hip to knee; trunk: mid-hip to mid-shoulder; both in the person's sagittal plane (upwards, and square to the line
between the hips), their difference minus the same in the quiet standing that the tool used. So the two measure the same
thing by other means. The clip's clock is laid over the trial's where the two curves fit best.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mobility_check.assessments.descriptions import describe
from mobility_check.assessments.session import ClipAnalysis, Session
from mobility_check.errors import InputError
from mobility_check.kinematics.landmarks import SIDES, Side
from mobility_check.kinematics.track import Floats
from mobility_check.validation.agreement import MIN_PAIRS, Measurements, Reading
from mobility_check.validation.markers import ENDINGS, Markers, read_markers

KNOWN: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "hip": (("hjc",), ("hipjc",), ("hip",), ("gtr",), ("gt",), ("troch",), ("asi", "psi"), ("asis", "psis")),
    "knee": (("kjc",), ("kneejc",), ("kne", "mkne"), ("kne",), ("knee", "mknee"), ("knee",), ("lfe", "mfe"), ("lfc",)),
    "shoulder": (("sjc",), ("shoulder",), ("sho",), ("acr",), ("ac",), ("acromion",)),
}
"""Labels of common marker sets without their L or R; several are averaged. The first set that is there is taken."""
RATE_HZ = 50.0
SMOOTH_S = 2.0
"""The direction of the line between the hips is averaged over this: the pelvis turns a little with each kick."""
MIN_OVERLAP = 0.5
MIN_CORRELATION = 0.7


@dataclass(frozen=True, slots=True)
class Comparison:
    """One clip against its trial: pairs at the peaks (holds), and differences all through the movement."""

    pairs: tuple[Reading, ...]
    differences_deg: Floats


def measure(
    sources: Sequence[Path], *, labels: Mapping[str, str], on_progress: Callable[[float], None] | None = None
) -> Measurements:
    """Pairs of every counted rep of every clip; each clip is one session of the person that its name begins with.

    Args:
        sources: clips, or tracks saved with ``--save-track``; ``P01_left.mp4`` is of the person ``P01``.
        labels: see :func:`compare`.

    Raises:
        InputError: a marker file is missing or shows another movement, or there are fewer than three pairs.
    """
    beside = [_beside(source) for source in sources]
    pairs, differences = list[Reading](), list[Floats]()
    for n, (source, markers) in enumerate(zip(sources, beside, strict=True), start=1):
        trial = read_markers(markers)  # first, for it takes no time
        subject = re.split("[_ ]", source.stem)[0] or source.stem
        found = compare(_session(source), trial, subject=subject, labels=labels)
        pairs += found.pairs
        differences.append(found.differences_deg)
        if on_progress:
            on_progress(n / len(sources))
    if len(pairs) < MIN_PAIRS:
        raise InputError(
            "Only {pairs} repetitions could be compared; at least {least} are needed.",
            pairs=len(pairs),
            least=MIN_PAIRS,
        )
    return Measurements(tuple(pairs), movement_deg=float(np.mean(np.abs(np.concatenate(differences)))))


def _beside(source: Path) -> Path:
    """The marker file of the same name."""
    for ending in (*ENDINGS, *map(str.upper, ENDINGS)):
        if (found := source.with_suffix(ending)).is_file():
            return found
    raise InputError(
        "There is no marker file beside '{source}'; put {stem}.c3d or {stem}.trc there.",
        source=source,
        stem=source.stem,
    )


def _session(source: Path) -> Session:
    from mobility_check.pipeline import analyze_session, analyze_track

    if source.suffix.lower() == ".npz":
        from mobility_check.pose.store import load_track

        return analyze_track(load_track(source))
    return analyze_session([source])


def compare(session: Session, trial: Markers, *, subject: str, labels: Mapping[str, str] | None = None) -> Comparison:
    """Pairs of every counted rep of a session of one clip.

    Args:
        trial: the markers of the same movement.
        labels: joint (``left_hip``, ``right_knee``, …) → label in the file, where it is not among the known ones.

    Raises:
        InputError: markers are missing, or the trial does not show the clip's movement.
    """
    words, (clip,) = describe(session.result.test), session.clips
    angles = _angles(trial, labels or {})
    time_s = trial.time_s - _lag_s(clip, trial.time_s, angles)
    pairs, differences = list[Reading](), list[Floats]()
    for side in SIDES:
        curve = words.curve_sign * (angles[side] - _neutral(clip, time_s, angles[side]))
        there = np.interp(clip.time_s, time_s, curve, left=np.nan, right=np.nan)
        differences.append(words.curve_sign * clip.legs[side].extension_deg - there)
        for number, rep in enumerate(clip.reps[side], start=1):
            start_s, end_s = words.value_at_s(rep)
            held = curve[(time_s >= start_s) & (time_s <= end_s)]
            value = words.value_deg(rep)
            if rep.valid and value is not None and len(held) and np.isfinite(held).mean() > MIN_OVERLAP:
                reference = np.nanmedian(held) if words.held else np.nanmax(held)
                pairs.append(Reading(subject, side, value, float(reference), rep=str(number)))
    every = np.concatenate(differences)
    return Comparison(tuple(pairs), every[np.isfinite(every)])


def _angles(trial: Markers, labels: Mapping[str, str]) -> dict[Side, Floats]:
    """Thigh against trunk of each leg, degrees, + backwards, without any zero."""
    joints = {f"{s}_{j}": _joint(trial, s, j, labels.get(f"{s}_{j}")) for s in SIDES for j in KNOWN}
    hips = (joints["left_hip"] + joints["right_hip"]) / 2
    trunk = (joints["left_shoulder"] + joints["right_shoulder"]) / 2 - hips
    mean = np.nanmean(trunk, axis=0)
    axis = int(np.argmax(np.abs(mean)))  # the one of the laboratory along which the trunk stands
    up = np.eye(3)[axis] * np.sign(mean[axis])
    left = _smooth(joints["left_hip"] - joints["right_hip"], trial.time_s)
    left -= np.outer(left @ up, up)
    forward = np.cross(left / np.linalg.norm(left, axis=1, keepdims=True), up)
    lean = np.degrees(np.arctan2((trunk * forward).sum(axis=1), trunk @ up))
    found: dict[Side, Floats] = {}
    for side in SIDES:
        thigh = joints[f"{side}_knee"] - joints[f"{side}_hip"]
        found[side] = np.degrees(np.arctan2(-(thigh * forward).sum(axis=1), -(thigh @ up))) - lean
    return found


def _smooth(vectors: Floats, time_s: Floats) -> Floats:
    """Running mean that passes over what was not seen."""
    width = max(1, round(SMOOTH_S / max(float(np.median(np.diff(time_s))), 1e-3)))
    seen = np.isfinite(vectors).all(axis=1)
    sums = np.stack([np.convolve(np.where(seen, v, 0.0), np.ones(width), "same") for v in vectors.T], axis=1)
    counts = np.convolve(seen.astype(float), np.ones(width), "same")[:, None]
    return np.asarray(np.where(counts > 0, sums / np.maximum(counts, 1), np.nan))


def _joint(trial: Markers, side: Side, joint: str, label: str | None) -> Floats:
    """One joint's trajectory: the label that was given, else the first known set of labels that is there."""
    plain = {re.sub(r"[^a-z0-9]", "", name.split(":")[-1].lower()): name for name in trial.points}
    sets = [[label]] if label else []
    for parts in () if label else KNOWN[joint]:
        for form in ("{0}{1}", "{1}{0}", "{2}{1}", "{1}{2}"):
            sets.append([plain.get(form.format(side[0], part, side), "") for part in parts])
    for names in sets:
        if all(name in trial.points for name in names):
            return np.asarray(np.mean([trial.points[name] for name in names], axis=0))
    raise InputError(
        "The markers hold no {side} {joint} (labels: {labels}); name it with --marker {side}_{joint}=LABEL.",
        side=side,
        joint=joint,
        labels=", ".join(list(trial.points)[:40]),
    )


def _neutral(clip: ClipAnalysis, time_s: Floats, angle: Floats) -> float:
    inside = np.zeros(len(time_s), dtype=bool)
    for start_s, end_s in clip.neutral_spans_s:
        inside |= (time_s >= start_s) & (time_s <= end_s)
    if not np.isfinite(angle[inside]).any():
        raise InputError("The marker file does not cover the quiet standing of the clip; record both from the start.")
    return float(np.nanmedian(angle[inside]))


def _lag_s(clip: ClipAnalysis, time_s: Floats, angles: Mapping[Side, Floats]) -> float:
    """What is added to the clip's times to give the trial's: where the curves of both legs correlate best."""
    curves = [(_even(clip.time_s, clip.legs[s].extension_deg), _even(time_s, angles[s])) for s in SIDES if clip.reps[s]]
    if not curves:
        raise InputError("No repetition was measured in the clip, so there is nothing to compare.")
    n, m = len(curves[0][0]), len(curves[0][1])
    shortest = max(2, round(MIN_OVERLAP * min(n, m)))
    scores = {lag: _fit(curves, lag) for lag in range(shortest - n, m - shortest + 1)}
    best = max(scores, key=lambda lag: scores[lag])
    if scores[best] < MIN_CORRELATION:
        raise InputError("The marker file shows another movement than the clip; check that the two belong together.")
    return best / RATE_HZ + float(time_s[0] - clip.time_s[0])


def _even(time_s: Floats, values: Floats) -> Floats:
    """At :data:`RATE_HZ`; NaN where nothing was seen near."""
    at = np.arange(time_s[0], time_s[-1], 1 / RATE_HZ)
    return np.asarray(np.interp(at, time_s, values))


def _fit(curves: Sequence[tuple[Floats, Floats]], lag: int) -> float:
    """Correlation of the legs' curves when the clip's begin ``lag`` samples into the trial's; the mean of the legs."""
    found = []
    for tool, reference in curves:
        a, b = tool[max(0, -lag) :], reference[max(0, lag) :]
        a, b = a[: len(b)], b[: len(a)]
        seen = np.isfinite(a) & np.isfinite(b)
        if seen.mean() < MIN_OVERLAP or a[seen].std() < 1e-6 or b[seen].std() < 1e-6:
            return -1.0
        found.append(float(np.corrcoef(a[seen], b[seen])[0, 1]))
    return float(np.mean(found))
