from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from mobility_check.errors import StoreError, UsageError
from mobility_check.history.curves import curves_of
from mobility_check.history.records import Record
from mobility_check.history.store import HistoryStore
from mobility_check.results.result import Result
from synthetic.factories import make_result, make_session, make_side

NASTY = ["<script>alert(1)</script>", "=cmd()", "../../x", "' OR 1=1 --", "%", "_", "Ame\u0301lie", "患者一"]


def test_what_is_saved_comes_back_whole(store: HistoryStore) -> None:
    session = make_session(clips=("a.mp4", "b.mp4"))
    curves = curves_of(session)
    saved = store.save(session.result, subject="P-17", date="2026-08-03", note=" first\nvisit ", curves=curves)
    found = store.get(saved.id)
    assert saved.created
    assert found.parsed == session.result
    assert found.curves == json.loads(json.dumps(curves))
    assert (found.subject, found.tested_at, found.note) == ("P-17", "2026-08-03", "first\nvisit")


def test_the_same_session_twice_is_one(store: HistoryStore) -> None:
    first = store.save(make_result(), subject="P-17", date="2026-08-03")
    again = store.save(make_result(), subject="P-17", date="2026-09-09", note="typed again")
    assert (first.created, again.created, again.id) == (True, False, first.id)
    assert store.count() == 1
    assert store.get(first.id).note is None


@pytest.mark.parametrize(
    "other",
    [
        {"clips": ("other.mp4",)},
        {"clips": ("clip.mp4", "other.mp4")},
        {"model": "pose_landmarker_full"},
        {"backend": "replay"},
        {"angle_rule": "kick-back/2"},
    ],
)
def test_another_clip_model_or_rule_is_another_session(tmp_path, other: dict[str, object]) -> None:
    with HistoryStore.open(tmp_path / "h.db") as store:
        store.save(make_result(), subject="P-17")
        assert store.save(make_result(**other), subject="P-17").created  # type: ignore[arg-type]
        assert store.save(make_result(), subject="P-18").created


def test_order_of_clips_does_not_matter(tmp_path) -> None:
    with HistoryStore.open(tmp_path / "h.db") as store:
        store.save(make_result(clips=("a.mp4", "b.mp4")), subject="P-17")
        assert not store.save(make_result(clips=("b.mp4", "a.mp4")), subject="P-17").created


def test_live_sessions_without_a_file_hash_are_told_apart_by_their_numbers(tmp_path) -> None:
    def live(left_deg: float) -> Result:
        obj = make_result(left_deg).to_dict()
        obj["inputs"][0]["sha256"] = None
        return Result.from_dict(obj)

    with HistoryStore.open(tmp_path / "h.db") as store:
        assert store.save(live(18.0), subject="P-17", date="2026-08-03").created
        assert store.save(live(18.5), subject="P-17", date="2026-08-03").created
        assert not store.save(live(18.0), subject="P-17", date="2026-08-03").created


def test_writers_of_the_same_session_at_once_make_one(url: str) -> None:
    def write(n: int) -> bool:
        with HistoryStore.open(url) as store:
            return store.save(make_result(clips=(f"{n % 3}.mp4",)), subject="P-17", date="2026-08-03").created

    with ThreadPoolExecutor(8) as pool:
        created = list(pool.map(write, range(24)))
    with HistoryStore.open(url) as store:
        assert sum(created) == store.count() == 3


def test_ids_that_begin_alike_get_longer(store: HistoryStore) -> None:
    taken = store.save(make_result(), subject="P-17", date="2026-08-03")
    store.delete(taken.id)
    other = Record(taken.id, "P-18", "2026-08-03", "2026-08-03T10:00:00", None, make_result(clips=("x",)).to_dict())
    assert store.save_records([other])[0].id == taken.id
    back = store.save(make_result(), subject="P-17", date="2026-08-03")
    assert back.id.startswith(taken.id)
    assert len(back.id) == len(taken.id) + 2


def test_list_is_newest_first_and_limited(store: HistoryStore) -> None:
    for n, day in enumerate(["2026-08-03", "2026-10-26", "2026-09-14"]):
        store.save(make_result(18.0 + n, None, clips=(f"{n}",)), subject="P-17", date=day)
    store.save(make_result(), subject="P-18", date="2026-11-01")
    assert [s.tested_at for s in store.list("P-17")] == ["2026-10-26", "2026-09-14", "2026-08-03"]
    newest = store.list(limit=2)
    assert [s.subject for s in newest] == ["P-18", "P-17"]
    assert newest[1].legs["left"].score_deg == 19.0
    assert newest[1].legs["right"].score_deg is None
    assert (store.count(), store.count("P-17"), store.count("nobody")) == (4, 3, 0)


@pytest.mark.parametrize("name", NASTY)
def test_any_printable_subject_is_harmless(store: HistoryStore, name: str) -> None:
    store.save(make_result(clips=("x",)), subject="bystander")
    store.save(make_result(), subject=name)
    found = [s.subject for s in store.list() if s.subject != "bystander"]
    assert len(found) == 1
    assert store.forget(name).sessions == 1
    assert [s.subject for s in store.list()] == ["bystander"]


def test_a_subject_is_found_however_it_is_typed(store: HistoryStore) -> None:
    store.save(make_result(), subject="Am\u00e9lie", date="2026-08-03")
    typed = " Ame\u0301lie"
    store.set_goal(typed, 20.0)
    assert (store.count(typed), len(store.list(typed)), len(store.find(typed)), store.goal(typed)) == (1, 1, 1, 20.0)
    assert len(store.points(typed).legs["left"]) == 1
    assert store.forget(typed).sessions == 1


def test_dates(store: HistoryStore) -> None:
    moments = [date(2026, 8, 3), datetime(2026, 8, 3, 9, 30), "2026-08-03T10:15", None]
    ids = [store.save(make_result(clips=(f"{n}",)), subject="P", date=m).id for n, m in enumerate(moments)]
    stored = [store.get(i).tested_at for i in ids]
    assert stored == ["2026-08-03", "2026-08-03T09:30:00", "2026-08-03T10:15:00", date.today().isoformat()]
    midnight = store.save(make_result(clips=("m",)), subject="P", date=datetime(2026, 8, 3))
    assert store.get(midnight.id).tested_at == "2026-08-03"
    aware = datetime(2026, 8, 3, 9, 30, tzinfo=UTC)
    local = aware.astimezone().replace(tzinfo=None).isoformat()
    assert store.get(store.save(make_result(clips=("z",)), subject="P", date=aware).id).tested_at == local


@pytest.mark.parametrize("text", ["3.8.2026", "2026-13-01", "yesterday", ""])
def test_a_bad_date_saves_nothing(tmp_path, text: str) -> None:
    with HistoryStore.open(tmp_path / "h.db") as store:
        with pytest.raises(UsageError, match="is not a date"):
            store.save(make_result(), subject="P", date=text)
        assert store.count() == 0


def test_get_by_beginning_of_id(store: HistoryStore) -> None:
    a = store.save(make_result(clips=("a",)), subject="P", date="2026-08-03")
    b = store.save(make_result(clips=("b",)), subject="P", date="2026-08-04")
    assert store.get("2026-08-04").id == b.id
    assert store.get(a.id).id == a.id
    with pytest.raises(StoreError, match="Several"):
        store.get("2026-08")
    for unknown in ("2027", "%", "", "P"):
        with pytest.raises(StoreError, match="no session"):
            store.get(unknown)


def test_find_takes_a_subject_or_a_session(store: HistoryStore) -> None:
    late = store.save(make_result(clips=("a",)), subject="P", date="2026-08-09")
    early = store.save(make_result(clips=("b",)), subject="P", date="2026-08-03")
    assert [r.id for r in store.find("P")] == [early.id, late.id]
    assert [r.id for r in store.find(late.id)] == [late.id]
    with pytest.raises(StoreError):
        store.find("nobody")


def test_delete_removes_one_session_and_its_parts(store: HistoryStore) -> None:
    gone = store.save(make_result(), subject="P", date="2026-08-03")
    kept = store.save(make_result(clips=("b",)), subject="P", date="2026-08-04")
    assert store.delete("2026-08-03") == gone.id
    assert [s.id for s in store.list()] == [kept.id]
    assert store.save(make_result(), subject="P", date="2026-08-03").id == gone.id


def test_save_records_is_all_or_nothing(store: HistoryStore) -> None:
    whole = Record("", "P", "2026-08-03", "2026-08-03T10:00:00", None, make_result().to_dict())
    broken = Record("", "P", "2026-08-03", "2026-08-03T10:00:00", None, {"schema": "other"})
    with pytest.raises(ValueError, match="schema"):
        store.save_records([whole, broken])
    assert store.count() == 0


def test_goals(store: HistoryStore) -> None:
    store.save(make_result(), subject="P")
    assert store.goal("P") is None
    store.set_goal("P", 20.0)
    store.set_goal("P", 22.5)
    assert store.goal("P") == 22.5
    store.set_goal("P", None)
    assert store.goal("P") is None
    with pytest.raises(StoreError, match="no session"):
        store.set_goal("nobody", 20.0)


def test_points_leave_out_what_was_not_scored(store: HistoryStore) -> None:
    store.save(make_result(18.0, None), subject="P", date="2026-08-03")
    limited = make_result(17.0, 12.0, clips=("b",))
    limited = make_result(17.0, 12.0, clips=("b",), sides={**limited.sides, "right": make_side(12.0, status="limited")})
    store.save(limited, subject="P", date="2026-08-04T08:00")
    points = store.points("P")
    assert [p.score_deg for p in points.legs["left"]] == [18.0, 17.0]
    assert [p.status for p in points.legs["right"]] == ["limited"]
    assert [d.difference_deg for d in points.differences] == [5.0]
    with pytest.raises(StoreError, match="no session"):
        store.points("nobody")


def test_the_same_clips_with_other_settings_count_once_in_a_trend(store: HistoryStore) -> None:
    def measured(value_deg: float, yaw_warn_deg: float, **fields: str) -> Result:
        obj = make_result(value_deg, 12.0, clips=("a", "b"), **fields).to_dict()  # type: ignore[arg-type]
        obj["provenance"]["parameters"] = {"gates": {"yaw_warn_deg": yaw_warn_deg}}
        return Result.from_dict(obj)

    store.save(measured(18.0, 15.0), subject="P", date="2026-08-03")
    store.save(measured(18.5, 20.0), subject="P", date="2026-08-03")
    store.save(measured(19.0, 15.0, model="other"), subject="P", date="2026-08-03")
    assert store.count("P") == 3
    points = store.points("P")
    assert [p.score_deg for p in points.legs["left"]] == [18.5, 19.0]
    assert len(points.differences) == 2


def test_status_counts(store: HistoryStore) -> None:
    store.save(make_result(), subject="P")
    status = store.status()
    assert (status.subjects, status.sessions, status.schema) == (1, 1, "0005")
    assert (status.size_bytes is None) == (store.path is None)


def test_what_a_path_cannot_encode_is_replaced(store: HistoryStore) -> None:
    obj = make_result().to_dict()
    obj["inputs"][0]["path"] = "b\udcff\x00.mp4"
    saved = store.save(Result.from_dict(obj), subject="P", note="nul \x00 here")
    assert store.get(saved.id).parsed.inputs[0].path == "b\ufffd\x00.mp4"
    assert store.get(saved.id).note == "nul  here"


def test_pain_is_kept_beside_the_numbers(store: HistoryStore) -> None:
    result = make_result()
    saved = store.save(result, subject="P-17", date="2026-08-03", pain={"left": True})
    assert store.get(saved.id).pain == {"left": True}
    assert store.edit(saved.id[:12], pain={"left": None, "right": False}) == saved.id
    record = store.get(saved.id)
    assert (record.pain, record.parsed) == ({"right": False}, result)
    assert not store.save(result, subject="P-17", date="2026-08-03", pain={"left": True}).created
    assert store.get(saved.id).pain == {"right": False}, "a session that is there is kept as it was"


def test_what_somebody_wrote_into_the_columns_is_told_and_hides_nothing_else(tmp_path) -> None:
    with HistoryStore.open(tmp_path / "h.db") as store:
        odd = store.save(make_result(clips=("a",)), subject="P", date="2026-08-03")
        store.save(make_result(clips=("b",)), subject="P", date="2026-08-04")
        with store._database.writing() as session:
            session.execute(
                sa.text("UPDATE mobility_side SET score_deg = 'abc' WHERE side = 'left' AND session_pk = 1")
            )
            session.execute(sa.text("DELETE FROM mobility_side WHERE side = 'right' AND session_pk = 1"))
        assert [s.legs["left"].score_deg for s in store.list()] == [18.0, None]
        assert [len(leg) for leg in store.points("P").legs.values()] == [1, 1]
        assert [odd.id in told and "no angle" in told for told in store.damaged] == [True]
        store.edit(odd.id, pain={"left": True, "right": True})
        assert store.get(odd.id).pain == {"left": True}
