"""``mobility-check app``, which is also what the bare command starts."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Annotated

import typer

from mobility_check.cli import options
from mobility_check.cli.common import say
from mobility_check.errors import UsageError
from mobility_check.language import gettext as _


def app(
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, metavar="N", help="Port to listen at; default: 8765 or a free one.")
    ] = None,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Only this computer: 127.0.0.1 or localhost.")] = (
        "127.0.0.1"
    ),
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Print the address, open no browser.")] = False,
    make_launcher: Annotated[
        bool, typer.Option("--make-launcher", help="Put a file on the desktop that starts the app by double click.")
    ] = False,
    database: options.Database = None,
) -> None:
    """Open the app in the browser: measure clips, check at the camera, follow people; nothing leaves this computer.

    The app stops with its Quit button, Ctrl-C, or a minute after its last page was closed. A second start opens the one
    that runs.
    """
    import platformdirs

    from mobility_check.app import gate, launcher, running, screen, server

    if make_launcher:
        desktop = Path(platformdirs.user_desktop_path())
        made = launcher.write_launcher(desktop if desktop.is_dir() else Path.home())
        say(_("Start the app with a double click on {path}", path=made))
        return
    if host not in gate.LOOPBACK:
        raise UsageError("--host {host} is refused: the app serves this computer only; leave --host out.", host=host)
    root = server.app_folder()
    visible = screen.has_screen() and not no_browser

    def started(address: str, at: int) -> None:
        say(_("The app is at {address}", address=address), _("Stop it with Quit in the page, or with Ctrl-C here."))
        if visible:
            screen.open_browser(address)
        elif not no_browser:
            say(*screen.forwarding(at).splitlines())

    with contextlib.suppress(KeyboardInterrupt), running.only_server(root, database=database) as other:
        if other is not None:
            say(_("The app is running already: {address}", address=other))
            if visible:
                screen.open_browser(other)
            return
        server.serve(root, port=port, database=database, stays=not visible, on_address=started)
    say(_("The app has stopped."))
