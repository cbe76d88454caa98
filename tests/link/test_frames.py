"""Frames: messages on a byte stream."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.ends import cut
from offset.base.faults import PeerFault
from offset.link.frames import LENGTH_BYTES, FrameReader, frame
from support.vectors import Case, cases


@pytest.mark.parametrize("case", cases("capnp", "frame"))
def test_a_frame_is_written_and_read_as_recorded(case: Case) -> None:
    """A frame of the reference is made and read byte by byte."""
    message, wire = bytes.fromhex(case["message"]), bytes.fromhex(case["onTheWire"])
    assert frame(message) == wire
    assert FrameReader(limit=len(message)).feed(wire) == [message]


@given(messages=st.lists(st.binary(max_size=40), max_size=12), places=st.lists(st.integers(0, 10_000)))
def test_a_stream_may_be_cut_anywhere(messages: list[bytes], places: list[int]) -> None:
    """However the stream is cut, the same messages come out in the same order."""
    reader = FrameReader(limit=40)
    stream = b"".join(frame(message) for message in messages)
    received = [message for piece in cut(stream, places) for message in reader.feed(piece)]
    assert received == messages


def test_a_message_comes_with_its_last_byte() -> None:
    """No message waits for bytes of the next one."""
    reader = FrameReader(limit=10)
    wire = frame(b"offset")
    assert [reader.feed(wire[i : i + 1]) for i in range(len(wire) - 1)] == [[]] * (len(wire) - 1)
    assert reader.feed(wire[-1:]) == [b"offset"]


def test_one_big_frame_in_many_reads() -> None:
    """A frame of a megabyte arrives in small reads, and the next one begins in its last read."""
    big = bytes(range(256)) * 4096
    reader = FrameReader(limit=len(big))
    stream = frame(big) + frame(b"next")
    pieces = [stream[start : start + 1000] for start in range(0, len(stream), 1000)]
    assert [message for piece in pieces for message in reader.feed(piece)] == [big, b"next"]


def test_messages_are_bytes_of_their_own() -> None:
    """A message is plain bytes, whether it came whole or in pieces: nobody holds on to the buffer."""
    reader = FrameReader(limit=10)
    reader.feed(frame(b"pieces")[:9])
    assert [type(message) for message in reader.feed(frame(b"pieces")[9:] + frame(b"whole"))] == [
        bytes,
        bytes,
    ]


def test_01_d8_a_frame_is_refused_by_its_length_field() -> None:
    """One byte too many is a fault before any of the body arrived (the reference has no limit)."""
    assert FrameReader(limit=5).feed(frame(b"12345")) == [b"12345"]
    with pytest.raises(PeerFault):
        FrameReader(limit=5).feed(frame(b"123456")[:LENGTH_BYTES])


def test_01_d8_the_largest_length_is_refused() -> None:
    """All bits set is a length like any other, and too long."""
    with pytest.raises(PeerFault):
        FrameReader(limit=2**24).feed(b"\xff" * LENGTH_BYTES)


def test_the_length_field_is_judged_when_it_is_complete_however_it_came() -> None:
    """A length field in pieces is refused with its last byte, no later."""
    reader = FrameReader(limit=5)
    header = frame(b"123456")[:LENGTH_BYTES]
    assert all(reader.feed(header[i : i + 1]) == [] for i in range(LENGTH_BYTES - 1))
    with pytest.raises(PeerFault):
        reader.feed(header[-1:])


def test_the_first_frames_have_limits_of_their_own() -> None:
    """Each of the first limits holds for one frame, the common limit for all after them, also in one read."""
    stream = frame(b"1234") + frame(b"12345678") + frame(b"123456") + frame(b"123456")
    assert len(FrameReader(6, first_limits=(4, 8)).feed(stream)) == 4
    with pytest.raises(PeerFault):
        FrameReader(6, first_limits=(3, 8)).feed(stream)
    with pytest.raises(PeerFault):
        FrameReader(6, first_limits=(4, 7)).feed(stream)
    with pytest.raises(PeerFault):
        FrameReader(5, first_limits=(4, 8)).feed(stream)


def test_the_limit_can_be_changed() -> None:
    """A new limit holds from the next read on."""
    reader = FrameReader(limit=4)
    assert reader.feed(frame(b"1234")) == [b"1234"]
    reader.limit = 8
    assert reader.feed(frame(b"12345678")) == [b"12345678"]


@given(pieces=st.lists(st.binary(max_size=30), max_size=10))
def test_any_bytes_give_messages_or_a_fault(pieces: list[bytes]) -> None:
    """Whatever a peer sends, the only error is a PeerFault."""
    reader = FrameReader(limit=16, first_limits=(4,))
    try:
        for piece in pieces:
            assert all(len(message) <= 16 for message in reader.feed(piece))
    except PeerFault:
        pass
