"""A leg: one authenticated connection, and what it is here for (spec 02, 3.4)."""

from __future__ import annotations

from dataclasses import dataclass, field

from offset.base.ids import Conn, PublicKey
from offset.base.instants import Instant
from offset.base.token_bucket import TokenBucket

MESSAGE_COST = 64
"""Bytes that a message costs beyond its content, so that empty ones count too."""


@dataclass(slots=True)
class SilentRole:
    """It has not said what it wants."""


@dataclass(slots=True)
class ListeningRole:
    """It takes incoming connections."""


@dataclass(slots=True)
class WaitingRole:
    """A half tunnel: it wants to reach `listener`, who has not answered.

    What it says early is kept, because a node sends its nonce right after Connect (spec 02, 3.6).
    """

    listener: PublicKey
    early: list[bytes] = field(default_factory=list)
    early_bytes: int = 0

    def keep(self, data: bytes) -> int:
        """Keep a message for the listener; returns what it costs in bytes."""
        cost = len(data) + MESSAGE_COST
        self.early.append(data)
        self.early_bytes += cost
        return cost


@dataclass(slots=True)
class JoinedRole:
    """One end of a tunnel."""

    peer: Leg
    bucket: TokenBucket
    """For what it says to the peer."""
    is_spent: bool = False
    """It said more than it may; an alarm tells when it may go on."""


@dataclass(slots=True)
class RefusedRole:
    """It will be closed in a moment, as late as a listener's reject would come (spec 02, W19)."""


Role = SilentRole | ListeningRole | WaitingRole | JoinedRole | RefusedRole


@dataclass(slots=True, eq=False)
class Leg:
    """One authenticated connection."""

    conn: Conn
    key: PublicKey
    source: str | None
    """What its address is counted under, None when it is exempt."""
    since: Instant
    """When it was opened; of a half tunnel, when it asked."""
    role: Role
    congested: bool = False
    """What we sent is piling up."""
    paused: bool = False
    """We asked to read no more from it."""
