"""What the nonces of our move tokens say to us, and to nobody else."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from offset.base.entropy import SeededEntropy
from offset.base.limits import SIGNED_AHEAD_SECONDS_MAX
from offset.crypto.identity import Identity
from offset.crypto.lives import FIRST_LIFE, LAST_LIFE, UNKNOWN, LifeCipher, Signed, next_life

ME, OTHER = Identity(bytes([1]) * 32), Identity(bytes([2]) * 32)
NOW = 1_800_000_000
LIVES = LifeCipher(ME)


def test_by_hand() -> None:
    """As the document says it: one block of AES-256 under K("offset nonce key 1"), numbers big-endian."""
    key = ME.derived(b"offset nonce key 1")
    assert len(key) == 32
    block = NOW.to_bytes(5, "big") + (NOW + 3).to_bytes(5, "big") + b"chance"
    sealed = Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(block)
    assert LIVES.seal(NOW, NOW + 3, b"chance and more.") == sealed
    assert LIVES.open(sealed, NOW + 3) == Signed(NOW, NOW + 3)


def test_it_is_written_the_same_for_ever() -> None:
    """The nonces of today are read in twenty years."""
    assert LIVES.seal(NOW, NOW + 1, bytes(16)).hex() == "7c3262121e5c5a887be6058ce2487eda"


@given(st.integers(FIRST_LIFE, NOW), st.integers(0, NOW), st.binary(min_size=16, max_size=16))
def test_there_and_back(life: int, now: int, chance: bytes) -> None:
    """A clock before the life began is slow: nothing is signed before its life."""
    nonce = LIVES.seal(life, now, chance)
    assert len(nonce) == 16
    assert LIVES.open(nonce, NOW) == Signed(life, max(life, now))


def test_a_clock_may_be_wrong() -> None:
    """What was signed by a fast clock, or is read by a slow one, still says its life; not if it is beyond belief."""
    nonce = LIVES.seal(NOW, NOW + SIGNED_AHEAD_SECONDS_MAX, bytes(16))
    assert LIVES.open(nonce, NOW).at == NOW + SIGNED_AHEAD_SECONDS_MAX
    assert LIVES.open(nonce, NOW - 1) == UNKNOWN
    assert LIVES.open(LIVES.seal(FIRST_LIFE + 5, 0, bytes(16)), 0) == Signed(FIRST_LIFE + 5, FIRST_LIFE + 5)


def test_others_read_nothing() -> None:
    """For another key it is a drawn nonce, and equal words never look alike."""
    entropy = SeededEntropy("lives")
    nonces = [LIVES.seal(NOW, NOW, entropy.bytes(16)) for _ in range(1000)]
    assert len(set(nonces)) == 1000
    assert {LifeCipher(OTHER).open(nonce, NOW) for nonce in nonces} == {UNKNOWN}
    bits = sum(byte.bit_count() for nonce in nonces for byte in nonce)
    assert abs(bits - 64_000) < 1500


def test_drawn_nonces_say_nothing() -> None:
    """Those of a program without lives; the chance of a mistake is below 1 in 10^7."""
    entropy = SeededEntropy("drawn")
    assert all(LIVES.open(entropy.bytes(16), NOW) == UNKNOWN for _ in range(20_000))
    span = NOW + SIGNED_AHEAD_SECONDS_MAX - FIRST_LIFE
    assert span**2 / 2 / 2**80 < 1e-7


@pytest.mark.parametrize(
    "now, highest, life",
    [
        (NOW, 0, NOW),
        (NOW, NOW - 5, NOW),
        (NOW, NOW, NOW + 1),
        (NOW, NOW + 10**9, NOW + 10**9 + 1),
        (0, 0, FIRST_LIFE),
        (0, FIRST_LIFE, FIRST_LIFE + 1),
        (2**50, 0, LAST_LIFE),
        (NOW, LAST_LIFE, LAST_LIFE),
    ],
)
def test_the_next_life(now: int, highest: int, life: int) -> None:
    """It is above all that were, whatever the clock says, and fits."""
    assert next_life(now, highest) == life
