"""Estimators that are opened once, and before they are needed."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import pytest

from mobility_check.errors import ModelError
from mobility_check.pose.lending import Lending
from mobility_check.pose.replay import Player, ReplayBackend
from synthetic.stickfigure import Figure


@dataclass
class Opened(Player):
    """Counts what is open."""

    open: list[str]
    name: str = ""

    def __enter__(self) -> Opened:
        self.open.append(self.name)
        return self

    def __exit__(self, *error: object) -> None:
        self.open.remove(self.name)


@dataclass
class Counting(ReplayBackend):
    """Tells which estimators it was asked for and which are open."""

    asked: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__([Figure(duration_s=0.1).track()])

    def stills(self, model: str, *, max_people: int = 1, masks: bool = False) -> Player:
        name = f"{model} {max_people} {masks}"
        self.asked.append(name)
        if model == "none":
            raise ModelError("There is no such model.")
        return Opened(self.open, name)


def test_each_kind_is_opened_once_and_closed_at_the_end():
    backend = Counting()
    with Lending(backend) as lending:
        threads = [threading.Thread(target=lending.stills, args=("heavy",), kwargs={"masks": True}) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for _ in range(2):
            with lending.stills("heavy", masks=True), lending.stills("full"):
                pass
        assert backend.asked == ["heavy 1 True", "full 1 False"]
        assert backend.open == backend.asked, "one that was given back stays open"
    assert backend.open == []


def test_a_model_that_is_missing_is_told_to_whoever_asks():
    with Lending(Counting()) as lending:
        for _ in range(2):
            with pytest.raises(ModelError):
                lending.stills("none")
