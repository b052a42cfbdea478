"""Scatter of the same clip, changed in ways that change nothing about the person: benchmarks/repeatability.py CLIP...

Prints the standard deviation of each side's score over the variants and the bars; writes results/repeatability.json for
docs/accuracy.md. Exit code 1 if a bar is missed. Give clips whose kicks are all clear (5° or more): where a kick is
found in one variant and not in the other, the scores are means of different kicks.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from benchmarks.bars import Bar, at_most, table
from benchmarks.running import Run, analyse, code_digest
from benchmarks.variants import VARIANTS, Variant, make
from mobility_check.errors import InputError, MobilityCheckError
from mobility_check.files import atomic_path
from mobility_check.kinematics.landmarks import SIDES, other

OUT = Path(__file__).parent / "results" / "repeatability.json"
AS_FILMED = "as filmed"
SD_POOLED_DEG, SD_LEG_DEG, SHIFT_LIMIT_DEG = 0.2, 0.3, 0.7
SHIFT_VARIANTS = ("mirrored", "15 Hz", "50 Hz", "× 0.5", "× 2", "H.264 crf 32")
Scores = dict[str, float | None]


@dataclass(frozen=True, slots=True)
class SideScatter:
    """One side of one clip over all variants; ``lost`` names those that gave no score."""

    clip: str
    side: str
    score_deg: float
    sd_deg: float
    largest_deg: float
    largest_by: str
    shifts_deg: dict[str, float]
    lost: tuple[str, ...]


def main(argv: list[str] | None = None) -> int:
    """Make the variants, run the product on each, print and write."""
    args = _arguments(argv)
    chosen = [v for v in VARIANTS if args.only is None or v.name in args.only]
    rows: list[SideScatter] = []
    with tempfile.TemporaryDirectory() as folder:
        for clip in args.clips:
            rows += scatter(
                clip.stem, _scores_of(clip, chosen, Run(cache=args.cache, rescore=args.rescore), Path(folder))
            )
    found = bars_of(rows)
    print("\n".join(_line(r) for r in rows), table(found), sep="\n\n")
    if args.only is None:
        _write(rows, found, args.out)
    return int(any(b.met is False for b in found))


def scatter(clip: str, scores: dict[str, Scores]) -> list[SideScatter]:
    """Per side the scatter over the variants; ``scores[variant][side]``, the person's own side."""
    rows = []
    for side in SIDES:
        base = scores[AS_FILMED][side]
        if base is None:
            continue
        others = {name: s[side] for name, s in scores.items() if name != AS_FILMED}
        shifts = {name: value - base for name, value in others.items() if value is not None}
        lost = tuple(name for name, value in others.items() if value is None)
        worst = max(shifts, key=lambda name: abs(shifts[name]), default=AS_FILMED)
        sd = float(np.std([0.0, *shifts.values()], ddof=1)) if shifts else 0.0
        rows.append(SideScatter(clip, side, base, sd, shifts.get(worst, 0.0), worst, shifts, lost))
    return rows


def bars_of(rows: Sequence[SideScatter]) -> list[Bar]:
    """The promises about repeatability."""
    sds = [r.sd_deg for r in rows]
    pooled = float(np.sqrt(np.mean(np.square(sds)))) if sds else None
    found = [
        at_most("standard deviation over the variants, all clips pooled", SD_POOLED_DEG, pooled),
        at_most("standard deviation over the variants, worst leg", SD_LEG_DEG, max(sds, default=None)),
    ]
    for name in SHIFT_VARIANTS:
        shifts = [abs(r.shifts_deg[name]) for r in rows if name in r.shifts_deg]
        found.append(at_most(f"largest change when {name}", SHIFT_LIMIT_DEG, max(shifts, default=None)))
    lost = float(sum(len(r.lost) for r in rows))
    return [*found, at_most("scores lost in a variant", 0, lost, unit="", digits=0)]


def _scores_of(clip: Path, variants: Sequence[Variant], run: Run, folder: Path) -> dict[str, Scores]:
    code = code_digest()
    found = {AS_FILMED: _ask(clip, run, code)}
    for variant in variants:
        changed = folder / f"{clip.stem}-{variant.slug}{variant.suffix}"
        make(clip, variant, changed)
        scores = _ask(changed, run, code)
        changed.unlink()
        found[variant.name] = {s: scores[other(s)] for s in SIDES} if variant.mirrored else scores
        print(f"{clip.stem} {variant.name}: {found[variant.name]}", file=sys.stderr, flush=True)
    return found


def _ask(clip: Path, run: Run, code: str) -> Scores:
    answer = analyse(clip, run, code=code)
    if answer.result is None:
        raise InputError(f"'{clip.name}' could not be analysed: {answer.failure}")
    return {side: answer.result["sides"][side]["score_deg"] for side in SIDES}


def _line(r: SideScatter) -> str:
    return (
        f"{r.clip} {r.side}: {r.score_deg:.2f}°, SD {r.sd_deg:.2f}°, largest {r.largest_deg:+.2f}° ({r.largest_by})"
        + (f", no score when {', '.join(r.lost)}" if r.lost else "")
    )


def _write(rows: Sequence[SideScatter], found: Sequence[Bar], out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    body = {
        "variants": [v.name for v in VARIANTS],
        "sides": [asdict(r) for r in rows],
        "bars": [{**asdict(b), "mark": b.mark} for b in found],
    }
    with atomic_path(out) as tmp:
        tmp.write_text(json.dumps(body, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("clips", nargs="+", type=Path, metavar="CLIP")
    parser.add_argument("--out", type=Path, default=OUT, metavar="FILE.json", help="where the figures go")
    parser.add_argument("--only", nargs="+", metavar="VARIANT", help="only these variants; writes nothing")
    parser.add_argument("--cache", type=Path, metavar="DIR", help="keep the product's answers here")
    parser.add_argument("--rescore", action="store_true", help="with --cache: score kept tracks again, see no pictures")
    return parser.parse_args(argv)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except MobilityCheckError as e:
        sys.exit(f"repeatability: {e}")
