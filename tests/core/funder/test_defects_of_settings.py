"""Names, currencies, relays and friends.

What the reference does wrong there and ours does not: D11, D13, D14, D24, D25, D33, D38 of spec 03, 6.2.
"""

import pytest

from offset.base.faults import PeerFault
from offset.core.funder.state.turn import UpdateFriend
from offset.wire import app
from offset.wire.common import RelayAddress
from offset.wire.friend import (
    FRIEND_MESSAGE,
    CancelOp,
    MoveTokenRequest,
)
from support.ledger import FST, World
from support.ledger_faults import spoil
from support.ledger_peer import Peer

RELAY = RelayAddress(bytes(32), "relay:1")


@pytest.mark.parametrize("what", ["currency", "address"])
def test_d11_long_names(what: str) -> None:
    """The reference stores names that it cannot read back; ours does not even decode them."""
    world = World("m")
    peer = Peer(world, "x", "m")
    if what == "currency":
        token = peer.make("m", currencies=(FST, "x" * 17))
    else:
        token = peer.make("m", relays=(RelayAddress(bytes(32), "x" * 257),))
    data = FRIEND_MESSAGE.encode(MoveTokenRequest(token, False))
    with pytest.raises(PeerFault):
        FRIEND_MESSAGE.decode(data)


def test_d13_currency_removed_while_the_friend_announces_it() -> None:
    """A credit without settings kills the reference; ours gives it settings: closed, no trust."""
    world = World("m")
    peer = Peer(world, "x", "m")
    peer.get_token("m")
    peer.say("m", currencies=(FST, "EUR"))  # m hears of EUR, which it has not configured
    peer.get_token("m")
    world.control("m", app.SetFriendCurrencyRate(peer.key, "NIS", app.Rate(0, 1)))
    assert world["m"].friend(peer.key).channel.local_currencies == (FST,)
    peer.say("m")  # now m announces NIS
    assert world["m"].friend(peer.key).channel.local_currencies == (FST, "NIS")
    world.control("m", app.RemoveFriendCurrency(peer.key, "NIS"))
    assert world["m"].refusal is None
    peer.say("m", currencies=(FST, "EUR", "NIS"))
    config = world["m"].friend(peer.key).configs["NIS"]
    assert (config.rate, config.remote_max_debt, config.is_open) == (app.Rate(0, 0), 0, False)
    assert "NIS" in world["m"].friend(peer.key).channel.credits


def test_d14_removing_a_currency_of_an_inconsistent_friend() -> None:
    """It kills the reference; ours refuses if the currency was active, and removes it if not."""
    world = World("ab")
    world.chain()
    key = world["b"].key
    world.trust("a", "b", 1, "EUR")
    world.settle()
    spoil(world, "a", "b")
    world.control("a", app.RemoveFriendCurrency(key, FST))
    assert world["a"].refusal is not None
    world.control("a", app.RemoveFriendCurrency(key, "EUR"))
    assert world["a"].refusal is None
    assert "EUR" not in world["a"].friend(world["b"]).configs


@pytest.mark.parametrize("currencies", [(FST, "EUR", "EUR"), (FST, "")])
def test_d24_lists_that_hash_alike(currencies: tuple[str, ...]) -> None:
    """A list with an empty or repeated name can be read in two ways; the reference takes it, ours does not."""
    world = World("m")
    peer = Peer(world, "x", "m")
    peer.get_token("m")
    peer.say("m", currencies=currencies)
    assert not world["m"].friend(peer.key).channel.is_consistent


def test_d25_new_relays_of_a_friend() -> None:
    """The reference stores the new relays of a friend and goes on dialing the old; ours tells the channeler."""
    world = World("m")
    peer = Peer(world, "x", "m")
    turn = peer.say("m", relays=(RELAY,))
    assert turn.orders == [UpdateFriend(peer.key, (RELAY,), ())]
    assert peer.say("m", relays=(RELAY,)).orders == [], "nothing new"


def test_d33_oneself_as_a_friend() -> None:
    """A node of the reference can be its own friend."""
    world = World("a")
    world.control("a", app.AddFriend(world["a"].key, (), "me"))
    assert world["a"].refusal == "a node cannot be its own friend"


def test_d33_messages_of_a_disabled_friend() -> None:
    """The reference hears friends that are disabled; ours does not, and hears them again later."""
    world = World("m")
    peer = Peer(world, "x", "m")
    token = peer.make("m", peer.request(1, 10))
    world.control("m", app.DisableFriend(peer.key))
    turn = peer.send("m", MoveTokenRequest(token, False))
    assert not turn.changes
    world.control("m", app.EnableFriend(peer.key))
    peer.online("m")
    peer.send("m", MoveTokenRequest(token, True))
    peer.get_token("m")
    assert list(peer.answers().values()) == [CancelOp]


def test_d38_closed_friends_pay_each_other() -> None:
    """Closing a currency stops what passes over a friend, not what the friend itself pays or is paid."""
    world = World("amb")
    world.chain()
    for name, other in ("am", "ma", "mb", "bm"):
        world.control(name, app.CloseFriendCurrency(world[other].key, FST))
    world.pay("am", 10)
    world.pay("mb", 10)
    payment_id = world.payment("a", "b", world.invoice("b", 10), 10)
    world.part(payment_id, "amb", 10)
    world.settle()
    assert isinstance(world["a"].results[-1].result, app.Failure)
