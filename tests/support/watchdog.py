"""Notices a callback that holds an event loop for too long, by the processor time of its thread: what other programs of
the machine do meanwhile does not count."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


class Watchdog:
    """What was noticed."""

    def __init__(self) -> None:
        self.longest_ms = 0.0
        """How long the longest callback computed."""


@contextmanager
def watching(thread: threading.Thread, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watchdog]:
    """Watch the callbacks of the plain loop that runs in a thread, until the block ends."""
    dog = Watchdog()
    run = asyncio.Handle._run

    def timed(handle: asyncio.Handle) -> None:
        if threading.current_thread() is not thread:
            run(handle)
            return
        began = time.thread_time()
        run(handle)
        dog.longest_ms = max(dog.longest_ms, (time.thread_time() - began) * 1000)

    # As in a program: what was loaded by now need not be looked at by collections.
    gc.collect()
    gc.freeze()
    try:
        with monkeypatch.context() as patched:
            patched.setattr(asyncio.Handle, "_run", timed)
            yield dog
    finally:
        gc.unfreeze()
