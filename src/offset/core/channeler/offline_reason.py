"""Why a friend is not online, for people to read (spec 02, W26)."""

from __future__ import annotations

import enum


class OfflineReason(enum.Enum):
    """As far as one can know: a relay gives no reasons (spec 02, 4.4)."""

    NOT_TRIED = "not tried yet"
    NO_RELAY = "the friend has told of no relay"
    RELAY_UNREACHABLE = "the relay cannot be reached"
    REFUSED = "the friend does not listen at that relay, or does not know this node"
    HANDSHAKE_FAILED = "the friend answered but did not prove its key in time"
    LINK_LOST = "the link was lost"
    REPLACED = (
        "links ended soon, again and again: perhaps another program uses this identity, or the friend's"
    )
