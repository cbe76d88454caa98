"""A session that lasts: it connects again, says how it stands, and refuses what it cannot send now."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from offset.app import (
    Away,
    CannotConnect,
    Connected,
    Connecting,
    Disconnected,
    LastingSession,
    NoAnswer,
    NodeReport,
    NotConnected,
    NotTrusted,
    UserFault,
    stay_connected,
    stay_connected_files,
)
from offset.app import lasting_session as module
from offset.app.node import Node
from offset.testing import (
    ALL,
    APP,
    FRIEND,
    NODE,
    ROUTE,
    STRANGER,
    FakeNode,
    friend_report,
    hang_up,
    ignore,
    invoice,
    node_report,
    serving,
    story,
)
from offset.wire import app
from offset.wire.extension import Extra, NetworkStatus
from offset.wire.files import Ticket, format_identity, format_ticket
from offset.wire.index import MultiRoute
from offset.wire.report import ChangeFriend, FunderMutation, NodeReportMutation, SetName
from support.signers import CountingSigner

BOB = FRIEND.public_key
WAIT_S = 20.0


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short pauses in tests."""
    monkeypatch.setattr(module, "SDK_BACKOFF_MS_MIN", 10)
    monkeypatch.setattr(module, "SDK_BACKOFF_MS_MAX", 40)


def _named(name: str) -> NodeReportMutation:
    return FunderMutation(ChangeFriend(BOB, SetName(name)))


def _bob(name: str) -> FakeNode:
    """A node whose friend has this name."""
    return FakeNode(node_report({BOB: friend_report(name)}))


def _port(fake: FakeNode) -> int:
    return int(fake.ticket.address.rpartition(":")[2])


async def _until(states: AsyncIterator[Any], kind: type) -> Any:
    """The next state of a kind."""
    async for state in states:
        if isinstance(state, kind):
            return state
    raise AssertionError("the session is over")


async def _no_node() -> Ticket:
    """A ticket of a node that was there and is gone."""
    async with serving() as fake:
        return fake.ticket


# Reconnecting


@story
async def test_restart_of_the_node() -> None:
    """The session outlives a restart of its node: numbers go on, and the whole report comes first."""
    async with serving(_bob("bob")) as fake, stay_connected(fake.ticket, None, APP) as session:
        updates, states = session.updates(), session.states()
        number, whole = await anext(updates)
        assert (number, whole) == (1, fake.view.snapshot())
        report = session.report
        fake.do(lambda: fake.change(_named("robert")))
        assert await anext(updates) == (2, _named("robert"))
        fake.stop()
        away = await _until(states, Away)
        assert isinstance(away.reason, Disconnected)
        assert report.friends[BOB].name == "robert", "the last known values stay"
        async with serving(_bob("rob"), _port(fake)) as again:
            number, whole = await anext(updates)
            assert (number, whole) == (3, again.view.snapshot())
            assert session.report is report
            assert report.friends[BOB].name == "rob"
            again.do(lambda: again.change(_named("r")))
            assert await anext(updates) == (4, _named("r"))
            assert session.number == 4


@story
async def test_node_that_is_not_there_yet() -> None:
    """The session begins without its node, says why it is away, and connects when the node comes."""
    ticket = await _no_node()
    async with stay_connected(ticket, None, APP) as session:
        states = session.states()
        assert isinstance(await anext(states), Connecting)
        with pytest.raises(
            NotConnected, match=r"there is no connection to the node at 127\.0\.0\.1:\d+ now$"
        ):
            _ = session.node
        away = await _until(states, Away)
        assert type(away.reason) is CannotConnect
        assert 0.007 <= away.retry_s <= 0.05
        with pytest.raises(NotConnected, match="now: cannot reach the node at"):
            _ = session.report
        async with serving(None, int(ticket.address.rpartition(":")[2])):
            node = await session.until_connected(WAIT_S)
            assert node.permissions == ALL
            assert node.report is session.report
            await node.friends.enable("bob")


@story
async def test_report_and_node_come_together() -> None:
    """Whoever hears of the report finds the node, so it may ask for something at once, at each new connection too."""
    async with serving() as fake, stay_connected(fake.ticket, None, APP) as session:
        names = []
        async for _, update in session.updates():
            if isinstance(update, NodeReport):
                names.append(session.report.friends[BOB].name)
                if len(names) == 4:
                    break
                await session.node.friends.rename(BOB, f"{len(names)}")
                fake.do(lambda: fake.hangup(next(iter(fake.conns))))
        assert names == ["bob", "1", "2", "3"]


@story
async def test_pauses_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses double up to SDK_BACKOFF_MS_MAX with a jitter of a quarter, while the node does not come."""
    monkeypatch.setattr(module, "SDK_BACKOFF_MS_MAX", 40)
    async with stay_connected(await _no_node(), None, APP) as session:
        states = session.states()
        pauses = [(await _until(states, Away)).retry_s for _ in range(5)]
    for pause, wanted_ms in zip(pauses, [10, 20, 40, 40, 40], strict=True):
        assert int(0.75 * wanted_ms) <= round(pause * 1000) <= 1.25 * wanted_ms


@pytest.mark.parametrize("short_ms, grows", [(0, False), (60_000, True)])
@story
async def test_short_connections(short_ms: int, grows: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that lived for less than SDK_SHORT_SESSION_MS counts as a failed attempt; a longer one does not."""
    monkeypatch.setattr(module, "SDK_SHORT_SESSION_MS", short_ms)
    async with serving() as fake, stay_connected(fake.ticket, None, APP) as session:
        states = session.states()
        pauses = []
        for _ in range(3):
            await _until(states, Connected)
            fake.do(lambda: fake.hangup(next(iter(fake.conns))))
            pauses.append((await _until(states, Away)).retry_s * 1000)
        assert pauses[-1] >= 30 if grows else pauses[-1] <= 12.5


# Nodes that fail


class _Hanging(FakeNode):
    """A node that takes connections and says nothing until it is told to."""

    says_nothing = True

    def opened(self, conn: int, key: bytes) -> None:
        if not self.says_nothing:
            super().opened(conn, key)


@story
async def test_node_that_hangs() -> None:
    """A node that says nothing is given up after the time of an attempt, and tried again."""
    async with (
        serving(_Hanging()) as fake,
        stay_connected(fake.ticket, None, APP, timeout_s=0.1) as session,
    ):
        away = await _until(session.states(), Away)
        assert type(away.reason) is CannotConnect
        assert "did not answer within 0.1 s" in str(away.reason)
        fake.says_nothing = False
        await (await session.until_connected(WAIT_S)).friends.enable("bob")


@story
async def test_node_that_hangs_in_a_request() -> None:
    """A request that is not answered ends in its time; the connection stays, for it may only be slow."""
    async with serving() as fake, stay_connected(fake.ticket, None, APP) as session:
        node = await session.until_connected(WAIT_S)
        fake.script[app.RequestClosePayment] = ignore
        with pytest.raises(NoAnswer):
            await node.buyer.ended(b"x" * 16, 0.05)
        assert session.node is node


@story
async def test_node_that_refuses_us() -> None:
    """A node that does not trust the app is named as that; once it does, the session connects."""
    async with serving(FakeNode(trusted={})) as fake, stay_connected(fake.ticket, None, APP) as session:
        away = await _until(session.states(), Away)
        assert isinstance(away.reason, NotTrusted)
        with pytest.raises(NotConnected, match="does not trust this app"):
            await session.until_connected(0.05)
        fake.trusted[APP.public_key] = ALL
        await session.until_connected(WAIT_S)


@story
async def test_another_node_at_the_address() -> None:
    """A node with another key is not the one we want, however long it answers there."""
    async with serving() as fake:
        ticket = Ticket(STRANGER.public_key, fake.ticket.address)
        async with stay_connected(ticket, None, APP) as session:
            away = await _until(session.states(), Away)
            assert "another key" in str(away.reason)
            assert session.number == 0


class _Contradicting(FakeNode):
    """A node that speaks of a friend nobody has."""

    def contradict(self) -> None:
        for conn in self.conns:
            self.tell(
                conn, app.ReportMutations(None, (FunderMutation(ChangeFriend(bytes(32), SetName("x"))),))
            )


@story
async def test_node_that_contradicts_itself() -> None:
    """When a change does not fit the report the connection is given up, and the next one brings it whole."""
    fake = _Contradicting()
    async with serving(fake), stay_connected(fake.ticket, None, APP) as session:
        updates, states = session.updates(), session.states()
        await anext(updates)
        await _until(states, Connected)
        fake.do(fake.contradict)
        await _until(states, Away)
        number, whole = await anext(updates)
        assert (number, whole) == (2, fake.view.snapshot())


# Requests while away


@story
async def test_nothing_is_sent_later() -> None:
    """What is asked while the node is away is refused at once, and the node never hears of it."""
    first = FakeNode()
    async with serving(first), stay_connected(first.ticket, None, APP) as session:
        former = await session.until_connected(WAIT_S)
        states = session.states()
        first.stop()
        await _until(states, Away)
        with pytest.raises(NotConnected):
            await session.node.buyer.pay(invoice(50))
        with pytest.raises(Disconnected):
            await former.buyer.pay(invoice(50))
        with pytest.raises(Disconnected):
            await former.friends.enable("bob")
        async with serving(FakeNode(), _port(first)) as again:
            node = await session.until_connected(WAIT_S)
            await node.friends.rename("bob", "robert")
            # A node of a former connection stays lost, though there is a new one.
            with pytest.raises(Disconnected):
                await former.friends.enable("robert")
            assert [type(request) for request in again.requests] == [app.SetFriendName]
        assert first.requests == []


@story
async def test_payment_at_a_loss() -> None:
    """A payment that is under way when the link is lost raises; it is not said again, and can be resumed by its id."""
    async with serving() as fake, stay_connected(fake.ticket, None, APP) as session:
        node = await session.until_connected(WAIT_S)
        states = session.states()
        await _until(states, Connected)
        fake.routes = [(MultiRoute((ROUTE,)),)]
        fake.script[app.CreateTransaction] = hang_up
        begun: list[bytes] = []
        with pytest.raises(Disconnected):
            await node.buyer.pay(invoice(50), began=lambda payment_id, fees: begun.append(payment_id))
        del fake.script[app.CreateTransaction]
        fake.requests.clear()
        await _until(states, Connected)
        await session.node.friends.enable("bob")
        assert [type(request) for request in fake.requests] == [app.EnableFriend]
        with pytest.raises(Disconnected):
            await node.buyer.resume(invoice(50), begun[0])


@story
async def test_waits_end_with_the_connection() -> None:
    """Whoever waits for something in the report hears of the loss; the report can be waited for again afterwards."""
    async with serving() as fake, stay_connected(fake.ticket, None, APP) as session:
        await session.until_connected(WAIT_S)
        states = session.states()
        await _until(states, Connected)
        changes = session.report.changes()
        waiting = asyncio.create_task(session.report.wait_until(lambda report: False, WAIT_S))
        await asyncio.sleep(0)
        fake.do(lambda: fake.hangup(next(iter(fake.conns))))
        with pytest.raises(Disconnected):
            await waiting
        with pytest.raises(Disconnected):
            await anext(changes)
        await _until(states, Connected)
        fake.do(lambda: fake.change(_named("robert")))
        await session.report.wait_until(lambda report: report.friends[BOB].name == "robert", WAIT_S)


# What readers get


@story
async def test_what_counts_as_an_update() -> None:
    """Status and credit lines are updates; why a request was refused is none."""
    async with serving() as fake, stay_connected(fake.ticket, None, APP) as session:
        updates = session.updates()
        await anext(updates)
        status = NetworkStatus(5, (), ())
        fake.do(lambda: fake.change(extra=Extra(refusal="no")))
        fake.do(lambda: fake.change(extra=Extra((), status)))
        assert await anext(updates) == (2, Extra((), status))
        assert session.report.status == status


@story
async def test_end_of_the_session() -> None:
    """When the block is left all loops end, and the session says that it is over."""
    async with serving() as fake:
        async with stay_connected(fake.ticket, None, APP) as session:
            await session.until_connected(WAIT_S)
            updates, states = session.updates(), session.states()
            await anext(updates)
            await anext(states)
            waiting = [asyncio.ensure_future(anext(loop, None)) for loop in (updates, states)]
        assert await asyncio.gather(*waiting) == [None, None]
        assert [state async for state in session.states()] == []
        assert isinstance(session.state, Away)
        assert session.state.retry_s is None
        with pytest.raises(NotConnected, match="the session was closed"):
            await session.until_connected(WAIT_S)
        with pytest.raises(NotConnected):
            _ = session.node
        while fake.conns:
            await asyncio.sleep(0.001)


@story
async def test_block_that_is_left_at_once() -> None:
    """Even a session that never ran ends its loops."""
    async with serving() as fake:
        async with stay_connected(fake.ticket, None, APP) as session:
            waiting = asyncio.ensure_future(anext(session.updates(), None))
        assert await waiting is None


@story
async def test_fault_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault in the session itself ends it: its loops end, and the block raises it."""

    def broken(session: Any) -> Node:
        raise ZeroDivisionError("broken")

    monkeypatch.setattr(module, "Node", broken)

    async def follow(session: LastingSession) -> None:
        assert [update async for update in session.updates()] == []
        with pytest.raises(NotConnected, match="the session failed: broken"):
            _ = session.node

    async def work(ticket: Ticket) -> None:
        async with stay_connected(ticket, None, APP) as session:
            await follow(session)
            followed.append(session)

    followed: list[LastingSession] = []
    async with serving() as fake:
        with pytest.raises(ZeroDivisionError):
            await work(fake.ticket)
    assert len(followed) == 1


@story
async def test_canceled_from_outside() -> None:
    """A task with a session can be cancelled like any other."""

    async def work(ticket: Ticket) -> None:
        async with stay_connected(ticket, None, APP) as session:
            async for _ in session.updates():
                pass

    async with serving() as fake:
        working = asyncio.create_task(work(fake.ticket))
        while not fake.conns:
            await asyncio.sleep(0.001)
        working.cancel()
        with pytest.raises(asyncio.CancelledError):
            await working


# Ways to name the node


@story
async def test_ways_to_name_the_node(tmp_path: Path) -> None:
    """A node is named as for `connect`: by ticket, by address and key, or by files; any signer will do."""
    signer = CountingSigner(APP)
    async with serving() as fake:
        async with stay_connected(fake.ticket.address, NODE.public_key, signer) as session:
            assert (await session.until_connected(WAIT_S)).public_key == NODE.public_key
        assert len(signer.signed) == 1, "the handshake"
        with pytest.raises(UserFault, match="public key"):
            async with stay_connected(fake.ticket.address, None, APP):
                pass
        (tmp_path / "app.ident").write_text(format_identity(APP))
        with pytest.raises(UserFault, match=r"no such file: .*node\.ticket"):
            async with stay_connected_files(tmp_path / "app.ident", tmp_path / "node.ticket"):
                pass
        (tmp_path / "node.ticket").write_text(format_ticket(fake.ticket))
        async with stay_connected_files(tmp_path / "app.ident", tmp_path / "node.ticket") as session:
            await session.until_connected(WAIT_S)
