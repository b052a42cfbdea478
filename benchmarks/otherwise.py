"""The same clips measured in other ways: another model, every frame, another frame rate."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from benchmarks.conditions import Group, near_group
from benchmarks.running import Run, analyse, clips_in, code_digest, run_folder, truth_path
from benchmarks.scoring import Clip, score
from benchmarks.variants import VARIANTS, Variant, make

RATES = ("15 Hz", "50 Hz")


def measured_otherwise(folders: Sequence[Path], run: Run, say: Callable[[str], None]) -> list[Group]:
    """Errors of the near kicks of good form for each way, as usual first."""
    ways: list[tuple[str, Run, Variant | None]] = [
        ("as usual", run, None),
        ("model full alone", replace(run, model="full"), None),
        ("every frame", replace(run, every_frame=True), None),
        *((f"at {v.name}", run, v) for v in VARIANTS if v.name in RATES),
    ]
    return [_group(name, folders, way, variant, say) for name, way, variant in ways]


def _group(name: str, folders: Sequence[Path], run: Run, variant: Variant | None, say: Callable[[str], None]) -> Group:
    clips: list[Clip] = []
    for folder in folders:
        clips += run_folder(folder, run, say) if variant is None else _changed(folder, run, variant, say)
    return near_group("measured", name, score(clips).reps)


def _changed(folder: Path, run: Run, variant: Variant, say: Callable[[str], None]) -> list[Clip]:
    code = code_digest()

    def one(path: Path, place: Path) -> Clip:
        clip = place / f"{path.stem}-{variant.slug}{variant.suffix}"
        make(path, variant, clip)
        answer = analyse(clip, run, code=code)
        clip.unlink()
        say(f"{folder.name}/{clip.stem}: {'measured' if answer.result else answer.failure}")
        return Clip(path.stem, folder.name, json.loads(truth_path(path).read_text()), answer.result, answer.failure)

    with tempfile.TemporaryDirectory() as place, ThreadPoolExecutor(max_workers=run.jobs) as pool:
        return list(pool.map(lambda path: one(path, Path(place)), clips_in(folder)))
