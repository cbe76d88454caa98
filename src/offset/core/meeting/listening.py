"""Our listening legs: one outer line per relay key, kept open as long as the relay is wanted (spec 02, 5.2, 6.5).

    WAITING ──(time)──► OPENING ──(line opened, Listen sent)──► ASKED ──(2 s later)──► UP
       ▲                   │                                      │                    │
       └───────────────────┴──────────── line closed ─────────────┴────────────────────┘

A relay never confirms Listen (W26); a leg that survived 2 s counts as listening.

After a sleep, or on another network, the line of a leg may be dead, which only its keepalive would find out. So a
second line is opened beside it (`fresh`), and the leg goes on with it once it has survived 2 s, or when the relay ends
the old one for its sake. A relay that refuses the second one (the reference does) leaves the leg as it was.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Any

from offset.base.backoff import Backoff, jittered
from offset.base.entropy import fraction
from offset.base.faults import Undecodable
from offset.base.ids import PublicKey
from offset.base.instants import Instant, Millis
from offset.base.limits import (
    BACKOFF_MS_MIN,
    CONNECT_MS,
    HANDSHAKE_MS,
    KEPT_RELAY_BACKOFF_MS_MAX,
    LISTEN_BACKOFF_MS_MAX,
    LISTEN_CONFIRM_MS,
    LISTEN_REFUSALS_QUICK,
    LISTEN_REFUSED_MS_MAX,
    RELAY_AWAY_MS,
    RELAY_AWAY_RETRY_MS,
    REPLACED_MIN,
    STABLE_LINE_MS,
)
from offset.core.meeting.effects import LineId
from offset.core.meeting.effects_buffer import Alarm, EffectsBuffer
from offset.wire.common import RelayAddress
from offset.wire.relay import (
    INCOMING_CONNECTION,
    INIT_CONNECTION,
    REJECT_CONNECTION,
    Listen,
    RejectConnection,
)

_LISTEN = INIT_CONNECTION.encode(Listen())
_REPLACED = "the relay ended the listening again and again: perhaps another program uses this identity"


def is_away(since: Instant | None, now: Instant) -> bool:
    """Whether what was lost at `since` may well be back at any moment."""
    return since is not None and now - since < RELAY_AWAY_MS


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
    replaced: int = 0
    """How often in a row the relay ended the leg soon after it was up."""
    away_since: Instant | None = None
    """When a leg that had been stable was lost; None while there is one, or if there never was."""
    fresh: LineId | None = None
    """A second line, in case the first one is dead."""
    is_fresh_asked: bool = False
    """Whether Listen went out on the second line."""
    last_error: str = ""

    def address(self) -> RelayAddress:
        """Where the leg leads."""
        return RelayAddress(self.relay, self.text)


class ListenLegs:
    """All listening legs."""

    __slots__ = ("_buffer", "_by_line", "legs")

    def __init__(self, buffer: EffectsBuffer[Any]) -> None:
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
        # may have moved, and peers are sent to where it is now.
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

    def is_up(self) -> bool:
        """Whether any leg counts as listening."""
        return any(leg.stage is LegStage.UP for leg in self.legs.values())

    def opened(self, leg: ListenLeg, line: LineId, now: Instant) -> None:
        """A line is up: ask to listen."""
        assert line in (leg.line, leg.fresh), "a line of this leg"
        alarm = Alarm.FRESH
        if line == leg.line:
            self._enter(leg, LegStage.ASKED, now)
            alarm = Alarm.LEG
        else:
            leg.is_fresh_asked = True
        self._buffer.send(line, _LISTEN)
        self._buffer.alarms.set((alarm, leg.relay), now + LISTEN_CONFIRM_MS)

    def message(self, leg: ListenLeg, data: bytes, now: Instant) -> PublicKey | None:
        """Who waits for us at the relay; None when the relay talks nonsense, then the leg is closed."""
        try:
            return INCOMING_CONNECTION.decode(data).public_key
        except Undecodable:
            self._hang_up(leg)
            self._lost(leg, now, "the relay sent what is no message")
            return None

    def closed(self, leg: ListenLeg, line: LineId, now: Instant, reason: str) -> bool:
        """A line is over, or could not be opened; returns whether it was the one in use."""
        if line == leg.fresh:
            self._forget_fresh(leg)
            return False
        self._forget_line(leg)
        if leg.is_fresh_asked:
            self._take_fresh(leg, LegStage.ASKED, now)
            self._buffer.alarms.set((Alarm.LEG, leg.relay), now + LISTEN_CONFIRM_MS)
        else:
            self._drop_fresh(leg)
            self._lost(leg, now, reason)
        return True

    def reject(self, relay: PublicKey, peer: PublicKey) -> None:
        """Have the relay send `peer` away, if we still listen there."""
        leg = self.legs.get(relay)
        if leg is not None and leg.line is not None and leg.stage is not LegStage.OPENING:
            self._buffer.send(leg.line, REJECT_CONNECTION.encode(RejectConnection(peer)))

    def wake(self, relay: PublicKey, now: Instant) -> bool:
        """The alarm of a leg; returns whether it has just come up."""
        leg = self.legs[relay]
        match leg.stage:
            case LegStage.WAITING:
                self._open(leg, now)
            case LegStage.OPENING:
                self._hang_up(leg)
                self._lost(leg, now, "the relay did not answer in time")
            case LegStage.ASKED:
                self._is_up(leg)
                return True
        return False

    def wake_fresh(self, relay: PublicKey, now: Instant) -> bool:
        """The alarm of a second line; returns whether the leg goes on with it."""
        leg = self.legs[relay]
        if not leg.is_fresh_asked:
            self._drop_fresh(leg)
            return False
        assert leg.line is not None, "without a first line the second one would be the first"
        self._buffer.close(leg.line)
        self._forget_line(leg)
        self._take_fresh(leg, LegStage.UP, now)
        self._is_up(leg)
        return True

    def retry(self, now: Instant) -> None:
        """The network may have changed: try at once wherever we wait, and beside lines that may be dead."""
        for leg in self.legs.values():
            leg.backoff.reset()
            if leg.stage is LegStage.WAITING:
                self._open(leg, now)
            elif leg.stage is not LegStage.OPENING and leg.fresh is None:
                leg.fresh = self._buffer.open(leg.address())
                self._by_line[leg.fresh] = leg
                self._buffer.alarms.set((Alarm.FRESH, leg.relay), now + CONNECT_MS + HANDSHAKE_MS)

    def _is_up(self, leg: ListenLeg) -> None:
        leg.stage = LegStage.UP
        leg.refusals = 0
        leg.away_since = None
        leg.last_error = _REPLACED if leg.replaced >= REPLACED_MIN else ""

    def _take_fresh(self, leg: ListenLeg, stage: LegStage, now: Instant) -> None:
        """Go on with the second line, whose Listen went out."""
        leg.line, leg.fresh, leg.is_fresh_asked = leg.fresh, None, False
        self._buffer.alarms.stop((Alarm.FRESH, leg.relay))
        self._enter(leg, stage, now)

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
        if stage is LegStage.UP:
            leg.away_since = now
            self._count_replaced(leg, lived_ms)
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
            if stage is LegStage.OPENING and is_away(leg.away_since, now):
                wait_ms = min(wait_ms, jittered(RELAY_AWAY_RETRY_MS, self._buffer.entropy))
            if stage is LegStage.ASKED:
                # The reference refuses a second leg, and holds a lost one for up to 32 s (rule 6 of section 10).
                leg.refusals += 1
                if leg.refusals <= LISTEN_REFUSALS_QUICK:
                    wait_ms = min(wait_ms, LISTEN_REFUSED_MS_MAX)
        self._enter(leg, LegStage.WAITING, now)
        self._buffer.alarms.set((Alarm.LEG, leg.relay), now + wait_ms)

    def _count_replaced(self, leg: ListenLeg, lived_ms: Millis) -> None:
        """Another program with our identity takes the place at the relay from us, and we from it, for ever."""
        leg.replaced = 0 if lived_ms >= STABLE_LINE_MS else leg.replaced + 1
        if leg.replaced >= REPLACED_MIN:
            leg.last_error = _REPLACED
        if leg.replaced == REPLACED_MIN:
            self._buffer.notice(f"{leg.text}: {_REPLACED}")

    def _enter(self, leg: ListenLeg, stage: LegStage, now: Instant) -> None:
        leg.stage, leg.since = stage, now

    def _hang_up(self, leg: ListenLeg) -> None:
        if leg.line is not None:
            self._buffer.close(leg.line)
            self._forget_line(leg)
        self._drop_fresh(leg)

    def _drop_fresh(self, leg: ListenLeg) -> None:
        if leg.fresh is not None:
            self._buffer.close(leg.fresh)
            self._forget_fresh(leg)

    def _forget_fresh(self, leg: ListenLeg) -> None:
        assert leg.fresh is not None
        del self._by_line[leg.fresh]
        leg.fresh, leg.is_fresh_asked = None, False
        self._buffer.alarms.stop((Alarm.FRESH, leg.relay))

    def _forget_line(self, leg: ListenLeg) -> None:
        assert leg.line is not None
        del self._by_line[leg.line]
        leg.line = None
