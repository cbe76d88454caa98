"""Peers that wait for us at a relay: which of them we answer, and how many at once (spec 02, 5.2; W27, W28)."""

from __future__ import annotations

from collections import Counter

from offset.base.ids import PublicKey
from offset.base.instants import Instant
from offset.base.limits import ACCEPTS_MAX, INNER_HANDSHAKES_MAX, RELAY_ATTEMPTS_MAX
from offset.core.meeting.tunnels import Tunnel, Tunnels, TunnelStage
from offset.wire.common import RelayAddress

Pair = tuple[PublicKey, PublicKey]
"""A relay, and a peer that waits there."""


class Accepting:
    """The tunnels we accept, until the peer has proved its key."""

    __slots__ = ("_pending", "_tunnels")

    def __init__(self, tunnels: Tunnels) -> None:
        self._tunnels = tunnels
        self._pending: dict[Pair, Tunnel] = {}
        """Oldest first."""

    def incoming(self, relay: RelayAddress, peer: PublicKey, now: Instant) -> list[Pair]:
        """An admitted peer waits at `relay`; returns who must be rejected: it, or another one that gave way to it."""
        pair = (relay.public_key, peer)
        older = self._pending.get(pair)
        if older is not None:
            if older.stage is TunnelStage.OPENING:
                # Our Accept is on its way, and takes whoever waits when it arrives.
                return []
            # The peer has left that tunnel, or it would not ask again.
            self._drop(older)
        rejected: list[Pair] = []
        if full := self._full():
            victim = _victim(full, relay.public_key)
            if victim is None:
                return [pair]
            self._drop(victim)
            if victim.stage is TunnelStage.OPENING:
                rejected = [(victim.relay.public_key, victim.peer)]
        # A peer tries several relays at once (W23) and goes on with one of them, so one slot would not do.
        same = [tunnel for tunnel in self._pending.values() if tunnel.peer == peer]
        if len(same) >= RELAY_ATTEMPTS_MAX:
            self._drop(same[0])
        self._pending[pair] = self._tunnels.start(peer, relay, False, now)
        return rejected

    def __len__(self) -> int:
        return len(self._pending)

    def has_room(self) -> bool:
        """Whether another peer can be accepted without anybody giving way."""
        return not self._full()

    def settled(self, tunnel: Tunnel) -> None:
        """The tunnel is up or over: it needs no slot any more."""
        pair = (tunnel.relay.public_key, tunnel.peer)
        if self._pending.get(pair) is tunnel:
            del self._pending[pair]

    def leg_lost(self, relay: PublicKey) -> None:
        """We do not listen at `relay` any more, so it has nobody to join us with."""
        for tunnel in list(self._pending.values()):
            if tunnel.relay.public_key == relay and tunnel.stage is TunnelStage.OPENING:
                self._drop(tunnel)

    def remove(self, peer: PublicKey) -> list[PublicKey]:
        """Accept `peer` no more; returns the relays where it still waits."""
        tunnels = [tunnel for tunnel in self._pending.values() if tunnel.peer == peer]
        for tunnel in tunnels:
            self._drop(tunnel)
        return [tunnel.relay.public_key for tunnel in tunnels if tunnel.stage is TunnelStage.OPENING]

    def _full(self) -> list[Tunnel]:
        """Those of which one must end before another can begin, oldest first; empty while there is room.

        One that is opening counts for both limits, so its end makes room under both.
        """
        pending = list(self._pending.values())
        opening = [tunnel for tunnel in pending if tunnel.stage is TunnelStage.OPENING]
        if len(opening) >= ACCEPTS_MAX:
            return opening
        return pending if len(pending) >= INNER_HANDSHAKES_MAX else []

    def _drop(self, tunnel: Tunnel) -> None:
        self._tunnels.drop(tunnel)
        self.settled(tunnel)


def _victim(tunnels: list[Tunnel], relay: PublicKey) -> Tunnel | None:
    """The oldest of these at the relay that has most, for a newcomer at `relay`; None if that has about as many.

    A relay that announces many and lets our lines hang must not keep out who waits at another one.
    """
    counts = Counter(tunnel.relay.public_key for tunnel in tunnels)
    ((fullest, count),) = counts.most_common(1)
    if count <= counts[relay] + 1:
        return None
    return next(tunnel for tunnel in tunnels if tunnel.relay.public_key == fullest)
