from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from mobility_check.kinematics.params import Params
from mobility_check.live.engine import may_begin, set_up_ticks
from mobility_check.live.view import Observation, Tick
from tests.live.helpers import observations, session


def looked_at(rate_hz: float | None = 25.0, shift: tuple[float, float] = (0.0, 0.0), **fields: Any) -> tuple[Tick, ...]:
    told = {name: fields.pop(name) for name in ("people", "luma") if name in fields}
    obs = observations(session((), duration_s=1.0, noise_px=0.0, turns_s=(), **fields).track(), **told)[-1]
    assert obs.xy_px is not None
    obs = Observation(obs.time_s, obs.xy_px + np.array(shift), obs.visibility, obs.size_px, obs.people, obs.luma)
    return set_up_ticks(obs, params=Params(), rate_hz=rate_hz)


def problems(ticks: Sequence[Tick]) -> list[str]:
    return [tick.problem for tick in ticks if tick.problem]


def test_a_good_set_up_has_nothing_to_do() -> None:
    found = looked_at()
    assert may_begin(found)
    assert problems(found) == []
    assert all(tick.ok for tick in found)
    assert [t.code for t in found] == ["body", "distance", "side", "people", "light", "level", "rate"]


@pytest.mark.parametrize(
    ("scene", "tick", "prompt", "blocks"),
    [
        ({"shift": (0.0, 190.0)}, "body", "feet", True),
        ({"shift": (0.0, -190.0)}, "body", "head", False),
        ({"shift": (800.0, 0.0)}, "body", "body", True),
        ({"leg_px": 60.0}, "distance", "too_far", True),
        ({"leg_px": 110.0}, "distance", "too_far", False),
        ({"leg_px": 405.0}, "distance", "too_near", True),
        ({"yaw_deg": 22.0}, "side", "side", False),
        ({"yaw_deg": 45.0}, "side", "side", True),
        ({"people": 2}, "people", "people", False),
        ({"luma": 12.0}, "light", "light", False),
        ({"luma": 250.0}, "light", "glare", False),
        ({"roll_deg": 12.0}, "level", "level", False),
        ({"rate_hz": 5.0}, "rate", "rate", False),
    ],
)
def test_each_fault_fails_its_tick_and_says_what_to_do(
    scene: dict[str, Any], tick: str, prompt: str, blocks: bool
) -> None:
    found = looked_at(**scene)
    failed = next(t for t in found if t.code == tick)
    assert failed.ok is False
    assert failed.advice
    assert prompt in problems(found)
    assert may_begin(found) is not blocks


def test_the_yaw_is_told_in_degrees() -> None:
    side = next(t for t in looked_at(yaw_deg=20.0) if t.code == "side")
    assert abs(float(side.value.split()[-1].rstrip("°")) - 20.0) < 4.0


def test_nobody_there_is_not_a_list_of_green_ticks() -> None:
    obs = Observation(0.0, None, None, (1280, 720), 0, 120.0)
    found = set_up_ticks(obs, params=Params(), rate_hz=None)
    assert problems(found) == ["nobody"]
    assert not may_begin(found)
    assert {t.code for t in found if t.ok} == {"people", "light"}
