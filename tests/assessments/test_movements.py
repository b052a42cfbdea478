"""Movements of one leg: which frames count as standing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mobility_check.assessments.kickback import find, frames_to_refine
from mobility_check.assessments.movements import FoundClip
from mobility_check.settings import Settings
from synthetic.stickfigure import Figure, kicks


@pytest.fixture
def quiet() -> FoundClip:
    """Kicks whose holds were taken for standing too, as those of stiff hips can be."""
    found = find(Figure(kicks("right", extension_deg=6.0)).track(), Settings().params)
    curves = found.segments[0]
    everything = replace(curves, neutral=replace(curves.neutral, frames=np.ones(len(found.times(curves)), dtype=bool)))
    reps = tuple(replace(r, curves=everything) for r in found.reps)
    return replace(found, segments=(everything,), reps=reps)


def test_the_hold_of_a_kick_is_not_standing(quiet):
    curves = quiet.segments[0]
    kicking = {f for r in quiet.reps for f in quiet.clip_frames(curves, slice(r.frames.start, r.frames.stop))}
    standing = set(quiet.standing(curves))
    assert len(quiet.reps) == 3
    assert standing | kicking == set(quiet.clip_frames(curves, curves.neutral.frames))
    assert not standing & kicking
    (segment,) = frames_to_refine(quiet)
    assert set(segment.neutral) == standing


def test_standing_is_what_there_is_when_little_is_left(quiet):
    curves = quiet.segments[0]
    long = replace(quiet.reps[0], frames=replace(quiet.reps[0].frames, start=3, stop=len(curves.neutral.frames)))
    assert len(replace(quiet, reps=(long,)).standing(curves)) == len(curves.neutral.frames)
