"""A line of letters that is up, ours or a guest's, and when it must end."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from offset.base.ids import CallId, PublicKey
from offset.base.instants import Instant
from offset.base.limits import LETTERS_IDLE_MS, LETTERS_LIFE_MS
from offset.core.mailbox.correspondence import Correspondence
from offset.core.mailbox.effects import CallEnd
from offset.core.meeting.tunnels import Tunnel, Tunnels


class CallAlarm(enum.Enum):
    """What wakes a mailbox, beside its legs and tunnels."""

    TALK = "talk"
    """With a line number: its talk has been idle, or has lived, for long enough."""
    STAGGER = "stagger"
    """With the key of a call of ours: the next relay."""
    ROOM = "room"
    """Somebody has waited to be accepted for long enough."""
    ASKS = "asks"
    """A stranger's question may be drawn, or has waited for long enough."""


@dataclass(slots=True, eq=False)
class Talk:
    """One line of letters."""

    call: CallId
    call_key: PublicKey
    tunnels: Tunnels
    """Those of which the line's tunnel is one."""
    tunnel: Tunnel
    letters: Correspondence
    since: Instant
    moved: Instant
    """When the last letter came or went."""
    is_contact: bool = False
    """A guest that has introduced itself as a contact."""

    def ends_at(self) -> Instant:
        """When it ends, whatever it is used for."""
        return min(self.moved + LETTERS_IDLE_MS, self.since + LETTERS_LIFE_MS)

    def end(self, now: Instant) -> CallEnd | None:
        """Why it ends now, if it does."""
        if now >= self.since + LETTERS_LIFE_MS:
            return CallEnd.TOO_LONG
        return CallEnd.IDLE if now >= self.moved + LETTERS_IDLE_MS else None
