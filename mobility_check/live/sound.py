"""Voice and tones: prompts in the operating system's own voice, tones made with NumPy.

The voice is a process (macOS ``say``, Windows' speech synthesiser, ``spd-say`` or ``espeak-ng`` on Linux) instead of a
binding such as pyttsx3: it needs no package, can be cut off, and a voice that hangs or crashes takes nothing with it.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from tempfile import TemporaryFile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mobility_check.language import N_, gettext
from mobility_check.live.view import Prompt, Tone, View

STALE_S = 2.5
"""A prompt that could not be spoken within this time is dropped: it no longer fits what the person does."""
LONGEST_S = 15.0
NO_SOUND = N_("There is no sound output; everything is on the screen.")
POWERSHELL = (
    "Add-Type -AssemblyName System.Speech;"
    "$s = New-Object System.Speech.Synthesis.SpeechSynthesizer;"
    "try { $s.SelectVoiceByHints('NotSet', 'NotSet', 0, $env:MOBILITY_CHECK_LANG) } catch {};"
    "$s.Speak($env:MOBILITY_CHECK_SAY)"
)
MAC_VOICES = {"en": "Samantha", "de": "Anna", "es": "Mónica", "fr": "Thomas"}
RATE_HZ, VOLUME = 44100, 0.3
NOTES: dict[Tone, tuple[tuple[float, float], ...]] = {
    "accepted": ((660.0, 0.09), (880.0, 0.16)),
    "rejected": ((330.0, 0.14), (247.0, 0.22)),
    "ready": ((523.0, 0.12),),
    "finished": ((523.0, 0.12), (659.0, 0.12), (784.0, 0.25)),
}
"""(frequency in Hz, length in s) one after the other; rising means good, falling means not counted."""

Voice = Callable[[str], Sequence[str]]
"""Gives the command line that speaks a text."""


def find_voice(language: str) -> Voice | None:
    """This computer's voice for a language, or ``None`` when it has none."""
    system = platform.system()
    if system == "Windows" and shutil.which("powershell"):  # the text is in the environment, never read as code
        return lambda text: ("powershell", "-NoProfile", "-NonInteractive", "-Command", POWERSHELL)
    programs: dict[str, tuple[str, ...]] = {
        "spd-say": ("--wait", "--language", language),
        "espeak-ng": ("-v", language),
        "espeak": ("-v", language),
    }
    if system == "Darwin":
        programs = {"say": ("-v", MAC_VOICES[language]) if language in MAC_VOICES else ()}
    program = next((name for name in programs if shutil.which(name)), None)
    return (lambda text: (program, *programs[program], "--", text)) if program else None


class Speaker:
    """Speaks one prompt at a time; the newest waiting one wins, an urgent one cuts off what is being said.

    No thread waits for the voice: it goes on when :meth:`go_on` is called, as with every frame. ``on_silent`` is told
    once, with one sentence, when nothing can be spoken.
    """

    def __init__(self, voice: Voice | None, *, language: str = "en", on_silent: Callable[[str], None]) -> None:
        self._voice, self._language, self._on_silent = voice, language, on_silent
        self._waiting: Prompt | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._asked_s = self._started_s = 0.0
        self._complaints = TemporaryFile()  # noqa: SIM115 - a pipe is open as long as a daemon that the voice starts
        if voice is None:
            on_silent(gettext("This computer has no voice that can be used; everything is on the screen."))

    def say(self, prompt: Prompt) -> None:
        """Speak this as soon as the voice is free; a waiting older prompt is dropped."""
        if prompt.say:
            self._waiting, self._asked_s = prompt, time.monotonic()
            if prompt.urgent:
                self._cut_off()
            self.go_on()

    def go_on(self) -> bool:
        """Speak what waits if the voice is free; whether it is speaking now."""
        if self._process is not None:
            if self._process.poll() is None and time.monotonic() - self._started_s < LONGEST_S:
                return True
            if self._process.returncode is not None and not self._was_heard(self._process.returncode):
                self._be_silent()
            self._cut_off()
        prompt, self._waiting = self._waiting, None
        if prompt is not None and self._voice is not None and time.monotonic() - self._asked_s < STALE_S:
            self._start(self._voice, prompt.say)
        return self._process is not None

    def close(self, *, finish: bool = False) -> None:
        """Stop; with ``finish`` what is being said and what waits is said to its end first."""
        while finish and self.go_on():
            time.sleep(0.05)
        self._cut_off()
        self._complaints.close()

    def _start(self, voice: Voice, text: str) -> None:
        self._started_s = time.monotonic()
        try:
            self._process = subprocess.Popen(
                voice(text),
                env={**os.environ, "MOBILITY_CHECK_SAY": text, "MOBILITY_CHECK_LANG": self._language},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._complaints,
            )
        except OSError:
            self._be_silent()

    def _cut_off(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _was_heard(self, code: int) -> bool:
        """``espeak`` without a sound card still ends with 0, so its complaint is read too."""
        self._complaints.seek(0)
        complaint = self._complaints.read()
        return code <= 0 and b"Unknown PCM default" not in complaint and b"cannot find card" not in complaint

    def _be_silent(self) -> None:
        self._voice = None
        self._on_silent(gettext(NO_SOUND))


class Sound:
    """What is heard of a session; without a sound card tones are left out, and it is said once."""

    def __init__(self, language: str, *, on_silent: Callable[[str], None]) -> None:
        self.speaker = Speaker(find_voice(language), language=language, on_silent=on_silent)
        self._on_silent = on_silent
        self._device: Any = None
        try:
            import sounddevice

            self._device = sounddevice
        except (ImportError, OSError):  # OSError: PortAudio itself is missing
            on_silent(gettext("Tones need the PortAudio library, which is not installed; everything is on the screen."))

    def play(self, view: View) -> None:
        """Say and sound what a view asks for, without waiting; a tone that is still sounding is cut off."""
        self.speaker.go_on()
        if view.say is not None:
            self.speaker.say(view.say)
        if view.tone is None or self._device is None:
            return
        try:
            self._device.play(waveform(view.tone), samplerate=RATE_HZ)
        except (self._device.PortAudioError, OSError, ValueError):
            self._device = None
            self._on_silent(gettext(NO_SOUND))


def waveform(tone: Tone) -> NDArray[np.float32]:
    """The tone's samples, -1..1, with soft edges so that it does not click."""
    notes = []
    for frequency_hz, length_s in NOTES[tone]:
        t = np.arange(int(RATE_HZ * length_s)) / RATE_HZ
        edge = np.clip(np.minimum(t, length_s - t) / 0.01, 0, 1)
        notes.append(VOLUME * np.sin(2 * np.pi * frequency_hz * t) * edge)
    return np.concatenate(notes).astype(np.float32)
