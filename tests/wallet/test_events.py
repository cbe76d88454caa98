"""Events: numbered, told once per moment, and found again by those who come back."""

from __future__ import annotations

import asyncio

from offset.base.limits import WALLET_EVENTS_MAX
from offset.testing import story
from offset.wallet.events import Events

BEAT_S = 30.0


async def _take(events: Events, after: str | None, count: int) -> list[tuple[str, str]]:
    """The ids and kinds of the next events."""
    found = []
    reading = events.read(after, BEAT_S)
    async for id, event in reading:
        assert event is not None
        found.append((id, event.kind))
        if len(found) == count:
            break
    await reading.aclose()
    return found


@story
async def test_who_comes_back_misses_nothing() -> None:
    """After any event that is kept, the next ones come in their order."""
    events = Events("start")
    events.publish("settings")
    after = events.last_id
    events.publish("card", card="a")
    events.publish("sale", card="a")
    assert await _take(events, after, 2) == [("start-2", "card"), ("start-3", "sale")]
    assert await _take(events, "start-0", 1) == [("start-1", "settings")]


@story
async def test_who_comes_too_late_reads_all_anew() -> None:
    """After WALLET_EVENTS_MAX further events, of another start, or with nonsense, a resync comes first."""
    events = Events("start")
    for _ in range(WALLET_EVENTS_MAX + 1):
        events.publish("card")
    assert await _take(events, "start-1", 1) == [("start-2", "card")]
    for after in ("start-0", "other-5", "start-99999", "nonsense", "start-x", f"start-{'9' * 5000}"):
        assert await _take(events, after, 1) == [(f"start-{WALLET_EVENTS_MAX + 1}", "resync")]


@story
async def test_many_changes_of_one_thing_are_told_once() -> None:
    """The value is that of the moment at which it is told."""
    events = Events("start")
    values = [0]
    for number in range(5):
        values[0] = number
        events.changed("card", lambda: values[0], card="a")
    events.changed("card", lambda: "other", card="b")
    events.flush()
    reading = events.read("start-0", BEAT_S)
    told = [await anext(reading), await anext(reading)]
    assert [(event.card, event.value) for _, event in told if event is not None] == [("a", 4), ("b", "other")]
    await reading.aclose()


@story
async def test_what_somebody_waits_for_is_told_at_once() -> None:
    """A payment is told when the turn of the loop is over, as it is then; the rest of the moment waits."""
    events = Events("start")
    stages = ["sending"]
    events.changed("friend", lambda: "Dana", card="a", key="dana")
    events.changed("purchase", lambda: stages[-1], card="a", key="p")
    stages.append("held")
    events.changed("purchase", lambda: stages[-1], card="a", key="p")
    await asyncio.sleep(0)
    assert events.last_id == "start-1"
    reading = events.read("start-0", BEAT_S)
    _, first = await anext(reading)
    assert first is not None
    assert (first.kind, first.value) == ("purchase", "held")
    events.flush()
    _, second = await anext(reading)
    assert second is not None
    assert second.kind == "friend"
    await reading.aclose()


@story
async def test_a_quiet_stream_beats_and_ends() -> None:
    """Without events a None comes now and then; with the wallet the stream ends."""
    events = Events("start")
    reading = events.read(None, 0.01)
    assert await anext(reading) == ("start-0", None)
    ending = asyncio.create_task(anext(reading, "over"))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    events.close()
    while not ending.done():
        await asyncio.sleep(0.001)
    assert ending.result() in ("over", ("start-0", None))
    await reading.aclose()
