"""First remember, then speak: commits in groups, with a disk that the test holds."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from offset.base.faults import NodeStopped
from offset.engine.surface import Closed, Effect, Event, Opened, Persist, Persisted, Received
from offset.shell.driver import Bounds, Driver
from shell.toys import HOST, Careful, Disk, Toy, client, eof, running

Run = Callable[[Coroutine[Any, Any, None]], None]


def test_lone_commit(run: Run) -> None:
    """A lone step is written in the loop's thread, flushed in another one, and then it speaks."""

    async def story() -> None:
        toy, disk = Careful(), Disk()
        driver = Driver(toy, committer=disk)
        where = await driver.listen("door", HOST, 0)
        async with running(driver), client(where.port) as (reader, writer):
            writer.write(b"pay")
            assert await reader.readexactly(3) == b"pay"
            assert toy.of(Persisted) == [Persisted(1)]
            assert disk.rows == {("row", 1): b"pay", ("last",): 1}
            assert disk.flushes == 1
            assert disk.threads["write"] == threading.get_ident()
            assert disk.threads["flush"] != threading.get_ident()
            writer.close()
            await toy.heard(Closed)
        assert disk.closes == 1

    run(story())


def test_nothing_is_said_before_it_is_durable(run: Run) -> None:
    """While the flush is under way the engine goes on, but what waits for the commit does not leave."""

    async def story() -> None:
        toy, disk = Careful(), Disk()
        disk.gate.clear()
        driver = Driver(toy, committer=disk)
        where = await driver.listen("door", HOST, 0)
        async with running(driver), client(where.port) as (reader, writer), client(where.port) as (_, other):
            writer.write(b"pay")
            await disk.reached()
            other.write(b"second")
            await toy.heard(Received, 2)
            assert toy.of(Persisted) == []
            assert disk.rows == {}
            assert len(disk.groups) == 1
            disk.gate.set()
            assert await reader.readexactly(3) == b"pay"

    run(story())


def test_groups(run: Run) -> None:
    """Steps taken during a flush are one group, of which the last row of a key counts: two flushes in all."""
    count = 200

    async def story() -> None:
        toy, disk = Careful(), Disk()
        disk.gate.clear()
        driver = Driver(toy, committer=disk)
        where = await driver.listen("door", HOST, 0)
        async with running(driver), client(where.port) as (reader, writer):
            writer.write(b"x")
            await disk.reached()
            for number in range(1, count):
                writer.write(b"x")
                await toy.heard(Received, number + 1)
            disk.gate.set()
            assert await reader.readexactly(count) == b"x" * count
            assert toy.of(Persisted) == [Persisted(1), Persisted(count)]
            assert disk.flushes == 2
            assert disk.groups[1][("last",)] == count
            assert len(disk.groups[1]) == count  # each row of its own, and the one of all
            writer.close()
            await toy.heard(Closed)

    run(story())


def test_many_small_events_give_few_commits(run: Run) -> None:
    """Events that come together are committed together, without any waiting for a group to form."""
    count = 100

    async def story() -> None:
        toy, disk = Careful(), Disk()
        driver = Driver(toy, committer=disk)
        await driver.listen("door", HOST, 0)
        async with running(driver):
            for _ in range(count):
                driver.feed(Received(2, b"x"))
            assert disk.groups == []  # at the end of the turn, not in each event
            await toy.heard(Persisted)
        assert toy.of(Persisted) == [Persisted(count)]
        assert disk.flushes == 1

    run(story())


def test_the_engine_keeps_its_own_changes(run: Run) -> None:
    """A dict of changes may be used again by the engine: the group has its own."""

    async def story() -> None:
        shared: dict[tuple[Any, ...], Any] = {}

        def react(event: Event) -> list[Effect]:
            if isinstance(event, Received):
                shared[("row",)] = event.data
                return [Persist(len(toy.of(Received)), shared)]
            return []

        toy, disk = Toy(react), Disk()
        driver = Driver(toy, committer=disk)
        async with running(driver):
            driver.feed(Received(2, b"one"))
            shared.clear()
            shared[("other",)] = b"not committed"
            await toy.heard(Persisted)
        assert disk.rows == {("row",): b"one"}

    run(story())


@pytest.mark.parametrize("stage", ["write_error", "flush_error"])
def test_commit_fails(run: Run, stage: str) -> None:
    """A disk that fails stops the driver with one sentence; what waited for the commit is never sent."""

    async def story() -> None:
        toy, disk = Careful(), Disk()
        setattr(disk, stage, OSError(28, "No space left on device"))
        driver = Driver(toy, committer=disk)
        where = await driver.listen("door", HOST, 0)
        task = asyncio.create_task(driver.run())
        async with client(where.port) as (reader, writer):
            writer.write(b"pay")
            assert await eof(reader) == b""
            with pytest.raises(NodeStopped, match="No space left on device"):
                await task
        assert toy.of(Persisted) == []
        assert disk.rows == {}
        assert disk.closes == 1

    run(story())


def test_committer_has_its_own_sentence(run: Run) -> None:
    """A committer that says what is wrong is not talked over."""

    async def story() -> None:
        toy, disk = Careful(), Disk()
        disk.flush_error = NodeStopped("the disk is full; make room and start again")
        driver = Driver(toy, committer=disk)
        task = asyncio.create_task(driver.run())
        await asyncio.sleep(0)
        driver.feed(Received(2, b"pay"))
        with pytest.raises(NodeStopped, match=r"^the disk is full; make room and start again$"):
            await task

    run(story())


def test_steps_after_a_failed_commit_do_nothing(run: Run) -> None:
    """Steps that were taken during a flush that then fails are not committed, and nothing more is taken."""

    async def story() -> None:
        toy, disk = Careful(), Disk()
        disk.gate.clear()
        disk.flush_error = OSError(5, "Input/output error")
        driver = Driver(toy, committer=disk)
        task = asyncio.create_task(driver.run())
        await asyncio.sleep(0)
        driver.feed(Received(2, b"one"))
        await disk.reached()
        driver.feed(Received(2, b"two"))
        disk.gate.set()
        with pytest.raises(NodeStopped):
            await task
        driver.feed(Received(2, b"three"))
        assert len(disk.groups) == 1
        assert len(toy.of(Received)) == 2

    run(story())


def test_commit_without_committer(run: Run) -> None:
    """An engine that commits under a driver that cannot is our fault, and stops at once."""

    async def story() -> None:
        driver = Driver(Careful())
        task = asyncio.create_task(driver.run())
        await asyncio.sleep(0)
        driver.feed(Received(2, b"x"))
        with pytest.raises(AssertionError, match="committer"):
            await task

    run(story())


def test_stop_finishes_commits(run: Run) -> None:
    """On stop the commits under way and waiting are finished, and what they release is sent."""

    async def story() -> None:
        toy, disk = Careful(), Disk()
        disk.gate.clear()
        driver = Driver(toy, committer=disk, bounds=Bounds(linger_ms=20))
        where = await driver.listen("door", HOST, 0)
        task = asyncio.create_task(driver.run())
        async with client(where.port) as (reader, writer):
            writer.write(b"one")
            await disk.reached()
            writer.write(b"two")
            await toy.heard(Received, 2)
            driver.stop()
            disk.gate.set()
            assert await eof(reader) == b"onetwo"
            await task
        assert disk.flushes == 2
        assert disk.closes == 1
        assert not disk.is_flushing

    run(story())


def test_commit_fails_while_stopping(run: Run) -> None:
    """A commit that fails during the stop is told all the same."""

    async def story() -> None:
        toy, disk = Careful(), Disk()
        disk.gate.clear()
        disk.flush_error = OSError(28, "No space left on device")
        driver = Driver(toy, committer=disk)
        where = await driver.listen("door", HOST, 0)
        task = asyncio.create_task(driver.run())
        async with client(where.port) as (reader, writer):
            writer.write(b"one")
            await disk.reached()
            driver.stop()
            disk.gate.set()
            assert await eof(reader) == b""
            with pytest.raises(NodeStopped):
                await task

    run(story())


def test_close_fails(run: Run) -> None:
    """A database that cannot be closed is told."""

    class Stuck(Disk):
        def close(self) -> None:
            raise NodeStopped("the database does not close")

    async def story() -> None:
        driver = Driver(Toy(), committer=Stuck())
        driver.stop()
        with pytest.raises(NodeStopped, match="does not close"):
            await driver.run()

    run(story())


def test_cancelled_run_closes_the_database(run: Run) -> None:
    """A driver whose task is cancelled lets the flush under way end before it closes the database."""

    async def story() -> None:
        toy, disk = Careful(), Disk()
        disk.gate.clear()
        driver = Driver(toy, committer=disk)
        where = await driver.listen("door", HOST, 0)
        task = asyncio.create_task(driver.run())
        async with client(where.port) as (_, writer):
            await toy.heard(Opened)
            writer.write(b"one")
            await disk.reached()
            task.cancel()
            disk.gate.set()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert disk.closes == 1
        assert disk.flushes == 1

    run(story())
