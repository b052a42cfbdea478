from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mobility_check.errors import InputError
from mobility_check.export.exchange import from_object, json_text, read_records, to_object
from mobility_check.history.curves import curves_of
from mobility_check.history.records import Record
from mobility_check.history.store import HistoryStore
from synthetic.factories import make_result, make_session

NAMES = ["P-17", "<script>alert(1)</script>", "=cmd()", "../../x"]


def _fill(store: HistoryStore) -> None:
    for n, name in enumerate(NAMES):
        for k in range(3):
            session = make_session(left_deg=18.0 + k, right_deg=None if k == 1 else 12.0 - 20 * k, clips=(f"{n}-{k}",))
            curves = curves_of(session) if k else None
            day = f"2026-08-{10 + k}T09:3{k}"
            store.save(
                session.result,
                subject=name,
                date=day,
                note=[None, "=1+1", "é\n\tx"][k],
                curves=curves,
                pain={"left": k == 1},
            )
    store.save(make_result(None, None, clips=("none",)), subject="P-17", date="2026-09-01")
    store.set_goal("P-17", 22.5)


def test_export_forget_import_loses_nothing(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with HistoryStore.open(tmp_path / "h.db") as store:
        _fill(store)
        before, points, listed = list(store.records()), store.points("P-17"), store.list()
        out.write_text("".join(json_text(store.records())), encoding="utf-8", newline="")
        for name in NAMES:
            store.forget(name)
        assert store.count() == 0
        store.save_records(read_records(out))
        assert list(store.records()) == before
        assert store.points("P-17") == points
        assert store.goal("P-17") == 22.5
        assert sorted(map(str, store.list())) == sorted(map(str, listed))
        assert not any(s.created for s in store.save_records(read_records(out))), "importing twice changes nothing"
        assert store.count() == len(before) == 13


def test_json_of_nothing_is_an_empty_list() -> None:
    assert json.loads("".join(json_text([]))) == []


def test_fields_of_a_later_version_survive(tmp_path: Path) -> None:
    obj = to_object(_record())
    obj["result"]["quality"]["new_in_2030"] = [1, {"a": None}]
    record = from_object(obj, where="here")
    with HistoryStore.open(tmp_path / "h.db") as store:
        store.save_records([record])
        assert next(store.records()).result["quality"]["new_in_2030"] == [1, {"a": None}]


def _record() -> Record:
    return Record("2026-08-03-aaaaaa", "P-17", "2026-08-03", "2026-08-03T10:00:00", None, make_result().to_dict())


def _changed(change) -> Any:
    obj = json.loads(json.dumps(to_object(_record())))
    change(obj)
    return [obj]


def _curves(**changes: Any) -> dict[str, Any]:
    curves = json.loads(json.dumps(curves_of(make_session())))
    curves["clips"][0].update(changes)
    return curves


@pytest.mark.parametrize(
    "content",
    [
        "[",
        "{}",
        '"x"',
        "[1]",
        "[[]]",
        "null",
        "[{}]",
        _changed(lambda o: o.pop("subject")),
        _changed(lambda o: o.update(subject="a\nb")),
        _changed(lambda o: o.update(subject=7)),
        _changed(lambda o: o.update(date="soon")),
        _changed(lambda o: o.update(date=None)),
        _changed(lambda o: o.update(date=5)),
        _changed(lambda o: o.update(note=[1])),
        _changed(lambda o: o.update(curves=[1])),
        _changed(lambda o: o.update(goal_deg="20")),
        _changed(lambda o: o.update(goal_deg=10**400)),
        _changed(lambda o: o.update(goal_deg=400)),
        _changed(lambda o: o.update(date="9999-12-31")),
        _changed(lambda o: o.update(note="x" * 5000)),
        _changed(lambda o: o.update(curves={"clips": [{"time_s": [0.0]}]})),
        _changed(lambda o: o.update(curves=_curves(time_s=[0.0]))),
        _changed(lambda o: o.update(curves=_curves(neutral_spans_s=[[1, 2, 3]]))),
        _changed(lambda o: o["result"].update(test="standing-somersault")),
        _changed(lambda o: o["result"]["sides"]["left"].update(score_deg=10**400)),
        _changed(lambda o: o["result"]["sides"]["left"].update(score_deg=1e9)),
        _changed(lambda o: o["result"]["sides"]["left"]["reasons"].append({"code": "x", "message": "\ud800"})),
        _changed(lambda o: o["result"]["provenance"]["parameters"].update(x="\udfff")),
        _changed(lambda o: o["result"].update(schema="mobility-check/result/9")),
        _changed(lambda o: o["result"].pop("sides")),
        _changed(lambda o: o["result"]["sides"]["left"].update(score_deg="18; DROP TABLE")),
        _changed(lambda o: o["result"]["sides"]["left"].update(ci95_deg=["a", "b"])),
        _changed(lambda o: o["result"]["sides"]["left"]["reps"][0].update(peak_s=None)),
        json.dumps(_changed(lambda o: o["result"]["quality"].update(seen_share=float("nan")))),
    ],
)
def test_a_damaged_file_is_refused_whole(tmp_path: Path, content: Any) -> None:
    path = tmp_path / "in.json"
    good = json.dumps(to_object(_record()))
    text = content if isinstance(content, str) else f"[{good}, {json.dumps(content)[1:]}"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="nothing was imported"):
        read_records(path)


def test_unreadable_files_say_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_records(tmp_path / "none.json")
    (tmp_path / "picture.json").write_bytes(b"\x89PNG\xff\xfe")
    with pytest.raises(InputError, match="not a JSON export"):
        read_records(tmp_path / "picture.json")


def test_a_strange_id_is_not_taken_over() -> None:
    obj = to_object(_record())
    assert from_object({**obj, "id": "../../x"}, where="here").id == ""
    assert from_object({**obj, "id": 7}, where="here").id == ""
    assert from_object(obj, where="here").id == "2026-08-03-aaaaaa"


def test_a_table_is_no_export_to_read_back(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("subject,date\n")
    with pytest.raises(InputError, match="--format json"):
        read_records(tmp_path / "t.csv")


def test_an_import_moves_no_goal_and_brings_no_login(tmp_path: Path) -> None:
    obj = to_object(_record()) | {"goal_deg": 5.0}
    obj["result"]["inputs"][0]["path"] = "rtsp://me:secret@10.0.0.1/x?token=1"
    with HistoryStore.open(tmp_path / "h.db") as store:
        store.save(make_result(clips=("other",)), subject="P-17")
        store.set_goal("P-17", 30.0)
        store.save_records([from_object(obj, where="here")])
        assert store.goal("P-17") == 30.0
        assert store.get("2026-08-03-aaaaaa").parsed.inputs[0].path == "rtsp://10.0.0.1/x"
    assert b"secret" not in (tmp_path / "h.db").read_bytes()
