"""The worker's end of its child process: starts it, watches time and memory, replaces it when it dies."""

from __future__ import annotations

import os
import pickle
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil

from mobility_check.batch.child import Hello, Refusal, Step, Work
from mobility_check.batch.keys import Fingerprint
from mobility_check.batch.problems import Failure, failure
from mobility_check.batch.worker import Job, Outcome, Recipe

START_S = 180.0
"""Time a child may take to load its imports (a cold network disk is slow)."""
_LOOK_S = 0.2
_MAX_LOG_BYTES = 1 << 20
_TRIES = 2


@dataclass(frozen=True, slots=True)
class Limits:
    """Per clip: seconds, and bytes of memory of its process."""

    deadline_s: float = 900.0
    memory_bytes: int = 3 << 30


class ChildDiedError(Exception):
    """A child ended or was ended in the middle of a job; ``uri`` is the clip it was reading, "" if none."""

    def __init__(self, code: str, detail: str, uri: str) -> None:
        super().__init__(code, detail, uri)
        self.code, self.detail, self.uri = code, detail, uri


class Child:
    """One running child process with a temporary folder of its own."""

    def __init__(self, recipe: Recipe, *, limits: Limits, folder: str | None) -> None:
        self._limits = limits
        self._tmp = tempfile.TemporaryDirectory(prefix="clip-", dir=folder, ignore_cleanup_errors=True)
        self._log = Path(self._tmp.name, "messages.log").open("ab")  # noqa: SIM115 -- closed by close()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "mobility_check.batch.child"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, start_new_session=True,
            env={**os.environ, "TMPDIR": self._tmp.name, "TEMP": self._tmp.name, "TMP": self._tmp.name},
        )  # fmt: skip
        self._answers: queue.Queue[Any] = queue.Queue()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self._info = psutil.Process(self._process.pid)
        self.made_with = self._hello(recipe)

    def _hello(self, recipe: Recipe) -> Fingerprint | Refusal:
        """Wait until the imports are loaded (they are not a clip's time); what the child measures with."""
        try:
            self._ask(Hello(recipe, self._limits.deadline_s))
            answer: Fingerprint | Refusal = self._wait("", Limits(START_S))
        except ChildDiedError as e:
            return Refusal(f"the analysis process does not start ({e.detail})")
        return answer

    def run(self, job: Job) -> Outcome:
        """Do one job.

        Raises:
            ChildDiedError: the child crashed, took too long over one clip, or used too much memory; it is gone.
        """
        self._ask(Work(job))
        uri = job.files[0].uri
        while True:
            answer = self._wait(uri, self._limits)
            if isinstance(answer, Outcome):
                self._tidy()
                return answer
            uri = answer.uri if isinstance(answer, Step) else uri

    def close(self) -> None:
        """End the child at once and remove its temporary folder."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._log):
            if stream:
                _close_quietly(stream)
        self._listener.join()
        if self._process.stdout:
            self._process.stdout.close()
        self._tmp.cleanup()

    def memory_bytes(self) -> int:
        """Resident memory of the child now, 0 once it is gone."""
        try:
            return int(self._info.memory_info().rss)
        except psutil.Error:
            return 0

    def _ask(self, request: object) -> None:
        assert self._process.stdin is not None
        try:
            pickle.dump(request, self._process.stdin, protocol=pickle.HIGHEST_PROTOCOL)
            self._process.stdin.flush()
        except OSError:
            self._died("")

    def _listen(self) -> None:
        assert self._process.stdout is not None
        while True:
            try:
                self._answers.put(pickle.load(self._process.stdout))
            except (EOFError, OSError, pickle.UnpicklingError):
                self._answers.put(None)
                return

    def _wait(self, uri: str, limits: Limits) -> Any:
        end = time.monotonic() + limits.deadline_s
        while True:
            try:
                answer = self._answers.get(timeout=_LOOK_S)
            except queue.Empty:
                if time.monotonic() > end:
                    self._process.kill()
                    raise ChildDiedError("deadline", f"{limits.deadline_s:g} s", uri) from None
                if self.memory_bytes() > limits.memory_bytes:
                    self._process.kill()
                    raise ChildDiedError("out_of_memory", f"{limits.memory_bytes / (1 << 30):.2g} GB", uri) from None
                continue
            if answer is None:
                self._died(uri)
            return answer

    def _died(self, uri: str) -> None:
        self._process.kill()
        code = self._process.wait()
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        raise ChildDiedError("crashed", how, uri)

    def _tidy(self) -> None:
        """Native libraries print a few lines per clip; thousands of clips must not fill the disk."""
        if self._log.tell() > _MAX_LOG_BYTES:
            os.truncate(self._log.name, 0)


def _close_quietly(stream: Any) -> None:
    try:
        stream.close()
    except OSError:  # unsent bytes of a request to a process that is gone
        return


class Pool:
    """The children of one worker, one per thread that runs a task, kept from job to job."""

    def __init__(self, *, recipe: Recipe, limits: Limits, folder: str | None) -> None:
        self._recipe, self._limits, self._folder = recipe, limits, folder
        self._idle: list[Child] = []
        self._all: set[Child] = set()
        self._lock = threading.Lock()
        self._closed = False

    def hello(self) -> Fingerprint | Refusal:
        """What this worker measures with; loads the imports of its first child."""
        with self._borrowed() as child:
            return child.made_with

    def run(self, job: Job) -> Outcome:
        """Do a job; a clip that ends its child twice is a failure, the session's other clips go on without it."""
        tries, lost = dict[str, int](), list[Failure]()
        while job.files:
            try:
                with self._borrowed() as child:
                    outcome = child.run(job)
                outcome.failures = [*lost, *outcome.failures]
                return outcome
            except ChildDiedError as e:
                if self._closed:
                    raise
                tries[e.uri] = tries.get(e.uri, 0) + 1
                if tries[e.uri] < _TRIES:
                    continue
                gone = [f for f in job.files if not e.uri or f.uri == e.uri]
                lost += [failure(f.uri, e.code, detail=e.detail, tries=_TRIES) for f in gone]
                job = replace(job, files=tuple(f for f in job.files if f not in gone))
        return Outcome(job.id, failures=lost)

    def close(self) -> None:
        """End all children."""
        with self._lock:
            children, self._all, self._idle, self._closed = self._all, set(), [], True
        for child in children:
            child.close()

    @contextmanager
    def _borrowed(self) -> Iterator[Child]:
        with self._lock:
            child = self._idle.pop() if self._idle else None
        if child is None:
            child = Child(self._recipe, limits=self._limits, folder=self._folder)
            with self._lock:
                self._all.add(child)
        try:
            yield child
        except ChildDiedError:
            self._discard(child)
            raise
        if child.memory_bytes() > self._limits.memory_bytes // 2:
            self._discard(child)  # it did not give back what a large clip took
        else:
            with self._lock:
                self._idle.append(child)

    def _discard(self, child: Child) -> None:
        with self._lock:
            self._all.discard(child)
        child.close()
