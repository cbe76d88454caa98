"""Bytes as a script for a machine: steps of an operation, an argument and some data."""

from __future__ import annotations

from collections.abc import Iterator

STEPS_MAX = 64
_HEAD_BYTES = 4

Step = tuple[int, int, bytes]


def write(*steps: Step) -> bytes:
    """The bytes of these steps."""
    return b"".join([bytes([op, arg]) + len(data).to_bytes(2, "big") + data for op, arg, data in steps])


def read(data: bytes, operations: int) -> Iterator[Step]:
    """The steps in any bytes at all; the operation is below `operations`, a cut step has what is left."""
    at = 0
    for _ in range(STEPS_MAX):
        head = data[at : at + _HEAD_BYTES]
        if len(head) < _HEAD_BYTES:
            return
        at += _HEAD_BYTES
        size = int.from_bytes(head[2:], "big")
        yield head[0] % operations, head[1], data[at : at + size]
        at += size


def pick(items: list[bytes] | tuple[bytes, ...], arg: int) -> bytes:
    """One of the items."""
    return items[arg % len(items)]
