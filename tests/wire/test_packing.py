"""Messages of several segments that would end the process inside the library."""

import struct

import pytest

from offset.base.faults import Undecodable
from offset.wire.friend import FRIEND_MESSAGE
from offset.wire.packing import check_segments
from support.vectors import cases

SEVERAL = [
    bytes.fromhex(case["bytes"])
    for kind in ("message", "decode")
    for case in cases("capnp", kind)
    if case["type"] == "FriendMessage" and "segment" in (case.get("name") or case.get("what"))
]


def test_there_are_messages_of_several_segments() -> None:
    """The vectors have a long message in two segments, and a short one in many."""
    assert [len(data) > 8192 for data in SEVERAL] == [True, False]


@pytest.mark.parametrize("data", SEVERAL, ids=["two segments", "many segments"])
def test_cut_anywhere(data: bytes) -> None:
    """A message of several segments that is cut anywhere is Undecodable; the library alone ends the process."""
    assert FRIEND_MESSAGE.decode(data) == FRIEND_MESSAGE.decode(data + b"\x07")
    for length in range(0, len(data), 1 + len(data) // 500):
        with pytest.raises(Undecodable):
            FRIEND_MESSAGE.decode(data[:length])


def test_run_across_the_end() -> None:
    """A run of zeros or of plain words that reaches beyond the last segment is Undecodable."""
    table = bytes.fromhex("11 01 01 01 01")  # two segments of one word each, then padding of the table
    check_segments(table + bytes.fromhex("00 01"))
    for body in ("00 02", "01 09 00 01", "ff" + "01" * 8 + "02" + "01" * 16):
        with pytest.raises(Undecodable):
            check_segments(table + bytes.fromhex(body))


@pytest.mark.parametrize("count", [512, 2**31, 2**32 - 1])
def test_too_many_segments(count: int) -> None:
    """More segments than the reference takes are refused before their table is read."""
    first = struct.pack("<II", count - 1 & 0xFFFFFFFF, 1)
    packed = bytes([sum(1 << bit for bit in range(8) if first[bit])]) + bytes(byte for byte in first if byte)
    with pytest.raises(Undecodable):
        FRIEND_MESSAGE.decode(packed + bytes(64))


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"\x01", b"\x11", b"\xff", b"\x1f\xff\xff\xff", b"\x11\x01"),  # cut
        b"\x01\x01\x00\x00",  # two segments of no words
        b"\x01\x01\x00\x05" + bytes(20),  # a run of zeros from the table into the segments
        b"\xff\x01" + b"\x01" * 7 + b"\x01" + b"\x01" * 4,  # a run of plain words that is cut
    ],
)
def test_table_that_is_no_table(data: bytes) -> None:
    """A table of segments that ends early, is empty, or is packed across its end is Undecodable."""
    with pytest.raises(Undecodable):
        FRIEND_MESSAGE.decode(data)
