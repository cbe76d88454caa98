"""Terms, and when they are accepted.

What the reference does wrong there and ours does not: D16, D17, D18, D19, D31, D32 of spec 03, 6.2.
"""

import msgspec
import pytest

from offset.base.limits import (
    I128_MIN,
    U64_MAX,
)
from offset.wire import app
from offset.wire.friend import (
    CurrencyBalance,
    FriendsRoute,
    MoveTokenRequest,
    ResetTerms,
)
from support.ledger import FST, World, bare
from support.ledger_checks import check_quiet
from support.ledger_faults import spoil
from support.ledger_peer import Peer


def test_d16_terms_of_a_friend_end_what_it_was_asked() -> None:
    """The reference forgets requests under way when a friend says that ledgers differ; ours cancels them upstream."""
    world = World("am")
    world.chain()
    seller = Peer(world, "s", "m")
    payment_id = app.CreatePayment(bytes(16), bytes(32), FST, 10, seller.key)
    world.control("a", payment_id)
    keys = (world["a"].key, world["m"].key, seller.key)
    world.control("a", app.CreateTransaction(bytes(16), bytes(16), FriendsRoute(keys), 10, 0))
    world.settle()
    assert world["m"].credit(seller.key).local_debt == 10
    seller.become_inconsistent("m")
    world.settle()
    assert world["a"].results == [app.TransactionResult(bytes(16), app.FAILURE)]
    assert world["m"].credit(world["a"]).remote_debt == 0


def test_d17_reconnecting_after_accepting_terms() -> None:
    """A friend that repeats its terms undoes a reset of the reference; ours repeats the reset."""
    world = World("m")
    peer = Peer(world, "x", "m")
    terms = peer.become_inconsistent("m")
    world.control("m", app.ResetFriendChannel(peer.key, terms.reset_token))
    reset = world["m"].friend(peer.key).channel.outgoing
    assert reset is not None
    peer.offline("m")
    peer.online("m")
    turn = peer.send("m", terms)
    assert [(key, bare(message)) for key, message in turn.messages] == [
        (peer.key, MoveTokenRequest(reset, True))
    ]
    assert world["m"].friend(peer.key).channel.is_consistent


@pytest.mark.parametrize("is_broken", [False, True], ids=["at once", "line breaks"])
def test_d18_both_accept_at_once(is_broken: bool) -> None:
    """Two references end up with exchanged claims, disagreeing again; of ours the higher key yields."""
    world = World("ab")
    world.chain()
    world.pay("ab", 10)
    spoil(world, "a", "b")
    world.settle()
    for name, other in ("ab", "ba"):
        terms = world[name].friend(world[other]).channel.remote_terms
        assert terms is not None
        world.control(name, app.ResetFriendChannel(world[other].key, terms.reset_token))
    if is_broken:
        world.reconnect("a", "b")
    world.settle()
    check_quiet(world)
    assert world["a"].credit(world["b"]).balance == -10
    for name, other in ("ab", "ba"):
        assert world[name].friend(world[other]).channel.former_terms is None
    world.pay("ab", 5)
    assert world["b"].credit(world["a"]).balance == 15


def test_d19_accepting_terms_of_a_friend_that_is_away() -> None:
    """The reference loses the decision; ours remembers it, over a restart, until the friend is back."""
    world = World("ab")
    world.chain()
    world.pay("ab", 10)
    spoil(world, "b", "a")
    world.settle()
    world.disconnect("a", "b")
    terms = world["a"].friend(world["b"]).channel.remote_terms
    assert terms is not None
    world.control("a", app.ResetFriendChannel(world["b"].key, terms.reset_token))
    assert not world["a"].friend(world["b"]).channel.is_consistent
    world.restart("a")
    world.connect("a", "b")
    world.settle()
    check_quiet(world)
    assert world["a"].credit(world["b"]).balance == -10


def test_d31_terms_to_the_holder_of_the_token() -> None:
    """The holder of the token ignores an inconsistency in the reference; ours takes it and tells its own terms."""
    world = World("m")
    peer = Peer(world, "x", "m")
    peer.say("m")
    assert world["m"].friend(peer.key).channel.outgoing is None
    terms = peer.become_inconsistent("m")
    assert world["m"].friend(peer.key).channel.remote_terms == terms
    assert "m" in peer.terms


@pytest.mark.parametrize(
    "changes",
    [
        {"balance_for_reset": (CurrencyBalance(FST, I128_MIN),)},
        {"balance_for_reset": (CurrencyBalance(FST, 1), CurrencyBalance(FST, 2))},
        {"balance_for_reset": (CurrencyBalance("", 1),)},
        {"inconsistency_counter": 0},
        {"inconsistency_counter": U64_MAX},
    ],
    ids=["balance", "repeated", "unnamed", "counter back", "counter at its end"],
)
def test_d32_terms_that_nobody_could_accept(changes: dict[str, object]) -> None:
    """Such terms kill the reference when accepted; ours does not keep them, but the friend can still accept ours."""
    world = World("m")
    peer = Peer(world, "x", "m")
    peer.say("m", wanted=True)
    good = ResetTerms(bytes([7]) * 64, 1, (CurrencyBalance(FST, 1),))
    peer.send("m", msgspec.structs.replace(good, **changes))
    channel = world["m"].friend(peer.key).channel
    assert not channel.is_consistent
    assert channel.remote_terms is None
    peer.send("m", peer.accept("m"))
    assert channel.is_consistent
