"""Writes ``docs/licences.md`` from the packages that are installed here: ``python docs/make_licences.py``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "licences.md"
EXTRAS = ("batch", "postgres", "c3d", "http", "s3", "gcs", "sftp", "examples")
"""What people install; the extras of development pass nothing on."""
TEXTS = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD": "BSD-3-Clause",
    "BSD 3-Clause License": "BSD-3-Clause",
    "BSD License": "BSD-3-Clause",
    "Dual License": "Apache-2.0 OR BSD-3-Clause",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "ISC License": "ISC",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "PSF": "PSF-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
SILENT = {"ezc3d": "MIT"}
"""Packages whose metadata name no licence, read in their source."""
TOP = """# Licences of what it is built on

*Written by `python docs/make_licences.py` from the packages that were installed; don't edit it by hand.*

mobility-check is Apache-2.0. These packages come with it or with one of its extras; a test refuses a licence that is
not permissive. Some need a word:

- **PyAV** (`av`) is BSD, but its wheels carry FFmpeg with x264 and x265, which are under the GPL (version 2 or
  later). A program that is passed on *together with these wheels*, such as a container image, falls under the GPL's
  terms. Nothing here needs them: with a PyAV that is built on an FFmpeg without them, annotated clips are written in
  VP9.
- **psycopg** (extra `postgres`) and **paramiko** (extra `sftp`) are LGPL: libraries that may be exchanged.

The pose models are Google's, Apache-2.0 (`models/README.md`). Each release has a bill of materials in CycloneDX,
`sbom.cdx.json`.

| package | licence |
|---|---|
"""


def page() -> str:
    """The whole page."""
    return TOP + "".join(f"| {name} | {licence(found)} |\n" for name, found in sorted(packages().items()))


def direct() -> list[Requirement]:
    """What ``pyproject.toml`` asks for, extras of use included."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    words = [*project["dependencies"], *(w for extra in EXTRAS for w in project["optional-dependencies"][extra])]
    return [Requirement(word) for word in words]


def packages() -> dict[str, Distribution]:
    """Every package that is needed on this system and installed, by name."""
    seen: dict[str, Distribution] = {}
    waiting = [(need.name, extra) for need in direct() for extra in ("", *need.extras)]
    done: set[tuple[str, str]] = set()
    while waiting:
        name, extra = waiting.pop()
        key = plain(name)
        if (key, extra) in done:
            continue
        done.add((key, extra))
        try:
            seen[key] = distribution(name)
        except PackageNotFoundError:
            continue
        waiting += _needs(seen[key], extra)
    return seen


def _needs(found: Distribution, extra: str) -> Iterator[tuple[str, str]]:
    """What a package with that extra needs here: name and extra."""
    for need in map(Requirement, found.requires or ()):
        if need.marker is None or need.marker.evaluate({"extra": extra}):
            yield from ((need.name, e) for e in ("", *need.extras))


def plain(name: str) -> str:
    """A package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def licence(found: Distribution) -> str:
    """SPDX expression of a package's licence, or ``unknown``."""
    info = found.metadata
    classes = [c.rpartition(" :: ")[2] for c in info.get_all("Classifier", []) if c.startswith("License ::")]
    texts = [info.get("License-Expression", ""), info.get("License", ""), *classes]
    for text in texts:
        if text and len(text) < 60 and "\n" not in text:
            return TEXTS.get(text, text)
    return next((TEXTS[c] for c in classes if c in TEXTS), SILENT.get(plain(info["Name"]), "unknown"))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
