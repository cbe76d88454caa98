"""Keys that their owners have revoked: such a friend is disabled for ever, and no such key becomes a friend again.

A node whose own key is revoked goes on as before, and tells its friends.
"""

from __future__ import annotations

from offset.core.funder.friend.leaving import disable
from offset.core.funder.lost_keys import RevokedRecord
from offset.core.funder.state.turn import Turn
from offset.wire.revocations import Revocation, verify_revocation

REVOKED = "the owner has revoked this key: take the new card, and let it succeed this one"
UNKNOWN = "the revoked key is not that of a friend"


def revoke(turn: Turn, revocation: Revocation) -> str | None:
    """Take a revocation, whoever brings it: only the key itself could have signed it. Returns why not.

    That of our own key must come from our owner.
    """
    key = revocation.public_key
    friend = turn.state.friends.get(key)
    if friend is None and key != turn.state.local:
        # Nothing to disable; and what anybody may sign is not kept (one row for each key that was ever a friend).
        return UNKNOWN
    if not verify_revocation(revocation):
        return "the revocation is not signed by the key that it names"
    if key not in turn.state.revoked:
        turn.state.revoked[key] = RevokedRecord(key, revocation.signature)
        turn.put(turn.state.revoked[key])
    if friend is not None and friend.is_enabled:
        disable(turn, friend)
    return None
