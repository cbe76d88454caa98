"""Each test of the shell runs under both event loops."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest
import uvloop

from shell.toys import PATIENCE_SECONDS

LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop.new_event_loop,
}

Run = Callable[[Coroutine[Any, Any, None]], None]


@pytest.fixture(params=sorted(LOOPS))
def run(request: pytest.FixtureRequest) -> Run:
    """Runs a coroutine to its end, which must come; what goes wrong in the loop itself fails the test."""

    def run(story: Coroutine[Any, Any, None]) -> None:
        faults: list[dict[str, Any]] = []

        async def bounded(story: Awaitable[None]) -> None:
            asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context))
            async with asyncio.timeout(PATIENCE_SECONDS):
                await story

        with asyncio.Runner(loop_factory=LOOPS[request.param]) as runner:
            runner.run(bounded(story))
        assert faults == []

    return run
