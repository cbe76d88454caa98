"""A program from its first line to its exit status: log, loop, signals, driver, and one sentence if it failed."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from offset.base.faults import OffsetError, Undecodable
from offset.shell.log import set_up_log
from offset.shell.secrecy import forbid_core_dumps
from offset.shell.system import new_loop, raise_descriptor_limit
from offset.wire.codec import Codec

SWITCH_SECONDS = 0.0005
"""How long the thread that ended a commit waits for a busy loop; Python's own 5 ms would be felt by each payment."""
REPEAT_SECONDS = 60.0
"""A fault of the loop is logged once in this time: out of descriptors, asyncio tells it thousands of times."""

STATUS_GOOD, STATUS_FAILED = 0, 1

_log = logging.getLogger("offset")


class Runnable(Protocol):
    """What serves, such as a driver."""

    async def run(self) -> None:
        """Serve until `stop`."""
        ...

    def stop(self) -> None:
        """End `run` in order; a second call hurries."""
        ...


def run_program(program: str, start: Callable[[], Awaitable[Runnable]]) -> int:
    """Run a server until SIGTERM or SIGINT; returns its exit status.

    `start` is called before there is a loop, so it may ask a person, who can break it off. What it returns is awaited
    in the loop: it makes what serves, opens its listeners and says so with `announce`. Both and the engine may raise
    any OffsetError or OSError: its text becomes the one sentence on standard error, and the status is 1.
    """
    set_up_log(program)
    forbid_core_dumps()
    raise_descriptor_limit()
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        starting = start()
        with asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(_serve(starting))
    except OffsetError as error:
        return _failed(program, str(error))
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _failed(program, f"{where}{error.strerror or error}")
    except Exception as error:
        _log.error("the fault that stopped the program", exc_info=error)
        return _failed(program, f"stopped by a fault of its own ({type(error).__name__}: {error})")
    return STATUS_GOOD


def announce(line: str) -> None:
    """Say on standard output that something is ready, at once, for scripts that wait for it."""
    # If nobody reads, that is no reason not to serve.
    with contextlib.suppress(OSError):
        print(line, flush=True)


async def _serve(starting: Awaitable[Runnable]) -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_LoopFaults())
    stops = _Stops()
    # Before the ports are open: who sees them may say at once that we are to end.
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stops)
    served = await starting
    stops.hand_to(served)
    _load_schemas()
    gc.collect()
    # What is loaded by now stays: collections need not look at it.
    gc.freeze()
    await served.run()


def _load_schemas() -> None:
    """Read the schemas of all messages that the program knows.

    A codec reads its schema when it is used first. In a flood there may be no descriptor left to open the file,
    and the engine, which does not expect that, would stop the program.
    """
    for name, module in sorted(sys.modules.items()):
        if name.startswith("offset.wire."):
            for codec in [value for value in vars(module).values() if isinstance(value, Codec)]:
                with contextlib.suppress(Undecodable):
                    codec.decode(b"")


def _failed(program: str, sentence: str) -> int:
    with contextlib.suppress(OSError):
        print(f"{program}: {sentence}", file=sys.stderr, flush=True)
    return STATUS_FAILED


class _Stops:
    """Signals to end, for what serves and may not be there yet."""

    def __init__(self) -> None:
        self._early = 0
        self._served: Runnable | None = None

    def __call__(self) -> None:
        if self._served is None:
            self._early += 1
        else:
            self._served.stop()

    def hand_to(self, served: Runnable) -> None:
        """It is there: it is told of all signals, also of those that came before."""
        self._served = served
        for _ in range(self._early):
            served.stop()


class _LoopFaults:
    """Logs what goes wrong in the event loop itself; none of it stops the program."""

    def __init__(self) -> None:
        self._told: dict[str, float] = {}

    def __call__(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        message = str(context.get("message"))
        now = time.monotonic()
        if now - self._told.get(message, -REPEAT_SECONDS) >= REPEAT_SECONDS:
            self._told[message] = now
            error = context.get("exception")
            if isinstance(error, OSError):
                # It is the system's error, not ours: a traceback tells nothing.
                _log.error("%s: %s", message, error.strerror or error)
            else:
                _log.error("%s", message, exc_info=error)
