"""The checks of ``mobility-check doctor``, one function each; none of them changes anything."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import mobility_check
from mobility_check.errors import MobilityCheckError
from mobility_check.language import N_, current_language, ngettext
from mobility_check.language import gettext as _

State = Literal["ok", "note", "bad"]
"""``note``: something optional is missing; ``bad``: measuring will not work."""
Answer = tuple[State, str, dict[str, Any]]
"""What a check found: state, sentence and facts."""
LIBRARIES = ("mediapipe", "opencv-contrib-python", "numpy", "scipy", "av", "sqlalchemy", "bokeh")
OTHER_OPENCV = ("opencv-python", "opencv-python-headless", "opencv-contrib-python-headless")
LOW_DISK_GB = 1.0
SELFTEST_PERSON_SHARE = 0.9


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: a plain sentence, and the facts behind it for a support request."""

    name: str
    state: State
    sentence: str
    facts: dict[str, Any] = field(default_factory=dict)


def examine(*, database: str | None = None) -> list[Finding]:
    """Run every check; a check that fails in a way nobody thought of is a finding too."""
    return [_run(name, check, database) for name, check in CHECKS.items()]


def _run(name: str, check: Callable[[str | None], Answer], database: str | None) -> Finding:
    try:
        return Finding(name, *check(database))
    except MobilityCheckError as e:
        return Finding(name, "bad", e.shown)
    except (ImportError, OSError, RuntimeError, ValueError) as e:
        return Finding(name, "bad", _("This check failed: {kind}: {why}", kind=type(e).__name__, why=e))


def _program(database: str | None) -> Answer:
    versions = {name: _version(name) for name in LIBRARIES}
    missing = [name for name, version in versions.items() if version is None]
    double = [name for name in OTHER_OPENCV if _version(name)]
    facts = {
        "mobility_check": mobility_check.__version__,
        "python": sys.version.split()[0],
        "system": platform.platform(),
        "cores": os.cpu_count(),
        **versions,
    }
    if missing:
        return "bad", _("Not installed: {missing}; install mobility-check again.", missing=", ".join(missing)), facts
    if double:
        what = _(
            "{other} is installed beside opencv-contrib-python and overwrites parts of it; run: pip uninstall {names}"
            " and then install mobility-check again.",
            other=" + ".join(double),
            names=" ".join(double),
        )
        return "bad", what, facts
    what = _(
        "mobility-check {version} on Python {python}, {cores} cores.",
        version=mobility_check.__version__,
        python=facts["python"],
        cores=facts["cores"],
    )
    return "ok", what, facts


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _models(database: str | None) -> Answer:
    from mobility_check.pose.models import find_model

    found = [find_model(name) for name in ("full", "heavy")]
    facts = {m.name: {"path": str(m.path), "sha256": m.sha256} for m in found}
    return "ok", _("Both pose models are there and their checksums are right."), facts


def _privacy(database: str | None) -> Answer:
    """Statistics that a library would send by itself: is there code for it?"""
    from mobility_check.pose.mediapipe import SILENT_VERSIONS, sends_statistics

    version = _version("mediapipe")
    facts = {"mediapipe": version, "statistics_client": sends_statistics()}
    if facts["statistics_client"] or version not in SILENT_VERSIONS:
        what = _(
            "MediaPipe {version} sends usage statistics to Google; run: pip install mediapipe=={wanted}",
            version=version,
            wanted=SILENT_VERSIONS[-1],
        )
        return "bad", what, facts
    return "ok", _("MediaPipe {version} has no code that sends usage statistics.", version=version), facts


def _self_test(database: str | None) -> Answer:
    """Two seconds of a bundled clip through reader and model: is the person seen?"""
    import numpy as np

    from mobility_check.pipeline import default_backend
    from mobility_check.settings import Settings
    from mobility_check.tracking import track_people
    from mobility_check.video.source import ClipReader

    start = time.perf_counter()
    with resources.as_file(resources.files(__package__) / "selftest.mp4") as clip:
        track = track_people(ClipReader(clip), default_backend(), Settings(), rate_hz=5.0)[0]
    took = time.perf_counter() - start
    seen = float(np.isfinite(track.xy_px[:, 0, 0]).mean())
    facts = {"seen_share": round(seen, 2), "seconds": round(took, 1)}
    if seen < SELFTEST_PERSON_SHARE:
        return "bad", _("The bundled clip was read, but the person in it was not seen."), facts
    return "ok", _("A bundled clip was read and measured in {took:.1f} s.", took=took), facts


def _codecs(database: str | None) -> Answer:
    import av

    def there(name: str, mode: Literal["r", "w"]) -> bool:
        try:
            av.Codec(name, mode)
        except ValueError:
            return False
        return True

    reads = {name: there(name, "r") for name in ("h264", "hevc", "vp9", "mpeg4", "av1")}
    writes = {name: there(name, "w") for name in ("libx264", "libvpx-vp9")}
    missing = [name for name, ok in reads.items() if not ok]
    facts = {"reads": reads, "writes": writes}
    if missing:
        return "note", _("Clips in {missing} cannot be read here.", missing=", ".join(missing)), facts
    if not any(writes.values()):
        return "note", _("Annotated videos cannot be written: no encoder for H.264 or VP9."), facts
    return "ok", _("H.264, HEVC, VP9, MPEG-4 and AV1 can be read, annotated videos written."), facts


def _cameras(database: str | None) -> Answer:
    from mobility_check.live.camera import list_cameras

    found = [f"{number}: {name}" for number, name in list_cameras().items()]
    if not found:
        return "note", _("No camera was found; recorded videos can be measured all the same."), {}
    what = ngettext("{count} camera: {names}.", "{count} cameras: {names}.", len(found), names=", ".join(found))
    return "ok", what, {"cameras": found}


def _display(database: str | None) -> Answer:
    linux = sys.platform.startswith("linux")
    if linux and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return "note", _("No display: the live check runs as text with --no-window."), {}
    return "ok", _("There is a display for the live check's window."), {}


def _sound(database: str | None) -> Answer:
    from mobility_check.live.sound import find_voice

    voice = find_voice(current_language())
    if voice is None:
        if sys.platform.startswith("linux"):
            what = _("No voice was found, so the live check shows its words only; install espeak-ng.")
        else:
            what = _("No voice was found, so the live check shows its words only; check the system's speech settings.")
        return "note", what, {}
    program = voice("")[0]
    return "ok", _("The live check speaks with {program}.", program=program), {"voice": program}


def _history(database: str | None) -> Answer:
    from mobility_check.history.database import location
    from mobility_check.history.store import HistoryStore

    where = location(database)
    if "://" not in where and not Path(where).exists():  # opening would make it, and this command changes nothing
        return "ok", _("No session is saved yet; the history will be {where}", where=where), {"sessions": 0}
    with HistoryStore.open(database) as store:
        count = store.count()
    what = ngettext(
        "The history holds {count} session: {where}",
        "The history holds {count} sessions: {where}",
        count,
        where=where,
    )
    return "ok", what, {"sessions": count}


def _disk(database: str | None) -> Answer:
    free_gb = shutil.disk_usage(Path.cwd()).free / 1e9
    facts = {"free_gb": round(free_gb, 1)}
    if free_gb < LOW_DISK_GB:
        return "note", _("Only {free:.1f} GB are free here; reports and videos need room.", free=free_gb), facts
    return "ok", _("{free:.0f} GB are free here.", free=free_gb), facts


CHECKS: dict[str, Callable[[str | None], Answer]] = {
    N_("program"): _program,
    N_("models"): _models,
    N_("privacy"): _privacy,
    N_("self-test"): _self_test,
    N_("codecs"): _codecs,
    N_("cameras"): _cameras,
    N_("display"): _display,
    N_("sound"): _sound,
    N_("history"): _history,
    N_("disk"): _disk,
}
"""Name → check, in the order in which they are shown."""
