"""A picture that sticks is no fine hold, however it was compressed again (DeepLabCut#329)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from mobility_check.pipeline import analyze_tracks, record_track
from mobility_check.pose.replay import ReplayBackend
from mobility_check.results.result import Result
from mobility_check.settings import Settings
from synthetic.stickfigure import Figure, Kick

WIDTH, HEIGHT, FPS = 270, 480, 25
CODECS = {
    "h264.mp4": ("libx264", {"crf": "30", "g": "25"}),
    "mpeg4.avi": ("mpeg4", {"b": "900k", "g": "12"}),
    "jpeg.avi": ("mjpeg", {"q": "6"}),
}
FIGURE = Figure(
    [Kick("right", at_s, extension_deg=20.0) for at_s in (2.5, 6.5, 10.5)], duration_s=14.0, fps=FPS, leg_px=600.0
)
BONES = [(11, 23), (23, 25), (25, 27), (12, 24), (24, 26), (26, 28), (11, 13), (0, 11)]


def film(path: Path, *, frozen_s: tuple[float, float] | None) -> Path:
    """A film of the figure in front of a wall with a pattern; the picture sticks in that span."""
    codec, options = CODECS[path.name]
    wall = np.random.default_rng(3).integers(90, 150, (HEIGHT // 8, WIDTH // 8, 3), dtype=np.uint8)
    wall = cv2.resize(wall, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    track, image = FIGURE.track(), wall
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream(codec, rate=FPS, options=options)
        stream.width, stream.height = WIDTH, HEIGHT
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        for time_s, xy in zip(track.time_s, track.xy_px * (HEIGHT / 1920), strict=True):
            if frozen_s is None or not frozen_s[0] < time_s < frozen_s[1]:
                image = wall.copy()
                for a, b in BONES:
                    ends = [(round(float(x) * 16), round(float(y) * 16)) for x, y in (xy[a], xy[b])]
                    cv2.line(image, *ends, (30, 40, 60), 14, cv2.LINE_AA, shift=4)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        out.mux(stream.encode(None))
    return path


def measured(path: Path) -> Result:
    settings = Settings(workers=1)
    return analyze_tracks([record_track(path, backend=ReplayBackend([FIGURE.track()]), settings=settings)]).result


@pytest.fixture(scope="module", params=CODECS)
def steady(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Result]:
    """The name of a film in which nothing sticks, and its result."""
    folder = tmp_path_factory.mktemp("steady")
    return request.param, measured(film(folder / request.param, frozen_s=None))


def codes(reasons: Any) -> list[str]:
    return [r.code for r in reasons]


def test_a_picture_that_sticks_in_a_hold_takes_that_kick(tmp_path, steady):
    name, alike = steady
    at_s = float(np.mean(alike.sides["right"].reps[1].hold_s))
    result = measured(film(tmp_path / name, frozen_s=(at_s - 0.75, at_s + 0.75)))
    reps = result.sides["right"].reps
    assert [r.valid for r in reps] == [True, False, True]
    assert codes(reps[1].reasons) == ["frozen_picture"]
    told = {r.code: r.message for r in result.reasons}
    assert told["picture_froze"].startswith(("The picture stood still for 1.4", "The picture stood still for 1.5"))


def test_a_picture_that_sticks_while_the_person_stands_is_told_and_takes_nothing(tmp_path):
    result = measured(film(tmp_path / "h264.mp4", frozen_s=(4.6, 6.0)))
    assert [r.valid for r in result.sides["right"].reps] == [True] * 3
    assert "picture_froze" in codes(result.reasons)


def test_somebody_who_holds_still_is_not_a_picture_that_sticks(steady):
    _, result = steady
    assert [r.valid for r in result.sides["right"].reps] == [True] * 3
    assert "picture_froze" not in codes(result.reasons)
