"""A report in pieces reaches programs with the SDK, over real sockets."""

from __future__ import annotations

import pytest

from offset.app import connect
from offset.base.ids import PublicKey
from offset.engine import node
from offset.engine.report_pieces import ReportPieces
from offset.testing import FriendNetwork, identity, reachable, story
from offset.wire.app import (
    AddFriend,
    AddInvoice,
    CreatePayment,
    CreateTransaction,
    RemoveFriend,
    TransactionResult,
)
from offset.wire.friend import FriendsRoute

OWNER = identity("owner")


@pytest.fixture(autouse=True)
def in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each report comes in pieces of one friend."""
    monkeypatch.setattr(node, "ReportPieces", lambda state, _: ReportPieces(state, 0))


@story
async def test_it_names_lost_payments() -> None:
    """What is lost of payments comes with the first part of it."""
    network = FriendNetwork(["alice", "bob"])
    owner, seller = network.apps["alice"], network.key("bob")
    network.apps["bob"].ask(AddInvoice(b"i" * 32, network.currency, 10))
    owner.ask(CreatePayment(b"p" * 16, b"i" * 32, network.currency, 10, seller))
    owner.post(CreateTransaction(b"p" * 16, b"t" * 16, FriendsRoute((network.key("alice"), seller)), 10, 0))
    owner.wait_for(TransactionResult)
    owner.ask(RemoveFriend(seller))
    async with reachable(network) as tickets, connect(tickets["alice"], None, OWNER) as app:
        assert list(app.report.lost_payments) == [b"p" * 16]


@story
async def test_programs_have_it_whole() -> None:
    """A program sees every friend as the first app does, and hears of changes afterwards."""
    network = FriendNetwork(["alice", "bob", "carol"])
    for number in range(20):
        network.apps["bob"].ask(AddFriend(PublicKey(bytes([number]) * 32), (), f"friend {number}"))
    true = network.apps["bob"].report().friends
    assert len(true) == 22
    async with reachable(network) as tickets, connect(tickets["bob"], None, OWNER) as app:
        assert app.report.friends == true
        await app.friends.rename("friend 3", "dave")
        assert app.report.friends[PublicKey(bytes([3]) * 32)].name == "dave"
        await app.friends.remove("friend 7")
        assert len(app.report.friends) == 21
