"""Friends that a node has found which lost its list of friends: what each handed over, proved by our own signature.

Nothing of it is remembered on the disk: a friend that is not taken knocks again. An owner takes them one by one, and
looks at the signing time first, for a friend removed long ago can show an old signature, too.
"""

from __future__ import annotations

import msgspec

from offset.base.ids import PublicKey
from offset.base.limits import FOUND_FRIENDS_MAX
from offset.core.funder.ledger.judge import Judged, Refused, Standing, judge
from offset.crypto.lives import LifeCipher
from offset.wire.aside import Handover


class FoundFriend(msgspec.Struct, frozen=True):
    """Somebody who holds a signature of ours, and what stands between us by it."""

    public_key: PublicKey
    handover: Handover
    judged: Judged

    @property
    def reached(self) -> tuple[int, int, int]:
        """How far the channel is, in which life."""
        channel = self.judged.channel
        return self.judged.signed.life, channel.inconsistency_counter, channel.move_token_counter


class FoundFriends:
    """All that were found since the node started."""

    def __init__(self, local: PublicKey, lives: LifeCipher) -> None:
        self._local, self._lives = local, lives
        self._found: dict[PublicKey, FoundFriend] = {}

    def take(self, stranger: PublicKey, handover: Handover, now: int) -> FoundFriend | Refused | None:
        """What a stranger hands over; `now` in seconds since 1970.

        None: it is known already, or there are too many. Made-up keys do not count: each holds a signature of ours.
        """
        found = judge(self._local, stranger, handover, Standing(), self._lives, now)
        if isinstance(found, Refused):
            return found
        friend = FoundFriend(stranger, handover, found)
        before = self._found.get(stranger)
        if before is not None and friend.reached <= before.reached:
            return None
        if before is None and len(self._found) >= FOUND_FRIENDS_MAX:
            return None
        self._found[stranger] = friend
        return friend

    def get(self, stranger: PublicKey) -> FoundFriend | None:
        """What this one handed over."""
        return self._found.get(stranger)

    def drop(self, stranger: PublicKey) -> None:
        """It is a friend now."""
        self._found.pop(stranger, None)

    def all(self) -> tuple[FoundFriend, ...]:
        """Those that are not friends yet, by their keys."""
        return tuple(self._found[key] for key in sorted(self._found))
