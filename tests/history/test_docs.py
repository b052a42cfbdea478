"""The commands in docs/history.md work as they stand there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mobility_check.cli import build
from mobility_check.cli.commands import COMMANDS
from mobility_check.history.saving import save_session
from mobility_check.pose.store import save_track
from synthetic.factories import make_session
from synthetic.stickfigure import Figure, kicks

PAGE = Path(__file__).parents[2] / "docs" / "history.md"


def _commands() -> list[list[str]]:
    blocks = re.findall(r"```bash\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    lines = [shlex.split(line, comments=True) for block in blocks for line in block.splitlines()]
    return [words[1:] for words in lines if words and words[:2] != ["mobility-check", "analyze"]]


def test_every_command_of_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOBILITY_CHECK_DATABASE", str(tmp_path / "history.db"))
    monkeypatch.chdir(tmp_path)
    for day in ("2026-08-03", "2026-08-20", "2026-09-14"):
        save_session(make_session(clips=(day,)), subject="P-17", date=day)
    save_track(Figure(kicks("right")).track(), "kick.npz")  # what ``analyze --save-track`` leaves
    commands = _commands()
    assert len(commands) >= 14
    for words in commands:
        done = CliRunner().invoke(build([c for c in COMMANDS if c.name == words[0]]), words)
        assert done.exit_code == 0, (words, done.output, done.exception)
