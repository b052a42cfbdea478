"""One live check in a process of its own: pictures come in on standard input, views go out as lines of JSON.

Called as ``python -m mobility_check.app.live_work FOLDER JOB DATABASE``. Each picture is four bytes of length and what
the page sent: a head (time, number at the camera) and a JPEG. The end of the input ends the check. What was seen until
then is measured and kept as a job.
"""

from __future__ import annotations

import io
import struct
import sys
import warnings
from dataclasses import replace
from functools import partial
from typing import IO

import numpy as np
from PIL import Image, UnidentifiedImageError

from mobility_check.app.measure import has_history, opened
from mobility_check.app.store import Job, Store
from mobility_check.app.words import text
from mobility_check.app.work import finish, run_process, say
from mobility_check.errors import InputError
from mobility_check.history.progress import progress_of
from mobility_check.kinematics.landmarks import SIDES, Side
from mobility_check.kinematics.track import Floats
from mobility_check.language import N_
from mobility_check.live.check import LiveCheck
from mobility_check.live.prompts import end_card, prompt
from mobility_check.pose.base import RgbImage
from mobility_check.results import wording
from mobility_check.results.result import Result
from mobility_check.results.wording import Change
from mobility_check.video.source import Frame

HEAD = struct.Struct("<dI")
MAX_PIXELS = 4096 * 2304
LIMBS = (11, 12, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32)
"""Landmarks that the page draws."""


def run(store: Store, job: Job, database: str | None) -> None:
    """Feed the check until it is done or ended, measure it, and say how it ended.

    Raises:
        InputError: no picture came.
        ModelError: a model is missing or damaged.
    """
    with LiveCheck(name=N_("browser camera"), reps=job.reps, targets=_targets(job, database)) as check:
        say(view=check.engine.plain("setup", prompt("starting")))
        frames = _watch(check, sys.stdin.buffer)
    if frames is None:
        raise InputError(text("live.nothing"))
    say(view=check.engine.plain("scoring", prompt("scoring")))
    session = check.finish(frames=frames, on_progress=lambda x: say(share=0.9 * x))
    said = finish(store, job, session, database=database, frames=check.frames)
    store.save(replace(job, **said))
    say(card=_card(session.result, job.subject, said["session"], database), **said)


def _watch(check: LiveCheck, pictures: IO[bytes]) -> int | None:
    """Look at every picture that comes; how many the camera gave."""
    first = last = None
    while (found := _next(pictures)) is not None:
        image, number, time_s = found
        first, last = (number if first is None else first), number
        told = partial(_say_seen, [image.shape[1], image.shape[0]])
        view = check.feed(Frame(number - first, time_s, image), on_seen=told)
        say(view=view)
        if view.done:
            break
    return None if first is None or last is None else last - first + 1


def _say_seen(size: list[int], xy_px: Floats | None) -> None:
    """The landmarks that are drawn go first: the view takes longer."""
    say(seen=None if xy_px is None else [[round(float(v)) for v in xy_px[i]] for i in LIMBS], size=size)


def _next(pictures: IO[bytes]) -> tuple[RgbImage, int, float] | None:
    """The next picture that can be read; ``None`` at the end."""
    while length := int.from_bytes(pictures.read(4), "little"):
        sent = pictures.read(length)
        if len(sent) >= HEAD.size and (image := _decoded(sent[HEAD.size :])) is not None:
            time_s, number = HEAD.unpack_from(sent)
            return image, number, time_s
        say(unreadable=True)
    return None


def _decoded(jpeg: bytes) -> RgbImage | None:
    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as picture:
            warnings.simplefilter("ignore")
            if picture.width * picture.height > MAX_PIXELS:
                return None
            return np.asarray(picture.convert("RGB"))
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError):
        return None


def _targets(job: Job, database: str | None) -> dict[Side, float]:
    """The person's last scores."""
    if not job.subject or not has_history(database):
        return {}
    with opened(database) as store:
        return store.last_scores_deg(job.subject)


def _card(result: Result, subject: str | None, saved: str | None, database: str | None) -> dict[str, object]:
    """The end card; a check without a number is saved for nobody, so that it tells of no change and no saving."""
    kept_for = subject if saved else None
    card = end_card(result, changes=_changes(kept_for, saved, database), subject=kept_for)
    legs = [(side, result.sides[side]) for side in SIDES]
    figures = [[side, wording.degrees(x.score_deg), wording.plus_minus(x.ci95_deg)] for side, x in legs]
    return {"figures": figures, "lines": list(card.lines[len(legs) :]), "say": card.say, "scored": card.scored}


def _changes(subject: str | None, saved: str | None, database: str | None) -> dict[Side, Change]:
    """Of each leg that the saved session measured, since the one before."""
    if subject is None:
        return {}
    with opened(database) as store:
        found = progress_of(store.points(subject)).changes(session=saved)
    return {side: leg.since_last for side, leg in found.items()}


if __name__ == "__main__":
    run_process(run)
