"""Whoever calls our mailbox: who is let in, how many, and who gives way (docs/MAILBOX.md, "Guests").

    at a relay ──(by lot)──► accepting ──(its key is proved)──► a Talk

Keys of callers cost nothing, so none of them counts for more than another, and when others wait a stranger has its
place for a while only. Some places are kept for contacts: a caller in one of those must introduce itself first.
"""

from __future__ import annotations

from collections.abc import Collection

from offset.base.entropy import Entropy
from offset.base.ids import CallId, PublicKey
from offset.base.instants import Instant, earliest
from offset.base.limits import (
    ASK_WAITS_MS,
    ASKS_BURST,
    ASKS_PER_SECOND,
    GUEST_SILENT_MS,
    GUEST_STAYS_MS,
    GUESTS_MAX,
    GUESTS_STRANGE_MAX,
)
from offset.base.lot import Lot
from offset.base.token_bucket import TokenBucket
from offset.core.mailbox.effects import News
from offset.core.mailbox.talk import CallAlarm, Talk
from offset.core.mailbox.waiting_room import WaitingRoom
from offset.core.meeting.accepting import Accepting
from offset.core.meeting.effects import LineId
from offset.core.meeting.effects_buffer import EffectsBuffer
from offset.core.meeting.listening import ListenLegs
from offset.core.meeting.tunnels import Tunnels
from offset.wire.common import RelayAddress
from offset.wire.mailbox import Letter

NOBODY = LineId(0)
"""In the place of a name in the alarm of the waiting room, and in that of the questions."""


class Guests:
    """Our callers, from the relay to the door."""

    def __init__(
        self, buffer: EffectsBuffer[News], tunnels: Tunnels, listening: ListenLegs, entropy: Entropy
    ) -> None:
        self._buffer = buffer
        self._listening = listening
        self._room = WaitingRoom(entropy)
        self._contacts: frozenset[PublicKey] = frozenset()
        self.tunnels = tunnels
        self.accepting = Accepting(tunnels)
        # Each costs us an invoice in our node. The bucket lets one more pass than it holds.
        self.asks: Lot[Letter] = Lot(entropy, TokenBucket(ASKS_PER_SECOND, ASKS_BURST - 1), ASK_WAITS_MS)
        self.talks: dict[CallId, Talk] = {}
        """Oldest first."""

    def set_contacts(self, contacts: Collection[PublicKey]) -> None:
        """The mailboxes of our contacts are these."""
        self._contacts = frozenset(contacts)

    def is_contact(self, mailbox: PublicKey) -> bool:
        """Whether this is the mailbox of a contact."""
        return mailbox in self._contacts

    # At relays

    def incoming(self, relay: RelayAddress, caller: PublicKey, now: Instant) -> None:
        """A caller waits at `relay`."""
        if self._room.enter((relay, caller), now):
            self.accept(now)
        else:
            self._listening.reject(relay.public_key, caller)

    def accept(self, now: Instant) -> None:
        """Accept those that wait, by lot, as far as there is room."""
        for relay, caller in self._room.overdue(now):
            self._listening.reject(relay.public_key, caller)
        while self._has_place(now) and self.accepting.has_room() and (drawn := self._room.draw()):
            relay, caller = drawn
            for where, other in self.accepting.incoming(relay, caller, now):
                self._listening.reject(where, other)
        # Those that are still there wait for a place, which may come by a stranger's silence.
        at = earliest(self._room.deadline(), now + GUEST_SILENT_MS if len(self._room) else None)
        if at is None:
            self._buffer.alarms.stop((CallAlarm.ROOM, NOBODY))
        else:
            self._buffer.alarms.set((CallAlarm.ROOM, NOBODY), at)

    def leg_lost(self, relay: PublicKey) -> None:
        """We do not listen at `relay` any more."""
        self._room.leave(relay)
        self.accepting.leg_lost(relay)

    # At the door

    def to_give_way(self, now: Instant, *, speaker: Talk | None = None) -> Talk | None:
        """The stranger that has been silent for longest, if that is long; else the one that is here for very long.

        So a line that says something all the time is no way to keep others out. `speaker` has just begun to speak:
        only others that have said something give way to it.
        """
        strangers = [talk for talk in self._strangers(speaking=speaker is not None) if talk is not speaker]
        silent = min(strangers, key=lambda talk: talk.moved, default=None)
        if silent is None or now >= silent.moved + GUEST_SILENT_MS:
            return silent
        oldest = min(strangers, key=lambda talk: talk.since)
        return oldest if now >= oldest.since + GUEST_STAYS_MS else None

    def is_full(self) -> bool:
        """Whether somebody must give way before another guest comes in."""
        return len(self.talks) >= GUESTS_MAX

    def are_too_many(self) -> bool:
        """Whether more strangers have said something than there are places for them."""
        return len(self._strangers(speaking=True)) > GUESTS_STRANGE_MAX

    def plan_asks(self) -> None:
        """See to it that questions which wait are drawn."""
        at = self.asks.deadline()
        if at is None:
            self._buffer.alarms.stop((CallAlarm.ASKS, NOBODY))
        else:
            self._buffer.alarms.set((CallAlarm.ASKS, NOBODY), at)

    def _strangers(self, *, speaking: bool) -> list[Talk]:
        return [
            talk
            for talk in self.talks.values()
            if not talk.is_contact and (talk.letters.received > 0 or not speaking)
        ]

    def _has_place(self, now: Instant) -> bool:
        return len(self.talks) + len(self.accepting) < GUESTS_MAX or self.to_give_way(now) is not None
