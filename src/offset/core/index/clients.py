"""The clients of an index server: who is let in, who gives way, and who is not read for a while (spec 04, 3.10).

Places are shared by address: one address holds a few hundred at most, and when all are taken the address that holds
most gives way to a newcomer from another. Reports are shared by client: whoever says more than its pace is not read
until it may go on, so nothing that it says is lost.
"""

from __future__ import annotations

from offset.base.ids import Conn, PublicKey
from offset.base.instants import Instant
from offset.base.limits import (
    INDEX_CLIENTS_MAX,
    INDEX_CLIENTS_PER_ADDRESS_MAX,
    INDEX_REPORTS_COST_BURST,
    INDEX_REPORTS_COST_PER_SECOND,
)
from offset.base.peer_addresses import is_exempt, source_of
from offset.base.token_bucket import TokenBucket
from offset.core.index.census import Census
from offset.core.index.effects import HangupConn, PauseConn, ResumeConn

SteerEffect = PauseConn | ResumeConn


class Client:
    """One connected node, and what it has used up."""

    __slots__ = (
        "arcs",
        "asked",
        "asked_tick",
        "bucket",
        "conn",
        "is_congested",
        "is_paused",
        "key",
        "relayed",
        "source",
        "spent_until",
    )

    def __init__(self, conn: Conn, key: PublicKey, source: str | None) -> None:
        """`source`: what its address is counted under; None when no limit holds for it."""
        self.conn = conn
        self.key = key
        self.source = source
        self.asked_tick = 0
        self.asked = 0
        """Requests during that tick."""
        self.arcs = 0
        """Arcs touched for these requests."""
        self.relayed = 0
        """Other nodes that it was the first to report of."""
        self.bucket = TokenBucket(INDEX_REPORTS_COST_PER_SECOND, INDEX_REPORTS_COST_BURST)
        self.spent_until: Instant | None = None
        """Until when it has said more than its pace."""
        self.is_congested = False
        """Whether it does not take what it is sent."""
        self.is_paused = False


class Clients:
    """The table of clients, one for each key."""

    __slots__ = (
        "_by_conn",
        "_clients_max",
        "_conn_of",
        "_from",
        "_newest",
        "_per_address_max",
        "_spent",
        "refusals",
    )

    def __init__(
        self,
        clients_max: int = INDEX_CLIENTS_MAX,
        per_address_max: int = INDEX_CLIENTS_PER_ADDRESS_MAX,
    ) -> None:
        self._clients_max = clients_max
        self._per_address_max = per_address_max
        self._by_conn: dict[Conn, Client] = {}
        self._conn_of: dict[PublicKey, Conn] = {}
        self._from: Census[str] = Census()
        """Clients by address."""
        self._newest: dict[str, dict[Conn, None]] = {}
        """The connections of each address, the newest last."""
        self._spent: dict[Conn, Client] = {}
        """Those that have said more than their pace."""
        self.refusals: dict[str, int] = {}
        """How many were turned away or gave way, by reason."""

    def __len__(self) -> int:
        return len(self._by_conn)

    def get(self, conn: Conn) -> Client | None:
        """The client on this connection, if it is one that we keep."""
        return self._by_conn.get(conn)

    def conns(self) -> tuple[Conn, ...]:
        """All connections."""
        return tuple(self._by_conn)

    # Places

    def opened(self, conn: Conn, key: PublicKey, address: str) -> list[HangupConn]:
        """A node at `address` proved its key: whom to hang up for its sake, which may be itself.

        Its older connection, if any, is dead or useless (R7). Limits per address do not hold for this machine's own.
        """
        hung_up: list[HangupConn] = []
        source = None if is_exempt(address) else source_of(address)
        older = self._conn_of.get(key)
        if older is not None:
            self.forget(older)
            hung_up.append(HangupConn(older))
        if source is not None and self._from.of(source) >= self._per_address_max:
            return [*hung_up, self._refuse(conn, "clients per address")]
        if len(self._by_conn) >= self._clients_max:
            fullest = self._from.fullest_beside("" if source is None else source)
            if fullest is None:
                return [self._refuse(conn, "clients")]
            # The newest of the address: those before it came when it was less crowded.
            leaver = next(reversed(self._newest[fullest]))
            self.forget(leaver)
            hung_up.append(self._refuse(leaver, "gave way to another address"))
        self._by_conn[conn] = Client(conn, key, source)
        self._conn_of[key] = conn
        if source is not None:
            self._from.add(source)
            self._newest.setdefault(source, {})[conn] = None
        return hung_up

    def forget(self, conn: Conn) -> bool:
        """A connection is over; returns whether it was a client's."""
        client = self._by_conn.pop(conn, None)
        if client is None:
            return False
        del self._conn_of[client.key]
        self._spent.pop(conn, None)
        if client.source is not None:
            self._from.remove(client.source)
            conns = self._newest[client.source]
            del conns[conn]
            if not conns:
                del self._newest[client.source]
        return True

    # Pace

    def spend(self, client: Client, cost: int, now: Instant) -> list[SteerEffect]:
        """Count what a client said. Beyond its pace it is not read until it may go on."""
        back_at = client.bucket.spend(cost, now)
        if back_at <= now:
            return []
        client.spent_until = back_at
        self._spent[client.conn] = client
        return _steer(client)

    def tick(self, now: Instant) -> list[SteerEffect]:
        """Read again from those who may go on."""
        effects: list[SteerEffect] = []
        for conn, client in list(self._spent.items()):
            if client.spent_until is not None and client.spent_until <= now:
                client.spent_until = None
                del self._spent[conn]
                effects += _steer(client)
        return effects

    def congested(self, conn: Conn, is_congested: bool) -> list[SteerEffect]:
        """Whoever does not take its answers asks no more until it does."""
        client = self._by_conn.get(conn)
        if client is None:
            return []
        client.is_congested = is_congested
        return _steer(client)

    def _refuse(self, conn: Conn, reason: str) -> HangupConn:
        self.refusals[reason] = self.refusals.get(reason, 0) + 1
        return HangupConn(conn)


def _steer(client: Client) -> list[SteerEffect]:
    """Read from `client` or not, as it must be now."""
    is_paused = client.is_congested or client.spent_until is not None
    if client.is_paused == is_paused:
        return []
    client.is_paused = is_paused
    return [PauseConn(client.conn) if is_paused else ResumeConn(client.conn)]
