"""Our listening legs: one outer line per relay key, kept open as long as the relay is wanted (spec 02, 5.2, 6.5).

    WAITING ──(time)──► OPENING ──(line opened, Listen sent)──► ASKED ──(2 s later)──► UP
       ▲                   │                                      │                    │
       └───────────────────┴──────────── line closed ─────────────┴────────────────────┘

A relay never confirms Listen (W26); a leg that survived 2 s counts as listening.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from offset.base.backoff import Backoff
from offset.base.entropy import fraction
from offset.base.faults import Undecodable
from offset.base.ids import PublicKey
from offset.base.instants import Instant
from offset.base.limits import (
    BACKOFF_MS_MIN,
    CONNECT_MS,
    HANDSHAKE_MS,
    KEPT_RELAY_BACKOFF_MS_MAX,
    LISTEN_BACKOFF_MS_MAX,
    LISTEN_CONFIRM_MS,
    LISTEN_REFUSALS_QUICK,
    LISTEN_REFUSED_MS_MAX,
    STABLE_LINE_MS,
)
from offset.core.channeler.effects import LineId
from offset.core.channeler.effects_buffer import Alarm, EffectsBuffer
from offset.wire.common import RelayAddress
from offset.wire.relay import (
    INCOMING_CONNECTION,
    INIT_CONNECTION,
    REJECT_CONNECTION,
    Listen,
    RejectConnection,
)

_LISTEN = INIT_CONNECTION.encode(Listen())


class LegStage(enum.Enum):
    """How far a listening leg is."""

    WAITING = "waiting"
    OPENING = "opening"
    ASKED = "asked"
    UP = "up"


@dataclass(slots=True, eq=False)
class ListenLeg:
    """The listening leg of one relay."""

    relay: PublicKey
    since: Instant
    """Of the present stage; of ASKED and UP, when Listen was sent."""
    texts: tuple[str, ...] = ()
    is_own: bool = True
    turn: int = 0
    """Which text is tried."""
    stage: LegStage = LegStage.WAITING
    line: LineId | None = None
    text: str = ""
    """The text in use or tried last."""
    backoff: Backoff = field(default_factory=lambda: Backoff(BACKOFF_MS_MIN, LISTEN_BACKOFF_MS_MAX))
    refusals: int = 0
    """Listens in a row that were closed at once."""
    last_error: str = ""

    def address(self) -> RelayAddress:
        """Where the leg leads."""
        return RelayAddress(self.relay, self.text)


class Listener:
    """All listening legs."""

    __slots__ = ("_buffer", "_by_line", "legs")

    def __init__(self, buffer: EffectsBuffer) -> None:
        self._buffer = buffer
        self._by_line: dict[LineId, ListenLeg] = {}
        self.legs: dict[PublicKey, ListenLeg] = {}

    def want(self, relay: PublicKey, texts: tuple[str, ...], is_own: bool, now: Instant) -> None:
        """Listen on `relay`, at any of `texts`, the best first; without texts forget the relay."""
        leg = self.legs.get(relay)
        if not texts:
            if leg is not None:
                self._hang_up(leg)
                self._buffer.alarms.stop((Alarm.LEG, relay))
                del self.legs[relay]
            return
        if leg is None:
            leg = self.legs[relay] = ListenLeg(relay, now)
        is_adopted = is_own and not leg.is_own
        before, leg.texts, leg.is_own = leg.texts, texts, is_own
        leg.backoff.most_ms = LISTEN_BACKOFF_MS_MAX if is_own else KEPT_RELAY_BACKOFF_MS_MAX
        if before == texts and not (is_adopted and leg.stage is LegStage.WAITING):
            return
        # A text that is not wanted any more is left at once (W22), and so is any for a new best one: the relay
        # may have moved, and friends are sent to where it is now.
        if leg.line is None or leg.text not in texts or (texts[0] != before[0] and leg.text != texts[0]):
            self._hang_up(leg)
            leg.turn = leg.refusals = 0
            leg.backoff.reset()
            self._open(leg, now)
        else:
            leg.turn = texts.index(leg.text)

    def leg_of(self, line: LineId) -> ListenLeg | None:
        """The leg that uses this line."""
        return self._by_line.get(line)

    def line_of(self, relay: PublicKey) -> LineId | None:
        """The line of the leg at this relay, if there is one."""
        leg = self.legs.get(relay)
        return None if leg is None else leg.line

    def opened(self, leg: ListenLeg, now: Instant) -> None:
        """The line is up: ask to listen."""
        assert leg.line is not None
        self._enter(leg, LegStage.ASKED, now)
        self._buffer.send(leg.line, _LISTEN)
        self._buffer.alarms.set((Alarm.LEG, leg.relay), now + LISTEN_CONFIRM_MS)

    def message(self, leg: ListenLeg, data: bytes, now: Instant) -> PublicKey | None:
        """Who waits for us at the relay; None when the relay talks nonsense, then the leg is closed."""
        try:
            return INCOMING_CONNECTION.decode(data).public_key
        except Undecodable:
            self._hang_up(leg)
            self._lost(leg, now, "the relay sent what is no message")
            return None

    def closed(self, leg: ListenLeg, now: Instant, reason: str) -> None:
        """The line is over, or could not be opened."""
        self._forget_line(leg)
        self._lost(leg, now, reason)

    def reject(self, relay: PublicKey, friend: PublicKey) -> None:
        """Have the relay send `friend` away, if we still listen there."""
        leg = self.legs.get(relay)
        if leg is not None and leg.line is not None and leg.stage is not LegStage.OPENING:
            self._buffer.send(leg.line, REJECT_CONNECTION.encode(RejectConnection(friend)))

    def wake(self, relay: PublicKey, now: Instant) -> bool:
        """The alarm of a leg; returns whether this is the first leg to be up after none was."""
        leg = self.legs[relay]
        match leg.stage:
            case LegStage.WAITING:
                self._open(leg, now)
            case LegStage.OPENING:
                self._hang_up(leg)
                self._lost(leg, now, "the relay did not answer in time")
            case LegStage.ASKED:
                was_up = any(other.stage is LegStage.UP for other in self.legs.values())
                leg.stage = LegStage.UP
                leg.refusals = 0
                leg.last_error = ""
                return not was_up
        return False

    def retry(self, now: Instant) -> None:
        """The network may have changed: try at once wherever we wait."""
        for leg in self.legs.values():
            leg.backoff.reset()
            if leg.stage is LegStage.WAITING:
                self._open(leg, now)

    def _open(self, leg: ListenLeg, now: Instant) -> None:
        leg.text = leg.texts[leg.turn % len(leg.texts)]
        leg.line = self._buffer.open(leg.address())
        self._by_line[leg.line] = leg
        self._enter(leg, LegStage.OPENING, now)
        self._buffer.alarms.set((Alarm.LEG, leg.relay), now + CONNECT_MS + HANDSHAKE_MS)

    def _lost(self, leg: ListenLeg, now: Instant, reason: str) -> None:
        """Try again: another text at once, else after a while."""
        stage, lived_ms = leg.stage, now - leg.since
        leg.last_error = reason
        if stage is LegStage.UP and lived_ms >= STABLE_LINE_MS:
            # A relay that restarts loses all its clients at once: they come back over a second.
            leg.backoff.reset()
            wait_ms = int(BACKOFF_MS_MIN * fraction(self._buffer.entropy))
        else:
            if stage is not LegStage.UP:
                leg.turn = (leg.turn + 1) % len(leg.texts)
                if leg.turn:
                    self._open(leg, now)
                    return
            wait_ms = leg.backoff.next_ms(self._buffer.entropy)
            if stage is LegStage.ASKED:
                # The reference refuses a second leg, and holds a lost one for up to 32 s (rule 6 of section 10).
                leg.refusals += 1
                if leg.refusals <= LISTEN_REFUSALS_QUICK:
                    wait_ms = min(wait_ms, LISTEN_REFUSED_MS_MAX)
        self._enter(leg, LegStage.WAITING, now)
        self._buffer.alarms.set((Alarm.LEG, leg.relay), now + wait_ms)

    def _enter(self, leg: ListenLeg, stage: LegStage, now: Instant) -> None:
        leg.stage, leg.since = stage, now

    def _hang_up(self, leg: ListenLeg) -> None:
        if leg.line is not None:
            self._buffer.close(leg.line)
            self._forget_line(leg)

    def _forget_line(self, leg: ListenLeg) -> None:
        assert leg.line is not None
        del self._by_line[leg.line]
        leg.line = None
