"""Names that are looked up: the slow ones hold up nobody, neither others nor the end."""

import asyncio
import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from offset.base.limits import NAME_LOOKUPS_MAX
from offset.engine.surface import Dial, Effect, Event, Woken
from offset.shell import dialing
from offset.shell.addresses import Address
from offset.shell.driver import Driver
from offset.shell.resolving import Lookups
from offset.shell.service import STATUS_GOOD, run_program
from shell.conftest import Run
from shell.toys import PATIENCE_SECONDS, Toy

FOUND: list[tuple[Any, ...]] = [("an address",)]


class Names:
    """A name server that says nothing about hosts whose name begins with "dead" until the test is over."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.over = threading.Event()

    def __call__(self, asked: str | bytes, port: int, **_: Any) -> list[tuple[Any, ...]]:
        """In place of `socket.getaddrinfo`, which is given numbers as bytes."""
        host = asked.decode() if isinstance(asked, bytes) else asked
        self.asked.append(host)
        if host.startswith("dead"):
            self.over.wait(PATIENCE_SECONDS)
        if host.startswith("no"):
            raise OSError(-2, "Name or service not known")
        return FOUND


@pytest.fixture
def names() -> Iterator[Names]:
    """Its threads end with the test."""
    found = Names()
    yield found
    found.over.set()


async def give_up(task: asyncio.Task[Any]) -> None:
    """Wait for it no longer."""
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def test_dead_names_hold_up_nobody(run: Run, names: Names) -> None:
    """While many names have no answer, and after those who asked gave up, another name is found at once."""

    async def story() -> None:
        lookups = Lookups(names)
        asking = [asyncio.create_task(lookups.find(Address(f"dead{n}.example", 1))) for n in range(50)]
        await asyncio.sleep(0)
        assert await lookups.find(Address("good.example", 1)) == FOUND
        for task in asking:
            await give_up(task)
        assert await lookups.find(Address("good.example", 1)) == FOUND

    run(story())


def test_one_question_for_all(run: Run, names: Names) -> None:
    """Those who ask for the same share the answer; who gives up takes it from nobody."""

    async def story() -> None:
        lookups = Lookups(names)
        asking = [asyncio.create_task(lookups.find(Address("dead.example", 1))) for _ in range(5)]
        await asyncio.sleep(0)
        await give_up(asking.pop())
        names.over.set()
        assert await asyncio.gather(*asking) == [FOUND] * 4
        assert names.asked == ["dead.example"]

    run(story())


def test_what_the_system_says(run: Run, names: Names) -> None:
    """An error arrives as it is, and is not remembered."""

    async def story() -> None:
        lookups = Lookups(names)
        for _ in range(2):
            with pytest.raises(OSError, match="Name or service not known"):
                await lookups.find(Address("no.example", 1))
        assert names.asked == ["no.example"] * 2

    run(story())


def test_lookups_are_bounded(run: Run, names: Names) -> None:
    """NAME_LOOKUPS_MAX are under way at most; one more is refused, a number is not."""

    async def story() -> None:
        lookups = Lookups(names)
        asking = [
            asyncio.create_task(lookups.find(Address(f"dead{n}.example", 1))) for n in range(NAME_LOOKUPS_MAX)
        ]
        await asyncio.sleep(0)
        with pytest.raises(OSError, match="are being looked up already"):
            await lookups.find(Address("good.example", 1))
        assert await lookups.find(Address("127.0.0.1", 1)) == FOUND
        names.over.set()
        assert await asyncio.gather(*asking) == [FOUND] * NAME_LOOKUPS_MAX
        assert await lookups.find(Address("good.example", 1)) == FOUND

    run(story())


def test_no_thread_is_left(run: Run, names: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the system gives no thread, that is an error like others, and the next question is asked anew."""

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    async def story() -> None:
        lookups = Lookups(names)
        with monkeypatch.context() as patched:
            patched.setattr(threading.Thread, "start", refuse)
            with pytest.raises(OSError, match="can't start new thread"):
                await lookups.find(Address("good.example", 1))
        assert await lookups.find(Address("good.example", 1)) == FOUND

    run(story())


def test_a_program_ends_while_a_name_has_no_answer(names: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGTERM is not held up by a lookup; its answer, which comes when the loop is closed, is nobody's."""
    monkeypatch.setattr(dialing, "Lookups", lambda: Lookups(names))

    def react(event: Event) -> list[Effect]:
        return [Dial(1, "dead.example:1")] if isinstance(event, Woken) else []

    async def start() -> Driver:
        async def stop() -> None:
            while not names.asked:
                await asyncio.sleep(0)
            os.kill(os.getpid(), signal.SIGTERM)

        kept.append(asyncio.create_task(stop()))
        return Driver(Toy(react))

    kept: list[asyncio.Task[None]] = []
    assert run_program("prog", start) == STATUS_GOOD
    assert not names.over.is_set()
