"""One connection with a transport that the test plays."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from offset.base.limits import APP_QUEUE_BYTES_MAX, WRITE_BUFFER_BYTES_MAX
from offset.engine.surface import Closed, Congested, Drained, Event, Opened, Received
from offset.shell.bounds import Bounds
from offset.shell.ports import Port

Run = Callable[[Coroutine[Any, Any, None]], None]


class FakeTransport(asyncio.Transport):
    """Notes what is done to it; takes as many bytes as the test lets it."""

    def __init__(self) -> None:
        super().__init__({"peername": ("192.0.2.1", 5)})
        self.calls: list[str] = []
        self.written: list[bytes] = []
        self.waiting = 0
        self.eof_error: OSError | None = None

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))
        self.waiting += len(data)

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self.calls.append(f"limits {high} {low}")

    def write_eof(self) -> None:
        self.calls.append("eof")
        if self.eof_error is not None:
            raise self.eof_error

    def abort(self) -> None:
        self.calls.append("abort")

    def is_closing(self) -> bool:
        return "abort" in self.calls

    def pause_reading(self) -> None:
        self.calls.append("pause")

    def resume_reading(self) -> None:
        self.calls.append("resume")


class Bench:
    """A port, its owner and its transport; connected."""

    def __init__(self, bounds: Bounds | None = None, *, has_room: bool = True) -> None:
        self.events: list[Event] = []
        self.unsent: list[Port] = []
        self.lost: list[Port] = []
        self.has_room = has_room
        self.transport = FakeTransport()
        self.port = Port(self, 2, "door", bounds or Bounds())
        self.port.connection_made(self.transport)

    def admit(self, port: Port) -> bool:
        return self.has_room

    def feed(self, event: Event) -> None:
        self.events.append(event)

    def has_unsent(self, port: Port) -> None:
        self.unsent.append(port)

    def gone(self, port: Port) -> None:
        self.lost.append(port)


def test_writes_of_a_turn_are_one(run: Run) -> None:
    """What is written in one turn reaches the transport in one piece, when the turn ends."""

    async def story() -> None:
        bench = Bench()
        for piece in (b"one", b"two", b"three"):
            bench.port.write(piece)
        assert bench.transport.written == []
        assert bench.unsent == [bench.port]
        bench.port.flush()
        bench.port.flush()
        assert bench.transport.written == [b"onetwothree"]
        bench.port.write(b"four")
        bench.port.flush()
        assert bench.transport.written == [b"onetwothree", b"four"]
        assert bench.unsent == [bench.port, bench.port]

    run(story())


def test_refused(run: Run) -> None:
    """A connection for which there is no room is aborted, and the engine never hears of it."""

    async def story() -> None:
        bench = Bench(has_room=False)
        bench.port.data_received(b"x")
        bench.port.eof_received()
        bench.port.connection_lost(None)
        assert bench.events == []
        assert bench.transport.calls == ["abort"]

    run(story())


def test_told_once(run: Run) -> None:
    """The peer's end is told at once, and nothing after it."""

    async def story() -> None:
        bench = Bench()
        bench.port.data_received(b"x")
        assert not bench.port.eof_received()
        bench.port.data_received(b"y")
        bench.port.pause_writing()
        bench.port.resume_writing()
        bench.port.write(b"z")
        bench.port.close()
        bench.port.connection_lost(None)
        assert bench.events == [
            Opened(2, "192.0.2.1:5", "door"),
            Received(2, b"x"),
            Closed(2, "the peer closed the connection"),
        ]
        assert bench.lost == [bench.port]
        assert bench.transport.written == []

    run(story())


def test_end_of_the_peer_flushes(run: Run) -> None:
    """What was written before the peer's end is still given to the transport: it may have closed one way only."""

    async def story() -> None:
        bench = Bench()
        bench.port.write(b"answer")
        bench.port.eof_received()
        assert bench.transport.written == [b"answer"]
        bench.port.connection_lost(None)

    run(story())


def test_silent_after_close(run: Run) -> None:
    """Between our close and Closed nothing is told; Closed comes when the socket is closed."""

    async def story() -> None:
        bench = Bench()
        bench.port.write(b"bye")
        bench.port.close()
        bench.port.close()
        bench.port.data_received(b"x")
        bench.port.pause_writing()
        assert bench.transport.written == [b"bye"]
        assert bench.transport.calls[1:] == ["limits 0 0"]
        bench.transport.waiting = 0
        bench.port.resume_writing()
        await asyncio.sleep(0)
        assert bench.transport.calls[1:] == ["limits 0 0", "eof"]
        assert [type(event) for event in bench.events] == [Opened]
        bench.port.connection_lost(None)
        assert bench.events[1:] == [Closed(2, "closed")]

    run(story())


def test_flow(run: Run) -> None:
    """The marks are those of the bounds; crossing them is told; reading is switched only when it changes."""

    async def story() -> None:
        bench = Bench(Bounds(write_bytes_high=100, write_bytes_low=10))
        bench.port.pause_writing()
        bench.port.resume_writing()
        for on in (True, False, False, True, True):
            bench.port.set_reading(on)
        assert bench.transport.calls == ["limits 100 10", "pause", "resume"]
        assert bench.events[1:] == [Congested(2), Drained(2)]

    run(story())


def test_stall(run: Run) -> None:
    """A stall is no byte taken for the whole time while some wait; every byte taken starts it anew."""

    async def story() -> None:
        bench = Bench(Bounds(write_stall_ms=1000))
        bench.port.look_for_stall(0)
        bench.port.look_for_stall(100_000)  # idle for long is no stall
        bench.port.write(bytes(100))
        bench.port.flush()
        bench.port.look_for_stall(100_000)
        bench.port.look_for_stall(100_999)
        bench.transport.waiting = 99
        bench.port.look_for_stall(101_500)
        bench.port.write(bytes(50))  # more to send is no progress
        bench.port.flush()
        bench.port.look_for_stall(102_499)
        assert "abort" not in bench.transport.calls
        bench.port.look_for_stall(102_500)
        assert "abort" in bench.transport.calls
        bench.port.connection_lost(None)
        assert bench.events[1:] == [Closed(2, "the peer took nothing for 1000 ms")]

    run(story())


def test_stall_begins_with_the_bytes(run: Run) -> None:
    """Time in which nothing waited does not count: a connection idle for long gets the whole time."""

    async def story() -> None:
        bench = Bench(Bounds(write_stall_ms=1000))
        bench.port.write(bytes(100))
        bench.port.flush()
        bench.transport.waiting = 0
        bench.port.look_for_stall(5000)
        bench.port.write(bytes(100))
        bench.port.flush()
        bench.port.look_for_stall(6500)
        bench.port.look_for_stall(7499)
        assert "abort" not in bench.transport.calls
        bench.port.look_for_stall(7500)
        assert "abort" in bench.transport.calls

    run(story())


def test_error_is_the_reason(run: Run) -> None:
    """A connection that breaks is told with the error of the system."""

    async def story() -> None:
        bench = Bench()
        bench.port.connection_lost(ConnectionResetError(104, "Connection reset by peer"))
        assert bench.events[1:] == [Closed(2, "[Errno 104] Connection reset by peer")]

    run(story())


@pytest.mark.parametrize("bytes_max", [WRITE_BUFFER_BYTES_MAX, APP_QUEUE_BYTES_MAX])
def test_what_waits_is_bounded(run: Run, bytes_max: int) -> None:
    """WRITE_BUFFER_BYTES_MAX, for an app APP_QUEUE_BYTES_MAX, may wait for a peer; one byte more ends it."""
    assert Bounds().write_bytes_max == WRITE_BUFFER_BYTES_MAX

    async def story() -> None:
        bench = Bench(Bounds(write_bytes_max=bytes_max))
        bench.port.write(bytes(bytes_max))
        bench.port.flush()
        assert "abort" not in bench.transport.calls
        bench.transport.waiting -= 1  # the peer took a byte
        bench.port.write(b"x")
        bench.port.flush()
        assert "abort" not in bench.transport.calls
        bench.port.write(b"x")
        bench.port.flush()
        assert bench.transport.calls[-1] == "abort"
        bench.port.connection_lost(None)
        assert bench.events[-1] == Closed(2, f"more than {bytes_max} bytes wait for the peer")

    run(story())


def test_close_after_abort(run: Run) -> None:
    """Too much at once aborts; a close that follows, or was on its way, changes nothing."""

    async def story() -> None:
        bench = Bench(Bounds(write_bytes_max=10))
        bench.port.write(bytes(11))
        bench.port.close()
        bench.port.close()
        bench.port.flush()
        assert bench.transport.calls[1:] == ["abort"]
        bench.port.connection_lost(None)
        assert bench.events[1:] == [Closed(2, "more than 10 bytes wait for the peer")]

    run(story())


def test_reset_before_our_end(run: Run) -> None:
    """A peer that has reset the connection, which we have not heard yet, makes a close no error."""

    async def story() -> None:
        bench = Bench()
        bench.transport.eof_error = OSError(107, "Transport endpoint is not connected")
        bench.port.close()
        assert bench.transport.calls[1:] == ["eof", "abort"]
        bench.port.connection_lost(None)
        bench.port.resume_writing()
        assert bench.events[1:] == [Closed(2, "closed")]

    run(story())
