"""Physical tests, one module each: pose tracks in, angles, reps and scores out. Pure.

A test is a module with the names of :class:`Assessment`; adding one is adding a file and its line in ``TESTS``, and its
description in ``descriptions``.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Protocol, cast

from mobility_check.assessments.descriptions import describe
from mobility_check.results.description import Description

if TYPE_CHECKING:  # faces load the descriptions and nothing heavy
    from collections.abc import Sequence

    from mobility_check.assessments.movements import FoundClip
    from mobility_check.assessments.session import Session
    from mobility_check.kinematics.params import Params
    from mobility_check.kinematics.track import PoseTrack
    from mobility_check.refinement.coefficients import Coefficients
    from mobility_check.refinement.frames import SegmentFrames
    from mobility_check.results.result import Provenance

__all__ = ["TESTS", "Assessment", "assessment", "describe"]


class Assessment(Protocol):
    """What a test's module offers.

    ``DESCRIPTION`` holds its words, direction, codes and columns; ``ANGLE_RULE`` names how landmarks become the score
    (a change of it starts a new series in the history); ``TRACKING_RATE_HZ`` is how many frames a second the tracking
    pass must see to catch the movement; ``REFINED`` whether a refinement pass follows.
    """

    DESCRIPTION: Description
    ANGLE_RULE: str
    TRACKING_RATE_HZ: float
    REFINED: bool

    def find(self, track: PoseTrack, params: Params) -> FoundClip:
        """Facing segments, neutral stance and reps of one clip."""
        ...

    def frames_to_refine(self, clip: FoundClip) -> list[SegmentFrames]:
        """Clip frames that deserve the refinement pass; none where the test does without."""
        ...

    def assess(
        self, found: Sequence[FoundClip], params: Params, provenance: Provenance, *, coefficients: Coefficients
    ) -> Session:
        """The session's result from its clips; a test may do without the estimator's coefficients."""
        ...


TESTS = {"kick-back": "kickback", "knee-drive": "kneedrive"}
"""Name on the command line and in settings → module."""


def assessment(test: str) -> Assessment:
    """The test of that name.

    Raises:
        KeyError: there is none.
    """
    return cast(Assessment, importlib.import_module(f"{__name__}.{TESTS[test]}"))
