"""Which prompt is on the screen and when one is spoken: never too often, never a stale one."""

from __future__ import annotations

from mobility_check.live.view import Prompt

SETTLE_S = 0.6
"""A new standing prompt must hold for this long before it is spoken, so that flicker is not read out."""
QUIET_S = 2.5
"""Pause after any spoken prompt before a standing prompt speaks."""
FLASH_S = 2.0
"""How long the outcome of a kick stays on the screen."""


class Prompter:
    """Mixes standing prompts (what to do now) with flashes (what just happened)."""

    def __init__(self) -> None:
        self._standing: Prompt | None = None
        self._standing_since_s = 0.0
        self._flash: Prompt | None = None
        self._flash_until_s = 0.0
        self._spoken: Prompt | None = None
        self._spoken_s = -1e9
        self._due: Prompt | None = None

    def flash(self, prompt: Prompt, *, time_s: float, for_s: float = FLASH_S) -> None:
        """Show this for a moment and speak it at once."""
        self._flash, self._flash_until_s = prompt, time_s + for_s
        self._due = prompt

    def update(self, standing: Prompt, *, time_s: float, repeat_s: float) -> tuple[Prompt, Prompt | None]:
        """What to show and what to speak in this picture, given what the person should do now."""
        if self._standing is None or standing.code != self._standing.code:
            self._standing_since_s = time_s
        self._standing = standing
        showing = self._flash if self._flash and time_s < self._flash_until_s else standing
        return showing, self._speech(standing, showing=showing, time_s=time_s, repeat_s=repeat_s)

    def _speech(self, standing: Prompt, *, showing: Prompt, time_s: float, repeat_s: float) -> Prompt | None:
        due, self._due = self._due, None
        if due is None and showing is standing and time_s - self._standing_since_s >= SETTLE_S:
            quiet_s = time_s - self._spoken_s
            again = self._spoken is not None and self._spoken.code == standing.code
            if quiet_s >= (repeat_s if again else QUIET_S):
                due = standing
        if due is None or not due.say:
            return None
        self._spoken, self._spoken_s = due, time_s
        return due
