"""Whoever reaches a Dask scheduler can run code as its user: a local cluster lets nobody else in."""

from __future__ import annotations

import socket
import ssl
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

Closed = tuple[LocalCluster, set[tuple[str, int]]]
INTRUDER = """
import sys
from distributed import Client, Security
for address, security in ((sys.argv[1], Security.temporary()), (sys.argv[1].replace("tls://", "tcp://"), None)):
    try:
        client = Client(address, security=security, timeout=5)
        print("in", client.run_on_scheduler(lambda: 1))
    except OSError as e:
        print("refused", type(e).__name__)
"""


def listening() -> set[tuple[str, int]]:
    """Addresses on which this process and those it started listen."""
    me = psutil.Process()
    found = [c for p in (me, *me.children(recursive=True)) for c in p.net_connections(kind="inet")]
    return {(c.laddr.ip, c.laddr.port) for c in found if c.status == psutil.CONN_LISTEN}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Closed]:
    """The cluster, and the addresses on which it listens."""
    before = listening()
    with dask.config.set(SETTINGS), local_cluster(1) as cluster, Client(cluster, set_as_default=False) as client:
        assert client.submit(sum, [1, 2]).result(timeout=60) == 3, "those with the keys are let in"
        yield cluster, listening() - before


def test_another_process_of_this_computer_does_not_get_in(cluster: Closed) -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTRUDER, cluster[0].scheduler_address], capture_output=True, text=True, timeout=120
    )
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["refused", "refused"], done.stderr


def test_nobody_gets_a_word_in_without_a_certificate(cluster: Closed) -> None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    host, port = cluster[0].scheduler_address.removeprefix("tls://").split(":")
    with pytest.raises((ConnectionError, ssl.SSLError)):
        answer_to(b"x" * 100, host=host, port=int(port), context=context)


def answer_to(data: bytes, *, host: str, port: int, context: ssl.SSLContext) -> bytes:
    """What a server answers; being hung up on is an error."""
    with socket.create_connection((host, port), timeout=10) as plain, context.wrap_socket(plain) as link:
        link.sendall(data)
        answer = link.recv(1)
    if not answer:
        raise ConnectionResetError
    return answer


def test_nothing_listens_to_other_computers(cluster: Closed) -> None:
    assert len(cluster[1]) >= 4, "scheduler, nanny, worker and their empty web servers"
    assert {address for address, _ in cluster[1]} == {"127.0.0.1"}


def test_no_page_and_no_interface_is_served(cluster: Closed) -> None:
    paths = ("/", "/status", "/info/main/workers.html", "/api/v1/retire_workers", "/metrics", "/json/counts.json")
    for host, port in cluster[1]:
        for path in paths:
            with pytest.raises((urllib.error.HTTPError, OSError)) as refused:
                urllib.request.urlopen(f"http://{host}:{port}{path}", timeout=5)
            if isinstance(refused.value, urllib.error.HTTPError):
                refused.value.close()
