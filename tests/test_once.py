from __future__ import annotations

import threading
import time

import pytest

from tests.once import once


def test_many_want_it_and_one_makes_it(tmp_path_factory):
    made = []

    def make(folder):
        made.append(folder)
        time.sleep(0.2)
        (folder / "it").write_text("here")

    def want():
        found.append((once(tmp_path_factory, "wanted", make) / "it").read_text())

    found: list[str] = []
    tmp_path_factory.getbasetemp()  # pytest makes it at the first call, and two threads would make two
    threads = [threading.Thread(target=want) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["here"] * 4
    assert len(made) == 1


def test_what_cannot_be_made_holds_nobody_up(tmp_path_factory):
    def fail(folder):
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        once(tmp_path_factory, "failing", fail)
    assert list(once(tmp_path_factory, "failing", fail).iterdir()) == []
