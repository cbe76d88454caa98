"""Peers at our relays whom we do not know: let in while a node has lost its list of friends (docs/RECOVERY.md).

    waits at the relay ──(room)──► tunnel ──(proves its key)──► up, for STRANGER_MS ──► rests for STRANGER_REST_MS
                     └──(none, or it rests)──► rejected; it knocks again

Anybody can make keys, so strangers only share STRANGERS_MAX places, and none keeps its own. They are not dialed.
"""

from __future__ import annotations

import enum

from offset.base.ids import PublicKey
from offset.base.instants import Instant
from offset.base.limits import STRANGER_MS, STRANGER_REST_MS, STRANGERS_MAX, STRANGERS_RESTING_MAX
from offset.core.channeler.effects import News, StrangerUp
from offset.core.meeting.effects_buffer import EffectsBuffer
from offset.core.meeting.tunnels import Tunnel, Tunnels, TunnelStage


class StrangerAlarm(enum.Enum):
    """Why a stranger is to be thought of."""

    LEAVE = "leave"
    """It has had its time."""


class Strangers:
    """The links of peers that are no friends."""

    __slots__ = ("_buffer", "_is_open", "_resting", "_tunnels", "_up")

    def __init__(self, buffer: EffectsBuffer[News], tunnels: Tunnels, *, is_open: bool) -> None:
        """`is_open`: let them in at all."""
        self._buffer, self._tunnels, self._is_open = buffer, tunnels, is_open
        self._up: dict[PublicKey, Tunnel] = {}
        self._resting: dict[PublicKey, Instant] = {}
        """Until when each is not let in again; the oldest first."""

    def admits(self, peer: PublicKey, now: Instant) -> bool:
        """Whether this peer, who is no friend, may try to prove its key."""
        return self._is_open and len(self._up) < STRANGERS_MAX and self._resting.get(peer, now) <= now

    def linked(self, tunnel: Tunnel, now: Instant) -> None:
        """It has proved its key."""
        if len(self._up) >= STRANGERS_MAX:
            self._tunnels.drop(tunnel)
            return
        self.leave(tunnel.peer, now)
        tunnel.stage, tunnel.since = TunnelStage.UP, now
        self._up[tunnel.peer] = tunnel
        self._buffer.alarms.set((StrangerAlarm.LEAVE, tunnel.peer), now + STRANGER_MS)
        self._buffer.tell(StrangerUp(tunnel.peer))

    def send(self, peer: PublicKey, data: bytes, now: Instant) -> None:
        """Say something to a stranger; to one that has left, or reads slowly, nothing is said."""
        tunnel = self._up.get(peer)
        if tunnel is not None and not tunnel.is_congested:
            self._tunnels.send(tunnel, data, now)

    def leave(self, peer: PublicKey, now: Instant) -> None:
        """Whatever it had to say was said: others are let in, and it is not for a while."""
        tunnel = self._up.get(peer)
        if tunnel is None:
            return
        self._tunnels.drop(tunnel)
        self.ended(tunnel)
        self._resting.pop(peer, None)
        self._resting[peer] = now + STRANGER_REST_MS
        if len(self._resting) > STRANGERS_RESTING_MAX:
            del self._resting[next(iter(self._resting))]

    def ended(self, tunnel: Tunnel) -> None:
        """The line of a tunnel is over, and forgotten."""
        if self._up.get(tunnel.peer) is tunnel:
            del self._up[tunnel.peer]
            self._buffer.alarms.stop((StrangerAlarm.LEAVE, tunnel.peer))

    def befriended(self, peer: PublicKey, now: Instant) -> None:
        """It is a friend from now on, and is reached as friends are."""
        self.leave(peer, now)
        self._resting.pop(peer, None)
