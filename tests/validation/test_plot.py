"""The Bland–Altman plot in its forms."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mobility_check.errors import OutputError, UsageError
from mobility_check.validation.agreement import Limits, Reading, limits_of_agreement
from mobility_check.validation.plot import save_plot

PAIRS = [Reading(f"P<{i}>", ("left", "right")[i % 2], 15.0 + i + 0.3 * (i % 3), 15.0 + i) for i in range(8)]
LIMITS = limits_of_agreement(np.array([p.tool_deg - p.reference_deg for p in PAIRS]))


@pytest.mark.parametrize(("name", "begins"), [("a.png", b"\x89PNG"), ("a.SVG", b"<?xml"), ("a.pdf", b"%PDF")])
def test_pictures(tmp_path: Path, name: str, begins: bytes) -> None:
    save_plot(PAIRS, LIMITS, tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(begins)
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_page_works_without_a_network_and_escapes_names(tmp_path: Path) -> None:
    save_plot(PAIRS, LIMITS, tmp_path / "a.html")
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "<script src=" not in page
    assert "P<0>" not in page
    assert f"upper limit {LIMITS.upper_deg:+.1f}" in page


def test_limits_without_intervals_are_drawn_too(tmp_path: Path) -> None:
    one: Limits = limits_of_agreement(np.array([0.1, 0.2, 0.4]), groups=["a", "a", "a"])
    for name in ("a.png", "a.html"):
        save_plot(PAIRS[:3], one, tmp_path / name)
        assert (tmp_path / name).stat().st_size > 1000


def test_unknown_form_and_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"not as '\.doc'"):
        save_plot(PAIRS, LIMITS, tmp_path / "a.doc")
    with pytest.raises(OutputError, match="folder does not exist"):
        save_plot(PAIRS, LIMITS, tmp_path / "none" / "a.png")
