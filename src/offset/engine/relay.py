"""The engine of strelay: lines below, the relay's machine above (spec 02, 3).

Received ──► lines ──► message ──► relay ──► SendLeg to the other leg ──► lines ──► Write
"""

from __future__ import annotations

from offset.base.entropy import Entropy
from offset.base.instants import Instant, earliest
from offset.base.limits import COUNTERS_MS, RELAY_HANDSHAKES_MAX, RELAY_HANDSHAKES_PER_ADDRESS_MAX
from offset.core.relay import Effect as RelayEffect
from offset.core.relay import HangupLeg, PauseLeg, Quotas, Relay, ResumeLeg, SendLeg
from offset.crypto.signer import Signer
from offset.engine.lines import LineClosed, LineEvent, LineMessage, LineOpened, Lines
from offset.engine.surface import Congested, Drained, Effect, Event, Tell, Woken
from offset.engine.views import RelayEngineView

LISTENER = "relay"
"""The one listener of a relay."""


class RelayEngine:
    """A relay without its sockets, clock and chance."""

    def __init__(
        self,
        signer: Signer,
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
            signer,
            entropy,
            connections_max=quotas.connections + handshakes_max,
            handshakes_max=handshakes_max,
            handshakes_per_address_max=handshakes_per_address_max,
        )
        self._relay = Relay(entropy, quotas)
        self._tell_at = now + COUNTERS_MS
        self._is_stopping = False

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
        """Hang up on everybody and take nobody new: what was read is still delivered (spec 02, W32)."""
        self._is_stopping = True
        told = Tell("counters", self.view())
        for news in self._lines.end():
            self._take(news, now)
        return [told, *self._lines.take_effects()]

    def is_stopped(self) -> bool:
        """Whether all connections are closed: nothing is left to be delivered."""
        return self._is_stopping and self._lines.view().connections == 0

    def view(self) -> RelayEngineView:
        """The counts of this moment."""
        return RelayEngineView(self._lines.view(), self._relay.view())

    def _take(self, news: LineEvent, now: Instant) -> None:
        conn = news.conn
        match news:
            case LineMessage():
                effects = self._relay.message(conn, news.data, now)
            case LineOpened():
                effects = self._relay.opened(conn, news.remote, news.peer, now)
            case LineClosed():
                effects = self._relay.closed(conn, now)
        self._carry_out(effects, now)

    def _carry_out(self, effects: list[RelayEffect], now: Instant) -> None:
        for effect in effects:
            match effect:
                case SendLeg():
                    self._lines.send(effect.conn, effect.data, now)
                case HangupLeg():
                    self._lines.hangup(effect.conn)
                case PauseLeg():
                    self._lines.pause(effect.conn)
                case ResumeLeg():
                    self._lines.resume(effect.conn, now)
