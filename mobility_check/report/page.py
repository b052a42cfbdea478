"""Renders the report: one HTML page that opens offline, or pages that share one folder of style and script."""

from __future__ import annotations

import base64
import hashlib
from contextlib import suppress
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import jinja2
from markupsafe import Markup

from mobility_check.assessments import describe
from mobility_check.errors import OutputError
from mobility_check.files import atomic_path, make_folder
from mobility_check.language import number, templates
from mobility_check.report import charts, checks
from mobility_check.report.advice import AdviceFile, advise, load_advice
from mobility_check.report.data import ReportData, shown_rep
from mobility_check.report.figure import drawing
from mobility_check.report.timeline import timed_reps, timeline
from mobility_check.results import wording
from mobility_check.results.reasons import told
from mobility_check.text import well_formed

Assets = Literal["inline", "shared"]
SHARED_FILES = ("page.css", "bokeh.min.js", "page.js")


def render(data: ReportData, *, assets: Assets = "inline", advice: AdviceFile | None = None) -> str:
    """The page as HTML.

    Args:
        data: what to show.
        assets: ``inline`` for one self-contained file; ``shared`` to take style and script from the folder that
            :func:`write_report` puts beside the page.
        advice: see :func:`mobility_check.report.advice.load_advice`.
    """
    context = _context(data, advice if advice is not None else load_advice())
    context["folder"] = _shared_name() if assets == "shared" else None
    return well_formed(_environment().get_template("page.html.j2").render(context))


def write_report(
    data: ReportData, out_path: Path, *, assets: Assets = "inline", advice: AdviceFile | None = None
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


def _context(data: ReportData, advice: AdviceFile) -> dict[str, Any]:
    result, words = data.result, describe(data.result.test)
    params = checks.params_of(result)
    line = timeline(result, data.clips) if data.clips else None
    chart_data = {"curves": charts.curves(line, words)} if line else {}
    changes = data.progress.changes if data.progress else {}
    shown = data.progress if data.progress and any(data.progress.legs.values()) else None
    if shown:
        chart_data["progress"] = charts.progress(shown, words)
    meaning = wording.meaning(result)
    return {
        "data": data,
        "result": result,
        "words": words,
        "headline": wording.headline(result, words, changes if shown else None, day=data.day),
        "meaning": meaning,
        "reasons": [text for text in map(told, result.reasons) if text != meaning],
        "changes": changes,
        "reps": timed_reps(result),
        "line": line,
        "progress": shown,
        "advice": advise(result, words, advice, day=data.day),
        "chart_data": chart_data,
        "camera": checks.camera_checks(result, params),
        "gauges": checks.gauges(result, words, params),
    }


@cache
def _environment() -> jinja2.Environment:
    environment = templates(Path(__file__).parent / "templates")
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":")}
    environment.filters["csp_hash"] = _csp_hash
    environment.globals |= {
        "number": number,
        "wording": wording,
        "told": told,
        "inline": _inline,
        "describe": describe,
        "drawing": drawing,
        "shown_rep": shown_rep,
    }
    return environment


@cache
def _asset(name: str) -> str:
    """Text of one style or script file; Bokeh's script comes from the installed Bokeh, so the two always match."""
    if name == "bokeh.min.js":
        return resources.files("bokeh").joinpath("server", "static", "js", name).read_text("utf-8")
    return resources.files("mobility_check.report").joinpath("assets", name).read_text("utf-8")


def _inline(name: str) -> Markup:
    """Text of a file of ours, to stand in the page."""
    return Markup(_asset(name).replace("</script", "<\\/script"))


def _csp_hash(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii") + "'"


@cache
def _shared_name() -> str:
    """The folder carries the hash of its content: pages of another version get another folder."""
    digest = hashlib.sha256("".join(_asset(name) for name in SHARED_FILES).encode("utf-8")).hexdigest()
    return f"mobility-check-assets-{digest[:10]}"


def write_shared_assets(parent: Path) -> None:
    """Put the folder beside pages of ``assets="shared"`` that they all use.

    A file in it that is not ours, byte for byte, is replaced: pages run it.

    Raises:
        OutputError: it cannot be written.
    """
    folder = parent / _shared_name()
    if folder.is_symlink():
        raise OutputError("'{folder}' is a link to another folder; remove it, then make the page again.", folder=folder)
    make_folder(folder)
    for name in SHARED_FILES:
        path, content = folder / name, _asset(name).encode("utf-8")
        with suppress(OSError):  # one that cannot be read is replaced like one that differs
            if path.is_file() and not path.is_symlink() and path.read_bytes() == content:
                continue
        with atomic_path(path) as tmp:
            tmp.write_bytes(content)
