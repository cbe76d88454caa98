"""Messages on a byte stream: an 8-byte big-endian length, then that many bytes (spec 01, 1.1)."""

from __future__ import annotations

import struct
from collections.abc import Iterable

from offset.base.faults import PeerFault

LENGTH_BYTES = 8
_length = struct.Struct(">Q")
_pack, _unpack_from = _length.pack, _length.unpack_from


def frame(message: bytes) -> bytes:
    """`message` as it goes over the stream, its length first."""
    return _pack(len(message)) + message


class FrameReader:
    """Cuts a stream back into messages.

    A frame is refused by its length field alone, so a peer never makes us hold more than it may send: each
    holds at most `limit` bytes, or for the first frames of the stream what `first_limits` says, one for each.
    """

    __slots__ = ("_buffer", "_first_limits", "_wanted", "limit")

    def __init__(self, limit: int, first_limits: Iterable[int] = ()) -> None:
        """Limits are bytes of payload, the length field not counted. `limit` may be changed between reads."""
        self.limit = limit
        self._first_limits = list(first_limits)[::-1]
        self._buffer = bytearray()
        """One frame at most, and incomplete."""
        self._wanted = LENGTH_BYTES
        """Bytes that the buffer must reach before it is worth a look."""

    def feed(self, data: bytes) -> list[bytes]:
        """The messages that are complete with this piece of the stream, in order.

        Raises PeerFault for a frame beyond its limit; the stream is then worth nothing, and neither are the
        messages before it in the same piece.
        """
        # Every byte is copied a fixed number of times however the stream is cut: the buffer only grows until
        # its frame is complete, and what is left over then came with this very piece.
        if self._buffer:
            self._buffer += data
            if len(self._buffer) < self._wanted:
                return []
            data = bytes(self._buffer)
            self._buffer.clear()
        messages: list[bytes] = []
        size, at = len(data), 0
        while size - at >= LENGTH_BYTES:
            (length,) = _unpack_from(data, at)
            limit = self._first_limits[-1] if self._first_limits else self.limit
            if length > limit:
                raise PeerFault(f"a frame of {length} bytes, at most {limit} are allowed here")
            start = at + LENGTH_BYTES
            end = start + length
            if end > size:
                self._wanted = end - at
                break
            if self._first_limits:
                self._first_limits.pop()
            messages.append(data[start:end])
            at = end
        else:
            self._wanted = LENGTH_BYTES
        if at < size:
            self._buffer += data[at:] if at else data
        return messages
