from __future__ import annotations

import json

import numpy as np
import pytest

from mobility_check.history.curves import curves_of
from mobility_check.history.saving import save_session
from mobility_check.history.store import HistoryStore
from synthetic.factories import make_session


def test_curves_are_thinned_and_plain() -> None:
    session = make_session(clips=("a.mp4", "b.mp4"))
    curves = curves_of(session)
    assert json.loads(json.dumps(curves, allow_nan=False)) == curves, "as it comes back from a file"
    clips = curves["clips"]
    assert len(clips) == 2
    time_s = np.array(clips[0]["time_s"])
    assert len(time_s) == pytest.approx(20 * 15, abs=1)
    assert np.diff(time_s).min() > 1 / 15 - 0.01
    left = clips[0]["legs"]["left"]["extension_deg"]
    assert len(left) == len(time_s) == len(clips[0]["trunk_lean_deg"])
    assert None in left[:8]
    assert max(v for v in left if v is not None) == pytest.approx(18.6, abs=0.2)
    assert clips[0]["facing"][1]["facing"] == "left"
    assert clips[0]["neutral_spans_s"] == [[0.2, 1.4]]


def test_slow_clips_keep_every_sample() -> None:
    session = make_session()
    slow = session.clips[0].time_s[::3]
    assert len(curves_of(session, max_hz=10.0)["clips"][0]["time_s"]) == len(slow)
    assert len(curves_of(session, max_hz=1000.0)["clips"][0]["time_s"]) == len(session.clips[0].time_s)


def test_saving_in_one_call(tmp_path) -> None:
    session = make_session()
    saved, _, sentence = save_session(session, subject="P-17", date="2026-08-03", database=tmp_path / "h.db")
    again, _, other = save_session(session, subject="P-17", date="2026-08-03", database=tmp_path / "h.db")
    assert (saved.created, again.created, saved.id) == (True, False, again.id)
    assert saved.id in sentence
    assert "saved before" in other
    with HistoryStore.open(tmp_path / "h.db") as store:
        record = store.get(saved.id)
    assert record.curves is not None
    assert "xy_px" not in json.dumps(record.curves) + json.dumps(record.result), "no landmarks"
