"""Mutations of a corpus from a seed: what the suite uses in place of atheris."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

BYTES_MAX = 1 << 14
_INTERESTING = (0, 1, 2, 3, 4, 7, 8, 16, 31, 32, 63, 64, 127, 128, 254, 255)
_NUMBERS = tuple(
    number.to_bytes(8, order)
    for number in (0, 1, 2**16, 2**31 - 1, 2**31, 2**32 - 1, 2**63, 2**64 - 1)
    for order in ("big", "little")
)


def mutations(corpus: Sequence[bytes], seed: str, count: int) -> Iterator[bytes]:
    """First the corpus as it is, then mutants of it, `count` in all."""
    chance = random.Random(seed)
    yield from corpus[:count]
    for _ in range(count - len(corpus)):
        yield mutant(chance, corpus)


def mutant(chance: random.Random, corpus: Sequence[bytes]) -> bytes:
    """A few changes to one of the corpus."""
    data = bytearray(chance.choice(corpus)) if corpus else bytearray(chance.randbytes(chance.randrange(64)))
    for _ in range(chance.choice((1, 1, 1, 2, 3, 5, 8))):
        _change(chance, data, corpus)
    return bytes(data[:BYTES_MAX])


def _change(chance: random.Random, data: bytearray, corpus: Sequence[bytes]) -> None:
    at = chance.randrange(len(data) + 1)
    match chance.randrange(8):
        case 0 if data:
            data[at % len(data)] ^= 1 << chance.randrange(8)
        case 1 if data:
            data[at % len(data)] = chance.choice(_INTERESTING)
        case 2:
            del data[at : at + chance.choice((1, 2, 8, 64, 1 << 20))]
        case 3:
            data[at:at] = chance.randbytes(chance.choice((1, 2, 4, 8, 32)))
        case 4 if corpus:  # a piece of another one
            other = chance.choice(corpus)
            start = chance.randrange(len(other) + 1)
            data[at:at] = other[start : start + chance.choice((1, 8, 40, 200, 1 << 14))]
        case 5:  # a piece of itself, twice
            data[at:at] = data[at : at + chance.choice((1, 4, 8, 33, 128))]
        case 6:
            number = chance.choice(_NUMBERS)
            data[at : at + len(number)] = number
        case _ if data:
            end = at + chance.choice((1, 8, 32))
            data[at:end] = bytes(chance.choice((0x00, 0xFF, 0x01)) for _ in data[at:end])
