"""Tunnels: outer lines that carry an inner line, whoever of the two peers began (spec 02, 4.3).

    OPENING ──(line opened, Connect or Accept sent)──► ASKED ──(the peer's nonce)──► SHAKING ──(its proof)──► UP

The outer line and the inner line live and die together (6.8).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

from offset.base.ids import PublicKey
from offset.base.instants import Instant
from offset.base.limits import CONNECT_MS, HANDSHAKE_MS
from offset.core.meeting.effects import LineId
from offset.core.meeting.effects_buffer import Alarm, EffectsBuffer
from offset.core.meeting.inner_line import InnerLine, MakeInner
from offset.crypto.signer import Signer
from offset.wire.common import RelayAddress
from offset.wire.relay import INIT_CONNECTION, Accept, Connect


class TunnelStage(enum.Enum):
    """How far a tunnel is."""

    OPENING = "opening"
    ASKED = "asked"
    SHAKING = "shaking"
    UP = "up"


@dataclass(slots=True, eq=False)
class Tunnel:
    """One outer line on its way to a peer."""

    line: LineId
    peer: PublicKey
    relay: RelayAddress
    is_ours: bool
    """We connect; otherwise we accept."""
    since: Instant
    """When it began; once it is UP, since when it is."""
    stage: TunnelStage = TunnelStage.OPENING
    inner: InnerLine | None = None
    is_congested: bool = False


class Tunnels:
    """All tunnels by line."""

    __slots__ = ("_allow_private", "_buffer", "_by_line", "_make_inner", "_speaker")

    def __init__(
        self,
        buffer: EffectsBuffer[Any],
        make_inner: MakeInner,
        *,
        allow_private: bool = True,
        speaker: Signer | None = None,
    ) -> None:
        """`allow_private`: peers may lead us to addresses inside our own network.

        `speaker`: whom to be on these lines; None: whoever the machine is. `make_inner` makes it the same one.
        """
        self._speaker = speaker
        self._allow_private = allow_private
        self._buffer = buffer
        self._make_inner = make_inner
        self._by_line: dict[LineId, Tunnel] = {}

    def get(self, line: LineId) -> Tunnel | None:
        """The tunnel that uses this line."""
        return self._by_line.get(line)

    def start(self, peer: PublicKey, relay: RelayAddress, is_ours: bool, now: Instant) -> Tunnel:
        """Begin to connect to `peer`, or to accept it, through `relay`."""
        # We accept where we listen ourselves.
        is_chosen_by_peer = is_ours
        line = self._buffer.open(
            relay, public_only=is_chosen_by_peer and not self._allow_private, speaker=self._speaker
        )
        tunnel = self._by_line[line] = Tunnel(line, peer, relay, is_ours, now)
        # Who waits for our Accept gives up after 8 s, so nothing later is of use (section 10, rule 5).
        limit_ms = CONNECT_MS + HANDSHAKE_MS if is_ours else HANDSHAKE_MS
        self._buffer.alarms.set((Alarm.LINE, line), now + limit_ms)
        return tunnel

    def opened(self, tunnel: Tunnel, now: Instant) -> None:
        """The line is up: say what we want, and the inner nonce, but no more before the peer speaks."""
        wish = Connect(tunnel.peer) if tunnel.is_ours else Accept(tunnel.peer)
        self._buffer.send(tunnel.line, INIT_CONNECTION.encode(wish))
        tunnel.stage = TunnelStage.ASKED
        tunnel.inner = self._make_inner(tunnel.peer, now)
        self._buffer.alarms.stop((Alarm.LINE, tunnel.line))
        self.flush(tunnel)

    def receive(self, tunnel: Tunnel, data: bytes, now: Instant) -> list[bytes]:
        """What the peer says. Raises PeerFault. What the inner line answers waits for `flush`."""
        assert tunnel.inner is not None
        messages = tunnel.inner.receive(data, now)
        if tunnel.stage is TunnelStage.ASKED:
            tunnel.stage = TunnelStage.SHAKING
        return messages

    def is_proved(self, tunnel: Tunnel) -> bool:
        """Whether the peer has just proved its key."""
        return (
            tunnel.stage is TunnelStage.SHAKING
            and tunnel.inner is not None
            and tunnel.inner.remote is not None
        )

    def send(self, tunnel: Tunnel, data: bytes, now: Instant) -> None:
        """Say something to the peer; the tunnel is UP."""
        assert tunnel.inner is not None
        tunnel.inner.send(data, now)
        self.flush(tunnel)

    def tick(self, tunnel: Tunnel, now: Instant) -> bool:
        """The alarm of a tunnel; returns False when the line took too long to open. Raises PeerFault."""
        if tunnel.inner is None:
            return False
        tunnel.inner.tick(now)
        self.flush(tunnel)
        return True

    def flush(self, tunnel: Tunnel) -> None:
        """Send what the inner line has to say, and see to it that it is woken in time."""
        assert tunnel.inner is not None
        for message in tunnel.inner.outgoing():
            self._buffer.send(tunnel.line, message)
        name, at = (Alarm.LINE, tunnel.line), tunnel.inner.deadline()
        alarm = self._buffer.alarms.at(name)
        # One that rings too early does no harm, and saves work per message.
        if alarm is None or at < alarm:
            self._buffer.alarms.set(name, at)

    def drop(self, tunnel: Tunnel) -> None:
        """Close the line and forget it."""
        self._buffer.close(tunnel.line)
        self.forget(tunnel)

    def forget(self, tunnel: Tunnel) -> None:
        """The line is over."""
        del self._by_line[tunnel.line]
        self._buffer.alarms.stop((Alarm.LINE, tunnel.line))
