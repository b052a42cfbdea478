"""The page's two charts, built with Bokeh and handed over as JSON that BokehJS draws in the browser.

Colours are not fixed here: a model's ``tags`` say which property takes which colour of the style sheet (for instance
``line_color:left``), and the page's script fills them in for light, dark and paper.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time, timedelta
from itertools import groupby
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from bokeh.embed import json_item
from bokeh.models import BoxZoomTool, ColumnDataSource, FixedTicker, HoverTool, NoOverlap, PanTool, ResetTool, TapTool
from bokeh.models.annotations import BoxAnnotation, Label, Span, Whisker
from bokeh.plotting import figure
from bokeh.themes import Theme

from mobility_check.kinematics.landmarks import SIDES, Side, other
from mobility_check.language import date_as
from mobility_check.language import gettext as _
from mobility_check.report.data import Progress, ProgressPoint
from mobility_check.report.timeline import TimedRep, Timeline
from mobility_check.results import wording
from mobility_check.results.description import Description

THEME = Theme(filename=Path(__file__).with_name("theme.yaml"))
MARKER = {"left": "circle", "right": "square"}
TIP = '<div class="tip" style="font-size:14px;padding:2px 4px"><b>@head</b><br>@text</div>'
CURVES_PX, PROGRESS_PX = 330, 300
SIDE_ROOM = 0.14
"""Room for labels left of the first and right of the last session, as a share of the time between."""
LABEL_ROOM = 0.13
"""Room for labels above and below, as a share of the angles between."""


def curves(line: Timeline, words: Description) -> dict[str, Any]:
    """The angle curves of the tracking pass, with what was measured of each rep as a bar; a rep can be tapped."""
    low, high = _limits(line, words)
    fig = _figure("curves", words, CURVES_PX, x_axis_label=_("Time in the session (s)"), y_range=(low, high))
    fig.toolbar_location = "above"
    _rep_boxes(fig, line.reps, low=low, high=high)
    axis = _curve_lines(fig, line)
    for timed in line.reps:
        if (value_deg := words.value_deg(timed.rep)) is not None:
            _measured(fig, timed, value_deg, line)
    for start in line.starts_s[1:]:
        fig.add_layout(Span(location=start - 0.5, dimension="height", line_dash="dotted"))
    fig.add_tools(HoverTool(renderers=[axis], mode="vline", line_policy="nearest", tooltips=TIP, name="hover"))
    return dict(json_item(fig, theme=THEME))


def progress(shown: Progress, words: Description) -> dict[str, Any]:
    """Scores of both legs over time; the line stops where the series changes, the band is no real change."""
    fig = _figure("progress", words, PROGRESS_PX, x_axis_type="datetime", y_range=_progress_limits(shown))
    fig.toolbar_location = None
    places = _places(p.at for rows in shown.legs.values() for p in rows)
    _time_axis(fig, sorted(places.values()))
    points = [_leg(fig, side, shown, places) for side in SIDES if shown.legs.get(side)]
    _end_labels(fig, shown, places)
    if shown.goal_deg is not None:
        fig.add_layout(Span(location=shown.goal_deg, dimension="width", line_dash="dashed"))
    for at in {places[piece[0].at] for rows in shown.legs.values() for piece in _unbroken(rows)[1:]}:
        fig.add_layout(Span(location=at - timedelta(hours=6), dimension="height", line_dash="dotted"))
    fig.add_tools(HoverTool(renderers=points, tooltips=TIP, name="hover"))
    return dict(json_item(fig, theme=THEME))


def _figure(name: str, words: Description, height_px: int, **kwargs: Any) -> Any:
    fig = figure(
        name=name,
        height=height_px,
        y_axis_label=_("{angle} (degrees)", angle=wording.capital(_(words.measured))),
        tools=[
            PanTool(dimensions="width"),
            BoxZoomTool(dimensions="width"),
            ResetTool(),
            TapTool(visible=False),
        ],
        active_drag=None,
        active_scroll=None,
        **kwargs,
    )
    fig.xgrid.visible = False
    return fig


def _limits(line: Timeline, words: Description) -> tuple[float, float]:
    values = np.concatenate([line.seen(side) for side in SIDES])
    values = values[np.isfinite(values)]
    low, high = np.percentile(values, [0.5, 99.5]).tolist() if len(values) else (0.0, 0.0)
    tops = [value for timed in line.reps if (value := words.value_deg(timed.rep)) is not None]
    return max(min(-4.0, low), -25.0) - 1.0, max(*tops, 12.0, high) * 1.18 + 1.0


def _rep_boxes(fig: Any, reps: tuple[TimedRep, ...], *, low: float, high: float) -> None:
    """The whole rep, to be tapped, and the time it was measured in; hatched where it was not counted."""
    if not reps:
        return
    spans = {"left": [r.start_s for r in reps], "right": [r.end_s for r in reps], "kick": [r.id for r in reps]}
    source = ColumnDataSource(spans, name="kicks")
    plain = {"fill_alpha": 0.5, "line_alpha": 0, "nonselection_fill_alpha": 0.5, "nonselection_line_alpha": 0}
    chosen = {"selection_fill_alpha": 1, "selection_line_alpha": 1, "selection_line_width": 2}
    boxes = fig.quad("left", "right", high, low, source=source, name="kick-boxes", **plain, **chosen)
    for glyph in (boxes.glyph, boxes.nonselection_glyph, boxes.selection_glyph):
        glyph.tags = ["fill_color:shade", "line_color:accent"]
    fig.select_one(TapTool).renderers = [boxes]
    for r in reps:
        tags = [f"fill_color:{r.side}", "hatch_color:bad"]
        fill, hatched = (0.16, 0.0) if r.rep.valid else (0.0, 0.55)
        box = BoxAnnotation(left=r.at_s[0], right=r.at_s[1], fill_alpha=fill, hatch_alpha=hatched, tags=tags)
        fig.add_layout(box)


def _curve_lines(fig: Any, line: Timeline) -> Any:
    """Draws all curves; returns the invisible line at zero that hovering follows."""
    angles = {"t": line.time_s, "trunk": line.trunk, "zero": np.zeros(len(line.time_s))}
    for side in SIDES:
        angles |= {side: line.near[side], f"{side}_far": line.far[side], f"{side}_knee": line.knee[side]}
    columns: dict[str, Any] = {name: values.astype(np.float32) for name, values in angles.items()}
    columns["head"] = [f"{t:.1f} s" if np.isfinite(t) else "" for t in line.time_s]
    columns["text"] = _curve_texts(line)
    source = ColumnDataSource(columns)
    for side in SIDES:
        for column, name, style in (
            (side, "angle", {"line_width": 2.2}),
            (f"{side}_far", "angle", {"line_width": 1.6, "line_alpha": 0.8, "line_dash": [2, 3]}),
            (f"{side}_knee", "knee", {"line_width": 1.4, "line_dash": "dashdot", "visible": False}),
        ):
            fig.line("t", column, source=source, name=name, **style).glyph.tags = [f"line_color:{side}"]
    trunk = fig.line("t", "trunk", source=source, line_width=1.6, line_dash="dashed", name="trunk", visible=False)
    trunk.glyph.tags = ["line_color:ink"]
    return fig.line("t", "zero", source=source, line_alpha=0, name="axis-of-hover")


def _curve_texts(line: Timeline) -> list[str]:
    names = (_("Left"), _("Right"), _("Trunk"))
    rows = np.column_stack([*map(line.seen, SIDES), line.trunk]).tolist()
    seen = ([f"{n} {wording.degrees(x)}" for n, x in zip(names, row, strict=True) if np.isfinite(x)] for row in rows)
    return [" · ".join(parts) or _("not seen") for parts in seen]


def _measured(fig: Any, rep: TimedRep, value_deg: float, line: Timeline) -> None:
    """What was measured of a rep: a bar over the time it was taken from, and the number above bar and curve."""
    colour = rep.side if rep.rep.valid else "bad"
    bar = fig.segment(x0=[rep.at_s[0]], x1=[rep.at_s[1]], y0=[value_deg], y1=[value_deg], line_width=5, name="measured")
    bar.glyph.tags = [f"line_color:{colour}"]
    inside = (line.time_s >= rep.at_s[0]) & (line.time_s <= rep.at_s[1])
    top = float(np.fmax.reduce(line.seen(rep.side)[inside], initial=value_deg))
    text = ("" if rep.rep.valid else "✕ ") + wording.degrees(value_deg)
    tags = [f"text_color:{colour}"]
    fig.add_layout(Label(x=sum(rep.at_s) / 2, y=top, y_offset=8, text=text, name="peak-label", tags=tags))


def _places(times: Iterable[datetime]) -> dict[datetime, datetime]:
    """Where each session stands on the axis: at its day, several of a day beside each other in their order."""
    found: dict[datetime, datetime] = {}
    for day, group in groupby(sorted(set(times)), key=lambda at: at.date()):
        same = list(group)
        start = datetime.combine(day, time())
        found |= {at: start + timedelta(days=(i + 1) / (len(same) + 1)) for i, at in enumerate(same)}
    return found


def _time_axis(fig: Any, places: list[datetime]) -> None:
    """Ticks at the days of the tests; labels that have no room are left out by Bokeh."""
    days = sorted({at.date() for at in places})
    skeleton = "yMMMd" if days[0].year != days[-1].year else "MMMd"
    labels = {datetime.combine(day, time(12), UTC).timestamp() * 1000: date_as(day, skeleton) for day in days}
    fig.xaxis.ticker = FixedTicker(ticks=list(labels))
    fig.xaxis.major_label_overrides = labels
    fig.xaxis.major_label_policy = NoOverlap(min_distance=10)
    room = max((places[-1] - places[0]) * SIDE_ROOM, timedelta(hours=18))
    fig.x_range.start, fig.x_range.end = places[0] - room, places[-1] + room


def _progress_limits(shown: Progress) -> tuple[float, float]:
    ends = [x for rows in shown.legs.values() for r in rows for x in r.span_deg]
    ends += [x for side in shown.legs for x in _band(shown, side) or ()]
    ends += [shown.goal_deg] if shown.goal_deg is not None else []
    low, high = min(*ends, 5.0), max(ends)
    return low - LABEL_ROOM * (high - low), high + LABEL_ROOM * (high - low)


def _band(shown: Progress, side: Side) -> tuple[float, float] | None:
    """What is no real change since the first session of the latest series."""
    if side not in shown.mdc95_deg:
        return None
    first = _unbroken(shown.legs[side])[-1][0].score_deg
    return first - shown.mdc95_deg[side], first + shown.mdc95_deg[side]


def _leg(fig: Any, side: Side, shown: Progress, places: Mapping[datetime, datetime]) -> Any:
    rows = shown.legs[side]
    name = wording.capital(wording.side_word(side))
    columns = {
        "at": [places[r.at] for r in rows],
        "score": [r.score_deg for r in rows],
        "lower": [r.span_deg[0] for r in rows],
        "upper": [r.span_deg[1] for r in rows],
        "head": [r.at.date().isoformat() for r in rows],
        "text": [f"{name} {wording.with_margin(r.score_deg, r.ci95_deg)}" for r in rows],
    }
    source = ColumnDataSource(columns)
    if band := _band(shown, side):
        start, tags = places[_unbroken(rows)[-1][0].at], [f"fill_color:{side}"]
        fig.add_layout(
            BoxAnnotation(left=start, bottom=band[0], top=band[1], fill_alpha=0.09, name=f"band-{side}", tags=tags)
        )
    few = len(rows) <= 12
    whisker = Whisker(base="at", upper="upper", lower="lower", source=source, tags=[f"line_color:{side}"])
    whisker.line_width, whisker.line_alpha = (2.0, 0.8) if few else (1.0, 0.45)
    whisker.upper_head = whisker.lower_head = None
    fig.add_layout(whisker)
    for piece in _unbroken(rows):
        line = fig.line([places[r.at] for r in piece], [r.score_deg for r in piece], line_width=2.2)
        line.glyph.tags = [f"line_color:{side}"]
    dots = fig.scatter("at", "score", source=source, marker=MARKER[side], size=10 if few else 6, name=f"dots-{side}")
    dots.glyph.tags = [f"fill_color:{side}", f"line_color:{side}"]
    return dots


def _end_labels(fig: Any, shown: Progress, places: Mapping[datetime, datetime]) -> None:
    """The scores of each leg's first and last session: above its interval for the higher leg, below for the other."""
    for side, rows in shown.legs.items():
        for point in {rows[0].at: rows[0], rows[-1].at: rows[-1]}.values():
            above = _is_higher(side, point, shown)
            text, tags = wording.degrees(point.score_deg), [f"text_color:{side}"]
            low, high = point.span_deg
            label = Label(x=places[point.at], text=text, name="end-label", tags=tags)
            label.y, label.y_offset, label.text_baseline = (high, 7, "bottom") if above else (low, -7, "top")
            fig.add_layout(label)


def _is_higher(side: Side, point: ProgressPoint, shown: Progress) -> bool:
    """Against the other leg in the same session, else against its mean."""
    mine, theirs = shown.legs[side], shown.legs.get(other(side), ())
    if same := tuple(p for p in theirs if p.at == point.at):
        mine, theirs = (point,), same[:1]
    if not theirs:
        return True
    here, there = (fmean(p.score_deg for p in points) for points in (mine, theirs))
    return here > there or (here == there and side == "left")


def _unbroken(rows: tuple[ProgressPoint, ...]) -> list[list[ProgressPoint]]:
    return [list(piece) for _, piece in groupby(rows, key=lambda r: r.series)]
