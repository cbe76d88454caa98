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
from offset.engine.line_events import (
    LineClosed,
    LineCongested,
    LineDrained,
    LineEvent,
    LineMessage,
    LineOpened,
)
from offset.engine.lines import Lines
from offset.engine.loop import Loop, Timer
from offset.engine.surface import Effect, Event, Tell, Woken
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
        lines = Lines(
            signer,
            entropy,
            connections_max=quotas.connections + handshakes_max,
            handshakes_max=handshakes_max,
            handshakes_per_address_max=handshakes_per_address_max,
        )
        lines.listen(LISTENER, self._take)
        self._relay = Relay(entropy, quotas)
        self._loop = Loop(lines, now)
        self._counters = Timer(self._tell_counters, now + COUNTERS_MS)
        self._loop.set_timers(self._counters)
        self._is_stopping = False

    def handle(self, event: Event, now: Instant) -> list[Effect]:
        """Take one event, return what is to be done.

        Only a Woken lets it look at the time: a frame that is carried must not pay for deadlines.
        """
        self._loop.now = now
        self._loop.take(event)
        if isinstance(event, Woken):
            self._carry_out(self._relay.tick(now))
            self._loop.run_due()
        return self._loop.take_effects()

    def deadline(self) -> Instant | None:
        """When to be woken."""
        return earliest(self._loop.deadline(), self._relay.deadline())

    def stop(self, now: Instant) -> list[Effect]:
        """Hang up on everybody and take nobody new: what was read is still delivered (spec 02, W32)."""
        self._is_stopping = True
        self._loop.now = now
        self._tell_counters()
        for news in self._loop.lines.end():
            self._take(news)
        return self._loop.take_effects()

    def is_stopped(self) -> bool:
        """Whether all connections are closed: nothing is left to be delivered."""
        return self._is_stopping and self._loop.lines.view().connections == 0

    def view(self) -> RelayEngineView:
        """The counts of this moment."""
        return RelayEngineView(self._loop.lines.view(), self._relay.view())

    def _tell_counters(self) -> None:
        self._counters.at = self._loop.now + COUNTERS_MS
        self._loop.add(Tell("counters", self.view()))

    def _take(self, news: LineEvent) -> None:
        conn, now = news.conn, self._loop.now
        match news:
            case LineMessage():
                effects = self._relay.message(conn, news.data, now)
            case LineOpened():
                effects = self._relay.opened(conn, news.remote, news.peer, now)
            case LineClosed():
                effects = self._relay.closed(conn, now)
            case LineCongested():
                effects = self._relay.congested(conn)
            case LineDrained():
                effects = self._relay.drained(conn)
        self._carry_out(effects)

    def _carry_out(self, effects: list[RelayEffect]) -> None:
        lines, now = self._loop.lines, self._loop.now
        for effect in effects:
            match effect:
                case SendLeg():
                    lines.send(effect.conn, effect.data, now)
                case HangupLeg():
                    lines.hangup(effect.conn)
                case PauseLeg():
                    lines.pause(effect.conn)
                case ResumeLeg():
                    lines.resume(effect.conn, now)
