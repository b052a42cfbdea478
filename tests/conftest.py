"""Clips that several tests share, made once a session; Hypothesis without its limit of 0.2 s an example; Ctrl-C."""

from __future__ import annotations

import dataclasses
import gc
import json
import os
import signal
import sys
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests.commandline import Run, call
from tests.footage import KICKS_END_S, SAMPLES, derive
from tests.once import once

CLIP_HEIGHT_PX = 480
SLOW = hypothesis.HealthCheck.too_slow

hypothesis.settings.register_profile("busy computer", deadline=None, suppress_health_check=[SLOW])
hypothesis.settings.load_profile("busy computer")

# Some computers ask Python to keep no compiled modules; each of hundreds of processes would compile them anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Shells start what runs in their background deaf to Ctrl-C, nohup starts it deaf to a hang-up, and every process below
# would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is collected stays to the end: the garbage collector need not go through it meanwhile, again and again."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first: at the end no process waits for another that has just begun with it."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(scope="session")
def clip_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clips")


@pytest.fixture(scope="session")
def kicks_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of standing and three kicks of the right leg; true extension 18.8, 19.6 and 19.3 degrees.

    Half the sample's frames: every test that changes them decodes and encodes them all.
    """

    def make(folder: Path) -> None:
        derive(SAMPLES[-1], folder / "kicks.mp4", stop_s=KICKS_END_S, height=CLIP_HEIGHT_PX, fps=15, crf=18)

    return once(tmp_path_factory, "kicks", make) / "kicks.mp4"


@pytest.fixture(scope="session")
def short_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A single kick in a small picture."""

    def make(folder: Path) -> None:
        derive(SAMPLES[-1], folder / "kick.mp4", stop_s=5.6, height=360, fps=15)

    return once(tmp_path_factory, "short", make) / "kick.mp4"


@dataclass(frozen=True)
class Measured:
    """What ``analyze --json`` said about a clip, and the landmarks that it kept."""

    run: Run
    track: Path


@pytest.fixture(scope="session")
def kicks_measured(kicks_clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Measured:
    """``kicks_clip`` measured once, with one thread."""
    return _measured(tmp_path_factory, kicks_clip)


@pytest.fixture(scope="session")
def short_measured(short_clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Measured:
    """``short_clip`` measured once, with one thread."""
    return _measured(tmp_path_factory, short_clip)


def _measured(factory: pytest.TempPathFactory, clip: Path) -> Measured:
    def make(folder: Path) -> None:
        run = call("analyze", clip, "--json", "--workers", "1", "--save-track", folder / "track.npz")
        (folder / "run.json").write_text(json.dumps(dataclasses.asdict(run)), encoding="utf-8")

    folder = once(factory, f"measured-{clip.stem}", make)
    run = Run(**json.loads((folder / "run.json").read_text(encoding="utf-8")))
    assert run.code == 0, run.err
    return Measured(run, folder / "track.npz")


@pytest.fixture(scope="session")
def playwright() -> Iterator[Any]:
    """One for every browser of a test process: it allows no second."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (test extra)")
    with sync_api.sync_playwright() as running:
        yield running
