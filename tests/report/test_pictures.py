"""Stills of a session: taken from real clips, cut to the body, with lines and a blurred head."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path
from types import TracebackType

import numpy as np
import pytest
from PIL import Image

from mobility_check.assessments.session import Session
from mobility_check.errors import ModelError
from mobility_check.files import sha256_of
from mobility_check.kinematics.track import PoseTrack
from mobility_check.pipeline import analyze_track
from mobility_check.pose.base import Pose
from mobility_check.report import ReportData, render
from mobility_check.report.pictures import CHANGED, NO_CLIP, NO_MODEL, SHOWN_HEIGHT_PX, take_pictures, tracks_again
from mobility_check.results.result import Person, PersonBox, Result
from mobility_check.video.sink import video_sink
from synthetic.stickfigure import Figure, kicks

SIZE = (216, 384)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """Three kicks of the right leg by a stick figure, and a clip of that length and size."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    checks = np.kron(np.indices((SIZE[1] // 6, SIZE[0] // 6)).sum(axis=0) % 2 * 60 + 90, np.ones((6, 6)))
    with video_sink(path, size=SIZE, fps=15) as sink:
        for i in range(225):
            sink.write(np.repeat(checks[..., None], 3, axis=2).astype(np.uint8), time_s=i / 15)
    track = Figure(kicks("right", extension_deg=18.0), duration_s=15.0, fps=15, size=SIZE, leg_px=140).track()
    meta = dataclasses.replace(track.meta, path=str(path), sha256=sha256_of(path))
    return analyze_track(dataclasses.replace(track, meta=meta))


def _pixels(jpeg: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(jpeg)).convert("RGB"), dtype=np.int64)


class Glance:
    """A back end that gives what the session's track has at that time."""

    name = "glance"

    def __init__(self, track: PoseTrack) -> None:
        self._track = track

    def stills(self, model: str, *, max_people: int = 1, masks: bool = False) -> Glance:
        assert model == "stick-figure"
        return self

    def video(self, model: str, *, max_people: int = 1) -> Glance:
        raise AssertionError("stills are enough")

    def estimate(self, image: np.ndarray, time_s: float) -> tuple[Pose, ...]:
        i = int(np.abs(self._track.time_s - time_s).argmin())
        return (Pose(self._track.xy_px[i], self._track.visibility[i]),)

    def __enter__(self) -> Glance:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


class NoModel(Glance):
    def stills(self, model: str, *, max_people: int = 1, masks: bool = False) -> Glance:
        raise ModelError("gone")


def test_every_kick_and_the_zero_have_a_picture(session: Session) -> None:
    pictures = take_pictures(session)
    assert sorted(pictures.reps) == [("right", 0), ("right", 1), ("right", 2)]
    assert list(pictures.neutral) == ["right"]
    for place, rep in enumerate(session.result.sides["right"].reps):
        assert rep.hold_s is not None
        assert rep.hold_s[0] <= pictures.reps["right", place].time_s <= rep.hold_s[1]
    shown = pictures.reps["right", 0]
    assert _pixels(shown.jpeg).shape == (shown.height_px, shown.width_px, 3)
    assert shown.height_px <= SHOWN_HEIGHT_PX
    assert {(p.width_px, p.height_px) for p in [*pictures.reps.values(), *pictures.neutral.values()]} == {
        (shown.width_px, shown.height_px)
    }, "one scale for all"


def test_the_head_is_blurred_unless_asked_otherwise(session: Session) -> None:
    blurred, plain = (take_pictures(session, show_face=show).reps["right", 0] for show in (False, True))
    assert (blurred.width_px, blurred.height_px) == (plain.width_px, plain.height_px)
    here, there = (_pixels(p.jpeg) for p in (blurred, plain))
    changed = np.abs(here - there).max(axis=2) > 25
    assert changed[: len(changed) // 4].mean() > 0.02
    assert not changed[len(changed) // 3 :].any()
    assert take_pictures(session).note == "Faces are blurred."
    assert take_pictures(session, show_face=True).note == ""


def test_lines_are_drawn(session: Session) -> None:
    pixels = _pixels(take_pictures(session, show_face=True).reps["right", 1].jpeg)
    coloured = np.ptp(pixels, axis=2) > 60
    assert coloured.mean() > 0.005


def test_a_clip_that_is_gone_gives_a_sentence_instead(session: Session) -> None:
    meta = dataclasses.replace(session.tracks[0].meta, path="gone.mp4")
    lost = dataclasses.replace(session, tracks=(dataclasses.replace(session.tracks[0], meta=meta),))
    pictures = take_pictures(lost)
    assert pictures.note == NO_CLIP
    assert not pictures.reps


def test_a_stored_session_gets_its_pictures_and_figure_again(session: Session) -> None:
    tracks = tracks_again(session.result, session.clips, backend=Glance(session.tracks[0]))
    assert not isinstance(tracks, str)
    again = take_pictures(Session(session.result, session.clips, tracks))
    first = take_pictures(session)
    assert again.reps.keys() == first.reps.keys()
    a, b = (_pixels(p.reps["right", 0].jpeg) for p in (again, first))
    high, wide = (min(x, y) for x, y in zip(a.shape[:2], b.shape[:2], strict=True))
    assert max(a.shape[0] - high, b.shape[0] - high) <= 2, "the leg's length is seen in fewer frames"
    assert np.abs(a[:high, :wide] - b[:high, :wide]).mean() < 3.0
    html = render(ReportData(session.result, session.clips, tracks, again))
    assert "Drawn from repetition" in html
    assert html.count('src="data:image/jpeg') == 2 + 3


@pytest.mark.parametrize("change", ["content", "place", "no curves"])
def test_no_picture_of_a_clip_that_is_not_the_same(session: Session, tmp_path: Path, change: str) -> None:
    clip = session.result.inputs[0]
    other = tmp_path / "clip.mp4"
    if change == "content":
        other.write_bytes(Path(clip.path).read_bytes() + b"x")
    result: Result = dataclasses.replace(session.result, inputs=(dataclasses.replace(clip, path=str(other)),))
    clips = () if change == "no curves" else session.clips
    assert tracks_again(result, clips, backend=Glance(session.tracks[0])) == CHANGED


def test_without_the_model_there_is_a_sentence(session: Session) -> None:
    assert tracks_again(session.result, session.clips, backend=NoModel(session.tracks[0])) == NO_MODEL


def _among_others(session: Session) -> Session:
    """The same with somebody else on the right of the picture."""
    xy = session.tracks[0].xy_px[0] / SIZE
    box = (*np.nanmin(xy, axis=0).clip(0, 1).tolist(), *np.nanmax(xy, axis=0).clip(0, 1).tolist())
    person = Person(1, "left", box, of=2, shown_s=0.5, others=(PersonBox(2, "right", (0.9, 0.2, 1.0, 0.9)),))
    return dataclasses.replace(session, result=dataclasses.replace(session.result, person=person))


class Crowd(Glance):
    """Somebody larger stands beside the measured person, and is found first."""

    def stills(self, model: str, *, max_people: int = 1, masks: bool = False) -> Glance:
        assert max_people > 1, "everybody's face is blurred"
        return self

    def estimate(self, image: np.ndarray, time_s: float) -> tuple[Pose, ...]:
        (pose,) = super().estimate(image, time_s)
        larger = (pose.xy_px - pose.xy_px.mean(axis=0)) * 1.2 + pose.xy_px.mean(axis=0) + (SIZE[0] * 0.35, 0)
        return (Pose(larger, pose.visibility), pose)


def test_who_was_measured_is_shown_where_several_were_in_view(session: Session) -> None:
    assert take_pictures(session).people is None
    among = _among_others(session)
    shown = take_pictures(among).people
    assert shown is not None
    pixels, box = _pixels(shown.jpeg), np.array(among.result.person.box) * ([*SIZE] * 2)
    left, top, right, bottom = (box * shown.height_px / SIZE[1]).astype(int)
    inside, outside = pixels[top + 8 : bottom - 8, left + 8 : right - 8], pixels[:, right + 12 :]
    assert np.median(outside) < 0.5 * np.median(inside)
    html = render(ReportData(among.result, among.clips, among.tracks, take_pictures(among)))
    assert "2 people were in view; the one in the frame was measured." in html


def test_a_stored_session_among_others_shows_the_person_who_was_measured(session: Session) -> None:
    among = _among_others(session)
    tracks = tracks_again(among.result, among.clips, backend=Crowd(session.tracks[0]))
    assert not isinstance(tracks, str)
    seen = np.isfinite(tracks[0].xy_px[:, 23, 0])
    assert tracks[0].xy_px[seen] == pytest.approx(session.tracks[0].xy_px[seen], abs=4.0)
    assert np.isfinite(tracks[0].others_px[0][seen]).all(), "the other's face is blurred too"
    assert take_pictures(Session(among.result, among.clips, tracks)).people is not None
