"""Whether a browser can be opened here, and what to do where it cannot."""

from __future__ import annotations

import os
import sys
import threading

from mobility_check.language import gettext as _

DEFAULT_PORT = 8765


def has_screen() -> bool:
    """Whether a browser can be opened here: not over ssh, and not without a display."""
    if os.environ.get("SSH_CONNECTION"):
        return False
    return not sys.platform.startswith("linux") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def open_browser(address: str) -> None:
    """Open the address in the user's browser, without waiting for it."""
    import webbrowser

    threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()


def forwarding(port: int = DEFAULT_PORT) -> str:
    """How to reach the app of a computer without a screen."""
    return _(
        "No browser can be opened here. On your own computer run: ssh -L {port}:127.0.0.1:{port} HOST\n"
        "then here: mobility-check app --port {port}, and open the address that it prints in your browser.",
        port=port,
    )
