"""Plays stick figures through the engine, and feeds that behave and misbehave like cameras."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from mobility_check.kinematics.track import PoseTrack
from mobility_check.live.camera import Ending
from mobility_check.live.engine import Engine
from mobility_check.live.follower import TrackBuilder
from mobility_check.live.view import Observation, View
from mobility_check.pose.base import Pose, RgbImage
from mobility_check.pose.replay import Player, ReplayBackend
from mobility_check.settings import Settings
from mobility_check.video.source import Frame
from synthetic.stickfigure import Figure, Kick, kicks

TURN_S = 15.0
BOTH_LEGS: list[Kick] = [*kicks("right", first_s=3.0, every_s=4.0), *kicks("left", first_s=19.0, every_s=4.0)]


def session(movements: Sequence[Kick] = BOTH_LEGS, **fields: Any) -> Figure:
    """Three kicks with the right leg, a turn, three with the left, at a live rate and size."""
    values = {
        "duration_s": 33.0,
        "turns_s": (TURN_S,),
        "fps": 20.0,
        "size": (1280, 720),
        "leg_px": 260.0,
        "noise_px": 0.6,
    }
    return Figure(movements, **{**values, **fields})


def make_engine(*, settings: Settings | None = None, reps: int = 3, **fields: Any) -> Engine:
    params = (settings or Settings()).params
    wanted = replace(params, reps=replace(params.reps, wanted=reps))
    made = {"targets": {}, "builder": TrackBuilder(), **fields}
    return Engine(settings=replace(settings or Settings(), params=wanted), **made)


def observations(track: PoseTrack, **fields: Any) -> list[Observation]:
    size = (track.meta.width_px, track.meta.height_px)
    seen = np.isfinite(track.xy_px).all(axis=(1, 2))
    return [
        replace(Observation(float(t), xy if ok else None, vis if ok else None, size, int(ok), 120.0, n), **fields)
        for n, (t, xy, vis, ok) in enumerate(zip(track.time_s, track.xy_px, track.visibility, seen, strict=True))
    ]


def play(figure: Figure, *, engine: Engine | None = None, **fields: Any) -> list[View]:
    """All views of a figure's track, up to the one that ends the session."""
    engine = engine or make_engine()
    views = []
    for obs in observations(figure.track(), **fields):
        views.append(engine.observe(obs))
        if views[-1].done:
            break
    return views


def counted(view: View) -> tuple[int, int]:
    """Accepted kicks, left and right."""
    return view.accepted("left"), view.accepted("right")


def rejected(view: View) -> int:
    return sum(not dot.accepted for dots in view.dots.values() for dot in dots)


def states(views: Sequence[View]) -> list[str]:
    """The states in order, each change once."""
    out: list[str] = []
    for view in views:
        if not out or out[-1] != view.state:
            out.append(view.state)
    return out


def prompts(views: Sequence[View]) -> list[str]:
    """Codes of the prompts that were shown, each change once."""
    out: list[str] = []
    for view in views:
        if not out or out[-1] != view.prompt.code:
            out.append(view.prompt.code)
    return out


def said(views: Sequence[View]) -> list[str]:
    return [view.say.code for view in views if view.say]


class _Telling(ReplayBackend):
    """Tells after every look that the next picture may come."""

    def __init__(self, tracks: Sequence[PoseTrack], looked: threading.Semaphore) -> None:
        super().__init__(tracks)
        self._looked = looked

    def video(self, model: str, *, max_people: int = 1) -> Player:
        player, looked = super().video(model, max_people=max_people), self._looked

        class Watched(Player):
            def estimate(self, image: RgbImage, time_s: float) -> tuple[Pose, ...]:
                poses = player.estimate(image, time_s)
                if time_s >= 0:  # the first call only warms the model up
                    looked.release()
                return poses

        return Watched(())


@dataclass
class FigureFeed:
    """A camera in front of a stick figure: noise for pictures (the replay back end knows where the figure is).

    It waits until the last picture was looked at, so that no test depends on how fast this computer is.

    Attributes:
        ends_s, ending: when and how it ends; ``None`` for the ending means silence: it blocks like a dead camera.
        frozen_from_s: from then on the same picture comes again and again.
        size_from_s: from then on pictures come in another size.
    """

    figure: Figure
    ends_s: float = 1e9
    ending: Ending | None = "end"
    frozen_from_s: float = 1e9
    size_from_s: float = 1e9
    name: str = "figure"
    waits: bool = True
    notes: tuple[str, ...] = ()
    closed: bool = False
    _n: int = 0
    _looked: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(1))
    _noise: np.ndarray = field(
        default_factory=lambda: np.random.default_rng(1).integers(90, 140, (480, 640, 3), dtype=np.uint8)
    )

    def read(self) -> Frame | Ending:
        t = self.figure.time_s
        if self._n >= len(t):
            return "end"
        if t[self._n] >= self.ends_s:
            if self.ending is None:
                time.sleep(60)
            return self.ending or "end"
        self._looked.acquire(timeout=1.5)
        self._n += 1
        return Frame(self._n - 1, float(t[self._n - 1]), self._picture(t[self._n - 1]))

    def close(self) -> None:
        self.closed = True

    def backend(self) -> ReplayBackend:
        """Sees the figure in this feed's pictures."""
        return _Telling([self.figure.track()], self._looked)

    def _picture(self, t: float) -> np.ndarray:
        shift = 0 if t >= self.frozen_from_s else self._n % 97
        height = 360 if t < self.size_from_s else 300
        return self._noise[shift : shift + height].copy()
