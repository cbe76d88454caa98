"""What a command waits for, shown to a person who sits in front of it."""

from __future__ import annotations

import asyncio
import sys

from offset.programs.errors import say
from offset.programs.stctrl.target import PROGRAM

SHOW_S = 1.0
"""What takes less is not worth a line."""


class Waiting:
    """Lines on standard error, if that is a terminal: for scripts there is only what came of it."""

    def __init__(self) -> None:
        self._told = ""
        self._due: asyncio.TimerHandle | None = None

    def tell(self, text: str) -> None:
        """Show what is waited for, the end of a sentence, if it lasts; call it in the event loop."""
        if text == self._told or not sys.stderr.isatty():
            return
        self.stop()
        self._told = text
        self._due = asyncio.get_running_loop().call_later(SHOW_S, self._show, text)

    def stop(self) -> None:
        """What was waited for last is here."""
        if self._due is not None:
            self._due.cancel()
            self._due = None

    def _show(self, text: str) -> None:
        self._due = None
        say(PROGRAM, f"waiting: {text}")
