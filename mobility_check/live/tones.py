"""Short tones for counted and not counted kicks, made with NumPy and played through the sound card if there is one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mobility_check.language import gettext
from mobility_check.live.speech import NO_SOUND
from mobility_check.live.view import Tone

RATE_HZ = 44100
NOTES: dict[Tone, tuple[tuple[float, float], ...]] = {
    "accepted": ((660.0, 0.09), (880.0, 0.16)),
    "rejected": ((330.0, 0.14), (247.0, 0.22)),
    "ready": ((523.0, 0.12),),
    "finished": ((523.0, 0.12), (659.0, 0.12), (784.0, 0.25)),
}
"""(frequency in Hz, length in s) one after the other; rising means good, falling means not counted."""


def waveform(tone: Tone, *, volume: float = 0.3) -> NDArray[np.float32]:
    """The tone's samples, -1..1, with soft edges so that it does not click."""
    notes = [_note(frequency_hz, length_s) for frequency_hz, length_s in NOTES[tone]]
    return (volume * np.concatenate(notes)).astype(np.float32)


def _note(frequency_hz: float, length_s: float) -> NDArray[np.float64]:
    t = np.arange(int(RATE_HZ * length_s)) / RATE_HZ
    edge = np.clip(np.minimum(t, length_s - t) / 0.01, 0, 1)
    wave: NDArray[np.float64] = np.sin(2 * np.pi * frequency_hz * t) * edge
    return wave


class TonePlayer:
    """Plays tones without waiting for them; without a sound card it stays silent and says so once."""

    def __init__(self, *, on_silent: Callable[[str], None]) -> None:
        self._on_silent = on_silent
        self._device: Any = None
        try:
            import sounddevice
        except (ImportError, OSError):  # OSError: PortAudio itself is missing
            on_silent(gettext("Tones need the PortAudio library, which is not installed; everything is on the screen."))
            return
        try:
            sounddevice.check_output_settings(samplerate=RATE_HZ, channels=1)
            self._device = sounddevice
        except (sounddevice.PortAudioError, ValueError):
            on_silent(gettext(NO_SOUND))

    def play(self, tone: Tone) -> None:
        """Start the tone; a tone that is still sounding is cut off."""
        if self._device is None:
            return
        try:
            self._device.play(waveform(tone), samplerate=RATE_HZ)
        except (self._device.PortAudioError, OSError):
            self._device = None
            self._on_silent(gettext(NO_SOUND))
