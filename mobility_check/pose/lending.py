"""A back end that opens each model for stills once, before it is needed if there is time."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager, ExitStack, nullcontext

from mobility_check.pose.base import Backend, Estimator


class Lending:
    """Lends out one estimator for each kind of stills; leaving the block closes them all."""

    def __init__(self, backend: Backend) -> None:
        self._closing, self._turn = ExitStack(), threading.Lock()
        self._open: dict[tuple[str, int, bool], Estimator] = {}
        self._backend, self.name = backend, backend.name
        self.identity, self.video = backend.identity, backend.video

    def __enter__(self) -> Lending:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all that was lent; nobody may be using it."""
        self._closing.close()

    def stills(self, model: str, *, max_people: int = 1, masks: bool = False) -> AbstractContextManager[Estimator]:
        """The estimator of this kind, opened when it is first asked for."""
        key = (model, max_people, masks)
        with self._turn:
            if key not in self._open:
                opened = self._backend.stills(model, max_people=max_people, masks=masks)
                self._open[key] = self._closing.enter_context(opened)
        return nullcontext(self._open[key])
