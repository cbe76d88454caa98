"""Callers that wait at relays until we accept them: drawn by lot, and sent away before they give up.

By lot, because whoever calls often must not be served before those that call once.
"""

from __future__ import annotations

from offset.base.entropy import Entropy, fraction
from offset.base.ids import PublicKey
from offset.base.instants import Instant
from offset.base.limits import CALLER_WAITS_MS, CALLERS_WAITING_MAX
from offset.wire.common import RelayAddress

Caller = tuple[RelayAddress, PublicKey]
"""The relay where it waits, and its key."""


class WaitingRoom:
    """Who waits, and since when."""

    __slots__ = ("_entropy", "_since")

    def __init__(self, entropy: Entropy) -> None:
        self._entropy = entropy
        self._since: dict[Caller, Instant] = {}
        """Oldest first."""

    def __len__(self) -> int:
        return len(self._since)

    def enter(self, caller: Caller, now: Instant) -> bool:
        """Let a caller wait; False when there is no room. Whoever waits already goes on waiting."""
        if caller not in self._since and len(self._since) >= CALLERS_WAITING_MAX:
            return False
        self._since.setdefault(caller, now)
        return True

    def draw(self) -> Caller | None:
        """One of them by lot, who waits no longer."""
        if not self._since:
            return None
        number = int(fraction(self._entropy) * len(self._since))
        caller = list(self._since)[number]
        del self._since[caller]
        return caller

    def overdue(self, now: Instant) -> list[Caller]:
        """Those that have waited for too long, who wait no longer."""
        late = [caller for caller, since in self._since.items() if now >= since + CALLER_WAITS_MS]
        for caller in late:
            del self._since[caller]
        return late

    def leave(self, relay: PublicKey) -> None:
        """We do not listen at `relay` any more, so nobody waits there for us."""
        for caller in [caller for caller in self._since if caller[0].public_key == relay]:
            del self._since[caller]

    def deadline(self) -> Instant | None:
        """When somebody will have waited for too long."""
        return min(self._since.values()) + CALLER_WAITS_MS if self._since else None
