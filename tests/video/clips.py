"""Small clips made at test time with PyAV: every frame carries its own number in black and white blocks."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

BLOCK_PX = 16
BITS = 10
RED = (220, 30, 30)


def numbered(index: int, *, width: int, height: int) -> np.ndarray:
    """Grey picture with a red block in the top left corner and the frame's number in a row of blocks below it."""
    image = np.full((height, width, 3), 110, dtype=np.uint8)
    image[:BLOCK_PX, :BLOCK_PX] = RED
    for bit in range(BITS):
        x = bit * BLOCK_PX
        image[BLOCK_PX : 2 * BLOCK_PX, x : x + BLOCK_PX] = 255 if index >> bit & 1 else 0
    return image


def number_in(image: np.ndarray, *, scale: float = 1.0) -> int:
    """The number that :func:`numbered` drew, from an upright picture scaled by ``scale``."""
    centres = [(round(BLOCK_PX * 1.5 * scale), round((bit + 0.5) * BLOCK_PX * scale)) for bit in range(BITS)]
    return sum(1 << bit for bit, (y, x) in enumerate(centres) if image[y, x].mean() > 128)


def make_clip(
    path: Path,
    *,
    frames: int = 30,
    size: tuple[int, int] = (192, 128),
    fps: float = 30,
    stamps_s: Sequence[float] | None = None,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    rotation: int = 0,
    hflip: bool = False,
    aspect: Fraction | None = None,
    options: dict[str, str] | None = None,
    format_options: dict[str, str] | None = None,
) -> Path:
    """Write a clip of numbered frames; ``rotation`` is what the display matrix asks for, counter-clockwise degrees."""
    width, height = size
    with av.open(str(path), "w", options=format_options or {}) as out:
        stream: Any = out.add_stream(codec, rate=Fraction(fps).limit_denominator(1_000_000), options=options or {})
        stream.width, stream.height, stream.pix_fmt = width, height, pix_fmt
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        if rotation or hflip:
            stream.set_display_rotation(rotation, hflip=hflip)
        if stamps_s is not None:
            stream.codec_context.time_base = Fraction(1, 90_000)
        for i in range(frames):
            frame = av.VideoFrame.from_ndarray(numbered(i, width=width, height=height), format="rgb24")
            if stamps_s is not None:
                frame.time_base, frame.pts = Fraction(1, 90_000), round(stamps_s[i] * 90_000)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def make_sound(path: Path) -> Path:
    """Half a second of silence."""
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream("aac", rate=16_000, layout="mono")
        for _ in range(8):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), dtype=np.float32), format="fltp", layout="mono")
            frame.rate = 16_000
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def restamped(path: Path, *, stamps_ms: dict[int, int]) -> Path:
    """Overwrite the stamps of some packets (by position) of a Matroska clip of one cluster, in place."""
    with av.open(str(path)) as clip:
        places = [(p.pos, p.pts) for p in clip.demux(video=0) if p.size]
    data = bytearray(path.read_bytes())
    for position, stamp_ms in stamps_ms.items():
        pos, pts = places[position]
        block = data.index(b"\x81" + struct.pack(">h", pts), pos)
        data[block + 1 : block + 3] = struct.pack(">h", stamp_ms)
    path.write_bytes(bytes(data))
    return path


def flipped(path: Path, *, offsets: Sequence[int]) -> Path:
    """Invert bytes in place."""
    data = bytearray(path.read_bytes())
    for offset in offsets:
        data[offset] ^= 0xFF
    path.write_bytes(bytes(data))
    return path
