"""Prints a report to PDF with a browser of the Chromium family that is already on this computer."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Literal

from mobility_check.errors import MissingExtraError, OutputError
from mobility_check.files import PDF, atomic_path

Paper = Literal["A4", "letter"]
TIMEOUT_S = 60.0
DRAWING_MS = 8000
"""The browser's own clock runs this far before it prints, which leaves the charts time to draw."""
APPS = ("Google Chrome", "Chromium", "Microsoft Edge")
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge", "msedge")
OPTIONS = (
    "--headless",
    "--disable-gpu",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--no-first-run",
    "--no-default-browser-check",
    f"--virtual-time-budget={DRAWING_MS}",
    "--run-all-compositor-stages-before-draw",
    "--window-size=1280,1600",
    "--no-pdf-header-footer",
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
            *OPTIONS,
            *_sandbox(),
            f"--user-data-dir={profile}",
            f"--print-to-pdf={tmp}",
            f"{html_path.resolve().as_uri()}?paper={paper}",
        ]
        try:
            _run(command, scratch=profile, made=tmp)
        except (subprocess.SubprocessError, OSError) as e:
            raise OutputError(
                "The browser '{program}' could not print the PDF; open the HTML page in a browser and print it from"
                " there.",
                program=program,
            ) from e
        with tmp.open("ab") as file:  # behind its end a PDF may have comments
            file.write(PDF.comment.encode() + b"\n")


def _run(command: list[str], *, scratch: str, made: Path) -> None:
    """Run the browser; whatever ends this, it and all that it started are gone, and what it left is in scratch.

    Raises:
        subprocess.SubprocessError: it failed, took too long, or did not make the file.
    """
    null, environment = subprocess.DEVNULL, {**os.environ, "TMPDIR": scratch}
    browser = subprocess.Popen(command, stdin=null, stdout=null, stderr=null, env=environment, start_new_session=True)
    try:
        if browser.wait(TIMEOUT_S) or not (made.is_file() and made.stat().st_size):
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
    for folders in (None, os.pathsep.join(_usual_places())):
        for name in (*NAMES, *APPS):
            if program := shutil.which(name, path=folders):
                return program
    raise MissingExtraError(
        "No browser was found to print the PDF with; install Chromium, Chrome or Edge, or open the"
        " HTML page in any browser and choose print, save as PDF."
    )


def _usual_places() -> list[str]:
    """Folders of browsers that are not on the search path."""
    if sys.platform == "darwin":
        return [f"{root}/Applications/{app}.app/Contents/MacOS" for root in ("", Path.home()) for app in APPS]
    if sys.platform == "win32":
        roots = [os.environ.get(name) for name in ("ProgramFiles", "ProgramFiles(x86)", "LocalAppData")]
        tails = ("Google/Chrome", "Chromium", "Microsoft/Edge")
        return [f"{root}/{tail}/Application" for root in roots if root for tail in tails]
    return ["/snap/bin", "/opt/google/chrome"]


def _sandbox() -> list[str]:
    """Chromium refuses to start with its sandbox for the superuser (containers)."""
    return ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
