"""Several people in a clip: the page shows them in boxes and asks who kicks."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from PIL import Image

from tests.footage import SAMPLES, beside_still, derive

FIRST_KICK_DEG = 18.8
"""True extension."""


@pytest.fixture(scope="module")
def crowd(tmp_path_factory):
    """The kicker on the right, somebody who stands still on the left."""
    target = tmp_path_factory.mktemp("crowd") / "two.mp4"
    return derive(SAMPLES[-1], target, stop_s=5.6, height=480, fps=15, edit=beside_still(still_left=True))


def test_the_one_who_kicks_is_chosen_in_the_picture(visit, app, crowd):
    job = app.measure(crowd, subject="T-1")
    assert app.ended(job)["state"] == "choose"
    visit.goto(app.origin + job)
    assert visit.locator("form button[name=person]").all_inner_texts() == ["Person 1", "Person 2"]
    assert visit.locator("button.primary").all_inner_texts() == ["Person 2"]
    assert visit.locator(f"form[action='{job}/delete'] button").inner_text() == "Cancel"  # nor does the clip stay
    picture = Image.open(io.BytesIO(app.ask("GET", f"{job}/stills/people").body))
    blue = np.abs(np.asarray(picture, dtype=int) - (11, 98, 193)).sum(axis=2) < 60
    for half in np.array_split(blue, 2, axis=1):  # an outline round each
        assert half.sum() > 300
    assert app.ask("POST", f"{job}/person", {"person": "3"}).status == 400
    assert app.ask("POST", f"{job}/person", {"person": "\u0662"}).status == 400
    visit.click("text=Person 2")
    visit.wait_for_selector("iframe.report", timeout=180_000)
    stored = json.loads((app.root / job[1:] / "session.json").read_text(encoding="utf-8"))["result"]
    assert (stored["person"]["number"], stored["person"]["of"]) == (2, 2)
    assert stored["sides"]["right"]["score_deg"] == pytest.approx(FIRST_KICK_DEG, abs=2.0)
    assert app.ask("POST", f"{job}/person", {"person": "1"}).status == 400
