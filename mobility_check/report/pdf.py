"""Prints a report to PDF with a browser of the Chromium family that is already on this computer."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from itertools import chain
from pathlib import Path
from typing import Literal

from mobility_check.errors import MissingExtraError, OutputError
from mobility_check.files import PDF, atomic_path
from mobility_check.language import N_

Paper = Literal["A4", "letter"]
TIMEOUT_S = 60.0
DRAWING_MS = 8000
"""The browser's own clock runs this far before it prints, which leaves the charts time to draw."""
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge", "msedge")
OFFLINE = (
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--no-first-run",
    "--no-default-browser-check",
)


def print_pdf(html_path: Path, pdf_path: Path, *, paper: Paper = "A4", browser: str | None = None) -> None:
    """Print a written report; the browser gets a profile of its own that is deleted, and no network.

    Args:
        html_path: the page.
        pdf_path: the PDF, written whole or not at all.
        paper: its size.
        browser: path of the browser; found when not given.

    Raises:
        MissingExtraError: no browser was found.
        OutputError: the browser failed, took longer than a minute, or the PDF cannot be written.
    """
    program = browser or find_browser()
    with (
        atomic_path(pdf_path) as tmp,
        tempfile.TemporaryDirectory(prefix="mobility-check-", ignore_cleanup_errors=True) as profile,
    ):
        tmp.unlink()
        command = [
            program,
            "--headless",
            "--disable-gpu",
            *OFFLINE,
            *_sandbox(),
            f"--user-data-dir={profile}",
            f"--virtual-time-budget={DRAWING_MS}",
            "--run-all-compositor-stages-before-draw",
            "--window-size=1280,1600",
            "--no-pdf-header-footer",
            f"--print-to-pdf={tmp}",
            f"{html_path.resolve().as_uri()}?paper={paper}",
        ]
        try:
            _run(command, scratch=profile)
        except (subprocess.SubprocessError, OSError) as e:
            raise OutputError(_sentence(program)) from e
        if not tmp.is_file() or not tmp.stat().st_size:
            raise OutputError(_sentence(program))
        with tmp.open("ab") as file:  # behind its end a PDF may have comments
            file.write(PDF.comment.encode() + b"\n")


def _run(command: list[str], *, scratch: str) -> None:
    """Run the browser; whatever ends this, it and all that it started are gone, and what it left is in scratch.

    Raises:
        subprocess.SubprocessError: it failed, or took too long.
    """
    nowhere = subprocess.DEVNULL
    browser = subprocess.Popen(
        command,
        stdin=nowhere,
        stdout=nowhere,
        stderr=nowhere,
        start_new_session=True,
        env={**os.environ, "TMPDIR": scratch},
    )
    try:
        if browser.wait(TIMEOUT_S):
            raise subprocess.CalledProcessError(browser.returncode, command)
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(browser.pid, signal.SIGKILL) if hasattr(os, "killpg") else browser.kill()
        browser.wait()


def find_browser() -> str:
    """Path of the first browser found by name on the search path, then in the usual places.

    Raises:
        MissingExtraError: there is none.
    """
    named = filter(None, map(shutil.which, NAMES))
    for program in chain(named, (str(path) for path in _usual_places() if path.is_file())):
        return program
    raise MissingExtraError(
        "No browser was found to print the PDF with; install Chromium, Chrome or Edge, or open the"
        " HTML page in any browser and choose print, save as PDF."
    )


def _usual_places() -> list[Path]:
    if sys.platform == "darwin":
        apps = ("Google Chrome", "Chromium", "Microsoft Edge")
        return [
            root / f"Applications/{app}.app/Contents/MacOS/{app}" for root in (Path("/"), Path.home()) for app in apps
        ]
    if sys.platform == "win32":
        roots = [
            Path(os.environ[name])
            for name in ("ProgramFiles", "ProgramFiles(x86)", "LocalAppData")
            if name in os.environ
        ]
        tails = (
            "Google/Chrome/Application/chrome.exe",
            "Chromium/Application/chrome.exe",
            "Microsoft/Edge/Application/msedge.exe",
        )
        return [root / tail for root in roots for tail in tails]
    return [Path("/snap/bin/chromium"), Path("/opt/google/chrome/chrome")]


def _sandbox() -> list[str]:
    """Chromium refuses to start with its sandbox for the superuser (containers)."""
    return ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []


def _sentence(program: str) -> str:
    return N_(
        "The browser '{program}' could not print the PDF; open the HTML page in a browser and print it from there."
    ).format(program=program)
