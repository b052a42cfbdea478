"""Writes a page of accuracy for a folder of clips: figures, tables and pictures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import numpy as np

import mobility_check
from benchmarks import bars, conditions, pictures
from benchmarks.running import Run, analyse, clips_in, code_digest
from benchmarks.scoring import RepRow, Scored, Summary, score, summarise
from mobility_check.assessments.scoring import Z95
from mobility_check.errors import UsageError
from mobility_check.files import atomic_path
from mobility_check.kinematics.params import Errors as ErrorModel
from mobility_check.refinement.coefficients import load_coefficients

WORST = 6


@dataclass(frozen=True, slots=True)
class SetView:
    """One folder's figures as the page shows them."""

    name: str
    summary: Summary
    bars: Sequence[bars.Bar]
    scored: Scored


def write(
    sets: Sequence[Scored],
    *,
    folders: Sequence[Path],
    run: Run,
    out: Path,
    repeatability: Path,
    tuned: Sequence[str] = (),
    otherwise: Sequence[conditions.Group] = (),
) -> None:
    """Write the page and its pictures (``images/accuracy-*.png`` beside it); ``tuned`` names sets used for fitting,
    ``otherwise`` are the figures of other models and frame rates.

    Raises:
        UsageError: there is no measured kick to write about.
        OutputError: a file cannot be written.
    """
    if not any(pictures.good_near(s) for s in sets) or not any(s.sides for s in sets):
        raise UsageError(
            "No near kick of good form was measured in these clips; there is nothing to write a page about."
        )
    images, worst = out.parent / "images", worst_reps(sets)
    pictures.bland_altman(sets, images / "accuracy-bland-altman.png")
    pictures.errors_by_leg(sets, images / "accuracy-by-leg.png")
    pictures.calibration(sets, images / "accuracy-intervals.png")
    text = render(
        **_figures(sets, [folder.name for folder in folders]),
        worst=worst,
        worst_drawn=_draw_worst(worst, folders=folders, run=run, path=images / "accuracy-worst.png"),
        repeatability=json.loads(repeatability.read_text(encoding="utf-8")) if repeatability.is_file() else None,
        options=" ".join(run.options),
        rescored=run.rescore,
        tuned=tuned,
        otherwise=otherwise,
        names=[folder.name for folder in folders],
    )
    with atomic_path(out) as tmp:
        tmp.write_text(text, encoding="utf-8")


def _figures(sets: Sequence[Scored], names: Sequence[str]) -> dict[str, Any]:
    """Everything on the page that follows from the rows and the program alone."""
    views = [_view(s, name) for s, name in zip(sets, names, strict=True)]
    if len(sets) > 1:
        views.append(_view(score([clip for s in sets for clip in s.clips]), "all together"))
    return {
        "sets": views,
        "controls": [c for s in sets for c in s.controls],
        "groups": conditions.by_condition([r for s in sets for r in s.reps]),
        "limits": {
            "near": pictures.limits_of([r for s in sets for r in pictures.good_near(s)]),
            "side": pictures.limits_of([row for s in sets for row in s.sides]),
        },
        "parts": parts_of_error(sets),
        "version": mobility_check.__version__,
        "fit": load_coefficients(),
        "quantile": Z95,
        "tracking": ErrorModel(),
    }


def render(**values: Any) -> str:
    """The page's text."""
    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    env = jinja2.Environment(
        loader=loader, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined, autoescape=False
    )
    env.filters |= {"deg": degrees, "signed": signed, "share": share}
    return env.get_template("accuracy.md.j2").render(**values).strip() + "\n"


def degrees(value: float | None) -> str:
    """Two decimals, or a dash."""
    return "–" if value is None else f"{value:.2f}"


def signed(value: float | None) -> str:
    """Two decimals with a sign, or a dash."""
    return "–" if value is None else f"{round(value, 2) + 0.0:+.2f}"


def share(value: float | None) -> str:
    """Three decimals, or a dash."""
    return "–" if value is None else f"{value:.3f}"


def parts_of_error(sets: Sequence[Scored]) -> dict[str, float]:
    """Standard deviations of the error within the legs of clips and between them."""
    legs = [np.array(e) for e in pictures.by_leg(sets).values()]
    freedom = sum(len(e) - 1 for e in legs)
    within = sum(float(((e - e.mean()) ** 2).sum()) for e in legs) / freedom if freedom else 0.0
    return {"within": within**0.5, "between": float(np.std([e.mean() for e in legs]))}


def worst_reps(sets: Sequence[Scored]) -> list[RepRow]:
    """The near kicks of good form with the largest errors, one a clip."""
    rows = sorted((r for s in sets for r in pictures.good_near(s)), key=lambda r: -abs(r.error_deg or 0.0))
    first = {(r.clip.folder, r.clip.name): r for r in reversed(rows)}
    return sorted(first.values(), key=lambda r: -abs(r.error_deg or 0.0))[:WORST]


def _view(scored: Scored, name: str) -> SetView:
    summary = summarise(scored)
    return SetView(name, summary, bars.bars(summary), scored)


def _draw_worst(rows: Sequence[RepRow], *, folders: Sequence[Path], run: Run, path: Path) -> bool:
    """Draw the worst clips; False without saved tracks (run without a cache) to draw from."""
    if run.cache is None or not rows:
        return False
    code = code_digest()
    clips = {(folder.name, clip.stem): clip for folder in folders for clip in clips_in(folder)}
    files = []
    for row in rows:
        clip = clips[row.clip.folder, row.clip.name]
        track = analyse(clip, run, code=code).track
        if track is None:
            return False
        files.append((clip, track))
    pictures.worst_clips(rows, files, path)
    return True
