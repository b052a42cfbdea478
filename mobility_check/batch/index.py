"""The page of a run: counts, distributions, all sessions in a table that sorts and filters, files without a number.

One file without outside parts; it opens by double click. Reports and pictures lie beside it in ``sessions/``.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from mobility_check.batch.problems import Failure
from mobility_check.batch.tables import Row, printable
from mobility_check.files import atomic_path
from mobility_check.kinematics.landmarks import SIDES

MAX_ROWS = 50_000
"""More sessions than this are left to the tables: a page of that length would not open."""
_BIN_DEG = 2.5
_WIDTH, _HEIGHT, _MARGIN = 300.0, 130.0, 22.0


@dataclass(slots=True)
class Page:
    """What the page will show; filled session by session.

    ``facts`` are pairs of a word and a text for the summary line; ``rows`` are JSON texts, which need little memory.
    """

    title: str
    facts: Sequence[tuple[str, str]]
    rows: list[str] = field(default_factory=list)
    scores: dict[str, list[float]] = field(default_factory=lambda: {side: [] for side in SIDES})
    differences: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    failed: list[Failure] = field(default_factory=list)
    left_out: int = 0

    def session(self, known: Row, sides: Sequence[Row], *, links: Mapping[str, str]) -> None:
        """Add a finished session; ``links`` names its files (``json``, ``report``, ``thumb``) relative to the page."""
        by_side = {row["side"]: row for row in sides}
        status = sides[0]["session_status"]
        self.statuses[status] += 1
        for side, row in by_side.items():
            if row["score_deg"] is not None:
                self.scores[side].append(row["score_deg"])
        difference = sides[0]["difference_deg"]
        if difference is not None:
            self.differences.append(difference)
        if len(self.rows) >= MAX_ROWS:
            self.left_out += 1
            return
        reasons = dict.fromkeys(code for row in sides for code in row["reasons"])
        cells = [
            known["subject"] or "", known["date"] or "", status, *(_cell(by_side[s]) for s in SIDES), difference,
            ", ".join(reasons), [printable(f) for f in known["files"]], links.get("json", ""), links.get("report", ""),
            links.get("thumb", ""),
        ]  # fmt: skip
        self.rows.append(_script_json(cells))

    def write(self, path: Path) -> None:
        """Write the page, whole or not at all.

        Raises:
            OutputError: it cannot be written.
        """
        import jinja2

        source = files("mobility_check.batch").joinpath("index.html.j2").read_text(encoding="utf-8")
        env = jinja2.Environment(
            autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
        )  # fmt: skip
        top = 1.0 + max((abs(x) for values in self.scores.values() for x in values), default=24.0)
        plots = [histogram(self.scores[s], f"{s.capitalize()} leg, score (°)", limit=top) for s in SIDES]
        plots.append(histogram(self.differences, "Left minus right (°)", limit=None))
        html = env.from_string(source).stream(
            title=self.title, facts=self.facts, statuses=self.statuses, plots=plots, rows=self.rows,
            failed=self.failed[:MAX_ROWS], left_out=self.left_out, printable=printable,
        )  # fmt: skip
        with atomic_path(path) as tmp, tmp.open("wb") as file:
            html.dump(file, encoding="utf-8")


def _cell(row: Row) -> list[Any] | None:
    """Score, low and high end of its interval, valid kicks, status."""
    if row["score_deg"] is None:
        return None
    return [row["score_deg"], row["ci95_low_deg"], row["ci95_high_deg"], row["valid_reps"], row["status"]]


def _script_json(value: Any) -> str:
    """JSON that cannot end the script element it stands in."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def histogram(values: Sequence[float], title: str, *, limit: float | None) -> str:
    """An SVG histogram in steps of 2.5°; from 0 to ``limit``, or around 0 if that is None."""
    reach = limit if limit is not None else 1.0 + max((abs(v) for v in values), default=9.0)
    last = math.ceil(reach / _BIN_DEG)
    least = min((math.floor(v / _BIN_DEG) for v in values), default=0)
    first = min(0, least) if limit is not None else -last
    counts = Counter(min(max(math.floor(v / _BIN_DEG), first), last - 1) for v in values)
    most = max(counts.values(), default=1)
    step = (_WIDTH - 2 * _MARGIN) / (last - first)
    bars = "".join(
        f'<rect x="{_MARGIN + (b - first) * step:.1f}" y="{_HEIGHT - _MARGIN - h:.1f}" width="{step - 1:.1f}"'
        f' height="{h:.1f}"><title>{b * _BIN_DEG:g} to {(b + 1) * _BIN_DEG:g}°: {n}</title></rect>'
        for b, n in sorted(counts.items())
        for h in [(_HEIGHT - 2 * _MARGIN) * n / most]
    )
    ticks = "".join(
        f'<text x="{_MARGIN + (deg / _BIN_DEG - first) * step:.1f}" y="{_HEIGHT - 6}">'
        f"{str(deg).replace('-', '−')}</text>"
        for deg in range(math.ceil(first * _BIN_DEG / 10) * 10, int(last * _BIN_DEG) + 1, 10)
    )
    mean = f"mean {sum(values) / len(values):.1f}°, {len(values)} values" if values else "no values"
    return (
        f'<figure><figcaption>{title}<br><small>{mean}</small></figcaption><svg viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}"'
        f' role="img" aria-label="{title}: {mean}"><line x1="{_MARGIN}" x2="{_WIDTH - _MARGIN}"'
        f' y1="{_HEIGHT - _MARGIN}" y2="{_HEIGHT - _MARGIN}"/><text class="most" x="2" y="{_MARGIN}">{most}</text>'
        f"{bars}{ticks}</svg></figure>"
    )
