"""Options that several commands have, each declared once: ``database: options.Database = None``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from mobility_check.kinematics.landmarks import Side


Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout and nothing else.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no table, only errors.")]
Person = Annotated[
    str | None,
    typer.Option(metavar="left|right|N", help="Whom to measure among several: a place, or a number from the left."),
]
Model = Annotated[
    str | None,
    typer.Option("--model", "-m", metavar="NAME|PATH", help="heavy (default), full, or the path of a bundle."),
]
Settings = Annotated[
    Path | None, typer.Option("--settings", metavar="FILE.toml", help="Thresholds and settings; see docs/settings.md.")
]
Subject = Annotated[
    str | None, typer.Option("--subject", "-s", metavar="ID", help="Save to the history under this pseudonymous id.")
]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace existing files, also those that mobility-check did not write.")
]
Database = Annotated[
    str | None,
    typer.Option("--database", metavar="URL", envvar="MOBILITY_CHECK_DATABASE", help="Where the history is kept."),
]
Note = Annotated[str, typer.Option(metavar="TEXT", help="A remark to keep with the session.", show_default=False)]
Pain = Annotated[
    Literal["left", "right", "both", "none"] | None,
    typer.Option(metavar="left|right|both|none", help="Which leg hurt, as the person says; a remark, no number."),
]
Clinic = Annotated[str, typer.Option(metavar="NAME", help="Name at the top of the page.", show_default=False)]
Examiner = Annotated[str, typer.Option(metavar="NAME", help="Who made the test.", show_default=False)]
Advice = Annotated[
    Path | None,
    typer.Option("--advice", metavar="FILE.toml", help="Your clinic's exercises, words, name and logo for the page."),
]
ShowFace = Annotated[bool, typer.Option("--show-face", help="Do not blur faces in pictures and videos.")]
Pictures = Annotated[bool, typer.Option("--pictures/--no-pictures", help="Show frames of the clip in the page.")]


def hurt_legs(pain: str) -> dict[Side, bool]:
    """What ``--pain`` says of each leg."""
    return {"left": pain in ("left", "both"), "right": pain in ("right", "both")}
