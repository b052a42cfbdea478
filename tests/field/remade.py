"""Clips whose bytes are changed after they were written, as other programs write them: headers that disagree."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av


def reshaped(path: Path, *, aspect: tuple[int, int], size: tuple[int, int] = (192, 128)) -> Path:
    """Write a pixel shape into the header of a clip of that size, and leave the bitstream's as it is."""
    data = bytearray(path.read_bytes())
    width, height = size[0] * aspect[0] // aspect[1], size[1]
    if path.suffix in (".mp4", ".mov", ".3gp"):
        at = data.index(b"pasp") + 4
        data[at : at + 8] = struct.pack(">II", *aspect)
    elif path.suffix == ".mkv":
        at = data.index(b"\x54\xb2\x81\x04")  # the unit of the size that is shown: unknown; a void follows
        between = data[at + 4 : data.index(b"\xec\x01\0\0\0\0\0\0\x02\0\0", at)]
        shown = b"\x54\xb0\x82" + struct.pack(">H", width) + b"\x54\xba\x82" + struct.pack(">H", height)
        video = data.rindex(b"\xe0\x8a", 0, at)
        data[video + 1] += 6
        data[at : at + len(between) + 15] = shown + between + b"\xec\x83\0\0\0"
    else:
        at = data.index(b"JUNK")
        (room,) = struct.unpack_from("<I", data, at + 4)
        shown = Fraction(width, height)
        fields = (0, 0, 0, 0, 0, shown.numerator << 16 | shown.denominator, *size, 1, *([0] * 8))
        chunk = struct.pack("<4sI17I", b"vprp", 68, *fields) + struct.pack("<4sI", b"JUNK", room - 76)
        data[at : at + len(chunk)] = chunk
    path.write_bytes(bytes(data))
    return path


def with_matrix(path: Path, matrix: Sequence[int], *, shown: tuple[int, int] | None = None) -> Path:
    """Write the linear part (a, b, c, d) of the display matrix of an MP4 or MOV clip, and the size it is shown in."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4
    at += 4 + (32 if data[at] == 1 else 20) + 16
    a, b, c, d = (value << 16 for value in matrix)
    data[at : at + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    if shown:
        struct.pack_into(">2I", data, at + 36, shown[0] << 16, shown[1] << 16)
    path.write_bytes(bytes(data))
    return path


def joined(path: Path, parts: Sequence[Path]) -> Path:
    """Put clips one after the other without decoding them; times go on."""
    with av.open(str(path), "w") as out:
        stream: Any = None
        shift = 0
        for part in parts:
            with av.open(str(part)) as clip:
                source = clip.streams.video[0]
                stream = stream or out.add_stream_from_template(source)
                last = 0
                for packet in clip.demux(source):
                    if packet.dts is None:
                        continue
                    packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                    last = max(last, packet.pts + packet.duration)
                    packet.stream = stream
                    out.mux(packet)
                shift = last
    return path
