"""Commands run where no other computer can be reached, with each name they ask for and each address they call kept."""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
import sys
from pathlib import Path

ALONE = """
import fcntl, os, socket, struct, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:  # a computer without network still has its own address
    fcntl.ioctl(s, 0x8914, struct.pack("16sh14x", b"lo", 1))
    try:
        s.connect(("192.0.2.1", 9))
    except OSError:
        os.execv(sys.argv[1], sys.argv[1:])
sys.exit("there is a network here")
"""
LISTENER = """
import os, socket, subprocess, sys, threading
resolver, log = sys.argv[1:3]
subprocess.run(["mount", "--bind", resolver, "/etc/resolv.conf"], check=True)
names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
names.bind(("127.0.0.1", 53))

def listen():
    while True:
        question, _ = names.recvfrom(2048)
        with open(log, "ab") as out:
            out.write(question[12:] + b"\\n")

threading.Thread(target=listen, daemon=True).start()
sys.exit(subprocess.run(sys.argv[3:]).returncode)
"""
LOCAL = re.compile(r"AF_UNIX|AF_NETLINK|sin_addr=inet_addr\(\"127\.|inet_pton\(AF_INET6, \"::1\"")
CALLS = re.compile(r"\b(connect|sendto|sendmsg|sendmmsg)\(\d+, .*(sin6?_port|msg_hdr)")


def alone(*arguments: str) -> list[str]:
    """The command in a network namespace of its own, with nothing in it but the loopback."""
    return ["unshare", "--map-root-user", "--net", sys.executable, "-c", ALONE, *arguments]


@functools.cache
def can_be_alone() -> bool:
    return bool(shutil.which("unshare")) and not subprocess.run(alone("/bin/true"), capture_output=True).returncode


def can_listen() -> bool:
    """Whether a command can be run where the only name server is ours."""
    return can_be_alone() and shutil.which("mount") is not None


def listening(folder: Path, *words: str) -> list[str]:
    """The command there; the names that it asks for are kept in ``names``."""
    (folder / "resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    (folder / "names").touch()
    inside = alone(sys.executable, "-c", LISTENER, str(folder / "resolv.conf"), str(folder / "names"), *words)
    return [inside[0], "--mount", *inside[1:]]


def can_trace() -> bool:
    return shutil.which("strace") is not None


def traced(folder: Path, *words: str) -> list[str]:
    """The command with each of its calls to the network written to ``trace``."""
    only = ("--seccomp-bpf", "-f", "-qq", "-e", "trace=network", "-e", "signal=none")
    return ["strace", *only, "-o", str(folder / "trace"), *words]


def outward(folder: Path) -> list[str]:
    """The lines of the trace that call or write to an address which is not this computer's own."""
    lines = (folder / "trace").read_text(errors="replace").splitlines()
    return [line for line in lines if CALLS.search(line) and not LOCAL.search(line)]


def watched(folder: Path, *words: str) -> list[str]:
    """The command listened to and traced, as far as this computer lets us; without a network where it lets us."""
    if can_trace():
        words = tuple(traced(folder, *words))
    if can_listen():
        return listening(folder, *words)
    return alone(*words) if can_be_alone() else list(words)
