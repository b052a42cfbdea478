"""Renders the report: one HTML page that opens offline, or pages that share one folder of style and script."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import jinja2
from markupsafe import Markup

from mobility_check.assessments import describe
from mobility_check.errors import OutputError
from mobility_check.files import atomic_path
from mobility_check.report import charts, view
from mobility_check.report.advice import advise, load_advice
from mobility_check.report.data import Progress, ReportData
from mobility_check.report.timeline import timeline
from mobility_check.results import wording

Assets = Literal["inline", "shared"]
SHARED_FILES = ("page.css", "bokeh.min.js", "page.js")


def render(data: ReportData, *, assets: Assets = "inline", advice: Mapping[str, Any] | None = None) -> str:
    """The page as HTML.

    Args:
        data: what to show.
        assets: ``inline`` for one self-contained file; ``shared`` to take style and script from the folder that
            :func:`write_report` puts beside the page.
        advice: content of an advice file (see :func:`mobility_check.report.advice.load_advice`).
    """
    context = _context(data, advice if advice is not None else load_advice())
    context["assets"] = _asset_context(assets)
    return _environment().get_template("page.html.j2").render(context)


def write_report(
    data: ReportData, out_path: Path, *, assets: Assets = "inline", advice: Mapping[str, Any] | None = None
) -> None:
    """Write the page (all or nothing), and with ``assets="shared"`` the folder it needs, once for many pages.

    Raises:
        OutputError: the file or folder cannot be written.
    """
    html = render(data, assets=assets, advice=advice)
    if assets == "shared":
        write_shared_assets(out_path.parent)
    with atomic_path(out_path) as tmp:
        tmp.write_text(html, "utf-8")


def _context(data: ReportData, advice: Mapping[str, Any]) -> dict[str, Any]:
    result, words = data.result, describe(data.result.test)
    line = timeline(result, data.clips) if data.clips else None
    chart_data = {"curves": charts.curves(line)} if line else {}
    if shown := _shown_progress(data.progress):
        chart_data["progress"] = charts.progress(shown)
    difference = result.asymmetry.difference_deg
    return {
        "data": data,
        "result": result,
        "headline": wording.headline(result, words),
        "meaning": wording.meaning(result),
        "status_words": wording.STATUS_WORDS[result.status],
        "status": result.status,
        "reasons": [r.message for r in result.reasons if r.message != wording.meaning(result)],
        "legs": view.legs(data),
        "kicks": view.kick_rows(data),
        "difference": None if difference is None else wording.degrees(abs(difference)),
        "difference_margin": wording.plus_minus(result.asymmetry.ci95_deg),
        "kind": wording.difference_kind(result),
        "kind_words": wording.DIFFERENCE_WORDS[wording.difference_kind(result)],
        "curve_table": view.curve_table(line) if line else [],
        "has_curves": line is not None,
        "progress": shown,
        "progress_table": view.progress_table(shown) if shown else [],
        "advice": advise(result, advice, day=data.day),
        "provenance": view.provenance_rows(result),
        "chart_json": charts.to_script_json(chart_data),
        "long_date": wording.long_date,
        **view.checks_and_gauges(result),
    }


def _shown_progress(progress: Progress | None) -> Progress | None:
    """Progress needs two sessions of a leg."""
    return progress if progress and any(len(rows) > 1 for rows in progress.legs.values()) else None


def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("mobility_check.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _asset(name: str) -> str:
    """Text of one style or script file; Bokeh's script comes from the installed Bokeh, so the two always match."""
    if name == "bokeh.min.js":
        return resources.files("bokeh").joinpath("server", "static", "js", name).read_text("utf-8")
    return resources.files("mobility_check.report").joinpath("assets", name).read_text("utf-8")


def _asset_context(assets: Assets) -> dict[str, Any]:
    if assets == "shared":
        return {
            "inline": False,
            "folder": _shared_name(),
            "files": {},
            "csp_script": "'self' file:",
            "csp_style": "'self' file: 'unsafe-inline'",
        }
    files = {name: Markup(_asset(name).replace("</script", "<\\/script")) for name in SHARED_FILES}
    hashes = " ".join(_csp_hash(files[name]) for name in SHARED_FILES if name.endswith(".js"))
    return {"inline": True, "folder": "", "files": files, "csp_script": hashes, "csp_style": "'unsafe-inline'"}


def _csp_hash(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii") + "'"


@cache
def _shared_name() -> str:
    """The folder carries the hash of its content: pages of another version get another folder."""
    digest = hashlib.sha256("".join(_asset(name) for name in SHARED_FILES).encode("utf-8")).hexdigest()
    return f"mobility-check-assets-{digest[:10]}"


def write_shared_assets(parent: Path) -> None:
    """Put the folder beside pages of ``assets="shared"`` that they all use.

    Raises:
        OutputError: it cannot be written.
    """
    folder = parent / _shared_name()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise OutputError(f"The folder {folder} cannot be made ({e.strerror}); choose another place with -o.") from e
    for name in SHARED_FILES:
        if not (folder / name).exists():
            with atomic_path(folder / name) as tmp:
                tmp.write_text(_asset(name), "utf-8")
