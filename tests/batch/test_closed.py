"""Whoever reaches a Dask scheduler can run code as its user: a local cluster lets nobody else in."""

from __future__ import annotations

import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator

import dask
import psutil
import pytest
from distributed import Client, LocalCluster

from mobility_check.batch.cluster import SETTINGS, local_cluster

INTRUDER = """
import sys
from distributed import Client, Security
for address in (sys.argv[1], sys.argv[1].replace("tls://", "tcp://")):
    for security in (None, Security.temporary()):
        try:
            client = Client(address, security=security, timeout=5)
            print("in", client.run_on_scheduler(lambda: 1))
        except (OSError, ValueError, TypeError) as e:
            print("refused", type(e).__name__)
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    with dask.config.set(SETTINGS), local_cluster(1) as cluster, Client(cluster, set_as_default=False) as client:
        assert client.submit(sum, [1, 2]).result(timeout=60) == 3, "those with the keys are let in"
        yield cluster


def listening() -> set[tuple[str, int]]:
    """Addresses on which this process and those it started listen."""
    me = psutil.Process()
    found = [c for p in (me, *me.children(recursive=True)) for c in p.net_connections(kind="inet")]
    return {(c.laddr.ip, c.laddr.port) for c in found if c.status == psutil.CONN_LISTEN}


def test_another_process_of_this_computer_does_not_get_in(cluster: LocalCluster) -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTRUDER, cluster.scheduler_address], capture_output=True, text=True, timeout=120
    )
    assert done.stdout.split("\n")[:-1] == [line for line in done.stdout.splitlines() if line.startswith("refused")]
    assert done.stdout.count("refused") == 4, done.stderr


def test_nothing_listens_to_other_computers(cluster: LocalCluster) -> None:
    assert listening()
    assert {address for address, _ in listening()} == {"127.0.0.1"}


def test_no_page_and_no_interface_is_served(cluster: LocalCluster) -> None:
    paths = ("/", "/status", "/info/main/workers.html", "/api/v1/retire_workers", "/metrics", "/json/counts.json")
    for host, port in listening():
        for path in paths:
            with pytest.raises((urllib.error.HTTPError, OSError)):
                urllib.request.urlopen(f"http://{host}:{port}{path}", timeout=5)
