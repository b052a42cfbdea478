"""The result object of the contract (``mobility-check/result/1``): frozen dataclasses to and from plain JSON.

All angles in degrees, all times in seconds of the clip's own clock. A number that is not known is ``None``.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from mobility_check.kinematics.landmarks import Facing, Side, View

SCHEMA = "mobility-check/result/1"
ANGLE_RULE = "kick-back/1"
"""Name of the rule that turns landmarks into the kick-back's score; a change of it starts a new series."""

Status = Literal["scored", "limited", "not_scored"]
Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a number is missing, limited or flagged: a stable code and one plain sentence with what to do next."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class InputInfo:
    """One clip of the session."""

    path: str
    sha256: str | None
    duration_s: float
    fps: float
    frames: int
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True)
class Rep:
    """One kick. ``extension_deg`` is the median over the hold plateau, neutral subtracted, + backwards."""

    start_s: float
    peak_s: float
    end_s: float
    extension_deg: float | None
    ci95_deg: Interval | None
    thigh_deg: float | None
    trunk_lean_deg: float | None
    knee_flexion_deg: float | None
    view: View
    valid: bool
    reasons: tuple[Reason, ...] = ()
    clip: int = 0
    hold_s: Interval | None = None
    support_knee_flexion_deg: float | None = None
    se_deg: float | None = None
    flexion_deg: float | None = None
    flexion_speed_deg_s: float | None = None

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
    score_deg: float | None = None
    ci95_deg: Interval | None = None
    best_deg: float | None = None
    reps: tuple[Rep, ...] = ()
    se_deg: float | None = None


@dataclass(frozen=True, slots=True)
class Asymmetry:
    """Left minus right, in degrees (never in percent), with its own interval: errors that both legs share cancel."""

    difference_deg: float | None = None
    ci95_deg: Interval | None = None
    detectable: bool | None = None


@dataclass(frozen=True, slots=True)
class Quality:
    """What the camera check found."""

    camera_yaw_deg: float | None = None
    seen_share: float | None = None
    neutral_s: Interval | None = None
    camera_roll_deg: float | None = None
    facing: tuple[Facing, ...] = ()
    thigh_px: float | None = None


@dataclass(frozen=True, slots=True)
class Provenance:
    """What made the number: program, pose back end, model and every setting that differs or not from the default."""

    mobility_check: str
    backend: str
    model: str
    model_sha256: str | None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    angle_rule: str = ANGLE_RULE


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one session of one person."""

    status: Status
    reasons: tuple[Reason, ...]
    inputs: tuple[InputInfo, ...]
    sides: Mapping[Side, SideResult]
    asymmetry: Asymmetry
    quality: Quality
    provenance: Provenance
    test: str = "standing-kick-back"

    def to_dict(self) -> dict[str, Any]:
        """The contract's JSON object; non-finite numbers become ``None``."""
        body = _plain({f.name: getattr(self, f.name) for f in dataclasses.fields(self)})
        assert isinstance(body, dict)
        return {"schema": SCHEMA, "test": body.pop("test"), **body}

    @classmethod
    def from_dict(cls, obj: Mapping[str, Any]) -> Result:
        """Rebuild a result from :meth:`to_dict`'s object.

        Raises:
            ValueError: another schema, or a field that is missing or of the wrong form.
        """
        if obj.get("schema") != SCHEMA:
            raise ValueError(f"expected a result of schema {SCHEMA}, got {obj.get('schema')!r}")
        try:
            return _result(obj)
        except (KeyError, TypeError, AttributeError) as e:
            raise ValueError(f"not a complete result object: {e}") from e


def _result(obj: Mapping[str, Any]) -> Result:
    return Result(
        test=obj["test"], status=obj["status"], reasons=_reasons(obj["reasons"]),
        inputs=tuple(InputInfo(**_known(InputInfo, i)) for i in obj["inputs"]),
        sides={side: _side(obj["sides"][side]) for side in ("left", "right")},
        asymmetry=Asymmetry(**_known(Asymmetry, obj["asymmetry"])),
        quality=Quality(**_known(Quality, obj["quality"])),
        provenance=Provenance(**_known(Provenance, obj["provenance"])),
    )  # fmt: skip


def _side(obj: Mapping[str, Any]) -> SideResult:
    return SideResult(**{**_known(SideResult, obj), "reps": tuple(_rep(r) for r in obj["reps"]),
                         "reasons": _reasons(obj["reasons"])})  # fmt: skip


def _rep(obj: Mapping[str, Any]) -> Rep:
    return Rep(**{**_known(Rep, obj), "reasons": _reasons(obj["reasons"])})


def _reasons(rows: list[Mapping[str, str]]) -> tuple[Reason, ...]:
    return tuple(Reason(r["code"], r["message"]) for r in rows)


def _known(cls: type, obj: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of ``cls`` that ``obj`` has (a later version may add others); JSON lists become tuples."""
    names = {f.name for f in dataclasses.fields(cls)}
    return {k: tuple(v) if isinstance(v, list) else v for k, v in obj.items() if k in names}


def _plain(x: Any) -> Any:
    kind = type(x)
    if kind is float:
        return round(x, 4) if math.isfinite(x) else None
    if kind is str or kind is int or kind is bool or x is None:
        return x
    if dataclasses.is_dataclass(kind):
        return {name: _plain(getattr(x, name)) for name in kind.__dataclass_fields__}
    if isinstance(x, Mapping):
        return {str(k): _plain(v) for k, v in x.items()}
    if isinstance(x, (tuple, list)):
        return [_plain(v) for v in x]
    return _plain(x.item()) if hasattr(x, "item") else x
