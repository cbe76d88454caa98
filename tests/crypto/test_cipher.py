"""Counted encryption; the recorded messages are tested where they are used, in tests/link/test_keys.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offset.crypto.cipher import NONCE_BYTES, SEALED_BYTES_MIN, TAG_BYTES, Opener, Sealer, next_nonce

KEYS = st.binary(min_size=32, max_size=32)
PLAINS = st.lists(st.binary(max_size=50), min_size=1, max_size=6)


@given(KEYS, PLAINS)
def test_messages_come_back_in_order(key: bytes, plains: list[bytes]) -> None:
    """What is sealed opens to itself, with 28 bytes more on the way, under a nonce that counts from zero."""
    sealer, opener = Sealer(key), Opener(key)
    nonce = bytes(NONCE_BYTES)
    for plain in plains:
        sealed = sealer.seal(plain)
        assert len(sealed) == NONCE_BYTES + len(plain) + TAG_BYTES
        assert sealed[:NONCE_BYTES] == nonce
        assert opener.open(sealed) == plain
        nonce = next_nonce(nonce)


@given(KEYS, PLAINS, st.data())
def test_only_the_next_message_opens(key: bytes, plains: list[bytes], data: st.DataObject) -> None:
    """A replay, a gap, an altered or a cut message is refused, and after it the next one still opens."""
    sealer, opener = Sealer(key), Opener(key)
    sealed = [sealer.seal(plain) for plain in plains]
    for at, plain in enumerate(plains):
        altered = bytearray(sealed[at])
        bit = data.draw(st.integers(0, 8 * len(altered) - 1))
        altered[bit // 8] ^= 1 << bit % 8
        assert opener.open(bytes(altered)) is None
        assert opener.open(sealed[at][:-1]) is None
        assert all(opener.open(other) is None for other in [*sealed[:at], *sealed[at + 1 :]])
        assert opener.open(sealed[at]) == plain


@given(KEYS, KEYS)
def test_another_key_opens_nothing(key: bytes, other: bytes) -> None:
    """A message opens under its own key only."""
    opened = Opener(other).open(Sealer(key).seal(b"plain"))
    assert opened == (b"plain" if key == other else None)


@pytest.mark.parametrize("length", range(SEALED_BYTES_MIN))
def test_01_d1_short_messages_are_refused(length: int) -> None:
    """A message without room for nonce and tag is refused; the reference loses a thread to each below 12 bytes."""
    assert Opener(bytes(32)).open(bytes(length)) is None


@pytest.mark.parametrize(
    "nonce, following",
    [
        (bytes(12), b"\x01" + bytes(11)),
        (b"\xff" + bytes(11), b"\x00\x01" + bytes(10)),
        (b"\xff" * 12, bytes(12)),
    ],
)
def test_next_nonce(nonce: bytes, following: bytes) -> None:
    """A nonce counts in little-endian order and wraps at 96 bits."""
    assert next_nonce(nonce) == following


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_key_of_another_length(length: int) -> None:
    """A key has 32 bytes."""
    with pytest.raises(ValueError):
        Sealer(bytes(length))
    with pytest.raises(ValueError):
        Opener(bytes(length))
