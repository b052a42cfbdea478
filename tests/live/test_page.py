"""The page of a live check: pictures from the frames that were kept in memory."""

from __future__ import annotations

import numpy as np

from mobility_check.live.check import LiveCheck
from mobility_check.pose.replay import ReplayBackend
from mobility_check.report.pictures import take_pictures
from mobility_check.video.blur import FACES_BLURRED
from mobility_check.video.source import Frame
from synthetic.stickfigure import kicks
from tests.live.helpers import session


def test_the_page_of_a_live_check_shows_the_peaks_with_blurred_faces_and_no_clip_is_needed() -> None:
    figure = session(kicks("right", first_s=3.0, count=2), turns_s=(), duration_s=13.0, fps=12.5)
    track, noise = figure.track(), np.random.default_rng(1).integers(0, 255, (720, 1280, 3), dtype=np.uint8)
    with LiveCheck(backend=ReplayBackend([track]), name="camera 0") as check:
        for index, time_s in enumerate(track.time_s):
            check.feed(Frame(index, float(time_s), noise))
    found = check.finish()
    shown = take_pictures(found, readers={"camera 0": check.frames})
    assert shown.note == FACES_BLURRED
    assert set(shown.reps) == {("right", 0), ("right", 1)}
    for place, rep in enumerate(found.result.sides["right"].reps):
        assert rep.hold_s is not None
        assert rep.hold_s[0] - 0.2 <= shown.reps["right", place].time_s <= rep.hold_s[1] + 0.2
    assert set(shown.neutral) == {"right"}
