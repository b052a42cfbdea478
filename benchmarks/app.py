"""How quick and how true the app is in a real Chromium, whose camera plays a clip.

    python benchmarks/app.py live CLIP...   frames drawn a second, and capture to drawn skeleton, at 720 lines
    python benchmarks/app.py agreement CLIP...  stored score of the live check against `analyze` of the same clips
    python benchmarks/app.py drop CLIP...   clips dropped into the page: score against `analyze`, and clicks
    python benchmarks/app.py upload         2 GB with the connection cut three times and the server killed once
    python benchmarks/app.py start          first paint after the command, and the idle server's memory

Prints Markdown tables; the bars are those of docs/app.md. Other work on the machine makes the first two worse: run them
with ``nice -n -10``.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import numpy as np
import psutil
from playwright.sync_api import Page, sync_playwright

from mobility_check import pipeline
from mobility_check.files import sha256_of
from mobility_check.kinematics.landmarks import SIDES
from mobility_check.report.pdf import find_browser
from mobility_check.results.result import Result

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")
SETTLED_S = 4.0
LIMIT_S = 180.0
MIB = 2**20
CHUNK, CHUNKS = 8 * MIB, 256
CUTS = (20, 60, 100)
"""Chunks in which the connection breaks."""


@contextlib.contextmanager
def running_app(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The app over a folder of its own: its process and the address that lets a browser in."""
    env = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder)}
    program = [sys.executable, "-m", "mobility_check", "app", "--no-browser"]
    process = subprocess.Popen(program, stdout=subprocess.PIPE, text=True, env=env)
    try:
        assert process.stdout is not None
        found = re.search(r"http\S+", process.stdout.readline())
        assert found is not None, "the app did not start"
        yield process, found[0]
    finally:
        process.terminate()
        process.wait(20)


def as_camera(clip: Path, target: Path, *, lines: int | None) -> Path:
    """The clip as raw frames, which Chromium's fake camera plays without loss; padded to 16:9 when lines are given."""
    shape = [] if lines is None else [f"scale=-2:{lines},pad={lines * 16 // 9}:{lines}:-1:-1"]
    words = ["ffmpeg", "-v", "error", "-y", "-i", str(clip), "-vf", ",".join([*shape, "format=yuv420p"]), str(target)]
    subprocess.run(words, check=True)
    return target


@contextlib.contextmanager
def live_page(address: str, film: Path) -> Iterator[Page]:
    """The live page in a Chromium whose camera plays the film, with the check started."""
    camera = (
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=[*FLAGS, *camera])
        page = browser.new_page(viewport={"width": 1280, "height": 720}, bypass_csp=True)
        page.goto(address)
        page.goto(address.partition("/start")[0] + "/live")
        page.uncheck("[name=voice]")
        _as_urgent_as_this()
        page.click("text=Start")
        page.wait_for_function("liveStats.lag.length > 0", timeout=LIMIT_S * 1000)
        _as_urgent_as_this()
        yield page
        browser.close()


def _as_urgent_as_this() -> None:
    """Chromium sets the priority of its threads itself; give them that of this process again."""
    for process in psutil.Process().children(recursive=True):
        for thread in process.threads():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.setpriority(os.PRIO_PROCESS, thread.id, os.nice(0))


def live(clips: Sequence[Path]) -> None:
    """Frames drawn a second, and quantiles of capture to drawn skeleton, while a session runs at 720 lines."""
    print("| clip | drawn a second | model a second | median | 95th percentile | worst |\n|---|---|---|---|---|---|")
    for clip in clips:
        with tempfile.TemporaryDirectory() as name, running_app(Path(name)) as (_, address):
            with live_page(address, as_camera(clip, Path(name) / "camera.y4m", lines=720)) as page:
                page.wait_for_function("liveStats.lag.length > 20", timeout=LIMIT_S * 1000)
                page.wait_for_timeout(SETTLED_S * 1000)
                page.evaluate("liveStats.drawn = []; liveStats.lag = []")
                page.wait_for_function(STAGE_OVER, timeout=LIMIT_S * 1000)
                drawn, lag = (np.array(page.evaluate(f"liveStats.{x}")) for x in ("drawn", "lag"))
            span_s = (drawn[-1] - drawn[0]) / 1000
            row = [f"{x:.1f}" for x in (len(drawn) / span_s, len(lag) / span_s)]
            row += [f"{x:.0f} ms" for x in np.quantile(lag, [0.5, 0.95, 1.0])]
            print(f"| {clip.name} | {' | '.join(row)} |", flush=True)


STAGE_OVER = "document.getElementById('prompt').textContent === document.getElementById('stage').dataset.measuring"


def agreement(clips: Sequence[Path]) -> None:
    """Stored live score against the recorded analysis, per leg, and what was counted."""
    print("| clip | counted | live | recorded | difference |\n|---|---|---|---|---|")
    sizes: list[float] = []
    for clip in clips:
        stored, counted = _checked(clip)
        recorded = pipeline.analyze(clip)
        scores = [(stored.sides[s].score_deg, recorded.sides[s].score_deg) for s in SIDES]
        found = [a - b for a, b in scores if a is not None and b is not None]
        sizes += map(abs, found)
        texts = [", ".join("none" if x is None else f"{x:.2f}" for x in column) for column in zip(*scores, strict=True)]
        print(
            f"| {clip.name} | {counted} | {' | '.join(texts)} | {', '.join(f'{d:+.2f}' for d in found)} |", flush=True
        )
    print(f"\nMean {np.mean(sizes):.2f}°, worst {np.max(sizes):.2f}° over {len(sizes)} legs.")


def _checked(clip: Path) -> tuple[Result, str]:
    with tempfile.TemporaryDirectory() as name, running_app(Path(name)) as (_, address):
        with live_page(address, as_camera(clip, Path(name) / "camera.y4m", lines=None)) as page:
            page.wait_for_function(STAGE_OVER, timeout=LIMIT_S * 1000)
            counted = ", ".join(page.locator("#dots p").all_inner_texts())
            page.wait_for_selector("#card", timeout=LIMIT_S * 1000)
        (kept,) = Path(name).rglob("session.json")
        return Result.from_dict(json.loads(kept.read_text(encoding="utf-8"))["result"]), counted


def drop(clips: Sequence[Path]) -> None:
    """Drop each clip into the page and compare the stored result with that of the library."""
    print("| clip | in the page | recorded | equal |\n|---|---|---|---|")
    with (
        tempfile.TemporaryDirectory() as name,
        running_app(Path(name)) as (_, address),
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=find_browser(), args=list(FLAGS))
        page = browser.new_page()
        page.goto(address)
        for clip in clips:
            drop_clip(page, clip)
            kept = Path(name).rglob(f"{page.url.rpartition('/')[2]}/session.json")
            stored = Result.from_dict(json.loads(next(kept).read_text(encoding="utf-8"))["result"])
            recorded = pipeline.analyze(clip)
            texts = [", ".join(f"{x.sides[s].score_deg or np.nan:.2f}" for s in SIDES) for x in (stored, recorded)]
            equal = stored.to_dict()["sides"] == recorded.to_dict()["sides"]
            print(f"| {clip.name} | {' | '.join(texts)} | {'yes' if equal else 'NO'} |", flush=True)
        browser.close()


def drop_clip(page: Page, clip: Path, **fields: str) -> None:
    """From the home page to the report: three clicks, of which the second opens the system's dialog, and the clip."""
    page.click("a.brand")
    page.click(".way-measure")
    page.set_input_files("#files", clip)
    for name, value in fields.items():
        page.fill(f"[name={name}]", value)
    page.click("#start")
    page.wait_for_selector("iframe.report", timeout=LIMIT_S * 1000)


def upload() -> None:
    """Copy a made-up clip of 2 GB: the connection breaks three times, then the server is killed and started again."""
    part = np.random.default_rng(0).bytes(CHUNK)
    expected = hashlib.sha256()
    for _ in range(CHUNKS):
        expected.update(part)
    with tempfile.TemporaryDirectory() as name:
        with running_app(Path(name)) as (process, address):
            idle_mb = most_mb = psutil.Process(process.pid).memory_info().rss / MIB
            client = Client(address)
            made = client.ask("POST", "/uploads", urlencode({"name": "big.mp4", "size": CHUNK * CHUNKS}).encode())
            at = f"/uploads/{made['id']}"
            for i in range(CHUNKS // 2):
                cut = CHUNK // 3 if i in CUTS else 0
                client.send(at, part, offset=i * CHUNK, cut=cut)
                most_mb = max(most_mb, psutil.Process(process.pid).memory_info().rss / MIB)
                if cut:
                    client.send(at, part[cut:], offset=i * CHUNK + cut)
            process.kill()
        with running_app(Path(name)) as (process, address):
            client = Client(address)
            kept = client.ask("GET", at)["offset"]
            for i in range(CHUNKS // 2, CHUNKS):
                client.send(at, part, offset=i * CHUNK)
                most_mb = max(most_mb, psutil.Process(process.pid).memory_info().rss / MIB)
            whole = sha256_of(next(f for f in Path(name).rglob(made["id"])))
    print("| what | measured | bar |\n|---|---|---|")
    print(f"| kept when the server was killed | {kept / 1e9:.2f} GB | {CHUNK * CHUNKS // 2 / 1e9:.2f} GB |")
    print(f"| the copy is the same | {'yes' if whole == expected.hexdigest() else 'NO'} | yes |")
    print(f"| memory beyond idle | {most_mb - idle_mb:.0f} MB | 150 MB |")


class Client:
    """Speaks to the app as its page does."""

    def __init__(self, address: str) -> None:
        """Use the address, which lets one in."""
        where = urlsplit(address)
        self._host = where.netloc
        connection = http.client.HTTPConnection(self._host)
        connection.request("GET", f"{where.path}?{where.query}")
        cookie = connection.getresponse().getheader("set-cookie") or ""
        self._headers = {"Cookie": cookie.partition(";")[0], "Origin": f"http://{self._host}"}

    def ask(self, method: str, path: str, body: bytes = b"") -> Any:
        """One request; the JSON that comes back."""
        connection = http.client.HTTPConnection(self._host, timeout=60)
        connection.request(method, path, body, self._headers)
        return json.load(connection.getresponse())

    def send(self, path: str, data: bytes, *, offset: int, cut: int = 0) -> None:
        """A chunk; with ``cut`` only so much of it, and then the connection breaks."""
        if not cut:
            assert self.ask("PUT", f"{path}?offset={offset}", data)["offset"] == offset + len(data)
            return
        connection = http.client.HTTPConnection(self._host, timeout=60)
        connection.request(
            "PUT", f"{path}?offset={offset}", data[:cut], self._headers | {"Content-Length": str(len(data))}
        )
        connection.close()
        while self.ask("GET", path)["offset"] < offset + cut:
            time.sleep(0.05)


def start() -> None:
    """Time from the command to the first paint of the home page, and the server's memory when nothing runs."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=list(FLAGS))
        page = browser.new_page()
        page.goto("data:text/html,ready")
        _as_urgent_as_this()
        begun = time.monotonic()
        with running_app(Path(name)) as (process, address):
            page.goto(address)
            page.wait_for_selector(".way-measure")
            painted_s = time.monotonic() - begun
            time.sleep(1.0)
            memory_mb = psutil.Process(process.pid).memory_info().rss / MIB
        browser.close()
    print("| what | measured | bar |\n|---|---|---|")
    print(f"| command to first paint | {painted_s:.1f} s | 2 s |")
    print(f"| idle memory | {memory_mb:.0f} MB | 120 MB |")


def main(words: Sequence[str]) -> Any:
    """Run the part that the first word names."""
    part, clips = words[0], [Path(word) for word in words[1:]]
    if part in ("start", "upload"):
        return {"start": start, "upload": upload}[part]()
    return {"live": live, "agreement": agreement, "drop": drop}[part](clips)


if __name__ == "__main__":
    main(sys.argv[1:])
