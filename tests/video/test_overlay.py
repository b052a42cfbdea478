from __future__ import annotations

import math
import os

import numpy as np
import pytest

from mobility_check.errors import InputError, OutputError, UsageError
from mobility_check.kinematics.landmarks import HEAD, Landmark
from mobility_check.pipeline import analyze_tracks
from mobility_check.results.wording import whole
from mobility_check.video.blur import blur_faces
from mobility_check.video.canvas import LEG_COLOURS, Canvas
from mobility_check.video.moments import ClipTimeline
from mobility_check.video.overlay import annotate, still
from mobility_check.video.sink import video_sink
from mobility_check.video.source import ClipReader
from synthetic.stickfigure import Figure, Kick, kicks
from tests.video.clips import BLOCK_PX, make_clip, number_in, numbered

SIZE = (360, 640)
SMALL = (180, 320)
"""Size of the clips that are annotated here: half of what the sessions were measured in, which must not matter."""
FPS = 15.0


def figure(**fields) -> Figure:
    values = {
        "size": SIZE,
        "fps": FPS,
        "leg_px": 250.0,
        "movements": kicks("right"),
        "facing": "right",
        "noise_px": 0.3,
    }
    return Figure(**{**values, **fields})


def session_of(**fields):
    return analyze_tracks([figure(**fields).track()])


def picture(size=SIZE) -> np.ndarray:
    return np.full((size[1], size[0], 3), 128, dtype=np.uint8)


def peak_s(session) -> float:
    return next(r.peak_s for reps in session.clips[0].reps.values() for r in reps)


@pytest.fixture
def texts(monkeypatch):
    """Everything that is written, as it is written."""
    seen: list[str] = []
    write = Canvas.text
    monkeypatch.setattr(Canvas, "text", lambda self, at, text, **kw: seen.append(text) or write(self, at, text, **kw))
    return seen


@pytest.mark.parametrize(("facing", "side", "back"), [("right", "right", -1), ("left", "left", 1)])
def test_the_arc_opens_backwards_at_the_hip(facing, side, back):
    session = session_of(facing=facing, movements=kicks(side, extension_deg=24))
    t = peak_s(session)
    drawn = still(picture(), session=session, time_s=t).astype(int)
    xy = ClipTimeline(session, 0).at(t).xy_px
    hip = (xy[Landmark.LEFT_HIP] + xy[Landmark.RIGHT_HIP]) / 2
    thigh_px = math.dist(hip, xy[Landmark[f"{side}_knee".upper()]])

    def tint(towards: int, share: float) -> float:
        """How far the pixel at half the arc's angle has moved from grey towards the leg's colour."""
        angle = math.radians(90 + towards * 11)
        x, y = hip + share * thigh_px * np.array([math.cos(angle), math.sin(angle)])
        colour = np.array(LEG_COLOURS[side]) - 128
        return float((drawn[round(y), round(x)] - 128) @ colour / (colour @ colour))

    assert tint(-back, 0.7) > 0.35
    assert abs(tint(back, 0.7)) < 0.05
    assert abs(tint(-back, 1.6)) < 0.05


def test_the_number_is_the_angle_of_the_moment(texts):
    session = session_of()
    timeline = ClipTimeline(session, 0)
    for t in (1.0, 2.6, peak_s(session)):
        texts.clear()
        still(picture(), session=session, time_s=t)
        assert texts[0] == f"{whole(timeline.at(t).angle_deg)}°"
    assert texts[0] in ("19°", "20°", "21°")
    assert texts[1].startswith("±")


def test_what_was_not_seen_is_not_drawn():
    session = session_of(gaps_s=[(6.0, 7.0)])
    blank = picture()
    np.testing.assert_array_equal(still(blank, session=session, time_s=6.5), blank)
    assert (still(blank, session=session, time_s=5.5) != blank).any()
    assert (blank == 128).all()


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_the_figure_scales_with_the_picture(factor):
    session = session_of()
    size = (round(SIZE[0] * factor), round(SIZE[1] * factor))
    plain = (still(picture(), session=session, time_s=4.0) != 128).any(axis=2)
    scaled = (still(picture(size), session=session, time_s=4.0) != 128).any(axis=2)
    for axis in (0, 1):
        np.testing.assert_allclose(
            np.flatnonzero(scaled.any(axis=axis))[[0, -1]],
            np.flatnonzero(plain.any(axis=axis))[[0, -1]] * factor,
            atol=14,
        )


def test_nonsense_landmarks_do_no_harm():
    session = session_of()
    xy = session.tracks[0].xy_px
    xy[30:40] = 1e30
    xy[40:45, 11:] = np.inf
    for index in (32, 42):
        drawn = still(picture(), session=session, time_s=index / FPS)
        assert drawn.shape == picture().shape


# -- faces


def noisy(size=SIZE) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)


def test_a_blurred_head_keeps_no_detail_and_the_rest_keeps_all():
    xy = figure().track().xy_px[0]
    image = noisy()
    blurred = blur_faces(image, xy)
    for x, y in xy[list(HEAD)]:
        patch = blurred[round(y) - 2 : round(y) + 3, round(x) - 2 : round(x) + 3].astype(float)
        assert patch.std(axis=(0, 1)).max() < 12 < image.astype(float).std()
    crown = xy[Landmark.RIGHT_EAR] - 0.7 * (xy[Landmark.RIGHT_SHOULDER] - xy[Landmark.RIGHT_EAR])
    assert (blurred[round(crown[1]), round(crown[0])] != image[round(crown[1]), round(crown[0])]).any()
    below = round(xy[Landmark.RIGHT_HIP][1])
    np.testing.assert_array_equal(blurred[below:], image[below:])


def test_several_heads_and_heads_at_the_edge_or_outside():
    xy = figure().track().xy_px[0]
    people = np.stack([xy, xy - xy[Landmark.NOSE], xy + 5000.0, np.full_like(xy, np.nan)])
    image = noisy()
    blurred = blur_faces(image, people)
    nose = np.round(xy[Landmark.NOSE]).astype(int)
    assert blurred[nose[1] - 2 : nose[1] + 3, nose[0] - 2 : nose[0] + 3].std(axis=(0, 1)).max() < 12
    assert blurred[:5, :5].std(axis=(0, 1)).max() < 12
    np.testing.assert_array_equal(blur_faces(image, people[2:]), image)


def test_where_the_head_is_not_seen_its_last_place_is_blurred_wider():
    session = session_of(gaps_s=[(0.0, 1.0), (6.0, 7.0)])
    image = noisy()
    seen = (still(image, session=session, time_s=5.0) != image).any(axis=2)[:150].sum()
    for t in (0.5, 6.5):
        unseen = (still(image, session=session, time_s=t) != image).any(axis=2)
        assert unseen[:150].sum() > 1.5 * seen


@pytest.mark.parametrize("show_face", [False, True])
def test_faces_are_blurred_in_an_annotated_clip_unless_shown(tmp_path, show_face):
    """Issue 15 A4: the page said that the face was blurred and linked a film in which it was not."""
    path, coarse = tmp_path / "in.mp4", noisy((SMALL[0] // 4, SMALL[1] // 4)).repeat(4, axis=0).repeat(4, axis=1)
    with video_sink(path, size=SMALL, fps=15) as sink:
        for i in range(30):
            sink.write(coarse, time_s=i / 15)
    session = session_of(movements=())
    annotate(path, tmp_path / "out.mp4", session=session, show_face=show_face)
    (before,), (after,) = (list(ClipReader(p).frames_at([10])) for p in (path, tmp_path / "out.mp4"))
    x, y = (session.tracks[0].xy_px[5][Landmark.NOSE] * SMALL[0] / SIZE[0]).astype(int)
    detail = [f.image[y - 8 : y + 8, x + 2 : x + 10].astype(float).std() for f in (before, after)]
    assert (detail[1] > 0.5 * detail[0]) == show_face


# -- the whole clip


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return make_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", frames=225, fps=FPS, size=SMALL)


def test_the_annotated_clip_keeps_frames_times_and_handedness(tmp_path, clip):
    shares: list[float] = []
    annotate(clip, tmp_path / "out.mp4", session=session_of(), on_progress=shares.append)
    before, after = ClipReader(clip), ClipReader(tmp_path / "out.mp4")
    np.testing.assert_allclose(after.time_s, before.time_s, atol=0.001)
    assert after.meta.width_px == SMALL[0]
    assert after.meta.height_px > SMALL[1]
    assert [number_in(f.image) for f in after.frames()] == list(range(225))
    assert shares[-1] == 1.0
    assert shares == sorted(shares)
    assert os.listdir(tmp_path) == ["out.mp4"]


def test_the_panel_tells_leg_kick_hold_and_verdict(tmp_path, clip, texts):
    annotate(clip, tmp_path / "out.webm", session=session_of())
    said = " | ".join(texts)
    for words in ("Right leg", "kick 1 of 3", "kick 3 of 3", "hold 0.5 s", "counted: 20° ±", "standing: zero taken"):
        assert words in said
    assert "Left leg" not in said
    assert "not counted" not in said


def test_a_kick_that_does_not_count_says_why(tmp_path, clip, texts):
    session = session_of(movements=[Kick("right", 2.0, trunk_lean_deg=17.0), Kick("right", 7.0)])
    annotate(clip, tmp_path / "out.mp4", session=session)
    assert any(t.startswith("not counted: trunk leaned 17°") for t in texts)
    assert any(t.startswith("counted: 20°") for t in texts)


@pytest.mark.parametrize("facing", ["left", "right"])
def test_words_stay_readable_whichever_way_the_person_looks(clip, facing, tmp_path, texts):
    annotate(clip, tmp_path / "out.mp4", session=session_of(facing=facing, movements=kicks(facing)))
    assert f"{facing.capitalize()} leg" in texts


def test_slow_motion_and_big_pictures_are_brought_to_a_common_size(tmp_path):
    path = make_clip(tmp_path / "in.mp4", frames=40, fps=120, size=(1920, 1080), options={"preset": "ultrafast"})
    session = session_of(duration_s=1.0, size=(1920, 1080), leg_px=500, movements=())
    annotate(path, tmp_path / "out.mp4", session=session)
    out = ClipReader(tmp_path / "out.mp4")
    assert out.meta.width_px == 1280
    assert 720 < out.meta.height_px < 960
    np.testing.assert_allclose(out.time_s, np.arange(10) / 30, atol=0.001)


@pytest.mark.parametrize(("pix_fmt", "size"), [("yuv420p", SMALL), ("yuvj420p", SMALL), ("yuv444p", (361, 641))])
def test_colours_stay_whichever_way_the_clip_stores_them(tmp_path, pix_fmt, size):
    """Within 6 grey levels: what rounding twice and the encoder lose."""
    path = make_clip(tmp_path / "in.mp4", frames=5, size=size, pix_fmt=pix_fmt)
    assert_same_colours(path, tmp_path / "out.mp4")


@pytest.mark.parametrize("matrix", [1, 6, 9])
def test_colours_stay_whichever_way_the_clip_codes_them(tmp_path, matrix):
    """The same numbers in the file are other colours by the BT.709, BT.601 and BT.2020 matrices: up to 30 levels."""
    with video_sink(tmp_path / "in.mp4", size=SMALL, fps=15, matrix=matrix) as sink:
        for i in range(5):
            sink.write(numbered(i, width=SMALL[0], height=SMALL[1]), time_s=i / 15)
    assert_same_colours(tmp_path / "in.mp4", tmp_path / "out.mp4")


def assert_same_colours(path, copy) -> None:
    annotate(path, copy, session=session_of(movements=(), duration_s=1.0), show_face=True)
    (before,), (after,) = (list(ClipReader(p).frames_at([2])) for p in (path, copy))
    block = slice(4, BLOCK_PX - 4)
    difference = after.image[block, block].mean(axis=(0, 1)) - before.image[block, block].mean(axis=(0, 1))
    assert np.abs(difference).max() < 6.0


def test_long_clips_turn_pages(tmp_path):
    path = make_clip(tmp_path / "in.mp4", frames=100, fps=1, size=SMALL)
    session = session_of(duration_s=100.0, fps=15, movements=kicks("right", first_s=5, every_s=30))
    annotate(path, tmp_path / "out.mp4", session=session)
    assert ClipReader(tmp_path / "out.mp4").meta.frames == 100


def test_a_clip_in_which_nobody_was_seen_is_copied_with_an_empty_panel(tmp_path, clip, texts):
    annotate(clip, tmp_path / "out.mp4", session=session_of(movements=(), gaps_s=[(0, 99)]))
    assert "not side-on" in texts
    assert [number_in(f.image) for f in ClipReader(tmp_path / "out.mp4").frames_at([7])] == [7]


def test_failures_leave_nothing_behind(tmp_path, clip):
    session = session_of()
    with pytest.raises(InputError):
        annotate(tmp_path / "nowhere.mp4", tmp_path / "out.mp4", session=session)
    with pytest.raises(OutputError):
        annotate(clip, tmp_path / "no" / "out.mp4", session=session)
    with pytest.raises(UsageError):
        annotate(clip, tmp_path / "out.txt", session=session)

    def stop(share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        annotate(clip, tmp_path / "out.mp4", session=session, on_progress=stop)
    assert os.listdir(tmp_path) == []
