"""For tests of apps: a fake node with good and bad days, and a virtual network of real nodes.

    from offset.testing import connected, story

    @story
    async def test_the_shop_opens() -> None:
        async with connected() as (fake, node):
            await node.seller.create_invoice("FST", 20)
            assert len(fake.invoices) == 1

No test framework is needed. The manual for authors of apps (docs/manual/apps.md) has more.
"""

from offset.testing.calm import CalmWorld
from offset.testing.days import (
    follow,
    follow_and_hang_up,
    hang_up,
    ignore,
    in_turn,
    refuse,
    refuse_because,
    slow,
)
from offset.testing.fake_core import FakeCore, FakePayment, Rule
from offset.testing.fake_node import FakeNode
from offset.testing.identities import (
    ALL,
    APP,
    CURRENCY,
    FRIEND,
    INDEX_SERVER,
    NODE,
    RELAY,
    SELLER,
    STRANGER,
    identity,
)
from offset.testing.loopback import reachable
from offset.testing.network import FriendNetwork
from offset.testing.papers import ROUTE, commit_for, invoice, receipt_for, route
from offset.testing.reports import consistent, friend_report, node_report
from offset.testing.serving import connected, in_thread, serving, story
from offset.testing.virtual_app import VirtualApp

__all__ = [
    "ALL",
    "APP",
    "CURRENCY",
    "FRIEND",
    "INDEX_SERVER",
    "NODE",
    "RELAY",
    "ROUTE",
    "SELLER",
    "STRANGER",
    "CalmWorld",
    "FakeCore",
    "FakeNode",
    "FakePayment",
    "FriendNetwork",
    "Rule",
    "VirtualApp",
    "commit_for",
    "connected",
    "consistent",
    "follow",
    "follow_and_hang_up",
    "friend_report",
    "hang_up",
    "identity",
    "ignore",
    "in_thread",
    "in_turn",
    "invoice",
    "node_report",
    "reachable",
    "receipt_for",
    "refuse",
    "refuse_because",
    "route",
    "serving",
    "slow",
    "story",
]
