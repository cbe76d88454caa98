"""What is said when a seller cannot be reached though our own lines are fine; and paying a friend directly."""

from typing import Any

import pytest

from app.payment.paying import BOB, CAROL, INVOICE, kinds_of, parts_of
from offset.app import NoIndexServer, NoRoute, NotEnoughCredit, PaymentRefused
from offset.app.payment import far_lines
from offset.base.ids import PublicKey
from offset.testing import (
    FRIEND,
    INDEX_SERVER,
    NODE,
    RELAY,
    SELLER,
    FakeNode,
    connected,
    consistent,
    friend_report,
    invoice,
    node_report,
    route,
    story,
)
from offset.wire import app
from offset.wire.app import ClientResponseRoutes
from offset.wire.extension import (
    CreditLine,
    Extra,
    FriendCreditLines,
    IndexServerConnected,
    IndexServerStatus,
    LinkStatus,
    LinkUp,
    NetworkStatus,
)
from offset.wire.index import MultiRoute, RequestRoutes
from offset.wire.report import ChangeFriend, FunderMutation, SetLiveness
from support.ours import OPEN

US, THEM = NODE.public_key, SELLER.public_key
ALONE: dict[str, Any] = {"index_servers": (), "connected": None}
OWN = invoice(50, FRIEND)
"""An invoice of a friend."""


def node_with(limit: int = 100, balance: int = 0, *, is_open: bool = True, **more: Any) -> FakeNode:
    """A node of ours whose only friend grants so much."""
    friend = friend_report(
        status=consistent(FST=(balance, 0, 0)), configs=(OPEN,), online=more.pop("online", True)
    )
    lines = FriendCreditLines(BOB, (CreditLine("FST", limit, is_open),))  # type: ignore[arg-type]
    return FakeNode(node_report({BOB: friend}, extra=Extra((lines,), NetworkStatus(0, (), ())), **more))


def knows(fake: FakeNode, *ways: tuple[PublicKey, PublicKey, int]) -> None:
    """Let the index server know ways with these ends, over which at most so much passes."""

    def answer(fake: FakeNode, conn: int, message: Any) -> None:
        asked = message.app_request
        found = [
            MultiRoute((route(to=asked.destination, capacity=most),))
            for source, to, most in ways
            if (source, to) == (asked.source, asked.destination) and most >= asked.capacity
        ]
        if asked.source != US:
            found = [MultiRoute((route_from(asked.source, asked.destination),)) for _ in found]
        fake.ack(message)
        fake.tell(conn, ClientResponseRoutes(asked.request_id, tuple(found)))

    fake.script[RequestRoutes] = answer


def route_from(source: PublicKey, to: PublicKey) -> Any:
    """A route that begins elsewhere."""
    found = route(to=to)
    keys = type(found.route)((source, BOB, to))
    return type(found)(keys, 10, found.rate)


@pytest.mark.parametrize(
    "ways, error, reason",
    [
        (
            [(US, BOB, 9), (US, THEM, 30)],
            NotEnoughCredit,
            "do not carry 50 FST now, but 30 FST at most: try again later",
        ),
        (
            [(US, BOB, 9), (THEM, US, 9)],
            NoRoute,
            "nobody between has enough credit in FST in this direction; try",
        ),
        ([(US, BOB, 9)], NoRoute, "knows no way between the seller and this node in either direction"),
        ([], NoRoute, "does not know yet that bob is a friend of this node, as if it had just come back"),
    ],
)
@story
async def test_why_an_index_server_names_no_way(ways: Any, error: type[Exception], reason: str) -> None:
    """Further questions tell causes apart that all look like an empty answer."""
    async with connected(node_with()) as (fake, node):
        knows(fake, *ways)
        with pytest.raises(error, match=reason):
            await node.buyer.pay(INVOICE)
        assert set(kinds_of(fake)) == {"RequestRoutes"}


@story
async def test_an_index_server_that_has_just_come_back_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """What passes by itself is waited for, and the owner is told what for."""
    monkeypatch.setattr(far_lines, "KNOWN_S", 20.0)
    async with connected(node_with()) as (fake, node):
        knows(fake)
        waited: list[str] = []

        def waits(text: str) -> None:
            waited.append(text)
            if len(waited) == 3:
                knows(fake, (US, BOB, 9), (US, THEM, 50))

        await node.buyer.pay(INVOICE, waits=waits)
        assert waited[3:] == [waited[-1]]
        assert "does not know yet that bob is a friend" in waited[0]


NOW = 1_000_000
OLD, YOUNG = NOW - 20_000, NOW


def node_since(server: int, link: int | None) -> FakeNode:
    """The same, which says since when it has its index server, and the link to its friend."""
    fake = node_with()
    used = IndexServerStatus(INDEX_SERVER.public_key, IndexServerConnected(), "", server)
    links = () if link is None else (LinkStatus(BOB, LinkUp(RELAY.unnamed(), is_ours=True), link),)
    fake.view.take_extra(Extra(opt_status=NetworkStatus(NOW, (), links, (used,))))
    return fake


@story
async def test_where_all_has_been_known_for_long_no_way_is_final_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An index server in use for KNOWN_S that knows our lines, none of them younger, has heard of the seller too."""
    monkeypatch.setattr(far_lines, "KNOWN_S", 20.0)
    async with connected(node_since(OLD, OLD)) as (fake, node):
        knows(fake, (US, BOB, 9))
        waited: list[str] = []
        with pytest.raises(NoRoute, match="knows no way between the seller and this node"):
            await node.buyer.pay(INVOICE, waits=waited.append)
        assert waited == []


@pytest.mark.parametrize("server, link", [(YOUNG, OLD), (OLD, YOUNG), (0, OLD), (OLD, None)])
@story
async def test_what_is_young_is_waited_for(
    server: int, link: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An index server or a line of ours may be about to become known; so too where the node does not say its age."""
    monkeypatch.setattr(far_lines, "KNOWN_S", 20.0)
    async with connected(node_since(server, link)) as (fake, node):
        knows(fake, (US, BOB, 9))
        waited: list[str] = []

        def waits(text: str) -> None:
            waited.append(text)
            if len(waited) == 2:
                knows(fake, (US, BOB, 9), (US, THEM, 50))

        await node.buyer.pay(INVOICE, waits=waits)
        assert "knows no way between the seller and this node" in waited[0]


@story
async def test_a_line_that_is_not_known_yet_is_waited_for_however_old(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The owner may have opened it a moment ago, which the age of its link does not show."""
    monkeypatch.setattr(far_lines, "KNOWN_S", 20.0)
    async with connected(node_since(OLD, OLD)) as (fake, node):
        knows(fake)
        waited: list[str] = []

        def waits(text: str) -> None:
            waited.append(text)
            knows(fake, (US, BOB, 9), (US, THEM, 50))

        await node.buyer.pay(INVOICE, waits=waits)
        assert "does not know yet that bob is a friend" in waited[0]


@pytest.mark.parametrize("asked, friend", [(8, "carol"), (1, None)])
@story
async def test_so_many_lines_are_asked_for(
    asked: int, friend: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that the index server does not know is named, if it is among the first."""
    monkeypatch.setattr(far_lines, "LINES_ASKED", asked)
    fake = node_with()
    carol = friend_report("carol", consistent(FST=(0, 0, 0)), configs=(OPEN,), online=True)
    friends = {**fake.view.friends, CAROL: carol}
    lines = tuple(FriendCreditLines(key, (CreditLine("FST", 100, True),)) for key in friends)  # type: ignore[arg-type]
    two = FakeNode(node_report(friends, extra=Extra(lines, NetworkStatus(0, (), ()))))
    async with connected(two) as (fake, node):
        knows(fake, (US, BOB, 9))
        words = f"that {friend} is a friend" if friend else "no way between the seller and this node"
        with pytest.raises(NoRoute, match=words):
            await node.buyer.pay(INVOICE)


# A friend


@pytest.mark.parametrize("more", [{}, ALONE, {"is_open": False}, {"is_open": False, **ALONE}])
@story
async def test_a_friend_is_paid_directly(more: Any) -> None:
    """Without an index server, and over a line that is closed for others, a friend is paid, and nobody is asked."""
    async with connected(node_with(**more)) as (fake, node):
        fake.seller = FRIEND
        assert (await node.buyer.pay(OWN)).fees == 0
        assert kinds_of(fake) == ["CreatePayment", "CreateTransaction"]
        assert parts_of(fake) == [((US, BOB), 50, 0)]


@story
async def test_a_friend_who_refuses_may_be_paid_another_way() -> None:
    """When the direct way fails an index server is asked."""
    async with connected(node_with()) as (fake, node):
        fake.seller = FRIEND
        around = MultiRoute((route(THEM, to=BOB),))
        fake.routes, fake.results = [(around,)], [app.FAILURE]
        await node.buyer.pay(OWN)
        assert parts_of(fake) == [((US, BOB), 50, 0), ((US, THEM, BOB), 50, 0)]
    async with connected(node_with(**ALONE)) as (fake, node):
        fake.results = [app.FAILURE] * 9
        with pytest.raises(PaymentRefused):
            await node.buyer.pay(OWN)


@story
async def test_why_a_friend_cannot_be_paid() -> None:
    """What is missing is said, and not that there is no index server, which is not needed."""
    async with connected(node_with(limit=100, balance=-70, **ALONE)) as (_, node):
        with pytest.raises(
            NotEnoughCredit, match="30 FST at most, and 50 are asked for: you owe bob 70 of 100"
        ):
            await node.buyer.pay(OWN)
    async with connected(node_with(online=False, **ALONE)) as (_, node):
        with pytest.raises(NoRoute, match="the seller is the friend bob, who is offline"):
            await node.buyer.pay(OWN)
        with pytest.raises(NoIndexServer):
            await node.buyer.pay(INVOICE)


@story
async def test_a_friend_who_is_connecting_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A friend that comes online while it is waited for is paid."""
    from offset.app.payment import own_lines

    monkeypatch.setattr(own_lines, "_passes", lambda *_: 20.0)
    async with connected(node_with(online=False)) as (fake, node):
        fake.seller = FRIEND

        def come(text: str) -> None:
            if node.report.friends[BOB].liveness:
                assert "the nodes on the way" in text
                return
            assert "bob, who is offline" in text
            fake.do(lambda: fake.change(FunderMutation(ChangeFriend(BOB, SetLiveness(True)))))

        await node.buyer.pay(OWN, waits=come)
