"""Small clips in every usual container, and a thousand ways to damage them; the same number gives the same mutant."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

SIZE_PX = 208
FPS = 6
SECONDS = 5.5
"""Two seconds of standing and the first kick of ``figure.kicking_track``."""
HEADER_BYTES = 900
HUGE_PX = 10_000
LARGE = {"huge.mov": (HUGE_PX, HUGE_PX), "huge.avi": (HUGE_PX, HUGE_PX), "8k.avi": (4_320, 7_680)}
RARE_SHARE = 0.1
"""Huge pictures take long to decode where they are allowed."""
JPEG_FRAME = b"\xff\xc0\x00\x11\x08"
"""Before the true size of a JPEG picture."""
SMALL_INTEGERS = (0, 1, 127, 128, 254, 255)
ABSURD = (0, 1, 0x7FFF_FFFF, 0xFFFF_FFFF, 1_000_000_000)

FASTSTART = {"movflags": "faststart"}
FRAGMENTS = {"movflags": "frag_keyframe+empty_moov"}
CONTAINERS: tuple[tuple[str, str, str, dict[str, str]], ...] = (
    ("index-last.mp4", "libx264", "yuv420p", {}),
    ("index-first.mp4", "libx264", "yuv420p", FASTSTART),
    ("fragments.mp4", "libx264", "yuv420p", FRAGMENTS),
    ("phone.mov", "libx264", "yuv420p", {}),
    ("camera.avi", "mpeg4", "yuv420p", {}),
    ("pictures.avi", "mjpeg", "yuvj420p", {}),
    ("recorder.mkv", "libx264", "yuv420p", {}),
    ("browser.webm", "libvpx", "yuv420p", {}),
    ("moving.gif", "gif", "rgb8", {}),
    ("stream.ts", "libx264", "yuv420p", {}),
)
"""File name, codec, pixel format, options of the container."""

Bytes = bytearray


@dataclass(frozen=True, slots=True)
class Mutant:
    """A damaged clip: its number, what was done to which container, and its bytes."""

    number: int
    kind: str
    base: str
    data: bytes

    def write(self, folder: Path) -> Path:
        """Put it on disk under a name that keeps its container's ending."""
        path = folder / f"mutant-{self.number}-{self.kind}{Path(self.base).suffix}"
        path.write_bytes(self.data)
        return path


def make_bases(sample: Path) -> dict[str, bytes]:
    """Name → bytes of the sample's first seconds in every container, and of clips whose pictures are absurdly big."""
    import tempfile

    images = _tiny(sample)
    with tempfile.TemporaryDirectory(prefix="bases-") as folder:
        bases = {
            name: _encode(Path(folder) / name, images, codec=codec, pixels=pixels, options=options)
            for name, codec, pixels, options in CONTAINERS
        }
        for name, (height, width) in LARGE.items():
            grey = np.full((height, width, 3), 128, dtype=np.uint8)
            bases[name] = _encode(Path(folder) / name, [grey], codec="mjpeg", pixels="yuvj420p")
    return bases


def _tiny(sample: Path) -> list[np.ndarray]:
    """Square little pictures of the sample, ``FPS`` a second."""
    images: list[np.ndarray] = []
    with av.open(str(sample)) as clip:
        step = round(float(clip.streams.video[0].average_rate or 30) / FPS)
        for i, picture in enumerate(clip.decode(video=0)):
            if len(images) >= SECONDS * FPS:
                break
            if i % step == 0:
                images.append(picture.reformat(width=SIZE_PX, height=SIZE_PX, format="rgb24").to_ndarray())
    return images


def _encode(
    path: Path, images: list[np.ndarray], *, codec: str, pixels: str, options: dict[str, str] | None = None
) -> bytes:
    speed = {"preset": "ultrafast"} if codec == "libx264" else {"strict": "unofficial"}
    with av.open(str(path), "w", options=options or {}) as out:
        stream: Any = out.add_stream(codec, rate=Fraction(FPS), options=speed)
        stream.height, stream.width, stream.pix_fmt = *images[0].shape[:2], pixels
        for image in images:
            out.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        out.mux(stream.encode(None))
    return path.read_bytes()


def make_mutant(bases: dict[str, bytes], number: int, *, seed: int) -> Mutant:
    """Mutant ``number`` of that seed."""
    rng = random.Random(seed * 1_000_003 + number)
    kind = rng.choices(list(KINDS), [RARE_SHARE if kind == "huge" else 1.0 for kind in KINDS])[0]
    ordinary = [name for name, *_ in CONTAINERS]
    name = rng.choice([n for n in bases if n not in ordinary] if kind == "huge" else ordinary)
    data = bytearray(bases[name])
    KINDS[kind](data, rng, bases[rng.choice(ordinary)])
    return Mutant(number, kind, name, bytes(data))


def _flip(data: Bytes, rng: random.Random, _: bytes) -> None:
    for _n in range(rng.choice((1, 3, 10, 100))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _cut(data: Bytes, rng: random.Random, _: bytes) -> None:
    del data[rng.randrange(len(data)) :]


def _hole(data: Bytes, rng: random.Random, _: bytes) -> None:
    start = rng.randrange(len(data))
    stop = min(len(data), start + rng.choice((30, 300, 3000)))
    data[start:stop] = b"" if rng.random() < 0.5 else bytes(stop - start)


def _splice(data: Bytes, rng: random.Random, other: bytes) -> None:
    """The beginning of one clip before the end of another."""
    del data[rng.randrange(len(data)) :]
    data += other[rng.randrange(len(other)) :]


def _head(data: Bytes, rng: random.Random, _: bytes) -> None:
    """Extreme values anywhere in the header."""
    for _n in range(rng.choice((1, 4, 16))):
        data[rng.randrange(min(len(data), HEADER_BYTES))] = rng.choice((*SMALL_INTEGERS, rng.randrange(256)))


def _size(data: Bytes, rng: random.Random, _: bytes) -> None:
    """Another width and height wherever a header names the real ones."""
    side = rng.choice((0, 1, 7, HUGE_PX, 16_384, 32_767, 65_535))
    for form in (">HH", "<HH", ">II", "<II"):
        _replace(data, struct.pack(form, SIZE_PX, SIZE_PX), struct.pack(form, side, rng.choice((side, SIZE_PX))))
    for element in (b"\xb0\x81", b"\xba\x81"):  # width and height in Matroska, one byte each
        _replace(data, element + bytes([SIZE_PX]), element + bytes([rng.choice((0, 1, 255))]))


def _rate(data: Bytes, rng: random.Random, _: bytes) -> None:
    """0, 1e9 and other absurd pictures a second: clock units and durations of one picture in each container."""
    value = rng.choice(ABSURD)
    for box, offset in ((b"mdhd", 16), (b"mvhd", 16), (b"stts", 16), (b"tfhd", 16)):
        _put(data, box, offset, struct.pack(">I", value))
    _put(data, b"avih", 8, struct.pack("<I", value))
    _put(data, b"strh", 28, struct.pack("<II", rng.choice(ABSURD), value))
    _put(data, b"\x2a\xd7\xb1", 4, struct.pack(">I", value)[1:])
    _put(data, b"\x23\xe3\x83\x84", 4, struct.pack(">I", value))
    _replace(data, b"!\xf9\x04", b"!\xf9\x04", then=struct.pack("<xH", value & 0xFFFF))


def _stamps(data: Bytes, rng: random.Random, _: bytes) -> None:
    """Time stamps that run backwards, repeat or jump: sample tables of MP4, blocks of Matroska, packets of a stream."""
    for box in (b"stts", b"ctts", b"trun", b"tfdt", b"idx1"):
        at = data.find(box)
        for _n in range(rng.choice((1, 4, 16)) if at >= 0 else 0):
            entry = at + 8 + 4 * rng.randrange(16)
            data[entry : entry + 4] = struct.pack(">i", rng.choice((-1, 0, 1, -(2**31), 2**31 - 1, -5000)))
    for block in _all(data, b"\xa3"):
        if rng.random() < 0.3:
            data[block + 3 : block + 5] = struct.pack(">h", rng.randrange(-32_768, 32_768))
    for packet in range(0, len(data) - 188, 188) if data[:1] == b"G" else ():
        if data[packet + 3] & 0x20 and rng.random() < 0.3:
            data[packet + 6 : packet + 20] = rng.randbytes(14)


def _huge(data: Bytes, rng: random.Random, _: bytes) -> None:
    """A picture of 10,000 × 10,000 whose container tells the truth or promises a small one; perhaps cut short."""
    for form in (">HH", "<HH", "<II") if rng.random() < 0.5 else ():
        for at in _all(data, struct.pack(form, HUGE_PX, HUGE_PX)):
            if data[at - len(JPEG_FRAME) : at] != JPEG_FRAME:
                data[at : at + struct.calcsize(form)] = struct.pack(form, SIZE_PX, SIZE_PX)
    if rng.random() < 0.3:
        _cut(data, rng, b"")


def _replace(data: Bytes, old: bytes, new: bytes, *, then: bytes = b"") -> None:
    for at in _all(data, old):
        data[at : at + len(new) + len(then)] = new + then


def _put(data: Bytes, after: bytes, offset: int, value: bytes) -> None:
    """Overwrite bytes at an offset from the start of each place that holds ``after``."""
    for at in _all(data, after):
        data[at + offset : at + offset + len(value)] = value


def _all(data: Bytes, what: bytes) -> list[int]:
    found, at = [], data.find(what)
    while at >= 0:
        found.append(at)
        at = data.find(what, at + len(what))
    return found


KINDS: dict[str, Callable[[Bytes, random.Random, bytes], None]] = {
    "flip": _flip,
    "cut": _cut,
    "hole": _hole,
    "splice": _splice,
    "head": _head,
    "size": _size,
    "rate": _rate,
    "stamps": _stamps,
    "huge": _huge,
}
"""What can be done to a clip."""
