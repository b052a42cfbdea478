"""Marker files beside a clip: a body that moves as told, written as C3D and TRC, gives the angles that were told."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mobility_check.errors import InputError
from mobility_check.pipeline import analyze_track
from mobility_check.pose.store import save_track
from mobility_check.validation.agreement import agreement
from mobility_check.validation.markers import Markers, read_markers
from mobility_check.validation.reference import compare, measure
from synthetic.stickfigure import Figure, Kick, kicks
from tests.commandline import call

RATE_HZ = 100.0
FIGURE = Figure(
    movements=[*kicks("right", extension_deg=18.0), *kicks("left", first_s=18.0, extension_deg=11.0)],
    turns_s=(15.5,),
    duration_s=32.0,
)
LAG_S = 3.2
"""The laboratory began to record so much before the camera."""


def body(movements: list[Kick], *, duration_s: float = 36.0, lag_s: float = LAG_S) -> Markers:
    """Markers of a pelvis, knees and shoulders in a laboratory whose second axis points up, millimetres."""
    t = np.arange(0.0, duration_s, 1 / RATE_HZ)
    rest_deg = {"left": 1.5, "right": -1.0}
    turned = np.where(t - lag_s < 15.5, 0.0, np.pi)
    forward = np.stack([np.cos(turned), np.zeros_like(t), np.sin(turned)], axis=1)
    left = np.stack([np.sin(turned), np.zeros_like(t), -np.cos(turned)], axis=1)
    up = np.tile([0.0, 1.0, 0.0], (len(t), 1))
    points = {}
    for side, sign in (("left", 1), ("right", -1)):
        hip = 900.0 * up + sign * 90.0 * left
        thigh = np.full(len(t), rest_deg[side])
        for kick in movements:
            if kick.side == side:
                thigh = thigh + kick.extension_deg * kick.shape(t - lag_s)
        a = np.radians(thigh)[:, None]
        points[f"Anna:{side[0].upper()}ASI"] = hip + 60.0 * forward
        points[f"Anna:{side[0].upper()}PSI"] = hip - 60.0 * forward
        points[f"Anna:{side[0].upper()}KNE"] = hip + 420.0 * (-np.sin(a) * forward - np.cos(a) * up)
        lean = np.radians(2.0)
        points[f"Anna:{side[0].upper()}SHO"] = hip + 450.0 * (np.sin(lean) * forward + np.cos(lean) * up)
    points["Anna:RKNE"][1000:1004] = np.nan
    return Markers(t, points)


def write_c3d(markers: Markers, path: Path) -> None:
    ezc3d = pytest.importorskip("ezc3d")
    file = ezc3d.c3d()
    file["parameters"]["POINT"]["RATE"]["value"] = [RATE_HZ]
    file["parameters"]["POINT"]["UNITS"]["value"] = ["mm"]
    file["parameters"]["POINT"]["LABELS"]["value"] = tuple(markers.points)
    xyz = np.stack(list(markers.points.values()))
    file["data"]["points"] = np.concatenate([xyz.transpose(2, 0, 1), np.ones((1, *xyz.shape[:2]))])
    file.write(str(path))


def write_trc(markers: Markers, path: Path) -> None:
    n, labels = len(markers.time_s), list(markers.points)
    lines = [
        f"PathFileType\t4\t(X/Y/Z)\t{path.name}",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits",
        f"{RATE_HZ}\t{RATE_HZ}\t{n}\t{len(labels)}\tmm",
        "Frame#\tTime\t" + "\t\t\t".join(labels),
        "\t\t" + "\t".join(f"X{i}\tY{i}\tZ{i}" for i in range(1, len(labels) + 1)),
    ]
    for i, t in enumerate(markers.time_s):
        row = np.concatenate([markers.points[label][i] for label in labels])
        lines.append(f"{i + 1}\t{t:.4f}\t" + "\t".join("" if np.isnan(v) else f"{v:.3f}" for v in row))
    path.write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize("write", [write_c3d, write_trc])
def test_what_is_written_is_read(tmp_path, write):
    made, path = body(list(FIGURE.movements)), tmp_path / f"t.{write.__name__[-3:]}"
    write(made, path)
    read = read_markers(path)
    assert list(read.points) == list(made.points)
    assert np.allclose(read.time_s, made.time_s)
    for name, xyz in made.points.items():
        assert np.allclose(read.points[name], xyz, atol=0.01, equal_nan=True)


def test_the_pairs_are_the_angles_that_were_told():
    """Truth is 18 and 11 degrees; the tool reads the figure to a few tenths, the markers to a hundredth."""
    found = compare(analyze_track(FIGURE.track()), body(list(FIGURE.movements)), subject="P01")
    assert [(p.side, p.subject) for p in found.pairs] == [("left", "P01")] * 3 + [("right", "P01")] * 3
    for pair in found.pairs:
        true_deg = {"left": 11.0, "right": 18.0}[pair.side]
        assert pair.reference_deg == pytest.approx(true_deg, abs=0.05)
        assert pair.tool_deg == pytest.approx(true_deg, abs=1.0)
    assert np.abs(found.differences_deg).mean() < 1.0


def test_an_error_of_the_tool_is_seen_as_bias():
    low = [Kick(k.side, k.start_s, k.extension_deg - 3.0) for k in FIGURE.movements]
    session = analyze_track(FIGURE.track())
    exact, off = (compare(session, body(m), subject="P") for m in (list(FIGURE.movements), low))
    shift = agreement(off.pairs).limits.bias_deg - agreement(exact.pairs).limits.bias_deg
    assert shift == pytest.approx(3.0, abs=0.05)


def test_another_trial_and_missing_markers_are_refused():
    session = analyze_track(FIGURE.track())
    with pytest.raises(InputError, match="another movement"):
        compare(session, body([Kick("left", 5.0), Kick("right", 9.0, 40.0, hold_s=6.0)]), subject="P")
    made = body(list(FIGURE.movements))
    rest = Markers(made.time_s, {k: v for k, v in made.points.items() if not k.endswith("KNE")})
    with pytest.raises(InputError, match=r"no left knee.*--marker left_knee=LABEL"):
        compare(session, rest, subject="P")
    named = Markers(made.time_s, {k.replace("LKNE", "k1"): v for k, v in made.points.items()})
    assert len(compare(session, named, subject="P", labels={"left_knee": "Anna:k1"}).pairs) == 6


@pytest.mark.parametrize("name", ["P01_a.c3d", "P01_a.trc"])
@pytest.mark.parametrize(
    "data", [b"", b"garbage\n" * 20, b"\x02\x50" + bytes(600), b"a\nDataRate\nnan\nFrame#\tTime\tX\n\n1\t0\t1"]
)
def test_a_damaged_file_is_one_sentence(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    save_track(FIGURE.track(), tmp_path / "P01_a.npz")
    with pytest.raises(InputError, match="or is damaged"):
        measure([tmp_path / "P01_a.npz"], labels={})


def test_one_command_for_a_laboratory(tmp_path):
    for n, person in enumerate(("P01", "P02")):
        save_track(FIGURE.track(), tmp_path / f"{person}_a.npz")
        write_trc(body(list(FIGURE.movements), lag_s=LAG_S + n), tmp_path / f"{person}_a.trc")
    run = call("validate", "P01_a.npz", "P02_a.npz", "--json", cwd=tmp_path)
    assert run.code == 0, run
    found = json.loads(run.out)
    assert (found["limits"]["n"], found["limits"]["subjects"]) == (12, 2)
    assert abs(found["limits"]["bias_deg"]) < 0.6
    assert found["icc"]["value"] > 0.95
    assert any("At the peak the tool is" in s for s in found["sentences"])
    assert "no marker file beside" in call("validate", "P03.npz", cwd=tmp_path).sentence(code=3)
