"""A report in pieces reaches programs with the SDK, over real sockets."""

from __future__ import annotations

import pytest

from offset.app import connect
from offset.base.ids import PublicKey
from offset.engine import node
from offset.engine.report_pieces import ReportPieces
from offset.testing import FriendNetwork, identity, reachable, story
from offset.wire.app import AddFriend

OWNER = identity("owner")


@pytest.fixture(autouse=True)
def in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each report comes in pieces of one friend."""
    monkeypatch.setattr(node, "ReportPieces", lambda state, _: ReportPieces(state, 0))


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
