"""The page's two charts, built with Bokeh and handed over as JSON that BokehJS draws in the browser.

Colours are not fixed here: a model's ``tags`` say which property takes which colour of the style sheet (for instance
``line_color:left``), and the page's script fills them in for light, dark and paper.
"""

from __future__ import annotations

import json
from datetime import datetime, time, timedelta
from typing import Any

import numpy as np
from bokeh.core.properties import value
from bokeh.embed import json_item
from bokeh.models import (
    BoxZoomTool,
    ColumnDataSource,
    DatetimeTickFormatter,
    HoverTool,
    PanTool,
    ResetTool,
    TapTool,
)
from bokeh.models.annotations import Label, LabelSet, Span, Whisker
from bokeh.plotting import figure

from mobility_check.kinematics.landmarks import SIDES, Side
from mobility_check.kinematics.track import Floats
from mobility_check.report.data import Progress, ProgressPoint
from mobility_check.report.timeline import Kick, Timeline
from mobility_check.results import wording

FONT = "system-ui, sans-serif"
MARKER = {"left": "circle", "right": "square"}


def curves(line: Timeline) -> dict[str, Any]:
    """The angle curves with their kicks; a kick can be tapped."""
    fig = _figure("curves", "Time in the session (s)", "Degrees", height_px=380)
    low, high = _limits(line)
    fig.y_range.start, fig.y_range.end = low, high
    _kick_boxes(fig, line.kicks, low=low, high=high)
    source = ColumnDataSource(_curve_columns(line))
    first = _curve_lines(fig, source)
    _kick_labels(fig, line)
    for start in line.starts_s[1:]:
        fig.add_layout(Span(location=start - 0.5, dimension="height", line_dash="dotted", tags=["line_color:muted"]))
    fig.add_tools(HoverTool(renderers=[first], mode="vline", line_policy="nearest", tooltips=CURVE_TIP, name="hover"))
    return _item(fig)


CURVE_TIP = """<div class="tip" style="font-size:14px;padding:2px 4px"><b>@time_text</b><br>@text</div>"""
PROGRESS_TIP = """<div class="tip" style="font-size:14px;padding:2px 4px"><b>@day_text</b><br>@text</div>"""


def progress(shown: Progress) -> dict[str, Any]:
    """Scores of both legs over the days with intervals; the line stops where the series changes."""
    fig = _figure("progress", "", "Hip extension (degrees)", height_px=300, x_axis_type="datetime")
    fig.xaxis.formatter = DatetimeTickFormatter(days="%d %b", months="%b %Y", years="%Y")
    fig.xaxis.ticker.desired_num_ticks = 4
    fig.toolbar_location = None
    fig.y_range.start, fig.y_range.end = _progress_limits(shown)
    apart = _nudge(shown)
    points = [
        _progress_leg(fig, side, shown, nudge=-apart if side == "left" else apart)
        for side in SIDES
        if shown.legs.get(side)
    ]
    if shown.goal_deg is not None:
        fig.add_layout(Span(location=shown.goal_deg, dimension="width", line_dash="dashed", tags=["line_color:muted"]))
        fig.add_layout(_corner_label(f"Goal {wording.degrees(shown.goal_deg)}", shown.goal_deg))
    for day in _series_changes(shown):
        fig.add_layout(Span(location=day, dimension="height", line_dash="dotted", tags=["line_color:muted"]))
    fig.add_tools(HoverTool(renderers=points, tooltips=PROGRESS_TIP, name="hover"))
    return _item(fig)


def to_script_json(item: dict[str, Any]) -> str:
    """JSON that can stand inside a ``<script>`` element: no character in it can end the element."""
    text = json.dumps(item, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _figure(name: str, x_label: str, y_label: str, *, height_px: int, **kwargs: Any) -> Any:
    fig = figure(
        name=name,
        height=height_px,
        sizing_mode="stretch_width",
        toolbar_location="above",
        tools=[PanTool(dimensions="width"), BoxZoomTool(dimensions="width"), ResetTool(), TapTool(visible=False)],
        active_drag=None,
        active_scroll=None,
        active_tap="auto",
        outline_line_color=None,
        min_border_right=14,
        **kwargs,
    )
    fig.toolbar.logo = None
    fig.tags = ["background_fill_color:card", "border_fill_color:card"]
    fig.xaxis.axis_label, fig.yaxis.axis_label = x_label, y_label
    for axis in (*fig.xaxis, *fig.yaxis):
        axis.axis_label_text_font_style = "normal"
        axis.axis_label_text_font = axis.major_label_text_font = FONT
        axis.axis_label_text_font_size = axis.major_label_text_font_size = "13px"
        axis.minor_tick_line_color = None
        axis.tags = [
            "axis_label_text_color:muted",
            "major_label_text_color:muted",
            "axis_line_color:line",
            "major_tick_line_color:line",
        ]
    fig.xgrid.grid_line_color = None
    for grid in fig.ygrid:
        grid.tags = ["grid_line_color:line"]
    return fig


def _item(fig: Any) -> dict[str, Any]:
    item: dict[str, Any] = dict(json_item(fig))
    return item


def _limits(line: Timeline) -> tuple[float, float]:
    values = np.concatenate([*line.near.values(), *line.far.values()])
    values = values[np.isfinite(values)]
    tops = [k.rep.extension_deg for k in line.kicks if k.rep.extension_deg is not None]
    high = max([*tops, 12.0, *([float(np.percentile(values, 99.5))] if len(values) else [])])
    low = min(-4.0, float(np.percentile(values, 0.5))) if len(values) else -4.0
    return max(low, -25.0) - 1.0, high * 1.18 + 1.0


def _kick_boxes(fig: Any, kicks: tuple[Kick, ...], *, low: float, high: float) -> None:
    if not kicks:
        return
    source = ColumnDataSource(
        {
            "left": [k.start_s for k in kicks],
            "right": [k.end_s for k in kicks],
            "bottom": [low] * len(kicks),
            "top": [high] * len(kicks),
            "kick": [f"{k.side}-{k.place}" for k in kicks],
        },
        name="kicks",
    )
    boxes = fig.quad(
        left="left",
        right="right",
        bottom="bottom",
        top="top",
        source=source,
        fill_alpha=0.5,
        line_alpha=0,
        nonselection_fill_alpha=0.5,
        nonselection_line_alpha=0,
        selection_fill_alpha=1,
        selection_line_alpha=1,
        selection_line_width=2,
        name="kick-boxes",
    )
    boxes.glyph.tags = boxes.nonselection_glyph.tags = ["fill_color:shade", "line_color:accent"]
    boxes.selection_glyph.tags = ["fill_color:shade", "line_color:accent"]
    fig.select_one(TapTool).renderers = [boxes]
    for side in SIDES:
        _hold_boxes(fig, side, [k for k in kicks if k.side == side and k.rep.valid], low=low, high=high, counted=True)
        _hold_boxes(
            fig, side, [k for k in kicks if k.side == side and not k.rep.valid], low=low, high=high, counted=False
        )


def _hold_boxes(fig: Any, side: Side, kicks: list[Kick], *, low: float, high: float, counted: bool) -> None:
    """The hold, shaded in the leg's colour; hatched where the kick was not counted."""
    if not kicks:
        return
    box = fig.quad(
        left=[k.hold_s[0] for k in kicks],
        right=[k.hold_s[1] for k in kicks],
        bottom=low,
        top=high,
        fill_alpha=0.16 if counted else 0.0,
        line_alpha=0,
        hatch_alpha=0.0 if counted else 0.55,
        hatch_pattern="right_diagonal_line",
        hatch_scale=9,
        hatch_weight=1.2,
    )
    box.glyph.tags = [f"fill_color:{side}", "hatch_color:bad"]


def _curve_columns(line: Timeline) -> dict[str, Any]:
    columns: dict[str, Any] = {"t": line.time_s.astype(np.float32), "trunk": line.trunk.astype(np.float32)}
    for side in SIDES:
        columns[side] = line.near[side].astype(np.float32)
        columns[f"{side}_far"] = line.far[side].astype(np.float32)
        columns[f"{side}_knee"] = line.knee[side].astype(np.float32)
    columns["zero"] = np.zeros(len(line.time_s), np.float32)
    columns["time_text"] = [f"{t:.1f} s" if np.isfinite(t) else "" for t in line.time_s]
    columns["text"] = _curve_texts(line)
    return columns


def _curve_texts(line: Timeline) -> list[str]:
    def part(label: str, values: Floats, i: int) -> str:
        return f"{label} {wording.degrees(float(values[i]))}" if np.isfinite(values[i]) else ""

    legs = {side: np.where(np.isfinite(line.near[side]), line.near[side], line.far[side]) for side in SIDES}
    rows = []
    for i in range(len(line.time_s)):
        parts = [part("Left", legs["left"], i), part("Right", legs["right"], i), part("Trunk", line.trunk, i)]
        rows.append(" · ".join(p for p in parts if p) or "not seen")
    return rows


def _curve_lines(fig: Any, source: ColumnDataSource) -> Any:
    """Draws all curves; returns the invisible line at zero that hovering follows."""
    for side in SIDES:
        near = fig.line("t", side, source=source, line_width=2.6, name="extension")
        far = fig.line(
            "t", f"{side}_far", source=source, line_width=1.8, line_alpha=0.8, line_dash=[2, 3], name="extension"
        )
        knee = fig.line(
            "t", f"{side}_knee", source=source, line_width=1.4, line_dash="dashdot", name="knee", visible=False
        )
        for renderer in (near, far, knee):
            renderer.glyph.tags = [f"line_color:{side}"]
    trunk = fig.line("t", "trunk", source=source, line_width=1.6, line_dash="dashed", name="trunk", visible=False)
    trunk.glyph.tags = ["line_color:ink"]
    return fig.line("t", "zero", source=source, line_alpha=0, name="axis-of-hover")


def _kick_labels(fig: Any, line: Timeline) -> None:
    for kick in line.kicks:
        value = kick.rep.extension_deg
        text = wording.degrees(value) if kick.rep.valid else f"✕ {wording.degrees(value)}"
        label = Label(
            x=sum(kick.hold_s) / 2,
            y=_top_of(kick, line),
            text=text,
            text_align="center",
            text_font_style="bold",
            y_offset=8,
            name="peak-label",
            text_font=FONT,
            text_font_size="12px",
            tags=[f"text_color:{kick.side if kick.rep.valid else 'bad'}"],
        )
        fig.add_layout(label)


def _top_of(kick: Kick, line: Timeline) -> float:
    """The higher one of a kick's number and its curve in the hold (the number comes from a more careful look)."""
    inside = (line.time_s >= kick.hold_s[0]) & (line.time_s <= kick.hold_s[1])
    curve = np.concatenate([line.near[kick.side][inside], line.far[kick.side][inside]])
    return float(max([kick.rep.extension_deg or 0.0, *curve[np.isfinite(curve)]]))


def _progress_limits(shown: Progress) -> tuple[float, float]:
    rows = [row for rows in shown.legs.values() for row in rows]
    spans = [row.ci95_deg or (row.score_deg, row.score_deg) for row in rows]
    ends = [x for pair in spans for x in pair] + ([shown.goal_deg] if shown.goal_deg is not None else [])
    return min(*ends, 5.0) - 2.0, max(ends) + 2.0


def _nudge(shown: Progress) -> timedelta:
    """Half the sideways distance of the two legs on a day, so that their intervals do not cover each other."""
    days = [row.day for rows in shown.legs.values() for row in rows]
    return (max(days) - min(days)) * 0.006 or timedelta(hours=1)


def _progress_leg(fig: Any, side: Side, shown: Progress, *, nudge: timedelta) -> Any:
    rows = shown.legs[side]
    source = ColumnDataSource(_progress_columns(side, shown, nudge=nudge))
    colour = [f"line_color:{side}"]
    whisker = Whisker(base="day", upper="upper", lower="lower", source=source, line_width=2.2, tags=colour)
    whisker.upper_head = whisker.lower_head = None
    fig.add_layout(whisker)
    for piece in _unbroken(rows):
        line = fig.line([_noon(r, nudge) for r in piece], [r.score_deg for r in piece], line_width=2.4)
        line.glyph.tags = [f"line_color:{side}"]
    dots = fig.scatter("day", "score", source=source, marker=MARKER[side], size=11, name=f"progress-{side}")
    dots.glyph.tags = [f"fill_color:{side}", f"line_color:{side}"]
    labels = LabelSet(
        x="day",
        y="label_y",
        text="label",
        source=source,
        text_align="center",
        y_offset="label_offset",
        text_font=value(FONT),
        text_font_size="12px",
        text_font_style="bold",
        tags=[f"text_color:{side}"],
    )
    fig.add_layout(labels)
    return dots


def _progress_columns(side: Side, shown: Progress, *, nudge: timedelta) -> dict[str, Any]:
    rows = shown.legs[side]
    everything = [row for leg in shown.legs.values() for row in leg]
    best = {row.day: max(r.score_deg for r in everything if r.day == row.day) for row in rows}
    spans = [r.ci95_deg or (r.score_deg, r.score_deg) for r in rows]
    return {
        "day": [_noon(r, nudge) for r in rows],
        "score": [r.score_deg for r in rows],
        "lower": [s[0] for s in spans],
        "upper": [s[1] for s in spans],
        "label": [wording.degrees(r.score_deg) for r in rows],
        "label_y": [s[1] if r.score_deg >= best[r.day] else s[0] for r, s in zip(rows, spans, strict=True)],
        "label_offset": [6 if r.score_deg >= best[r.day] else -20 for r in rows],
        "day_text": [r.day.isoformat() for r in rows],
        "text": [f"{side.capitalize()} {wording.degrees(r.score_deg)}, {wording.span(r.ci95_deg)}" for r in rows],
    }


def _noon(row: ProgressPoint, nudge: timedelta) -> datetime:
    return datetime.combine(row.day, time(hour=12)) + nudge


def _unbroken(rows: tuple[ProgressPoint, ...]) -> list[list[ProgressPoint]]:
    pieces: list[list[ProgressPoint]] = []
    for row in rows:
        if pieces and pieces[-1][-1].series == row.series:
            pieces[-1].append(row)
        else:
            pieces.append([row])
    return pieces


def _series_changes(shown: Progress) -> list[datetime]:
    days = {piece[0].day for rows in shown.legs.values() for piece in _unbroken(rows)[1:]}
    return [datetime.combine(day, time(hour=0)) for day in sorted(days)]


def _corner_label(text: str, y: float) -> Label:
    return Label(
        x=8,
        x_units="screen",
        y=y,
        y_offset=3,
        text=text,
        text_font=FONT,
        text_font_size="12px",
        tags=["text_color:muted"],
    )
