"""Files made to do harm, by way of the command line: one sentence, the right exit code, nothing outside is touched."""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import sqlite3
import zipfile
from pathlib import Path

import numpy as np
import pytest

from mobility_check.errors import InputError, UsageError
from mobility_check.export.exchange import to_object
from mobility_check.history.records import Record
from mobility_check.kinematics.landmarks import N_LANDMARKS
from mobility_check.pose.store import load_track, save_track
from mobility_check.settings import load_settings
from synthetic.factories import make_result, make_track
from synthetic.stickfigure import Figure, kicks
from tests.commandline import call

DEEP = 200_000


@pytest.fixture(scope="module")
def track_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("track") / "track.npz"
    save_track(Figure(kicks("right", count=2), duration_s=12.0, fps=15).track(), path)
    return path


def record():
    return Record("", "P-1", "2026-05-01T00:00:00", "2026-05-01T00:00:00", None, make_result().to_dict(), None, None)


# --- tracks ---


def with_member(source: Path, target: Path, name: str, data: bytes) -> Path:
    """A copy of an archive with one member exchanged."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.namelist():
            new.writestr(member, data if member == name else old.read(member))
    return target


def npy_header(shape: tuple[int, ...]) -> bytes:
    """The beginning of an array that promises that shape and holds nothing."""
    out = io.BytesIO()
    np.lib.format.write_array_header_1_0(out, {"descr": "<f8", "fortran_order": False, "shape": shape})
    return out.getvalue()


@pytest.mark.parametrize("shape", [(10**13,), (2**62,), (10**6, 10**6)])
def test_an_array_that_promises_more_than_the_memory_is_refused(track_file, tmp_path, shape):
    bad = with_member(track_file, tmp_path / "bad.npz", "luma.npy", npy_header(shape))
    with pytest.raises(InputError, match="is not a track"):
        load_track(bad)


@pytest.mark.parametrize(
    "meta", [{"frames": float("inf")}, {"fps": "fast"}, {"width_px": None}, {"notes": 3}, {"duration_s": float("nan")}]
)
def test_facts_of_the_clip_that_are_no_facts(track_file, tmp_path, meta):
    with np.load(track_file) as archive:
        header = json.loads(str(archive["header"]))
    header["meta"] |= meta
    out = io.BytesIO()
    np.save(out, np.array(json.dumps(header)))
    with pytest.raises(InputError, match="is not a track"):
        load_track(with_member(track_file, tmp_path / "bad.npz", "header.npy", out.getvalue()))


def test_a_header_nested_beyond_reason(track_file, tmp_path):
    out = io.BytesIO()
    np.save(out, np.array("[" * DEEP))
    with pytest.raises(InputError, match="is not a track"):
        load_track(with_member(track_file, tmp_path / "bad.npz", "header.npy", out.getvalue()))


def test_a_thousand_damaged_tracks(track_file, tmp_path):
    rng, whole, read = random.Random(3), track_file.read_bytes(), 0
    for _ in range(1000):
        data = bytearray(whole)
        for _n in range(rng.choice((1, 5, 50))):
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        (tmp_path / "mutant.npz").write_bytes(data[: rng.choice((len(data), rng.randrange(len(data))))])
        with contextlib.suppress(InputError):
            read += len(load_track(tmp_path / "mutant.npz")) > 0
    assert read < 1000


@pytest.mark.parametrize("value", [1e308, -1e308, 1e-308, np.inf, -np.inf])
def test_landmarks_beyond_reason_give_no_number_and_no_traceback(tmp_path, value):
    track = make_track()
    track.xy_px[::2] = value
    save_track(track, tmp_path / "far.npz")
    done = call("analyze", "--track", tmp_path / "far.npz", "--json")
    done.result(code=10)


def test_names_inside_a_track_choose_no_file(track_file, tmp_path):
    """The clip's path in a track is only shown: nothing is written to it."""
    victim = tmp_path / "victim.mp4"
    victim.write_text("mine")
    with np.load(track_file) as archive:
        header = json.loads(str(archive["header"]))
    header["meta"]["path"] = str(victim)
    out = io.BytesIO()
    np.save(out, np.array(json.dumps(header)))
    bad = with_member(track_file, tmp_path / "bad.npz", "header.npy", out.getvalue())
    assert call("analyze", "--track", bad, "--report", tmp_path / "r.html", "--quiet").code == 0
    assert victim.read_text() == "mine"


# --- settings ---


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 9_000,
        "a" + ".a" * 9_000 + " = 1",
        "#" * DEEP,
        "x = 1" + "0" * 5000,
        "gates.yaw_warn_deg = 1e400",
        "gates.yaw_warn_deg = 99999999999999999999999999999999999",
        "[[gates]]",
        "\0",
    ],
    ids=lambda t: t[:16],
)
def test_settings_made_to_break_the_reader(tmp_path, text):
    (tmp_path / "bad.toml").write_text(text)
    with pytest.raises(UsageError, match="setting"):
        load_settings(tmp_path / "bad.toml")


# --- imports ---


@pytest.mark.parametrize("part", ["result", "curves", "note"])
def test_an_export_nested_beyond_reason(tmp_path, part):
    text = json.dumps([{**to_object(record()), part: "DEEP"}]).replace('"DEEP"', "[" * 900 + "]" * 900)
    (tmp_path / "deep.json").write_text(text)
    call("import", tmp_path / "deep.json", "--database", tmp_path / "h.db").sentence(code=3)
    (tmp_path / "deeper.json").write_text("[" * DEEP)
    call("import", tmp_path / "deeper.json", "--database", tmp_path / "h.db").sentence(code=3)


def test_an_imported_subject_cannot_become_a_path_or_a_formula(tmp_path):
    entry = {**to_object(record()), "subject": "../../etc/passwd", "note": "=cmd|' /C calc'!A0"}
    (tmp_path / "in.json").write_text(json.dumps([entry]))
    assert call("import", tmp_path / "in.json", "--database", tmp_path / "h.db").code == 0
    out = call("export", "--all", "--format", "csv", "--database", tmp_path / "h.db").out
    assert "cmd|" in out
    assert not [c for line in out.splitlines() for c in line.split(",") if c.lstrip('"')[:1] in ("=", "+", "@")]
    call("report", "../../etc/passwd", "-o", tmp_path / "r.html", "--database", tmp_path / "h.db")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["h.db", "in.json", "r.html"]


# --- histories ---


def test_a_history_with_a_trigger_planted_by_somebody_else(tmp_path):
    """A database from elsewhere may hold SQL of its own; it must not load code."""
    (tmp_path / "in.json").write_text(json.dumps([to_object(record())]))
    assert call("import", tmp_path / "in.json", "--database", tmp_path / "h.db").code == 0
    with contextlib.closing(sqlite3.connect(tmp_path / "h.db")) as c, c:
        tables = [
            r[0] for r in c.execute("select name from sqlite_master where type = 'table' and name like '%session'")
        ]
        c.execute(f"create trigger planted after delete on {tables[0]} begin select load_extension('/tmp/x'); end")
    assert call("history", "list", "--database", tmp_path / "h.db").code == 0
    done = call("history", "forget", "P-1", "--yes", "--database", tmp_path / "h.db")
    assert "unsafe use of load_extension" in done.sentence(code=5)


@pytest.mark.parametrize("seed", range(4))
def test_a_history_with_flipped_bytes(tmp_path, seed):
    assert call("history", "list", "--database", tmp_path / "h.db").code == 0
    data, rng = bytearray((tmp_path / "h.db").read_bytes()), random.Random(seed)
    for _ in range(200):
        data[rng.randrange(100, len(data))] ^= 0xFF
    (tmp_path / "h.db").write_bytes(data)
    done = call("history", "list", "--database", tmp_path / "h.db")
    assert "is damaged; restore it from a backup" in done.sentence(code=5)


# --- places ---


@pytest.mark.skipif(os.name != "posix", reason="needs symbolic links and devices")
@pytest.mark.parametrize(("option", "name"), [("--save-track", "out.npz"), ("--report", "out.html")])
def test_an_output_that_is_a_link_to_a_file_of_others_is_refused_and_both_stay(track_file, tmp_path, option, name):
    victim, link = tmp_path / "victim", tmp_path / name
    victim.write_text("mine")
    link.symlink_to(victim)
    said = call("analyze", "--track", track_file, option, link, "--quiet", "--no-pictures").sentence(code=2)
    assert "--overwrite" in said
    assert victim.read_text() == "mine"
    assert link.is_symlink()


@pytest.mark.skipif(os.name != "posix", reason="needs devices and pipes")
def test_what_never_ends_is_not_read(tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")
    for path in (tmp_path / "pipe.mp4", "/dev/zero"):
        assert "not an ordinary file" in call("analyze", path, "--json").sentence(code=3)


def test_a_model_archive_whose_names_climb_out(tmp_path):
    with zipfile.ZipFile(tmp_path / "evil.task", "w") as archive:
        archive.writestr("../../climbed.tflite", bytes(64))
        archive.writestr("pose_detector.tflite", bytes(N_LANDMARKS))
        archive.writestr("pose_landmarks_detector.tflite", bytes(N_LANDMARKS))
    sample = Path(__file__).parents[2] / "samples" / "kickback-2026-08-03.mp4"
    assert "evil.task" in call("analyze", sample, "--model", tmp_path / "evil.task").sentence(code=4)
    assert not list(tmp_path.parent.rglob("climbed.tflite"))
