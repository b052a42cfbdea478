"""The command line: parse, one library call, print. Importing it loads nothing heavy."""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import signal
import sys
import threading
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

import mobility_check
from mobility_check.cli.commands import COMMANDS, DESCRIPTION, EXAMPLE, Command, top_help
from mobility_check.errors import EXIT_INTERRUPTED, EXIT_OK, MobilityCheckError, OutputError, UsageError
from mobility_check.language import gettext, preferred, take_option, to_environment, use_language
from mobility_check.text import printable, without_credentials

if TYPE_CHECKING:
    import typer

NO_ROOM = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
"""What writing to a redirected standard output raises on a full disk (files of ours raise OutputError themselves)."""
PATIENCE_S = 3.0
AGAIN_S = 0.05
COMPLETION_VARIABLE = "_MOBILITY_CHECK_COMPLETE"


def build(commands: Iterable[Command] = COMMANDS) -> typer.Typer:
    """The Typer application with these commands."""
    import typer

    from mobility_check.cli.help import PlainCommand, PlainGroup

    app = typer.Typer(
        name="mobility-check",
        cls=PlainGroup,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        epilog=EXAMPLE,
        help=DESCRIPTION,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback()
    def _top() -> None:
        """Only there so that even a single command is called by its name."""

    for command in commands:
        loaded = command.load()
        if isinstance(loaded, typer.Typer):
            app.add_typer(loaded, name=command.name, help=command.summary)
        else:
            app.command(command.name, cls=PlainCommand, epilog=command.example, short_help=command.summary)(loaded)
    return app


def main() -> None:
    """Run the command line; every error of ours becomes one sentence on stderr and the contract's exit code."""
    _leave(_run(sys.argv[1:]))


def _run(arguments: list[str]) -> int:
    """Exit code of a call."""
    try:
        asked, arguments = take_option(arguments)
        use_language(asked or preferred(os.environ))
        if asked:
            to_environment()
        if answer := _quick_answer(arguments):
            print(answer)
            return EXIT_OK
        _prepare()
        code = _called(arguments)
    except MobilityCheckError as e:
        _say(e.shown)
        return e.exit_code
    except KeyboardInterrupt:
        code = EXIT_INTERRUPTED
    except OSError as e:
        if e.errno not in NO_ROOM:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is buffered would fail again at the exit
        _say(gettext("The answer cannot be written: the disk is full; free some space and run the command again."))
        return OutputError.exit_code
    if code == EXIT_INTERRUPTED:
        _say(gettext("Interrupted; what was finished is kept, nothing half-written was left behind."))
    return code


def _quick_answer(arguments: list[str]) -> str:
    """What needs no command, and so none of what commands load; empty for a call of a command."""
    if arguments == ["--version"]:
        return f"mobility-check {mobility_check.__version__}"
    if COMPLETION_VARIABLE in os.environ or arguments not in ([], ["-h"], ["--help"]):
        return ""
    if arguments:
        return top_help()
    from mobility_check.app.screen import forwarding, has_screen

    return "" if has_screen() else f"{top_help()}\n\n{forwarding()}"


def _prepare() -> None:
    """Make the process fit for a command."""
    from mobility_check.cli.common import make_output_safe, quiet_native_log

    make_output_safe()
    quiet_native_log()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the matrices are small: more threads only wait for each other
    os.umask(0o077)  # whatever shows or names a person is the user's own, also what a browser or a database writes
    _Interrupt().listen()


def _called(arguments: list[str]) -> int:
    """Run the command; a wrong call becomes an error of ours."""
    import typer

    from mobility_check.cli.wrong_usage import as_error, refuse_misplaced, wrong_usage

    refuse_misplaced(arguments)
    completing = COMPLETION_VARIABLE in os.environ
    if not (arguments or completing):
        arguments = ["app"]
    named = [c for c in COMMANDS if arguments[:1] == [c.name]]
    program = build(COMMANDS if completing or not named else named)
    try:
        return program(arguments, prog_name="mobility-check", standalone_mode=False) or EXIT_OK
    except typer.Abort:
        return EXIT_INTERRUPTED
    except wrong_usage() as e:
        if type(e).__name__ == "NoArgsIsHelpError":  # a group of commands alone: its help, as Click shows it
            e.show()
            return UsageError.exit_code
        raise as_error(e.format_message(), " ".join(["mobility-check", *(c.name for c in named)])) from e


class _Interrupt:
    """Every way to end a command is Ctrl-C; more of them do not disturb the tidying up that the first has begun."""

    def __init__(self) -> None:
        self._not_before_s = 0.0
        self._signum = int(signal.SIGINT)

    def listen(self) -> None:
        """Hear every signal that ends a program."""
        for number in _ends():
            if signal.getsignal(number) is not signal.SIG_IGN:  # nohup stays nohup
                signal.signal(number, self)
        sys.unraisablehook = self._ignored

    def _ignored(self, error: sys.UnraisableHookArgs) -> None:
        """Python drops an interrupt that falls into a destructor or a library's call back: it is sent once more."""
        if not issubclass(error.exc_type, KeyboardInterrupt):
            sys.__unraisablehook__(error)
            return
        self._not_before_s = 0.0
        send = functools.partial(os.kill, os.getpid()) if os.name == "posix" else signal.raise_signal
        again = threading.Timer(AGAIN_S, send, [self._signum])
        again.daemon = True
        again.start()

    def __call__(self, signum: int, frame: object) -> None:
        if time.monotonic() >= self._not_before_s:  # later on one is heard again, should the first have been lost
            self._not_before_s = time.monotonic() + PATIENCE_S
            self._signum = signum
            raise KeyboardInterrupt


def _ends() -> list[int]:
    """The signals that end a program; Windows has no SIGHUP."""
    return [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


def _leave(code: int) -> None:
    """Exit with this code, whatever arrives while Python takes itself apart."""
    for number in _ends():
        signal.signal(number, signal.SIG_IGN)
    if code == EXIT_INTERRUPTED:  # else Python may exit as killed: it remembers interrupts that were dealt with
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)
    if code != EXIT_OK:
        sys.exit(code)


def _say(sentence: str) -> None:
    print(f"mobility-check: {printable(without_credentials(sentence))}", file=sys.stderr)
