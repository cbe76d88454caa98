"""What the SDK asks of a node when a friend's key is lost or stolen."""

import pytest

from offset.app import NotOffered, NotPermitted, Refused
from offset.testing import APP, FRIEND, FakeNode, connected, friend_report, node_report, story
from offset.wire.app import AppPermissions
from offset.wire.friend import CurrencyBalance
from offset.wire.orders import ResetByProof, Revoke, Succeed
from offset.wire.report import ChannelInconsistent, ResetTermsReport
from offset.wire.revocations import revocation_bytes, sign_revocation
from support.asides import SHOWN

REVOCATION = sign_revocation(FRIEND)


@story
async def test_orders() -> None:
    """A node that takes orders gets them, and its reason for a refusal is told."""
    async with connected() as (fake, node):
        key = FRIEND.public_key
        await node.friends.succeed(key, key, counts_frozen=True)
        await node.friends.revoke(REVOCATION)
        assert fake.requests == [Succeed(key, key, True), Revoke(revocation_bytes(REVOCATION))]
        fake.order_refusal = "a card cannot succeed itself"
        with pytest.raises(Refused, match="a card cannot succeed itself"):
            await node.friends.succeed(key, key)


@story
async def test_a_node_that_takes_no_orders_is_not_asked() -> None:
    """One of the reference would not understand, and would hang up."""
    fake = FakeNode()
    fake.takes_orders = False
    async with connected(fake) as (_, node):
        with pytest.raises(NotOffered, match=r"its program is that of 0\.1\.11"):
            await node.friends.revoke(REVOCATION)
        # Nor is its line lost: nothing was said.
        await node.seller.create_invoice("FST", 5)


@story
async def test_terms_are_accepted_by_proof() -> None:
    """The token goes to the node, which compares; what it finds is told."""
    status = ChannelInconsistent((), ResetTermsReport(b"t" * 64, (CurrencyBalance("FST", 70),)))
    key = FRIEND.public_key
    fake = FakeNode(node_report({key: friend_report(status=status, online=False)}))
    async with connected(fake) as (_, node):
        assert not await node.friends.reset("bob", proof=SHOWN)
        assert fake.requests == [ResetByProof(key, b"t" * 64, SHOWN)]
        fake.order_refusal = "by these terms we would have -70 FST instead of -60"
        with pytest.raises(Refused, match="instead of -60"):
            await node.friends.reset("bob", proof=SHOWN)


@story
async def test_they_need_the_permission() -> None:
    """As all settings do."""
    seller = AppPermissions(routes=False, buyer=False, seller=True, config=False)
    async with connected(FakeNode(trusted={APP.public_key: seller})) as (_, node):
        with pytest.raises(NotPermitted, match="'config'"):
            await node.friends.revoke(REVOCATION)
