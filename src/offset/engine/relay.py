"""The engine of strelay: lines below, the relay's machine above (spec 02, 3).

Received ──► lines ──► message ──► relay ──► Send to the other leg ──► lines ──► Write
"""

from __future__ import annotations

from offset.base.entropy import Entropy
from offset.base.instants import Instant, earliest
from offset.base.limits import COUNTERS_MS, RELAY_HANDSHAKES_MAX, RELAY_HANDSHAKES_PER_ADDRESS_MAX
from offset.core.relay import Effect as RelayEffect
from offset.core.relay import Hangup, Pause, Quotas, Relay, RelayView, Resume, Send
from offset.crypto.identity import Identity
from offset.engine.lines import LineClosed, LineEvent, LineMessage, LineOpened, Lines, LinesView
from offset.engine.surface import Congested, Conn, Drained, Effect, Event, Tell, Woken

LISTENER = "relay"
"""The one listener of a relay."""


class RelayEngine:
    """A relay without its sockets, clock and chance."""

    def __init__(
        self,
        identity: Identity,
        entropy: Entropy,
        now: Instant,
        *,
        quotas: Quotas | None = None,
        handshakes_max: int = RELAY_HANDSHAKES_MAX,
        handshakes_per_address_max: int = RELAY_HANDSHAKES_PER_ADDRESS_MAX,
    ) -> None:
        """`quotas` bound the authenticated connections, the other two those that are not there yet."""
        quotas = quotas or Quotas()
        self._lines = Lines(
            identity,
            entropy,
            connections_max=quotas.connections + handshakes_max,
            handshakes_max=handshakes_max,
            handshakes_per_address_max=handshakes_per_address_max,
        )
        self._relay = Relay(entropy, quotas)
        self._silent: dict[Conn, None] = {}  # legs that have not said what they want
        self._tell_at = now + COUNTERS_MS
        self._is_stopping = False
        self._is_stopped = False

    def handle(self, event: Event, now: Instant) -> list[Effect]:
        """Take one event, return what is to be done."""
        for news in self._lines.handle(event, now):
            self._take(news, now)
        told: list[Effect] = []
        match event:
            case Congested(conn):
                self._carry_out(self._relay.congested(conn), now)
            case Drained(conn):
                self._carry_out(self._relay.drained(conn), now)
            case Woken():
                self._carry_out(self._relay.tick(now), now)
                if now >= self._tell_at:
                    self._tell_at = now + COUNTERS_MS
                    told.append(Tell("counters", self.view()))
            case _:
                pass
        return told + self._lines.take_effects()

    def deadline(self) -> Instant | None:
        """When to be woken."""
        return earliest(self._lines.deadline(), self._relay.deadline(), self._tell_at)

    def stop(self, now: Instant) -> list[Effect]:
        """Take nobody new; the tunnels may go on until the driver loses patience (spec 02, W32)."""
        self._is_stopping = True
        for conn in list(self._silent):
            self._refuse(conn, now)
        self._look_if_stopped()
        return [Tell("counters", self.view()), *self._lines.take_effects()]

    def is_stopped(self) -> bool:
        """Whether no tunnel is left."""
        return self._is_stopped

    def view(self) -> tuple[LinesView, RelayView]:
        """The counts of this moment."""
        return self._lines.view(), self._relay.view()

    def _take(self, news: LineEvent, now: Instant) -> None:
        conn = news.conn
        match news:
            case LineMessage():
                self._silent.pop(conn, None)
                self._carry_out(self._relay.message(conn, news.data, now), now)
            case LineOpened():
                self._silent[conn] = None
                self._carry_out(self._relay.opened(conn, news.remote, news.peer, now), now)
                if self._is_stopping:
                    self._refuse(conn, now)
            case LineClosed():
                self._forget(conn, now)

    def _carry_out(self, effects: list[RelayEffect], now: Instant) -> None:
        for effect in effects:
            match effect:
                case Send():
                    self._lines.send(effect.conn, effect.data, now)
                case Hangup():
                    self._silent.pop(effect.conn, None)
                    self._lines.hangup(effect.conn)
                case Pause():
                    self._lines.pause(effect.conn)
                case Resume():
                    self._lines.resume(effect.conn)

    def _refuse(self, conn: Conn, now: Instant) -> None:
        self._lines.hangup(conn)
        self._forget(conn, now)

    def _forget(self, conn: Conn, now: Instant) -> None:
        self._silent.pop(conn, None)
        self._carry_out(self._relay.closed(conn, now), now)
        if self._is_stopping:
            self._look_if_stopped()

    def _look_if_stopped(self) -> None:
        self._is_stopped = self._relay.view().tunnels == 0
