"""All settings in one frozen object, validated in one place."""

from __future__ import annotations

import dataclasses

import pytest

from mobility_check.errors import UsageError
from mobility_check.kinematics.params import Params
from mobility_check.settings import Settings, load_settings
from tests.commandline import ROOT


def toml(tmp_path, text):
    path = tmp_path / "my.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_nothing_given_means_the_defaults():
    assert load_settings() == Settings()
    assert load_settings(model=None, workers=None) == Settings()


def test_the_defaults_are_those_of_the_protocol():
    gates = Params().gates
    assert (gates.trunk_lean_warn_deg, gates.trunk_lean_reject_deg) == (5.0, 10.0)
    assert (gates.knee_flexion_warn_deg, gates.knee_flexion_reject_deg) == (10.0, 20.0)
    assert (gates.yaw_warn_deg, gates.yaw_reject_deg) == (15.0, 30.0)
    assert (gates.hold_sd_warn_deg, gates.hold_sd_reject_deg) == (2.0, 4.0)
    assert Params().reps.wanted == 3


def test_file_then_options(tmp_path):
    path = toml(tmp_path, 'model = "full"\nworkers = 2\n[gates]\ntrunk_lean_reject_deg = 12\n[reps]\nwanted = 2\n')
    found = load_settings(path, workers=3)
    assert (found.model, found.workers) == ("full", 3)
    assert found.params.gates.trunk_lean_reject_deg == 12
    assert found.params.gates.trunk_lean_warn_deg == 5.0
    assert found.params.reps.wanted == 2


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("modle = 'full'", "modle"),
        ("[gates]\ntrunk_lean = 3", "gates.trunk_lean"),
        ("[gates]\nyaw_warn_deg = 'wide'", "'wide'"),
        ("[gates]\nyaw_warn_deg = true", "True"),
        ("[gates]\nyaw_warn_deg = -1", "0 or more"),
        ("[gates]\nyaw_warn_deg = nan", "0 or more"),
        ("[gates]\nyaw_warn_deg = 40", "swap them"),
        ("[reps]\nwanted = 2.5", "whole number"),
        ("[reps]\nwanted = 0", "at least 1"),
        ("[reps]\noff_deg = 9.0", "smaller than"),
        ("gates = 3", "table"),
        ("model = 7", "model"),
        ("model = ''", "model"),
        ("person = 'both'", "left, right"),
        ("person = '0'", "left, right"),
        ("person = 2.5", "left, right"),
        ("workers = 0", "1 to 64"),
        ("workers = true", "1 to 64"),
        ("every_frame = 1", "true or false"),
        ("params = 1", "params"),
        ("[gates", "not valid TOML"),
    ],
)
def test_a_wrong_setting_is_one_sentence_that_names_it(tmp_path, text, word):
    with pytest.raises(UsageError) as e:
        load_settings(toml(tmp_path, text))
    assert word in str(e.value)
    assert "\n" not in str(e.value)


def test_a_file_that_is_not_there_or_not_text(tmp_path):
    with pytest.raises(UsageError, match=r"none\.toml"):
        load_settings(tmp_path / "none.toml")
    (tmp_path / "b.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="not valid TOML"):
        load_settings(tmp_path / "b.toml")


def test_settings_cannot_change_behind_anybodys_back():
    settings = Settings()
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.model = "full"  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.params.gates.yaw_warn_deg = 1.0  # type: ignore[misc]


def test_the_digest_tells_whether_numbers_can_differ():
    assert Settings().digest() == Settings(workers=7).digest()
    others = [Settings(model="full"), Settings(every_frame=True), load_settings(gates={"yaw_warn_deg": 14.0})]
    assert len({s.digest() for s in [Settings(), *others]}) == 4


def test_every_setting_is_in_the_record():
    record = Settings().to_dict()
    tops = {"test", "person", "model", "every_frame", "coefficients"}
    assert set(record) == {*tops, *(f.name for f in dataclasses.fields(Params))}
    assert record["gates"]["yaw_reject_deg"] == 30.0


@pytest.mark.parametrize(
    ("model", "every_frame", "tracking", "refinement", "density"),
    [
        ("heavy", False, "full", ("heavy", "full"), 1),
        ("heavy", True, "full", ("heavy", "full"), 3),
        ("full", False, "full", ("full", None), 1),
    ],
)
def test_which_models_look_and_how_often(model, every_frame, tracking, refinement, density):
    settings = Settings(model=model, every_frame=every_frame)
    assert (settings.tracking_model, settings.refinement_models, settings.refinement_density) == (
        tracking,
        refinement,
        density,
    )
    assert settings.threads >= 1
    assert Settings(workers=3).threads == 3


def test_the_guide_lists_every_setting_with_its_default():
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    for group in dataclasses.fields(Params):
        values = getattr(Params(), group.name)
        assert f"## [{group.name}]" in text
        for field in dataclasses.fields(values):
            assert f"| `{field.name}` | {getattr(values, field.name)} |" in text, f"{group.name}.{field.name}"
