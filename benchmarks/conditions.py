"""Figures by condition: what was drawn (body, clothes, camera, codec) against what came out. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.scoring import SMALLEST_DEG, Coverage, Errors, Json, RepRow, coverage, errors

Label = Callable[[RepRow], str | None]
Colour = Sequence[float]


@dataclass(frozen=True, slots=True)
class Group:
    """The kicks of good form that share a condition."""

    condition: str
    value: str
    clips: int
    errors: Errors
    cover: Coverage


def by_condition(rows: Sequence[RepRow]) -> list[Group]:
    """One group per condition and value, near kicks of good form; the condition "view" holds the far ones too."""
    measured = _good(rows)
    near = [r for r in measured if r.near]
    groups = _groups("view", measured, lambda r: "near leg" if r.near else "far leg")
    for condition, label in CONDITIONS:
        found = _groups(condition, near, label)
        if len(found) > 1:
            groups += found
    return groups


def near_group(condition: str, value: str, rows: Sequence[RepRow]) -> Group:
    """The near kicks of good form among these, as one group."""
    return _group(condition, value, [r for r in _good(rows) if r.near])


def _good(rows: Sequence[RepRow]) -> list[RepRow]:
    measured = [r for r in rows if r.error_deg is not None and r.form == "good"]
    return [r for r in measured if float(r.truth["extension_deg"]) >= SMALLEST_DEG]


def contrast(a: Colour, b: Colour) -> float:
    """Distance of two sRGB colours (0..255) as the eye sees it: ΔE of 1976; 2 is just visible, 100 black on white."""
    return float(np.linalg.norm(_lab(a) - _lab(b)))


def clothes_contrast(scenario: Json) -> float:
    """Contrast of the trousers to the wall behind them."""
    return contrast(scenario["legs"], scenario["wall"])


def _groups(condition: str, rows: Sequence[RepRow], label: Label) -> list[Group]:
    parts: dict[str, list[RepRow]] = {}
    for row in rows:
        value = label(row)
        if value is not None:
            parts.setdefault(value, []).append(row)
    return [_group(condition, value, parts[value]) for value in sorted(parts, key=_order)]


def _group(condition: str, value: str, rows: Sequence[RepRow]) -> Group:
    e = errors([r.error_deg for r in rows if r.error_deg is not None])
    clips = {(r.clip.folder, r.clip.name) for r in rows}
    return Group(condition, value, len(clips), e, coverage([(r.interval, r.truth["extension_deg"]) for r in rows]))


def _order(value: str) -> tuple[float, str]:
    """Values that begin with a number by the number, the rest by the alphabet."""
    head = value.removeprefix("under ").replace("−", "-").split("–")[0].split(" ")[0].rstrip("°")
    try:
        return float(head) - (0.001 if value.startswith("under") else 0.0), value
    except ValueError:
        return float("inf"), value


def _scenario(row: RepRow) -> Json:
    scenario: Json = row.clip.truth["scenario"]
    return scenario


def _binned(read: Callable[[RepRow], float | None], edges: Sequence[float], unit: str = "") -> Label:
    """Labels "under a", "a–b", "b and more"."""

    def label(row: RepRow) -> str | None:
        value = read(row)
        if value is None:
            return None
        i = int(np.searchsorted(edges, value, side="right"))
        if i == 0:
            return f"under {edges[0]:g}{unit}"
        return f"{edges[-1]:g}{unit} and more" if i == len(edges) else f"{edges[i - 1]:g}–{edges[i]:g}{unit}"

    return label


def _number(name: str) -> Callable[[RepRow], float | None]:
    return lambda row: None if _scenario(row).get(name) is None else float(_scenario(row)[name])


def _word(name: str) -> Label:
    return lambda row: None if _scenario(row).get(name) is None else str(_scenario(row)[name])


def _yaw(row: RepRow) -> str:
    yaw = round(float(_scenario(row)["yaw"]))
    return "0° (true side view)" if yaw == 0 else f"{abs(yaw)}° {'from the front' if yaw > 0 else 'from behind'}"


def _gender(row: RepRow) -> str:
    return "female" if float(_scenario(row)["gender"]) > 0.5 else "male"


def _shape(row: RepRow) -> str:
    width, height = _scenario(row)["size"]
    return f"{'portrait' if height > width else 'landscape'} {width} × {height}"


def _skin(row: RepRow) -> float:
    return float(_lab(_scenario(row)["skin"])[0])


def _lab(rgb: Colour) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """CIE L*a*b* (D65) of an sRGB colour."""
    c = np.asarray(rgb, dtype=float) / 255.0
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = to_xyz @ linear / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


CONDITIONS: tuple[tuple[str, Label], ...] = (
    ("set", lambda row: row.clip.folder),
    ("size of the kick", _binned(lambda r: float(r.truth["extension_deg"]), (10, 15, 20, 25), "°")),
    ("camera yaw", _yaw),
    ("camera roll", _binned(lambda r: abs(float(_scenario(r)["roll"])), (1,), "°")),
    ("camera distance", _binned(_number("dist"), (3.5, 4.0, 4.5), " m")),
    ("camera height", _binned(_number("pitch_h"), (0.8, 1.0, 1.2), " m")),
    ("picture", _shape),
    ("facing", lambda row: str(row.truth.get("facing", "unknown"))),
    ("hands", _word("hands")),
    ("gender", _gender),
    ("age (0.33 child, 0.66 young, 1 old)", _binned(_number("age"), (0.6, 0.75))),
    ("weight (0–1)", _binned(_number("weight"), (0.4, 0.6))),
    ("height (0–1)", _binned(_number("height"), (0.4, 0.6))),
    ("muscle (0–1)", _binned(_number("muscle"), (0.4, 0.6))),
    ("skin (lightness 0–100)", _binned(_skin, (50, 70))),
    ("clothes", _word("clothes")),
    ("trousers against wall (ΔE)", _binned(lambda r: clothes_contrast(_scenario(r)), (20, 40, 60))),
    ("shirt against trousers (ΔE)", _binned(lambda r: contrast(_scenario(r)["shirt"], _scenario(r)["legs"]), (20, 60))),
    ("background", _word("background")),
    ("light", _binned(_number("light"), (0.75, 0.95))),
    ("picture noise", _binned(_number("noise"), (2.5, 4.0))),
    ("compression (x264 crf)", _binned(_number("crf"), (23, 26, 29))),
    ("frame rate", _binned(_number("fps"), (24.5, 29, 45), " Hz")),
)
