"""Numbered updates: the whole report first, then each change, and the whole once more for whoever fell behind."""

import asyncio

import pytest

from offset.app import updates as updates_module
from offset.app.updates import Updates
from offset.testing import FRIEND, friend_report, node_report, story
from offset.wire.extension import Extra
from offset.wire.report import ChangeFriend, FunderMutation, NodeReport, NodeReportMutation, SetName


def _named(name: str) -> NodeReportMutation:
    return FunderMutation(ChangeFriend(FRIEND.public_key, SetName(name)))


class _Source:
    """Updates of a report whose only friend changes its name."""

    def __init__(self) -> None:
        self.name = "bob"
        self.updates = Updates(self.whole)

    def whole(self) -> NodeReport:
        return node_report({FRIEND.public_key: friend_report(self.name)})

    def begin(self) -> NodeReport:
        self.updates.put(self.whole())
        return self.whole()

    def rename(self, name: str) -> None:
        self.name = name
        self.updates.put(_named(name))


@story
async def test_whole_then_changes() -> None:
    """A reader that was there before the first report gets it whole, then each change, one number apart."""
    source = _Source()
    reader = source.updates.read()
    first = asyncio.ensure_future(anext(reader))
    await asyncio.sleep(0)
    assert not first.done()
    whole = source.begin()
    assert await first == (1, whole)
    source.rename("a")
    source.rename("b")
    source.updates.put(Extra())
    assert [await anext(reader) for _ in range(3)] == [(2, _named("a")), (3, _named("b")), (4, Extra())]
    assert source.updates.number == 4


@story
async def test_late_reader() -> None:
    """A reader that comes later begins with the whole report of then, under the number of then."""
    source = _Source()
    source.begin()
    source.rename("a")
    reader = source.updates.read()
    source.rename("b")
    assert await anext(reader) == (3, source.whole())
    source.rename("c")
    assert await anext(reader) == (4, _named("c"))


@story
async def test_new_connection() -> None:
    """A new connection begins with the whole report; changes of the old one that were not read yet come before it."""
    source = _Source()
    source.begin()
    reader = source.updates.read()
    await anext(reader)
    source.rename("a")
    source.name = "while away"
    whole = source.begin()
    assert [await anext(reader), await anext(reader)] == [(2, _named("a")), (3, whole)]


@pytest.mark.parametrize("count, is_whole", [(2, False), (3, True)])
@story
async def test_slow_reader(count: int, is_whole: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that falls more than SDK_CHANGES_MAX behind gets the whole report in place of all it has missed."""
    monkeypatch.setattr(updates_module, "SDK_CHANGES_MAX", 2)
    source = _Source()
    source.begin()
    reader = source.updates.read()
    await anext(reader)
    for number in range(count):
        source.rename(f"name {number}")
    got = await anext(reader)
    assert got == ((1 + count, source.whole()) if is_whole else (2, _named("name 0")))
    source.rename("last")
    if not is_whole:
        await anext(reader)
    assert await anext(reader) == (2 + count, _named("last"))


@story
async def test_end() -> None:
    """At the end a reader takes what waits for it, then its loop ends, and stays ended."""
    source = _Source()
    source.begin()
    reader, idle = source.updates.read(), source.updates.read()
    await anext(reader)
    await anext(idle)
    waiting = asyncio.ensure_future(anext(idle, None))
    source.rename("a")
    assert await waiting == (2, _named("a"))
    waiting = asyncio.ensure_future(anext(idle, None))
    await asyncio.sleep(0)
    source.updates.end()
    assert await waiting is None
    assert [number async for number, _ in reader] == [2]
    assert [number async for number, _ in reader] == []


@story
async def test_reader_that_was_left() -> None:
    """Whoever leaves its loop costs nothing any more."""
    source = _Source()
    source.begin()
    async for _ in source.updates.read():
        break
    await asyncio.sleep(0)
    assert len(source.updates._readers) == 0
