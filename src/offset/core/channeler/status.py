"""How a channeler stands with relays and friends, for people to read (spec 02, W26)."""

from __future__ import annotations

import enum

import msgspec

from offset.base.ids import PublicKey
from offset.base.instants import Instant
from offset.wire.common import RelayAddress


class RelayRole(enum.Enum):
    """Why we listen on a relay."""

    OWN = "own"
    KEPT = "kept for friends that may not know our new relays"


class Connecting(msgspec.Struct, frozen=True):
    """A line to the relay is being made, or it has not yet had the time to refuse us."""


class Listening(msgspec.Struct, frozen=True):
    """Friends can reach us there."""


class BackingOff(msgspec.Struct, frozen=True):
    """The last attempt failed; the next one comes at `until`."""

    until: Instant


RelayState = Connecting | Listening | BackingOff


class RelayStatus(msgspec.Struct, frozen=True):
    """One relay on which we listen, or try to."""

    relay: RelayAddress
    role: RelayRole
    state: RelayState
    since: Instant
    last_error: str
    """Why the last line ended; empty when it was a success."""


class Why(enum.Enum):
    """Why a friend is not online, as far as one can know: a relay gives no reasons (spec 02, 4.4)."""

    NOT_TRIED = "not tried yet"
    NO_RELAY = "the friend has told us of no relay"
    RELAY_UNREACHABLE = "the relay cannot be reached"
    REFUSED = "the friend does not listen at that relay, or does not know us"
    HANDSHAKE_FAILED = "the friend answered but did not prove its key in time"
    LINK_LOST = "the link was lost"


class Linked(msgspec.Struct, frozen=True):
    """The friend is online."""

    relay: RelayAddress
    is_ours: bool
    """We connected; otherwise the friend did."""


class Trying(msgspec.Struct, frozen=True):
    """Attempts are under way at these relays."""

    relays: tuple[RelayAddress, ...]


class Apart(msgspec.Struct, frozen=True):
    """The friend is offline, and we wait."""

    why: Why
    next_attempt: Instant | None


FriendState = Linked | Trying | Apart


class FriendStatus(msgspec.Struct, frozen=True):
    """One enabled friend."""

    friend: PublicKey
    state: FriendState
    since: Instant
    """Since when it is online or offline."""


class ChannelerView(msgspec.Struct, frozen=True):
    """Everything at one moment."""

    relays: tuple[RelayStatus, ...]
    friends: tuple[FriendStatus, ...]
