"""Pages that are made from the program say what the program says."""

from __future__ import annotations

import re
import runpy

import pytest
import typer

from mobility_check.cli.commands import COMMANDS
from tests.commandline import ROOT


def made_and_kept(name: str) -> tuple[str, str]:
    made = runpy.run_path(str(ROOT / "docs" / f"make_{name}.py"))["page"]()
    return made, (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")


def test_the_page_of_settings_is_up_to_date():
    made, kept = made_and_kept("settings")
    assert kept == made, "run: python docs/make_settings.py"


def test_the_page_of_commands_is_up_to_date():
    """To the letter with the Typer that made it; other versions lay the same words out otherwise."""
    made, kept = made_and_kept("cli")
    assert options(kept) == options(made), "run: python docs/make_cli.py"
    if f"<!-- typer {typer.__version__} -->" in kept:
        assert kept == made, "run: python docs/make_cli.py"


def options(page: str) -> dict[str, list[str]]:
    """The options of every command."""
    sections = page.split("\n## ")[1:]
    return {s.partition("\n")[0]: sorted(set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", s))) for s in sections}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c.name)
def test_every_command_is_on_the_page_with_its_example(command):
    text = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert f"## mobility-check {command.name}\n" in text
    assert f"Example: {command.example}".strip() in " ".join(text.split())


def test_readme_says_of_accuracy_what_the_page_says():
    """About 0.7° on average and 95 % within 2°, for kicks near the camera on bodies that nothing was fitted on."""
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    claimed = re.search(r"About ([\d.]+)° off on average, 95 % of kicks within (\d+)°", readme)
    page = (ROOT / "docs" / "accuracy.md").read_text(encoding="utf-8")
    rows = [r.split("|") for r in page.splitlines() if re.match(r"\| \w+, near, default", r)]
    assert claimed
    assert len(rows) == 2
    assert sum(float(row[4]) for row in rows) / 2 == pytest.approx(float(claimed[1]), abs=0.06)
    assert max(float(row[6]) for row in rows) <= float(claimed[2])
