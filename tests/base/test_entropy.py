"""Chance that is the same every time."""

import subprocess
import sys
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offset.base.entropy import (
    Entropy,
    SeededEntropy,
    fraction,
    new_invoice_id,
    new_payment_id,
    new_rand_value,
    new_request_id,
    new_reset_token,
    new_salt,
    new_uid,
)

PROGRAM = """
from offset.base.entropy import SeededEntropy
entropy = SeededEntropy("seed")
print(entropy.bytes(5).hex(), entropy.bytes(100).hex(), entropy.below(1000))
"""


def _printed(hash_seed: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={"PYTHONHASHSEED": hash_seed},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


def test_a_seed_gives_the_same_bytes_everywhere() -> None:
    """Two interpreters that hash differently draw the same bytes from one seed, and so do the ones to come."""
    assert _printed("1") == _printed("2")
    assert SeededEntropy(1).bytes(8).hex() == "f6a86a2a2534ab30"


@given(st.lists(st.integers(0, 200), max_size=8))
def test_cuts_do_not_matter(counts: list[int]) -> None:
    """A stream drawn in pieces is the stream drawn at once."""
    entropy = SeededEntropy("seed")
    assert b"".join(entropy.bytes(count) for count in counts) == SeededEntropy("seed").bytes(sum(counts))


def test_seeds_give_different_bytes() -> None:
    """Another seed is another stream, and a stream does not repeat."""
    streams = [SeededEntropy(seed).bytes(64) for seed in range(100)]
    assert len(set(streams)) == 100
    entropy = SeededEntropy(0)
    assert len({entropy.bytes(16) for _ in range(100)}) == 100


@pytest.mark.parametrize("limit", [1, 2, 10, 2**40])
def test_numbers_below_a_limit(limit: int) -> None:
    """Numbers drawn below a limit stay below it and reach both halves."""
    entropy = SeededEntropy(limit)
    numbers = [entropy.below(limit) for _ in range(100)]
    assert all(0 <= number < limit for number in numbers)
    assert limit == 1 or {number * 2 // limit for number in numbers} == {0, 1}


def test_fractions() -> None:
    """Fractions lie in [0, 1), at both ends of what four bytes can say."""

    class Fixed:
        def __init__(self, drawn: bytes) -> None:
            self.drawn = drawn

        def bytes(self, count: int) -> bytes:
            assert count == len(self.drawn)
            return self.drawn

    assert fraction(Fixed(bytes(4))) == 0
    assert 0.999 < fraction(Fixed(b"\xff" * 4)) < 1


@pytest.mark.parametrize(
    "draw, size",
    [
        (new_uid, 16),
        (new_request_id, 16),
        (new_payment_id, 16),
        (new_invoice_id, 32),
        (new_rand_value, 16),
        (new_salt, 32),
        (new_reset_token, 64),
    ],
)
def test_fresh_names(draw: Callable[[Entropy], bytes], size: int) -> None:
    """A fresh name is the next bytes of the stream, as many as its kind has (spec 01, 3.6)."""
    entropy = SeededEntropy("seed")
    assert draw(entropy) + draw(entropy) == SeededEntropy("seed").bytes(2 * size)
