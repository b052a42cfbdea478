"""Clips that several tests share, made once a session."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.footage import KICKS_END_S, SAMPLES, derive

CLIP_HEIGHT_PX = 480


@pytest.fixture(scope="session")
def clip_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clips")


@pytest.fixture(scope="session")
def kicks_clip(clip_folder: Path) -> Path:
    """Two seconds of standing and three kicks of the right leg; true extension 18.8, 19.6 and 19.3 degrees."""
    return derive(SAMPLES[-1], clip_folder / "kicks.mp4", stop_s=KICKS_END_S, height=CLIP_HEIGHT_PX, crf=18)
