"""Opens a clip safely and decodes it without giving up at the first damaged packet. The errors are sentences."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import av.error
from av.stream import Disposition

from mobility_check.errors import InputError
from mobility_check.video.orientation import Geometry, geometry_of, sane_aspect

FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,gif,mpegts,mpeg,mpegvideo,flv,asf,ogg,mxf,ivf,nut,h264,hevc,m4v,dv,apng,"
    "mjpeg,mpjpeg,yuv4mpegpipe"
)
"""Containers of camera clips. Left out on purpose: playlists and scripts, which open other files or addresses."""
MAX_PIXELS = 36_000_000
"""8K and a little; a bigger picture is a broken header or an attack on the memory."""
MAX_ERRORS = 200
"""Damaged packets in a row after which the rest of the clip is left out."""
DECODERS = 1
"""Threads that decode one pass. Passes run side by side and share the cores with the models; a second thread each
gains nothing there, costs a third more processor time, and holds pictures of its own."""
Decoded = tuple[Any, Geometry]
"""A decoded frame, and how it becomes the upright picture."""
DAMAGE = (av.error.FFmpegError, EOFError)

MIN_JPEGS = 8
"""Fewer JPEG pictures in one file are a photo with its preview, or a burst, and not a stream of a camera."""
PREVIEW_FPS, PREVIEW_SHARE = 5.0, 0.25
"""Beside a stream of more frames a second, and beside one whose picture is larger than this share, a stream is a
preview: a thumbnail track, whatever its flags say."""

_JPEG = b"\xff\xd8\xff"
_PICTURES = (b"\x89PNG\r\n", b"BM", b"II*\x00", b"MM\x00*")
_ANIMATED = (b"acTL", b"ANIM")
_STILL_BRANDS = (b"heic", b"heix", b"mif1", b"msf1", b"avif")


class OpenClip:
    """An open container, ready to decode the video stream that players choose.

    Attributes:
        container, stream: PyAV's.
        damage: what is wrong with the file is added here.
    """

    def __init__(self, container: Any, stream: Any, damage: list[str]) -> None:
        self.container, self.stream, self.damage = container, stream, damage
        self._context = stream.codec_context
        self._known: dict[tuple[object, ...], Geometry] = {}
        # The container's shape of pixels goes first, as players have it. Where the bitstream's changes inside the clip,
        # its own word counts from there on: the container's is of the first part.
        self._first = self._coded = self._before = sane_aspect(self._context.sample_aspect_ratio) or 1.0
        self._shown = sane_aspect(stream.sample_aspect_ratio) or self._first
        self._since: int | None = None

    def packets(self) -> Iterator[Any]:
        """All packets of the stream; unreadable ones are skipped."""
        errors = 0
        while errors < MAX_ERRORS:
            try:
                for packet in self.container.demux(self.stream):
                    if packet.size > 0:
                        errors = 0
                        if packet.is_corrupt:
                            self.damage.append("corrupt packet")
                        yield packet
                return
            except DAMAGE as e:
                self.damage.append(str(e))
                errors += 1

    def frames(self, needed: Callable[[int | None], bool] = lambda stamp: True) -> Iterator[Decoded]:
        """Decoded frames in presentation order; undecodable packets are skipped.

        Frames whose stamp is not ``needed`` are left out where no other is built on them; the rest is not changed.
        """
        errors = 0
        for packet in self.packets():
            self._context.skip_frame = "DEFAULT" if needed(packet.pts) else "NONREF"
            found = self.decode(packet)
            errors = errors + 1 if found is None else 0
            if errors >= MAX_ERRORS:
                break
            yield from found or ()
        yield from self.decode(None) or ()

    def decode(self, packet: Any) -> list[Decoded] | None:
        """Whole frames that a packet (None: the end) brings out of the decoder; None if it could not be decoded."""
        try:
            frames = self._context.decode(packet)
        except DAMAGE as e:
            self.damage.append(str(e))
            return None
        coded = sane_aspect(self._context.sample_aspect_ratio) or 1.0
        if coded != self._coded:
            self._before, self._coded, self._since = self._coded, coded, packet and packet.pts
        whole = [(frame, self._geometry(frame)) for frame in frames if not frame.is_corrupt]
        if len(whole) < len(frames):
            self.damage.append("corrupt frame")
        return whole

    def _geometry(self, frame: Any) -> Geometry:
        # frames that were put back by reordering keep the shape of pixels from before its change
        earlier = self._since is not None and frame.pts is not None and frame.pts < self._since
        coded = self._before if earlier else self._coded
        aspect = self._shown if coded == self._first else coded
        kind = frame.width, frame.height, frame.rotation, aspect
        if kind not in self._known:  # asking a frame for its side data keeps it in memory until the next collection
            self._known[kind] = geometry_of(frame, pixel_aspect=aspect)
        return self._known[kind]


@contextmanager
def opened(
    path: str | os.PathLike[str], *, damage: list[str], rough: bool = False, options: Mapping[str, str] = {}
) -> Iterator[OpenClip]:
    """The clip, open for reading and decoding, closed at the end.

    A ``rough`` decoder leaves out the filter that smooths the borders of blocks: half the time, and pictures that drift
    a little (a grey level or so) from one key frame to the next.

    What is found to be wrong with the file is added to ``damage``; ``options`` are further ones of the demuxer.

    Raises:
        InputError: not a clip that can be read; the sentence says why and what to do.
    """
    jpegs = check_file(path)
    try:
        # "file:" keeps names such as "concat:a|b" or "http:x" from being taken for addresses.
        container = av.open(
            f"file:{os.fspath(path)}",
            format="mjpeg" if jpegs else None,
            options={"format_whitelist": FORMATS, **options},
            metadata_errors="ignore",
        )
    except DAMAGE as e:
        raise _why_not_opened(path) from e
    with container:
        stream = _video_stream(container, path)
        context = stream.codec_context
        check_size(context.width, context.height, path=path)
        context.options = {"max_pixels": str(MAX_PIXELS), **({"skip_loop_filter": "all"} if rough else {})}
        context.thread_count = DECODERS
        yield OpenClip(container, stream, damage)


def check_file(path: str | os.PathLike[str]) -> bool:
    """Whether the file is a row of JPEG pictures; what is no file or only a picture is refused.

    Raises:
        InputError: as said.
    """
    p = Path(path)
    try:
        if not p.exists():
            raise InputError("There is no file '{path}'; check the name and the folder.", path=p)
        if p.is_dir():
            raise InputError("'{path}' is a folder, not a video; name the clip inside it.", path=p)
        if not p.is_file():
            raise InputError("'{path}' is not an ordinary file; save the video as a file first.", path=p)
        if p.stat().st_size == 0:
            raise InputError("'{path}' is empty (0 bytes); copy the clip from the camera again.", path=p)
        head = _head(p)
    except (OSError, ValueError) as e:
        raise InputError(
            "'{path}' cannot be opened ({why}); check the name and that you may read it.",
            path=p,
            why=getattr(e, "strerror", None) or e,
        ) from e
    jpegs = head.startswith(_JPEG)
    if _is_picture(head) or (jpegs and _is_one_picture(path)):
        raise InputError("'{path}' is a picture, not a video; film the movement and name that clip.", path=p)
    return jpegs


def _head(path: Path) -> bytes:
    with path.open("rb") as f:
        return f.read(4096)


def _is_picture(head: bytes) -> bool:
    webp = head[:4] == b"RIFF" and head[8:12] == b"WEBP"
    heif = head[4:8] == b"ftyp" and head[8:12] in _STILL_BRANDS
    return (webp or heif or head.startswith(_PICTURES)) and not any(chunk in head for chunk in _ANIMATED)


def _why_not_opened(path: str | os.PathLike[str]) -> InputError:
    """The most helpful sentence for a file that no demuxer takes."""
    head = _head(Path(path))
    if head[4:8] in (b"ftyp", b"mdat", b"wide", b"free", b"moov"):
        return InputError(
            "'{path}' is damaged: its index is missing, as after a recording or copy that was cut off; copy the clip"
            " from the camera again.",
            path=path,
        )
    if b"\0" not in head and all(c >= 32 or c in b"\t\r\n\f" for c in head):
        return InputError("'{path}' holds text, not a video; name a clip such as an .mp4 or .mov file.", path=path)
    return InputError(
        "'{path}' is not a video that can be read; convert it to MP4 (H.264) or copy it from the camera again.",
        path=path,
    )


def _is_one_picture(path: str | os.PathLike[str]) -> bool:
    """Whether a file that begins with a JPEG holds too few of them to be a film."""
    with av.open(f"file:{os.fspath(path)}", format="mjpeg", metadata_errors="ignore") as container:
        try:
            return sum(1 for _ in zip(range(MIN_JPEGS), container.demux(), strict=False)) < MIN_JPEGS
        except DAMAGE:
            return True


def _video_stream(container: Any, path: str | os.PathLike[str]) -> Any:
    """The stream that players show: no cover, no thumbnails; the default one or else the largest, first of equals.

    Previews are left out even where they are marked as default, as by programs that mark whatever comes first.
    """
    extras = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image | Disposition.dependent
    films = [s for s in container.streams.video if not s.disposition & extras]
    if not films:
        raise InputError("'{path}' holds sound but no picture; name the clip with the video.", path=path)
    known = [s for s in films if s.codec_context is not None]
    if not known:
        raise InputError(
            "'{path}' is damaged or in a video format that is not known here; copy it again or convert it to "
            "MP4 (H.264).",
            path=path,
        )
    moving = [s for s in known if (s.average_rate or s.guessed_rate or PREVIEW_FPS) >= PREVIEW_FPS] or known
    full = [s for s in moving if _area(s) >= PREVIEW_SHARE * max(map(_area, moving))]
    return max(full, key=lambda s: (bool(s.disposition & Disposition.default), _area(s)))


def _area(stream: Any) -> int:
    return int(stream.width * stream.height)


def check_size(width: int, height: int, *, path: str | os.PathLike[str]) -> None:
    """Refuse pictures beyond 8K before memory is taken for them.

    Raises:
        InputError: the size is absurd.
    """
    if width * height > MAX_PIXELS:
        raise InputError(
            "'{path}' has pictures of {width} × {height} pixels, which is more than 8K; convert the clip to "
            "1080p and try again.",
            path=path,
            width=width,
            height=height,
        )
