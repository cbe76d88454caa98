"""Friends who wait for us at a relay: which of them we answer, and how many at once (spec 02, 5.2; W27, W28)."""

from __future__ import annotations

from collections import Counter

from offset.base.ids import PublicKey
from offset.base.instants import Instant
from offset.base.limits import ACCEPTS_MAX, INNER_HANDSHAKES_MAX, RELAY_ATTEMPTS_MAX
from offset.core.channeler.lines import Stage, Tunnel, Tunnels
from offset.wire.common import RelayAddress


class Accepting:
    """The tunnels we accept, until the friend has proved its key."""

    __slots__ = ("_pending", "_tunnels")

    def __init__(self, tunnels: Tunnels) -> None:
        self._tunnels = tunnels
        self._pending: dict[tuple[PublicKey, PublicKey], Tunnel] = {}  # by relay and friend, oldest first

    def incoming(self, relay: RelayAddress, friend: PublicKey, now: Instant) -> bool:
        """An admitted friend waits at `relay`; returns False when it must be rejected."""
        pair = (relay.public_key, friend)
        older = self._pending.get(pair)
        if older is not None:
            if older.stage is Stage.OPENING:
                return True  # our Accept is on its way, and takes whoever waits when it arrives
            self._drop(older)  # the friend has left that tunnel, or it would not ask again
        pending = list(self._pending.values())
        opening = [tunnel for tunnel in pending if tunnel.stage is Stage.OPENING]
        for tunnels, limit in ((opening, ACCEPTS_MAX), (pending, INNER_HANDSHAKES_MAX)):
            if len(tunnels) >= limit and not self._make_room(tunnels, relay.public_key):
                return False
        # A friend tries several relays at once (W23) and goes on with one of them, so one slot would not do.
        same = [tunnel for tunnel in self._pending.values() if tunnel.friend == friend]
        if len(same) >= RELAY_ATTEMPTS_MAX:
            self._drop(same[0])
        self._pending[pair] = self._tunnels.start(friend, relay, False, now)
        return True

    def settled(self, tunnel: Tunnel) -> None:
        """The tunnel is up or over: it needs no slot any more."""
        pair = (tunnel.relay.public_key, tunnel.friend)
        if self._pending.get(pair) is tunnel:
            del self._pending[pair]

    def leg_lost(self, relay: PublicKey) -> None:
        """We do not listen at `relay` any more, so it has nobody to join us with."""
        for tunnel in list(self._pending.values()):
            if tunnel.relay.public_key == relay and tunnel.stage is Stage.OPENING:
                self._drop(tunnel)

    def remove(self, friend: PublicKey) -> list[PublicKey]:
        """Accept `friend` no more; returns the relays where it still waits."""
        tunnels = [tunnel for tunnel in self._pending.values() if tunnel.friend == friend]
        for tunnel in tunnels:
            self._drop(tunnel)
        return [tunnel.relay.public_key for tunnel in tunnels if tunnel.stage is Stage.OPENING]

    def _make_room(self, tunnels: list[Tunnel], relay: PublicKey) -> bool:
        """End the oldest of these at the relay that has most, unless the newcomer's has about as many.

        A relay that announces many and lets our lines hang must not keep out who waits at another one.
        """
        counts = Counter(tunnel.relay.public_key for tunnel in tunnels)
        (fullest, count), *_ = counts.most_common(1)
        if count <= counts[relay] + 1:
            return False
        self._drop(next(tunnel for tunnel in tunnels if tunnel.relay.public_key == fullest))
        return True

    def _drop(self, tunnel: Tunnel) -> None:
        self._tunnels.drop(tunnel)
        self.settled(tunnel)
