"""The result object of the contract (``mobility-check/result/1``): its one definition, to and from plain JSON.

The annotations are the schema: what is read from outside is checked against them, and ``schema.py`` prints them as JSON
Schema. All angles in degrees, all times in seconds of the clip's own clock. A number that is not known is ``None``.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from mobility_check.kinematics.landmarks import Facing, Side, View
from mobility_check.kinematics.track import Place
from mobility_check.language import N_
from mobility_check.text import public_address, well_formed

SCHEMA = "mobility-check/result/1"
ANGLE_RULE = "kick-back/5"
"""Name of the rule that turns landmarks into the kick-back's score; a change of it starts a new series."""

Status = Literal["scored", "limited", "not_scored"]
Degrees = Annotated[float, Meta(ge=-720, le=720)]
Error = Annotated[float, Meta(ge=0, le=720)]
Speed = Annotated[float, Meta(ge=-1e15, le=1e15)]
Seconds = Annotated[float, Meta(ge=-1e15, le=1e15)]
Share = Annotated[float, Meta(ge=0, le=1)]
Interval = tuple[Degrees, Degrees]
Span = tuple[Seconds, Seconds]
Name = Annotated[str, Meta(max_length=10_000)]
Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$", max_length=64)]
Count = Annotated[int, Meta(ge=0, le=2**53)]
Pixels = Annotated[int, Meta(ge=1, le=2**53)]


ADDED = {"added": True}
"""Marks a field that came after the schema was first published: it may be missing in older objects."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a number is missing, limited or flagged: a stable code and one plain sentence with what to do next."""

    code: Annotated[str, Meta(pattern="^[a-z][a-z0-9_]*$", max_length=100)]
    message: Annotated[str, Meta(min_length=1, max_length=10_000)]


@dataclass(frozen=True, slots=True)
class InputInfo:
    """One clip of the session; ``notes`` say what is unusual about the file and its pictures."""

    path: Name
    sha256: Sha256 | None
    duration_s: Annotated[float, Meta(ge=0, le=1e15)]
    fps: Annotated[float, Meta(ge=0, le=1e15)]
    frames: Count
    width_px: Pixels
    height_px: Pixels
    notes: tuple[Reason, ...] = field(default=(), metadata=ADDED)


@dataclass(frozen=True, slots=True)
class Rep:
    """One repetition. ``extension_deg`` is the median over its hold, neutral subtracted, + backwards."""

    start_s: Seconds
    peak_s: Seconds
    end_s: Seconds
    extension_deg: Degrees | None
    ci95_deg: Interval | None
    thigh_deg: Degrees | None
    trunk_lean_deg: Degrees | None
    knee_flexion_deg: Degrees | None
    view: View
    valid: bool
    reasons: tuple[Reason, ...] = ()
    clip: Count = field(default=0, metadata=ADDED)
    hold_s: Span | None = field(default=None, metadata=ADDED)
    support_knee_flexion_deg: Degrees | None = field(default=None, metadata=ADDED)
    se_deg: Error | None = field(default=None, metadata=ADDED)
    flexion_deg: Degrees | None = field(default=None, metadata=ADDED)
    flexion_speed_deg_s: Speed | None = field(default=None, metadata=ADDED)
    manual: bool = field(default=False, metadata=ADDED)
    """Its landmarks were corrected by hand."""

    @property
    def value_deg(self) -> float | None:
        """What the rep scores: its extension, or its flexion in a test of flexion."""
        return self.extension_deg if self.flexion_deg is None else self.flexion_deg


@dataclass(frozen=True, slots=True)
class SideResult:
    """One leg: its score is the mean of its valid reps; the best is reported beside it, never instead."""

    status: Status
    reasons: tuple[Reason, ...] = ()
    view: View | None = None
    score_deg: Degrees | None = None
    ci95_deg: Interval | None = None
    best_deg: Degrees | None = None
    reps: tuple[Rep, ...] = ()
    se_deg: Error | None = field(default=None, metadata=ADDED)


@dataclass(frozen=True, slots=True)
class Asymmetry:
    """Left minus right, in degrees (never in percent), with its own interval: errors that both legs share cancel."""

    difference_deg: Degrees | None = None
    ci95_deg: Interval | None = None
    detectable: bool | None = None


@dataclass(frozen=True, slots=True)
class Quality:
    """What the camera check found."""

    camera_yaw_deg: Degrees | None = None
    seen_share: Share | None = None
    neutral_s: Span | None = None
    camera_roll_deg: Degrees | None = field(default=None, metadata=ADDED)
    facing: tuple[Facing, ...] = field(default=(), metadata=ADDED)
    thigh_px: Annotated[float, Meta(ge=0, le=1e15)] | None = field(default=None, metadata=ADDED)


@dataclass(frozen=True, slots=True)
class Provenance:
    """What made the number: program, pose back end, model and every setting that differs or not from the default."""

    mobility_check: Name
    backend: Name
    model: Name
    model_sha256: Sha256 | None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    angle_rule: Name = field(default=ANGLE_RULE, metadata=ADDED)
    coefficients_sha256: Sha256 | None = field(default=None, metadata=ADDED)
    tracking_model: Name | None = field(default=None, metadata=ADDED)


@dataclass(frozen=True, slots=True)
class PersonBox:
    """Somebody in view: number and place from the left; left, top, right, bottom as shares of the picture."""

    number: Annotated[int, Meta(ge=1, le=100)]
    place: Place
    box: tuple[Share, Share, Share, Share]


@dataclass(frozen=True, slots=True)
class Person:
    """Who of the people in a clip was measured; the boxes lie around them at ``shown_s`` of that clip."""

    number: Annotated[int, Meta(ge=1, le=100)]
    place: Place
    box: tuple[Share, Share, Share, Share]
    of: Annotated[int, Meta(ge=1, le=100)]
    shown_s: Seconds
    clip: Count = 0
    others: tuple[PersonBox, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """One session of one person. Angles in degrees, times in seconds of the clip. Missing numbers are null."""

    status: Status
    reasons: tuple[Reason, ...]
    inputs: tuple[InputInfo, ...]
    sides: Mapping[Side, SideResult]
    asymmetry: Asymmetry
    quality: Quality
    provenance: Provenance
    test: Name = "standing-kick-back"
    person: Person | None = field(default=None, metadata=ADDED)

    def to_dict(self) -> dict[str, Any]:
        """The contract's JSON object; non-finite numbers become ``None``, addresses lose logins and signatures."""
        body = plain({f.name: getattr(self, f.name) for f in dataclasses.fields(self)})
        assert isinstance(body, dict)
        return public({"schema": SCHEMA, "test": body.pop("test"), **body})

    @classmethod
    def from_dict(cls, obj: Mapping[str, Any]) -> Result:
        """Rebuild a result from :meth:`to_dict`'s object; fields that a later version added are passed over.

        Raises:
            ValueError: another schema, or a field that is missing, of the wrong type or out of range.
        """
        if not isinstance(obj, Mapping) or obj.get("schema") != SCHEMA:
            raise ValueError(N_("it is not a result of the schema {schema}").format(schema=SCHEMA))
        try:
            result = msgspec.convert(obj, cls)
        except msgspec.ValidationError as e:
            raise ValueError(N_("it is not a complete result: {why}").format(why=e)) from e
        if set(result.sides) != {"left", "right"}:
            raise ValueError(N_("it is not a complete result: {why}").format(why="`sides`"))
        return result


def public(obj: Mapping[str, Any]) -> dict[str, Any]:
    """The result's JSON object with addresses without logins and signatures, and names that every encoding has."""
    clips = [{**clip, "path": well_formed(public_address(clip["path"]))} for clip in obj["inputs"]]
    return {**obj, "inputs": clips}


def plain(x: Any) -> Any:
    """Any of our records as plain JSON: numbers to 0.0001, ``None`` for what is not finite, dates as ISO text."""
    kind = type(x)
    if kind is float:
        return round(x, 4) if math.isfinite(x) else None
    if kind is str or kind is int or kind is bool or x is None:
        return x
    if dataclasses.is_dataclass(kind):
        return {name: plain(getattr(x, name)) for name in kind.__dataclass_fields__}
    if isinstance(x, Mapping):
        return {str(k): plain(v) for k, v in x.items()}
    if isinstance(x, (tuple, list)):
        return [plain(v) for v in x]
    if isinstance(x, datetime):
        return x.isoformat() if x.time() != time.min else x.date().isoformat()
    if isinstance(x, date):
        return x.isoformat()
    return plain(x.item()) if hasattr(x, "item") else x
