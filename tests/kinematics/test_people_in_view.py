"""Who of the people in a clip was measured: places, numbers and boxes."""

from __future__ import annotations

import pytest

from mobility_check.kinematics.people_in_view import from_the_left
from synthetic.stickfigure import Figure


def at(x, **fields):
    return Figure(duration_s=10.0, fps=15.0, leg_px=300.0, centre=(x, 0.5), **fields).track()


def views(*tracks):
    return [t.in_view for t in from_the_left(tracks)]


def test_people_are_numbered_from_the_left_in_whatever_order_they_were_found():
    people = views(at(0.8), at(0.2), at(0.5))
    assert [(p.number, p.place(p.number)) for p in people] == [(1, "left"), (2, "middle"), (3, "right")]
    middles = [(box[0] + box[2]) / 2 for box in people[0].boxes]
    assert middles == pytest.approx([0.2, 0.5, 0.8], abs=0.05)


def test_one_person_is_alone():
    (one,) = views(at(0.3))
    assert (one.number, one.place(1), len(one.boxes)) == (1, "alone", 1)
    left, top, right, bottom = one.boxes[0]
    assert left < 0.3 < right
    assert top < 0.5 < bottom


@pytest.mark.parametrize(("gaps", "count"), [([(0.0, 8.5)], 1), ([(0.0, 5.0)], 2)])
def test_a_passer_by_has_no_number(gaps, count):
    assert len(views(at(0.3), at(0.7, gaps_s=gaps))) == count


def test_somebody_who_is_measured_after_a_long_talk_of_another_counts():
    talker, patient = at(0.3), at(0.7)
    long = Figure(duration_s=60.0, fps=15.0, leg_px=300.0, centre=(0.3, 0.5), gaps_s=[(55.0, 99.0)]).track()
    short = Figure(duration_s=60.0, fps=15.0, leg_px=300.0, centre=(0.7, 0.5), gaps_s=[(0.0, 55.0)]).track()
    assert len(views(talker, patient)) == len(views(long, short)) == 2


def test_nobody_tells_nothing():
    assert views(at(0.5, gaps_s=[(0.0, 99.0)])) == [None]


def test_each_track_keeps_where_the_others_were_passers_by_too():
    one, other, passer_by = at(0.3), at(0.7), at(0.9, gaps_s=[(1.0, 99.0)])
    left, _ = from_the_left([one, other, passer_by])
    assert [o is t.xy_px for o, t in zip(left.others_px, (other, passer_by), strict=True)] == [True, True]
