"""Where live pictures come from: a camera, a network stream, or a clip that is played as a camera would.

A feed blocks until its next picture; :class:`Capture` reads it in a thread of its own and holds only the newest.
"""

from __future__ import annotations

import os
import platform
import threading
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Literal, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from mobility_check.errors import InputError
from mobility_check.language import N_
from mobility_check.pose.base import RgbImage
from mobility_check.text import public_address
from mobility_check.video.orientation import sane_aspect
from mobility_check.video.source import ClipReader, Frame

WANTED = {
    cv2.CAP_PROP_FOURCC: cv2.VideoWriter.fourcc(*"MJPG"),
    cv2.CAP_PROP_FRAME_WIDTH: 1280,
    cv2.CAP_PROP_FRAME_HEIGHT: 720,
    cv2.CAP_PROP_FPS: 30,
    cv2.CAP_PROP_BUFFERSIZE: 1,
}
"""Motion JPEG first: most USB cameras give 720p at 30 a second only so."""
MAX_BAD_READS = 25
BAD_READ_PAUSE_S = 0.04
STALL_S = 5.0
"""No picture, or the same picture, for longer than this: the camera has stopped."""
ARRIVES_S = 1.0
"""Pictures still come when the newest is not older than this; the same ones again and again are frozen ones."""
FIRST_PICTURE_S = 15.0
FREEZE_STRIDE, FREEZE_GREY, FREEZE_POINTS = 4, 12, 5
"""A picture has changed when more than so many of the sampled values differ by more than so much: a frozen one that was
compressed again differs by less, a person who only breathes by more (E)."""

Ending = Literal["end", "unplugged", "stalled", "frozen"]


class Feed(Protocol):
    """A source of timed pictures.

    Attributes:
        name: how to call it in messages.
        waits: it may be started late without losing anything (a clip); a camera runs at once.
    """

    name: str
    waits: bool

    @property
    def notes(self) -> tuple[str, ...]:
        """Codes of ``results.reasons`` about what was wrong with it up to now."""
        return ()

    def read(self) -> Frame | Ending:
        """Block until the next picture; or why there is none any more."""

    def close(self) -> None:
        """Let go of the device, if there is one."""
        return


class ClipFeed(Feed):
    """A clip with its own time stamps, as if a camera saw it; ``speed`` plays it faster, for tests and benchmarks."""

    waits = True

    def __init__(self, path: str | os.PathLike[str], *, speed: float = 1.0) -> None:
        """Open the clip.

        Raises:
            InputError: it cannot be read.
        """
        self.name, self._speed = os.fspath(path), speed
        self._reader = ClipReader(path)
        self._frames = self._reader.frames()
        self._start_s: float | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """Damage found while playing."""
        return self._reader.notes

    def read(self) -> Frame | Ending:
        """The next picture when its time has come."""
        frame = next(self._frames, None)
        if frame is None:
            return "end"
        if self._start_s is None:
            self._start_s = time.monotonic()
        time.sleep(max(0.0, self._start_s + frame.time_s / self._speed - time.monotonic()))
        return frame


class CameraFeed(Feed):
    """A camera by number, or a network stream by URL; times are those of the computer's steady clock."""

    waits = False

    def __init__(self, address: int | str) -> None:
        """Open the camera.

        Raises:
            InputError: it is not there, busy, or may not be used; the message says what to do.
        """
        self.name = f"camera {address}" if isinstance(address, int) else public_address(address)
        if isinstance(address, int) and platform.system() == "Linux":
            _refuse_absent(address)
        self._device = cv2.VideoCapture(address)
        if not self._device.isOpened():
            if isinstance(address, int):
                raise InputError(ADVICE.get(platform.system(), ADVICE["Linux"]), address=address)
            raise InputError(
                "The stream '{stream}' cannot be opened; check the address and that its sender is running.",
                stream=self.name,
            )
        for prop, value in WANTED.items() if isinstance(address, int) else ():
            self._device.set(prop, value)
        self._start_s: float | None = None
        self._index = 0

    def read(self) -> Frame | Ending:
        """The next sound picture; a camera that fails again and again counts as unplugged."""
        for _ in range(MAX_BAD_READS):
            ok, image = self._device.read()
            now_s = time.monotonic()
            if ok and image is not None and image.ndim == 3 and image.size:
                return self._frame(np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), dtype=np.uint8), now_s=now_s)
            time.sleep(BAD_READ_PAUSE_S)
        return "unplugged"

    def _frame(self, image: RgbImage, *, now_s: float) -> Frame:
        if self._start_s is None:
            self._start_s = now_s
        across, down = (max(1, round(self._device.get(p))) for p in (cv2.CAP_PROP_SAR_NUM, cv2.CAP_PROP_SAR_DEN))
        aspect = sane_aspect(Fraction(across, down))  # of a stream's pixels; 1 where it announces none
        if aspect not in (None, 1.0):
            width_px = max(1, round(image.shape[1] * aspect))
            image = np.asarray(cv2.resize(image, (width_px, image.shape[0]), interpolation=cv2.INTER_AREA), np.uint8)
        self._index += 1
        return Frame(self._index - 1, now_s - self._start_s, image)

    def close(self) -> None:
        """Let go of the camera."""
        self._device.release()


def open_feed(spec: str, *, speed: float = 1.0) -> Feed:
    """The feed for ``--camera``: a number, a URL, or the path of a clip.

    Raises:
        InputError: it cannot be opened.
    """
    if spec.isdecimal():
        return CameraFeed(int(spec))
    if "://" in spec:
        return CameraFeed(spec)
    return ClipFeed(spec, speed=speed)


def list_cameras(*, tries: int = 6) -> dict[int, str]:
    """Numbers and names of this computer's cameras; elsewhere than on Linux each number is tried in turn."""
    if platform.system() == "Linux":
        found = sorted(Path("/sys/class/video4linux").glob("video*"), key=lambda p: int(p.name[5:]))
        return {int(path.name[5:]): _name_in(path) for path in found}
    return {n: f"camera {n}" for n in range(tries) if cv2.VideoCapture(n).isOpened()}


def _name_in(path: Path) -> str:
    try:
        return (path / "name").read_text().strip()
    except OSError:
        return "camera"


def _refuse_absent(address: int) -> None:
    """Say plainly whether a device of Linux is missing or may not be used, before OpenCV says nothing useful."""
    device = Path(f"/dev/video{address}")
    if not device.exists():
        if not (there := list_cameras()):
            raise InputError(
                "There is no camera {address}, nor any other; plug one in and look with: mobility-check live --list",
                address=address,
            )
        raise InputError(
            "There is no camera {address} (there is {numbers}); plug one in and look with: mobility-check live --list",
            address=address,
            numbers=", ".join(map(str, there)),
        )
    if not os.access(device, os.R_OK | os.W_OK):
        raise InputError(
            "You may not use camera {address} ({device}); add yourself to its group with: sudo usermod -aG "
            "video $USER, then log in again.",
            address=address,
            device=device,
        )


ADVICE = {
    "Darwin": N_(
        "Camera {address} cannot be opened, or another program has it; allow the camera for your terminal in System"
        " Settings > Privacy & Security > Camera, start the terminal again, and close other programs that use the"
        " camera."
    ),
    "Windows": N_(
        "Camera {address} cannot be opened, or another program has it; close other programs that use it (Teams, Zoom,"
        " browser) and allow it in Settings > Privacy & security > Camera > Let desktop apps access your camera."
    ),
    "Linux": N_(
        "Camera {address} cannot be opened, or another program has it; close other programs that use it (browser,"
        " video calls) and try again."
    ),
}


class Capture:
    """Reads a feed in a thread of its own and holds its newest picture; older ones are dropped, never queued.

    Attributes:
        error: why a clip turned out unreadable while it played.
        taken: how many pictures have come.
    """

    def __init__(self, feed: Feed, *, on_frame: Callable[[Frame], None] | None = None) -> None:
        """Take pictures from ``feed``; ``on_frame`` is called with each of them in the reading thread."""
        self._feed, self._on_frame = feed, on_frame
        self._new = threading.Condition()
        self._newest: tuple[Frame, float] | None = None
        self._sample: NDArray[np.int16] | None = None
        self._changed_s = 0.0  # when the picture last changed, or reading began
        self._ending: Ending | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="capture", daemon=True)
        self.error: InputError | None = None
        self.taken = 0

    def __enter__(self) -> Capture:
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(timeout=1.0)  # a dead camera may block in its driver for good; the thread is a daemon
        if not self._thread.is_alive():
            self._feed.close()

    def start(self) -> None:
        """Begin reading; a second call, also of another thread, does nothing."""
        with self._new:
            if self._thread.ident is None:
                self._changed_s = time.monotonic()
                self._thread.start()

    @property
    def ending(self) -> Ending | None:
        """Why no more pictures will come: the feed's own end, or silence, or a frozen picture."""
        if self._ending or self._thread.ident is None:
            return self._ending
        now_s = time.monotonic()
        silent_s = now_s - (self._newest[1] if self._newest else self._changed_s)
        if silent_s > (STALL_S if self.taken else FIRST_PICTURE_S):
            return "stalled"
        return "frozen" if self.taken and silent_s < ARRIVES_S and now_s - self._changed_s > STALL_S else None

    def newest(self, *, after: int = -1, timeout_s: float = 0.0) -> tuple[Frame, float] | None:
        """Wait for a picture after ``after``: the newest, and when it came (steady clock); ``None`` if none did."""
        with self._new:
            self._new.wait_for(lambda: self._newest and self._newest[0].index > after, timeout=timeout_s)
            return self._newest if self._newest and self._newest[0].index > after else None

    def _run(self) -> None:
        try:
            while not self._stop.is_set() and self._ending is None:
                got = self._feed.read()
                if isinstance(got, str):
                    self._ending = got
                else:
                    self._take(got)
        except InputError as e:
            self.error, self._ending = e, "end"
        finally:
            self._ending = self._ending or "unplugged"

    def _take(self, frame: Frame) -> None:
        if self._newest is not None and frame.image.shape != self._newest[0].image.shape:
            frame = Frame(frame.index, frame.time_s, fitted(frame.image, like=self._newest[0].image))
        now_s = time.monotonic()
        sample = frame.image[::FREEZE_STRIDE, ::FREEZE_STRIDE].astype(np.int16)
        if self._sample is None or np.count_nonzero(np.abs(sample - self._sample) > FREEZE_GREY) > FREEZE_POINTS:
            self._sample, self._changed_s = sample, now_s
        with self._new:
            self._newest = frame, now_s
            self.taken += 1
            self._new.notify_all()
        if self._on_frame is not None:
            self._on_frame(frame)


def fitted(image: RgbImage, *, like: RgbImage) -> RgbImage:
    """The picture scaled, without distortion, into the shape of another, centred on black."""
    height, width = like.shape[:2]
    scale = min(height / image.shape[0], width / image.shape[1])
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    out = np.zeros_like(like)
    top, left = (height - size[1]) // 2, (width - size[0]) // 2
    out[top : top + size[1], left : left + size[0]] = cv2.resize(image, size)
    return out
