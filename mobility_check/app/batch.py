"""Batch: starts the command `batch` on a folder of this computer and watches it; one run at a time."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from mobility_check.app import pages
from mobility_check.app.pages import form, page
from mobility_check.app.words import text
from mobility_check.app.workers import end, start_python
from mobility_check.errors import UsageError
from mobility_check.files import CLIP_SUFFIXES
from mobility_check.language import retold

OUT_SUFFIX = "-results"
SHOWN_ROWS = 50
MOST_FOLDERS = 500
PREVIEW_S = 60.0
STOP_S = 30.0
"""A batch that is asked to stop writes its tables first; after this it is killed."""
PLACES = ("Videos", "Movies", "Documents", "Desktop", "Downloads")
PAGE_POLICY = (
    "sandbox allow-scripts; default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:;"
    " frame-ancestors 'self'"
)
"""The batch's own page is one file with its script inside; here it is shown in a frame that can reach nothing."""


@dataclass(slots=True)
class Run:
    """One batch: what was asked for, and how far it is."""

    folder: Path
    out: Path
    pattern: str
    process: asyncio.subprocess.Process
    facts: dict[str, Any] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    message: str = ""
    ended: bool = False


class Runs:
    """The batch under way, or the last one."""

    def __init__(self, database: str | None) -> None:
        self._database = database
        self._starting = asyncio.Lock()
        self._watching: asyncio.Task[None] | None = None
        self.run: Run | None = None

    @property
    def is_running(self) -> bool:
        """Whether a batch is under way."""
        return self.run is not None and not self.run.ended

    async def start(self, folder: Path, pattern: str) -> None:
        """Start a batch.

        Raises:
            UsageError: one is under way already.
        """
        async with self._starting:
            if self.is_running:
                raise UsageError(text("batch.under_way"))
            out = folder.with_name(folder.name + OUT_SUFFIX)
            words = [
                str(folder),
                "-o",
                str(out),
                "--log-json",
                *(["--database", self._database] if self._database else []),
            ]
            process = await _command(*words, pattern=pattern, stdout=asyncio.subprocess.DEVNULL)
            self.run = Run(folder, out, pattern, process)
            self._watching = asyncio.create_task(self._watch(self.run))

    async def stop(self) -> None:
        """End the batch as Ctrl-C does: what was finished is kept."""
        if self.run and self._watching and not self.run.ended:
            with suppress(ProcessLookupError):
                self.run.process.send_signal(signal.SIGINT if os.name == "posix" else signal.SIGTERM)
            await asyncio.wait({self._watching}, timeout=STOP_S)
            await end(self.run.process)
            await self._watching

    async def _watch(self, run: Run) -> None:
        assert run.process.stderr is not None
        async for line in run.process.stderr:
            try:
                said = json.loads(line)
            except ValueError:
                run.message = line.decode(errors="replace").strip().removeprefix("mobility-check: ")
                continue
            if said.get("event") == "progress":
                run.facts = said
            elif said.get("event") == "failed":
                run.failed.append(f"{Path(said['file']).name}: {retold(said['sentence'])}")
        await run.process.wait()
        run.ended = True


async def _command(*words: str | Path, pattern: str, stdout: int) -> asyncio.subprocess.Process:
    command = ["-m", "mobility_check", "batch", *map(str, words), *(["--pattern", pattern] if pattern else [])]
    pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    return await start_python(*command, stdin=nothing, stdout=stdout, stderr=pipe)


def _runs(request: Request) -> Runs:
    found: Runs = request.app.state.batch
    return found


def show(request: Request) -> Response:
    """The form, or the run."""
    run = _runs(request).run
    if run is not None:
        return page("batch_run", here="batch", run=run, has_page=(run.out / "index.html").is_file())
    at = request.query_params.get("at", "")
    folder = _folder({"folder": at})[0] if at else None
    return page("batch", folder=str(folder or ""), pattern="", plan=None, place=_place(folder))


@dataclass(frozen=True, slots=True)
class Place:
    """What can be chosen from one folder: those in it, and the one above."""

    folders: list[Path]
    above: Path | None = None
    clips: int = 0


def _place(folder: Path | None) -> Place:
    """What is in a folder; without one, where clips are as a rule.

    Raises:
        UsageError: the folder cannot be opened.
    """
    if folder is None:
        return Place([Path.home(), *(p for name in PLACES if (p := Path.home() / name).is_dir())])
    try:
        found = [p for p in folder.iterdir() if not p.name.startswith(".") and str(p).isprintable()]
        folders = sorted((p for p in found if p.is_dir()), key=lambda p: p.name.casefold())
    except OSError as e:
        raise UsageError(text("batch.place_closed")) from e
    clips = sum(p.suffix.lower() in CLIP_SUFFIXES for p in found)
    return Place(folders[:MOST_FOLDERS], folder.parent if folder.parent != folder else None, clips)


def _folder(fields: dict[str, str]) -> tuple[Path, str]:
    """The folder and pattern of a form.

    Raises:
        UsageError: it is not a folder.
    """
    name, pattern = fields.get("folder", "").strip(), fields.get("pattern", "").strip()
    folder = Path(name).expanduser()
    if not name or "\0" in name or not folder.is_absolute() or not folder.is_dir():
        raise UsageError(text("batch.no_folder"))
    return folder.resolve(), pattern


async def preview(request: Request) -> Response:
    """What would be measured, and what the pattern reads from the names."""
    folder, pattern = _folder(await form(request))
    process = await _command(folder, "--dry-run", "--json", pattern=pattern, stdout=asyncio.subprocess.PIPE)
    try:
        out, err = await asyncio.wait_for(process.communicate(), PREVIEW_S)
    except TimeoutError as e:
        await end(process)
        raise UsageError(text("batch.slow")) from e
    if process.returncode:
        raise UsageError(err.decode(errors="replace").strip().removeprefix("mobility-check: "))
    plan = json.loads(out)
    return page(
        "batch",
        place=await run_in_threadpool(_place, folder),
        folder=str(folder),
        pattern=pattern,
        plan=plan,
        rows=plan["sessions"][:SHOWN_ROWS],
        out=folder.with_name(folder.name + OUT_SUFFIX),
    )


async def start(request: Request) -> Response:
    """Start the batch."""
    await _runs(request).start(*_folder(await form(request)))
    return RedirectResponse("/batch", 303)


async def stop(request: Request) -> Response:
    """Stop the batch, or leave its result."""
    runs = _runs(request)
    if runs.run and runs.run.ended:
        runs.run = None
    else:
        await runs.stop()
    return RedirectResponse("/batch", 303)


def events(request: Request) -> Response:
    """The run's progress."""

    def state() -> dict[str, Any] | None:
        run = _runs(request).run
        return {"facts": run.facts, "failed": run.failed[-20:], "ended": run.ended} if run else None

    return pages.events(state)


def result(request: Request) -> Response:
    """The batch's own page: the table, and failures by their reason."""
    run = _runs(request).run
    if run is None:
        raise HTTPException(404)
    return pages.file(run.out / "index.html", headers={"Content-Security-Policy": PAGE_POLICY})


ROUTES: list[BaseRoute] = [
    Route("/batch", show),
    Route("/batch/preview", preview, methods=["POST"]),
    Route("/batch/start", start, methods=["POST"]),
    Route("/batch/stop", stop, methods=["POST"]),
    Route("/batch/events", events),
    Route("/batch/page", result),
]
