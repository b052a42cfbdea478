"""mobility-check: measures hip extension in the standing kick-back test.

``import mobility_check`` is cheap; the pose model, OpenCV and SciPy are imported by the first call that needs them.

>>> import mobility_check
>>> result = mobility_check.analyze("clip.mp4")  # doctest: +SKIP
>>> result.sides["left"].score_deg  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mobility_check.assessments.session import Session
    from mobility_check.kinematics.track import PoseTrack
    from mobility_check.pipeline import analyze, analyze_session, analyze_track
    from mobility_check.results.result import Result
    from mobility_check.settings import Settings, load_settings

__version__ = "0.2.0"
__all__ = [
    "PoseTrack",
    "Result",
    "Session",
    "Settings",
    "__version__",
    "analyze",
    "analyze_session",
    "analyze_track",
    "load_settings",
]

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


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOME[name]), name)
