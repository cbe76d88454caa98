"""Who may speak, and which messages are right (spec 03, 2). Recorded cases: test_token_channel_vectors.py."""

import msgspec
import pytest

from offset.base.entropy import SeededEntropy
from offset.base.limits import CURRENCIES_PER_FRIEND_MAX, U128_MAX
from offset.core.funder.ledger.channel import Channel
from offset.core.funder.ledger.token_channel import (
    Duplicate,
    Mismatch,
    Missed,
    Next,
    apply_next,
    draft_to_send,
    make,
    receive,
)
from offset.crypto.identity import Identity
from offset.crypto.public_keys import is_lower
from offset.wire.friend import CurrencyOperations, MoveToken
from offset.wire.signing import flip, info_hash, verify_move_token, verify_move_token_hashed

ENTROPY = SeededEntropy("token channel")
LOW, HIGH = Identity(ENTROPY.bytes(32)), Identity(ENTROPY.bytes(32))
if is_lower(HIGH.public_key, LOW.public_key):
    LOW, HIGH = HIGH, LOW


def channels() -> tuple[Channel, Channel]:
    return Channel(LOW.public_key, HIGH.public_key), Channel(HIGH.public_key, LOW.public_key)


def say(channel: Channel, identity: Identity, currencies: tuple[str, ...] | None = None) -> MoveToken:
    drafts = draft_to_send(channel, currencies)
    return make(channel, identity, ENTROPY.bytes(16), drafts, (), None, currencies)


def hear(channel: Channel, message: MoveToken) -> None:
    found = receive(channel, message, lambda _: 0)
    assert isinstance(found, Next), found
    apply_next(channel, found)


def test_higher_key_speaks_first() -> None:
    """Both sides build the same first message; the lower key has sent it, the higher one holds the token."""
    low, high = channels()
    assert low.outgoing is not None
    assert high.outgoing is None
    assert high.incoming is not None
    assert low.outgoing.new_token == high.incoming.new_token
    assert receive(high, low.outgoing, lambda _: 0) == Duplicate()


def test_only_the_holder_speaks() -> None:
    """Making a message without the token is our own fault."""
    low, _ = channels()
    with pytest.raises(AssertionError):
        say(low, LOW)


def test_token_goes_to_and_fro() -> None:
    """Each message gives the token away, counts up, and leaves a proof signed by its sender."""
    low, high = channels()
    for counter in range(1, 7):
        speaker, listener = (high, low) if counter % 2 else (low, high)
        hear(listener, say(speaker, HIGH if counter % 2 else LOW))
        assert speaker.outgoing is not None
        assert listener.outgoing is None
        assert speaker.move_token_counter == listener.move_token_counter == counter
        assert speaker.token_info() == flip(listener.token_info())
        assert listener.incoming is not None
        assert verify_move_token_hashed(listener.incoming)


def test_missed_message_is_recognised() -> None:
    """The message before ours again means that ours did not arrive; ours again is a duplicate for the friend."""
    low, high = channels()
    first = say(high, HIGH)
    hear(low, first)
    second = say(low, LOW)
    assert receive(low, first, lambda _: 0) == Missed()
    hear(high, second)
    assert receive(high, second, lambda _: 0) == Duplicate()


def test_judging_changes_nothing() -> None:
    """A message that is not applied leaves no trace."""
    low, high = channels()
    message = say(high, HIGH, ("FST",))
    before = low.record()
    receive(low, message, lambda _: 0)
    assert low.record() == before


@pytest.mark.parametrize(
    "field, value", [("rand_nonce", bytes(16)), ("info_hash", bytes(32)), ("new_token", bytes(64))]
)
def test_changed_message_is_a_mismatch(field: str, value: bytes) -> None:
    """Nothing that the signature covers can be changed on the way."""
    low, high = channels()
    message = msgspec.structs.replace(say(high, HIGH), **{field: value})
    assert isinstance(receive(low, message, lambda _: 0), Mismatch)


def test_signed_lie_about_balances_is_a_mismatch() -> None:
    """A signed message whose balances are not ours is refused."""
    low, high = channels()
    high.move_token_counter = 7
    found = receive(low, say(high, HIGH), lambda _: 0)
    assert found == Mismatch("the friend's balances differ from ours")


def test_counter_at_its_end_is_a_mismatch() -> None:
    """The counter of messages never starts again for a receiver."""
    low, high = channels()
    low.move_token_counter = high.move_token_counter = U128_MAX
    assert isinstance(receive(low, say(high, HIGH), lambda _: 0), Mismatch)


def test_currency_is_active_once_both_announced_it() -> None:
    """The side that announces second creates the credit with its message, the other on accepting it (spec 03, 2.9)."""
    low, high = channels()
    hear(low, say(high, HIGH, ("EUR", "FST")))
    assert not low.credits
    assert not high.credits
    message = say(low, LOW, ("FST",))
    assert list(low.credits) == ["FST"]
    hear(high, message)
    assert list(high.credits) == ["FST"]
    assert high.token_info() == flip(low.token_info())
    assert message.info_hash == info_hash(low.token_info())


def test_active_currency_cannot_be_dropped() -> None:
    """A list that lacks an active currency is a mismatch; dropping others is fine."""
    low, high = channels()
    hear(low, say(high, HIGH, ("EUR", "FST")))
    hear(high, say(low, LOW, ("FST",)))
    hear(low, say(high, HIGH, ("FST",)))
    assert low.remote_currencies == ("FST",)
    found = receive(high, say(low, LOW, ()), lambda _: 0)
    assert found == Mismatch("the list of currencies lacks an active one")


def test_too_many_currencies_are_a_mismatch() -> None:
    """The list of a friend is bounded."""
    low, high = channels()
    names = tuple(f"c{number}" for number in range(CURRENCIES_PER_FRIEND_MAX + 1))
    assert isinstance(receive(low, say(high, HIGH, names), lambda _: 0), Mismatch)
    low, high = channels()
    hear(low, say(high, HIGH, names[1:]))


def test_operations_in_an_unknown_currency_are_a_mismatch() -> None:
    """Only active currencies carry operations."""
    low, high = channels()
    groups = (CurrencyOperations("FST", ()),)
    message = make(high, HIGH, ENTROPY.bytes(16), {}, groups, None, None)
    assert verify_move_token(message, HIGH.public_key)
    found = receive(low, message, lambda _: 0)
    assert found == Mismatch("operations in a currency that is not active")
