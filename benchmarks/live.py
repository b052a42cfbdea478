"""How well the live check keeps up and agrees with recorded clips.

    python benchmarks/live.py agreement [--slowly] CLIP...   live score against `analyze` of the same clips
    python benchmarks/live.py speed CLIP                     pictures per second and delays, with a window
    python benchmarks/live.py memory                         growth over a ten-minute session, played faster

Prints Markdown tables; the bars are those of docs/live.md. Other work on the machine makes the first two worse:
``--slowly`` plays clips at a quarter of their speed (their own time stamps stay), as a machine of four times the
speed would see them.
"""

from __future__ import annotations

import gc
import statistics
import sys
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import psutil

from mobility_check import pipeline
from mobility_check.assessments.session import Session
from mobility_check.kinematics.landmarks import SIDES
from mobility_check.kinematics.track import Floats
from mobility_check.live.camera import ClipFeed, Ending
from mobility_check.live.check import FrameBuffer, LiveCheck
from mobility_check.live.prompts import EndCard, end_card
from mobility_check.live.runner import Face, LiveRun, Outcome, Stats
from mobility_check.live.view import View
from mobility_check.pose.base import RgbImage
from mobility_check.pose.replay import ReplayBackend
from mobility_check.results.result import Result
from mobility_check.settings import Settings
from mobility_check.video.source import ClipReader, Frame

SETTLED_S = 4.0
MIB = 2**20


class Recorded:
    """A face that draws nothing and remembers figures; wraps another face when given one."""

    def __init__(self, inner: Face | None = None) -> None:
        self._inner = inner
        self.stats: list[Stats] = []
        self.kicks: dict[str, tuple[int, int]] = {}
        self._start_s = time.monotonic()

    def show(self, image: RgbImage | None, view: View, *, xy_px: Floats | None, stats: Stats) -> bool:
        """Note what the session says about itself."""
        if image is not None and time.monotonic() - self._start_s > SETTLED_S and stats.shown_hz:
            self.stats.append(stats)
        self.kicks = {s: (view.accepted(s), len(view.dots[s])) for s in SIDES}
        return self._inner is None or self._inner.show(image, view, xy_px=xy_px, stats=stats)

    def close(self) -> None:
        """Close what is wrapped."""
        if self._inner is not None:
            self._inner.close()


def play(path: Path, *, settings: Settings, face: Recorded, speed: float = 1.0) -> Outcome:
    """One clip as a camera, silently."""

    def scored(session: Session, frames: FrameBuffer) -> EndCard:
        return end_card(session.result)

    return LiveRun(
        check=LiveCheck(settings=settings, name=str(path)),
        feed=ClipFeed(path, speed=speed),
        face=face,
        mute=True,
        stays=False,
        on_scored=scored,
        on_message=print,
    ).run()


def agreement(paths: Sequence[Path], *, speed: float) -> None:
    """Live score against the recorded analysis, per leg, and whether every near kick was counted once."""
    settings, differences = Settings(), []
    print("| clip | ended | counted left, right | live | recorded | difference |\n|---|---|---|---|---|---|")
    for path in paths:
        face = Recorded()
        live = play(path, settings=settings, face=face, speed=speed)
        recorded = pipeline.analyze(path, settings=settings)
        found = _differences(live.session.result, recorded)
        differences += found
        counts = ", ".join(f"{a} of {n}" for a, n in face.kicks.values())
        texts = (_scores(live.session.result), _scores(recorded), ", ".join(f"{d:+.2f}" for d in found))
        print(f"| {path.name} | {live.ended} | {counts} | {' | '.join(texts)} |", flush=True)
    sizes = [abs(d) for d in differences]
    if sizes:
        print(f"\nMean {statistics.mean(sizes):.2f}°, worst {max(sizes):.2f}° over {len(sizes)} legs.")


def _differences(live: Result, recorded: Result) -> list[float]:
    pairs = [(live.sides[s].score_deg, recorded.sides[s].score_deg) for s in SIDES]
    return [a - b for a, b in pairs if a is not None and b is not None]


def _scores(result: Result) -> str:
    scores = [result.sides[s].score_deg for s in SIDES]
    return ", ".join("none" if score is None else f"{score:.2f}" for score in scores)


def speed(path: Path) -> None:
    """Shown pictures per second and delays, in the window, against the model's own time without anything beside it."""
    from mobility_check.live.faces import WindowFace

    alone_ms = _model_alone_ms(path)
    face = Recorded(WindowFace(with_stats=True))
    play(path, settings=Settings(), face=face)
    stats = face.stats[-1]
    frame_ms = 1000.0 / 30.0
    print("| what | measured | bar |\n|---|---|---|")
    print(f"| pictures shown per second | {stats.shown_hz:.1f} | 25 |")
    print(f"| frames seen by the model per second | {stats.inference_hz:.1f} | |")
    print(f"| model alone, median | {alone_ms:.1f} ms | |")
    print(f"| model during the session, median | {stats.model_ms:.1f} ms | |")
    bar_ms = 1.5 * stats.model_ms + frame_ms
    print(f"| capture to shown picture, 95th percentile | {stats.shown_lag_ms:.1f} ms | {bar_ms:.0f} ms |")
    print(f"| capture to skeleton and angle, 95th percentile | {stats.pose_lag_ms:.1f} ms | |")


def _model_alone_ms(path: Path, *, pictures: int = 60) -> float:
    reader = ClipReader(path)
    times = []
    with pipeline.default_backend().video("full") as estimator:
        for frame in islice(reader.frames(), pictures):
            start_s = time.perf_counter()
            estimator.estimate(frame.image, frame.time_s)
            times.append(time.perf_counter() - start_s)
    return 1000 * statistics.median(times[5:])


class NoiseFeed:
    """Ten minutes of 720p noise, the worst for compressed pictures, ten times as fast as a camera."""

    name, waits, notes = "noise", True, ()

    def __init__(self, times_s: Floats, *, speed: float) -> None:
        self._times_s, self._speed, self._n = times_s, speed, 0
        self._noise = np.random.default_rng(1).integers(80, 150, (720 + 64, 1280, 3), dtype=np.uint8)
        self._start_s = 0.0
        self.marks_mib: dict[int, float] = {}

    def read(self) -> Frame | Ending:
        """The next picture in its time; every minute the process's memory is noted."""
        if self._n >= len(self._times_s):
            return "end"
        now_s = float(self._times_s[self._n])
        self._start_s = self._start_s or time.monotonic()
        time.sleep(max(0.0, self._start_s + now_s / self._speed - time.monotonic()))
        if int(now_s // 60) not in self.marks_mib:
            gc.collect()
            self.marks_mib[int(now_s // 60)] = psutil.Process().memory_info().rss / MIB
        shift = self._n % 64
        self._n += 1
        return Frame(self._n - 1, now_s, self._noise[shift : shift + 720].copy())

    def close(self) -> None:
        """Nothing is held open."""


def memory() -> None:
    """Growth after the first minute of a session in which somebody kicks with one leg for ten minutes."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from synthetic.stickfigure import Figure, kicks

    figure = Figure(
        kicks("right", first_s=3.0, every_s=6.0, count=99), duration_s=600.0, fps=30.0, size=(1280, 720), leg_px=260.0
    )
    feed = NoiseFeed(figure.time_s, speed=10.0)
    backend = ReplayBackend([figure.track()])
    LiveRun(
        check=LiveCheck(settings=Settings(model="full"), backend=backend),
        feed=feed,
        face=Recorded(),
        mute=True,
        stays=False,
        on_scored=lambda s, frames: end_card(s.result),
        on_message=print,
    ).run()
    marks = feed.marks_mib
    print("| minute | " + " | ".join(str(m) for m in marks) + " |\n|---" * 1 + "|---" * len(marks) + "|")
    print("| MiB | " + " | ".join(f"{v:.0f}" for v in marks.values()) + " |")
    print(f"\nGrowth after the first minute: {max(marks.values()) - marks[1]:.0f} MiB (bar: 50).")


def main(arguments: Sequence[str]) -> int:
    """Run one of the three."""
    if arguments[:1] == ["agreement"] and len(arguments) > 1:
        clips = [Path(a) for a in arguments[1:] if a != "--slowly"]
        agreement(clips, speed=0.25 if "--slowly" in arguments else 1.0)
    elif arguments[:1] == ["speed"] and len(arguments) == 2:
        speed(Path(arguments[1]))
    elif list(arguments) == ["memory"]:
        memory()
    else:
        print(__doc__)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
