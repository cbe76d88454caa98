"""Limits and requests beyond all balances.

What the reference does wrong there and ours does not: D20, D21 of spec 03, 6.2.
"""

from offset.base.limits import (
    I128_MAX,
    U128_MAX,
)
from offset.wire.friend import (
    CancelOp,
    CurrencyBalance,
)
from support.ledger import FST, World
from support.ledger_peer import Peer


def test_d20_limit_beyond_all_balances() -> None:
    """A huge limit turns every request to the reference into a protocol error; ours takes it as no limit."""
    world = World("m")
    payer, seller = Peer(world, "x", "m", limit=U128_MAX), Peer(world, "s", "m")
    payer.say("m", payer.request(1, I128_MAX, route=(seller.key,)))
    assert world["m"].friend(payer.key).channel.is_consistent
    seller.hear()
    assert [taken.op.request_id for taken in seller.taken] == [(1).to_bytes(16, "big")]


def test_d21_request_beyond_all_balances() -> None:
    """An amount too large for a balance breaks the channel of the reference; ours cancels it."""
    world = World("m")
    peer = Peer(world, "x", "m")
    peer.say("m", peer.request(1, I128_MAX, fees=1))
    peer.get_token("m")
    assert list(peer.answers().values()) == [CancelOp]
    assert not peer.mismatches


def test_d21_claim_with_a_request_beyond_all_balances() -> None:
    """Our claim stays a number that fits, though the friend froze more than a balance can hold."""
    world = World("m")
    peer = Peer(world, "x", "m")
    peer.get_token("m")
    peer.offline("m")  # so that the cancel does not go out
    peer.say("m", peer.request(1, I128_MAX, fees=I128_MAX))
    peer.become_inconsistent("m")
    peer.online("m")
    assert peer.terms["m"].balance_for_reset == (CurrencyBalance(FST, I128_MAX),)
