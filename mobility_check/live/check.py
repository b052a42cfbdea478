"""One live check without a screen: frames with their times go in, a :class:`View` comes out of each, then a session.

The window, the text mode and the page drive it alike::

    with LiveCheck(phrases=load_phrases()) as check:
        while not check.feed(image, time_s).done:
            ...
    session = check.finish()
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Mapping
from contextlib import ExitStack

import numpy as np

from mobility_check import pipeline
from mobility_check.assessments.session import Session
from mobility_check.errors import UsageError
from mobility_check.kinematics.landmarks import Side
from mobility_check.kinematics.track import Floats
from mobility_check.live.engine import Engine
from mobility_check.live.frame_buffer import FrameBuffer
from mobility_check.live.prompts import Phrases
from mobility_check.live.refiner import Refiner
from mobility_check.live.stopping import Hurried
from mobility_check.live.track_builder import LiveSource
from mobility_check.live.view import Observation, View
from mobility_check.pose.base import Backend, Estimator, Pose, RgbImage
from mobility_check.settings import Settings
from mobility_check.text import public_address
from mobility_check.video.source import Frame

LUMA_STRIDE = 8
COUNT_EVERY_S = 2.0
"""How often people are counted in set-up; the followed person is looked at in every frame."""
TEST = "kick-back"


class LiveCheck:
    """A session from the first frame to its result; the ``with`` block holds the models.

    Args:
        phrases: the user's language.
        settings: how the session is measured; its tracking model sees the live frames.
        name: of the camera, for the record.
        reps: kicks to count per leg.
        targets: scores of the person's last session.
        backend: what looks at the frames; MediaPipe if not given.

    Attributes:
        engine: the flow; for views before the first frame and after the last.
        frames: frames of holds and neutral stance, kept in memory.
        xy_px: (33, 2) landmarks in the frame that was fed last; ``None`` when nobody was seen.
    """

    def __init__(
        self,
        *,
        phrases: Phrases,
        settings: Settings | None = None,
        name: str = "live",
        reps: int = 3,
        targets: Mapping[Side, float] | None = None,
        backend: Backend | None = None,
    ) -> None:
        """Prepare a session.

        Raises:
            UsageError: the live check knows no such test.
            ModelError: the model is missing or damaged.
        """
        settings = settings or Settings()
        if settings.test != TEST:
            raise UsageError(
                "The live check does the {measured}; measure a {test} from a clip with: analyze",
                measured=TEST,
                test=settings.test,
            )
        self._settings, self._backend = _with_reps(settings, reps), backend or pipeline.default_backend()
        source = LiveSource(public_address(name), self._backend.name, *self._backend.identity(settings.model))
        self.engine = Engine(
            phrases=phrases, settings=self._settings, reps=reps, targets=targets, source=source, refines=True
        )
        self.frames = FrameBuffer()
        self._refiner = Refiner(self.frames, backend=self._backend, settings=self._settings)
        self._models = ExitStack()
        self._fed = 0
        self.xy_px: Floats | None = None
        self._counted_s, self._people, self._counting = -np.inf, 1, True

    def __enter__(self) -> LiveCheck:
        with ExitStack() as opening:
            model = self._settings.tracking_model
            self._tracker: Estimator = opening.enter_context(self._backend.video(model))
            self._counter: Estimator = opening.enter_context(self._backend.stills(model, max_people=2))
            opening.enter_context(self._refiner)
            self._tracker.estimate(np.zeros((256, 256, 3), dtype=np.uint8), -1.0)  # the first call is many times slower
            self._models = opening.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._models.close()

    def __len__(self) -> int:
        """How many frames the model has seen."""
        return self._fed

    def feed(
        self,
        image: RgbImage,
        time_s: float,
        *,
        index: int | None = None,
        on_seen: Callable[[Floats | None], None] | None = None,
    ) -> View:
        """Look at one frame; one call at a time.

        Args:
            image: (H, W, 3) RGB, upright, not mirrored.
            time_s: capture time; any origin, rising.
            index: the frame's number at the camera; frames may have been left out.
            on_seen: told the landmarks as soon as they are found; the view takes longer.

        Raises:
            ModelError: a model of the refinement pass is missing.
        """
        frame = Frame(self._fed if index is None else index, time_s, image)
        self._fed += 1
        poses = self._tracker.estimate(image, time_s)
        self.xy_px = poses[0].xy_px if poses else None
        if on_seen is not None:
            on_seen(self.xy_px)
        view = self.engine.observe(_observation(frame, poses, people=self._count(frame, poses)))
        self._counting = view.state in ("setup", "turn")
        if view.keep is not None:
            self.frames.offer(frame, view.keep)
        for refined in self._refiner.ready():
            self.engine.take(refined)
        if self._refiner.idle:
            self._refiner.start(self.engine.to_refine())
        return view

    def finish(
        self,
        *,
        frames: int | None = None,
        notes: tuple[str, ...] = (),
        on_progress: Callable[[float], None] | None = None,
    ) -> Session:
        """Measure what was seen until now, as if it were a recorded clip.

        Args:
            frames: how many frames the camera gave.
            notes: codes of ``results.reasons`` about the recording.
            on_progress: told the share done; when it raises ``Hurried``, the refinement pass is left out and the
                intervals are wider.

        Raises:
            ModelError: a model of the refinement pass is missing.
        """
        found = pipeline.find_movements(self.engine.builder.track(frames=frames, notes=notes), settings=self._settings)
        with contextlib.suppress(Hurried):
            found = pipeline.refine_clip(
                found, self.frames.frames, settings=self._settings, backend=self._backend, on_progress=on_progress
            )
        return pipeline.assess_clips([found], settings=self._settings)

    def _count(self, frame: Frame, poses: tuple[Pose, ...]) -> int:
        """People in the frame; beyond the followed one they are looked for only now and then, and not in a kick."""
        if self._counting and frame.time_s - self._counted_s >= COUNT_EVERY_S:
            self._counted_s = frame.time_s
            self._people = len(self._counter.estimate(frame.image, 0.0))
        return min(len(poses), 1) if self._people < 2 else self._people


def _observation(frame: Frame, poses: tuple[Pose, ...], *, people: int) -> Observation:
    person = poses[0] if poses else None
    return Observation(
        time_s=frame.time_s,
        xy_px=person.xy_px if person else None,
        visibility=person.visibility if person else None,
        size_px=(frame.image.shape[1], frame.image.shape[0]),
        people=people,
        luma=float(frame.image[::LUMA_STRIDE, ::LUMA_STRIDE].mean()),
        index=frame.index,
    )


def _with_reps(settings: Settings, reps: int) -> Settings:
    """The same settings with this many kicks wanted per leg."""
    params = settings.params
    wanted = dataclasses.replace(params.reps, wanted=reps)
    return dataclasses.replace(settings, params=dataclasses.replace(params, reps=wanted))
