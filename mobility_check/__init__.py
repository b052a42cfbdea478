"""mobility-check: measures hip extension in the standing kick-back test.

``import mobility_check`` is cheap; the pose model, OpenCV and SciPy are imported by the first call that needs them.

>>> import mobility_check
>>> result = mobility_check.analyze("clip.mp4")  # doctest: +SKIP
>>> result.sides["left"].score_deg  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mobility_check.assessments.session import Session as Session
    from mobility_check.kinematics.track import PoseTrack as PoseTrack
    from mobility_check.pipeline import analyze as analyze
    from mobility_check.pipeline import analyze_session as analyze_session
    from mobility_check.pipeline import analyze_track as analyze_track
    from mobility_check.results.result import Result as Result
    from mobility_check.settings import Settings as Settings
    from mobility_check.settings import load_settings as load_settings

__version__ = "0.4.0"
_HOME = {
    "PoseTrack": "mobility_check.kinematics.track",
    "Result": "mobility_check.results.result",
    "Session": "mobility_check.assessments.session",
    "Settings": "mobility_check.settings",
    "analyze": "mobility_check.pipeline",
    "analyze_session": "mobility_check.pipeline",
    "analyze_track": "mobility_check.pipeline",
    "load_settings": "mobility_check.settings",
}
__all__ = ["__version__", *_HOME]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME[name]), name)
