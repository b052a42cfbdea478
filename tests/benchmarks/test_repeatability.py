"""Variants of a clip, and the scatter of scores over them."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from benchmarks.repeatability import AS_FILMED, bars_of, scatter
from benchmarks.variants import VARIANTS, Variant, make
from mobility_check.video.source import ClipReader

WIDTH, HEIGHT, FRAMES, RATE = 160, 120, 30, 25


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A white bar on grey that wanders from left to right in the left half of the picture."""
    path = tmp_path_factory.mktemp("clip") / "bar.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"crf": "10"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for i in range(FRAMES):
            image = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
            image[:, 20 + i : 36 + i] = 200
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def made(clip: Path, folder: Path, name: str) -> ClipReader:
    variant: Variant = next(v for v in VARIANTS if v.name == name)
    out = folder / f"out{variant.suffix}"
    make(clip, variant, out)
    return ClipReader(out)


def bar_at(image: np.ndarray) -> float:
    """Middle of the bright bar as a share of the width."""
    profile = image[image.shape[0] // 2, :, 1].astype(float)
    bright = np.flatnonzero(profile > (profile.max() + profile.min()) / 2)
    return float(bright.mean()) / image.shape[1]


def test_mirrored_clip_is_mirrored(clip: Path, tmp_path: Path) -> None:
    before, after = (list(r.frames()) for r in (ClipReader(clip), made(clip, tmp_path, "mirrored")))
    assert bar_at(after[5].image) == pytest.approx(1.0 - bar_at(before[5].image), abs=0.02)


@pytest.mark.parametrize(("name", "size"), [("× 0.5", (80, 60)), ("× 2", (320, 240)), ("VP9", (160, 120))])
def test_size_changes_but_not_what_is_seen(clip: Path, tmp_path: Path, name: str, size: tuple[int, int]) -> None:
    reader = made(clip, tmp_path, name)
    frames = list(reader.frames())
    assert (reader.meta.width_px, reader.meta.height_px) == size
    assert len(frames) == FRAMES
    assert bar_at(frames[20].image) == pytest.approx(48 / WIDTH, abs=0.03)


@pytest.mark.parametrize(("name", "rate"), [("15 Hz", 15), ("50 Hz", 50)])
def test_pace_changes_but_not_where_things_are_when(clip: Path, tmp_path: Path, name: str, rate: int) -> None:
    frames = list(made(clip, tmp_path, name).frames())
    assert np.diff([f.time_s for f in frames]) == pytest.approx(1 / rate, abs=1e-3)
    for f in frames[2:-2]:
        assert bar_at(f.image) * WIDTH == pytest.approx(28 + f.time_s * RATE, abs=2.0)


def test_light(clip: Path, tmp_path: Path) -> None:
    plain = next(iter(ClipReader(clip).frames())).image.mean()
    assert next(iter(made(clip, tmp_path, "darker").frames())).image.mean() == pytest.approx(0.55 * plain, rel=0.05)
    assert next(iter(made(clip, tmp_path, "brighter").frames())).image.mean() == pytest.approx(1.33 * plain, rel=0.08)


def test_scatter_and_its_bars() -> None:
    scores = {
        AS_FILMED: {"left": 10.0, "right": None},
        "mirrored": {"left": 10.6, "right": 5.0},
        "15 Hz": {"left": 9.0, "right": 5.0},
        "VP9": {"left": None, "right": None},
    }
    (row,) = scatter("a", scores)
    assert (row.side, row.largest_by, row.largest_deg) == ("left", "15 Hz", -1.0)
    assert row.sd_deg == pytest.approx(np.std([10.0, 10.6, 9.0], ddof=1))
    assert row.lost == ("VP9",)
    marks = {b.what: b.mark for b in bars_of([row])}
    assert marks["largest change when mirrored"] == "pass"
    assert marks["largest change when 15 Hz"] == "MISS"
    assert marks["largest change when 50 Hz"] == "–"
    assert marks["scores lost in a variant"] == "MISS"
