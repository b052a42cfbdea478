"""A stick figure that does the standing kick-back test: tracks with known angles for load tests, no video needed."""

from __future__ import annotations

from dataclasses import replace

from mobility_check.kinematics.landmarks import Side
from mobility_check.kinematics.track import PoseTrack
from tests.stickfigure import Figure, Kick, kicks

RIGHT_S, TURN_S, LEFT_S, END_S = 2.0, 11.0, 14.2, 23.2
"""When the kicks of the right leg begin, the person turns round, those of the left leg begin, and it is over."""


def kicking_track(path: str, *, left_deg: float, right_deg: float, seed: int = 0) -> PoseTrack:
    """Standing and three kicks with the leg next to the camera, first the right leg, then the left.

    Angles in degrees, + backwards; the landmarks tremble by half a pixel, differently for every ``seed``.
    """
    movements = [*_three("right", RIGHT_S, right_deg), *_three("left", LEFT_S, left_deg)]
    track = Figure(
        movements, END_S, turns_s=[TURN_S], fps=15.0, size=(1000, 1000), leg_px=400.0, noise_px=0.5, seed=seed
    ).track()
    return replace(track, meta=replace(track.meta, path=path, sha256=None))


def _three(side: Side, first_s: float, extension_deg: float) -> list[Kick]:
    return kicks(side, first_s=first_s, every_s=3.0, rise_s=0.6, hold_s=1.0, extension_deg=extension_deg)
