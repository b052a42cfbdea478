"""The command line: parse, one library call, print. Importing it loads nothing heavy."""

from __future__ import annotations

import errno
import signal
import sys
from typing import Annotated

import typer

import mobility_check
from mobility_check.cli import analyze, batch, export, history, live, models, validate
from mobility_check.cli.common import leave_stdout, quiet_native_log
from mobility_check.errors import EXIT_INTERRUPTED, MobilityCheckError, OutputError

NO_ROOM = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
"""What writing to a redirected standard output raises on a full disk (files of ours raise OutputError themselves)."""

app = typer.Typer(
    name="mobility-check",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Measures hip extension in the standing kick-back test, left against right, with its uncertainty.",
    epilog="Example: mobility-check analyze samples/kickback-2026-08-03.mp4",
)
app.command("analyze", epilog=analyze.EXAMPLE)(analyze.analyze)
app.command("schema", epilog="Example: mobility-check schema > result.schema.json")(analyze.schema)
app.command("batch", epilog=batch.EXAMPLE)(batch.batch)
app.command("live", epilog=live.EXAMPLE)(live.live)
app.add_typer(models.app, name="models")
app.add_typer(history.app, name="history")
app.command("validate", epilog=validate.EXAMPLE)(validate.validate)
app.command("export", epilog=export.EXPORT_EXAMPLE)(export.export)
app.command("import", epilog=export.IMPORT_EXAMPLE)(export.import_)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mobility-check {mobility_check.__version__}")
        raise typer.Exit


@app.callback()
def _top(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Measures hip extension in the standing kick-back test, left against right, with its uncertainty."""


def main() -> None:
    """Run the command line; every error of ours becomes one sentence on stderr and the contract's exit code."""
    quiet_native_log()
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        app()
    except MobilityCheckError as e:
        _say(str(e))
        sys.exit(e.exit_code)
    except OSError as e:
        if e.errno not in NO_ROOM:
            raise
        leave_stdout()
        _say("The answer cannot be written: the disk is full; free some space and run the command again.")
        sys.exit(OutputError.exit_code)
    except SystemExit as e:
        if e.code == EXIT_INTERRUPTED:
            _say("Interrupted; what was finished is kept, nothing half-written was left behind.")
        raise


def _interrupt(signum: int, frame: object) -> None:
    raise KeyboardInterrupt


def _say(sentence: str) -> None:
    print(f"mobility-check: {sentence}", file=sys.stderr)
