"""What a peer may cost a line beyond the bytes that it sends."""

import pytest

from link.ends import ALICE, alice_line, carry, fixed_padding, joined_lines, raw_channel
from offset.base.faults import PeerFault
from offset.base.instants import SECOND
from offset.base.limits import (
    FRAME_BYTES_MAX,
    PEER_PADDING_BYTES_MAX,
    REKEY_COST_BYTES,
    UNPACKED_BURST_MESSAGES,
    UNPACKED_BYTES_PER_SECOND,
)
from offset.link.frames import frame
from offset.wire.keepalive import KA_MESSAGE, KEEP_ALIVE, Payload

ZEROS = bytes(FRAME_BYTES_MAX)
BURST_BYTES = UNPACKED_BURST_MESSAGES * FRAME_BYTES_MAX


def test_zeros_may_be_said_for_a_while() -> None:
    """UNPACKED_BURST_MESSAGES of zeros pass at once, then UNPACKED_BYTES_PER_SECOND; who sends more is hung up."""
    alice, bob = joined_lines()
    for _ in range(UNPACKED_BURST_MESSAGES):
        alice.send(ZEROS, 0)
        assert carry(alice, bob) == [ZEROS]
    now = 2 * FRAME_BYTES_MAX * SECOND // UNPACKED_BYTES_PER_SECOND
    for _ in range(2):
        alice.send(ZEROS, now)
        assert carry(alice, bob, now) == [ZEROS]
    alice.send(ZEROS, now)
    with pytest.raises(PeerFault, match="costs too much"):
        carry(alice, bob, now)


def test_what_is_packed_well_costs_nothing() -> None:
    """Ciphertext and packed messages, however many, are not counted."""
    alice, bob = joined_lines()
    data = bytes(range(1, 256)) * 4000
    for _ in range(3 * BURST_BYTES // len(data)):
        alice.send(data, 0)
        assert carry(alice, bob) == [data]


def test_long_padding_of_zeros() -> None:
    """Padding counts like content: a peer that pads with PEER_PADDING_BYTES_MAX zeros is hung up in the end."""
    line = alice_line()
    raw = raw_channel(line, padding=lambda _: bytes(PEER_PADDING_BYTES_MAX))
    beat = KA_MESSAGE.encode(KEEP_ALIVE)
    few = BURST_BYTES // PEER_PADDING_BYTES_MAX
    for _ in range(few):
        assert line.receive(frame(raw.seal(beat)), 0) == []
    more = b"".join([frame(raw.seal(beat)) for _ in range(few // 10)])
    with pytest.raises(PeerFault, match="costs too much"):
        line.receive(more, 0)


def test_what_unpacks_to_more_than_a_frame_is_not_unpacked() -> None:
    """A content that could not be the longest message is refused by the sizes that it states."""
    line = alice_line()
    raw = raw_channel(line, padding=fixed_padding(b""))
    with pytest.raises(PeerFault):
        line.receive(frame(raw.seal(KA_MESSAGE.encode(Payload(bytes(2 * FRAME_BYTES_MAX))))), 0)


def test_rekeys_are_paid_for() -> None:
    """Each rekey that must be answered counts REKEY_COST_BYTES: some dozens at once, then one a second."""
    alice, bob = joined_lines()

    def rekey(now: int) -> None:
        assert alice._channel is not None
        wish = alice._channel.rekey()
        assert wish is not None
        alice._put(wish)
        carry(alice, bob, now)
        carry(bob, alice, now)

    for _ in range(BURST_BYTES // REKEY_COST_BYTES):
        rekey(0)
    with pytest.raises(PeerFault, match="costs too much"):
        rekey(0)
    alice, bob = joined_lines()
    for n in range(3 * BURST_BYTES // REKEY_COST_BYTES):
        rekey(n * REKEY_COST_BYTES * SECOND // UNPACKED_BYTES_PER_SECOND)
    assert bob.remote == ALICE.public_key
