"""Pictures of every state of the live window for the documentation: python benchmarks/live_screens.py CLIP [OUT_DIR]

Paints what the window would show for one session clip, at 1280x720 and at 1920x1080; needs no display.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mobility_check.kinematics.track import Floats
from mobility_check.live.check import LiveCheck
from mobility_check.live.faces import Painter
from mobility_check.live.prompts import end_card, prompt
from mobility_check.live.runner import Stats
from mobility_check.live.view import View
from mobility_check.pose.base import RgbImage
from mobility_check.video.jpeg import encode_jpeg
from mobility_check.video.source import ClipReader

SIZES = ((1280, 720), (1920, 1080))
TARGETS_DEG = {"left": 18.0, "right": 10.0}


@dataclass(frozen=True, slots=True)
class Shot:
    """What the window shows at one moment."""

    name: str
    image: RgbImage | None
    view: View
    xy_px: Floats | None


MOMENTS: dict[str, Callable[[View], bool]] = {
    "setup": lambda v: v.state == "setup" and v.time_s > 0.2,
    "still": lambda v: v.state == "still" and (v.ring or 0) > 0.6,
    "kick": lambda v: v.kicking and v.prompt.code == "hold",
    "counted": lambda v: v.prompt.code == "counted",
    "turn": lambda v: v.prompt.code == "turn",
}
"""The first picture for which each holds is painted."""


def shots(clip: Path) -> list[Shot]:
    """One picture per state of a session clip."""
    check = LiveCheck(targets={"left": TARGETS_DEG["left"], "right": TARGETS_DEG["right"]})
    engine, last = check.engine, None
    found = {"starting": Shot("starting", None, engine.plain("starting", prompt("starting")), None)}
    with check:
        for frame in ClipReader(clip).frames():
            view, last = check.feed(frame), frame.image
            for name, is_now in MOMENTS.items():
                if name not in found and is_now(view):
                    found[name] = Shot(name, np.array(frame.image), view, check.xy_px)
            if view.done:
                break
    found["scoring"] = Shot("scoring", last, engine.plain("scoring", prompt("scoring"), progress=0.6), None)
    end = end_card(check.finish().result, subject="P-17")
    found["done"] = Shot("done", last, engine.plain("done", prompt("done", result=""), summary=end.lines), None)
    return list(found.values())


def main(arguments: list[str]) -> int:
    """Write the pictures."""
    if not arguments:
        print(__doc__)
        return 2
    folder = Path(arguments[1] if len(arguments) > 1 else "docs/images")
    for shot in shots(Path(arguments[0])):
        for size in SIZES:
            painter = Painter(size_px=size)
            picture = painter.paint(shot.image, shot.view, xy_px=shot.xy_px, stats=Stats())
            target = folder / f"live-{shot.name}-{size[1]}.jpg"
            target.write_bytes(encode_jpeg(picture, quality=80)[0])
            print(target)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
