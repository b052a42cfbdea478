"""``mobility-check validate``: the tool against an inclinometer or goniometer, or markers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mobility_check.cli import options
from mobility_check.cli.common import print_json, print_table, progress_bar, say
from mobility_check.errors import UsageError
from mobility_check.language import N_, local_digits
from mobility_check.language import gettext as _

if TYPE_CHECKING:
    from mobility_check.validation.agreement import Agreement, Measurements


def validate(
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="TABLE.csv|CLIP…",
            help="A table (subject, side, tool_deg, reference_deg and, if wanted, rep, date), or clips or saved tracks"
            " with a .c3d or .trc of the same name beside each.",
            show_default=False,
        ),
    ],
    plot: Annotated[
        Path | None, typer.Option(metavar="OUT.png", help="Write the Bland–Altman plot (.png, .svg, .pdf or .html).")
    ] = None,
    marker: Annotated[
        list[str] | None,
        typer.Option(
            metavar="JOINT=LABEL", help="Label of a joint's marker where it is not found, e.g. left_hip=L.GT."
        ),
    ] = None,
    overwrite: options.Overwrite = False,
    as_json: options.Json = False,
) -> None:
    """Check the tool against another instrument: bias, limits of agreement, ICC, error at the peak.

    The other instrument is an inclinometer (a table of paired readings) or markers of a motion laboratory.
    docs/validation-protocol.md says how to take such measurements.
    """
    from mobility_check.files import PLOT, Output, check_outputs
    from mobility_check.validation.agreement import agreement
    from mobility_check.validation.plot import save_plot
    from mobility_check.validation.wording import sentences, to_dict

    if plot:
        check_outputs([Output(plot, PLOT, "--plot")], inputs=sources, overwrite=overwrite)
    read = _measurements(sources, marker or [])
    found = agreement(read.pairs)
    if plot:
        save_plot(read.pairs, found.limits, plot)
    if as_json:
        print_json(to_dict(found, read))
        return
    say("")
    print_table((name, local_digits(value), interval) for name, value, interval in _rows(found))
    say("", *(f"• {sentence}" for sentence in sentences(found, read)))


def _measurements(sources: list[Path], markers: list[str]) -> Measurements:
    """The pairs of a table, or of clips with markers beside them."""
    if [s.suffix.lower() for s in sources] == [".csv"]:
        from mobility_check.validation.table import read_table

        return read_table(sources[0])
    from mobility_check.validation.reference import measure

    with progress_bar(_("Measuring")) as on_progress:
        return measure(sources, labels=dict(_label(m) for m in markers), on_progress=on_progress)


def _label(option: str) -> tuple[str, str]:
    joint, equals, label = option.partition("=")
    joints = [f"{side}_{joint}" for side in ("left", "right") for joint in ("hip", "knee", "shoulder")]
    if joint not in joints or not equals or not label:
        raise UsageError(
            "--marker takes JOINT=LABEL with one of {joints}, not '{option}'.", joints=", ".join(joints), option=option
        )
    return joint, label


SEM_ROWS = {
    ("reps", "tool"): N_("SEM / MDC95 over reps, tool"),
    ("reps", "reference"): N_("SEM / MDC95 over reps, reference"),
    ("dates", "tool"): N_("SEM / MDC95 over dates, tool"),
    ("dates", "reference"): N_("SEM / MDC95 over dates, reference"),
}


def _rows(found: Agreement) -> Iterator[tuple[str, str, str]]:
    """A name, its value and its interval, row by row."""
    from mobility_check.validation.wording import span

    limits, icc, trend = found.limits, found.icc, found.trend
    yield _("tool − reference"), _("value"), _("95 % interval")
    yield _("pairs / people"), f"{limits.n} / {limits.subjects}", ""
    yield _("bias"), f"{limits.bias_deg:+.2f}°", span(limits.bias_ci95_deg)
    yield _("SD of the differences"), f"{limits.sd_deg:.2f}°", ""
    yield _("95 % limits of agreement, lower"), f"{limits.lower_deg:+.2f}°", span(limits.lower_ci95_deg)
    yield _("95 % limits of agreement, upper"), f"{limits.upper_deg:+.2f}°", span(limits.upper_ci95_deg)
    yield _("mean absolute difference"), f"{found.mean_absolute_deg:.2f}°", ""
    yield _("largest difference"), f"{found.worst_deg:.2f}°", ""
    if icc is not None:
        yield _("ICC(2,1) = ICC(A,1), {count} legs", count=icc.n), f"{icc.value:.3f}", span(icc.ci95, form=".2f")
    if trend is not None:
        slope = f"{trend.slope_deg_per_deg:+.3f}"
        yield _("slope over the angle (°/°)"), slope, span(trend.slope_ci95, form="+.2f")
    for name, repeat in (("tool", found.repeat_tool), ("reference", found.repeat_reference)):
        if repeat is not None:
            yield _(SEM_ROWS[repeat.over, name]), f"{repeat.sem_deg:.2f}° / {repeat.mdc95_deg:.2f}°", ""
