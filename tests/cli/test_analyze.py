"""``mobility-check analyze`` and ``schema`` as a user calls them; saved landmarks stand in for the video."""

from __future__ import annotations

import json
import re
import subprocess

import pytest

import mobility_check
from mobility_check.cli.commands import COMMANDS
from mobility_check.pose.store import load_track, save_track
from mobility_check.results.schema import result_schema
from synthetic.stickfigure import Figure, kicks
from tests.commandline import call, call_cold, codes, command, environment

RIGHT = Figure(kicks("right"))
LEFT = Figure(kicks("left", extension_deg=12.0), facing="left")
SESSION = Figure([*RIGHT.movements, *kicks("left", first_s=17.5, extension_deg=12.0)], duration_s=32.0, turns_s=[15.2])


@pytest.fixture(scope="module")
def tracks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tracks")
    leaning = [*RIGHT.movements[:2], *kicks("right", first_s=10.4, count=1, trunk_lean_deg=15.0)]
    still = Figure(duration_s=5.0)
    figures = {"session": SESSION, "right": RIGHT, "left": LEFT, "still": still, "leaning": Figure(leaning)}
    for name, figure in figures.items():
        save_track(figure.track(), folder / f"{name}.npz")
    return folder


def test_json_is_the_contracts_object_and_nothing_else(tracks):
    result = call("analyze", "--track", tracks / "session.npz", "--json").result()
    assert result["status"] == "scored"
    assert result["sides"]["right"]["score_deg"] == pytest.approx(20.0, abs=0.3)
    assert result["asymmetry"]["detectable"] is True
    assert result["provenance"]["mobility_check"] == mobility_check.__version__
    assert result["provenance"]["parameters"]["gates"]["yaw_warn_deg"] == 15.0


def test_the_table_says_it_all(tracks):
    done = call("analyze", "--track", tracks / "session.npz", COLUMNS="120")
    assert (done.code, done.err) == (0, "")
    for part in (
        "left",
        "right",
        "20.0°",
        "3 of 3",
        "near",
        "The left leg goes back 8.0° less",
        "Give or take",
        "Not a medical device",
    ):
        assert part in done.out, part
    assert done.out.count("✓") == 6


def test_what_was_not_counted_is_in_the_table_with_its_reason(tracks):
    done = call("analyze", "--track", tracks / "leaning.npz", COLUMNS="140")
    assert done.code == 0
    assert "not counted" in done.out
    assert "trunk leaned" in done.out
    assert "turn round and kick with the other leg" in done.out


def test_what_to_do_about_one_leg_is_said_once(tmp_path):
    movements = [*RIGHT.movements, *kicks("left", first_s=17.5, count=2)]
    save_track(Figure(movements, duration_s=32.0, turns_s=[15.2]).track(), tmp_path / "two.npz")
    out = call("analyze", "--track", tmp_path / "two.npz", COLUMNS="200").out
    assert "Left leg: Fewer than 3 kicks" in out
    assert out.count("Fewer than 3 kicks") == 1


def test_nothing_scored_is_exit_code_10_and_a_next_step(tracks):
    done = call("analyze", "--track", tracks / "still.npz", COLUMNS="140")
    assert (done.code, done.err) == (10, "")
    assert "No backward kick was found" in done.out
    assert codes(call("analyze", "--track", tracks / "still.npz", "--json").result(code=10)["reasons"]) == ["no_reps"]


def test_two_clips_are_one_session(tracks):
    both = ["--track", tracks / "right.npz", "--track", tracks / "left.npz"]
    result = call("analyze", *both, "--json").result()
    assert len(result["inputs"]) == 2
    assert result["asymmetry"]["difference_deg"] == pytest.approx(-8.0, abs=0.5)


def test_quiet_is_quiet(tracks):
    done = call("analyze", "--track", tracks / "session.npz", "--quiet")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_a_saved_track_scores_the_same(tracks, tmp_path):
    first = call(
        "analyze", "--track", tracks / "session.npz", "--json", "--save-track", tmp_path / "again.npz"
    ).result()
    second = call("analyze", "--track", tmp_path / "again.npz", "--json").result()
    assert first == second
    assert len(load_track(tmp_path / "again.npz")) == len(SESSION.track())


def test_the_tracks_of_several_clips_are_numbered(tracks, tmp_path):
    done = call(
        "analyze",
        "--track",
        tracks / "right.npz",
        "--track",
        tracks / "left.npz",
        "--quiet",
        "--save-track",
        tmp_path / "t.npz",
    )
    assert done.code == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["t-1.npz", "t-2.npz"]


def test_settings_from_a_file(tracks, tmp_path):
    (tmp_path / "strict.toml").write_text("[reps]\nwanted = 4\n")
    done = call("analyze", "--track", tracks / "session.npz", "--settings", tmp_path / "strict.toml", "--json").result()
    assert codes(done["sides"]["left"]["reasons"]) == ["few_reps"]
    (tmp_path / "odd.toml").write_text("[reps]\nwanted = 'many'\n")
    sentence = call("analyze", "--track", tracks / "session.npz", "--settings", tmp_path / "odd.toml").sentence(code=2)
    assert "reps.wanted" in sentence


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["a.mp4", "--track", "b.npz"],
        ["a.mp4", "--no-such-option"],
        ["a.mp4", "--workers", "0"],
        ["a.mp4", "--workers", "many"],
        ["a.mp4", "--subject", " "],
        ["a.mp4", "--date", "yesterday"],
    ],
)
def test_wrong_usage_is_exit_code_2(arguments):
    done = call("analyze", *arguments)
    assert done.code == 2
    assert done.out == ""
    assert "Traceback" not in done.err
    assert done.err.strip()


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_a_console_without_degree_signs(tracks, encoding):
    done = subprocess.run(
        command("analyze", "--track", tracks / "session.npz"),
        capture_output=True,
        check=False,
        env=environment(PYTHONIOENCODING=encoding),
    )
    assert done.returncode == 0
    assert done.stderr == b""
    text = done.stdout.decode(encoding)
    assert ("20.0 deg" if encoding == "ascii" else "20.0°") in text
    assert "?" not in text


def test_the_reader_of_a_pipe_may_leave_early(tracks):
    with subprocess.Popen(
        command("analyze", "--track", tracks / "session.npz", "--json"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    ) as process:
        process.stdout.close()
        err = process.stderr.read()
    assert b"Traceback" not in err


def test_the_schema_command_prints_the_shipped_schema():
    done = call("schema")
    assert done.code == 0
    assert json.loads(done.out) == result_schema()


@pytest.mark.parametrize("name", [c.name for c in COMMANDS])
def test_every_command_has_help_with_a_worked_example(name):
    done = call_cold(name, "--help")
    assert (done.code, done.err) == (0, "")
    assert "Usage: " in done.out
    assert not re.search(r" <[a-z]", done.out), "names and examples, no types of Python's"
    if not any(word in done.out for word in ("Commands:", "COMMAND")):
        assert "Example: mobility-check" in " ".join(done.out.split())


def test_top_level_help_and_version():
    for arguments in ([], ["--help"], ["-h"]):
        done = call(*arguments)
        assert done.code == 0
        for c in COMMANDS:
            assert c.name in done.out
    assert call("--version").out == f"mobility-check {mobility_check.__version__}\n"


def test_an_unknown_command():
    done = call("analyse", "clip.mp4")
    assert done.code == 2
    assert "analyse" in done.err
    assert "Traceback" not in done.err


def test_models_are_listed_with_their_state(tmp_path):
    rows = json.loads(call("models", "list", "--json", XDG_DATA_HOME=str(tmp_path), HOME=str(tmp_path)).out)
    state = {row["name"]: row["installed"] for row in rows}
    assert state["full"] is True
    assert state["heavy"] is True
    assert set(state) == {"full", "heavy"}, "only models that coefficients were fitted on"
