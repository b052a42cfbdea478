"""What the program is built on: bounds, licences, model files."""

from __future__ import annotations

import re
import runpy
import shutil

import pytest

from tests.commandline import ROOT

LICENCES = runpy.run_path(str(ROOT / "docs" / "make_licences.py"))
PERMISSIVE = {"0BSD", "Apache-2.0", "CC0-1.0", "HPND", "ISC", "MIT", "MIT-0", "MIT-CMU", "PSF-2.0", "Zlib"}
PERMISSIVE |= {"BSD-2-Clause", "BSD-3-Clause", "MPL-2.0", "Unlicense"}
AS_A_LIBRARY = {"paramiko": "LGPL-2.1", "psycopg": "LGPL-3.0-only", "psycopg-binary": "LGPL-3.0-only"}
MAKE_NUMBERS = {"mediapipe", "av", "numpy", "scipy"}


@pytest.mark.parametrize("name", sorted(LICENCES["packages"]()))
def test_a_package_has_a_licence_that_may_be_passed_on(name):
    licence = LICENCES["licence"](LICENCES["packages"]()[name])
    if licence == AS_A_LIBRARY.get(name):
        return
    either = [set(re.split(r" AND | and ", part.strip("() "))) for part in re.split(r" OR | or ", licence)]
    assert any(parts <= PERMISSIVE for parts in either), f"{name}: {licence}"


def test_the_page_of_licences_names_every_direct_dependency():
    page = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
    for need in LICENCES["direct"]():
        assert f"\n| {LICENCES['plain'](need.name)} | " in page, "run: python docs/make_licences.py"


def test_dependencies_have_lower_bounds_and_those_that_make_numbers_upper_ones():
    for need in LICENCES["direct"]():
        kinds = {bound.operator for bound in need.specifier}
        assert ">=" in kinds, need
        assert "<" in kinds or need.name not in MAKE_NUMBERS, need


def test_a_model_that_is_not_the_known_one_is_not_packed(tmp_path):
    pytest.importorskip("hatchling")
    check = runpy.run_path(str(ROOT / "hatch_build.py"))["check_models"]
    check(ROOT)
    (tmp_path / "mobility_check" / "pose").mkdir(parents=True)
    shutil.copy(ROOT / "mobility_check" / "pose" / "models.py", tmp_path / "mobility_check" / "pose")
    shutil.copytree(ROOT / "models", tmp_path / "models")
    check(tmp_path)
    with (tmp_path / "models" / "pose_landmarker_heavy.task").open("r+b") as model:
        model.seek(1000)
        model.write(b"changed")
    with pytest.raises(ValueError, match=r"heavy\.task is missing or damaged"):
        check(tmp_path)
