from __future__ import annotations

import io

from mobility_check.live.faces import TextFace
from mobility_check.live.runner import Stats
from synthetic.stickfigure import kicks
from tests.live.helpers import play, session


def told(views: list, **fields: object) -> str:
    out = io.StringIO()
    face = TextFace(out, **fields)
    for view in views:
        assert face.show(None, view, xy_px=None, stats=Stats(inference_hz=24.0, model_ms=31.0))
    return out.getvalue()


def test_the_whole_session_is_told_in_order() -> None:
    text = told(play(session()))
    steps = ("[SET-UP]", "[STAND STILL]", "[KICK]", "Kick 2 counted", "[TURN ROUND]", "left leg ●○○", "[MEASURING]")
    places = [text.index(step) for step in steps]
    assert places == sorted(places)
    assert "left leg ●●●   right leg ●●●" in text


def test_a_rejected_kick_has_a_sign_and_a_reason() -> None:
    text = told(play(session(kicks("right", first_s=3.0, count=1, knee_deg=40.0), turns_s=(), duration_s=9.0)))
    assert "right leg ×○○○" in text.replace("left leg ○○○   ", "")
    assert "keep the knee straight" in text


def test_set_up_lists_what_is_wrong() -> None:
    text = told(play(session((), yaw_deg=75.0, turns_s=(), duration_s=3.0)))
    assert "✗ side-on" in text
    assert "✓ whole body" in text


def test_a_line_is_written_only_when_something_changes() -> None:
    lines = told(play(session((), turns_s=(), duration_s=12.0))).splitlines()
    assert len(lines) == len(set(lines)) < 8


def test_figures_are_told_when_asked_for() -> None:
    views = play(session((), turns_s=(), duration_s=12.0))
    assert "24 frames/s, 31 ms each" in told(views, with_stats=True)
    assert "frames/s" not in told(views)
