"""What a friend makes up around a signature of ours that is true: it gains nothing, and leads nobody astray."""

from __future__ import annotations

import msgspec
import pytest

from offset.base.limits import CURRENCIES_PER_FRIEND_MAX
from offset.core.funder.friend import catching_up
from offset.engine.twins import stopped_sentence
from offset.wire import app
from offset.wire.aside import HandedCredit, Handover
from offset.wire.report import BalanceInfo, CountersInfo, CurrencyBalanceInfo, McInfo, TokenInfo
from offset.wire.signing import info_hash, move_token_buffer, move_token_prefix_hash
from support.ledger import FST
from support.losses import LossyWorld

replace = msgspec.structs.replace


def pair() -> LossyWorld:
    """Two friends."""
    world = LossyWorld("ab", 1)
    world.befriend("a", "b", limit=1000)
    return world


def test_the_sentence_of_a_stop_has_what_we_signed() -> None:
    """Not the balances that the friend wrote beside it, which nobody has looked at when the node stops."""
    world = pair()
    copy = world.copy("a")
    world.pay("ab", 3)
    for _ in range(2):
        # The token goes to and fro, so that each has signed what stands between them.
        world.reconnect("a", "b")
        world.settle()
    world.give_token("a", "b")
    handover = world.handover("b", "a")
    world.start_from("a", copy)
    lie = (HandedCredit(FST, 2**127 - 1, (), ()), HandedCredit("\x1b[2Jall is well\n", 5, (), ()))
    world.show("a", "b", replace(handover, credits=lie))
    twin = world["a"].funder.stopped
    assert twin is not None
    assert [(change.currency, change.ours, change.theirs) for change in twin.changes] == [(FST, 0, -3)]
    assert "all is well" not in stopped_sentence(twin, "bob")


def with_currencies(world: LossyWorld, count: int) -> Handover:
    """b hands over so many currencies more, in which nothing is owed: its own signature is under them."""
    found = world.handover("b", "a")
    a, b = world["a"], world["b"]
    made_up = [HandedCredit(f"A{number}", 0, (), ()) for number in range(count)]
    credits = tuple(sorted([*found.credits, *made_up], key=lambda credit: credit.currency))
    names = tuple(credit.currency for credit in credits)
    balances = tuple(
        CurrencyBalanceInfo(credit.currency, BalanceInfo(credit.balance, 0, 0)) for credit in credits
    )
    counters = found.incoming.token_info.counters
    info = TokenInfo(
        McInfo(b.key, a.key, balances),
        CountersInfo(counters.inconsistency_counter, counters.move_token_counter + 1),
    )
    message = replace(found.outgoing, info_hash=info_hash(info))
    buffer = move_token_buffer(move_token_prefix_hash(message), message.info_hash, message.rand_nonce)
    message = replace(message, new_token=b.identity.sign(buffer))
    return replace(found, credits=credits, outgoing=message, local_currencies=names, remote_currencies=names)


@pytest.mark.parametrize("is_over", [False, True])
@pytest.mark.parametrize("all_together", [False, True])
def test_currencies_are_bounded(is_over: bool, all_together: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the settings of ours there are no more than with any friend, nor than with all friends."""
    world = pair()
    most = 20 if all_together else CURRENCIES_PER_FRIEND_MAX
    monkeypatch.setattr(
        catching_up, "FRIEND_CURRENCIES_MAX" if all_together else "CURRENCIES_PER_FRIEND_MAX", most
    )
    ours = 10
    for number in range(ours - 1):
        world.control("a", app.OpenFriendCurrency(world["b"].key, f"Z{number}"))
    world.settle()
    world.give_token("a", "b")
    copy = world.copy("a")
    world.pay("ab", 3)
    world.give_token("a", "b")
    handover = with_currencies(world, most - ours + is_over)
    world.lose("a", copy)
    world["a"].absorb(world["a"].funder.online(world["b"].key))
    world.show("a", "b", handover)
    friend = world["a"].friend(world["b"])
    assert friend.has_told != is_over
    assert len(friend.configs) == (ours if is_over else most)
