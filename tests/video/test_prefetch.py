"""Prefetching: nothing lost, nothing out of order, errors in their place, and an end when nobody takes any more."""

from __future__ import annotations

import threading
import time

import pytest

from mobility_check.video.prefetch import DEPTH, prefetch


def test_the_same_items_in_the_same_order():
    assert list(prefetch(range(50))) == list(range(50))
    assert list(prefetch([])) == []


def test_the_maker_works_while_the_taker_does_something_else():
    made = []

    def items():
        for i in range(10):
            made.append(i)
            yield i

    taken = prefetch(items())
    next(taken)
    deadline = time.monotonic() + 10
    while len(made) < DEPTH + 1 and time.monotonic() < deadline:
        time.sleep(0.005)
    assert DEPTH <= len(made) <= DEPTH + 2
    taken.close()


def test_an_error_comes_after_the_items_before_it():
    def items():
        yield 1
        yield 2
        raise ValueError("broken")

    taken = prefetch(items())
    assert [next(taken), next(taken)] == [1, 2]
    with pytest.raises(ValueError, match="broken"):
        next(taken)


def test_no_thread_is_left_when_the_taker_stops_early():
    before = threading.active_count()
    taken = prefetch(range(1000))
    assert next(taken) == 0
    taken.close()
    assert threading.active_count() == before
