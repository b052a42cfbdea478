"""Speed of the product as ratios of one run, medians of pairs: python benchmarks/speed.py [--out docs/speed.md]

Without ``--against`` the product is compared with the naive loop, which reads every frame with OpenCV, converts it and
gives it to one landmarker with the heavy model. With ``--against REF`` this version and another one of this repository
(a branch, tag or commit) run in turns on clips of several rates and sizes.

Clips of other lengths, rates and sizes are made from a sample. Each pair is timed in turns, each in a process of its
own, and the median of the ratios counts: machines are noisy, ratios less so.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import av
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "samples" / "kickback-2026-08-03.mp4"
START_S, LENGTH_S = 9.0, 20.0
"""The segment of the sample that is cut out: the last kick of one leg, the turn, and all kicks of the other."""

NAIVE = """
import sys, cv2, mediapipe as mp
from mediapipe.tasks.python import BaseOptions, vision
options = vision.PoseLandmarkerOptions(base_options=BaseOptions(model_asset_path=sys.argv[2]),
                                       running_mode=vision.RunningMode.VIDEO)
clip = cv2.VideoCapture(sys.argv[1])
with vision.PoseLandmarker.create_from_options(options) as landmarker:
    n = 0
    while True:
        ok, bgr = clip.read()
        if not ok:
            break
        rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
        landmarker.detect_for_video(mp.Image(image_format=mp.ImageFormat.SRGB, data=rgb), round(n * 1000 / 30))
        n += 1
"""
COMMAND = [sys.executable, "-c", "from mobility_check.cli import main; main()"]
FIRST_INFERENCE = """
import os
from mobility_check.cli import main
from mobility_check.pose.mediapipe import Landmarker
Landmarker.estimate = lambda *_: os._exit(0)
main()
"""


@dataclass(frozen=True)
class Run:
    """One timed process."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    output: str


def timed(command: list[str], *, package: Path = ROOT) -> Run:
    """Run a command with the package of that folder and measure wall time, processor time and peak memory."""
    environment = {**os.environ, "PYTHONPATH": str(package)}
    start = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=package, env=environment
    )
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 10):
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    return Run(time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, output)


def naive(clip: Path) -> Run:
    """The loop that today's tools run."""
    return timed([sys.executable, "-c", NAIVE, str(clip), str(ROOT / "models" / "pose_landmarker_heavy.task")])


def product(clip: Path, *options: str, package: Path = ROOT) -> Run:
    """``mobility-check analyze`` as a user runs it."""
    return timed([*COMMAND, "analyze", str(clip), "--json", *options], package=package)


def first_inference(clip: Path, *, package: Path = ROOT) -> Run:
    """The same up to the moment when the model is to see its first picture."""
    return timed([sys.executable, "-c", FIRST_INFERENCE, "analyze", str(clip)], package=package)


def scores(run: Run) -> list[float]:
    """The side scores that a run printed."""
    sides = json.loads(run.output)["sides"].values()
    return [s["score_deg"] for s in sides if s["score_deg"] is not None]


def ratios(first: Callable[[], Run], second: Callable[[], Run], *, repeats: int) -> tuple[list[float], Run, Run]:
    """Wall time of ``first`` over ``second``, in turns; and the last run of each."""
    found = []
    for _ in range(repeats):
        a, b = first(), second()
        found.append(a.wall_s / b.wall_s)
    return found, a, b


def make_clip(path: Path, *, height_px: int, fps: int = 30, length_s: float = LENGTH_S) -> Path:
    """A clip of the sample's movement at another size, rate (frames repeated) or length (played to and fro).

    It has a key frame every second, as phones write them (Android's MediaRecorder by default).
    It is written by a process of its own: what this one holds would count as the peak memory of all that it starts.
    """
    if not path.is_file():
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            pool.submit(_write_clip, path, height_px, fps, length_s).result()
    return path


def _write_clip(path: Path, height_px: int, fps: int, length_s: float) -> None:
    with av.open(str(SAMPLE)) as source:
        frames = [f.to_ndarray(format="rgb24") for f in source.decode(video=0)]
    first = round(START_S * 30)
    cut = frames[first : first + round(LENGTH_S * 30)]
    width_px = height_px * cut[0].shape[1] // cut[0].shape[0] // 2 * 2
    unfinished = path.with_suffix(".part.mp4")
    with av.open(str(unfinished), "w") as out:
        stream = out.add_stream("libx264", rate=fps, options={"preset": "veryfast", "crf": "23", "g": str(fps)})
        stream.width, stream.height, stream.pix_fmt = width_px, height_px, "yuv420p"
        for i in range(round(length_s * fps)):
            place = i * 30 // fps % (2 * len(cut))
            image = cut[place if place < len(cut) else 2 * len(cut) - 1 - place]
            frame = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(width_px, height_px)
            frame.pts, frame.time_base = i, Fraction(1, fps)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    unfinished.replace(path)


def looped(path: Path, clip: Path, *, times: int) -> Path:
    """The clip several times over, copied without coding it again."""
    unfinished = path.with_suffix(".part.mp4")
    with av.open(str(unfinished), "w") as out:
        stream, shift = None, 0
        for _ in range(times):
            with av.open(str(clip)) as source:
                track = source.streams.video[0]
                stream = stream or out.add_stream_from_template(track)
                for packet in source.demux(track):
                    if packet.dts is not None and packet.pts is not None:
                        packet.dts, packet.pts, packet.stream = packet.dts + shift, packet.pts + shift, stream
                        out.mux(packet)
                assert track.duration is not None
                shift += track.duration
    return unfinished.replace(path)


def bar(name: str, value: float, limit: float, unit: str = "×", pairs: Sequence[float] = ()) -> str:
    """One line of the table of bars, with the lowest and the highest of the pairs."""
    met = "yes" if value <= limit else "**no**"
    return f"| {name} | {value:.2f} {unit}{_spread(pairs)} | ≤ {limit:g} {unit} | {met} |"


def _spread(pairs: Sequence[float]) -> str:
    return f" ({len(pairs)} pairs: {min(pairs):.2f} to {max(pairs):.2f})" if len(pairs) > 1 else ""


def ratio_bar(name: str, pairs: Sequence[float], limit: float) -> str:
    """A bar for the median of pairs."""
    return bar(name, statistics.median(pairs), limit, pairs=pairs)


def measure(folder: Path, repeats: int) -> list[str]:
    """All bars, as lines of a Markdown table."""
    hd = make_clip(folder / "hd.mp4", height_px=1920)
    rows = []
    default, fast, slow = ratios(lambda: product(hd), lambda: naive(hd), repeats=repeats)
    rows.append(ratio_bar("default analysis, 20 s 1080p 30 fps, against the naive heavy loop", default, 0.22))
    rows.append(bar(f"processor time of it (naive: {slow.cpu_s:.1f} s)", fast.cpu_s, 11.0, "s"))
    every, all_frames, _ = ratios(lambda: product(hd, "--every-frame"), lambda: naive(hd), repeats=repeats)
    rows.append(ratio_bar("`--every-frame` against the naive heavy loop", every, 0.60))
    apart = max(abs(a - b) for a, b in zip(scores(fast), scores(all_frames), strict=True))
    rows.append(bar("largest difference of a side's score, default against every frame", apart, 0.3, "°"))
    rows += _shapes(folder, hd, repeats)
    return rows + _lengths(folder, fast)


def _shapes(folder: Path, hd: Path, repeats: int) -> list[str]:
    slow_motion = make_clip(folder / "240.mp4", height_px=1920, fps=240)
    uhd = make_clip(folder / "4k.mp4", height_px=3840)
    picture = folder / "seen.mp4"
    motion = ratios(lambda: product(slow_motion), lambda: product(hd), repeats=repeats)[0]
    size = ratios(lambda: product(uhd), lambda: product(hd), repeats=repeats)[0]
    drawn = ratios(lambda: product(hd, "--annotate", str(picture)), lambda: product(hd), repeats=repeats)[0]
    bare = [sys.executable, "-c", "pass"]
    help_ = ratios(lambda: timed([*COMMAND, "--help"]), lambda: timed(bare), repeats=5 * repeats)[0]
    begun = [first_inference(hd).wall_s for _ in range(repeats)]
    return [
        ratio_bar("240 fps against 30 fps", motion, 1.2),
        ratio_bar("4K against 1080p", size, 1.3),
        ratio_bar("`--annotate` on top of the analysis", [ratio - 1.0 for ratio in drawn], 0.45),
        ratio_bar("`--help` against `python -c pass`", help_, 5.0),
        bar("from start to the first inference", statistics.median(begun), 0.9, "s", begun),
    ]


def _lengths(folder: Path, short: Run) -> list[str]:
    runs = {20.0: short}
    to_and_fro = make_clip(folder / "40.mp4", height_px=1920, length_s=2 * LENGTH_S)
    for times in (3, 15):
        length_s = 2 * LENGTH_S * times
        runs[length_s] = product(looped(folder / f"{length_s:.0f}.mp4", to_and_fro, times=times))
    per_s = {length: run.wall_s / length for length, run in runs.items()}
    peaks = np.array([run.peak_mb for run in runs.values()])
    return [
        bar("time per second of clip, 10 min against 20 s", per_s[600.0] / per_s[20.0], 1.1),
        bar("growth of peak memory, 20 s to 10 min", float(peaks.max() - peaks[0]), 60, "MB"),
        bar("peak memory", float(peaks.max()), 700, "MB"),
    ]


def compare(ref: str, folder: Path, repeats: int) -> list[str]:
    """This version against another one, as lines of a Markdown table."""
    hd = make_clip(folder / "hd.mp4", height_px=1920)
    shapes = {
        "1080p, 30 fps": hd,
        "1080p, 60 fps": make_clip(folder / "60.mp4", height_px=1920, fps=60),
        "1080p, 240 fps": make_clip(folder / "240.mp4", height_px=1920, fps=240),
        "540p, 30 fps": make_clip(folder / "540.mp4", height_px=960),
        "4K, 30 fps": make_clip(folder / "4k.mp4", height_px=3840),
    }
    seen = str(folder / "seen.mp4")
    runs = {name: partial(product, clip) for name, clip in shapes.items()}
    runs["1080p, 30 fps, `--annotate`"] = partial(product, hd, "--annotate", seen)
    runs["start to first inference"] = partial(first_inference, hd)
    with checked_out(ref) as other:
        return [_against(name, run, other, repeats) for name, run in runs.items()]


def _against(name: str, run: Callable[..., Run], other: Path, repeats: int) -> str:
    pairs = [(run(package=ROOT), run(package=other)) for _ in range(repeats)]
    wall = [a.wall_s / b.wall_s for a, b in pairs]
    cpu = statistics.median(a.cpu_s / b.cpu_s for a, b in pairs)
    return f"| {name} | {statistics.median(wall):.2f} ×{_spread(wall)} | {cpu:.2f} × |"


@contextmanager
def checked_out(ref: str) -> Iterator[Path]:
    """The repository at a branch, tag or commit, in a folder of its own for as long as it is needed."""
    git = ["git", "-C", str(ROOT), "worktree"]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([*git, "add", "--quiet", "--detach", f"{folder}/other", ref], check=True)
        try:
            yield Path(folder, "other")
        finally:
            subprocess.run([*git, "remove", "--force", f"{folder}/other"], check=True)


def main() -> None:
    """Measure, print, and write the table between the marks of docs/speed.md."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="file whose text between the two 'measured' marks is replaced")
    parser.add_argument("--against", metavar="REF", help="compare with this branch, tag or commit of the repository")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--clips", type=Path, help="keep the clips that are made here, and take them from here")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (arguments.clips or Path(temporary)).resolve()
        if arguments.against:
            head, mark = ["clip of 20 s", f"time, this / {arguments.against}", "processor time"], "against"
            rows = compare(arguments.against, folder, arguments.repeats)
        else:
            head, mark = ["what", "measured", "bar", "met"], "measured"
            rows = measure(folder, arguments.repeats)
    table = "\n".join([f"| {' | '.join(head)} |", "|---" * len(head) + "|", *rows])
    print(table)
    if arguments.out:
        before, _, rest = arguments.out.read_text(encoding="utf-8").partition(f"<!-- {mark} -->")
        after = rest.partition(f"<!-- /{mark} -->")[2]
        text = f"{before}<!-- {mark} -->\n{table}\n<!-- /{mark} -->{after}"
        arguments.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
