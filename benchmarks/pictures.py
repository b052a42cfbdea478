"""The pictures of a page of accuracy: plots, and the worst clips with measured and true lines. Rendered people only."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from scipy.stats import norm

from benchmarks.scoring import SMALLEST_DEG, Json, RepRow, Scored, ScoreRow
from mobility_check.files import atomic_path
from mobility_check.kinematics.landmarks import SIDES, Side, joint
from mobility_check.validation import plot
from mobility_check.validation.agreement import Limits, Reading, limits_of_agreement

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from mobility_check.kinematics.track import Floats, PoseTrack

TRUE_COLOUR, TOOL_COLOUR = "#00c2a8", "#ff9d2e"
TRUNK: tuple[Literal["shoulder"], Literal["hip"]] = ("shoulder", "hip")
LEVELS = np.array([0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99])


def good_near(scored: Scored) -> list[RepRow]:
    """The near kicks of good form that the figures are about."""
    return [
        r
        for r in scored.reps
        if r.near and r.form == "good" and r.error_deg is not None and r.truth["extension_deg"] >= SMALLEST_DEG
    ]


def limits_of(rows: Sequence[RepRow] | Sequence[ScoreRow]) -> Limits:
    """Limits of agreement with the truth; kicks of one body are not independent."""
    error = np.array([r.error_deg for r in rows], dtype=float)
    return limits_of_agreement(error, groups=[(r.clip.folder, r.clip.name) for r in rows])


def bland_altman(sets: Sequence[Scored], path: Path) -> None:
    """Near kicks left, side scores right, all sets together."""
    figure = _figure(11.0, 4.6)
    reps = [r for s in sets for r in good_near(s)]
    sides = [row for s in sets for row in s.sides]
    pairs = [_pair(r.clip.name, r.truth["side"], r.truth["extension_deg"], r.error_deg or 0.0) for r in reps]
    scores = [_pair(s.clip.name, s.what, s.true_deg, s.error_deg) for s in sides]
    panels = (("near kicks", pairs, limits_of(reps)), ("side scores", scores, limits_of(sides)))
    axes = figure.subplots(1, 2, sharey=True)
    for ax, (title, points, limits) in zip(axes, panels, strict=True):
        plot.draw(ax, points, limits, size=16.0)
        ax.set_xlabel(f"Mean of tool and truth (°): {limits.n} {title} of {limits.subjects} clips")
        ax.set_ylabel("Tool − truth (°)")
    _save(figure, path)


def by_leg(sets: Sequence[Scored]) -> dict[tuple[str, str, str], list[float]]:
    """Errors of the near kicks of each leg of each clip."""
    legs: dict[tuple[str, str, str], list[float]] = {}
    for r in (r for s in sets for r in good_near(s)):
        legs.setdefault((r.clip.folder, r.clip.name, r.truth["side"]), []).append(float(r.error_deg or 0.0))
    return legs


def errors_by_leg(sets: Sequence[Scored], path: Path) -> None:
    """Every near kick's error, legs of clips sorted by their mean: what is constant in a leg, and what scatters."""
    legs = by_leg(sets)
    order = sorted(legs, key=lambda k: float(np.mean(legs[k])))
    figure = _figure(11.0, 3.4)
    ax = figure.add_subplot()
    for i, folder in enumerate(dict.fromkeys(k[0] for k in legs)):
        points = [(x, e) for x, key in enumerate(order) if key[0] == folder for e in legs[key]]
        ax.scatter(
            [x for x, _ in points], [e for _, e in points], s=14, alpha=0.8, linewidths=0, color=f"C{i}", label=folder
        )
    ax.axhline(0, color="#333333", linewidth=1)
    ax.axhspan(-0.8, 0.8, color="#333333", alpha=0.06, linewidth=0)
    ax.set_xlabel("legs of clips, sorted by their mean error")
    ax.set_ylabel("Tool − truth (°)")
    ax.set_xticks([])
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, fontsize=9, ncols=3, loc="upper left")
    _save(figure, path)


def calibration(sets: Sequence[Scored], path: Path) -> None:
    """Promised against kept coverage at several levels, from the reported 95 % intervals."""
    reps = [(r.interval, float(r.error_deg or 0.0)) for s in sets for r in good_near(s)]
    sides = [(row.interval, row.error_deg) for s in sets for row in s.sides]
    legs = [(d.interval, d.error_deg) for s in sets for d in s.differences]
    figure = _figure(4.6, 4.2)
    ax = figure.add_subplot()
    ax.plot([0.45, 1], [0.45, 1], color="#333333", linewidth=1)
    for name, rows in (("near kicks", reps), ("sides", sides), ("left − right", legs)):
        se = np.array([(ci[1] - ci[0]) / 2 / norm.ppf(0.975) for ci, _ in rows if ci is not None])
        size = np.abs([e for ci, e in rows if ci is not None])
        if len(se):
            kept = [float(np.mean(size <= se * norm.ppf(0.5 + level / 2))) for level in LEVELS]
            ax.plot(LEVELS, kept, marker="o", markersize=4, label=f"{name}, {len(se)}")
    ax.set_xlabel("promised share of intervals with the truth")
    ax.set_ylabel("kept")
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, fontsize=9)
    _save(figure, path)


def worst_clips(rows: Sequence[RepRow], files: Sequence[tuple[Path, Path]], path: Path) -> None:
    """The given kicks at their peak, with the true lines and the measured landmarks' lines.

    Args:
        rows: at most six kicks.
        files: for each, the clip and the saved track.
        path: the picture to write.
    """
    figure = _figure(2.6 * max(len(rows), 1), 4.1)
    axes = figure.subplots(1, max(len(rows), 1), squeeze=False)[0]
    for ax, row, (clip, track) in zip(axes, rows, files, strict=True):
        _panel(ax, row, clip, track)
    _save(figure, path, dpi=72)


def _panel(ax: Axes, row: RepRow, clip: Path, track_path: Path) -> None:
    from mobility_check.pose.store import load_track
    from mobility_check.video.source import ClipReader

    assert row.reported is not None
    track = load_track(track_path)
    index = int(np.argmin(np.abs(track.time_s - float(row.reported["peak_s"]))))
    frame = next(iter(ClipReader(clip).frames_at([int(track.frame[index])])))
    near_t = int(np.argmin(np.abs(np.array(row.clip.truth["t"]) - track.time_s[index])))
    truth, seen = _true_lines(row.clip.truth, near_t, row.truth["side"]), _seen_lines(track, index, row.truth["side"])
    ax.imshow(frame.image)
    for line, colour, width in ((truth, TRUE_COLOUR, 3.4), (seen, TOOL_COLOUR, 1.6)):
        ax.plot(line[:, 0], line[:, 1], color=colour, linewidth=width, solid_capstyle="round")
    centre, half = np.nanmean(truth, axis=0), 0.62 * float(np.ptp(truth[:, 1]))
    ax.set_xlim(centre[0] - half, centre[0] + half)
    ax.set_ylim(centre[1] + 1.35 * half, centre[1] - 1.35 * half)
    ax.set_axis_off()
    true, said = float(row.truth["extension_deg"]), float(row.reported["extension_deg"])
    ax.set_title(f"{row.clip.name}\n{said:.1f}° for {true:.1f}° ({said - true:+.1f}°)", fontsize=9)


def _true_lines(truth: Json, t: int, side: str) -> Floats:
    px = {name: np.array(points[t], dtype=float) for name, points in truth["pixels"].items()}
    letter = side[0].upper()
    shoulder, hip = (px["shoulderL"] + px["shoulderR"]) / 2, (px["hipL"] + px["hipR"]) / 2
    return np.array([shoulder, hip, px[f"knee{letter}"]])


def _seen_lines(track: PoseTrack, index: int, side: str) -> Floats:
    xy = track.xy_px[index]
    leg: Side = "left" if side == "left" else "right"
    middles = [np.mean([xy[joint(name, s)] for s in SIDES], axis=0) for name in TRUNK]
    return np.array([*middles, xy[joint("knee", leg)]])


def _pair(subject: str, side: str, true: float, error: float) -> Reading:
    return Reading(subject, side, float(true) + float(error), float(true))


def _figure(width: float, height: float) -> Figure:
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _save(figure: Figure, path: Path, *, dpi: int = 120) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as tmp:
        figure.savefig(tmp, dpi=dpi, facecolor="white")
