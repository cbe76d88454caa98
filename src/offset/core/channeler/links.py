"""The link of each friend, and which of two links stays (spec 02, 6.3, 6.6; W9, W12)."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from offset.base.ids import PublicKey
from offset.base.instants import Instant
from offset.base.limits import LINK_PRECEDENCE_MS
from offset.core.meeting.tunnels import Tunnel


@dataclass(slots=True, eq=False)
class FriendLink:
    """One enabled friend."""

    key: PublicKey
    is_higher: bool
    """Our key is the higher one."""
    since: Instant
    """Since when it is online or offline."""
    link: Tunnel | None = None
    held: bytes | None = None
    """The newest message that the link could not take yet; it replaces older ones (6.6)."""
    held_asides: deque[bytes] = field(default_factory=deque)
    """Asides that it could not take yet: at most ASIDES_HELD_MAX, none is replaced."""


def replaces(fresh: Tunnel, friend: FriendLink, now: Instant) -> bool:
    """Whether a tunnel that has just come up replaces the link of `friend`, or is closed itself.

    The newest wins: only the friend can have made it, so the old link is dead, whatever it looks like. But when
    both sides connect at the same moment, both keep the link that the higher side began.
    """
    link = friend.link
    if link is None or link.is_ours == fresh.is_ours or now - link.since >= LINK_PRECEDENCE_MS:
        return True
    return fresh.is_ours == friend.is_higher
