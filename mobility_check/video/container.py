"""Opens a clip safely and decodes it without giving up at the first damaged packet. The errors are sentences."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import av.error

from mobility_check.errors import InputError

FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,gif,mpegts,mpeg,mpegvideo,flv,asf,ogg,mxf,ivf,nut,h264,hevc,m4v,dv,apng"
)
"""Containers of camera clips. Left out on purpose: playlists and scripts, which open other files or addresses."""
MAX_PIXELS = 36_000_000
"""8K and a little; a bigger picture is a broken header or an attack on the memory."""
MAX_ERRORS = 200
"""Damaged packets in a row after which the rest of the clip is given up."""
DECODERS = 1
"""Threads that decode one pass. Passes run side by side and share the cores with the models; a second thread each
gains nothing there, costs a third more processor time, and holds pictures of its own."""
DAMAGE = (av.error.FFmpegError, EOFError)

_PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"BM", b"II*\x00", b"MM\x00*")
_STILL_BRANDS = (b"heic", b"heix", b"mif1", b"msf1", b"avif")


@contextmanager
def opened(path: str | os.PathLike[str], *, rough: bool = False) -> Iterator[tuple[Any, Any]]:
    """The container and its video stream, closed at the end.

    A ``rough`` decoder leaves out the filter that smooths the borders of blocks: half the time, and pictures that drift
    a little (a grey level or so) from one key frame to the next.

    Raises:
        InputError: not a clip that can be read; the sentence says why and what to do.
    """
    _check_file(path)
    try:
        # "file:" keeps names such as "concat:a|b" or "http:x" from being taken for addresses.
        container = av.open(f"file:{os.fspath(path)}", options={"format_whitelist": FORMATS}, metadata_errors="ignore")
    except DAMAGE as e:
        raise InputError(_why_not_opened(path)) from e
    with container:
        yield container, _video_stream(container, path, rough=rough)


def check_clip(path: str | os.PathLike[str]) -> None:
    """Find out that a clip cannot be read before minutes of work on others, not after.

    Raises:
        InputError: as :func:`opened` does.
    """
    with opened(path):
        pass


def _check_file(path: str | os.PathLike[str]) -> None:
    p = Path(path)
    try:
        if not p.exists():
            raise InputError(f"There is no file '{p}'; check the name and the folder.")
        if p.is_dir():
            raise InputError(f"'{p}' is a folder, not a video; name the clip inside it.")
        if not p.is_file():
            raise InputError(f"'{p}' is not an ordinary file; save the video as a file first.")
        if p.stat().st_size == 0:
            raise InputError(f"'{p}' is empty (0 bytes); copy the clip from the camera again.")
        head = _head(p)
    except (OSError, ValueError) as e:
        raise InputError(f"'{p}' cannot be opened ({_os_text(e)}); check the name and that you may read it.") from e
    if _is_picture(head):
        raise InputError(f"'{p}' is a picture, not a video; film the movement and name that clip.")


def _os_text(e: Exception) -> str:
    return (e.strerror if isinstance(e, OSError) else None) or str(e)


def _head(path: Path) -> bytes:
    with path.open("rb") as f:
        return f.read(4096)


def _is_picture(head: bytes) -> bool:
    webp = head[:4] == b"RIFF" and head[8:12] == b"WEBP"
    heif = head[4:8] == b"ftyp" and head[8:12] in _STILL_BRANDS
    return webp or heif or head.startswith(_PICTURES)


def _why_not_opened(path: str | os.PathLike[str]) -> str:
    """The most helpful sentence for a file that no demuxer takes."""
    head = _head(Path(path))
    if head[4:8] in (b"ftyp", b"mdat", b"wide", b"free", b"moov"):
        return (
            f"'{path}' is damaged: its index is missing, as after a recording or copy that was cut off;"
            " copy the clip from the camera again."
        )
    if b"\0" not in head and all(c >= 32 or c in b"\t\r\n\f" for c in head):
        return f"'{path}' holds text, not a video; name a clip such as an .mp4 or .mov file."
    return f"'{path}' is not a video that can be read; convert it to MP4 (H.264) or copy it from the camera again."


def _video_stream(container: Any, path: str | os.PathLike[str], *, rough: bool) -> Any:
    """The first real video stream, ready to decode."""
    stream = next((s for s in container.streams.video if not _is_cover_art(s)), None)
    if stream is None:
        raise InputError(f"'{path}' holds sound but no picture; name the clip with the video.")
    context = stream.codec_context
    if context is None:
        raise InputError(
            f"'{path}' is damaged or in a video format that is not known here; copy it again or convert it"
            " to MP4 (H.264)."
        )
    check_size(context.width, context.height, path=path)
    context.options = {"max_pixels": str(MAX_PIXELS), **({"skip_loop_filter": "all"} if rough else {})}
    context.thread_count = DECODERS
    return stream


def _is_cover_art(stream: Any) -> bool:
    return bool(stream.disposition & type(stream.disposition).attached_pic)


def check_size(width: int, height: int, *, path: str | os.PathLike[str]) -> None:
    """Refuse pictures beyond 8K before memory is taken for them.

    Raises:
        InputError: the size is absurd.
    """
    if width * height > MAX_PIXELS:
        raise InputError(
            f"'{path}' has pictures of {width} × {height} pixels, which is more than 8K;"
            " convert the clip to 1080p and try again."
        )


def packets(container: Any, stream: Any, *, damage: list[str]) -> Iterator[Any]:
    """All packets of the stream; unreadable ones are skipped and told in ``damage``."""
    errors = 0
    while errors < MAX_ERRORS:
        try:
            for packet in container.demux(stream):
                if packet.size > 0:
                    errors = 0
                    if packet.is_corrupt:
                        damage.append("corrupt packet")
                    yield packet
            return
        except DAMAGE as e:
            damage.append(str(e))
            errors += 1


def pictures(
    container: Any, stream: Any, *, damage: list[str], needed: Callable[[int | None], bool] | None = None
) -> Iterator[Any]:
    """Decoded frames in presentation order; undecodable packets are skipped and told in ``damage``.

    Frames whose stamp is not ``needed`` are left out where no other frame is built on them; the rest is not changed.
    """
    errors = 0
    for packet in packets(container, stream, damage=damage):
        if needed is not None:
            stream.codec_context.skip_frame = "DEFAULT" if needed(packet.pts) else "NONREF"
        frames, failed = _decoded(stream, packet, damage=damage)
        errors = errors + 1 if failed else 0
        if errors >= MAX_ERRORS:
            break
        yield from frames
    yield from _decoded(stream, None, damage=damage)[0]


def _decoded(stream: Any, packet: Any, *, damage: list[str]) -> tuple[list[Any], bool]:
    try:
        frames = stream.codec_context.decode(packet)
    except DAMAGE as e:
        damage.append(str(e))
        return [], True
    whole = [f for f in frames if not f.is_corrupt]
    if len(whole) < len(frames):
        damage.append("corrupt frame")
    return whole, False
