"""The command line: parse, one library call, print. Importing it loads nothing heavy."""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

import mobility_check
from mobility_check.cli.commands import COMMANDS, DESCRIPTION, EXAMPLE, Command, top_help
from mobility_check.errors import EXIT_INTERRUPTED, MobilityCheckError, OutputError

if TYPE_CHECKING:
    import typer

NO_ROOM = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
"""What writing to a redirected standard output raises on a full disk (files of ours raise OutputError themselves)."""
COMPLETION_VARIABLE = "_MOBILITY_CHECK_COMPLETE"


def build(commands: Iterable[Command] = COMMANDS) -> typer.Typer:
    """The Typer application with these commands."""
    import typer

    from mobility_check.cli.common import Commands

    app = Commands(
        name="mobility-check", no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False,
        epilog=EXAMPLE, help=DESCRIPTION, context_settings={"help_option_names": ["-h", "--help"]},
    )  # fmt: skip

    @app.callback()
    def _top() -> None:
        """Only there so that even a single command is called by its name."""

    for command in commands:
        loaded = command.load()
        if isinstance(loaded, typer.Typer):
            app.add_typer(loaded, name=command.name, help=command.summary)
        else:
            app.command(command.name, epilog=f"Example: {command.example}", short_help=command.summary)(loaded)
    return app


def _needed(arguments: list[str]) -> tuple[Command, ...]:
    """The command that was asked for; all of them where completion or an unknown name needs the whole list."""
    found = tuple(c for c in COMMANDS if arguments and c.name == arguments[0])
    return found if found and COMPLETION_VARIABLE not in os.environ else COMMANDS


def main() -> None:
    """Run the command line; every error of ours becomes one sentence on stderr and the contract's exit code."""
    arguments = sys.argv[1:]
    if arguments in ([], ["-h"], ["--help"]) and COMPLETION_VARIABLE not in os.environ:
        from mobility_check.app.screen import forwarding, has_screen

        if arguments or not has_screen():
            print(top_help() if arguments else f"{top_help()}\n\n{forwarding()}")
            return
        arguments = ["app"]
    if arguments == ["--version"]:
        print(f"mobility-check {mobility_check.__version__}")
        return
    _run(arguments)


def _run(arguments: list[str]) -> None:
    from mobility_check.cli.common import leave_stdout, make_stdout_safe, quiet_native_log

    quiet_native_log()
    make_stdout_safe()
    os.umask(0o077)  # whatever shows or names a person is the user's own, also what a browser or a database writes
    for name in ("SIGTERM", "SIGHUP"):  # Windows has no SIGHUP
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _interrupt)
    try:
        build(_needed(arguments))(arguments)
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
