"""What a session keeps beside its result."""

from __future__ import annotations

import dataclasses

import numpy as np

from mobility_check.assessments.assembly import assemble
from mobility_check.assessments.descriptions import KICK_BACK
from mobility_check.assessments.kickback import find
from mobility_check.assessments.rep_measurement import scored_rep
from mobility_check.kinematics.landmarks import SIDES
from mobility_check.kinematics.params import Params
from mobility_check.refinement.coefficients import load_coefficients
from synthetic.factories import make_result
from synthetic.stickfigure import Figure, kicks


def test_curves_are_what_the_tracking_pass_measured_whatever_the_reps_say() -> None:
    """The public faults beside it: curves that were multiplied until they met the table (issue 15 B)."""
    track = Figure(kicks("right")).track()
    found, params = find(track, Params()), Params()
    fitted = load_coefficients()
    scored = {s: [scored_rep(r, 0, found, params, fitted) for r in found.reps if r.side == s] for s in SIDES}
    doubled = {
        s: [
            dataclasses.replace(r, rep=dataclasses.replace(r.rep, extension_deg=2 * (r.rep.extension_deg or 0.0)))
            for r in scored[s]
        ]
        for s in SIDES
    }
    session = assemble([found], doubled, test=KICK_BACK, params=params, provenance=make_result().provenance)
    (clip,) = session.clips
    for c in found.segments:
        span = slice(c.segment.start, c.segment.stop)
        for side in SIDES:
            for name in ("extension_deg", "thigh_deg", "knee_flexion_deg"):
                np.testing.assert_array_equal(getattr(clip.legs[side], name)[span], getattr(c.legs[side], name))
