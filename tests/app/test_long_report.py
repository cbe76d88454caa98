"""A report in pieces reaches programs on real sockets: the SDK, and the short look of commands."""

from __future__ import annotations

import asyncio

import pytest

from offset.app import connect
from offset.base.ids import PublicKey
from offset.core.apps.reports import ReportView
from offset.engine import node
from offset.engine.report_pieces import ReportPieces
from offset.programs.stctrl.glance import glance
from offset.testing import FriendNetwork, identity, reachable, story
from offset.wire.app import AddFriend

OWNER = identity("owner")


@pytest.fixture(autouse=True)
def in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each report comes in pieces of one friend."""
    monkeypatch.setattr(node, "ReportPieces", lambda state, _: ReportPieces(state, 0))


@story
async def test_programs_have_it_whole() -> None:
    """Both see every friend as the first app does, and the SDK hears of changes afterwards."""
    network = FriendNetwork(["alice", "bob", "carol"])
    for number in range(20):
        network.apps["bob"].ask(AddFriend(PublicKey(bytes([number]) * 32), (), f"friend {number}"))
    true = network.apps["bob"].report().friends
    assert len(true) == 22
    async with reachable(network) as tickets:
        seen = await asyncio.to_thread(glance, OWNER, tickets["bob"], 10)
        assert ReportView(seen).friends == true
        async with connect(tickets["bob"], None, OWNER) as app:
            assert app.report.friends == true
            await app.friends.rename("friend 3", "dave")
            assert app.report.friends[PublicKey(bytes([3]) * 32)].name == "dave"
            await app.friends.remove("friend 7")
            assert len(app.report.friends) == 21
