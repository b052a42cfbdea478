"""Measures clips and compares them with the marker file beside each."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from mobility_check.assessments.session import Session
from mobility_check.errors import InputError
from mobility_check.validation.agreement import MIN_PAIRS, Measurements
from mobility_check.validation.markers import ENDINGS, read_markers
from mobility_check.validation.reference import Comparison, compare


def measure(
    sources: Sequence[Path], *, labels: Mapping[str, str], on_progress: Callable[[float], None] | None = None
) -> Measurements:
    """Pairs of every counted rep of every clip; each clip is one session of the person that its name begins with.

    Args:
        sources: clips, or tracks saved with ``--save-track``; ``P01_left.mp4`` is of the person ``P01``.
        labels: see :func:`mobility_check.validation.reference.compare`.
        on_progress: called with the share done.

    Raises:
        InputError: a marker file is missing or shows another movement, or there are fewer than three pairs.
    """
    beside = [_beside(source) for source in sources]
    found: list[Comparison] = []
    for n, (source, markers) in enumerate(zip(sources, beside, strict=True)):
        trial = read_markers(markers)  # first, for it takes no time
        subject = re.split("[_ ]", source.stem)[0] or source.stem
        found.append(compare(_session(source), [trial], subject=subject, labels=labels))
        if on_progress:
            on_progress((n + 1) / len(sources))
    pairs = tuple(pair for comparison in found for pair in comparison.pairs)
    if len(pairs) < MIN_PAIRS:
        raise InputError(
            "Only {pairs} repetitions could be compared; at least {least} are needed.",
            pairs=len(pairs),
            least=MIN_PAIRS,
        )
    return Measurements(pairs, movement_deg=float(np.mean(np.abs(np.concatenate([c.differences_deg for c in found])))))


def _beside(source: Path) -> Path:
    """The marker file of the same name."""
    for ending in (*ENDINGS, *map(str.upper, ENDINGS)):
        if (found := source.with_suffix(ending)).is_file():
            return found
    raise InputError(
        "There is no marker file beside '{source}'; put {stem}.c3d or {stem}.trc there.",
        source=source,
        stem=source.stem,
    )


def _session(source: Path) -> Session:
    from mobility_check.pipeline import analyze_session, analyze_track

    if source.suffix.lower() == ".npz":
        from mobility_check.pose.store import load_track

        return analyze_track(load_track(source))
    return analyze_session([source])
