"""From clips with truth to the table of features: ``python -m calibration.features FAMILY=FOLDER … --out TABLE``.

Every clip goes through the product's own tracking and refinement passes; with ``--recordings DIR`` what they saw is
kept there and used again. Two rows per kick of the truth, found or not: with both models of the refinement pass, and
with the quick one alone, as ``--model full`` has it.

A folder may hold stills instead (``benchmarks/phantom/render.py --stills``): only the pictures of quiet standing and of
the holds that the refinement pass looks at, which take a fiftieth of the time to render. In their truth, ``stills``
says which picture is of which phase. To judge, take clips: what is not found shows only there.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from calibration.stills import refined_stills
from mobility_check.assessments.kickback import find
from mobility_check.assessments.movements import FoundClip, FoundRep
from mobility_check.kinematics.landmarks import Facing, Side, View
from mobility_check.kinematics.track import PoseTrack, RefinedFrames
from mobility_check.pipeline import record_track
from mobility_check.pose.store import load_track, save_track
from mobility_check.refinement.features import Features, features
from mobility_check.settings import Settings

FEATURES = [f.name for f in dataclasses.fields(Features)]
SCENARIO = ("character", "hands", "yaw", "background", "clutter", "loose_legs", "loose_top", "tunic", "place", "shake")
"""What is kept of how a clip was drawn, to see where errors come from."""
SLACK_S = 0.3
"""A rep belongs to a kick of the truth when it peaks within it, give or take this."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Seen:
    """Of one kick: how sure its stance is, None where it was not found; and its features by both models and by one."""

    grade: str | None
    heavy: Features | None = None
    full: Features | None = None


def rows_of(clip: Path, family: str, settings: Settings, recordings: Path | None) -> Iterator[Row]:
    """Two rows per kick of the truth beside the clip, or beside the folder of stills with its name."""
    truth = json.loads(clip.with_suffix(".truth.json").read_text(encoding="utf-8"))
    about = {"family": family, "clip": clip.stem, **{n: _plain(truth["scenario"].get(n)) for n in SCENARIO}}
    if "stills" in truth:
        kicks = _of_stills(clip.with_suffix(""), truth, settings)
    else:
        kicks = _of_clip(clip, truth, settings, recordings)
    for kick, seen in zip(truth["reps"], kicks, strict=True):
        row = {**about, **{f"true_{name}": kick[name] for name in ("extension_deg", "thigh_deg", "trunk_lean_deg")}}
        row |= {"side": kick["side"], "near": bool(kick["near"]), "true_knee_deg": kick["knee_flexion_deg"]}
        row |= {"found": seen.grade is not None, "grade": seen.grade}
        yield row | {"model": "heavy"} | _numbers(seen.heavy)
        yield row | {"model": "full"} | _numbers(seen.full)


def _of_clip(clip: Path, truth: Row, settings: Settings, recordings: Path | None) -> Iterator[Seen]:
    track = _recorded(clip, settings, recordings)
    found = find(track, settings.params)
    reps = list(found.reps)
    for kick in truth["reps"]:
        rep = next((r for r in reps if _belongs(r, found, kick)), None)
        if rep is None:
            yield Seen(None)
            continue
        reps.remove(rep)
        c = rep.curves
        hold, stance = found.clip_frames(c, rep.hold), found.standing(c)
        grade = c.neutral.grade
        yield _seen(grade, track.refined, hold, stance, side=rep.side, view=rep.view, facing=c.segment.facing)


def _of_stills(folder: Path, truth: Row, settings: Settings) -> Iterator[Seen]:
    frames, phases = refined_stills(folder, truth, settings), truth["stills"]
    for kick, hold in zip(truth["reps"], phases["holds"], strict=True):
        view: View = "near" if kick["near"] else "far"
        yield _seen("seen", frames, hold, phases["stance"], side=kick["side"], view=view, facing=phases["facing"])


def _seen(
    grade: str,
    frames: RefinedFrames | None,
    hold: Sequence[int],
    stance: Sequence[int],
    *,
    side: Side,
    view: View,
    facing: Facing,
) -> Seen:
    if frames is None:
        return Seen(grade)
    quick = frames.landmarks_px.copy()
    quick[:, :2] = np.nan  # the edges stay those of the heavy model's silhouette
    heavy, full = (
        features(seen.at(hold), seen.at(stance), side=side, view=view, facing=facing)
        for seen in (frames, replace(frames, landmarks_px=quick))
    )
    return Seen(grade, heavy, full)


def _recorded(clip: Path, settings: Settings, recordings: Path | None) -> PoseTrack:
    kept = recordings / f"{clip.stem}.npz" if recordings else None
    if kept and kept.exists():
        return load_track(kept)
    track = record_track(clip, settings=settings)
    if kept:
        save_track(track, kept)
    return track


def _belongs(rep: FoundRep, found: FoundClip, kick: Mapping[str, Any]) -> bool:
    peak_s = found.times(rep.curves)[rep.frames.peak]
    return rep.side == kick["side"] and bool(kick["start_s"] - SLACK_S <= peak_s <= kick["end_s"] + SLACK_S)


def _numbers(seen: Features | None) -> Row:
    return dict.fromkeys(FEATURES) if seen is None else {n: round(getattr(seen, n), 5) for n in FEATURES}


def _plain(value: Any) -> str:
    return "" if value is None else str(value)


def main() -> None:
    """Write the table."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", metavar="FAMILY=FOLDER")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--recordings", type=Path, help="folder to keep and find again what the passes saw")
    given = parser.parse_args()
    settings = Settings()
    rows: list[Row] = []
    if given.recordings:
        given.recordings.mkdir(parents=True, exist_ok=True)
    for family, folder in (f.split("=", 1) for f in given.folders):
        for truth in sorted(Path(folder).glob("*.truth.json")):
            clip = truth.with_name(truth.name.replace(".truth.json", ".mp4"))
            rows += rows_of(clip, family, settings, given.recordings)
            print(family, clip.stem, flush=True)
    pq.write_table(pa.Table.from_pylist(rows), given.out, compression="zstd")


if __name__ == "__main__":
    main()
