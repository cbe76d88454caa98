"""How much a friend may ask for, and how often things are said and checked.

What the reference does wrong there and ours does not: D22, D26, D35 of spec 03, 6.2.
"""

import pytest

from offset.base.limits import OPERATIONS_PER_MESSAGE_MAX
from offset.core.funder.ledger import mutual_credit
from offset.core.funder.ledger.token_channel import draft_to_send, make
from offset.wire.friend import CurrencyOperations, MoveTokenRequest
from support.ledger import FST, World
from support.ledger_peer import Peer


def test_d22_operations_in_one_message() -> None:
    """The reference takes any number; ours takes far more than it sends, but not any number."""
    world = World("m")
    peer = Peer(world, "x", "m", limit=10**6)
    count = OPERATIONS_PER_MESSAGE_MAX
    peer.say("m", *[peer.request(number, 1) for number in range(count)])
    assert world["m"].friend(peer.key).channel.is_consistent
    # Of no invoice: all are cancelled in one message, which holds as many.
    peer.get_token("m")
    assert len(peer.answers()) == count
    peer.say("m", *[peer.request(number, 1) for number in range(count + 1)])
    assert not world["m"].friend(peer.key).channel.is_consistent


@pytest.mark.parametrize("beyond", [0, 1])
def test_d22_groups_without_operations(beyond: int) -> None:
    """Each group is looked at, so an empty one counts as an operation."""
    world = World("m")
    peer = Peer(world, "x", "m")
    peer.get_token("m")
    channel = peer.channels["m"]
    groups = (CurrencyOperations(FST, ()),) * (OPERATIONS_PER_MESSAGE_MAX + beyond)
    message = make(channel, peer.identity, bytes(16), draft_to_send(channel, None), groups, None, None)
    peer.send("m", MoveTokenRequest(message, False))
    assert world["m"].friend(peer.key).channel.is_consistent == (not beyond)


def test_d22_requests_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests of one friend are bounded: beyond the bound they are cancelled, and far beyond it is a fault."""
    monkeypatch.setattr(mutual_credit, "PENDING_PER_FRIEND_MAX", 4)
    world = World("m")
    payer, seller = Peer(world, "x", "m"), Peer(world, "s", "m")
    payer.say("m", *[payer.request(number, 1, route=(seller.key,)) for number in range(6)])
    payer.get_token("m")
    assert sorted(payer.answers()) == [number.to_bytes(16, "big") for number in (4, 5)]
    payer.say("m", *[payer.request(number, 1) for number in range(10, 14)])
    assert world["m"].friend(payer.key).channel.is_consistent
    payer.get_token("m")
    payer.say("m", *[payer.request(number, 1) for number in range(20, 25)])
    assert not world["m"].friend(payer.key).channel.is_consistent


def test_d26_one_token_request() -> None:
    """Sixteen requests while the token is away make the reference repeat its message 16 times; ours asks once."""
    world = World("am")
    world.chain()
    world.give_token("m", "a")
    payment_id = world.payment("a", "m", world.invoice("m", 16), 16)
    sent = world.sent
    for _ in range(16):
        world.part(payment_id, "am", 1)
    assert world.sent == sent + 1
    world.settle()
    assert world["m"].credit(world["a"]).remote_debt == 16


def messages_under_load(reconnects: int) -> int:
    """How much two friends say while one always has something to pay."""
    world = World("ab")
    world.chain()
    for _ in range(reconnects):
        world.reconnect("a", "b")
    payment_id = world.payment("a", "b", world.invoice("b", 50), 50)
    before = world.sent
    for _ in range(50):
        world.part(payment_id, "ab", 1)
        world.round()
    world.settle()
    return world.sent - before


def test_d26_copies_die_out() -> None:
    """A new line makes copies, which the reference keeps going as long as there is load; ours does not answer them."""
    assert messages_under_load(reconnects=8) <= messages_under_load(reconnects=0) + 2


def test_d35_one_check_of_a_response_at_each_hop(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reference checks a response three times at each hop; ours once, when it arrives."""
    checks = []
    verify = mutual_credit.verify

    def counting(*arguments: bytes) -> bool:
        checks.append(arguments)
        return verify(*arguments)

    monkeypatch.setattr(mutual_credit, "verify", counting)
    world = World("amb")
    world.chain()
    world.promise("amb", 10)
    assert len(checks) == 2, "one by m, one by a"
