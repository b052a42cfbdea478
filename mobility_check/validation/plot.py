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
    for side in SIDES:
        rows = [p for p in pairs if p.side == side]
        mean, error = [(p.tool_deg + p.reference_deg) / 2 for p in rows], [p.tool_deg - p.reference_deg for p in rows]
        marker = "o" if MARKERS[side] == "circle" else "^"
        ax.scatter(
            mean,
            error,
            s=size,
            c=COLOURS[side],
            marker=marker,
            alpha=0.75,
            linewidths=0,
            label=leg_name(side),
            zorder=3,
        )
    for value, ci, name in _lines(limits):
        solid = value == limits.bias_deg
        ax.axhline(value, color="#333333", linewidth=1.4 if solid else 1.0, linestyle="-" if solid else "--", zorder=2)
        if ci:
            ax.axhspan(*ci, color="#333333", alpha=0.08, linewidth=0, zorder=1)
        ax.annotate(
            f"{name} {signed(value)}",
            (1.0, value),
            xycoords=("axes fraction", "data"),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
            annotation_clip=False,
        )
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

    plot: Any = figure(
        width=820,
        height=480,
        x_axis_label=gettext(X_LABEL),
        y_axis_label=gettext(Y_LABEL),
        tools="pan,wheel_zoom,reset,save",
    )
    for side in SIDES:
        rows = [p for p in pairs if p.side == side]
        source = ColumnDataSource(_columns(rows))
        plot.scatter(
            "mean",
            "error",
            source=source,
            size=9,
            color=COLOURS[side],
            alpha=0.75,
            marker=MARKERS[side],
            legend_label=leg_name(side),
        )
    tips = [
        (gettext("subject"), "@subject"),
        (gettext("tool"), "@tool{0.0}°"),
        (gettext("reference"), "@reference{0.0}°"),
        (gettext("difference"), "@error{+0.0}°"),
    ]
    plot.add_tools(HoverTool(tooltips=tips))
    for value, ci, name in _lines(limits):
        plot.add_layout(
            Span(
                location=value,
                dimension="width",
                line_color="#333333",
                line_dash="solid" if value == limits.bias_deg else "dashed",
            )
        )
        if ci:
            plot.add_layout(BoxAnnotation(bottom=ci[0], top=ci[1], fill_color="#333333", fill_alpha=0.08))
        plot.add_layout(
            Label(x=8, x_units="screen", y=value, text=f"{name} {signed(value)}", text_font_size="12px", y_offset=2)
        )
    page = str(file_html(plot, INLINE, gettext("Tool against reference")))
    return page.replace("<head>", f'<head>\n    <meta name="generator" content="{PLOT.comment}">', 1)


def _columns(rows: Sequence[Reading]) -> dict[str, list[Any]]:
    return {
        "subject": [p.subject for p in rows],
        "tool": [p.tool_deg for p in rows],
        "reference": [p.reference_deg for p in rows],
        "mean": [(p.tool_deg + p.reference_deg) / 2 for p in rows],
        "error": [p.tool_deg - p.reference_deg for p in rows],
    }
