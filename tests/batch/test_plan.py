from __future__ import annotations

import os
from pathlib import Path

from mobility_check.batch.clips import ClipFile, look_at
from mobility_check.batch.job import Fingerprint
from mobility_check.batch.plan import make_plan, need_hash
from mobility_check.batch.problems import failure


def clip(uri: str, **fields: object) -> ClipFile:
    return ClipFile(uri, 10, "1", **fields)  # type: ignore[arg-type]


def shas(*files: ClipFile, text: str = "") -> dict[ClipFile, str]:
    return {f: text or f.uri for f in files}


def test_clips_of_a_subject_and_a_day_are_one_session_others_stand_alone() -> None:
    files = [
        clip("/a", subject="P1", date="2026-08-03", side="left"),
        clip("/b"),
        clip("/c", subject="P1", date="2026-08-03", side="right"),
        clip("/d", subject="P1", date="2026-09-01"),
        clip("/e", problem=failure("/e", "missing_file")),
        clip("/f", date="2026-08-03"),
        clip("/g", date="2026-08-03"),
    ]
    plan = make_plan(files)
    assert [[f.uri for f in s.files] for s in plan.sessions] == [["/a", "/c"], ["/b"], ["/d"], ["/f"], ["/g"]]
    assert plan.sessions[0].stated_side == "left, right"
    assert [f.file for f in plan.failures] == ["/e"]
    assert plan.files == len(files)


def test_ids_and_names_are_stable_and_harmless() -> None:
    first, second = (make_plan([clip("/x/a", subject=s, date="2026-08-03")]).sessions[0] for s in ("../../etc", "a/b"))
    assert first.id != second.id
    assert "/" not in first.name + second.name
    assert make_plan([clip("/x/a", subject="../../etc", date="2026-08-03")]).sessions[0].name == first.name


def test_carried_columns_are_joined() -> None:
    plan = make_plan(
        [clip("/a", subject="P1", extra=(("room", "3"), ("x", ""))), clip("/b", subject="P1", extra=(("room", "4"),))]
    )
    assert plan.columns == ("room", "x")
    assert plan.sessions[0].extra == {"room": "3; 4", "x": ""}


def test_copies_without_a_subject_are_one_session_with_all_paths() -> None:
    a, b, c = clip("/a"), clip("/b"), clip("/c")
    plan = make_plan([a, b, c], (shas(a, c, text="same") | shas(b)).get)
    assert [[f.uri for f in s.files] for s in plan.sessions] == [["/a", "/c"], ["/b"]]
    assert plan.sessions[0].once(shas(a, c, text="same").get).files == (a,)


def test_copies_of_two_subjects_are_never_joined_but_share_their_content() -> None:
    a, b = clip("/a", subject="P1"), clip("/b", subject="P2")
    known = shas(a, b, text="same")
    plan = make_plan([a, b], known.get)
    assert len(plan.sessions) == 2
    contents = {s.content(known.get) for s in plan.sessions}
    assert len(contents) == 1
    assert "" not in contents


def test_the_content_knows_neither_order_nor_copies_but_every_clip() -> None:
    a, b, c = (clip(f"/{n}", subject="P1") for n in "abc")
    known = shas(a, b, c) | shas(c, text="/a")
    both, with_copy, other = (make_plan(f).sessions[0].content(known.get) for f in ([a, b], [c, b, a], [a]))
    assert both == with_copy != other
    assert make_plan([a, clip("/new", subject="P1")]).sessions[0].content(known.get) == ""


def test_the_fingerprint_knows_all_that_changes_the_numbers() -> None:
    fields = dict.fromkeys(Fingerprint.__dataclass_fields__, "x")
    base = Fingerprint(**fields)
    others = [Fingerprint(**{**fields, name: "y"}) for name in fields]
    assert len({base.digest(), *(o.digest() for o in others)}) == len(fields) + 1
    assert base.difference(base) == ""
    assert base.difference(Fingerprint(**{**fields, "model_sha256": "other"})) == "model_sha256 other ≠ x"


def test_state_changes_when_a_file_is_touched(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"1")
    before = make_plan([look_at(str(path))]).sessions[0]
    os.utime(path, ns=(1, 1))
    after = make_plan([look_at(str(path))]).sessions[0]
    assert before.id == after.id
    assert before.state != after.state


def test_only_files_of_equal_size_are_looked_at_beforehand(tmp_path: Path) -> None:
    for name, data in {"a": b"12", "b": b"34", "c": b"567", "d": b"89ab", "e": b"12"}.items():
        (tmp_path / name).write_bytes(data)
    files = [look_at(str(tmp_path / n)) for n in "abcde"]
    found = need_hash(files, known=lambda file: None, sizes=[4])
    assert [os.path.basename(f.uri) for f in found] == ["a", "b", "d", "e"]
    found = need_hash(files, known=shas(*files[:2]).get, sizes=[2])
    assert [os.path.basename(f.uri) for f in found] == ["e"]
