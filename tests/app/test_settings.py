"""Configuring a node: what is sent, and what is made of a refusal that the node does not mention (D-4)."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from offset.app import Node, Rate, Refused, RelayAddress, UserFault
from offset.app import friends as friends_module
from offset.base import base64url
from offset.base.limits import FRIEND_RELAYS_MAX, NAME_BYTES_MAX, NODE_RELAYS_MAX
from offset.testing import (
    CURRENCY,
    FRIEND,
    INDEX_SERVER,
    NODE,
    RELAY,
    FakeNode,
    connected,
    consistent,
    friend_report,
    identity,
    node_report,
    refuse,
    story,
)
from offset.wire import app
from offset.wire.common import NamedIndexServerAddress, NamedRelayAddress
from offset.wire.extension import Extra
from offset.wire.friend import CurrencyBalance
from offset.wire.report import (
    ChannelConsistent,
    ChannelInconsistent,
    CurrencyConfigReport,
    RemoveFriendMutation,
    ResetTermsReport,
    SetChannelStatus,
)

BOB, CAROL = FRIEND.public_key, identity("carol").public_key
RELAYS = (RelayAddress(CAROL, "r:1"),)
CONFIG = CurrencyConfigReport(CURRENCY, Rate(0, 0), 5, True)
WITH_CONFIG = node_report({BOB: friend_report(status=ChannelConsistent(()), configs=(CONFIG,))})

Work = Callable[[Node], Awaitable[Any]]

CHANGES: list[tuple[Work, app.AppRequest, str]] = [
    (
        lambda node: node.relays.add(CAROL, "r:1", "r"),
        app.AddRelay(NamedRelayAddress(CAROL, "r:1", "r")),
        "did not take the relay",
    ),
    (
        lambda node: node.relays.remove(RELAY.public_key),
        app.RemoveRelay(RELAY.public_key),
        "kept the relay",
    ),
    (
        lambda node: node.index_servers.add(CAROL, "i:1", "i"),
        app.AddIndexServer(NamedIndexServerAddress(CAROL, "i:1", "i")),
        "did not take the index server",
    ),
    (
        lambda node: node.index_servers.remove(INDEX_SERVER.public_key),
        app.RemoveIndexServer(INDEX_SERVER.public_key),
        "kept the index server",
    ),
    (
        lambda node: node.friends.add(CAROL, RELAYS, "carol"),
        app.AddFriend(CAROL, RELAYS, "carol"),
        "did not take the friend",
    ),
    (lambda node: node.friends.remove("bob"), app.RemoveFriend(BOB), "kept the friend"),
    (
        lambda node: node.friends.disable("bob"),
        app.DisableFriend(BOB),
        "did not disable the friend",
    ),
    (
        lambda node: node.friends.rename("bob", "robert"),
        app.SetFriendName(BOB, "robert"),
        "did not take the name",
    ),
    (
        lambda node: node.friends.set_relays("bob", RELAYS),
        app.SetFriendRelays(BOB, RELAYS),
        "did not take the relays",
    ),
    (
        lambda node: node.friends.close_currency("bob", CURRENCY),
        app.CloseFriendCurrency(BOB, CURRENCY),
        "did not change the currency 'FST'",
    ),
    (
        lambda node: node.friends.open_currency("bob", "EUR"),
        app.OpenFriendCurrency(BOB, "EUR"),
        "did not change the currency 'EUR'",
    ),
    (
        lambda node: node.friends.set_max_debt(BOB, CURRENCY, 2**128 - 1),
        app.SetFriendCurrencyMaxDebt(BOB, CURRENCY, 2**128 - 1),
        "did not change the currency 'FST'",
    ),
    (
        lambda node: node.friends.set_rate(BOB, CURRENCY, Rate(1, 2)),
        app.SetFriendCurrencyRate(BOB, CURRENCY, Rate(1, 2)),
        "did not change the currency 'FST'",
    ),
    (
        lambda node: node.friends.remove_currency(BOB, CURRENCY),
        app.RemoveFriendCurrency(BOB, CURRENCY),
        "the friend wants to use it too",
    ),
]


@pytest.mark.parametrize("work, request_sent, refusal", CHANGES)
@story
async def test_change(work: Work, request_sent: app.AppRequest, refusal: str) -> None:
    """A change sends one request, and returns when the report shows it."""
    async with connected(FakeNode(WITH_CONFIG)) as (fake, node):
        before = node.report.snapshot()
        await work(node)
        assert fake.requests == [request_sent]
        assert node.report.snapshot() != before
        assert node.report.snapshot() == fake.view.snapshot()


@pytest.mark.parametrize("work, request_sent, refusal", CHANGES)
@story
async def test_05_d4_refusal(work: Work, request_sent: app.AppRequest, refusal: str) -> None:
    """A node that says it has processed a request, and has not done it, is found out by its report."""
    async with connected(FakeNode(WITH_CONFIG)) as (fake, node):
        fake.script[type(request_sent)] = refuse
        with pytest.raises(Refused, match=refusal):
            await work(node)
        assert fake.requests == [request_sent]


@pytest.mark.parametrize("work, request_sent, refusal", CHANGES)
@story
async def test_05_d4_refusal_with_a_reason(work: Work, request_sent: app.AppRequest, refusal: str) -> None:
    """A node of ours says why it refused, and that is what the caller hears."""

    def say_why(fake: FakeNode, conn: int, message: app.AppToAppServer) -> None:
        fake.change(ack=message.app_request_id, extra=Extra(refusal="because of the moon"))

    async with connected(FakeNode(WITH_CONFIG)) as (fake, node):
        fake.script[type(request_sent)] = say_why
        with pytest.raises(Refused, match="because of the moon"):
            await work(node)


@pytest.mark.parametrize(
    "work",
    [
        lambda node: node.friends.enable("bob"),
        lambda node: node.friends.open_currency("bob", CURRENCY),
        lambda node: node.friends.set_max_debt("bob", CURRENCY, 5),
    ],
)
@story
async def test_what_is_so_already(work: Work) -> None:
    """Asking for what is so already succeeds, though the node changes nothing."""
    async with connected(FakeNode(WITH_CONFIG)) as (fake, node):
        for kind in (app.EnableFriend, app.OpenFriendCurrency, app.SetFriendCurrencyMaxDebt):
            fake.script[kind] = refuse
        await work(node)


@pytest.mark.parametrize(
    "work, reason",
    [
        (lambda node: node.relays.add(CAROL, "x" * 257, "r"), "at most 256 bytes"),
        (lambda node: node.relays.add(CAROL, "r:1", "x" * 257), "256 bytes"),
        (lambda node: node.relays.remove(CAROL), "no such relay"),
        (lambda node: node.index_servers.remove(CAROL), "no such index server"),
        (lambda node: node.friends.add(BOB, (), "again"), "a friend already, named 'bob'"),
        (lambda node: node.friends.add(NODE.public_key, (), "me"), "its own friend"),
        (lambda node: node.friends.add(CAROL, (), "x" * (NAME_BYTES_MAX + 1)), "256 bytes"),
        (lambda node: node.friends.add(CAROL, RELAYS * (FRIEND_RELAYS_MAX + 1), "c"), "at most 16 relays"),
        (lambda node: node.friends.enable("joe"), "no friend named 'joe'"),
        (lambda node: node.friends.enable(CAROL), base64url.encode(CAROL)),
        (lambda node: node.friends.open_currency("bob", ""), "needs a name"),
        (lambda node: node.friends.open_currency("bob", "12345678901234567"), "at most 16 bytes"),
        (lambda node: node.friends.set_max_debt("bob", "FST", -1), "at most 128 bits"),
        (lambda node: node.friends.set_rate("bob", "FST", Rate(2**32, 0)), "between 0 and"),
        (lambda node: node.friends.remove_currency("bob", "EUR"), "nothing is set"),
        (lambda node: node.friends.reset("bob"), "nothing to reset"),
    ],
)
@story
async def test_not_even_asked(work: Work, reason: str) -> None:
    """What cannot be right is refused before it is sent, with the reason."""
    async with connected() as (fake, node):
        with pytest.raises(UserFault, match=reason):
            await work(node)
        assert fake.requests == []


@story
async def test_17th_relay() -> None:
    """The refusal of one relay too many says how many there are."""
    relays = tuple(
        NamedRelayAddress(bytes([number]) * 32, "r:1", f"r{number}") for number in range(NODE_RELAYS_MAX)
    )
    async with connected(FakeNode(node_report(relays=relays))) as (fake, node):
        fake.script[app.AddRelay] = refuse
        with pytest.raises(Refused, match="16 relays already: remove one first"):
            await node.relays.add(CAROL, "r:1", "r17")


@story
async def test_active_currency_stays() -> None:
    """The refusal to remove an active currency says that it is active."""
    report = node_report({BOB: friend_report(configs=(CONFIG,))})
    async with connected(FakeNode(report)) as (fake, node):
        fake.script[app.RemoveFriendCurrency] = refuse
        with pytest.raises(Refused, match="'FST' is active"):
            await node.friends.remove_currency("bob", CURRENCY)


@story
async def test_friend_that_vanishes() -> None:
    """A friend that another app removes in between is the reason of the refusal."""
    async with connected() as (fake, node):

        def remove(fake: FakeNode, conn: int, message: app.AppToAppServer) -> None:
            from offset.wire.report import FunderMutation

            fake.change(FunderMutation(RemoveFriendMutation(BOB)))
            fake.ack(message)

        fake.script[app.SetFriendName] = remove
        with pytest.raises(Refused, match="removed meanwhile"):
            await node.friends.rename("bob", "robert")


@story
async def test_names() -> None:
    """Relays, index servers and friends are found by the names that the owner gave them."""
    async with connected() as (_, node):
        assert node.relays.named("relay0") == RELAY
        assert node.index_servers.named("index0") == INDEX_SERVER
        assert node.friends.key_of("bob") == BOB
        assert node.friends.report("bob") == friend_report()
        with pytest.raises(UserFault, match="no relay named 'x'"):
            node.relays.named("x")
        with pytest.raises(UserFault, match="no index server named 'x'"):
            node.index_servers.named("x")


# Reset

TERMS = ResetTermsReport(b"t" * 64, (CurrencyBalance(CURRENCY, 70),))
NEW_TERMS = ResetTermsReport(b"u" * 64, (CurrencyBalance(CURRENCY, 90),))


def _inconsistent(terms: ResetTermsReport | None = TERMS, *, online: bool = True) -> FakeNode:
    status = ChannelInconsistent((CurrencyBalance(CURRENCY, -60),), terms)
    return FakeNode(node_report({BOB: friend_report(status=status, online=online)}))


@story
async def test_reset() -> None:
    """A reset accepts the terms that were shown, by their token, and says that it is done."""
    async with connected(_inconsistent()) as (fake, node):
        assert await node.friends.reset("bob")
        assert fake.requests == [app.ResetFriendChannel(BOB, TERMS.reset_token)]


@story
async def test_reset_before_the_terms() -> None:
    """Terms that are not known yet cannot be accepted."""
    async with connected(_inconsistent(None)) as (fake, node):
        with pytest.raises(UserFault, match="has not told its terms"):
            await node.friends.reset("bob")
        assert fake.requests == []


@story
async def test_reset_later() -> None:
    """While the friend is offline a node may keep the wish; that is no failure, but not done either."""
    async with connected(_inconsistent(online=False)) as (fake, node):
        fake.script[app.ResetFriendChannel] = refuse
        assert not await node.friends.reset("bob")


@story
async def test_reset_that_takes_a_moment() -> None:
    """With an online friend the reset is awaited."""
    async with connected(_inconsistent()) as (fake, node):

        def later(fake: FakeNode, conn: int, message: app.AppToAppServer) -> None:
            fake.ack(message)
            fake.change_friend(BOB, SetChannelStatus(consistent(FST=(-70, 0, 0))))

        fake.script[app.ResetFriendChannel] = later
        assert await node.friends.reset("bob")


@story
async def test_reset_that_does_not_come(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reset that does not happen though the friend is online is a refusal."""
    monkeypatch.setattr(friends_module, "RESET_S", 0.05)
    async with connected(_inconsistent()) as (fake, node):
        fake.script[app.ResetFriendChannel] = refuse
        with pytest.raises(Refused, match="was not reset within"):
            await node.friends.reset("bob")


@story
async def test_reset_to_terms_that_changed() -> None:
    """Terms that the friend has changed meanwhile are not accepted unseen."""
    async with connected(_inconsistent()) as (fake, node):

        def change(fake: FakeNode, conn: int, message: app.AppToAppServer) -> None:
            fake.change_friend(BOB, SetChannelStatus(ChannelInconsistent((), NEW_TERMS)))
            fake.ack(message)

        fake.script[app.ResetFriendChannel] = change
        with pytest.raises(Refused, match="new terms meanwhile"):
            await node.friends.reset("bob")
