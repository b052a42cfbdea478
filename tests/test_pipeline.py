"""The wiring from clips and tracks to a session, without a model (``tests/integration`` has the real one)."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

import mobility_check
from mobility_check.errors import InputError, UsageError
from mobility_check.pipeline import (
    analyze_session,
    analyze_track,
    analyze_tracks,
    choose_person,
    find_movements,
    provenance_of,
    refine_clip,
)
from mobility_check.pose.replay import ReplayBackend
from mobility_check.settings import Settings
from synthetic.stickfigure import Figure, kicks, mirrored

KICKER = Figure(kicks("right"), leg_px=400.0).track()


def test_nothing_to_analyse_is_wrong_usage():
    with pytest.raises(UsageError, match="at least one clip"):
        mobility_check.analyze()
    with pytest.raises(UsageError, match="at least one track"):
        analyze_tracks([])


def test_a_clip_that_cannot_be_read_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match=r"none\.mp4"):
        analyze_session([tmp_path / "none.mp4"])


def test_a_session_holds_what_it_was_made_from():
    session = analyze_track(KICKER)
    assert session.tracks == (KICKER,)
    assert len(session.clips) == len(session.result.inputs) == 1
    assert session.result.inputs[0].path == "figure.mp4"


def same(chosen, track):
    return np.array_equal(chosen.xy_px, track.xy_px, equal_nan=True)


@pytest.mark.parametrize("first", [True, False])
def test_the_one_who_kicks_is_chosen_whoever_is_larger_or_longer_in_view(first):
    larger = Figure(leg_px=800.0, seed=4).track()
    people = [KICKER, larger] if first else [larger, KICKER]
    assert same(choose_person(people, Settings()).recording, KICKER)


def test_when_nobody_kicks_the_one_seen_longest_and_largest_is_chosen():
    small, large = Figure(leg_px=200.0).track(), Figure(leg_px=600.0).track()
    passing = Figure(leg_px=900.0, gaps_s=[(0.5, 14.0)]).track()
    assert same(choose_person([small, passing, large], Settings()).recording, large)


NEAR = Figure(kicks("right", count=2), leg_px=500.0, centre=(0.3, 0.5), size=(1920, 1080)).track()
TWIN = mirrored(Figure(kicks("right"), leg_px=380.0, centre=(0.25, 0.5), size=(1920, 1080)).track())
"""Three kicks in the mirror and two by the person: the model may see more of either."""


@pytest.mark.parametrize("people", [[NEAR, TWIN], [TWIN, NEAR]])
def test_of_two_who_kick_the_larger_one_is_measured_and_a_choice_goes_before(people):
    assert same(choose_person(people, Settings()).recording, NEAR)
    for person, expected in (("left", NEAR), ("right", TWIN), ("1", NEAR), ("2", TWIN)):
        assert same(choose_person(people, Settings(person=person)).recording, expected), person


def test_who_was_measured_is_in_the_result_and_in_its_words():
    found = analyze_track(choose_person([NEAR, TWIN], Settings(person="right")).recording).result
    assert (found.person.number, found.person.place, found.person.of) == (2, "right", 2)
    assert [p.place for p in found.person.others] == ["left"]
    assert found.person.box[0] > found.person.others[0].box[0]
    told = [r.message for r in found.reasons if r.code == "several_people"]
    assert told[0].startswith("2 people were in view and the person on the right was measured")


def test_asking_for_somebody_who_is_not_there_is_wrong_usage():
    with pytest.raises(UsageError, match="There are 2 people"):
        choose_person([NEAR, TWIN], Settings(person="3"))
    assert same(choose_person([NEAR], Settings(person="right")).recording, NEAR), "who is alone is the one meant"


def test_the_record_says_what_made_the_number():
    settings = Settings(model="full")
    made = provenance_of(KICKER, settings)
    assert (made.backend, made.model, made.angle_rule) == ("replay", "stick-figure", "kick-back/5")
    assert made.parameters == settings.to_dict()


def test_a_back_end_without_stills_leaves_the_tracking_pass_as_it_is():
    asked = []

    def frames(indices):
        asked.extend(indices)
        return []

    found = find_movements(Figure(duration_s=4.0).track(), settings=Settings())
    assert refine_clip(found, frames, backend=ReplayBackend([KICKER])).recording.refined is None
    assert asked == [], "nobody kicked, so there is nothing to look at again"


def test_a_refinement_pass_that_finds_nobody_changes_no_number():
    from mobility_check.video.source import Frame

    def frames(indices):
        return [Frame(i, i / 30, np.zeros((1920, 1080, 3), dtype=np.uint8)) for i in indices]

    looked = refine_clip(find_movements(KICKER, settings=Settings()), frames, backend=ReplayBackend([KICKER])).recording
    assert looked.refined is not None
    assert analyze_track(looked).result.sides == analyze_track(KICKER).result.sides


@pytest.mark.parametrize(("frames_each", "workers", "beside"), [(1, 2, False), (8, 2, True), (8, 1, False)])
def test_slow_motion_is_decoded_in_a_thread_of_its_own_where_there_are_two(frames_each, workers, beside):
    from mobility_check.video.source import Frame

    seen, readers = [], set()

    def frames(indices):
        for i in indices:
            seen.append(i)
            readers.add(threading.get_ident())
            yield Frame(i, i / 30, np.zeros((1920, 1080, 3), dtype=np.uint8))

    clip = replace(KICKER, meta=replace(KICKER.meta, frames=frames_each * len(KICKER.frame)))
    found = find_movements(clip, settings=Settings())
    looked = refine_clip(found, frames, backend=ReplayBackend([KICKER]), settings=Settings(workers=workers)).recording
    assert seen == sorted(seen) == looked.refined.frame.tolist()
    assert (threading.get_ident() not in readers) == beside


@pytest.mark.parametrize(("fps", "near_entries"), [(30.0, False), (240.0, True)])
def test_only_where_decoding_is_the_work_are_frames_next_to_key_frames_preferred(fps, near_entries):
    from mobility_check.video.source import Frame

    def frames(indices):
        return [Frame(i, i / 30, np.zeros((1920, 1080, 3), dtype=np.uint8)) for i in indices]

    found = find_movements(replace(KICKER, meta=replace(KICKER.meta, fps=fps)), settings=Settings())
    every_tenth = KICKER.frame[::10]
    with_entries, without = (
        refine_clip(found, frames, backend=ReplayBackend([KICKER]), entries=entries).recording.refined.frame
        for entries in (every_tenth, None)
    )
    assert len(with_entries) == len(without)
    assert (np.isin(with_entries, every_tenth).mean() > 0.9) == near_entries
    assert (with_entries.tolist() == without.tolist()) != near_entries


def test_a_long_refinement_pass_gives_memory_back_on_the_way(monkeypatch):
    from mobility_check.refinement import refine
    from mobility_check.video.source import Frame

    calls = []
    monkeypatch.setattr(refine, "TIDY_EVERY", 5)
    monkeypatch.setattr(refine, "give_back", lambda: calls.append(len(seen)))
    seen = []

    def frames(indices):
        for i in indices:
            seen.append(i)
            yield Frame(i, i / 30, np.zeros((192, 108, 3), dtype=np.uint8))

    looked = refine_clip(find_movements(KICKER, settings=Settings()), frames, backend=ReplayBackend([KICKER])).recording
    assert len(calls) == len(looked.refined.frame) // 5 > 1
