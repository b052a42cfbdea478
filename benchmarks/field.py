"""Recordings as people hand them in, through the whole measurement: no wrong number, no wrong reason.

    python -m benchmarks.field [--from FOLDER] [--kinds "partial body,people"] [--model full] [--out field.md]

Makes three variants or more of every kind from the samples (see ``field_clips.py``) and prints one row for each. A
folder may add clips that need other programs or bodies: its ``field.json`` lists cases with the fields of ``Case``.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.field_clips import Case, Source, made
from mobility_check.errors import MobilityCheckError
from mobility_check.pipeline import analyze
from mobility_check.results.result import Result
from mobility_check.settings import Settings

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
NEAR_ENOUGH_DEG = 2.0
"""A number this near to the truth is not wrong, whatever its interval."""
BLAMED = {
    "no_person",
    "partial_body",
    "person_too_small",
    "not_side_view",
    "not_upright",
    "not_standing",
    "too_dark",
    "no_reps",
    "kicks_forward",
    "squats",
    "hip_hinge",
    "heel_raised",
    "not_kick_back",
    "slow_motion",
}
"""Reasons that say why there is no number; beside a number that must be there they would be wrong."""


@dataclass(frozen=True, slots=True)
class Row:
    """One case and what was said about it; ``faults`` is empty if all of it is right."""

    case: Case
    status: str
    numbers: dict[str, float]
    codes: tuple[str, ...]
    faults: tuple[str, ...]

    def cells(self) -> tuple[str, ...]:
        """For the table."""
        numbers, truth = (
            ", ".join(f"{s} {v:.1f}" for s, v in values.items()) or "–"
            for values in (self.numbers, self.case.truth_deg)
        )
        verdict = "right" if not self.faults else "WRONG: " + "; ".join(self.faults)
        return (self.case.kind, self.case.variant, self.status, numbers, truth, ", ".join(self.codes) or "–", verdict)


def judged(case: Case, result: Result) -> Row:
    """Hold a result against what is right for the case."""
    numbers: dict[str, float] = {side: s.score_deg for side, s in result.sides.items() if s.score_deg is not None}
    codes = tuple(
        dict.fromkeys(r.code for r in (*result.reasons, *(r for s in result.sides.values() for r in s.reasons)))
    )
    row = Row(case, result.status, numbers, codes, ())
    return replace(row, faults=tuple(_faults(case, result, row)))


def _faults(case: Case, result: Result, row: Row) -> Iterator[str]:
    for side, value in row.numbers.items():
        if case.numbers == "none":
            yield f"a number for the {side} leg"
        elif side in case.truth_deg:
            low, high = result.sides[side].ci95_deg or (value, value)  # type: ignore[index]
            if not low <= case.truth_deg[side] <= high and abs(value - case.truth_deg[side]) > NEAR_ENOUGH_DEG:
                yield f"{side} {value:.1f} for {case.truth_deg[side]:.1f}"
        elif case.truth_deg:
            yield f"a number for the {side} leg, which did not kick"
    missing = [side for side in case.truth_deg if side not in row.numbers]
    if case.numbers == "must" and missing:
        yield f"no number for the {' and the '.join(missing)} leg"
    told_why = case.codes and not (set(row.codes) & set(case.codes))
    if told_why and not (case.numbers == "may" and row.status == "scored" and not case.limited):
        yield f"none of {', '.join(case.codes)} is told"
    if case.limited and row.status == "scored":
        yield "not limited"
    wrong = set(row.codes) & BLAMED - set(case.codes)
    if wrong and case.numbers != "none":
        yield f"wrong reason {', '.join(sorted(wrong))}"


def extra(folder: Path) -> Iterator[Case]:
    """The cases that a folder's ``field.json`` lists."""
    for row in json.loads((folder / "field.json").read_text(encoding="utf-8")):
        clips = tuple(folder / clip for clip in row.pop("clips"))
        yield Case(**{**row, "clips": clips, "codes": tuple(row.get("codes", ()))})


def run(cases: Iterator[Case], settings: Settings) -> Iterator[Row]:
    """Measure case after case."""
    for case in cases:
        try:
            yield judged(case, analyze(*case.clips, settings=replace(settings, person=case.person)))
        except MobilityCheckError as e:
            wrong = () if case.codes == ("error",) else (str(e),)
            yield Row(case, type(e).__name__, {}, (), wrong)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 1 if anything in it is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--from", dest="folder", type=Path, help="folder with field.json: only its cases")
    parser.add_argument("--kinds", default="", help="only these kinds, with commas")
    parser.add_argument("--model", default="heavy")
    parser.add_argument("--clips", type=Path, help="keep the made clips here")
    args = parser.parse_args(arguments)
    kinds = [k.strip() for k in args.kinds.split(",") if k.strip()]
    source, guest = (Source(SAMPLES / f"kickback-{day}.mp4") for day in ("2026-10-26", "2026-08-03"))
    with TemporaryDirectory() as temporary:
        folder = args.clips or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        cases = extra(args.folder) if args.folder else made(folder, source, guest, kinds)
        chosen = (c for c in cases if not kinds or c.kind in kinds)
        print("| kind | variant | status | measured ° | truth ° | reasons | |\n|---|---|---|---|---|---|---|")
        rows = []
        for row in run(chosen, Settings(model=args.model)):
            rows.append(row)
            print("| " + " | ".join(row.cells()) + " |", flush=True)
    wrong = [r for r in rows if r.faults]
    print(f"\n{len(rows)} recordings, {len(wrong)} answered wrongly.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
