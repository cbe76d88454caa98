"""A key that listens: its legs, who waits for it, and who was announced to it (spec 02, 3.3; W13 to W15)."""

from __future__ import annotations

from dataclasses import dataclass, field

from offset.base.ids import PublicKey
from offset.base.instants import Instant
from offset.base.limits import RELAY_ANNOUNCE_MS
from offset.core.relay.legs import Leg


@dataclass(slots=True)
class Listener:
    """One listening key. It exists as long as it has a leg."""

    legs: list[Leg] = field(default_factory=list)
    """Its listening legs, the oldest first; the newest is told who waits (W14)."""
    waiting: dict[PublicKey, Leg] = field(default_factory=dict)
    """Half tunnels by initiator, in the order of their arrival."""
    announced: dict[PublicKey, Instant] = field(default_factory=dict)
    """Initiators that the newest leg was told of and has not answered, and since when they waited.

    An initiator stays here when its half tunnel goes: the answer is still under way, and if the initiator
    comes back before it, the answer joins the new leg (W13).
    """

    def newest(self) -> Leg:
        """The leg that is told who waits."""
        return self.legs[-1]

    def has_room(self, initiator: PublicKey, now: Instant, most: int) -> bool:
        """Whether one more initiator may wait, when `most` may wait or be unanswered at once."""
        if initiator in self.waiting:
            return True
        if len(self.waiting) >= most:
            return False
        if len(self.announced) >= most:
            self._forget_unanswered(now)
        return initiator in self.announced or len(self.announced) < most

    def to_announce(self) -> list[PublicKey]:
        """The waiting initiators to announce now; they count as announced from here on."""
        if self.newest().congested:
            # They stay queued until it has drained (W15).
            return []
        fresh = {key: half for key, half in self.waiting.items() if key not in self.announced}
        self.announced.update((key, half.since) for key, half in fresh.items())
        return list(fresh)

    def arrive(self, initiator: PublicKey, leg: Leg, now: Instant) -> Leg | None:
        """`leg` waits for this key from now on; returns the leg it replaces (W13)."""
        told = self.announced.get(initiator)
        if told is not None and now - told >= RELAY_ANNOUNCE_MS:
            # No answer is to be expected any more: tell again.
            del self.announced[initiator]
        replaced = self.waiting.pop(initiator, None)
        self.waiting[initiator] = leg
        return replaced

    def answer(self, initiator: PublicKey) -> Leg | None:
        """The listener accepted or rejected `initiator`; returns its leg if it still waits."""
        self.announced.pop(initiator, None)
        return self.waiting.pop(initiator, None)

    def changed_newest(self) -> None:
        """Another leg is the newest now: it knows nothing of what the last one was told."""
        self.announced.clear()

    def _forget_unanswered(self, now: Instant) -> None:
        for key, told in list(self.announced.items()):
            if key not in self.waiting and now - told >= RELAY_ANNOUNCE_MS:
                del self.announced[key]
