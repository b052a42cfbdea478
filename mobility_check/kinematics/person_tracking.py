"""Tells people apart over a clip: links the poses of single frames into one track per person.

Who is who is told by place, pace, size and the colour of the clothes, so that a track does not jump to somebody who
walks past or leans in, and finds its person again behind them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from mobility_check.kinematics.geometry import mid_hip, trunk_length_px
from mobility_check.kinematics.landmarks import N_LANDMARKS
from mobility_check.kinematics.track import Floats

REACH_TRUNKS = 1.0
"""A person's hips move less than this between two tracked frames, in trunk lengths (running: about 0.7 at 10 Hz)."""
REACH_TRUNKS_PER_S = 2.0
"""and by this much more for every second they were not seen."""
DUPLICATE_TRUNKS = 0.35
"""Two poses with hips nearer than this are one person seen twice by the model."""
PACE_MEMORY = 0.7
"""Share of the old in a person's pace, which tells who is who when one walks past another."""
LOOKS_MEMORY = 0.9
"""Share of the old in the size and the colours by which a person is known again."""
MAX_PREDICTED_S = 0.7
"""Nobody is expected to walk on unseen for longer."""
SIZE_WEIGHT = 2.0
"""Trunk lengths of distance that a trunk e times as long weighs: a helper who leans in has another size (E)."""
COLOUR_WEIGHT = 0.01
"""Trunk lengths of distance that one step of colour weighs; the same clothes differ by 5 to 20, others by 50 to 200."""
OTHER_CLOTHES = 110.0
"""Clothes in one frame further apart than this are not the same person's: in a kick some spots miss the thigh (E)."""
OTHER_TROUSERS, OTHER_CLIP_TROUSERS = 40.0, 70.0
"""Trousers in two kicks of one clip, or of two, further apart than this are not one person's on one day. In a clip one
person's differ by up to 9, in other light by up to 38, five pairs of rendered people in six by more; a camera that
is moved for the other leg sees the trousers from where another light falls on them (E)."""
SAME_CLOTHES = 40.0
"""Clothes nearer than this may be: who left the picture and came back is known by them (E)."""
SAME_SIZE = 1.35
"""Ratio of trunk lengths up to which somebody who comes back may be the same (E)."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One pose of one frame: (33, 2) pixels, (33,) visibility, and (2, 3) colours of top and trousers where known.

    Colours are relative to the brightness of the picture, 100 being its mean, so that exposure changes little.
    """

    xy_px: Floats
    visibility: Floats
    clothes: Floats | None = None


@dataclass
class _Person:
    hip_px: Floats
    trunk_px: float
    time_s: float
    clothes: Floats | None = None
    pace_px_s: Floats = field(default_factory=lambda: np.zeros(2))
    frames: list[int] = field(default_factory=list)
    poses: list[Seen] = field(default_factory=list)

    def add(self, frame: int, time_s: float, pose: Seen) -> None:
        hip_px = mid_hip(pose.xy_px)
        if time_s > self.time_s:
            pace = (hip_px - self.hip_px) / (time_s - self.time_s)
            self.pace_px_s = PACE_MEMORY * self.pace_px_s + (1 - PACE_MEMORY) * pace
        self.hip_px, self.time_s = hip_px, time_s
        self.trunk_px = LOOKS_MEMORY * self.trunk_px + (1 - LOOKS_MEMORY) * float(trunk_length_px(pose.xy_px))
        if pose.clothes is not None:
            known = pose.clothes if self.clothes is None else self.clothes
            self.clothes = LOOKS_MEMORY * known + (1 - LOOKS_MEMORY) * pose.clothes
        self.frames.append(frame)
        self.poses.append(pose)


@dataclass(frozen=True, slots=True)
class Linked:
    """One person over T frames, NaN where not seen: (T, 33, 2) pixels, (T, 33) visibility, (T, 2, 3) clothes."""

    xy_px: Floats
    visibility: Floats
    clothes: Floats


def link_people(frames: Sequence[Sequence[Seen]], time_s: Floats) -> list[Linked]:
    """Everybody who was seen, in the order of first appearance.

    Args:
        frames: the poses of each of T frames.
        time_s: (T,) rising time stamps.
    """
    people: list[_Person] = []
    for i, poses in enumerate(frames):
        _extend(people, i, float(time_s[i]), _without_duplicates(poses))
    return [_arrays(p, len(frames)) for p in _reunited(people)]


def clothes_apart(a: Floats | None, b: Floats | None) -> float:
    """How far two people's clothes are apart in colour, the mean over top and trousers; 0 where not known."""
    if a is None or b is None:
        return 0.0
    return float(np.linalg.norm(a - b, axis=-1).mean())


def trousers_apart(a: Floats, luma_a: float, b: Floats, luma_b: float) -> float:
    """How far two colours (3,) are apart beyond the light, which may lighten trousers as much as it does the picture.

    Tops tell less: an arm hides them from one side, and a jacket is taken off.
    """
    lighter = (max(luma_a, luma_b) + 1.0) / (min(luma_a, luma_b) + 1.0)
    gain = np.clip(a @ b / max(float(b @ b), 1.0), 1.0 / lighter, lighter)
    return float(np.linalg.norm(a - gain * b) / np.sqrt(gain))


def _without_duplicates(poses: Sequence[Seen]) -> list[Seen]:
    kept: list[Seen] = []
    for pose in sorted(poses, key=lambda p: -float(p.visibility.sum())):
        apart = [
            np.linalg.norm(mid_hip(pose.xy_px) - mid_hip(k.xy_px)) > DUPLICATE_TRUNKS * trunk_length_px(k.xy_px)
            for k in kept
        ]
        if all(apart):
            kept.append(pose)
    return kept


def _extend(people: list[_Person], frame: int, time_s: float, poses: list[Seen]) -> None:
    """Give each pose to the nearest person within reach (least total distance); the rest are new people."""
    new = list(range(len(poses)))
    if people and poses:
        cost = np.array([[_distance(p, pose, time_s) for pose in poses] for p in people])
        for row, column in _pairs(cost):
            if np.isfinite(cost[row, column]):
                people[row].add(frame, time_s, poses[column])
                new.remove(int(column))
    for i in new:
        person = _Person(mid_hip(poses[i].xy_px), float(trunk_length_px(poses[i].xy_px)), time_s)
        person.add(frame, time_s, poses[i])
        people.append(person)


def _pairs(cost: Floats) -> Iterable[tuple[int, int]]:
    """Rows and columns of the pairs with the least total cost."""
    if cost.size == 1:
        return [(0, 0)]
    from scipy.optimize import linear_sum_assignment  # slow to load, and most clips show one person

    return zip(*linear_sum_assignment(np.minimum(cost, 1e6)), strict=True)


def _distance(person: _Person, pose: Seen, time_s: float) -> float:
    """How unlike the person the pose is, in trunk lengths: hips from where they are expected, size and colours.

    Infinite when out of reach or in other clothes.
    """
    size = float(trunk_length_px(pose.xy_px))
    trunk = max(size, person.trunk_px, 1e-6)
    expected_px = person.hip_px + person.pace_px_s * min(time_s - person.time_s, MAX_PREDICTED_S)
    away = float(np.linalg.norm(mid_hip(pose.xy_px) - expected_px)) / trunk
    reach = REACH_TRUNKS + REACH_TRUNKS_PER_S * min(time_s - person.time_s, 1.0)
    apart = clothes_apart(person.clothes, pose.clothes)
    if away > reach or apart > OTHER_CLOTHES:
        return float("inf")
    unlike_size = abs(np.log(max(size, 1e-6) / max(person.trunk_px, 1e-6)))
    return away + SIZE_WEIGHT * float(unlike_size) + COLOUR_WEIGHT * apart


def _reunited(people: list[_Person]) -> list[_Person]:
    """Parts of one person, who left the picture or was hidden, put together: alike, and never seen at the same time."""
    whole: list[_Person] = []
    for part in sorted(people, key=lambda p: p.frames[0]):
        before = [w for w in whole if w.frames[-1] < part.frames[0] and _alike(w, part)]
        if before:
            best = min(before, key=lambda w: clothes_apart(w.clothes, part.poses[0].clothes))
            best.frames += part.frames
            best.poses += part.poses
            best.clothes, best.trunk_px = part.clothes, part.trunk_px
        else:
            whole.append(part)
    return whole


def _alike(a: _Person, b: _Person) -> bool:
    """Known by their clothes, and about as large."""
    if a.clothes is None or b.clothes is None or clothes_apart(a.clothes, b.clothes) > SAME_CLOTHES:
        return False
    return 1 / SAME_SIZE < a.trunk_px / max(b.trunk_px, 1e-6) < SAME_SIZE


def _arrays(person: _Person, n: int) -> Linked:
    xy = np.full((n, N_LANDMARKS, 2), np.nan)
    visibility, clothes = np.full((n, N_LANDMARKS), np.nan), np.full((n, 2, 3), np.nan)
    for frame, pose in zip(person.frames, person.poses, strict=True):
        xy[frame], visibility[frame] = pose.xy_px, pose.visibility
        clothes[frame] = np.nan if pose.clothes is None else pose.clothes
    return Linked(xy, visibility, clothes)
