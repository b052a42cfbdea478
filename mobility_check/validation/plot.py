"""The Bland–Altman plot: difference over mean, with bias and limits of agreement and their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mobility_check.errors import UsageError
from mobility_check.files import PLOT, atomic_path
from mobility_check.kinematics.landmarks import SIDES, Side
from mobility_check.language import N_, gettext
from mobility_check.results.wording import leg_name
from mobility_check.validation.agreement import Limits, Reading
from mobility_check.validation.wording import signed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS: dict[Side, str] = {"left": "#0b6e99", "right": "#c4622d"}
GREY = "#333333"
MARKERS = {"left": "circle", "right": "triangle"}
X_LABEL, Y_LABEL = N_("Mean of tool and reference (°)"), N_("Tool − reference (°)")


def save_plot(pairs: Sequence[Reading], limits: Limits, path: str | Path) -> None:
    """Write the plot; the ending chooses the form: .png, .svg or .pdf a picture, .html an interactive page.

    Raises:
        UsageError: another ending.
        OutputError: the file cannot be written.
    """
    ending = Path(path).suffix.lower()
    if ending not in PLOT.endings:
        raise UsageError(
            "A plot is written as {endings}, not as '{ending}'.",
            endings=", ".join(PLOT.endings),
            ending=ending or Path(path).name,
        )
    with atomic_path(path) as tmp:
        if ending == ".html":
            tmp.write_text(_html(pairs, limits), encoding="utf-8")
        else:
            _picture(pairs, limits, tmp)


def draw(ax: Axes, pairs: Sequence[Reading], limits: Limits, *, size: float = 34.0) -> None:
    """Draw the plot into matplotlib axes."""
    points: dict[str, Any] = {"s": size, "alpha": 0.75, "linewidths": 0, "zorder": 3}
    for side in SIDES:
        shown = _columns(pairs, side)
        marker = "o" if MARKERS[side] == "circle" else "^"
        ax.scatter(shown["mean"], shown["error"], c=COLOURS[side], marker=marker, label=leg_name(side), **points)
    beside: dict[str, Any] = {"xycoords": ("axes fraction", "data"), "xytext": (5, 0), "textcoords": "offset points"}
    for value, ci, name in _lines(limits):
        width, style = (1.4, "-") if value == limits.bias_deg else (1.0, "--")
        ax.axhline(value, color=GREY, linewidth=width, linestyle=style, zorder=2)
        if ci:
            ax.axhspan(*ci, color=GREY, alpha=0.08, linewidth=0, zorder=1)
        text = f"{name} {signed(value)}"
        ax.annotate(text, (1.0, value), va="center", fontsize=9, annotation_clip=False, **beside)
    ax.set_xlabel(gettext(X_LABEL))
    ax.set_ylabel(gettext(Y_LABEL))
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, loc="upper left", ncols=2, fontsize=9, bbox_to_anchor=(0.0, 1.1))


def _lines(limits: Limits) -> list[tuple[float, tuple[float, float] | None, str]]:
    return [
        (limits.upper_deg, limits.upper_ci95_deg, gettext("upper limit")),
        (limits.bias_deg, limits.bias_ci95_deg, gettext("bias")),
        (limits.lower_deg, limits.lower_ci95_deg, gettext("lower limit")),
    ]


def _picture(pairs: Sequence[Reading], limits: Limits, path: Path) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 4.4), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    draw(figure.add_subplot(), pairs, limits)
    figure.savefig(path, metadata={"Software" if path.suffix.lower() == ".png" else "Creator": PLOT.comment})


def _html(pairs: Sequence[Reading], limits: Limits) -> str:
    from bokeh.embed import file_html
    from bokeh.models import ColumnDataSource, HoverTool
    from bokeh.models.annotations import BoxAnnotation, Label, Span
    from bokeh.plotting import figure
    from bokeh.resources import INLINE

    axes: dict[str, Any] = {"x_axis_label": gettext(X_LABEL), "y_axis_label": gettext(Y_LABEL)}
    plot: Any = figure(width=820, height=480, tools="pan,wheel_zoom,reset,save", **axes)
    for side in SIDES:
        points = {"color": COLOURS[side], "marker": MARKERS[side], "size": 9, "alpha": 0.75}
        source = ColumnDataSource(_columns(pairs, side))
        plot.scatter("mean", "error", source=source, legend_label=leg_name(side), **points)
    tips = [
        (gettext("subject"), "@subject"),
        (gettext("tool"), "@tool{0.0}°"),
        (gettext("reference"), "@reference{0.0}°"),
        (gettext("difference"), "@error{+0.0}°"),
    ]
    plot.add_tools(HoverTool(tooltips=tips))
    for value, ci, name in _lines(limits):
        dash, text = "solid" if value == limits.bias_deg else "dashed", f"{name} {signed(value)}"
        plot.add_layout(Span(location=value, dimension="width", line_color=GREY, line_dash=dash))
        if ci:
            plot.add_layout(BoxAnnotation(bottom=ci[0], top=ci[1], fill_color=GREY, fill_alpha=0.08))
        plot.add_layout(Label(x=8, x_units="screen", y=value, text=text, text_font_size="12px", y_offset=2))
    page = str(file_html(plot, INLINE, gettext("Tool against reference")))
    return page.replace("<head>", f'<head>\n    <meta name="generator" content="{PLOT.comment}">', 1)


def _columns(pairs: Sequence[Reading], side: Side) -> dict[str, list[Any]]:
    rows = [p for p in pairs if p.side == side]
    return {
        "subject": [p.subject for p in rows],
        "tool": [p.tool_deg for p in rows],
        "reference": [p.reference_deg for p in rows],
        "mean": [(p.tool_deg + p.reference_deg) / 2 for p in rows],
        "error": [p.tool_deg - p.reference_deg for p in rows],
    }
