"""Keeps the process small: settings of the C library that matter when large models come and go."""

from __future__ import annotations

import ctypes
import sys
from typing import Any

_M_ARENA_MAX = -8
"""Name of the setting in glibc's malloc.h."""
_ARENAS = 2
_M_MMAP_THRESHOLD = -3
_OWN_PAGES_BYTES = 4 << 20
"""Blocks from this size on lie in pages of their own, so that freeing them leaves no hole. glibc would raise its bound
to 32 MB at the first large block that is freed, and holes add up over a long clip."""
_M_TRIM_THRESHOLD = -1
_KEPT_BYTES = 32 << 20
"""Freed memory that a pool keeps while pictures of one size come and go; glibc would keep 128 KB."""


def hold_little() -> None:
    """Let threads share their pools of memory; call it before they start.

    glibc gives each of the many threads of a landmarker a pool of its own, which costs some 40 MB and gains no time.
    """
    if (mallopt := _c_library_call("mallopt")) is not None:
        mallopt(_M_ARENA_MAX, _ARENAS)
        mallopt(_M_MMAP_THRESHOLD, _OWN_PAGES_BYTES)


def keep_for_pictures() -> None:
    """Keep what a picture leaves for the next of its size: asking the system anew costs as much as scaling one."""
    if (mallopt := _c_library_call("mallopt")) is not None:
        mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)


def give_back() -> None:
    """Return freed memory to the system.

    glibc keeps what a closed landmarker freed (some 100 MB), and the next model would come on top of it. It also keeps
    the holes between what is still used, which add up to 100 MB over ten minutes of a clip.
    """
    if (trim := _c_library_call("malloc_trim")) is not None:
        trim(0)


def _c_library_call(name: str) -> Any:
    """The function, or None where the system's C library has none of that name."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
