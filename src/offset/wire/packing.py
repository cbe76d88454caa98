"""Packed messages that the library must not see (spec 01, 6.2 and 6.3).

The library reads further segments late, and what is missing of them last of all, in a destructor: there a message
that ends early ends the whole process. So the codec first counts the words of a message with several segments.
"""

from __future__ import annotations

import struct

from offset.base.faults import Undecodable

SEGMENTS_MAX = 511
"""As the reference has it."""

_BITS = bytes(tag.bit_count() for tag in range(256))


def check_segments(data: bytes) -> None:
    """Raise Undecodable when a message of several segments is cut, or packed across its end."""
    if not data or not data[0] & 0x0F:
        # The first four bytes are zero, so it has one segment, which is read at once.
        return
    try:
        first, _ = _unpack(data, 0, 1)
        segments = int.from_bytes(first[:4], "little") + 1
        if segments > SEGMENTS_MAX:
            raise Undecodable(f"{segments} segments")
        table, at = _unpack(data, 0, 1 + segments // 2)
        sizes = struct.unpack_from(f"<{segments}I", table, 4)
        _skip(data, at, sum(sizes))
    except IndexError:
        raise _cut() from None


def _cut() -> Undecodable:
    return Undecodable("a segment is cut")


def _unpack(data: bytes, at: int, words: int) -> tuple[bytes, int]:
    """Exactly `words` words, packed from `at` on, and where the next begin."""
    unpacked = bytearray()
    while len(unpacked) < 8 * words:
        tag, at = data[at], at + 1
        for bit in range(8):
            if tag >> bit & 1:
                unpacked.append(data[at])
                at += 1
            else:
                unpacked.append(0)
        if tag == 0:
            unpacked += bytes(8 * data[at])
            at += 1
        elif tag == 0xFF:
            run = 8 * data[at]
            unpacked += data[at + 1 : at + 1 + run]
            at += 1 + run
    if len(unpacked) != 8 * words or at > len(data):
        raise _cut()
    return bytes(unpacked), at


def _skip(data: bytes, at: int, words: int) -> None:
    """Pass exactly `words` words, packed from `at` on."""
    while words > 0:
        tag = data[at]
        if tag == 0:
            words -= 1 + data[at + 1]
            at += 2
        elif tag == 0xFF:
            run = data[at + 9]
            words -= 1 + run
            at += 10 + 8 * run
        else:
            words -= 1
            at += 1 + _BITS[tag]
    if words < 0 or at > len(data):
        raise _cut()
