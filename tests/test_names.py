from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobility_check.errors import UsageError
from mobility_check.names import check_subject, safe_name

NASTY = ["<script>alert(1)</script>", "=cmd()", "../../x", "..", ".", "CON", "nul.txt", "a/b", "a\\b", "-rf", " ", "é"]


@pytest.mark.parametrize("text", NASTY)
def test_nasty_names_are_harmless(text: str, tmp_path) -> None:
    name = safe_name(text)
    target = (tmp_path / name).resolve()
    assert target.parent == tmp_path.resolve()
    target.write_text("ok")
    assert name.split(".")[0].upper() not in {"CON", "NUL"}


@given(st.text(max_size=80), st.text(max_size=80))
def test_different_texts_keep_different_names(a: str, b: str) -> None:
    assert (a == b) == (safe_name(a) == safe_name(b))


@given(st.text(max_size=200))
def test_names_hold_only_plain_signs(text: str) -> None:
    name = safe_name(text)
    assert name
    assert len(name) <= 56
    assert not set(name) - set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
    assert name[0] not in ".-"


def test_plain_ids_stay_readable() -> None:
    assert safe_name("P-17") == "P-17"


def test_subject_is_normalised() -> None:
    assert check_subject("  Ame\u0301lie ") == "Am\u00e9lie"


@pytest.mark.parametrize("text", ["", "   ", "x" * 65, "a\nb", "a\u202eb", "a\x00b"])
def test_bad_subjects_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        check_subject(text)
