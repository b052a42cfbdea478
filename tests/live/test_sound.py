from __future__ import annotations

import dataclasses
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mobility_check.live import sound
from mobility_check.live.sound import NO_SOUND, NOTES, RATE_HZ, Speaker, Voice, find_voice, waveform
from mobility_check.live.view import Prompt
from tests.live.helpers import make_engine

TALK = """
import sys, time
with open(sys.argv[1], "a") as out:
    print("begin", sys.argv[2], file=out, flush=True)
    time.sleep(0.4)
    print("end", sys.argv[2], file=out, flush=True)
"""


def prompt(say: str, *, urgent: bool = False) -> Prompt:
    return Prompt(say, say, say, urgent)


def wait_for(what: Callable[[], object], *, timeout_s: float = 10.0) -> None:
    until_s = time.monotonic() + timeout_s
    while not what():
        assert time.monotonic() < until_s, "waited too long"
        time.sleep(0.02)


@pytest.fixture
def talker(tmp_path: Path) -> tuple[Voice, Callable[[], list[str]]]:
    """A voice that writes down when it begins and ends to speak."""
    log, script = tmp_path / "said", tmp_path / "talk.py"
    script.write_text(TALK)
    log.touch()
    return lambda text: (sys.executable, str(script), str(log), text), lambda: log.read_text().splitlines()


def test_it_never_talks_over_itself_and_the_newest_waiting_prompt_wins(
    talker: tuple[Voice, Callable[[], list[str]]],
) -> None:
    voice, heard = talker
    speaker = Speaker(voice, on_silent=pytest.fail)
    speaker.say(prompt("one"))
    wait_for(heard)
    for text in ("two", "three", "four"):
        speaker.say(prompt(text))
    speaker.close(finish=True)
    assert heard() == ["begin one", "end one", "begin four", "end four"]


def test_an_urgent_prompt_cuts_off_what_is_being_said(talker: tuple[Voice, Callable[[], list[str]]]) -> None:
    voice, heard = talker
    speaker = Speaker(voice, on_silent=pytest.fail)
    speaker.say(prompt("long"))
    wait_for(heard)
    speaker.say(prompt("stop", urgent=True))
    speaker.close(finish=True)
    assert heard() == ["begin long", "begin stop", "end stop"]


def test_closing_is_quick(talker: tuple[Voice, Callable[[], list[str]]]) -> None:
    voice, heard = talker
    speaker = Speaker(voice, on_silent=pytest.fail)
    speaker.say(prompt("one"))
    wait_for(heard)
    speaker.close()
    assert heard() == ["begin one"], "nobody waited for the end of the sentence"


def test_no_voice_is_told_once_and_nothing_breaks() -> None:
    told: list[str] = []
    speaker = Speaker(None, on_silent=told.append)
    for n in range(3):
        speaker.say(prompt(str(n)))
    speaker.close(finish=True)
    assert len(told) == 1
    assert "no voice" in told[0]


@pytest.mark.parametrize("script", ["raise SystemExit(1)", "import sys; sys.stderr.write('Unknown PCM default')"])
def test_a_voice_without_sound_output_is_told_once(script: str) -> None:
    told: list[str] = []
    speaker = Speaker(lambda text: (sys.executable, "-c", script, text), on_silent=told.append)
    for n in range(3):
        speaker.say(prompt(str(n)))
        time.sleep(0.05)
    wait_for(lambda: speaker.go_on() or told)
    speaker.close(finish=True)
    assert len(told) == 1


def test_a_voice_that_is_gone_is_told_once() -> None:
    told: list[str] = []
    speaker = Speaker(lambda text: ("/no/such/voice", text), on_silent=told.append)
    speaker.say(prompt("hello"))
    wait_for(lambda: told)
    speaker.close()
    assert len(told) == 1


def test_prompts_without_words_are_not_spoken(talker: tuple[Voice, Callable[[], list[str]]]) -> None:
    voice, heard = talker
    speaker = Speaker(voice, on_silent=pytest.fail)
    speaker.say(prompt(""))
    speaker.close(finish=True)
    assert heard() == []


@pytest.mark.parametrize(
    ("system", "program", "expected"),
    [
        ("Darwin", "say", ("say", "-v", "Anna", "--", "Hi")),
        ("Linux", "spd-say", ("spd-say", "--wait", "--language", "de", "--", "Hi")),
        ("Linux", "espeak-ng", ("espeak-ng", "-v", "de", "--", "Hi")),
        ("Windows", "powershell", None),
        ("Linux", "none", None),
    ],
)
def test_each_system_speaks_with_its_own_voice(
    system: str, program: str, expected: tuple[str, ...] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.system", lambda: system)
    monkeypatch.setattr("shutil.which", lambda name: name if name == program else None)
    voice = find_voice("de")
    if program == "none":
        assert voice is None
    elif expected is None:
        assert voice is not None
        assert voice("Hi")[0] == "powershell"
        assert "Hi" not in voice("Hi"), "PowerShell never sees the text as code"
    else:
        assert voice is not None
        assert voice("Hi") == expected


@pytest.mark.parametrize("tone", list(NOTES))
def test_tones_are_short_and_start_and_end_softly(tone: str) -> None:
    wave = waveform(tone)  # type: ignore[arg-type]
    assert 0.1 < len(wave) / RATE_HZ < 0.6
    assert abs(wave[0]) < 0.01
    assert abs(wave[-1]) < 0.01
    assert 0.2 < np.abs(wave).max() <= 0.31


def test_accepted_rises_and_rejected_falls() -> None:
    assert [f for f, _ in NOTES["accepted"]] == sorted(f for f, _ in NOTES["accepted"])
    assert [f for f, _ in NOTES["rejected"]] == sorted((f for f, _ in NOTES["rejected"]), reverse=True)


class NoSoundCard:
    """Stands in for ``sounddevice`` on a computer that cannot play."""

    PortAudioError = RuntimeError

    def play(self, *_: object, **__: object) -> None:
        raise self.PortAudioError


def test_without_a_sound_card_tones_are_silent_and_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", NoSoundCard())
    monkeypatch.setattr(sound, "find_voice", lambda language: lambda text: ())
    told: list[str] = []
    heard, view = sound.Sound("en", on_silent=told.append), make_engine().plain("kick", prompt(""))
    heard.play(dataclasses.replace(view, tone="accepted"))
    heard.play(dataclasses.replace(view, tone="rejected"))
    heard.speaker.close()
    assert told == [NO_SOUND]
