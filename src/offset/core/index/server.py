"""An index server: learns capacities, shares them with its peers, answers route requests (spec 04, 3).

    client ──► report ──► verifier ──► atlas
                             └───────► the other servers          each tick: time hash ──► everybody
    client ──► request ─► routes ────► client

Whoever drives it hands it what happens on authenticated connections and carries out the effects. It keeps nothing
on disk: after a restart it hears everything again within a minute.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from offset.base.entropy import Entropy, new_rand_value
from offset.base.ids import Conn, PublicKey
from offset.base.instants import Instant, earliest
from offset.base.limits import (
    INDEX_CHAIN_LINKS_MAX,
    INDEX_CLIENTS_MAX,
    INDEX_NODE_TICKS,
    INDEX_RELAYED_NODES_PER_CLIENT_MAX,
    INDEX_REPORT_COST,
    INDEX_REQUESTS_PER_CLIENT_MAX,
    INDEX_SEARCH_ARCS_MAX,
    INDEX_SEARCH_ARCS_PER_CLIENT,
    INDEX_SEARCH_ARCS_PER_TICK,
    INDEX_SWEEP_MS,
    INDEX_TICK_MS,
)
from offset.core.index.atlas import Atlas
from offset.core.index.clients import Client, Clients
from offset.core.index.effects import Effect, HangupConn, SendClients, SendPeers
from offset.core.index.federation import Federation
from offset.core.index.graph import CapacityRecord
from offset.core.index.hash_clock import Expansion
from offset.core.index.multi_routes import find_multi_routes
from offset.core.index.search import Budget
from offset.core.index.verifier import Verifier
from offset.wire.index import (
    ForwardMutationsUpdate,
    IndexClientToServer,
    IndexServerToServer,
    MultiRoute,
    MutationsUpdate,
    RequestRoutes,
    ResponseRoutes,
    TimeHash,
    TimeProofLink,
    UpdateFriendCurrency,
)

_BYTES_PER_MUTATION = 64
"""About so many a mutation has on the wire, or a little more."""


class IndexServerView(msgspec.Struct, frozen=True):
    """Counts at one moment, and totals since the start."""

    clients: int
    peers: int
    nodes: int
    """That reported during the last minute."""
    records: int
    reports: int
    reports_dropped: int
    requests: int
    requests_answered: int
    """With at least one route."""
    messages_skipped: int
    """Whole, but not for us: longer than we read, or with a name that is too long."""
    refusals: dict[str, int]
    """Clients turned away or hung up for others, by reason."""


class IndexServer:
    """The machine. Of a connection that it hangs up or replaces, later events are ignored."""

    def __init__(
        self,
        own: PublicKey,
        trusted: Mapping[PublicKey, str],
        entropy: Entropy,
        now: Instant,
        *,
        node_ticks: int = INDEX_NODE_TICKS,
        clients_max: int = INDEX_CLIENTS_MAX,
    ) -> None:
        """`own`: our public key. `trusted`: the server address of each peer. `node_ticks`: life of a silent node."""
        self._entropy = entropy
        self._verifier = Verifier(node_ticks)
        self._atlas = Atlas()
        self._federation = Federation(own, trusted, entropy, now)
        self._clients = Clients(clients_max)
        self._now = now
        self._tick_at = now
        self._sweep_at: Instant | None = None
        self._ticks = 0
        self._arcs_left = INDEX_SEARCH_ARCS_PER_TICK
        self._reports = self._reports_dropped = self._requests = self._requests_answered = 0
        self._messages_skipped = 0

    # Time

    def tick(self, now: Instant) -> list[Effect]:
        """Do what is due: a time hash each tick, attempts to reach peers. To be called first when it starts."""
        self._now = now
        effects: list[Effect] = [*self._federation.dial(now)]
        if now >= self._tick_at:
            self._tick_at += INDEX_TICK_MS
            if self._tick_at <= now:
                # After a standstill one tick, not many: nobody could have heard their hashes.
                self._tick_at = now + INDEX_TICK_MS
            effects += self._tick()
        if self._sweep_at is not None and now >= self._sweep_at:
            self._sweep()
        return effects

    def deadline(self) -> Instant | None:
        """When `tick` has something to do."""
        return earliest(self._tick_at, self._sweep_at, self._federation.deadline())

    def _tick(self) -> list[Effect]:
        self._ticks += 1
        self._arcs_left = INDEX_SEARCH_ARCS_PER_TICK
        made, silent = self._verifier.tick(new_rand_value(self._entropy))
        for node in silent:
            self._atlas.forget_node(node)
        if silent and self._sweep_at is None:
            self._sweep()
        hash, effects = TimeHash(made), list[Effect]()
        if peers := self._federation.conns():
            effects.append(SendPeers(peers, hash))
        if len(self._clients):
            effects.append(SendClients(self._clients.conns(), hash))
        return effects + self._clients.tick(self._now)

    def _sweep(self) -> None:
        """Large nodes go in slices, so that nobody waits for them."""
        self._sweep_at = self._now + INDEX_SWEEP_MS if self._atlas.sweep() else None

    # Clients

    def client_opened(self, conn: Conn, key: PublicKey, address: str) -> list[Effect]:
        """A node at `address` connected and proved its key. Its older connection, if any, is dead or useless (R7).

        It hears the newest time hash at once, so that it can report without waiting for the next tick.
        """
        effects: list[Effect] = [*self._clients.opened(conn, key, address)]
        if self._clients.get(conn) is not None and self._verifier.clock.current is not None:
            effects.append(SendClients((conn,), TimeHash(self._verifier.clock.current)))
        return effects

    def client_message(self, conn: Conn, message: IndexClientToServer) -> list[Effect]:
        """A node reports (about itself or, relaying, another node), or asks for routes."""
        client = self._clients.get(conn)
        if client is None:
            return []
        if isinstance(message, MutationsUpdate):
            cost = INDEX_REPORT_COST + len(message.index_mutations)
            return self._report_of(client, message, cost) + self._clients.spend(client, cost, self._now)
        routes = self._routes(client, message)
        return [SendClients((conn,), ResponseRoutes(message.request_id, routes))]

    def skipped(self, conn: Conn, size: int) -> list[Effect]:
        """A message of `size` bytes was passed over, since somebody put a name into it that is too long for us.

        The line stays: a server may have passed it on in good faith, and a client has other things to say.
        """
        self._messages_skipped += 1
        client = self._clients.get(conn)
        if client is None:
            return []
        cost = INDEX_REPORT_COST + size // _BYTES_PER_MUTATION
        return [*self._clients.spend(client, cost, self._now)]

    # Peers

    def peer_opened(self, conn: Conn, key: PublicKey, dialed: bool, now: Instant) -> list[Effect]:
        """A server proved its key, on its connection or on one that we dialed."""
        is_kept, replaced = self._federation.opened(conn, key, dialed, now)
        if not is_kept:
            return [HangupConn(conn)]
        # It may have been started anew.
        self._verifier.clock.remove_neighbor(key)
        effects: list[Effect] = [] if replaced is None else [HangupConn(replaced)]
        if self._verifier.clock.current is not None:
            effects.append(SendPeers((conn,), TimeHash(self._verifier.clock.current)))
        return effects

    def peer_message(self, conn: Conn, message: IndexServerToServer) -> list[Effect]:
        """A server passes on a report, or tells its time hash."""
        key = self._federation.key_of(conn)
        if key is None:
            return []
        if isinstance(message, ForwardMutationsUpdate):
            return self._forwarded(message, conn)
        self._verifier.clock.neighbor_tick(key, message.hash)
        return []

    def dial_failed(self, key: PublicKey, now: Instant) -> list[Effect]:
        """What DialPeer asked for did not come about."""
        self._federation.dial_failed(key, now)
        return []

    # Both

    def closed(self, conn: Conn, now: Instant) -> list[Effect]:
        """A connection is over. What the node stated stays until it is silent for too long."""
        if self._clients.forget(conn):
            return []
        key = self._federation.closed(conn, now)
        if key is not None:
            self._verifier.clock.remove_neighbor(key)
        return [*self._federation.dial(now)]

    def congested(self, conn: Conn) -> list[Effect]:
        """What was sent waits. A slow client is not read meanwhile.

        A slow peer gets no more reports for now; the nodes will repeat them (R10).
        """
        self._federation.congested(conn)
        return [*self._clients.congested(conn, True)]

    def drained(self, conn: Conn) -> list[Effect]:
        """What waited is on its way."""
        self._federation.drained(conn)
        return [*self._clients.congested(conn, False)]

    def view(self) -> IndexServerView:
        """The counts of this moment."""
        return IndexServerView(
            clients=len(self._clients),
            peers=len(self._federation.conns()),
            nodes=len(self._verifier.ratchets),
            records=len(self._atlas),
            reports=self._reports,
            reports_dropped=self._reports_dropped,
            requests=self._requests,
            requests_answered=self._requests_answered,
            messages_skipped=self._messages_skipped,
            refusals=dict(self._clients.refusals),
        )

    def records(self) -> Iterator[tuple[PublicKey, CapacityRecord]]:
        """All that nodes have stated and that is still believed, with the node that stated it."""
        return self._atlas.records()

    # Inside

    def _report_of(self, client: Client, update: MutationsUpdate, cost: int) -> list[Effect]:
        """What a client says of its own node, or of another."""
        node, report = update.node_public_key, ForwardMutationsUpdate(update, ())
        if node == client.key:
            # Not read while it says more than its pace.
            return self._take(report, None, self._verifier.accept(report, is_own=True))
        is_first = node not in self._verifier.ratchets
        if is_first and client.relayed >= INDEX_RELAYED_NODES_PER_CLIENT_MAX:
            self._reports_dropped += 1
            return []
        link = self._accept_paced(report, cost)
        client.relayed += is_first and link is not None
        return self._take(report, None, link)

    def _forwarded(self, report: ForwardMutationsUpdate, origin: Conn) -> list[Effect]:
        cost = INDEX_REPORT_COST + len(report.mutations_update.index_mutations)
        return self._take(report, origin, self._accept_paced(report, cost))

    def _accept_paced(self, report: ForwardMutationsUpdate, cost: int) -> Expansion | None:
        """The next link of the chain, None when the report is not to be believed, or its node says too much."""
        link = self._verifier.accept(report)
        # Only what the node has signed counts: others must not use up its pace.
        node = report.mutations_update.node_public_key
        return link if link is None or self._verifier.ratchets.spend(node, cost, self._now) else None

    def _take(
        self, report: ForwardMutationsUpdate, origin: Conn | None, link: Expansion | None
    ) -> list[Effect]:
        if link is None:
            self._reports_dropped += 1
            return []
        self._reports += 1
        is_known = self._apply(report.mutations_update)
        chain = (*report.time_proof_chain, TimeProofLink(link))
        peers = self._federation.conns_with_room(but=origin)
        # A reference server ends when a remove comes in a currency it has no graph of (R2). What we have none
        # of it may have none of either; the node will say it again.
        if not peers or not is_known or len(chain) > INDEX_CHAIN_LINKS_MAX:
            return []
        return [SendPeers(peers, ForwardMutationsUpdate(report.mutations_update, chain))]

    def _apply(self, update: MutationsUpdate) -> bool:
        """Take the changes in; whether every currency that something was removed from was known."""
        node, is_known = update.node_public_key, True
        self._atlas.age(node)
        for mutation in update.index_mutations:
            if isinstance(mutation, UpdateFriendCurrency):
                self._atlas.update(
                    node, mutation.currency, mutation.public_key, mutation.recv_capacity, mutation.rate
                )
            else:
                is_known = is_known and self._atlas.graph(mutation.currency) is not None
                self._atlas.remove(node, mutation.currency, mutation.public_key)
        return is_known

    def _routes(self, client: Client, request: RequestRoutes) -> tuple[MultiRoute, ...]:
        """Found within the budgets; under too much load an empty answer comes first of all (spec 04, 7.9)."""
        self._requests += 1
        if client.asked_tick != self._ticks:
            client.asked_tick, client.asked, client.arcs = self._ticks, 0, 0
        client.asked += 1
        graph = self._atlas.graph(request.currency)
        arcs = min(INDEX_SEARCH_ARCS_MAX, INDEX_SEARCH_ARCS_PER_CLIENT - client.arcs, self._arcs_left)
        if graph is None or client.asked > INDEX_REQUESTS_PER_CLIENT_MAX or arcs <= 0:
            return ()
        budget = Budget(arcs)
        routes = find_multi_routes(graph, request, budget)
        touched = arcs - max(0, budget.arcs)
        client.arcs += touched
        self._arcs_left -= touched
        self._requests_answered += bool(routes)
        return routes
