from __future__ import annotations

from collections.abc import Iterator

import pytest

from mobility_check.batch.engine import local_cluster


@pytest.fixture(scope="session")
def scheduler() -> Iterator[str]:
    """A cluster of two workers that the tests share; each run brings its own child processes."""
    with local_cluster(2) as cluster:
        yield cluster.scheduler_address
