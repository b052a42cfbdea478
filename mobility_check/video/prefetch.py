"""Lets one stage of a pipeline work ahead of the next in a thread of its own."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

T = TypeVar("T")
DEPTH = 3
"""Pictures that wait between two stages: enough to even out slow ones, little memory."""
_END: Final = object()


def prefetch(items: Iterable[T], *, depth: int = DEPTH) -> Iterator[T]:
    """The same items in the same order, made in a thread up to ``depth`` of them before they are asked for.

    An error of the maker is raised in its place. When the taker stops early, the maker stops after those it has begun.
    """
    source = iter(items)
    with ThreadPoolExecutor(1) as maker:
        waiting = deque(maker.submit(next, source, _END) for _ in range(depth))
        while (item := waiting.popleft().result()) is not _END:
            waiting.append(maker.submit(next, source, _END))
            yield item  # type: ignore[misc]
