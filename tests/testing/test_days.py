"""Bad days of a fake node, as the SDK meets them."""

from __future__ import annotations

import asyncio

import pytest

from offset.app import CannotConnect, Disconnected, NoAnswer, NotTrusted, Refused, connect
from offset.testing import (
    APP,
    FRIEND,
    connected,
    follow,
    follow_and_hang_up,
    hang_up,
    ignore,
    in_turn,
    refuse,
    refuse_because,
    serving,
    slow,
    story,
)
from offset.wire.app import AddInvoice, SetFriendName

KEY = FRIEND.public_key


@story
async def test_it_hangs_up() -> None:
    """In the middle of a request, which is not carried out; a second attempt may succeed."""
    async with serving() as fake:
        fake.script[AddInvoice] = in_turn(hang_up, follow)
        async with connect(fake.ticket, None, APP) as node:
            with pytest.raises(Disconnected):
                await node.seller.create_invoice("FST", 1)
        assert fake.invoices == {}
        async with connect(fake.ticket, None, APP) as node:
            await node.seller.create_invoice("FST", 1)
            await node.seller.create_invoice("FST", 2)
        assert len(fake.invoices) == 2


@story
async def test_it_hangs_up_after_the_deed() -> None:
    """The app does not hear that its request was carried out."""
    async with connected() as (fake, node):
        fake.script[AddInvoice] = follow_and_hang_up
        with pytest.raises(Disconnected):
            await node.seller.create_invoice("FST", 1)
        assert len(fake.invoices) == 1
        assert fake.conns == {}


@story
async def test_it_hangs_up_on_all() -> None:
    """All connections end at once, and apps may come again."""
    async with serving() as fake:
        for _ in range(2):
            async with connect(fake.ticket, None, APP) as one, connect(fake.ticket, None, APP) as other:
                assert len(fake.conns) == 2
                fake.do(fake.hangup_all)
                for node in (one, other):
                    with pytest.raises(Disconnected):
                        await node.seller.create_invoice("FST", 1)


@story
async def test_it_refuses() -> None:
    """As a node of the reference does, and as one of this program does."""
    async with connected() as (fake, node):
        fake.script[SetFriendName] = in_turn(refuse, refuse_because("the name is taken"), follow)
        with pytest.raises(Refused):
            await node.friends.rename(KEY, "robert")
        with pytest.raises(Refused, match="the name is taken"):
            await node.friends.rename(KEY, "robert")
        await node.friends.rename(KEY, "robert")
        assert fake.view.friends[KEY].name == "robert"


@story
async def test_it_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that is ignored times out; the connection stays."""
    async with connected() as (fake, node):
        fake.script[SetFriendName] = in_turn(ignore, follow)
        with pytest.raises((NoAnswer, TimeoutError)):
            async with asyncio.timeout(0.2):
                await node.friends.rename(KEY, "robert")
        await node.friends.rename(KEY, "bert")
        assert fake.view.friends[KEY].name == "bert"


@story
async def test_it_is_slow() -> None:
    """The answer comes after the delay, and requests behind it are not held up."""
    async with connected() as (fake, node):
        fake.script[SetFriendName] = slow(300)
        loop = asyncio.get_running_loop()
        began = loop.time()
        renaming = asyncio.create_task(node.friends.rename(KEY, "robert"))
        await node.seller.create_invoice("FST", 1)
        assert not renaming.done()
        await renaming
        assert loop.time() - began >= 0.25
        assert fake.view.friends[KEY].name == "robert"


@story
async def test_nobody_is_there_or_nobody_is_let_in() -> None:
    """A node that has ended cannot be reached; one that knows no apps turns them away."""
    async with serving() as fake:
        fake.trusted.clear()
        with pytest.raises(NotTrusted):
            async with connect(fake.ticket, None, APP):
                pass
    with pytest.raises(CannotConnect):
        async with connect(fake.ticket, None, APP):
            pass
