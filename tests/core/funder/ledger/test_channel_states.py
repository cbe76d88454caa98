"""The table of a token channel is what its code does: every entry is reached, and nothing beside them is asked for."""

import pytest

from offset.base.limits import U64_MAX
from offset.core.funder.ledger.channel import Channel
from offset.core.funder.ledger.channel_states import (
    CHANNEL,
    ChannelEvent,
    ChannelState,
    channel_state,
    happened,
)
from offset.crypto.identity import Identity
from offset.wire import app
from offset.wire.friend import MoveTokenRequest, ResetTerms
from offset.wire.orders import Succeed
from support.ledger import World
from support.ledger_peer import Peer
from support.recorded_transitions import Recorded, record

TERMS = ResetTerms(bytes(64), 1, ())
BAD_TERMS = ResetTerms(bytes([1]) * 64, U64_MAX, ())


def fresh() -> Channel:
    """A channel of the side that speaks first."""
    one, two = (Identity(bytes([number]) * 32).public_key for number in (1, 2))
    channel = Channel(one, two)
    return channel if channel.outgoing is None else Channel(two, one)


def test_the_state_follows_from_the_last_message_and_terms() -> None:
    """Each state, in the order in which a quarrel goes through them."""
    channel = fresh()
    assert channel_state(channel) is ChannelState.HOLDING
    assert channel_state(Channel(channel.remote, channel.local)) is ChannelState.AWAY
    channel.local_terms = TERMS
    assert channel_state(channel) is ChannelState.INCONSISTENT
    channel.remote_terms = TERMS
    assert channel_state(channel) is ChannelState.TERMS_KNOWN
    channel.reset_wish = bytes([1]) * 64
    assert channel_state(channel) is ChannelState.TERMS_KNOWN, "of older terms"
    channel.reset_wish = TERMS.reset_token
    assert channel_state(channel) is ChannelState.ACCEPTED


def test_what_led_elsewhere_is_an_error() -> None:
    """An event that the table lacks, and one after which the channel is not as the table says."""
    channel = fresh()
    with pytest.raises(AssertionError, match="there is no way"):
        happened(channel, ChannelState.HOLDING, ChannelEvent.NEXT)
    with pytest.raises(AssertionError, match="we say our next message led"):
        happened(channel, ChannelState.HOLDING, ChannelEvent.SAID)


class Quarrel:
    """A node, and a friend of it that says what it likes."""

    def __init__(self, *, is_holding: bool) -> None:
        """`is_holding`: whether the node holds the token."""
        self.world = World("m")
        self.peer = Peer(self.world, "x", "m")
        self.peer.get_token("m")
        if is_holding:
            self.peer.say("m")
        expected = ChannelState.HOLDING if is_holding else ChannelState.AWAY
        assert self.state is expected

    @property
    def state(self) -> ChannelState:
        return channel_state(self.world["m"].friend(self.peer.key).channel)

    def accept(self, terms: ResetTerms) -> None:
        """The owner of the node accepts the terms of the friend."""
        self.world.control("m", app.ResetFriendChannel(self.peer.key, terms.reset_token))

    def remove(self) -> None:
        """The owner of the node removes the friend."""
        self.world.control("m", app.RemoveFriend(self.peer.key))


def quarrel(*, is_holding: bool) -> None:
    """All that can happen from one of the two states in which the ledgers agree."""
    Quarrel(is_holding=is_holding).remove()
    # Without terms, and with those of a friend.
    lone = Quarrel(is_holding=is_holding)
    lone.peer.say_anything("m")
    lone.peer.send("m", BAD_TERMS)
    lone.peer.become_inconsistent("m")
    lone.peer.become_inconsistent("m")
    lone.peer.send("m", BAD_TERMS)
    lone.peer.send("m", lone.peer.channels["m"].local_terms or TERMS)
    lone.remove()
    gone = Quarrel(is_holding=is_holding)
    gone.peer.send("m", BAD_TERMS)
    gone.remove()
    # The friend accepts ours, before and after we know its own.
    yielding = Quarrel(is_holding=is_holding)
    yielding.peer.say_anything("m")
    yielding.peer.send("m", yielding.peer.accept("m"))
    yielding = Quarrel(is_holding=is_holding)
    yielding.peer.become_inconsistent("m")
    yielding.peer.send("m", yielding.peer.accept("m"))
    # We accept those of the friend, which is away until then.
    for end in ("reset", "their reset", "other terms", "removed"):
        waiting = Quarrel(is_holding=is_holding)
        terms = waiting.peer.become_inconsistent("m")
        waiting.peer.send("m", terms)
        waiting.peer.offline("m")
        waiting.accept(terms)
        waiting.accept(terms)
        assert waiting.state is ChannelState.ACCEPTED
        waiting.peer.send("m", terms)
        waiting.peer.send("m", BAD_TERMS)
        if end == "reset":
            waiting.peer.online("m")
            assert waiting.state is ChannelState.AWAY
            waiting.peer.send("m", terms)
        elif end == "their reset":
            # What was under way when the line broke; the outsider has no row to look at then.
            waiting.world["m"].funder.friend_message(waiting.peer.key, waiting.peer.accept("m"))
            assert waiting.state is ChannelState.HOLDING
        elif end == "other terms":
            waiting.peer.become_inconsistent("m")
            assert waiting.state is ChannelState.TERMS_KNOWN
        else:
            waiting.remove()


def succeed(*, is_holding: bool) -> None:
    """The friend is the new card of another one."""
    new = Quarrel(is_holding=is_holding)
    old = Peer(new.world, "o", "m")
    new.world.control("m", Succeed(old.key, new.peer.key, False))
    assert new.world["m"].refusal is None
    assert new.state is ChannelState.INCONSISTENT


def cross() -> None:
    """Both owners accept at once: for some of these friends the key of the node is the higher one."""
    world = World("m")
    for peer in [Peer(world, name, "m") for name in "abcdefgh"]:
        terms = peer.become_inconsistent("m")
        world.control("m", app.ResetFriendChannel(peer.key, terms.reset_token))
        peer.send("m", peer.accept("m"))
        assert world["m"].friend(peer.key).channel.is_consistent


def test_every_entry_is_reached_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two friends that agree, quarrel and agree again, in every way."""
    recorded: Recorded = record(monkeypatch, CHANNEL)
    for is_holding in (True, False):
        quarrel(is_holding=is_holding)
        succeed(is_holding=is_holding)
    cross()
    plain = Quarrel(is_holding=False)
    again = MoveTokenRequest(plain.peer.make("m"), False)
    plain.peer.send("m", again)
    assert plain.state is ChannelState.HOLDING
    plain.peer.send("m", again)
    plain.peer.get_token("m")
    assert plain.state is ChannelState.AWAY
    plain.peer.send("m", again)
    assert recorded == {(state, event) for state, row in CHANNEL.table.items() for event in row}
