"""Speaks prompts with the operating system's own voice, one at a time, in a process of its own.

A child process (macOS ``say``, Windows' speech synthesiser, ``spd-say`` or ``espeak-ng`` on Linux) instead of a
binding such as pyttsx3: it needs no package, can be cut off, and a voice that hangs or crashes takes nothing with it.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from mobility_check.language import N_, gettext
from mobility_check.live.view import Prompt

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


@dataclass(frozen=True, slots=True)
class Voice:
    """How this computer speaks: a command line, and how the text reaches it (words of the command, or environment)."""

    command: tuple[str, ...]
    text_in: Literal["argument", "environment"] = "argument"


def find_voice(language: str) -> Voice | None:
    """This computer's voice for a language, or ``None`` when it has none."""
    system = platform.system()
    if system == "Darwin" and shutil.which("say"):
        name = MAC_VOICES.get(language)
        return Voice(("say", *(("-v", name) if name else ()), "--"))
    if system == "Windows" and shutil.which("powershell"):
        return Voice(("powershell", "-NoProfile", "-NonInteractive", "-Command", POWERSHELL), "environment")
    if shutil.which("spd-say"):
        return Voice(("spd-say", "--wait", "--language", language, "--"))
    for program in ("espeak-ng", "espeak"):
        if shutil.which(program):
            return Voice((program, "-v", language, "--"))
    return None


class Speaker:
    """Speaks in a thread; the newest waiting prompt wins, an urgent one cuts off what is being said.

    Args:
        voice: how to speak; ``None`` keeps silent.
        language: handed to voices that choose by language.
        on_silent: told once, with one sentence, when nothing can be spoken.
    """

    def __init__(self, voice: Voice | None, *, language: str = "en", on_silent: Callable[[str], None]) -> None:
        self._voice, self._language, self._on_silent = voice, language, on_silent
        self._wake = threading.Condition()
        self._waiting: tuple[Prompt, float] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._closing = False
        if voice is None:
            on_silent(gettext("This computer has no voice that can be used; everything is on the screen."))
        self._thread = threading.Thread(target=self._run, name="speech", daemon=True)
        self._thread.start()

    def say(self, prompt: Prompt) -> None:
        """Speak this as soon as the voice is free; a waiting older prompt is dropped."""
        if not prompt.say or self._voice is None:
            return
        with self._wake:
            self._waiting = (prompt, time.monotonic())
            if prompt.urgent and self._process is not None:
                self._process.kill()
            self._wake.notify()

    def close(self, *, finish: bool = False) -> None:
        """Stop; with ``finish`` what is being said and what waits is said to its end first."""
        if finish:
            self._drain()
        with self._wake:
            self._closing, self._waiting = True, None
            if self._process is not None:
                self._process.kill()
            self._wake.notify()
        self._thread.join(timeout=2.0)

    def _drain(self) -> None:
        until_s = time.monotonic() + LONGEST_S
        while (self._waiting or self._process) and self._voice and time.monotonic() < until_s:
            time.sleep(0.05)

    def _run(self) -> None:
        while (prompt := self._next()) is not None:
            if self._voice is None:
                continue
            if not self._speak(self._voice, prompt.say):
                self._voice = None
                self._on_silent(gettext(NO_SOUND))

    def _next(self) -> Prompt | None:
        with self._wake:
            while not self._closing:
                waiting, self._waiting = self._waiting, None
                if waiting is not None and time.monotonic() - waiting[1] < STALE_S:
                    return waiting[0]
                self._wake.wait()
            return None

    def _speak(self, voice: Voice, text: str) -> bool:
        """Say it; false when the voice does not work here."""
        try:
            process = subprocess.Popen(
                [*voice.command, text] if voice.text_in == "argument" else voice.command,
                env={**os.environ, "MOBILITY_CHECK_SAY": text, "MOBILITY_CHECK_LANG": self._language},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
        except OSError:
            return False
        with self._wake:
            self._process = process
        worked = _finished(process)
        with self._wake:
            self._process = None
        return worked


def _finished(process: subprocess.Popen[bytes]) -> bool:
    """Wait for the voice; ``espeak`` without a sound card still ends with 0, so its complaint is read too."""
    try:
        _, complaint = process.communicate(timeout=LONGEST_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return True
    silent = b"Unknown PCM default" in complaint or b"cannot find card" in complaint
    return process.returncode <= 0 and not silent
