"""The last collects that we made to each friend: one that has lost its books must learn them from us (docs/WIRE.md).

They are rows of the past, KEPT_COLLECTS_MAX places for each friend: a new one takes the place of the oldest. Memory
holds only how many there ever were.
"""

from __future__ import annotations

from offset.base.ids import Currency, PublicKey
from offset.base.limits import KEPT_COLLECTS_MAX
from offset.core.funder.collects import CollectKey, CollectRecord
from offset.core.funder.state.past import Past
from offset.wire.friend import CollectOp, ResponseOp


class KeptCollects:
    """Where the next collect to each friend is kept."""

    def __init__(self, past: Past) -> None:
        self._past = past
        self._last: dict[PublicKey, int] = {}
        """The number of the last one to each friend, once it was looked up."""

    def keep(
        self, friend: PublicKey, currency: Currency, collect: CollectOp, promise: ResponseOp | None
    ) -> CollectRecord:
        """This collect was made to this friend, on this promise: its row, over that of the oldest one.

        Raises NodeStopped when the disk cannot say what is there.
        """
        number = self._look_up(friend) + 1
        self._last[friend] = number
        return CollectRecord(friend, number % KEPT_COLLECTS_MAX, number, currency, collect, promise)

    def forget(self, friend: PublicKey) -> list[CollectKey]:
        """The friend is removed: the places that may hold something. Raises NodeStopped as `keep`."""
        number = self._look_up(friend)
        del self._last[friend]
        if number >= KEPT_COLLECTS_MAX:
            return [CollectKey(friend, slot) for slot in range(KEPT_COLLECTS_MAX)]
        return [CollectKey(friend, slot) for slot in range(1, number + 1)]

    def _look_up(self, friend: PublicKey) -> int:
        if friend not in self._last:
            self._last[friend] = self._past.last_collect(friend)
        return self._last[friend]
