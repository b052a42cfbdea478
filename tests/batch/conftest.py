from __future__ import annotations

from collections.abc import Iterator

import dask
import pytest
from distributed import LocalCluster

from mobility_check.batch.cluster import SETTINGS


@pytest.fixture(scope="session")
def scheduler() -> Iterator[str]:
    """A cluster of two workers that the tests share, as somebody else would start it; its address."""
    with (
        dask.config.set(SETTINGS),
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            memory_limit=0,
            host="127.0.0.1",
            dashboard_address=None,
            scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0"},  # any port: tests run beside
        ) as cluster,
    ):
        yield cluster.scheduler_address
