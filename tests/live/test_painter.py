from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from mobility_check.kinematics.landmarks import SIDES
from mobility_check.language import LANGUAGES, gettext, speaking
from mobility_check.live.faces import ARROW, CROSS, LOOKS, RING, TICK, WAIT, Painter
from mobility_check.live.prompts import end_card, load_texts, prompt, reason, word
from mobility_check.live.runner import Stats
from mobility_check.live.view import KickDot, View
from mobility_check.pose.mediapipe import _loaded_later
from mobility_check.results.reasons import reason as limit
from mobility_check.video.canvas import PAPER, letters, text_width
from synthetic.factories import make_result, make_side
from synthetic.stickfigure import kicks
from tests.live.helpers import make_engine, play, session

STATS = Stats(29.0, 25.0, 31.0, 12.0, 60.0)


@pytest.fixture(scope="module")
def kicking() -> View:
    """The right leg is held up."""
    return next(
        v for v in play(session(kicks("right", first_s=3.0, count=1), turns_s=(), duration_s=6.0)) if v.time_s > 4.8
    )


def painted(
    view: View, *, image: np.ndarray | None = None, size: tuple[int, int] = (1280, 720), **fields: bool
) -> np.ndarray:
    painter = Painter(size_px=size, **fields)
    return painter.paint(image, view, xy_px=None, stats=STATS)


def is_paper(picture: np.ndarray) -> np.ndarray:
    return np.all(picture == PAPER, axis=2)


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080), (960, 540)])
@pytest.mark.parametrize("angle_deg", [8.0, 17.6, 38.2])
def test_the_angle_is_at_least_a_sixth_of_the_pictures_height(
    size: tuple[int, int], angle_deg: float, kicking: View
) -> None:
    picture = painted(dataclasses.replace(kicking, angle_deg=angle_deg, target_deg=None), size=size)
    corner = is_paper(picture)[size[1] // 2 :, : size[0] // 2]
    rows = np.flatnonzero(corner.any(axis=1))
    assert rows.max() - rows.min() + 1 >= size[1] / 6


def test_the_picture_is_mirrored_but_nothing_that_is_written(kicking: View) -> None:
    image = np.zeros((720, 1280, 3), dtype=np.uint8)
    image[:, :640] = (0, 0, 200)
    picture = painted(kicking, image=image)
    blue = np.all(np.abs(picture.astype(int) - (0, 0, 200)) < 5, axis=2)
    assert blue[400, 1000]
    assert not blue[400, :600].any()
    assert np.array_equal(picture[:144], painted(kicking, image=np.zeros_like(image))[:144])


def test_nobodys_head_is_hidden_by_the_header(kicking: View) -> None:
    picture = painted(kicking, image=np.full((720, 1280, 3), 77, dtype=np.uint8))
    column = np.flatnonzero(np.all(picture[:, 640] == 77, axis=1))
    assert (column.min(), column.max()) == (144, 719)


def test_the_figure_is_mirrored_with_the_picture(kicking: View) -> None:
    xy = session((), turns_s=(), duration_s=1.0, noise_px=0.0).track().xy_px[-1] + [200.0, 0.0]
    painter, image = Painter(), np.zeros((720, 1280, 3), dtype=np.uint8)
    with_figure = painter.paint(image, kicking, xy_px=xy, stats=STATS)
    without = painter.paint(image, kicking, xy_px=None, stats=STATS)
    columns = np.flatnonzero(np.any(with_figure != without, axis=(0, 2)))
    assert columns.mean() < 560, "who is right of the middle stands left of it in a mirror"


def test_every_state_has_a_sign_and_a_word_beside_its_colour(kicking: View) -> None:
    words = [word(f"state_{state}") for state in LOOKS]
    assert len(set(words)) == len(words)
    running = {"setup", "still", "kick", "turn"}
    assert len({LOOKS[state][0] for state in LOOKS if state in running}) == len(running)
    signs = {}
    for state in LOOKS:
        header = painted(dataclasses.replace(kicking, state=state, title=""))[:70, 30:80]
        signs[state] = (header.max(axis=2) > 90).tobytes()
    assert len({signs[state] for state in running}) == len(running)


def test_counted_and_rejected_kicks_differ_in_shape(kicking: View) -> None:
    def shape(accepted: bool) -> np.ndarray:
        view = dataclasses.replace(kicking, dots={"left": (KickDot(accepted, 12.0),), "right": ()}, wanted=0)
        return np.asarray((painted(view)[500:690, 900:] > 90).any(axis=2))

    assert not np.array_equal(shape(True), shape(False))


def test_the_target_is_a_framed_band_on_the_scale(kicking: View) -> None:
    plain = painted(dataclasses.replace(kicking, target_deg=None))
    low, high = (
        np.flatnonzero(np.any(painted(dataclasses.replace(kicking, target_deg=t)) != plain, axis=(0, 2))).max()
        for t in (10.0, 30.0)
    )
    assert low < high


def test_set_up_shows_every_tick_and_what_failed() -> None:
    views = play(session((), yaw_deg=70.0, turns_s=(), duration_s=2.0))
    picture = painted(views[-1])
    assert picture[170:480, 830:].std() > 20
    ticks = tuple(dataclasses.replace(tick, ok=True) for tick in views[-1].ticks)
    good = painted(dataclasses.replace(views[-1], ticks=ticks))
    assert not np.array_equal(picture, good)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_prompt_can_be_read_from_afar(language: str) -> None:
    painter = Painter()
    with speaking(language):
        for code, row in load_texts()["prompts"].items():
            size_px = painter.fitting(gettext(row["show"]), width_px=1220, size_px=72)
            assert size_px >= 26, f"{code} becomes too small to read"


def test_the_typeface_has_every_letter_that_is_written() -> None:
    missing = letters("\U0010ffff", 40, bold=True)[0]
    signs = {TICK, CROSS, WAIT, ARROW, RING, *(sign for sign, _ in LOOKS.values())}
    for language in LANGUAGES:
        english = load_texts()
        with speaking(language):
            shown = [row["show"] for row in english["prompts"].values()]
            texts = [gettext(text) for text in [*shown, *english["words"].values()]]
        for letter in (set("".join(texts)) | signs) - {" "}:
            shape = letters(letter, 40, bold=True)[0]
            assert shape.shape != missing.shape or not np.array_equal(shape, missing), repr(letter)


def test_letters_are_drawn_while_another_thread_loads_mediapipe() -> None:
    """The window showed a traceback instead of its first picture."""
    with _loaded_later("matplotlib"):
        assert text_width("drawn at no other time", 40) > 0


def test_the_end_screen_shows_both_legs_and_the_difference() -> None:
    lines = end_card(make_result(18.4, 12.9), subject="P-17").lines
    assert lines[0].startswith("left leg: 18.4° ± ")
    assert lines[1].startswith("right leg: 12.9° ± ")
    assert lines[2] == "The right leg goes back 5.5° less, a possible difference."
    assert lines[-1] == "saved for P-17"
    view = make_engine().plain("done", prompt("done", result=""), summary=lines)
    assert is_paper(painted(view))[200:600].any()


LIMITED = make_result(
    18.4,
    12.9,
    sides={side: make_side(18.4, status="limited", reasons=[limit("few_reps", wanted=3)]) for side in SIDES},
    reasons=(limit("thin_neutral"), limit("low_frame_rate")),
)


def test_the_end_card_says_what_limits_the_score() -> None:
    """It told the score alone, of a camera with two pictures a second too."""
    found = end_card(LIMITED, subject="P-17")
    less = "less certain: do all the kicks, stand still for two seconds before you kick, close other programs"
    assert found.lines[3:] == (less, "saved for P-17")
    assert less in found.say


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", [(1280, 720), (960, 540), (1920, 1080)])
def test_a_long_end_card_stays_inside_its_frame(language: str, size: tuple[int, int]) -> None:
    with speaking(language):
        why = ", ".join(f"1\u00a0× {reason(code)}" for code in ("no_hold", "trunk_lean", "yaw"))
        missed = [word("not_counted_line", leg=word(f"leg_{side}"), why=why) for side in ("left", "right")]
        changed = word("change_line", leg="x", change="+7.1°", verdict="likely a real change")
        lines = (*end_card(LIMITED).lines, changed, changed, *missed)
        picture = painted(make_engine().plain("done", prompt("done", result=""), summary=lines), size=size)
    rows, _ = np.nonzero(is_paper(picture)[:, : size[0] // 4])
    assert rows.max() < 0.93 * size[1]
    assert is_paper(picture)[:, round(size[0] - 0.1 * size[1]) :].sum() == 0


def test_measuring_shows_how_far_it_is() -> None:
    engine = make_engine()
    views = [engine.plain("scoring", prompt("scoring"), progress=share) for share in (0.2, 0.8)]
    blue = [np.all(painted(view) == (110, 180, 255), axis=2)[350:390].sum() for view in views]
    assert blue[1] > 2 * blue[0] > 0


def test_how_to_leave_is_on_every_screen(kicking: View, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Esc" in word("close_hint")
    with_hint = painted(kicking)
    monkeypatch.setitem(load_texts()["words"], "close_hint", "")
    assert not np.array_equal(with_hint[:60], painted(kicking)[:60])


def test_a_bar_without_a_number_when_the_angle_is_not_sure(kicking: View) -> None:
    sure = dataclasses.replace(kicking, target_deg=16.0)
    unsure = dataclasses.replace(sure, angle_deg=None)
    corner = (slice(400, 560), slice(0, 420))
    assert is_paper(painted(sure))[corner].any()
    assert not is_paper(painted(unsure))[corner].any()


def test_changes_are_told_with_their_verdict() -> None:
    @dataclasses.dataclass
    class Change:
        change_deg: float
        verdict: str

    changes: Any = {"left": Change(-1.2, "within measurement error")}
    for language, words in (("en", "within measurement error"), ("de", "innerhalb der Messgenauigkeit")):
        with speaking(language):
            lines = end_card(make_result(), changes=changes).lines
        assert any(("−1.2°" in line or "−1,2°" in line) and words in line for line in lines)


def test_a_session_without_a_score_says_why() -> None:
    found = end_card(make_result(None, None))
    assert not found.scored
    assert found.lines[2] == "No angle could be measured in this session."
    assert found.lines[-1] == "kick one straight leg back, hold, and return"
    assert found.say.startswith("No angle could be measured")


def test_starting_needs_no_picture_and_figures_are_in_the_corner() -> None:
    start = make_engine().plain("starting", prompt("starting"))
    changed = np.argwhere(np.any(painted(start) != painted(start, with_stats=True), axis=2))
    assert changed[:, 0].max() < 72
    assert changed[:, 1].min() > 640
