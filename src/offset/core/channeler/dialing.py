"""Our attempts to reach friends: rounds over their relays, with growing pauses (spec 02, 6.4; W10 to W12, W21 to W24).

A round goes through all relays of a friend. The next one is tried as soon as one fails, and also when one has kept
us waiting for 2 s; the first tunnel in which the friend shows its nonce is chosen and the others are closed. Only
after a full round we pause. The side with the higher key dials; the other one does so gently, for the case that the
friend has an old relay list or a blocked path, or waits for a long pause to end.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from offset.base.backoff import Backoff
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
    RELAY_STAGGER_MS,
    STABLE_LINE_MS,
)
from offset.core.channeler.effects import LineId
from offset.core.channeler.effects_buffer import Alarm, EffectsBuffer
from offset.core.channeler.offline_reason import OfflineReason
from offset.core.channeler.tunnels import Tunnel, Tunnels, TunnelStage
from offset.wire.common import RelayAddress

_WHY = {
    TunnelStage.OPENING: OfflineReason.RELAY_UNREACHABLE,
    TunnelStage.ASKED: OfflineReason.REFUSED,
    TunnelStage.SHAKING: OfflineReason.HANDSHAKE_FAILED,
    TunnelStage.UP: OfflineReason.LINK_LOST,
}


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
    """The courses of all friends."""

    __slots__ = ("_active", "_buffer", "_courses", "_tunnels", "_waiting")

    def __init__(self, buffer: EffectsBuffer, tunnels: Tunnels) -> None:
        self._buffer = buffer
        self._tunnels = tunnels
        self._courses: dict[PublicKey, DialState] = {}
        self._active = 0  # attempts under way, over all friends
        self._waiting: dict[PublicKey, None] = {}  # friends that wait for an attempt of another to end

    def course(self, friend: PublicKey) -> DialState:
        """How we stand with `friend`."""
        return self._courses[friend]

    def add(self, friend: PublicKey, is_higher: bool) -> None:
        """A friend to be reached, once it has relays."""
        if is_higher:
            backoff = Backoff(DIAL_BACKOFF_MS_MIN, BACKOFF_MS_MAX)
        else:
            backoff = Backoff(LOWER_OFFLINE_MS, LOWER_BACKOFF_MS_MAX)
        self._courses[friend] = DialState(friend, is_higher, backoff)

    def remove(self, friend: PublicKey, now: Instant) -> None:
        """The friend is not to be reached any more."""
        course = self._courses.pop(friend)
        self._stop(course)
        for tunnel in list(course.trying.values()):
            self._cancel(course, tunnel)
        self._serve_waiting(now)

    def set_relays(self, friend: PublicKey, relays: tuple[RelayAddress, ...], now: Instant) -> None:
        """The friend listens on these relays. Those that are new are tried at once, the others are left (W22)."""
        course = self._courses[friend]
        if relays == course.relays:
            return
        fresh = [relay for relay in relays if relay not in course.relays]
        course.relays = relays
        course.good = {relay: at for relay, at in course.good.items() if relay in relays}
        course.cut = {relay: count for relay, count in course.cut.items() if relay in relays}
        course.queue = [relay for relay in course.queue if relay in relays]
        for tunnel in list(course.trying.values()):
            if tunnel.relay not in relays:
                self._cancel(course, tunnel)
        if course.trying or course.queue:
            course.queue += fresh
            self._go_on(course, now)
        elif not course.is_linked:
            self._restart(course, now)
        self._serve_waiting(now)

    def retry(self, friend: PublicKey, now: Instant, *, afresh: bool) -> None:
        """Try soon. `afresh`: forget past failures, and look for a new link even if there is one (W34)."""
        course = self._courses[friend]
        if course.trying or course.queue or (course.is_linked and not afresh):
            return
        if afresh:
            self._restart(course, now)
        else:
            # All our friends are tried again at the same moment, so spread them.
            delay_ms = int(BACKOFF_MS_MIN * fraction(self._buffer.entropy))
            delay_ms += 0 if course.is_higher else LOWER_DIAL_DELAY_MS
            planned = self._buffer.alarms.at((Alarm.DIAL, friend))
            if planned is None or now + delay_ms < planned:
                self._schedule(course, now, delay_ms)

    def wake(self, friend: PublicKey, now: Instant) -> None:
        """The alarm for the next round."""
        course = self._courses[friend]
        if course.trying or course.queue or not course.relays:
            return
        course.queue = self._order(course)
        course.all_refused = True
        self._go_on(course, now)

    def stagger(self, friend: PublicKey, now: Instant) -> None:
        """The alarm of a relay that kept us waiting."""
        self._try_next(self._courses[friend], now)

    def failed(self, tunnel: Tunnel, now: Instant) -> None:
        """An attempt ended before the friend proved its key."""
        course = self._courses[tunnel.friend]
        self._forget(course, tunnel)
        course.why = _WHY[tunnel.stage]
        course.all_refused &= course.why is OfflineReason.REFUSED
        self._go_on(course, now)
        self._serve_waiting(now)

    def chose(self, tunnel: Tunnel, now: Instant) -> None:
        """The friend showed its nonce in this tunnel: only here our proof will go out (W23)."""
        course = self._courses[tunnel.friend]
        course.chosen = tunnel
        self._stop_stagger(course)
        others = [other for other in course.trying.values() if other is not tunnel]
        # Anybody can show a nonce. If nothing follows, the others get their turn, before the untried ones.
        course.queue = [other.relay for other in others] + course.queue
        for other in others:
            self._cancel(course, other)
        self._serve_waiting(now)

    def reached(self, tunnel: Tunnel, now: Instant) -> None:
        """A link to the friend is up, by whichever side: stop trying."""
        course = self._courses[tunnel.friend]
        if tunnel.is_ours:
            course.good[tunnel.relay] = now
            self._forget(course, tunnel)
        course.is_linked = True
        course.refused_rounds = 0
        self._stop(course)
        for other in list(course.trying.values()):
            if (
                other.stage is not TunnelStage.SHAKING
            ):  # there our proof is out, so the friend may count on it
                self._cancel(course, other)
        self._serve_waiting(now)

    def settled(self, tunnel: Tunnel, now: Instant) -> None:
        """Our attempt came to its end without a failure: a better link exists."""
        self._forget(self._courses[tunnel.friend], tunnel)
        self._serve_waiting(now)

    def lost(self, link: Tunnel, now: Instant) -> None:
        """The link ended. Dial again, at once if it was a good one (W10)."""
        course = self._courses[link.friend]
        course.is_linked = False
        course.why = OfflineReason.LINK_LOST
        is_stable = now - link.since >= STABLE_LINE_MS
        if is_stable:
            course.cut.pop(link.relay, None)
        elif link.is_ours and link.relay in course.relays:
            course.cut[link.relay] = course.cut.get(link.relay, 0) + 1
        course.short_lives = 0 if is_stable else course.short_lives + 1
        course.backoff.failures = max(0, course.short_lives - 1)
        if course.trying or course.queue:
            return  # their end decides
        if not course.is_higher:
            course.backoff.reset()
            self._schedule(course, now, course.backoff.next_ms(self._buffer.entropy))
        elif is_stable:
            self._schedule(course, now, int(BACKOFF_MS_MIN * fraction(self._buffer.entropy)))
        else:
            self._schedule(course, now, course.backoff.next_ms(self._buffer.entropy))

    # Rounds

    def _restart(self, course: DialState, now: Instant) -> None:
        """Something changed for the better: begin a round without regard to past failures."""
        course.backoff.reset()
        course.refused_rounds = 0
        if course.is_higher:
            self._buffer.alarms.stop((Alarm.DIAL, course.friend))
            self.wake(course.friend, now)
        else:
            self._schedule(course, now, LOWER_DIAL_DELAY_MS)

    def _order(self, course: DialState) -> list[RelayAddress]:
        """The relays of a round: by their last success, the others by chance (W24).

        Those that let links begin and cut them come last, or a bad relay would be the only one that is ever used.
        """
        ranked = [
            (course.cut.get(relay, 0), -course.good.get(relay, -1), fraction(self._buffer.entropy), number)
            for number, relay in enumerate(course.relays)
        ]
        return [course.relays[number] for *_, number in sorted(ranked)]

    def _go_on(self, course: DialState, now: Instant) -> None:
        """Try the next relay of the round, or end the round when all have failed."""
        self._try_next(course, now)
        if course.trying or course.queue or course.is_linked or not course.relays:
            return
        course.refused_rounds = course.refused_rounds + 1 if course.all_refused else 0
        wait_ms = course.backoff.next_ms(self._buffer.entropy)
        if not course.is_higher and course.refused_rounds >= LOWER_REFUSED_ROUNDS_MAX:
            wait_ms = LOWER_REFUSED_MS  # a reference peer refuses for ever (W12)
        self._schedule(course, now, wait_ms)

    def _try_next(self, course: DialState, now: Instant) -> None:
        if course.chosen is not None or len(course.trying) >= RELAY_ATTEMPTS_MAX:
            return
        # Two Connects at one relay would push each other out, so texts of one key wait for each other.
        busy = [tunnel.relay.public_key for tunnel in course.trying.values()]
        relay = next((relay for relay in course.queue if relay.public_key not in busy), None)
        if relay is None:
            return
        if self._active >= DIALS_MAX:
            self._waiting[course.friend] = None
            return
        self._waiting.pop(course.friend, None)
        course.queue.remove(relay)
        tunnel = self._tunnels.start(course.friend, relay, True, now)
        course.trying[tunnel.line] = tunnel
        self._active += 1
        if course.queue:
            self._buffer.alarms.set((Alarm.STAGGER, course.friend), now + RELAY_STAGGER_MS)

    def _serve_waiting(self, now: Instant) -> None:
        while self._waiting and self._active < DIALS_MAX:
            friend = next(iter(self._waiting))
            del self._waiting[friend]
            self._try_next(self._courses[friend], now)

    def _schedule(self, course: DialState, now: Instant, wait_ms: int) -> None:
        if course.relays:
            self._buffer.alarms.set((Alarm.DIAL, course.friend), now + wait_ms)

    # Ends

    def _cancel(self, course: DialState, tunnel: Tunnel) -> None:
        self._tunnels.drop(tunnel)
        self._forget(course, tunnel)

    def _forget(self, course: DialState, tunnel: Tunnel) -> None:
        if course.trying.pop(tunnel.line, None) is not None:
            self._active -= 1
        if course.chosen is tunnel:
            course.chosen = None

    def _stop(self, course: DialState) -> None:
        """End the round, but for the attempts under way."""
        course.queue = []
        self._waiting.pop(course.friend, None)
        self._buffer.alarms.stop((Alarm.DIAL, course.friend))
        self._stop_stagger(course)

    def _stop_stagger(self, course: DialState) -> None:
        self._buffer.alarms.stop((Alarm.STAGGER, course.friend))
