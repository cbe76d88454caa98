"""Whom an engine lets in: the bounds of connections and of handshakes under way (spec 02, W8).

    connection ──► counted ──► handshake ──► open       turned away, or given way, with a reason that is counted
                      └──────────────┴──► turned away

A dialed connection is never counted here. Invariant: every handshake belongs to a connection that is counted, and the
tally of sources is that of the handshakes.
"""

from __future__ import annotations

from offset.base.ids import Conn
from offset.base.peer_addresses import Tally, is_exempt, source_of


class Callers:
    """The connections that others made to us."""

    def __init__(self, *, connections_max: int, handshakes_max: int, handshakes_per_address_max: int) -> None:
        """The limit per address does not hold for this machine's own."""
        self._connections_max = connections_max
        self._handshakes_max = handshakes_max
        self._handshakes_per_address_max = handshakes_per_address_max
        self._connected: set[Conn] = set()
        """Until the driver says Closed: they hold a descriptor. Never walked."""
        self._handshakes: dict[Conn, str | None] = {}
        """What each is counted under, None when its address is exempt; whoever spoke last stands last."""
        self._per_source = Tally()
        self._refusals: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._connected)

    @property
    def handshakes(self) -> int:
        """How many have not proved their key yet."""
        return len(self._handshakes)

    @property
    def refusals(self) -> dict[str, int]:
        """Callers turned away, by reason."""
        return dict(self._refusals)

    def arrived(self, conn: Conn, peer: str) -> str | None:
        """A caller is here: why it must go, or None if it may begin its handshake."""
        assert conn not in self._connected, "the driver gives each connection a number of its own"
        self._connected.add(conn)
        if len(self._connected) > self._connections_max:
            return "connections"
        source = None if is_exempt(peer) else source_of(peer)
        if source is not None and self._per_source.of(source) >= self._handshakes_per_address_max:
            return "handshakes per address"
        return None

    def to_give_way(self) -> Conn | None:
        """Who must go before one more may begin: whoever has said nothing for longest, None while there is room.

        So half-open connections cannot keep newcomers out.
        """
        return next(iter(self._handshakes)) if len(self._handshakes) >= self._handshakes_max else None

    def begin(self, conn: Conn, peer: str) -> None:
        """The handshake of a caller begins."""
        source = None if is_exempt(peer) else source_of(peer)
        if source is not None:
            self._per_source.add(source, 1)
        self._handshakes[conn] = source

    def is_new(self, conn: Conn) -> bool:
        """Whether it is a caller whose handshake is under way."""
        return conn in self._handshakes

    def spoke(self, conn: Conn) -> None:
        """A caller went on with its handshake."""
        if conn in self._handshakes:
            self._handshakes[conn] = self._handshakes.pop(conn)

    def finish(self, conn: Conn) -> None:
        """Its handshake is done, or is no more; nothing happens when it was finished before."""
        source = self._handshakes.pop(conn, None)
        if source is not None:
            self._per_source.add(source, -1)

    def count_refusal(self, reason: str) -> None:
        """A caller is turned away."""
        self._refusals[reason] = self._refusals.get(reason, 0) + 1

    def closed(self, conn: Conn) -> None:
        """The driver has closed the connection."""
        self._connected.discard(conn)

    def admit_no_more(self) -> None:
        """Whoever comes from now on is turned away."""
        self._connections_max = 0
