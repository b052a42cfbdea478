"""Accuracy of the whole product against known answers: python benchmarks/accuracy.py DIR... [--out PAGE.md]

Each DIR holds clips NAME.mp4 with NAME.truth.json beside them (format: benchmarks/phantom/README.md). Prints the bars
with pass or MISS for each folder and writes the page with tables and pictures. Exit code 1 if a bar is missed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import bars, page
from benchmarks.otherwise import measured_otherwise
from benchmarks.running import Run, run_folder
from benchmarks.scoring import Scored, score, summarise
from mobility_check.errors import MobilityCheckError

REPEATABILITY = Path(__file__).parent / "results" / "repeatability.json"


def main(argv: list[str] | None = None) -> int:
    """Run, print, write."""
    args = _arguments(argv)
    run = Run(model=args.model, every_frame=args.every_frame, jobs=args.jobs, cache=args.cache, rescore=args.rescore)
    missed = False
    sets: list[Scored] = []
    for folder in args.folders:
        scored = score(run_folder(folder, run, _say))
        sets.append(scored)
        missed |= _print(folder.name, scored)
    if len(sets) > 1:
        missed |= _print("all together", score([clip for s in sets for clip in s.clips]))
    if args.out:
        unseen = [folder for folder in args.folders if folder.name not in args.tuned]
        otherwise = measured_otherwise(unseen, run, _say) if args.otherwise else []
        page.write(
            sets,
            folders=args.folders,
            run=run,
            out=args.out,
            repeatability=REPEATABILITY,
            tuned=args.tuned,
            otherwise=otherwise,
        )
        _say(f"wrote {args.out}")
    return int(missed)


def _print(name: str, scored: Scored) -> bool:
    """Print a set's bars; whether one is missed."""
    summary = summarise(scored)
    rows = bars.bars(summary)
    print(f"\n{name}: {len(scored.clips)} clips\n{bars.table(rows)}")
    for label, names in (("failed", summary.failed), ("counted, not kicked", scored.ghosts)):
        if names:
            print(f"{label}: {', '.join(names)}")
    return any(b.met is False for b in rows)


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR", help="folders of clips with truth")
    parser.add_argument(
        "--out", type=Path, metavar="PAGE.md", help="write the page here, its pictures to images/ beside"
    )
    parser.add_argument(
        "--tuned", nargs="*", default=[], metavar="NAME", help="folders that the estimator was fitted on"
    )
    parser.add_argument(
        "--otherwise", action="store_true", help="also with other models and frame rates, on folders not in --tuned"
    )
    parser.add_argument("--model", metavar="NAME|PATH", help="heavy (default), full, or the path of a bundle")
    parser.add_argument("--every-frame", action="store_true", help="as the option of analyze")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="clips at once (default: 1)")
    parser.add_argument(
        "--cache",
        type=Path,
        nargs="?",
        const=Path("build/accuracy"),
        default=None,
        metavar="DIR",
        help="keep results and tracks here and take them from here while clip, options and program are the same",
    )
    parser.add_argument("--rescore", action="store_true", help="with --cache: score kept tracks again, see no pictures")
    return parser.parse_args(argv)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except MobilityCheckError as e:
        sys.exit(f"accuracy: {e}")
