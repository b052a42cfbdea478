"""Freezes the scores of saved recordings, so that no number changes unnoticed.

``python -m tests.frozen`` scores the recordings in ``tests/recordings`` and writes ``scores.json`` beside them;
``--record`` measures the sample clips anew first, which a change of the tracking or refinement pass needs.

Scores are kept by angle rule. Those of a rule that a released version has are never replaced: whoever changes a number
after a release gives the rule a new number, says so under "Scores change" in ``CHANGELOG.md``, and freezes again.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import mobility_check
from mobility_check.kinematics.track import Floats, PoseTrack
from mobility_check.pipeline import analyze_track, record_track
from mobility_check.pose.store import load_track, save_track
from mobility_check.settings import Settings
from synthetic.stickfigure import Figure, Kick
from tests.footage import ROOT, SAMPLES

RECORDINGS = ROOT / "tests" / "recordings"
SCORES = RECORDINGS / "scores.json"
CHANGELOG = ROOT / "CHANGELOG.md"
DECIMALS = 3


def main(arguments: list[str]) -> None:
    """The command."""
    if "--record" in arguments:
        record()
    scores = frozen(merged(read(SCORES), measured(), changelog=CHANGELOG.read_text(encoding="utf-8")))
    SCORES.write_text(scores, encoding="utf-8")
    print(f"{SCORES.relative_to(ROOT)}: {', '.join(json.loads(scores))}")


def record() -> None:
    """Saves the recordings: the samples, and a drawn figure that drives its knees up."""
    for sample in SAMPLES:
        keep(record_track(sample), RECORDINGS / "kick-back" / f"{sample.stem}.npz")
    heights = enumerate((60.0, 75.0, 90.0))
    drives = [
        Kick("right", 2.0 + 2.5 * i, extension_deg=-height, knee_deg=85.0, rise_s=0.35, hold_s=0.1)
        for i, height in heights
    ]
    keep(Figure(drives, duration_s=10.0, fps=30.0).track(), RECORDINGS / "knee-drive" / "figure.npz")


def keep(track: PoseTrack, path: Path) -> None:
    """Saves a track with its points to 1/64 of a pixel, which packs to half the size."""
    refined = track.refined
    if refined is not None:
        refined = replace(refined, landmarks_px=coarse(refined.landmarks_px), edge_px=coarse(refined.edge_px))
    save_track(replace(track, xy_px=coarse(track.xy_px), visibility=coarse(track.visibility), refined=refined), path)


def coarse(values: Floats) -> Floats:
    """Multiples of 1/64."""
    return np.asarray(np.round(values * 64.0) / 64.0)


def measured() -> dict[str, Any]:
    """What this program makes of the recordings: angle rule → version, and per recording each leg's numbers."""
    rules: dict[str, Any] = {}
    for path in sorted(RECORDINGS.glob("*/*.npz")):
        rule, legs = score(path)
        rules.setdefault(rule, {"since": mobility_check.__version__, "recordings": {}})["recordings"][path.stem] = legs
    return rules


def score(path: Path) -> tuple[str, dict[str, Any]]:
    """Angle rule and numbers of one recording, which lies in a folder named by its test."""
    test = path.parent.name
    result = analyze_track(load_track(path), settings=Settings(test=test)).result
    angle = "flexion_deg" if test == "knee-drive" else "extension_deg"
    legs = {
        side: {
            "status": leg.status,
            "score_deg": rounded(leg.score_deg),
            "ci95_deg": [rounded(x) for x in leg.ci95_deg or ()],
            "reps_deg": [rounded(getattr(rep, angle)) for rep in leg.reps],
        }
        for side, leg in result.sides.items()
    }
    return str(result.provenance.angle_rule), legs


def rounded(value: float | None) -> float | None:
    """As it is kept."""
    return None if value is None else round(value, DECIMALS)


def merged(old: dict[str, Any], new: dict[str, Any], *, changelog: str) -> dict[str, Any]:
    """Old and new scores; those of a rule in a released version stay, and must be the same."""
    for rule, scores in new.items():
        before = old.get(rule)
        if before is None or not released(before["since"], changelog):
            continue
        if before["recordings"] != scores["recordings"]:
            raise SystemExit(
                f"The scores of {rule} in release {before['since']} differ now. Give the rule a new number, "
                'say what changes under "Scores change" in CHANGELOG.md, and run this again.'
            )
        scores["since"] = before["since"]
    return {**old, **new}


def released(version: str, changelog: str) -> bool:
    """Whether the version has its day in the changelog."""
    return bool(re.search(rf"^## \[?{re.escape(version)}\]?.*\b\d{{4}}-\d\d-\d\d", changelog, re.MULTILINE))


def read(path: Path) -> dict[str, Any]:
    """The scores that were kept."""
    kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return kept


def frozen(scores: dict[str, Any]) -> str:
    """As text, with a list of numbers on one line."""
    text = json.dumps(scores, indent=1, sort_keys=True)
    return re.sub(r"\[\s+([-\d.,\snul]+?)\s+\]", lambda m: "[" + re.sub(r"\s+", " ", m[1]) + "]", text) + "\n"


if __name__ == "__main__":
    main(sys.argv[1:])
