"""Speed of the product against the naive loop, as ratios of one run: python benchmarks/speed.py [--out docs/speed.md]

The naive loop reads every frame with OpenCV, converts it and gives it to one landmarker with the heavy model. Clips of
other lengths, rates and sizes are made from a sample. Each pair is timed in turns, each in a process of its own, and
the median of the ratios counts: machines are noisy, ratios less so.
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
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
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


@dataclass(frozen=True)
class Run:
    """One timed process."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    output: str


def timed(command: list[str]) -> Run:
    """Run a command and measure wall time, processor time and peak memory."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
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


def product(clip: Path, *options: str) -> Run:
    """``mobility-check analyze`` as a user runs it."""
    return timed([*COMMAND, "analyze", str(clip), "--json", *options])


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
    """A clip of the sample's movement at another size, rate (frames repeated) or length (played to and fro)."""
    if path.is_file():
        return path
    with av.open(str(SAMPLE)) as source:
        frames = [f.to_ndarray(format="rgb24") for f in source.decode(video=0)]
    first = round(START_S * 30)
    cut = frames[first : first + round(LENGTH_S * 30)]
    width_px = height_px * cut[0].shape[1] // cut[0].shape[0] // 2 * 2
    unfinished = path.with_suffix(".part.mp4")
    with av.open(str(unfinished), "w") as out:
        stream = out.add_stream("libx264", rate=fps, options={"preset": "veryfast", "crf": "23"})
        stream.width, stream.height, stream.pix_fmt = width_px, height_px, "yuv420p"
        for i in range(round(length_s * fps)):
            place = i * 30 // fps % (2 * len(cut))
            image = cut[place if place < len(cut) else 2 * len(cut) - 1 - place]
            frame = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(width_px, height_px)
            frame.pts, frame.time_base = i, Fraction(1, fps)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return unfinished.replace(path)


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


def bar(name: str, value: float, limit: float, unit: str = "×") -> str:
    """One line of the table of bars."""
    return f"| {name} | {value:.2f} {unit} | ≤ {limit:g} {unit} | {'yes' if value <= limit else '**no**'} |"


def measure(folder: Path, repeats: int) -> list[str]:
    """All bars, as lines of a Markdown table."""
    hd = make_clip(folder / "hd.mp4", height_px=1920)
    rows = []
    default, fast, slow = ratios(lambda: product(hd), lambda: naive(hd), repeats=repeats)
    rows.append(
        bar("default analysis, 20 s 1080p 30 fps, against the naive heavy loop", statistics.median(default), 0.35)
    )
    every, all_frames, _ = ratios(lambda: product(hd, "--every-frame"), lambda: naive(hd), repeats=repeats)
    rows.append(bar("`--every-frame` against the naive heavy loop", statistics.median(every), 0.60))
    apart = max(abs(a - b) for a, b in zip(scores(fast), scores(all_frames), strict=True))
    rows.append(bar("largest difference of a side's score, default against every frame", apart, 0.3, "°"))
    rows += _shapes(folder, hd, repeats)
    rows += _lengths(folder, fast)
    rows.append(f"| processor time, default / naive | {fast.cpu_s:.1f} s / {slow.cpu_s:.1f} s | | |")
    return rows


def _shapes(folder: Path, hd: Path, repeats: int) -> list[str]:
    slow_motion = make_clip(folder / "240.mp4", height_px=1920, fps=240)
    uhd = make_clip(folder / "4k.mp4", height_px=3840)
    picture = folder / "seen.mp4"
    motion = ratios(lambda: product(slow_motion), lambda: product(hd), repeats=repeats)[0]
    size = ratios(lambda: product(uhd), lambda: product(hd), repeats=repeats)[0]
    drawn = ratios(lambda: product(hd, "--annotate", str(picture)), lambda: product(hd), repeats=repeats)[0]
    help_ = ratios(
        lambda: timed([*COMMAND, "--help"]), lambda: timed([sys.executable, "-c", "pass"]), repeats=5 * repeats
    )[0]
    return [
        bar("240 fps against 30 fps", statistics.median(motion), 1.3),
        bar("4K against 1080p", statistics.median(size), 1.5),
        bar("`--annotate` on top of the analysis", statistics.median(drawn) - 1.0, 0.5),
        bar("`--help` against `python -c pass`", statistics.median(help_), 8.0),
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


def main() -> None:
    """Measure, print, and write the table between the marks of docs/speed.md."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="file whose text between the two 'measured' marks is replaced")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--clips", type=Path, help="keep the clips that are made here, and take them from here")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(arguments.clips or Path(folder), arguments.repeats)
    table = "\n".join(["| what | measured | bar | met |", "|---|---|---|---|", *rows])
    print(table)
    if arguments.out:
        before, _, rest = arguments.out.read_text(encoding="utf-8").partition("<!-- measured -->")
        after = rest.partition("<!-- /measured -->")[2]
        text = f"{before}<!-- measured -->\n{table}\n<!-- /measured -->{after}"
        arguments.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
