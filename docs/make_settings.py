"""Writes ``docs/settings.md`` from ``core/params.py``: ``python docs/make_settings.py``. A test compares the two."""

from __future__ import annotations

import ast
import dataclasses
import inspect
from pathlib import Path
from typing import Any

from mobility_check.kinematics import params
from mobility_check.kinematics.params import Params

PAGE = Path(__file__).parent / "settings.md"
TOP = """# Settings

Every threshold of the measurement with its default (this page is made by `docs/make_settings.py`). Put what you want to
change into a file and pass it with `--settings my.toml`; `model`, `every_frame`, `workers`, `person` and `test` may
stand above the first table.

```toml
model = "heavy"

[gates]
trunk_lean_reject_deg = 12.0
```

All values are in the unit that their name ends in. Those marked E are engineering defaults of this project.
A result keeps the settings it was made with under `provenance.parameters`; the history never compares across a change
of model, back end or angle rule.
"""


def page() -> str:
    """The whole page."""
    notes = _notes()
    return "\n".join([TOP, *(_section(f.name, getattr(Params(), f.name), notes) for f in dataclasses.fields(Params))])


def _section(name: str, group: Any, notes: dict[tuple[str, str], str]) -> str:
    kind = type(group)
    rows = [
        f"| `{f.name}` | {getattr(group, f.name)} | {notes.get((kind.__name__, f.name), '')} |"
        for f in dataclasses.fields(group)
    ]
    what = " ".join((inspect.getdoc(kind) or "").split()).replace("``", "`")
    return "\n".join([f"## [{name}]", "", what, "", "| setting | default | |", "|---|---|---|", *rows, ""])


def _notes() -> dict[tuple[str, str], str]:
    """The sentence that stands below a field in the source, by class and field."""
    found = {}
    for group in (n for n in ast.parse(inspect.getsource(params)).body if isinstance(n, ast.ClassDef)):
        for field, below in zip(group.body, group.body[1:], strict=False):
            if isinstance(field, ast.AnnAssign) and isinstance(below, ast.Expr) and isinstance(field.target, ast.Name):
                found[group.name, field.target.id] = " ".join(ast.literal_eval(below.value).split()).replace("``", "`")
    return found


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
