"""Clothes as a shell over the body: how far each vertex stands off the skin, and its colour. Pure NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.phantom.motion import Floats

Colour = tuple[int, int, int]
SHIRT = ("spine", "clavicle", "shoulder", "upperarm01", "breast")
TROUSERS = ("root", "pelvis", "upperleg", "lowerleg")
SHOES = ("foot", "toe")
HEAD = ("head", "eye")
TIGHT_M, SHOE_M, HAIR_M = 0.006, 0.008, 0.012
SHORTS_ABOVE_KNEE_M = 0.07
STRIPE_M = 0.07
FOLDS = 9


@dataclass(frozen=True, slots=True)
class Outfit:
    """What the person wears.

    Attributes:
        shirt, legs, shoe, skin, hair: colours.
        trousers: ``tight``, ``shorts`` (wide, to above the knee) or ``wide`` (to the ankle).
        loose_m: how far wide cloth stands off at its hem.
        top_below_hip_m: how far a hanging top reaches below the hip joints; None for a top tucked in.
        pattern: ``plain``, ``striped``, ``checked`` or ``mottled``.
    """

    shirt: Colour
    legs: Colour
    shoe: Colour
    skin: Colour
    hair: Colour
    trousers: str = "tight"
    loose_m: float = 0.02
    top_below_hip_m: float | None = None
    pattern: str = "plain"
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Landmarks:
    """Heights of the standing body, metres above the floor."""

    hip_m: float
    knee_m: float
    ankle_m: float
    shoulder_m: float


def dress(outfit: Outfit, at: Floats, bones: Sequence[str], heights: Landmarks) -> tuple[Floats, np.ndarray]:
    """Offset along the normal (V,) in metres and colour (V, 3) of each vertex.

    Args:
        at: (V, 3) vertices of the standing body.
        bones: the main bone of each vertex.
    """
    rng = np.random.default_rng((outfit.seed, 11))
    part = {
        name: np.array([b.startswith(keys) for b in bones])
        for name, keys in (("shirt", SHIRT), ("legs", TROUSERS), ("shoe", SHOES), ("head", HEAD))
    }
    z = at[:, 2]
    offset, colour = np.zeros(len(at)), np.tile(np.array(outfit.skin, float), (len(at), 1))
    folds = 0.25 * np.sin(FOLDS * np.arctan2(at[:, 1], at[:, 0]) + 14.0 * z + rng.uniform(0, 6.28))
    legs, bottom = _legs(outfit, part["legs"], z, heights)
    colour[legs] = _pattern(outfit.legs, "plain", at, rng)[legs]
    offset[legs] = TIGHT_M
    if outfit.trousers != "tight":
        along = np.clip((heights.hip_m - z) / (heights.hip_m - bottom), 0.0, 1.0)
        offset[legs] += (outfit.loose_m * along * (1.0 + folds))[legs]
    top = part["shirt"].copy()
    offset[top], hem = TIGHT_M, heights.hip_m
    if outfit.top_below_hip_m is not None:
        hem = heights.hip_m - outfit.top_below_hip_m
        top |= part["legs"] & (z > hem)
        along = np.clip((heights.shoulder_m - z) / (heights.shoulder_m - hem), 0.0, 1.0)
        offset[top] = (TIGHT_M + outfit.loose_m * along * (1.0 + folds))[top]
    colour[top] = _pattern(outfit.shirt, outfit.pattern, at, rng)[top]
    colour[part["shoe"]], offset[part["shoe"]] = outfit.shoe, SHOE_M
    hair = part["head"] & _hair(at, part["head"])
    colour[hair], offset[hair] = outfit.hair, HAIR_M
    return offset, np.clip(colour, 0, 255).astype(np.uint8)


def _legs(outfit: Outfit, legs: np.ndarray, z: Floats, heights: Landmarks) -> tuple[np.ndarray, float]:
    """Which vertices the trousers cover, and the height of their hem."""
    bottom = heights.knee_m + SHORTS_ABOVE_KNEE_M if outfit.trousers == "shorts" else heights.ankle_m
    return legs & (z > bottom) if outfit.trousers == "shorts" else legs, bottom


def _hair(at: Floats, head: np.ndarray) -> np.ndarray:
    low, high = at[head].min(axis=0), at[head].max(axis=0)
    up, back = ((at - low) / (high - low))[:, [2, 1]].T
    hair: np.ndarray = (up > 0.78) | ((back > 0.55) & (up > 0.28))
    return hair


def _pattern(colour: Colour, pattern: str, at: Floats, rng: np.random.Generator) -> Floats:
    base = np.tile(np.array(colour, float), (len(at), 1))
    other = 255.0 - base * 0.6
    rows = np.floor(at[:, 2] / STRIPE_M).astype(int) % 2 == 0
    columns = np.floor((at[:, 0] + at[:, 1]) / STRIPE_M).astype(int) % 2 == 0
    if pattern == "striped":
        return np.where(rows[:, None], base, other)
    if pattern == "checked":
        return np.where((rows ^ columns)[:, None], base, other)
    if pattern == "mottled":
        waves = sum(np.sin(at @ rng.normal(0, 45, 3) + rng.uniform(0, 6.28)) for _ in range(4))
        return base + 16.0 * np.asarray(waves)[:, None]
    return base
