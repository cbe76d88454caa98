"""Telling a person what happens, line by line, with a sign of life while something is waited for."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_FRAME_SECONDS = 0.1
_FRAMES = "|/-\\"


class Progress:
    """Lines on standard output; on a terminal a wheel turns behind the step under way."""

    def __init__(self) -> None:
        self._is_terminal = sys.stdout.isatty()
        self._started = time.monotonic()

    def say(self, text: str = "") -> None:
        """One line."""
        print(text, flush=True)

    @asynccontextmanager
    async def step(self, text: str) -> AsyncIterator[None]:
        """Something that takes a while: names it, shows life, and says how long it took."""
        began = time.monotonic()
        wheel = asyncio.create_task(self._turn(text)) if self._is_terminal else None
        try:
            yield
        finally:
            if wheel is not None:
                wheel.cancel()
                print("\r\x1b[K", end="")
        self.say(f"  {text} ({time.monotonic() - began:.2f} s)")

    async def _turn(self, text: str) -> None:
        turn = 0
        while True:
            print(f"\r  {text} {_FRAMES[turn % len(_FRAMES)]}", end="", flush=True)
            turn += 1
            await asyncio.sleep(_FRAME_SECONDS)
