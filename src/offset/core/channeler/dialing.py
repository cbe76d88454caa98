"""Our attempts to reach friends: rounds over their relays, with growing pauses (spec 02, 6.4; W10 to W12, W21 to W24).

A round goes through all relays of a friend. The next one is tried as soon as one fails, and also when one has kept
us waiting for 2 s; the first tunnel in which the friend shows its nonce is chosen and the others are closed. Only
after a full round we pause. The side with the higher key dials; the other one does so gently, for the case that the
friend has an old relay list or a blocked path, or waits for a long pause to end.

How it holds together:

    idle ──(alarm DIAL, or something changed for the better)──► round: `queue` holds what is left of it
    round ──(an attempt begins)──► `trying`; two texts of one relay key never at once: the relay would keep one only
    round ──(nothing left in `queue` and `trying`)──► idle, with an alarm after `backoff`
    any ──(a link is up, whoever began it)──► linked: the queue is empty and no alarm is set
    linked ──(the link ends)──► idle; the pause depends on how long the link lived

- A friend that is neither linked nor in a round has an alarm, if it has a relay. So nobody is forgotten.
- `_active` is the sum of all `trying`, and never above DIALS_MAX. Whoever finds no room waits in `_waiting`, and
  every end of an attempt serves the first there.
- `chosen` is one of `trying`. While it is set no further relay is tried, for our proof may go out only once (W23).
- A good link does not wipe out what is known of bad ones: a relay that lets links begin and cuts them counts in
  `cut`, and comes last in the next round.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from offset.base.backoff import Backoff, jittered
from offset.base.entropy import fraction
from offset.base.ids import PublicKey
from offset.base.instants import Instant
from offset.base.limits import (
    BACKOFF_MS_MAX,
    BACKOFF_MS_MIN,
    DIAL_BACKOFF_MS_MIN,
    DIALS_MAX,
    LOWER_BACKOFF_MS_MAX,
    LOWER_DIAL_DELAY_MS,
    LOWER_OFFLINE_MS,
    LOWER_REFUSED_MS,
    LOWER_REFUSED_ROUNDS_MAX,
    RELAY_ATTEMPTS_MAX,
    RELAY_AWAY_RETRY_MS,
    RELAY_STAGGER_MS,
    REPLACED_MIN,
    STABLE_LINE_MS,
)
from offset.core.channeler.effects import News
from offset.core.channeler.offline_reason import OfflineReason
from offset.core.meeting.effects import LineId
from offset.core.meeting.effects_buffer import EffectsBuffer
from offset.core.meeting.listening import is_away
from offset.core.meeting.tunnels import Tunnel, Tunnels, TunnelStage
from offset.wire.common import RelayAddress

_WHY = {
    TunnelStage.OPENING: OfflineReason.RELAY_UNREACHABLE,
    TunnelStage.ASKED: OfflineReason.REFUSED,
    TunnelStage.SHAKING: OfflineReason.HANDSHAKE_FAILED,
    TunnelStage.UP: OfflineReason.LINK_LOST,
}


class DialAlarm(enum.Enum):
    """Why a friend is to be thought of."""

    DIAL = "dial"
    """The next round of attempts."""
    STAGGER = "stagger"
    """The next relay of a round."""


@dataclass(slots=True, eq=False)
class DialState:
    """How we stand with reaching one friend."""

    friend: PublicKey
    is_higher: bool
    """Our key is the higher one: the dialing is ours."""
    backoff: Backoff
    relays: tuple[RelayAddress, ...] = ()
    good: dict[RelayAddress, Instant] = field(default_factory=dict)
    """When a link through this relay was made last."""
    cut: dict[RelayAddress, int] = field(default_factory=dict)
    """How many links of ours in a row through this relay ended before they were stable."""
    away: set[PublicKey] = field(default_factory=set)
    """Relays that could not be reached when they were tried last."""
    lost_at: Instant | None = None
    """When the last link ended."""
    queue: list[RelayAddress] = field(default_factory=list)
    """Relays still to be tried in this round."""
    trying: dict[LineId, Tunnel] = field(default_factory=dict)
    chosen: Tunnel | None = None
    """The one in which the friend showed its nonce."""
    is_linked: bool = False
    short_lives: int = 0
    """Links in a row that ended before they were stable (W10)."""
    all_refused: bool = True
    """In this round every relay was reached, and no friend behind it."""
    refused_rounds: int = 0
    why: OfflineReason = OfflineReason.NOT_TRIED
    """What became of the last attempt."""


class Dialer:
    """How far we are with reaching each friend."""

    __slots__ = ("_active", "_buffer", "_dials", "_tunnels", "_waiting")

    def __init__(self, buffer: EffectsBuffer[News], tunnels: Tunnels) -> None:
        self._buffer = buffer
        self._tunnels = tunnels
        self._dials: dict[PublicKey, DialState] = {}
        self._active = 0
        """Attempts under way, over all friends."""
        self._waiting: dict[PublicKey, None] = {}
        """Friends that wait for an attempt of another to end."""

    def state_of(self, friend: PublicKey) -> DialState:
        """How we stand with `friend`."""
        return self._dials[friend]

    def add(self, friend: PublicKey, is_higher: bool) -> None:
        """A friend to be reached, once it has relays."""
        if is_higher:
            backoff = Backoff(DIAL_BACKOFF_MS_MIN, BACKOFF_MS_MAX)
        else:
            backoff = Backoff(LOWER_OFFLINE_MS, LOWER_BACKOFF_MS_MAX)
        self._dials[friend] = DialState(friend, is_higher, backoff)

    def remove(self, friend: PublicKey, now: Instant) -> None:
        """The friend is not to be reached any more."""
        dial = self._dials.pop(friend)
        self._stop(dial)
        for tunnel in list(dial.trying.values()):
            self._cancel(dial, tunnel)
        self._serve_waiting(now)

    def set_relays(self, friend: PublicKey, relays: tuple[RelayAddress, ...], now: Instant) -> None:
        """The friend listens on these relays. Those that are new are tried at once, the others are left (W22)."""
        dial = self._dials[friend]
        if relays == dial.relays:
            return
        fresh = [relay for relay in relays if relay not in dial.relays]
        dial.relays = relays
        dial.good = {relay: at for relay, at in dial.good.items() if relay in relays}
        dial.cut = {relay: count for relay, count in dial.cut.items() if relay in relays}
        dial.queue = [relay for relay in dial.queue if relay in relays]
        for tunnel in list(dial.trying.values()):
            if tunnel.relay not in relays:
                self._cancel(dial, tunnel)
        if dial.trying or dial.queue:
            dial.queue += fresh
            self._go_on(dial, now)
        elif not dial.is_linked:
            self._restart(dial, now)
        self._serve_waiting(now)

    def retry(self, friend: PublicKey, now: Instant, *, afresh: bool) -> None:
        """Try soon. `afresh`: forget past failures, and look for a new link even if there is one (W34)."""
        dial = self._dials[friend]
        if dial.trying or dial.queue or (dial.is_linked and not afresh):
            return
        if afresh:
            self._restart(dial, now)
        else:
            # All our friends are tried again at the same moment, so spread them.
            delay_ms = int(BACKOFF_MS_MIN * fraction(self._buffer.entropy))
            delay_ms += 0 if dial.is_higher else LOWER_DIAL_DELAY_MS
            planned = self._buffer.alarms.at((DialAlarm.DIAL, friend))
            if planned is None or now + delay_ms < planned:
                self._schedule(dial, now, delay_ms)

    def wake(self, friend: PublicKey, now: Instant) -> None:
        """The alarm for the next round."""
        dial = self._dials[friend]
        if dial.trying or dial.queue or not dial.relays:
            return
        dial.queue = self._order(dial)
        dial.all_refused = True
        self._go_on(dial, now)

    def stagger(self, friend: PublicKey, now: Instant) -> None:
        """The alarm of a relay that kept us waiting."""
        self._try_next(self._dials[friend], now)

    def failed(self, tunnel: Tunnel, now: Instant) -> None:
        """An attempt ended before the friend proved its key."""
        dial = self._dials[tunnel.peer]
        self._forget(dial, tunnel)
        dial.why = _WHY[tunnel.stage]
        dial.all_refused &= dial.why is OfflineReason.REFUSED
        relay = tunnel.relay.public_key
        if dial.why is OfflineReason.RELAY_UNREACHABLE:
            dial.away.add(relay)
        elif relay in dial.away:
            # The relay is back, so the friend will be there within seconds.
            dial.away.discard(relay)
            dial.backoff.reset()
        self._go_on(dial, now)
        self._serve_waiting(now)

    def chose(self, tunnel: Tunnel, now: Instant) -> None:
        """The friend showed its nonce in this tunnel: only here our proof will go out (W23)."""
        dial = self._dials[tunnel.peer]
        assert dial.trying.get(tunnel.line) is tunnel, "what is chosen is being tried"
        dial.chosen = tunnel
        self._stop_stagger(dial)
        others = [other for other in dial.trying.values() if other is not tunnel]
        # Anybody can show a nonce. If nothing follows, the others get their turn, before the untried ones.
        dial.queue = [other.relay for other in others] + dial.queue
        for other in others:
            self._cancel(dial, other)
        self._serve_waiting(now)

    def reached(self, tunnel: Tunnel, now: Instant) -> None:
        """A link to the friend is up, by whichever side: stop trying."""
        dial = self._dials[tunnel.peer]
        if tunnel.is_ours:
            dial.good[tunnel.relay] = now
            self._forget(dial, tunnel)
        dial.is_linked = True
        dial.away.clear()
        dial.refused_rounds = 0
        self._stop(dial)
        for other in list(dial.trying.values()):
            # While we shake hands our proof is out, so the friend may count on that tunnel.
            if other.stage is not TunnelStage.SHAKING:
                self._cancel(dial, other)
        self._serve_waiting(now)

    def settled(self, tunnel: Tunnel, now: Instant) -> None:
        """Our attempt came to its end without a failure: a better link exists."""
        self._forget(self._dials[tunnel.peer], tunnel)
        self._serve_waiting(now)

    def lost(self, link: Tunnel, now: Instant) -> None:
        """The link ended. Dial again, at once if it was a good one (W10)."""
        dial = self._dials[link.peer]
        dial.is_linked = False
        dial.lost_at = now
        is_stable = now - link.since >= STABLE_LINE_MS
        if is_stable:
            dial.cut.pop(link.relay, None)
        elif link.is_ours and link.relay in dial.relays:
            dial.cut[link.relay] = dial.cut.get(link.relay, 0) + 1
        dial.short_lives = 0 if is_stable else dial.short_lives + 1
        dial.backoff.failures = max(0, dial.short_lives - 1)
        dial.why = OfflineReason.LINK_LOST if dial.short_lives < REPLACED_MIN else OfflineReason.REPLACED
        if dial.trying or dial.queue:
            # The end of these attempts decides.
            return
        if not dial.is_higher:
            dial.backoff.reset()
            self._schedule(dial, now, dial.backoff.next_ms(self._buffer.entropy))
        elif is_stable:
            self._schedule(dial, now, int(BACKOFF_MS_MIN * fraction(self._buffer.entropy)))
        else:
            self._schedule(dial, now, dial.backoff.next_ms(self._buffer.entropy))

    # Rounds

    def _restart(self, dial: DialState, now: Instant) -> None:
        """Something changed for the better: begin a round without regard to past failures."""
        dial.backoff.reset()
        dial.refused_rounds = 0
        if dial.is_higher:
            self._buffer.alarms.stop((DialAlarm.DIAL, dial.friend))
            self.wake(dial.friend, now)
        else:
            self._schedule(dial, now, LOWER_DIAL_DELAY_MS)

    def _order(self, dial: DialState) -> list[RelayAddress]:
        """The relays of a round: by their last success, the others by chance (W24).

        Those that let links begin and cut them come last, or a bad relay would be the only one that is ever used.
        """
        ranked = [
            (dial.cut.get(relay, 0), -dial.good.get(relay, -1), fraction(self._buffer.entropy), number)
            for number, relay in enumerate(dial.relays)
        ]
        return [dial.relays[number] for *_, number in sorted(ranked)]

    def _go_on(self, dial: DialState, now: Instant) -> None:
        """Try the next relay of the round, or end the round when all have failed."""
        self._try_next(dial, now)
        if dial.trying or dial.queue or dial.is_linked or not dial.relays:
            return
        dial.refused_rounds = dial.refused_rounds + 1 if dial.all_refused else 0
        wait_ms = dial.backoff.next_ms(self._buffer.entropy)
        if dial.away and dial.is_higher and is_away(dial.lost_at, now):
            wait_ms = min(wait_ms, jittered(RELAY_AWAY_RETRY_MS, self._buffer.entropy))
        if not dial.is_higher and dial.refused_rounds >= LOWER_REFUSED_ROUNDS_MAX:
            # A reference peer refuses for ever (W12).
            wait_ms = LOWER_REFUSED_MS
        self._schedule(dial, now, wait_ms)

    def _try_next(self, dial: DialState, now: Instant) -> None:
        if dial.chosen is not None or len(dial.trying) >= RELAY_ATTEMPTS_MAX:
            return
        # Two Connects at one relay would push each other out, so texts of one key wait for each other.
        busy = [tunnel.relay.public_key for tunnel in dial.trying.values()]
        relay = next((relay for relay in dial.queue if relay.public_key not in busy), None)
        if relay is None:
            return
        if self._active >= DIALS_MAX:
            self._waiting[dial.friend] = None
            return
        self._waiting.pop(dial.friend, None)
        dial.queue.remove(relay)
        tunnel = self._tunnels.start(dial.friend, relay, True, now)
        dial.trying[tunnel.line] = tunnel
        self._active += 1
        if dial.queue:
            self._buffer.alarms.set((DialAlarm.STAGGER, dial.friend), now + RELAY_STAGGER_MS)

    def _serve_waiting(self, now: Instant) -> None:
        while self._waiting and self._active < DIALS_MAX:
            friend = next(iter(self._waiting))
            del self._waiting[friend]
            self._try_next(self._dials[friend], now)

    def _schedule(self, dial: DialState, now: Instant, wait_ms: int) -> None:
        if dial.relays:
            self._buffer.alarms.set((DialAlarm.DIAL, dial.friend), now + wait_ms)

    # Ends

    def _cancel(self, dial: DialState, tunnel: Tunnel) -> None:
        self._tunnels.drop(tunnel)
        self._forget(dial, tunnel)

    def _forget(self, dial: DialState, tunnel: Tunnel) -> None:
        if dial.trying.pop(tunnel.line, None) is not None:
            self._active -= 1
            assert self._active >= 0, "an attempt ends once"
        if dial.chosen is tunnel:
            dial.chosen = None

    def _stop(self, dial: DialState) -> None:
        """End the round, but for the attempts under way."""
        dial.queue = []
        self._waiting.pop(dial.friend, None)
        self._buffer.alarms.stop((DialAlarm.DIAL, dial.friend))
        self._stop_stagger(dial)

    def _stop_stagger(self, dial: DialState) -> None:
        self._buffer.alarms.stop((DialAlarm.STAGGER, dial.friend))
