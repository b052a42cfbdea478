"""The tests in words: one :class:`Description` each, without the measurement, so that every face may load them."""

from __future__ import annotations

from mobility_check.language import N_
from mobility_check.results.description import Column, Description

SNOMED_RANGE = ("364564000", "Range of joint movement")

KICK_BACK = Description(
    test="standing-kick-back",
    option="kick-back",
    title=N_("Standing kick-back test"),
    measured=N_("hip extension"),
    rep=N_("kick"),
    reps=N_("kicks"),
    every_rep=N_("Every kick"),
    less=N_("{leg} goes back {size} less, {verdict}."),
    less_now=N_("{leg} now goes back {size} less, {verdict}."),
    which_less=N_("{size}, {leg} goes back less: {verdict}"),
    counted=N_("{valid} of {all} kicks counted"),
    none_found=N_("no kicks found"),
    direction=N_("backwards"),
    movement=N_("Kick one straight leg back as far as it goes, trunk upright, hold one to two seconds, return slowly."),
    measured_field="extension_deg",
    curve_sign=1,
    held=True,
    error_known=True,
    columns=(
        Column("extension_deg", N_("Hip extension")),
        Column("thigh_deg", N_("Thigh from vertical")),
        Column("trunk_lean_deg", N_("Trunk lean, + forwards")),
        Column("knee_flexion_deg", N_("Kicking knee, + bent")),
        Column("support_knee_flexion_deg", N_("Standing knee, + bent")),
    ),
    judged=("trunk_lean_deg", "knee_flexion_deg", "support_knee_flexion_deg"),
    fhir_text="Active hip extension, standing kick-back (apparent)",
    snomed=SNOMED_RANGE,
    exercises=("half-kneeling-stretch", "banded-knee-lift", "bridge"),
    what_it_is=N_(
        "Apparent hip extension: the thigh against the trunk, with motion of the pelvis and the lower back in"
        " it, which a camera cannot see apart."
    ),
    how=N_(
        "The line from mid-hip to knee against the line of the trunk, minus the same angle in the person’s own quiet"
        " standing; + is backwards. A kick’s angle is the median over its hold, a leg’s score the mean of its counted"
        " kicks."
    ),
    context=N_(
        "There is no published norm for this standing, active test. For orientation, passive hip extension lying"
        " down: 16.8° (standard deviation 4.5°) in older women living at home (goniometer, J Physiol Anthropol 2016),"
        " 6.9° in 30 active adults (inclinometer, Roach 2015). Published means run from 6.8° to 30° by method; none is"
        " a target for this test."
    ),
)

KNEE_DRIVE = Description(
    test="standing-knee-drive",
    option="knee-drive",
    title=N_("Standing knee drive"),
    measured=N_("hip flexion"),
    rep=N_("knee drive"),
    reps=N_("knee drives"),
    every_rep=N_("Every knee drive"),
    less=N_("{leg} rises {size} less, {verdict}."),
    less_now=N_("{leg} now rises {size} less, {verdict}."),
    which_less=N_("{size}, {leg} rises less: {verdict}"),
    counted=N_("{valid} of {all} knee drives counted"),
    none_found=N_("no knee drives found"),
    direction=N_("forwards"),
    movement=N_("Drive one knee up as high and as fast as you can, trunk upright, and lower it again."),
    measured_field="flexion_deg",
    curve_sign=-1,
    held=False,
    error_known=False,
    columns=(
        Column("flexion_deg", N_("Hip flexion")),
        Column("flexion_speed_deg_s", N_("Fastest rise"), "deg/s", 0),
        Column("thigh_deg", N_("Thigh from vertical, + backwards")),
        Column("trunk_lean_deg", N_("Trunk lean, + forwards")),
        Column("knee_flexion_deg", N_("Driving knee, + bent")),
        Column("support_knee_flexion_deg", N_("Standing knee, + bent")),
    ),
    judged=("trunk_lean_deg", "support_knee_flexion_deg"),
    fhir_text="Active hip flexion, standing knee drive (apparent)",
    snomed=SNOMED_RANGE,
    exercises=("banded-knee-lift", "half-kneeling-stretch", "bridge"),
    what_it_is=N_(
        "Apparent hip flexion: the thigh in front of the trunk, with motion of the pelvis and the lower back in"
        " it, which a camera cannot see apart."
    ),
    how=N_(
        "The line from mid-hip to knee against the line of the trunk, minus the same angle in the person’s own quiet"
        " standing; + is forwards. A knee drive’s angle is its peak, a leg’s score the mean of its counted drives."
        " Its error has not been measured, so it has no interval and no change is graded."
    ),
    reason_texts={
        "no_reps": N_("No knee drive was found; stand side-on and drive one knee up as high and as fast as you can."),
        "leg_not_kicked": N_("No knee drive of this leg was found; turn round and do three with this leg too."),
        "no_valid_reps": N_("Knee drives were found but none could be counted; see the reasons beside each."),
        "few_reps": N_("Fewer than three knee drives counted, so the score is less certain; do three with each leg."),
        "one_leg_only": N_("Only one leg was measured; turn round and drive the other knee to compare."),
        "not_kick_back": N_(
            "The movement does not look like knee drives on the spot (the person walks or moves about)."
        ),
        "cut_off": N_("The clip begins or ends in the middle of this knee drive; leave two seconds before and after."),
        "no_neutral": N_(
            "No quiet standing was seen, so there is no zero to measure from; stand still for two seconds"
            " before the first drive, feet side by side."
        ),
        "thin_neutral": N_(
            "Quiet standing was hardly seen, so the zero may be off by some degrees; stand still for two"
            " seconds before the first drive."
        ),
        "short_neutral": N_(
            "Quiet standing was short, so the zero is less certain; stand still for two seconds first."
        ),
    },
)

DESCRIPTIONS = {d.test: d for d in (KICK_BACK, KNEE_DRIVE)}


def describe(test: str) -> Description:
    """The description of the test that a result names.

    Raises:
        KeyError: there is no such test.
    """
    return DESCRIPTIONS[test]
