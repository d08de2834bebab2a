"""Whether somebody sits in front of this machine, and shows them a page."""

from __future__ import annotations

import os
import sys
import webbrowser
from collections.abc import Mapping
from typing import TextIO

#: X11 and Wayland say by these that there is a screen; without one, Linux would start a browser for terminals.
SCREENS = ("DISPLAY", "WAYLAND_DISPLAY")
ELSEWHERE = ("SSH_CONNECTION", "CI")


def has_a_screen(stream: TextIO, environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> bool:
    """True for a person at a terminal of a machine with a screen of its own."""
    if not stream.isatty() or any(environment.get(name) for name in ELSEWHERE):
        return False
    return platform in {"darwin", "win32"} or any(environment.get(name) for name in SCREENS)


def show(url: str) -> bool:
    """Opens the page in the person's browser; False where that did not work."""
    try:
        return webbrowser.open(url)
    except webbrowser.Error:
        return False
