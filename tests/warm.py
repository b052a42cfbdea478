"""The command line in a process of its own that is forked from one that has imported everything: quick to begin.

``python -m tests.warm FD`` waits at the socket ``FD`` for orders. Each order becomes a process that is
``mobility-check`` from there on, with its own arguments, environment, folder, streams and exit; only the imports were
done before.
"""

from __future__ import annotations

import atexit
import functools
import gc
import importlib
import json
import os
import pkgutil
import runpy
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import mobility_check

NOT_OURS = ("mediapipe.tasks.c", "pydantic.type_adapter", "rich.progress", "rich.table", "sqlalchemy.dialects.sqlite")
"""What the commands import on their way, besides what our own modules import at their top."""
NOT_NEEDED = ("batch", "migrations", "__main__")
ROOT = Path(__file__).resolve().parent.parent
TIMEOUT_S = 600


def call_warm(
    arguments: list[str], *, cwd: Path | None, env: Mapping[str, str], timeout_s: float = TIMEOUT_S
) -> tuple[int, bytes, bytes]:
    """Run ``mobility-check`` with these arguments; exit code and what it wrote on stdout and stderr."""
    order = json.dumps({"arguments": arguments, "cwd": os.fspath(cwd or Path.cwd()), "env": dict(env)}).encode()
    with open(os.devnull, "rb") as nothing, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        line = _mother()
        line.settimeout(timeout_s)
        socket.send_fds(line, [len(order).to_bytes(4, "big")], [stream.fileno() for stream in (nothing, out, err)])
        line.sendall(order)
        answer = line.recv(16)
        assert answer, "the process that runs the commands has ended"
        out.seek(0)
        err.seek(0)
        return int(answer), out.read(), err.read()


@functools.cache
def _mother() -> socket.socket:
    """The line to the process that runs the commands; started at the first call, gone when the tests are."""
    ours, theirs = socket.socketpair()
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": ""}
    process = subprocess.Popen(
        [sys.executable, "-m", __name__, str(theirs.fileno())],
        pass_fds=[theirs.fileno()],
        env=env,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
    )
    theirs.close()

    @atexit.register
    def end() -> None:
        ours.close()
        process.wait()

    return ours


def _ours() -> list[str]:
    found = pkgutil.walk_packages(mobility_check.__path__, "mobility_check.")
    return [module.name for module in found if not any(part in module.name for part in NOT_NEEDED)]


def _serve(line: socket.socket) -> list[str] | None:
    """Do one order after the other. Returns its arguments in a process that has to do one, None at the end."""
    while True:
        size, streams, _, _ = socket.recv_fds(line, 4, 3)
        if not size:
            return None
        order = json.loads(line.recv(int.from_bytes(size, "big"), socket.MSG_WAITALL))
        pid = os.fork()
        if not pid:
            line.close()
            for number, stream in enumerate(streams):
                os.dup2(stream, number)
                os.close(stream)
            os.environ.clear()
            os.environ.update(order["env"])
            os.chdir(order["cwd"])
            found: list[str] = order["arguments"]
            return found
        for stream in streams:
            os.close(stream)
        line.sendall(str(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])).encode())


def _run(code: list[int]) -> None:
    """Be the command; ``code`` gets its exit code."""
    try:
        runpy.run_module("mobility_check", run_name="__main__", alter_sys=True)
        code.append(0)
    except SystemExit as end:
        code.append(end.code if isinstance(end.code, int) else int(end.code is not None))
        raise
    except BaseException:
        code.append(1)
        raise


def _end(code: list[int]) -> None:
    """What Python would take apart now, module by module, takes longer than most commands: the system frees it as well.

    That the commands come to Python's own end is seen where they are started anew (``call_cold``).
    """
    if code:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code[0])


if __name__ == "__main__":
    ended: list[int] = []
    atexit.register(_end, ended)  # before all others, and so called after them
    for module in (*_ours(), *NOT_OURS):
        importlib.import_module(module)
    gc.freeze()  # what the processes share stays shared
    given = _serve(socket.socket(fileno=int(sys.argv[1])))
    if given is not None:
        sys.argv[1:] = given
        _run(ended)
