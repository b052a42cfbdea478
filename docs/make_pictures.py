"""Draws the pictures of ``docs/number.md``: ``python docs/make_pictures.py``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Arc

from mobility_check.assessments.session import Session
from mobility_check.pipeline import analyze_track
from mobility_check.pose.store import load_track

IMAGES = Path(__file__).parent / "images"
RECORDING = Path(__file__).parent.parent / "tests" / "recordings" / "kick-back" / "kickback-2026-08-03.npz"
THIGH_DEG, LEAN_DEG = 24.0, 6.0
"""Of the drawn kick; large enough to see."""
BODY, THIGH, TRUNK, HINT = "#546e7a", "#00796b", "#c2410c", "#90a4ae"
SIDES = {"right": "#00796b", "left": "#c2410c"}


def main() -> None:
    """Both pictures, the same every time."""
    mpl.rcParams.update({"svg.hashsalt": "mobility-check", "svg.fonttype": "path", "font.size": 9})
    for name, figure in (("angle", angle()), ("curve", curve(analyze_track(load_track(RECORDING))))):
        figure.savefig(IMAGES / f"{name}.svg", metadata={"Date": None}, facecolor="white")


def angle() -> Figure:
    """Quiet standing beside a kick, with the angles that are measured."""
    figure = Figure(figsize=(7.2, 4.4), layout="constrained")
    for axes, title, thigh_deg, lean_deg in (
        (figure.add_subplot(121), "Quiet standing: the zero", 0.0, 0.0),
        (figure.add_subplot(122), "Kick", THIGH_DEG, LEAN_DEG),
    ):
        _body(axes, thigh_deg, lean_deg)
        axes.set(xlim=(-1.1, 1.0), ylim=(-1.05, 1.1), aspect="equal", title=title)
        axes.axis("off")
    axes.annotate(f"thigh +{THIGH_DEG:.0f}°", (-0.17, -0.55), (-1.05, -0.62), color=THIGH)
    axes.annotate(f"trunk lean +{LEAN_DEG:.0f}°", (0.06, 0.5), (0.2, 0.42), color=TRUNK)
    axes.text(
        -1.05, 0.12, f"extension\n{THIGH_DEG:.0f}° − {LEAN_DEG:.0f}° = {THIGH_DEG - LEAN_DEG:.0f}°", weight="bold"
    )
    return figure


def _body(axes: Any, thigh_deg: float, lean_deg: float) -> None:
    """A person who faces right, one leg back."""
    shoulder = _end((0.0, 0.0), 180.0 - lean_deg, 0.62)
    knee = _end((0.0, 0.0), -thigh_deg, 0.48)
    for points, colour, width in (
        (((0.0, 0.0), (0.02, -0.48), (0.0, -0.95), (0.13, -0.98)), BODY, 3),
        ((shoulder, _end(shoulder, 22.0, 0.32), _end(shoulder, 35.0, 0.6)), BODY, 3),
        ((knee, _end(knee, -thigh_deg - 3.0, 0.46)), BODY, 4),
        (((0.0, 0.0), knee), THIGH, 5),
        (((0.0, 0.0), shoulder), TRUNK, 5),
    ):
        axes.plot(*np.transpose(points), color=colour, lw=width, solid_capstyle="round", zorder=2)
    head = _end(shoulder, 180.0 - lean_deg, 0.22)
    axes.plot(*head, "o", ms=24, color=BODY)
    axes.plot((0, 0), (-0.75, 0.8), color=HINT, lw=1, ls="--", zorder=1)
    if thigh_deg:
        axes.add_patch(Arc((0, 0), 0.9, 0.9, theta1=270 - thigh_deg, theta2=270, color=THIGH))
        axes.add_patch(Arc((0, 0), 0.9, 0.9, theta1=90 - lean_deg, theta2=90, color=TRUNK))


def _end(start: tuple[float, float], from_down_deg: float, length: float) -> tuple[float, float]:
    """The other end of a segment; angles from straight down, + forwards (to the right)."""
    a = np.radians(from_down_deg)
    return start[0] + length * float(np.sin(a)), start[1] - length * float(np.cos(a))


def curve(session: Session) -> Figure:
    """Extension of both legs over one clip, with quiet standing and holds."""
    clip = session.clips[0]
    figure = Figure(figsize=(7.2, 3.0), layout="constrained")
    axes = figure.add_subplot()
    for start_s, end_s in clip.neutral_spans_s:
        axes.axvspan(start_s, end_s, color="#eceff1", label="quiet standing")
    for side, colour in SIDES.items():
        axes.plot(clip.time_s, clip.legs[side].extension_deg, color=colour, lw=1.2, label=f"{side} leg")
        near = [rep for rep in clip.reps[side] if rep.view == "near"]
        axes.plot(
            [r.peak_s for r in near],
            [r.extension_deg for r in near],
            "D",
            ms=5,
            color=colour,
            label="measured in a hold",
        )
    axes.set(xlabel="time in the clip, s", ylabel="extension, °", xlim=(clip.time_s[0], clip.time_s[-1]))
    axes.axhline(0.0, color=HINT, lw=0.8)
    axes.spines[["top", "right"]].set_visible(False)
    handles = dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    axes.legend(handles.values(), handles.keys(), ncols=4, loc="upper center", frameon=False, bbox_to_anchor=(0.5, 1.2))
    return figure


if __name__ == "__main__":
    main()
