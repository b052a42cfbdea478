"""The MediaPipe Pose Landmarker (Tasks API): the only module of the package that imports mediapipe."""

from __future__ import annotations

import importlib
import mmap
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from mobility_check.errors import ModelError
from mobility_check.memory import give_back, hold_little
from mobility_check.pose.base import Pose, RgbImage
from mobility_check.pose.models import ModelFile, find_model

PAUSE_MS = 1000
"""Time on the landmarker's own clock before the first picture, and between two runs of pictures (it must rise)."""
BLANK_PICTURES = 5
"""Black pictures after which a landmarker that still sees somebody in them is replaced by a new one."""
BLANK = np.zeros((64, 64, 3), dtype=np.uint8)
SILENT_VERSIONS = ("0.10.30", "0.10.31", "0.10.32", "0.10.33")
"""MediaPipe versions whose native library has no client for usage statistics, on Linux, macOS and Windows alike.

From 0.10.35 on each landmarker posts to Google, with no option against it (google-ai-edge/mediapipe#6291).
"""
STATISTICS_HOST = b"play.googleapis.com"
"""Where those later versions post to; the name is in their native library."""


class MediaPipeBackend:
    """Opens landmarkers for verified model bundles; see :class:`mobility_check.pose.base.Backend`."""

    name = "mediapipe"

    def __init__(self) -> None:
        self._verified: dict[str, ModelFile] = {}

    def identity(self, model: str) -> tuple[str, str | None]:
        """Name and SHA-256 of the verified bundle."""
        found = self._found(model)
        return found.name, found.sha256

    def video(self, model: str, *, max_people: int = 1) -> Landmarker:
        """A landmarker that follows people from frame to frame."""
        return Landmarker(self._found(model), video=True, max_people=max_people, masks=False)

    def stills(self, model: str, *, max_people: int = 1, masks: bool = False) -> Landmarker:
        """A landmarker that looks at each picture afresh."""
        return Landmarker(self._found(model), video=False, max_people=max_people, masks=masks)

    def _found(self, model: str) -> ModelFile:
        """The bundle, read through once however many landmarkers are opened."""
        if model not in self._verified:
            self._verified[model] = find_model(model)
        return self._verified[model]


class Landmarker:
    """One landmarker over one run of pictures; use it in a ``with`` block."""

    def __init__(self, model: ModelFile, *, video: bool, max_people: int, masks: bool) -> None:
        """Load the model.

        Raises:
            ModelError: MediaPipe cannot be loaded, or refuses the bundle.
        """
        self._video = video
        self._last_ms = 0
        self._ahead_ms: int | None = None
        hold_little()
        self._vision, self._image, self._srgb = _load_mediapipe()
        self._options = self._vision.PoseLandmarkerOptions(
            base_options=self._vision.BaseOptions(model_asset_path=str(model.path)),
            running_mode=self._vision.RunningMode.VIDEO if video else self._vision.RunningMode.IMAGE,
            num_poses=max_people,
            output_segmentation_masks=masks,
        )
        self._path = model.path
        self._landmarker = self._loaded()

    def _loaded(self) -> Any:
        try:
            return self._vision.PoseLandmarker.create_from_options(self._options)
        except (RuntimeError, ValueError, OSError) as e:
            raise ModelError(
                "The pose model '{path}' cannot be loaded; it is damaged or not a Pose Landmarker bundle.",
                path=self._path,
            ) from e

    def __enter__(self) -> Landmarker:
        return self

    def __exit__(self, *error: object) -> None:
        self._landmarker.close()
        give_back()

    def estimate(self, image: RgbImage, time_s: float) -> tuple[Pose, ...]:
        """The people in one upright RGB picture; ``time_s`` must rise in video mode (ties are spread by 1 ms)."""
        picture = self._image(image_format=self._srgb, data=np.ascontiguousarray(image))
        if self._video:
            result = self._landmarker.detect_for_video(picture, self._tick(time_s))
        else:
            result = self._landmarker.detect(picture)
        return _poses(result, image.shape[1], image.shape[0])

    def restart(self) -> None:
        """Forget everybody; a twentieth of the time and none of the memory that loading the model again takes.

        A black picture loses whoever was followed, and the filters' memory with them: what comes then is the same to
        the last digit as from a new landmarker (tested).
        """
        seen = self._video
        for k in range(BLANK_PICTURES):
            seen = seen and bool(self.estimate(BLANK, k / 30))
        if seen:
            self._landmarker.close()
            self._landmarker = self._loaded()
        self._ahead_ms = None
        give_back()

    def _tick(self, time_s: float) -> int:
        """The landmarker's own clock in ms, which runs on where the clip's time starts anew."""
        time_ms = round(time_s * 1000)
        if self._ahead_ms is None:
            self._ahead_ms = self._last_ms + PAUSE_MS - time_ms
        self._last_ms = max(time_ms + self._ahead_ms, self._last_ms + 1)
        return self._last_ms


def _poses(result: Any, width_px: int, height_px: int) -> tuple[Pose, ...]:
    masks = result.segmentation_masks or [None] * len(result.pose_landmarks)
    return tuple(
        Pose(
            np.array([(p.x * width_px, p.y * height_px) for p in person], dtype=np.float64),
            np.array([p.visibility for p in person], dtype=np.float64),
            None if mask is None else np.array(mask.numpy_view(), dtype=np.float32).squeeze(),
        )
        for person, mask in zip(result.pose_landmarks, masks, strict=True)
    )


class _Vision:
    """The names used of mediapipe, gathered so that importing this module stays cheap."""

    def __init__(self) -> None:
        from mediapipe.tasks.python import BaseOptions, vision

        self.BaseOptions = BaseOptions
        self.RunningMode = vision.RunningMode
        self.PoseLandmarker = vision.PoseLandmarker
        self.PoseLandmarkerOptions = vision.PoseLandmarkerOptions


def sends_statistics(folder: Path | None = None) -> bool:
    """Whether a native library of the installed MediaPipe holds the address that usage statistics go to.

    Args:
        folder: Where the libraries lie; that of the installed MediaPipe when not given.

    Raises:
        ModelError: MediaPipe is not installed, or its native library is missing.
    """
    libraries = list(_libraries(folder))
    if not libraries:
        raise ModelError("MediaPipe's native library is missing; install mobility-check again.")
    return any(_holds(path, STATISTICS_HOST) for path in libraries)


def _libraries(folder: Path | None) -> Iterator[Path]:
    if folder is None:
        try:
            folder = Path(str(metadata.distribution("mediapipe").locate_file("mediapipe/tasks/c")))
        except metadata.PackageNotFoundError as e:
            raise ModelError("MediaPipe is not installed; install mobility-check again.") from e
    return (p for p in folder.glob("*") if p.suffix in {".so", ".dylib", ".dll"})


def _holds(path: Path, text: bytes) -> bool:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(text) >= 0


def _refuse_statistics() -> None:
    version = metadata.version("mediapipe")
    if version not in SILENT_VERSIONS:
        raise ModelError(
            "MediaPipe {version} may send usage statistics to Google, so it is not used; run: pip install "
            "mediapipe=={wanted}",
            version=version,
            wanted=SILENT_VERSIONS[-1],
        )


class _Later(ModuleType):
    """Stands in for a module that is loaded when something of it is first used."""

    def __getattr__(self, name: str) -> Any:
        if sys.modules.get(self.__name__) is self:  # nothing is used yet, the import system only asks
            raise AttributeError(name)
        return getattr(importlib.import_module(self.__name__), name)


@contextmanager
def _loaded_later(*names: str) -> Iterator[None]:
    """Imports of these modules wait until they are used: MediaPipe plots and records sound, which nobody asked for.

    They are four fifths of the time that importing MediaPipe takes.
    """
    absent = [name for name in names if name not in sys.modules]
    sys.modules.update({name: _Later(name) for name in absent})
    try:
        yield
    finally:
        for name in absent:
            sys.modules.pop(name, None)


def _load_mediapipe() -> tuple[_Vision, Any, Any]:
    try:
        _refuse_statistics()
        with _loaded_later("matplotlib", "matplotlib.pyplot", "sounddevice"):
            import mediapipe

            return _Vision(), mediapipe.Image, mediapipe.ImageFormat.SRGB
    except (ImportError, OSError) as e:
        raise ModelError(
            "MediaPipe cannot be loaded ({why}); on a Linux server install its libraries with: apt-get "
            "install libgl1 libegl1 libgles2 libglib2.0-0",
            why=e,
        ) from e
