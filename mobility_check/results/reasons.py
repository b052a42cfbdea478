"""The one table of reason codes: what each says to the user, in one plain sentence with what to do next."""

from __future__ import annotations

from collections.abc import Sequence

from mobility_check.results.result import Reason

WHOLE_FROM = 5.0
"""Values from here on are told in whole numbers."""

MESSAGES: dict[str, str] = {
    # nothing usable in the picture
    "no_person": "No person was seen in the clip; film the whole body from the side, two to four metres away.",
    "too_short": "The clip is too short to hold a kick; film two seconds of quiet standing and then three kicks.",
    "person_too_small": "The person is too small in the picture; move the camera closer, to two to four metres.",
    "partial_body": "Shoulders, hips or knees were at the edge of the picture or outside it; move the camera back until"
    " the whole body is in the picture, with room for the kicking leg.",
    "not_side_view": "The person is not side-on to the camera; turn so that one hip points at the camera.",
    "not_upright": "The person is sideways or upside down in the picture; turn the clip so that the head is up, or, if"
    " the person is lying down, stand up for this test.",
    "not_standing": "The person is not standing upright but bent over, kneeling, sitting or lying; this test is done"
    " standing, holding a support.",
    "too_dark": "The picture is too dark; switch on a light or film away from a window.",
    "several_people": "{count} people were in view and the person {where} was measured; choose another with --person,"
    " or keep others out of the picture.",
    "camera_moving": "The camera moved during the test; put it on something firm.",
    # nothing to score
    "no_reps": "No backward kick was found; kick one straight leg back as far as it goes, hold, and return.",
    "no_neutral": "No quiet standing was seen, so there is no zero to measure from; stand still for two seconds before"
    " the first kick, feet side by side.",
    "kicks_forward": "The leg moved forwards, not backwards; this test measures a kick to the back.",
    "squats": "Both knees bent, as in a squat; stand on one straight leg and kick the other one back.",
    "hip_hinge": "The trunk tipped forward over standing legs; keep the trunk upright and kick one leg back.",
    "heel_raised": "The knee bent and the heel came up, but the thigh did not go back; keep the knee straight and kick"
    " back from the hip.",
    "not_kick_back": "The person walks or moves about; stand on one spot and kick back.",
    "slow_motion": "The kicks last {value} s; is this slow motion? Export the clip at normal speed.",
    "leg_not_kicked": "No kick of this leg was found; turn round and kick three times with this leg too.",
    "no_valid_reps": "Kicks were found but none counts; see the reasons beside each kick.",
    # limits on a number that is given
    "thin_neutral": "Quiet standing was hardly seen, so the zero may be off by some degrees; stand still for two"
    " seconds before the first kick, feet side by side.",
    "other_model": "Nothing was fitted on this pose model, so the interval is a guess; measure with the model heavy or"
    " full.",
    "short_neutral": "Quiet standing was short, which widens the interval; stand still for two seconds before the first"
    " kick.",
    "few_reps": "Fewer than {wanted} kicks counted, so the score is less certain; do {wanted} kicks with each leg.",
    "far_side_only": "This leg was the far one, half hidden, so its angle is less certain; turn round so that it is"
    " nearest the camera.",
    "other_leg_invalid": "Only the {side} leg was measured; see the reasons beside the other leg.",
    "clips_differ": "The clips seem to show different people or days (other clothes); give only clips of one person and"
    " one day.",
    "clips_disagree": "The {side} leg measured {values}° in different clips, more than one session explains; give only"
    " clips of one person and one day.",
    "same_clip_twice": "The clip '{name}' was given more than once and was counted once.",
    "one_leg_only": "Only one leg was measured; turn round and kick with the other leg to compare.",
    # form and picture of one rep
    "trunk_lean": "The trunk leaned {value}° with the kick (limit {limit}°); keep it upright, holding a support.",
    "knee_bent": "The kicking knee bent {value}° (limit {limit}°); keep the leg straight.",
    "support_knee_bent": "The standing knee bent {value}° (limit {limit}°); keep the standing leg straight.",
    "bent_stance": "A knee was bent {value}° while standing (limit {limit}°), so there is no zero to measure from;"
    " stand with straight legs before the first kick.",
    "yaw": "The camera was {value}° off the side view (limit {limit}°); put it straight to the side of the hip.",
    "no_hold": "The leg was not held still at the top; hold it for one to two seconds.",
    "unsteady_hold": "The leg swayed by {value}° during the hold (limit {limit}°); hold it still for a second or two.",
    "not_seen": "Hip, knee or shoulder could not be seen during this kick; keep the whole body in view.",
    "gap_in_hold": "The picture had a gap during the hold; this kick was not counted.",
    "picture_froze": "The picture stood still for {seconds:.1f} s; what was done then is not in the clip.",
    "frozen_picture": "The picture froze during the hold; this kick was not counted.",
    "feet_not_seen": "The feet were not in the picture, so the number is less certain; move the camera back until head"
    " and feet are in it.",
    "cut_off": "The clip begins or ends in the middle of this kick; leave two seconds of standing before and after.",
    # the clip itself
    "damaged_clip": "The clip is damaged and ended early; what could be read was measured.",
    "timestamps_repaired": "Some time stamps of the clip were missing or out of order and were repaired.",
    "no_time_stamps": "The clip holds no time stamps, so 25 frames a second were assumed; angles do not depend on it.",
    "slowed_down": "The clip is slow motion; times and frame rate are those of the movement itself.",
    "marked_mirrored": "The clip is marked as mirrored and was measured as players show it; check which leg is left and"
    " which is right.",
    "picture_changed": "The picture changes its shape or size inside the clip; each part was measured in its own"
    " shape.",
    "borders_cropped": "The picture has flat borders, which were left out.",
    "several_streams": "The file holds more than one video stream; the default or largest one was measured.",
    "low_frame_rate": "The clip has few pictures a second, which widens the interval; film at 25 or more.",
    "interrupted": "The recording stopped early; what was seen until then was measured.",
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
