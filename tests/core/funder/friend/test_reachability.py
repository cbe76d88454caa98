"""Where a friend may look for us (spec 03, 2.10)."""

from offset.core.funder.friend.reachability import known_relays
from offset.core.funder.records import SentRelays
from offset.core.funder.state.state import Friend
from offset.core.funder.state.turn import SetRelays, UpdateFriend
from offset.wire import app
from offset.wire.common import NamedRelayAddress
from support.ledger import World
from support.ledger_peer import Peer

OLD, NEW, MOVED = (
    NamedRelayAddress(bytes([1]) * 32, "old:1", "old"),
    NamedRelayAddress(bytes([2]) * 32, "new:1", "new"),
    NamedRelayAddress(bytes([1]) * 32, "moved:1", "old"),
)


def known(
    last: tuple[NamedRelayAddress, ...] | None, previous: tuple[NamedRelayAddress, ...] | None
) -> object:
    friend = Friend(bytes(32), bytes([9]) * 32, "friend", ())
    friend.sent_relays = SentRelays(last, previous)
    return known_relays(friend)


def test_known_relays() -> None:
    """The last list, and those before it until the friend has answered; both addresses of one that moved."""
    assert known(None, None) is None
    assert known((OLD,), None) == (OLD,)
    assert known((NEW,), (OLD,)) == (NEW, OLD)
    assert known((NEW, OLD), (OLD,)) == (NEW, OLD)
    assert known((MOVED,), (OLD,)) == (MOVED, OLD)
    assert known(None, (OLD,)) == (OLD,)


def test_relays_go_out_once_and_old_ones_stay_until_the_answer() -> None:
    """Never sent, last sent, in transition, last sent: with an order to the channeler at each change."""
    world = World("m")
    peer = Peer(world, "x", "m")
    friend = world["m"].friend(peer.key)
    assert friend.sent_relays == SentRelays(())
    world["m"].orders.clear()
    world.control("m", app.AddRelay(OLD))
    assert friend.sent_relays == SentRelays((OLD,), ())
    assert world["m"].orders == [
        SetRelays((OLD.unnamed(),)),
        UpdateFriend(peer.key, (), (OLD.unnamed(),)),
    ]
    world.control("m", app.AddRelay(NEW))
    assert friend.sent_relays == SentRelays((OLD,), ()), "the token is away"
    turn = peer.say("m")
    assert friend.sent_relays == SentRelays((OLD, NEW), (OLD,))
    assert turn.messages[0][1].token_wanted
    turn = peer.say("m")
    assert friend.sent_relays == SentRelays((OLD, NEW))
    assert turn.orders == [UpdateFriend(peer.key, (), (OLD.unnamed(), NEW.unnamed()))]
    assert turn.messages == []


def test_one_order_for_each_friend_and_turn() -> None:
    """Whatever happened in a turn, the channeler is told once where a friend is, and where it may look for us."""
    world = World("m")
    peer = Peer(world, "x", "m")
    for relay in (OLD, NEW):
        world.control("m", app.AddRelay(relay))
    turn = peer.say("m", relays=(NEW.unnamed(),))
    assert turn.orders == [UpdateFriend(peer.key, (NEW.unnamed(),), (OLD.unnamed(), NEW.unnamed()))]


def test_start_orders() -> None:
    """At the start the channeler learns our relays and all enabled friends."""
    world = World("m")
    world.control("m", app.AddRelay(OLD))
    enabled, disabled = Peer(world, "x", "m"), Peer(world, "y", "m")
    world.control("m", app.DisableFriend(disabled.key))
    world["m"].orders.clear()
    world.restart("m")
    assert world["m"].orders == [
        SetRelays((OLD.unnamed(),)),
        UpdateFriend(enabled.key, (), (OLD.unnamed(),)),
    ]
