"""The thresholds that settings can change, frozen. Values marked E are engineering defaults of ours.

The groups are what ``settings.py`` reads from TOML (one table each).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from msgspec import Meta

Threshold = Annotated[float, Meta(ge=0.0, le=100_000.0)]
"""No threshold is larger, in whatever unit."""


@dataclass(frozen=True, slots=True)
class Gates:
    """Form and view: beyond ``warn`` a rep is flagged, beyond ``reject`` it is not valid. Changes from neutral (E)."""

    trunk_lean_warn_deg: Threshold = 5.0
    trunk_lean_reject_deg: Threshold = 10.0
    knee_flexion_warn_deg: Threshold = 10.0
    knee_flexion_reject_deg: Threshold = 20.0
    yaw_warn_deg: Threshold = 15.0
    yaw_reject_deg: Threshold = 30.0
    hold_sd_warn_deg: Threshold = 2.0
    hold_sd_reject_deg: Threshold = 4.0
    min_seen_share: Threshold = 0.7
    """Share of a rep's frames in which hip, knee and shoulder must be seen (E)."""
    max_gap_s: Threshold = 0.2
    """Longest gap inside a hold that may be bridged; what was not seen is not invented."""
    max_frozen_s: Threshold = 0.4
    """A picture that stands still for longer within a hold is frozen, and no good hold (E)."""


@dataclass(frozen=True, slots=True)
class Reps:
    """Rep detection by two thresholds with limits in seconds (E)."""

    on_deg: Threshold = 3.0
    off_deg: Threshold = 1.8
    min_duration_s: Threshold = 0.6
    max_duration_s: Threshold = 15.0
    min_gap_s: Threshold = 0.15
    hold_band_deg: Threshold = 2.0
    """The hold is the longest still segment no further than this below the highest level that the leg keeps."""
    min_hold_s: Threshold = 0.25
    wanted: Annotated[int, Meta(le=100_000)] = 3
    """Valid reps per side below which the score is ``limited``."""


@dataclass(frozen=True, slots=True)
class Neutral:
    """Quiet standing, the person's own zero (E)."""

    min_s: Threshold = 0.4
    wanted_s: Threshold = 1.0
    max_speed_deg_s: Threshold = 6.0


@dataclass(frozen=True, slots=True)
class Framing:
    """Whether a person is usable in the picture (E)."""

    min_thigh_px: Threshold = 40.0
    min_visibility: Threshold = 0.5
    dark_luma: Threshold = 30.0
    low_fps: Threshold = 12.0
    camera_motion_warn_share: Threshold = 0.06
    """Drift of the standing foot, as a share of the leg, that tells of a moving camera."""


@dataclass(frozen=True, slots=True)
class Smoothing:
    """Zero-lag low-pass of the tracking pass's curves; the score itself is a median over the hold."""

    cutoff_hz: Threshold = 5.0


@dataclass(frozen=True, slots=True)
class Errors:
    """Standard errors that are not the estimator's own (those are in ``refinement/coefficients.json``).

    The ``tracking`` values hold for a track without a refinement pass: one model, landmarks only.
    """

    tracking_near_deg: Threshold = 1.9
    tracking_far_deg: Threshold = 4.0
    tracking_rep_deg: Threshold = 0.5
    tracking_yaw_share: Threshold = 0.05
    no_neutral_deg: Threshold = 2.0
    """Added when no quiet standing was found, when the holds have few frames, and when feet leave the picture (E)."""


@dataclass(frozen=True, slots=True)
class Params:
    """All groups together."""

    gates: Gates = field(default_factory=Gates)
    reps: Reps = field(default_factory=Reps)
    neutral: Neutral = field(default_factory=Neutral)
    framing: Framing = field(default_factory=Framing)
    smoothing: Smoothing = field(default_factory=Smoothing)
    errors: Errors = field(default_factory=Errors)
