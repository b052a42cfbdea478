"""A launcher for a double click starts the app, whatever is in the path of the interpreter."""

from __future__ import annotations

import re
import stat
import subprocess
import sys

import pytest

from mobility_check.app.launcher import write_launcher
from mobility_check.errors import UsageError
from tests.commandline import call


def test_the_launcher_of_a_mac_runs_the_interpreter(tmp_path):
    fake = tmp_path / "it's a $(touch x) py"
    fake.write_text('#!/bin/sh\necho "$@"\n')
    fake.chmod(0o755)
    made = write_launcher(tmp_path, system="darwin", python=str(fake))
    assert made.suffix == ".command"
    assert made.stat().st_mode & stat.S_IXUSR
    ran = subprocess.run([made], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert ran.stdout == "-m mobility_check app\n"
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("python", ["/usr/bin/python3", '/my apps/$x`y`/100% "py"/p\\q'])
def test_the_desktop_entry_reads_as_its_specification_says(tmp_path, python):
    text = write_launcher(tmp_path, system="linux", python=python).read_text(encoding="utf-8")
    (line,) = [row.removeprefix("Exec=") for row in text.splitlines() if row.startswith("Exec=")]
    quoted, _, rest = line.replace("\\\\", "\\").rpartition('"')  # the string first, then the words in it
    assert re.sub(r"\\(.)", r"\1", quoted.removeprefix('"')).replace("%%", "%") == python
    assert rest == " -m mobility_check app"
    assert "Terminal=false" in text


def test_the_batch_file_of_windows(tmp_path):
    made = write_launcher(tmp_path, system="win32", python="C:\\100% Müller\\python.exe")
    assert made.suffix == ".bat"
    text = made.read_bytes().decode()
    assert '"C:\\100%% Müller\\python.exe" -m mobility_check app\r\n' in text


def test_a_file_that_is_not_ours_is_left_alone(tmp_path):
    (tmp_path / "mobility-check.desktop").write_text("mine")
    with pytest.raises(UsageError, match="no launcher"):
        write_launcher(tmp_path, system="linux")
    assert (tmp_path / "mobility-check.desktop").read_text() == "mine"


@pytest.mark.skipif(sys.platform != "linux", reason="the name of the launcher differs")
def test_the_command_says_where_it_is(tmp_path):
    (tmp_path / "Desktop").mkdir()
    for _ in range(2):  # its own is replaced
        made = call("app", "--make-launcher", HOME=str(tmp_path), XDG_CONFIG_HOME=str(tmp_path))
        assert made.code == 0
        assert made.out.strip().endswith(str(tmp_path / "Desktop" / "mobility-check.desktop"))
