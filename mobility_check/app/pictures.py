"""Peak and standing pictures of saved sessions, faces blurred, for comparing two dates after the clips are gone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mobility_check.files import atomic_path, make_folder

if TYPE_CHECKING:
    from mobility_check.report import Pictures


def keep(pictures: Pictures, folder: Path) -> None:
    """Write the pictures to a folder of their own."""
    if not pictures.reps and not pictures.neutral:
        return
    make_folder(folder)
    found = {f"{side}-{place}": p for (side, place), p in pictures.reps.items()}
    found |= {f"{side}-standing": p for side, p in pictures.neutral.items()}
    facts: dict[str, Any] = {"note": pictures.note, "pictures": {}}
    for name, picture in found.items():
        (folder / f"{name}.jpg").write_bytes(picture.jpeg)
        facts["pictures"][name] = [picture.width_px, picture.height_px, picture.time_s, picture.clip]
    with atomic_path(folder / "pictures.json", durable=False) as tmp:
        tmp.write_text(json.dumps(facts), encoding="utf-8")


def load(folder: Path) -> Pictures:
    """The pictures of a session; none when there are none."""
    from mobility_check.report import Picture, Pictures

    if not (folder / "pictures.json").is_file():
        return Pictures()
    facts = json.loads((folder / "pictures.json").read_text(encoding="utf-8"))
    reps, neutral = {}, {}
    for name, (width, height, time_s, clip) in facts["pictures"].items():
        side, _, place = name.partition("-")
        picture = Picture((folder / f"{name}.jpg").read_bytes(), width, height, time_s, clip)
        if place == "standing":
            neutral[side] = picture
        else:
            reps[side, int(place)] = picture
    return Pictures(reps, neutral, facts["note"])
