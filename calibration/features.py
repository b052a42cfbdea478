"""From clips with truth to the table of features: ``python -m calibration.features FAMILY=FOLDER … --out TABLE``.

Every clip goes through the product's own tracking and refinement passes; with ``--recordings DIR`` what they saw is
kept there and used again. Two rows per kick of the truth, found or not: with both models of the refinement pass, and
with the quick one alone, as ``--model full`` has it.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from mobility_check.assessments.kickback import find
from mobility_check.assessments.movements import FoundClip, FoundRep
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


def rows_of(clip: Path, family: str, settings: Settings, recordings: Path | None) -> Iterator[Row]:
    """One row per kick of the truth beside the clip."""
    truth = json.loads(clip.with_suffix(".truth.json").read_text(encoding="utf-8"))
    track = _recorded(clip, settings, recordings)
    found = find(track, settings.params)
    frames = track.refined
    about = {name: _plain(truth["scenario"].get(name)) for name in SCENARIO}
    reps = list(found.reps)
    for kick in truth["reps"]:
        rep = next((r for r in reps if _belongs(r, found, kick)), None)
        row: Row = {"family": family, "clip": clip.stem, **about}
        row |= {f"true_{name}": kick[name] for name in ("extension_deg", "thigh_deg", "trunk_lean_deg")}
        row |= {"side": kick["side"], "near": bool(kick["near"]), "true_knee_deg": kick["knee_flexion_deg"]}
        row |= {"found": rep is not None, "grade": rep.curves.neutral.grade if rep else None}
        if rep is not None:
            reps.remove(rep)
        yield row | {"model": "heavy"} | _features(rep, found, frames)
        yield row | {"model": "full"} | _features(rep, found, _without_heavy(frames))


def _without_heavy(frames: RefinedFrames | None) -> RefinedFrames | None:
    """The refined frames as the quick model alone gives them; the edges are those of the heavy one's silhouette."""
    if frames is None:
        return None
    landmarks_px = frames.landmarks_px.copy()
    landmarks_px[:, :2] = np.nan
    return replace(frames, landmarks_px=landmarks_px)


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


def _features(rep: FoundRep | None, found: FoundClip, frames: RefinedFrames | None) -> Row:
    if rep is None or frames is None:
        return dict.fromkeys(FEATURES)
    c = rep.curves
    hold, neutral = frames.at(found.clip_frames(c, rep.hold)), frames.at(found.standing(c))
    seen = features(hold, neutral, side=rep.side, view=rep.view, facing=c.segment.facing)
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
