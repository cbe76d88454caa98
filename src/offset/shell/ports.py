"""One TCP connection under its number: bytes between a socket and the driver; decides nothing."""

from __future__ import annotations

import asyncio
import socket
from typing import Protocol, cast

from offset.base.ids import Conn
from offset.base.instants import Instant
from offset.engine.surface import (
    Closed,
    Congested,
    Drained,
    Event,
    Opened,
    Received,
)
from offset.shell.addresses import peer_text
from offset.shell.bounds import Bounds


class Owner(Protocol):
    """Who takes what a port brings."""

    def admit(self, port: Port) -> bool:
        """A connection is made; False: there is no room, it must go."""
        ...

    def feed(self, event: Event) -> None:
        """Something happened to the connection."""
        ...

    def has_unsent(self, port: Port) -> None:
        """The port holds bytes: call `flush` at the end of this turn."""
        ...

    def gone(self, port: Port) -> None:
        """The socket is closed."""
        ...


class Port(asyncio.Protocol):
    """A connection from its first moment to its last.

    The engine hears Opened first and Closed last, each once. Between its Close and its Closed it hears nothing.
    """

    __slots__ = (
        "_accepted",
        "_bounds",
        "_closing",
        "_ends_when_empty",
        "_is_live",
        "_is_reading",
        "_is_told",
        "_moved_at",
        "_owner",
        "_reason",
        "_sent_bytes",
        "_transport",
        "_unsent",
        "conn",
        "listener",
    )

    _transport: asyncio.Transport

    def __init__(self, owner: Owner, conn: Conn, listener: str, bounds: Bounds) -> None:
        self._owner = owner
        self.conn = conn
        self.listener = listener
        self._bounds = bounds
        self._unsent: list[bytes] = []
        """What this turn wrote, joined when it ends."""
        self._sent_bytes = 0
        """Bytes given to the transport since the start."""
        self._is_live = False
        """True between Opened and the end of either direction."""
        self._is_told = True
        """True if the engine knows that it is over, or was never told of it."""
        self._is_reading = True
        self._reason = "the connection is over"
        self._closing: asyncio.TimerHandle | None = None
        self._ends_when_empty = False
        self._accepted = -1
        """Bytes that the peer had taken at the last look; -1 if nothing was waiting."""
        self._moved_at: Instant = 0

    # What the transport says

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is open."""
        # The transport of uvloop is no subclass of it.
        self._transport = transport = cast(asyncio.Transport, transport)
        if not self._owner.admit(self):
            transport.abort()
            return
        sock = transport.get_extra_info("socket")
        if sock is not None and sock.family in (socket.AF_INET, socket.AF_INET6):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        transport.set_write_buffer_limits(self._bounds.write_bytes_high, self._bounds.write_bytes_low)
        self._is_live, self._is_told = True, False
        peer = peer_text(transport.get_extra_info("peername"))
        self._owner.feed(Opened(self.conn, peer, self.listener))

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        if self._is_live:
            self._owner.feed(Received(self.conn, data))

    def pause_writing(self) -> None:
        """What waits rose above the high mark."""
        if self._is_live:
            self._owner.feed(Congested(self.conn))

    def resume_writing(self) -> None:
        """What waits fell below the low mark."""
        if self._is_live:
            self._owner.feed(Drained(self.conn))
        elif self._ends_when_empty:
            asyncio.get_running_loop().call_soon(self._end_writing)

    def eof_received(self) -> bool:
        """The peer writes no more, which ends both directions (spec 01, 1.2)."""
        self._finish("the peer closed the connection")
        # The transport sends what waits, then closes.
        return False

    def connection_lost(self, error: Exception | None) -> None:
        """The socket is closed."""
        self._is_live = False
        self._unsent.clear()
        if self._closing is not None:
            self._closing.cancel()
        self._owner.gone(self)
        self._tell_closed(str(error) if error is not None else self._reason)

    # What the driver wants

    def write(self, data: bytes) -> None:
        """Send at the end of this turn, in one piece with all else of the turn."""
        if self._is_live:
            if not self._unsent:
                self._owner.has_unsent(self)
            self._unsent.append(data)

    def flush(self) -> None:
        """Give what was written in this turn to the transport."""
        unsent = self._unsent
        if not unsent or self._transport.is_closing():
            return
        data = unsent[0] if len(unsent) == 1 else b"".join(unsent)
        unsent.clear()
        self._sent_bytes += len(data)
        self._transport.write(data)
        if self._transport.get_write_buffer_size() > self._bounds.write_bytes_max:
            self.abort(f"more than {self._bounds.write_bytes_max} bytes wait for the peer")

    def set_reading(self, on: bool) -> None:
        """Read, or let the bytes wait in the kernel, so that the peer feels it."""
        if self._is_live and self._is_reading != on:
            self._is_reading = on
            if on:
                self._transport.resume_reading()
            else:
                self._transport.pause_reading()

    def close(self) -> None:
        """Send what was written, then close.

        We say that we write no more and wait a moment for the peer to close. Closing at once, with bytes of
        the peer unread, would make the kernel reset the connection, and the peer might lose our last bytes.
        """
        if not self._is_live:
            return
        self.flush()
        if self._transport.is_closing():
            return
        # Else we would not see the peer close.
        self.set_reading(True)
        self._finish("closed", tell=False)
        if self._transport.get_write_buffer_size():
            self._ends_when_empty = True
            # From now on `resume_writing` means that all is sent.
            self._transport.set_write_buffer_limits(0, 0)
        else:
            self._end_writing()

    def abort(self, reason: str) -> None:
        """Close now; what was written and not yet sent is lost."""
        self._unsent.clear()
        self._is_live = False
        self._reason = reason
        self._transport.abort()

    def look_for_stall(self, now: Instant) -> None:
        """Abort if bytes wait and the peer took none of them for too long (spec 02, W7)."""
        waiting = self._transport.get_write_buffer_size()
        accepted = self._sent_bytes - waiting if waiting else -1
        if not waiting or accepted != self._accepted:
            self._accepted = accepted
            self._moved_at = now
        elif now - self._moved_at >= self._bounds.write_stall_ms:
            self.abort(f"the peer took nothing for {self._bounds.write_stall_ms} ms")

    # Inside

    def _finish(self, reason: str, tell: bool = True) -> None:
        """One direction is over: nothing is read or written any more; bound how long the rest takes."""
        if not self._is_live:
            return
        self.flush()
        self._is_live = False
        self._reason = reason
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + self._bounds.close_ms / 1000
        self._closing = loop.call_later(self._bounds.linger_ms / 1000, self._linger, give_up_at)
        if tell:
            self._tell_closed(reason)

    def _end_writing(self) -> None:
        """Tell the peer that nothing follows. The transport would do so by itself, but not bear to fail at it."""
        if self._transport.is_closing():
            return
        try:
            self._transport.write_eof()
        except OSError:
            # The peer has reset the connection, and we have not heard of it yet.
            self._transport.abort()

    def _linger(self, give_up_at: float) -> None:
        loop = asyncio.get_running_loop()
        if self._transport.get_write_buffer_size() and loop.time() < give_up_at:
            self._closing = loop.call_later(self._bounds.linger_ms / 1000, self._linger, give_up_at)
        else:
            self._transport.abort()

    def _tell_closed(self, reason: str) -> None:
        if not self._is_told:
            self._is_told = True
            self._owner.feed(Closed(self.conn, reason))
