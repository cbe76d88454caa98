"""Bech32 (BIP 173), as age writes its keys: a name, `1`, and 5 bits a character, the last six a checksum."""

from __future__ import annotations

_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CHECK = 6


def encode(name: str, data: bytes) -> str:
    """The text, in small letters."""
    fives = _regroup(data, 8, 5)
    total = _sum([*_spread(name), *fives, *bytes(_CHECK)]) ^ 1
    fives += [total >> 5 * (_CHECK - 1 - at) & 31 for at in range(_CHECK)]
    return name + "1" + "".join(_ALPHABET[five] for five in fives)


def decode(text: str, name: str) -> bytes:
    """The data in a text of this name (in small letters), all small or all capital. Raises ValueError."""
    if text not in (text.lower(), text.upper()):
        raise ValueError("small and capital letters mixed")
    text = text.lower()
    head, _, tail = text.rpartition("1")
    if head != name:
        raise ValueError(f"it does not begin with {name}1")
    fives = [_ALPHABET.find(character) for character in tail]
    if -1 in fives or len(fives) < _CHECK or _sum([*_spread(name), *fives]) != 1:
        raise ValueError("a character is wrong or missing")
    data = bytes(_regroup(fives[:-_CHECK], 5, 8))
    if encode(name, data) != text:
        raise ValueError("bits are left over")
    return data


def _regroup(values: bytes | list[int], before: int, after: int) -> list[int]:
    """The same bits in other groups; what is left over at the end is filled with zeros, or dropped when whole bytes
    are wanted."""
    bits = "".join(f"{value:0{before}b}" for value in values)
    if after < before:
        bits += "0" * (-len(bits) % after)
    return [int(bits[at : at + after], 2) for at in range(0, len(bits) - after + 1, after)]


def _spread(name: str) -> list[int]:
    return [ord(character) >> 5 for character in name] + [0] + [ord(character) & 31 for character in name]


def _sum(values: list[int]) -> int:
    total = 1
    for value in values:
        top = total >> 25
        total = (total & 0x1FFFFFF) << 5 ^ value
        for at, term in enumerate(_GENERATOR):
            total ^= term if top >> at & 1 else 0
    return total
