"""``mobility-check models``: list the pose models, and fetch one that is missing or damaged."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from mobility_check.cli import options
from mobility_check.cli.common import print_json, progress_bar, say
from mobility_check.cli.help import PlainCommand, PlainGroup
from mobility_check.language import gettext as _
from mobility_check.language import retold

app = typer.Typer(cls=PlainGroup, no_args_is_help=True, epilog="mobility-check models fetch heavy")
command = partial(app.command, cls=PlainCommand)


@command("list", epilog="mobility-check models list")
def list_models(as_json: options.Json = False) -> None:
    """Show each known model, where it lies and whether its bytes are what they should be."""
    from mobility_check.errors import ModelError
    from mobility_check.pose.models import KNOWN, find_model

    rows = []
    for name in KNOWN:
        try:
            found = find_model(name)
            rows.append({"name": name, "installed": True, "path": str(found.path), "sha256": found.sha256, "note": ""})
        except ModelError as e:
            rows.append({"name": name, "installed": False, "path": None, "sha256": None, "note": str(e)})
    if as_json:
        print_json(rows)
        return
    for row in rows:
        state, what = (_("ready"), row["path"]) if row["installed"] else (_("missing"), retold(str(row["note"])))
        say(f"{row['name']:6s} {state:8s} {what}")


@command("fetch", epilog="mobility-check models fetch heavy")
def fetch(name: Annotated[str, typer.Argument(metavar="NAME", help="full or heavy.")]) -> None:
    """Download a model from its pinned address and verify it; a broken download goes on where it stopped."""
    from mobility_check.pose.models import fetch_model

    with progress_bar(_("Downloading {name}", name=name)) as on_progress:
        found = fetch_model(name, on_progress=on_progress)
    say(_("{name} is ready: {path}", name=found.name, path=found.path))
