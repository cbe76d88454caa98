"""How an engine meets the world: a closed set of events and effects.

One asyncio driver and one simulator run every engine. Connections have numbers: even ones come from a
listener, odd ones are dialed by the engine.
"""

from __future__ import annotations

from typing import Any, Protocol, dataclass_transform, runtime_checkable

import msgspec

from offset.base.ids import Conn
from offset.base.instants import Instant

Rows = dict[Any, Any]
"""Changes of rows: the key of each, and the record that now stands there (None: the row is gone).

Nodes and cards have keys and records of their own; an app, which commits nothing, starts without either.
"""


@dataclass_transform(frozen_default=True)
class Event(msgspec.Struct, frozen=True, gc=False):
    """Something that happened."""


class Opened(Event):
    """A listener took a connection (`listener` names it), or a dial succeeded (`listener` is empty)."""

    conn: Conn
    peer: str
    listener: str


class Received(Event):
    """Bytes arrived, in order, cut anywhere."""

    conn: Conn
    data: bytes


class Closed(Event):
    """The connection is over, whoever ended it, or the dial failed. Nothing follows for this number."""

    conn: Conn
    reason: str


class Congested(Event):
    """What was written waits in memory beyond the high mark: write less."""

    conn: Conn


class Drained(Event):
    """The waiting bytes fell below the low mark."""

    conn: Conn


class Woken(Event):
    """The instant of `deadline()` has come, or somebody wants the engine to look at the time."""


class NetworkChanged(Event):
    """The machine slept, or has other addresses than before: connections may be dead (spec 02, W34)."""


class Persisted(Event):
    """Every commit up to and including this number is durable."""

    number: int


@dataclass_transform(frozen_default=True)
class Effect(msgspec.Struct, frozen=True, gc=False):
    """Something to do."""


class Dial(Effect):
    """Open a connection to `host:port`; answered by Opened or Closed."""

    conn: Conn
    address: str
    public_only: bool = False
    """Only to an address of the public network, whatever the name of the host stands for (spec 02, W29)."""


class Write(Effect):
    """Send bytes, in order, after all earlier ones."""

    conn: Conn
    data: bytes


class Close(Effect):
    """End the connection once what was written is on its way; answered by Closed."""

    conn: Conn


class Pause(Effect):
    """Read no more from this connection for now."""

    conn: Conn


class Resume(Effect):
    """Read again."""

    conn: Conn


class Persist(Effect):
    """Make these changes durable, atomically, after all earlier ones; answered by Persisted."""

    number: int
    changes: Rows


class Tell(Effect):
    """Something a person may want to read in the log, or the embedding program wants to know."""

    topic: str
    detail: Any


class Stop(Effect):
    """End the program with a failure: it must not go on, and a start anew would change nothing."""

    reason: str
    """One or more sentences for the person who runs it, each on a line."""


class Engine(Protocol):
    """A program without its sockets, clock, disk and chance."""

    def handle(self, event: Event, now: Instant) -> list[Effect]:
        """Take one event, return what is to be done, in order. Never raises because of a peer."""
        ...

    def deadline(self) -> Instant | None:
        """When the engine wants to be woken next."""
        ...


@runtime_checkable
class Startable(Protocol):
    """An engine that has something to do before its first event."""

    def start(self, now: Instant) -> list[Effect]:
        """What to do first."""
        ...
