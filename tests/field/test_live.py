"""Kinds of live sessions that went wrong elsewhere.

Late joiners: a stream is opened while somebody is already kicking (own; issue 15 E7). Addresses of cameras hold logins
(seen in the logs of ZoneMinder, Frigate and motionEye).
"""

from __future__ import annotations

import numpy as np
import pytest

from mobility_check.live import camera
from mobility_check.live.camera import CameraFeed, open_feed
from mobility_check.live.view import Observation
from synthetic.stickfigure import Kick, kicks
from tests.live.helpers import counted, make_engine, observations, session


def from_then_on(kick_list: list[Kick], joins_s: float, **fields: float) -> list[Observation]:
    track = session(kick_list, turns_s=(), duration_s=22.0, **fields).track()
    return [obs for obs in observations(track) if obs.time_s >= joins_s]


@pytest.mark.parametrize("joins_s", [3.3, 3.9, 4.4, 5.0, 5.6, 5.95])
@pytest.mark.parametrize("facing", ["left", "right"])
def test_who_joins_in_the_middle_of_a_kick_books_no_kick_of_the_other_leg(joins_s: float, facing: str) -> None:
    near, far = ("right", "left") if facing == "right" else ("left", "right")
    engine = make_engine()
    for obs in from_then_on(kicks(near, first_s=3.0, every_s=4.5, count=4), joins_s, facing=facing):
        view = engine.observe(obs)
    assert view.accepted(far) == 0
    assert view.accepted(near) == 3, "the first was not seen from its start"
    assert np.mean([dot.angle_deg for dot in view.dots[near]]) == pytest.approx(20.0, abs=1.5)


def test_a_stream_that_holds_only_a_held_kick_counts_nothing() -> None:
    engine = make_engine()
    for obs in from_then_on([Kick("right", 3.0, hold_s=16.0)], 4.5):
        view = engine.observe(obs)
    assert counted(view) == (0, 0)


class Stream:
    """What OpenCV gives for a network stream."""

    def __init__(self, aspect: tuple[float, float]) -> None:
        self._aspect = aspect

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return True

    def read(self) -> tuple[bool, np.ndarray]:
        return True, np.full((120, 90, 3), 77, dtype=np.uint8)

    def get(self, prop: int) -> float:
        return {camera.cv2.CAP_PROP_SAR_NUM: self._aspect[0], camera.cv2.CAP_PROP_SAR_DEN: self._aspect[1]}[prop]

    def release(self) -> None:
        pass


@pytest.mark.parametrize(
    ("aspect", "width_px"), [((1.0, 1.0), 90), ((0.0, 0.0), 90), ((4.0, 3.0), 120), ((3.0, 4.0), 68), ((99.0, 1.0), 90)]
)
def test_pixels_of_a_stream_that_are_not_square_are_made_square(
    aspect: tuple[float, float], width_px: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camera.cv2, "VideoCapture", lambda address: Stream(aspect))
    frame = CameraFeed("rtsp://host/stream").read()
    assert not isinstance(frame, str)
    assert frame.image.shape == (120, width_px, 3)


def test_a_cameras_login_is_in_no_name_and_no_message(monkeypatch: pytest.MonkeyPatch) -> None:
    address = "rtsp://admin:secret@10.0.0.7:554/stream?token=signed"
    monkeypatch.setattr(camera.cv2, "VideoCapture", lambda address: Stream((1.0, 1.0)))
    assert open_feed(address).name == "rtsp://10.0.0.7:554/stream"
    monkeypatch.setattr(Stream, "isOpened", lambda self: False)
    with pytest.raises(camera.InputError) as told:
        open_feed(address)
    assert not {"secret", "admin", "signed"} & set(str(told.value).replace("@", " ").replace("=", " ").split())
    assert "secret" not in str(told.value)
