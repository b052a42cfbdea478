"""Renders clips with their truth: python benchmarks/phantom/render.py --seed 1 --count 20 --out DIR [--sessions]

Needs the extra ``phantom`` (pip install '.[phantom]'). A clip takes about a minute on one core.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from benchmarks.coding import write_clip
from benchmarks.phantom import scenes
from benchmarks.phantom.body import Posed, load_model, mesh_of, pose_person
from benchmarks.phantom.motion import Floats, Kick, Movement, duration_s, frame_times, movement, spans
from benchmarks.phantom.scenes import Scene
from benchmarks.phantom.truth import QUIET_SHARE, angles, rep_table

STANCE_PICTURES, HOLD_PICTURES = 4, 2
MISSING = "The renderer needs bodies and a 3-D library that are installed separately: pip install '.[phantom]'"


def main(argv: list[str] | None = None) -> int:
    """Draw and render what was asked for; clips that are already there are kept."""
    args = _arguments(argv)
    args.out.mkdir(parents=True, exist_ok=True)
    try:
        model = load_model()
        import pyvista  # noqa: F401
    except ImportError:
        sys.exit(MISSING)
    for scene in chosen(args.kind, seed=args.seed, count=args.count):
        if truth_file(args.out, scene).is_file():
            continue
        begun = time.monotonic()
        (render_stills if args.stills else render)(scene, args.out, model)
        print(f"{scene.name}: {time.monotonic() - begun:.0f} s", flush=True)
    return 0


def chosen(kind: str, *, seed: int, count: int) -> list[Scene]:
    """The scenes of a kind: one body and room for each seed."""
    if kind == "controls":
        return scenes.controls(seed)
    draw = scenes.session if kind == "sessions" else scenes.mixed
    return [draw(seed + i) for i in range(count)]


def truth_file(folder: Path, scene: Scene) -> Path:
    """Where a scene's truth is written."""
    return folder / f"{scene.name}.truth.json"


def render(scene: Scene, folder: Path, model: Any) -> None:
    """Write NAME.mp4 and then NAME.truth.json."""
    from benchmarks.phantom.film import film

    t, posed = act(scene, model)
    pictures = zip(t.tolist(), film(scene, posed, mesh_of(model)), strict=True)
    options = {"crf": str(scene.crf), "preset": "veryfast"}
    write_clip(pictures, folder / f"{scene.name}.mp4", options=options, rate_hz=scene.fps)
    truth_file(folder, scene).write_text(json.dumps(truth_of(scene, t, posed)), encoding="utf-8")


def render_stills(scene: Scene, folder: Path, model: Any) -> None:
    """Write the pictures of NAME/ and then NAME.truth.json: four of standing and two of each hold, up to the turn.

    They are coded as JPEG about as hard as the key frames of the clip would be.
    """
    from PIL import Image

    from benchmarks.phantom.film import film

    steps = list(takewhile(lambda step: isinstance(step, Kick), scene.plan.steps))
    scene = replace(scene, plan=replace(scene.plan, steps=tuple(steps)))
    stance = np.linspace(0.1, QUIET_SHARE * scene.plan.rest_s, STANCE_PICTURES)
    holds = [np.linspace(span.hold_start_s, span.hold_end_s, HOLD_PICTURES + 2)[1:-1] for span in spans(scene.plan)]
    t, posed = act(scene, model, np.concatenate([stance, *holds]))
    (folder / scene.name).mkdir(exist_ok=True)
    quality = int(np.interp(scene.crf, (20, 30), (90, 62)))
    for n, picture in enumerate(film(scene, posed, mesh_of(model))):
        Image.fromarray(picture).save(folder / scene.name / f"{n:02d}.jpg", quality=quality)
    numbers = STANCE_PICTURES + np.arange(HOLD_PICTURES * len(holds)).reshape(-1, HOLD_PICTURES)
    phases = {"facing": scene.facing, "stance": list(range(STANCE_PICTURES)), "holds": numbers.tolist()}
    truth = {**truth_of(scene, t, posed), "stills": phases}
    truth_file(folder, scene).write_text(json.dumps(truth), encoding="utf-8")


def act(scene: Scene, model: Any, t: Floats | None = None) -> tuple[Floats, Posed]:
    """Times and the posed person of every frame, or of those times."""
    if t is None:
        t = frame_times(duration_s(scene.plan), scene.fps, variable=scene.variable_rate, seed=scene.seed)
    moves = movement(scene.plan, t)
    moves = leaning(moves, scene.posture_deg)
    shape = {name: getattr(scene.body, name) for name in scene.body.__slots__}
    return t, pose_person(model, shape, moves, hands=scene.hands, arm_swing_deg=scene.arm_swing_deg)


def leaning(moves: Movement, posture_deg: float) -> Movement:
    """The same movement of somebody who always stands a little bent."""
    return replace(moves, lean=moves.lean + posture_deg)


def truth_of(scene: Scene, t: Floats, posed: Posed) -> dict[str, Any]:
    """The truth file's content."""
    found = angles(posed.joints, t, scene.plan.rest_s)
    pixels = {name: scene.camera.project(points) for name, points in posed.turned_joints.items()}
    return {
        "scenario": {**scene.to_dict(), "fov": scene.camera.fov_deg},
        "reps": rep_table(scene.plan, found, t, faces_right=scene.facing == "right"),
        "t": np.round(t, 4).tolist(),
        "pixels": {name: np.round(points, 2).tolist() for name, points in pixels.items()},
        "truth": {
            "trunk_lean": np.round(found["trunk_lean"], 3).tolist(),
            **{leg: {k: np.round(v, 3).tolist() for k, v in found[leg].items()} for leg in ("L", "R")},
        },
    }


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seed", type=int, required=True, help="number of the first scene")
    parser.add_argument("--count", type=int, default=1, help="how many scenes (default: 1; controls are always six)")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for clips and truth")
    kinds = parser.add_mutually_exclusive_group()
    for kind, says in (
        ("sessions", "three good kicks a leg with a turn (default)"),
        ("mixed", "two kicks a leg without turning, form good or bad"),
        ("controls", "nothing to measure in them"),
    ):
        kinds.add_argument(f"--{kind}", dest="kind", action="store_const", const=kind, help=says)
    parser.add_argument("--stills", action="store_true", help="only pictures of standing and holds, to fit on")
    parser.set_defaults(kind="sessions")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
