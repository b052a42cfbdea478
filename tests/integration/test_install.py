"""The wheel holds all that the program needs and nothing else; the source archive holds all that a wheel is made of."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tarfile
import zipfile
from email.parser import Parser

import pytest

import mobility_check
from tests.commandline import ROOT

if importlib.util.find_spec("hatchling") is None:
    pytest.skip("needs hatchling, which is in the test extra", allow_module_level=True)

NEEDED = [
    "_models/pose_landmarker_full.task",
    "_models/pose_landmarker_heavy.task",
    "report/templates/page.html.j2",
    "report/assets/page.css",
    "report/assets/page.js",
    "report/advice.toml",
    "batch/page.html.j2",
    "app/static/icon.svg",
    "refinement/coefficients.json",
    "live/prompts.toml",
    "history/migrations/env.py",
    "history/migrations/script.py.mako",
    "history/migrations/versions/rev_0001.py",
    "doctor/selftest.mp4",
    "py.typed",
]
LIMIT_BYTES = 60_000_000
CODE = (
    ".py",
    ".typed",
    ".json",
    ".toml",
    ".j2",
    ".css",
    ".js",
    ".mako",
    ".task",
    ".mp4",
    ".md",
    ".svg",
    ".mo",
    ".yaml",
)


def build(folder, target):
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return next(folder.iterdir())


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build(tmp_path_factory.mktemp("wheel"), "wheel")


@pytest.fixture(scope="module")
def members(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return {i.filename: i for i in archive.infolist()}


@pytest.mark.parametrize("name", NEEDED)
def test_the_wheel_holds_what_the_program_reads(members, name):
    assert members[f"mobility_check/{name}"].file_size > 0 or name == "py.typed"


def test_every_file_of_the_package_is_in_the_wheel_and_nothing_else(members):
    package = ROOT / "mobility_check"
    own = {p.relative_to(ROOT).as_posix() for p in package.rglob("*") if p.suffix in CODE}
    models = {f"mobility_check/_models/{p.name}" for p in (ROOT / "models").iterdir()}
    inside = {name for name in members if ".dist-info/" not in name}
    assert inside == own | models


def test_the_wheel_is_small_enough_to_send(wheel):
    assert wheel.stat().st_size < LIMIT_BYTES


def test_the_wheel_says_what_it_is(wheel, members):
    info = next(name for name in members if name.endswith(".dist-info/METADATA"))
    with zipfile.ZipFile(wheel) as archive:
        meta = Parser().parsestr(archive.read(info).decode())
        entry = archive.read(info.replace("METADATA", "entry_points.txt")).decode()
    assert meta["Version"] == mobility_check.__version__
    assert meta["Requires-Python"] == ">=3.11"
    assert any(name.endswith("licenses/LICENSE") for name in members)
    assert "mobility-check = mobility_check.cli:main" in entry
    double = [r for r in meta.get_all("Requires-Dist") if r.startswith("opencv")]
    assert double == [], "a second OpenCV overwrites the one that mediapipe brings"


def test_the_source_archive_makes_the_same_wheel(tmp_path, wheel):
    source = build(tmp_path, "sdist")
    with tarfile.open(source) as archive:
        names = {n.partition("/")[2] for n in archive.getnames()}
    assert {"pyproject.toml", "README.md", "LICENSE", "models/pose_landmarker_full.task", "docs/cli.md"} <= names
    assert any(n.startswith("tests/") for n in names)
    assert any(n.startswith("samples/") for n in names)
    assert not [n for n in names if "__pycache__" in n or n.startswith((".venv", ".git/"))]
    with zipfile.ZipFile(wheel) as archive:
        needed = {n for n in archive.namelist() if n.startswith("mobility_check/") and "/_models/" not in n}
    assert needed <= names
