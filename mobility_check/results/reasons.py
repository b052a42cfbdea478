"""The one table of reason codes: what each says to the user, in one plain sentence with what to do next.

A reason in a result is English, also in one that was stored long ago; :func:`told` gives it in the user's language.
"""

from __future__ import annotations

from collections.abc import Sequence

from mobility_check.language import N_, retold
from mobility_check.results.result import Reason

WHOLE_FROM = 5.0
"""Values from here on are told in whole numbers."""

MESSAGES: dict[str, str] = {
    # nothing usable in the picture
    "no_person": N_("No person was seen in the clip; film the whole body from the side, two to four metres away."),
    "too_short": N_("The clip is too short to hold a kick; film two seconds of quiet standing and then three kicks."),
    "person_too_small": N_("The person is too small in the picture; move the camera closer, to two to four metres."),
    "partial_body": N_(
        "Shoulders, hips or knees were at the edge of the picture or outside it; move the camera back until"
        " the whole body is in the picture, with room for the kicking leg."
    ),
    "not_side_view": N_("The person is not side-on to the camera; turn so that one hip points at the camera."),
    "not_upright": N_(
        "The person is sideways or upside down in the picture; turn the clip so that the head is up, or, if"
        " the person is lying down, stand up for this test."
    ),
    "not_standing": N_(
        "The person is not standing upright but bent over, kneeling, sitting or lying; this test is done"
        " standing, holding a support."
    ),
    "too_dark": N_("The picture is too dark; switch on a light or film away from a window."),
    "several_people": N_(
        "{count} people were in view and the person {where} was measured; choose another with --person,"
        " or keep others out of the picture."
    ),
    "camera_moving": N_("The camera moved during the test; put it on something firm."),
    # nothing to score
    "no_reps": N_("No backward kick was found; kick one straight leg back as far as it goes, hold, and return."),
    "no_neutral": N_(
        "No quiet standing was seen, so there is no zero to measure from; stand still for two seconds before"
        " the first kick, feet side by side, and film at normal speed."
    ),
    "kicks_forward": N_("The leg moved forwards, not backwards; this test measures a kick to the back."),
    "squats": N_("Both knees bent, as in a squat; stand on one straight leg and kick the other one back."),
    "hip_hinge": N_("The trunk tipped forward over standing legs; keep the trunk upright and kick one leg back."),
    "heel_raised": N_(
        "The knee bent and the heel came up, but the thigh did not go back; keep the knee straight and kick"
        " back from the hip."
    ),
    "not_kick_back": N_("The person walks or moves about; stand on one spot and kick back."),
    "slow_motion": N_("The kicks last {value} s; is this slow motion? Export the clip at normal speed."),
    "leg_not_kicked": N_("No kick of this leg was found; turn round and kick three times with this leg too."),
    "no_valid_reps": N_("Kicks were found but none counts; see the reasons beside each kick."),
    # limits on a number that is given
    "thin_neutral": N_(
        "Quiet standing was hardly seen, so the zero may be off by some degrees; stand still for two"
        " seconds before the first kick, feet side by side."
    ),
    "other_model": N_(
        "Nothing was fitted on this pose model, so the interval is a guess; measure with the model heavy or full."
    ),
    "short_neutral": N_(
        "Quiet standing was short, which widens the interval; stand still for two seconds before the first kick."
    ),
    "few_reps": N_(
        "Fewer than {wanted} kicks counted, so the score is less certain; do {wanted} kicks with each leg, the foot"
        " back on the floor after each."
    ),
    "far_side_only": N_(
        "This leg was the far one, half hidden, so its angle is less certain; turn round so that it is"
        " nearest the camera."
    ),
    "other_leg_invalid": N_("Only the {side} leg was measured; see the reasons beside the other leg."),
    "clips_differ": N_(
        "The kicks seem to be of different people or days (other clothes); give only clips of one person and one day."
    ),
    "clips_disagree": N_(
        "The {side} leg measured {low}° and {high}° in different clips, more than one session explains; give only"
        " clips of one person and one day."
    ),
    "same_clip_twice": N_("The clip '{name}' was given more than once and was counted once."),
    "one_leg_only": N_("Only one leg was measured; turn round and kick with the other leg to compare."),
    # form and picture of one rep
    "trunk_lean": N_("The trunk leaned {value}° with the kick (limit {limit}°); keep it upright, holding a support."),
    "knee_bent": N_("The kicking knee bent {value}° (limit {limit}°); keep the leg straight."),
    "support_knee_bent": N_("The standing knee bent {value}° (limit {limit}°); keep the standing leg straight."),
    "bent_stance": N_(
        "A knee looked bent by {value}° while standing (limit {limit}°), so the zero is not sure; stand with straight"
        " legs before the first kick, with nothing in front of hips and knees."
    ),
    "yaw": N_("The camera was {value}° off the side view (limit {limit}°); put it straight to the side of the hip."),
    "no_hold": N_("The leg was not held still at the top; hold it for one to two seconds."),
    "unsteady_hold": N_(
        "The leg swayed by {value}° during the hold (limit {limit}°); hold it still for a second or two."
    ),
    "not_seen": N_("Hip, knee or shoulder could not be seen during this kick; keep the whole body in view."),
    "gap_in_hold": N_("The picture had a gap during the hold; this kick was not counted."),
    "picture_froze": N_("The picture stood still for {seconds} s; what was done then is not in the clip."),
    "frozen_picture": N_("The picture froze during the hold; this kick was not counted."),
    "feet_not_seen": N_(
        "The feet were not in the picture, so the knees are guessed and the number is less certain; move the camera"
        " back until head and feet are in it."
    ),
    "cut_off": N_(
        "The clip begins or ends in the middle of this kick; leave two seconds of standing before and after."
    ),
    # the clip itself
    "damaged_clip": N_("The clip is damaged and only what could be read was measured; copy it from the camera again."),
    "timestamps_repaired": N_("Some time stamps of the clip were missing or out of order and were repaired."),
    "no_time_stamps": N_(
        "The clip holds no time stamps, so 25 frames a second were assumed; angles do not depend on it."
    ),
    "slowed_down": N_("The clip is slow motion; times and frame rate are those of the movement itself."),
    "marked_mirrored": N_(
        "The clip is marked as mirrored and was measured as players show it; check which leg is left and"
        " which is right."
    ),
    "picture_changed": N_(
        "The picture changes its shape or size inside the clip; each part was measured in its own shape."
    ),
    "borders_cropped": N_("The picture has flat borders, which were left out."),
    "several_streams": N_("The file holds more than one video stream; the default or largest one was measured."),
    "low_frame_rate": N_("The clip has few pictures a second, which widens the interval; film at 25 or more."),
    "interrupted": N_("The recording stopped early; what was seen until then was measured."),
}

CLIP_FACTS = frozenset({"borders_cropped", "several_streams"})
"""Codes of a clip that ask for nothing: they are kept beside the clip, and not among the reasons."""


def reason(code: str, **values: object) -> Reason:
    """The reason of that code with its sentence filled in.

    Raises:
        KeyError: the code is not in the table.
    """
    return Reason(code, MESSAGES[code].format(**values))


def reason_measured(code: str, values: Sequence[float], *, limit: float) -> Reason:
    """The reason of that code with what was measured, as one number or a range, and the limit that it crossed."""
    return reason(code, value=_range([abs(v) for v in values], limit), limit=f"{limit:g}")


def _range(values: Sequence[float], limit: float) -> str:
    """Whole numbers, with a decimal where rounding would hide that the limit was crossed."""
    digits = 0 if min(values) >= WHOLE_FROM and round(min(values)) > limit else 1
    low, high = f"{min(values):.{digits}f}", f"{max(values):.{digits}f}"
    return low if low == high else f"{low}–{high}"


def told(reason: Reason) -> str:
    """The reason's sentence in the user's language; as it stands where this version says it in other words.

    A result holds the English sentence alone, so the values in it are read back out of it.
    """
    return retold(reason.message, [MESSAGES[reason.code]] if reason.code in MESSAGES else ())


PLACES = {
    "left": N_("on the left"),
    "right": N_("on the right"),
    "middle": N_("in place {number} from the left"),
}
"""Where the measured person of several is; a field of a reason."""
