"""What two friends agreed on at the beginning (spec 03, 2.2 and appendix A1)."""

from offset.core.funder.ledger.channel import Channel, hashed
from offset.wire.signing import info_hash, initial_token_info, move_token_prefix_hash

LOW, HIGH = b"\xaa" * 32, b"\xbb" * 32


def test_first_move_token() -> None:
    """The numbers of the specification, for the keys aa… and bb… of which aa… is the lower one."""
    channel = Channel(LOW, HIGH)
    first = channel.outgoing
    assert first is not None
    assert first.old_token == LOW + bytes(32)
    assert first.new_token == HIGH + bytes(32)
    assert first.rand_nonce.hex() == "d83c4be4992a5fbb11a0f9f1f72f4b68"
    assert first.info_hash.hex() == "285d4cf99ab3145b66b19523febebaef3c7240f7c0310b25561799fdd9108680"
    prefix = "18ba26ead172755f8a0a8ec0d6d630395d633346c6cd00bbd9e85b0959224868"
    assert move_token_prefix_hash(first).hex() == prefix
    assert channel.incoming is None


def test_both_sides_begin_alike() -> None:
    """The higher side holds what the lower one sent."""
    low, high = Channel(LOW, HIGH), Channel(HIGH, LOW)
    assert high.outgoing is None
    assert low.outgoing is not None
    assert high.incoming == hashed(low.outgoing, initial_token_info(LOW, HIGH))
    assert info_hash(low.token_info()) == low.outgoing.info_hash


def test_new_channel_is_consistent_and_empty() -> None:
    """No credits, no currencies, all counters at zero."""
    record = Channel(LOW, HIGH).record()
    assert Channel(LOW, HIGH).is_consistent
    assert (record.inconsistency_counter, record.move_token_counter) == (0, 0)
    assert (record.local_currencies, record.remote_currencies) == ((), ())
    assert (record.local_terms, record.remote_terms, record.reset_wish) == (None, None, None)
