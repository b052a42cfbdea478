"""The output folder: which one a run has, that nothing in it is anybody else's, and its log."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mobility_check.errors import OutputError, UsageError
from mobility_check.files import PAGE, Kind, Output, check_outputs, is_ours, make_folder
from mobility_check.language import N_

OUTPUTS = {
    "results.csv": Kind(N_("a table"), (".csv",), b"subject,date,side,status,score_deg"),
    "failures.csv": Kind(N_("a table"), (".csv",), b"file,reason,sentence,what_to_do"),
    "results.parquet": Kind(N_("a table"), (".parquet",), b"settings_sha256"),
    "reps.parquet": Kind(N_("a table"), (".parquet",), b"support_knee_flexion_deg"),
    "run.json": Kind(N_("facts of a run"), (".json",), b'"run_digest"'),
    "index.html": PAGE,
    "batch.log": Kind(N_("a log"), (".log",), b"mobility_check.batch"),
}


def claim_folder(out: Path, digest: str, *, inputs: Iterable[Path] = ()) -> Path:
    """The folder of the run with this digest, made if need be; nothing in it is anybody else's.

    The first run has ``out`` itself; a run with other settings, another model or version goes to a folder
    ``run-<digest>`` inside it, so nothing that was measured otherwise is ever mixed or overwritten.

    Raises:
        UsageError: a file there is an input, or was not written by this program. OutputError: it cannot be written.
    """
    folder = out if _digest_of(out) in (None, digest) else out / f"run-{digest[:8]}"
    if (folder / "sessions").is_symlink():
        raise UsageError("'{folder}' is a link; give another folder with -o.", folder=folder / "sessions")
    make_folder(folder)
    make_folder(folder / "sessions")
    check_outputs([Output(folder / n, kind, "-o") for n, kind in OUTPUTS.items()], inputs=inputs, overwrite=True)
    for name, kind in OUTPUTS.items():
        if not is_ours(folder / name, kind):
            raise UsageError(
                "'{folder}' was not written by mobility-check; give another folder with -o.", folder=folder / name
            )
    return folder


def _digest_of(folder: Path) -> str | None:
    path = folder / "run.json"
    try:
        if not is_ours(path, OUTPUTS["run.json"]) or not path.exists():
            return None
        return str(json.loads(path.read_text(encoding="utf-8"))["run_digest"])
    except (OSError, ValueError, KeyError, TypeError) as e:
        raise OutputError(
            "{path} is damaged or not ours ({why}); choose another folder with -o.", path=path, why=e
        ) from e


@contextmanager
def logging_to(path: Path) -> Iterator[None]:
    """The package's and Dask's log lines go to the log file, and nowhere else, while the batch runs."""
    try:
        number = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
    except OSError as e:
        raise OutputError(
            "{path} cannot be written ({why}); give another folder with -o.", path=path, why=e.strerror
        ) from e
    with os.fdopen(number, "a", encoding="utf-8", errors="backslashreplace") as file:
        # two, since a local cluster silences all handlers that Dask writes to
        ours, dasks = logging.StreamHandler(file), logging.StreamHandler(file)
        for handler in (ours, dasks):
            handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        known = logging.root.manager.loggerDict
        names = [n for n in known if n.startswith("distributed") and logging.getLogger(n).handlers]
        loggers = [logging.getLogger(name) for name in ("mobility_check", "distributed", *names)]
        before = [(logger.level, logger.propagate, logger.handlers) for logger in loggers]
        for logger in loggers:
            logger.handlers, logger.propagate = [dasks], False  # Dask has handlers of its own that print
        loggers[0].handlers = [ours]
        loggers[0].setLevel(logging.INFO)
        try:
            yield
        finally:
            for logger, (level, propagate, handlers) in zip(loggers, before, strict=True):
                logger.setLevel(level)
                logger.handlers, logger.propagate = handlers, propagate
