"""Saved tracks give the same numbers without the video, and run no code from elsewhere."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace

import numpy as np
import pytest

from mobility_check.errors import InputError, OutputError
from mobility_check.kinematics.track import PersonInView, RefinedFrames
from mobility_check.pipeline import analyze_track
from mobility_check.pose import store
from mobility_check.pose.store import load_track, save_track
from synthetic.stickfigure import Figure, kicks

TRACK = Figure(kicks("right"), gaps_s=[(5.5, 5.9)], notes=("timestamps_repaired",)).track()


def test_a_track_comes_back_whole(tmp_path):
    others = tuple(Figure(kicks("left"), centre=(x, 0.5)).track().xy_px[: len(TRACK)] for x in (0.2, 0.8))
    seen = np.ones((2, 4, 33, 2)), np.zeros((2, 3, 4)), np.full((2, 4, 37), np.nan)
    maps = np.stack(
        [(np.arange(255) / 254.0).repeat(39)[: 2 * 33 * 150].reshape(2, 33, 150), np.full((2, 33, 150), np.nan)]
    )
    refined = RefinedFrames(np.array([3, 7]), *seen, maps)
    view = PersonInView(2, ((0.1, 0.0, 0.3, 1.0), (0.4, 0.0, 0.6, 1.0)), 1.5)
    colours = np.arange(6.0 * len(TRACK)).reshape(-1, 2, 3)
    track = replace(TRACK, refined=refined, clothes=colours, others_px=others, in_view=view)
    save_track(track, tmp_path / "t.npz")
    back = load_track(tmp_path / "t.npz")
    for name in ("time_s", "frame", "xy_px", "visibility", "people", "luma"):
        assert np.array_equal(getattr(back, name), getattr(track, name), equal_nan=True), name
    assert back.meta == track.meta
    assert (back.backend, back.model, back.model_sha256) == (track.backend, track.model, track.model_sha256)
    assert np.array_equal(back.clothes, colours)
    assert np.array_equal(back.others_px, others, equal_nan=True)
    assert back.in_view == view
    for name in ("frame", *REFINED):
        assert np.array_equal(getattr(back.refined, name), getattr(refined, name), equal_nan=True), name
    assert analyze_track(back).result == analyze_track(track).result


def test_nothing_is_left_where_it_cannot_be_written(tmp_path):
    with pytest.raises(OutputError, match="does not exist"):
        save_track(TRACK, tmp_path / "nowhere" / "t.npz")
    with pytest.raises(OutputError, match="is a folder"):
        save_track(TRACK, tmp_path)
    assert list(tmp_path.iterdir()) == []


def rewritten(tmp_path, **changes):
    """A saved track with some arrays replaced (None takes one out)."""
    save_track(TRACK, tmp_path / "good.npz")
    with np.load(tmp_path / "good.npz") as archive:
        arrays = {**{n: archive[n] for n in archive.files}, **changes}
    np.savez(tmp_path / "bad.npz", **{n: a for n, a in arrays.items() if a is not None})
    return tmp_path / "bad.npz"


def header(**changes):
    good = {
        "format": "mobility-check/track/2",
        "backend": "x",
        "model": "x",
        "model_sha256": None,
        "meta": {
            "path": "",
            "sha256": None,
            "duration_s": 1,
            "fps": 30,
            "frames": 1,
            "width_px": 1,
            "height_px": 1,
            "notes": [],
        },
    }
    return np.array(json.dumps({**good, **changes}))


VIEW = {"extra.people_boxes": np.full((1, 4), 0.5), "extra.people_chosen": np.array(0), "extra.people_shown_s": 0.0}
REFINED = ("landmarks_px", "line_px", "edge_px", "edge_map")


@pytest.mark.parametrize(
    "changes",
    [
        {"xy_px": None},
        {"header": None},
        {"header": np.array("{}")},
        {"header": np.array("not json")},
        {"header": header(format="other/9")},
        {"header": header(meta={})},
        {"header": header(meta=3)},
        {"xy_px": np.zeros((3, 33, 2))},
        {"time_s": np.zeros(len(TRACK))},
        {"time_s": np.full(len(TRACK), np.nan)},
        {"visibility": np.full((len(TRACK), 33), "a")},
        {"luma": np.zeros((2, 2))},
        {"extra.clothes": np.zeros(3)},
        {"extra.others_px": np.zeros((len(TRACK), 1, 33))},
        {**VIEW, "extra.people_chosen": np.array(3)},
        {**VIEW, "extra.people_chosen": np.array(np.nan)},
        {**VIEW, "extra.people_boxes": np.zeros((2, 3))},
        {**VIEW, "extra.people_boxes": np.full((1, 4), np.nan)},
        {"extra.refined_frame": np.array([1])},
        {"extra.refined_frame": np.array([1]), **{f"extra.refined_{n}": np.zeros(1) for n in REFINED}},
    ],
    ids=lambda c: next(iter(c)),
)
def test_a_damaged_or_foreign_track_is_refused_in_one_sentence(tmp_path, changes):
    with pytest.raises(InputError, match=r"not a track of mobility-check or is damaged; record it again\.$"):
        load_track(rewritten(tmp_path, **changes))


class Evil:
    def __reduce__(self):
        return (print, ("code ran",))


def test_a_track_with_a_pickle_inside_runs_no_code(tmp_path, capsys):
    path = rewritten(tmp_path, luma=np.array([Evil()], dtype=object))
    with pytest.raises(InputError):
        load_track(path)
    assert "code ran" not in capsys.readouterr().out
    (tmp_path / "pickle.npz").write_bytes(pickle.dumps(Evil()))
    with pytest.raises(InputError):
        load_track(tmp_path / "pickle.npz")
    assert "code ran" not in capsys.readouterr().out


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off", b"hello"])
def test_a_file_that_is_no_archive(tmp_path, content):
    (tmp_path / "t.npz").write_bytes(content)
    with pytest.raises(InputError):
        load_track(tmp_path / "t.npz")


def test_half_a_file(tmp_path):
    save_track(TRACK, tmp_path / "t.npz")
    data = (tmp_path / "t.npz").read_bytes()
    (tmp_path / "t.npz").write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError):
        load_track(tmp_path / "t.npz")


def test_an_archive_that_would_fill_the_memory_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "MAX_BYTES", 1 << 20)
    path = rewritten(tmp_path, luma=np.zeros(1 << 18))
    monkeypatch.setattr(store, "_array", lambda data: pytest.fail("it was unpacked"))
    with pytest.raises(InputError):
        load_track(path)


def test_bytes_that_would_become_numbers_of_eight_times_their_size_are_refused(tmp_path, monkeypatch):
    """Seen before: 17 MB of packed bytes that took 8.8 GB."""
    monkeypatch.setattr(store, "MAX_BYTES", 4 << 20)
    path = rewritten(tmp_path, luma=np.zeros(3 << 20, dtype=np.uint8))
    monkeypatch.setattr(store, "_unpack", lambda arrays: pytest.fail("it was widened"))
    with pytest.raises(InputError):
        load_track(path)


def test_a_missing_track_says_how_to_make_one(tmp_path):
    with pytest.raises(InputError, match="--save-track"):
        load_track(tmp_path / "none.npz")
