"""What a node publishes, and what of it the index server must hear next (spec 04, 5.6).

Every message lets all records of the node grow older at the servers, so each message also repeats a few that were
said longest ago. A reference server forgets a record of a currency with n records after 16 + 3n messages; we come
back to it within 16 + 2n, also while a long state is being said: then a few places of each message are for pairs of
small currencies, which would not live until its end.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping

from offset.base.credits import FREE, Amount, Rate
from offset.base.ids import Currency, PublicKey
from offset.base.limits import (
    INDEX_AGE_BASE,
    INDEX_AGE_FACTOR,
    INDEX_MUTATIONS_PER_BATCH,
    INDEX_REFRESH_MUTATIONS,
)
from offset.wire.index import IndexMutation, RemoveFriendCurrency, UpdateFriendCurrency

SAID_AGAIN = 3
"""How often a remove is said again. A server may pass it on over a line that is dead and not yet known to be so, and
what is not taken back is believed until it is too old: of a node with many friends for most of an hour."""

Key = tuple[PublicKey, Currency]
"""A friend and a currency."""
Published = tuple[Amount, Rate]
"""What the friend can still push to us, and the toll for passing it on."""


class Publication:
    """The published pairs. Those that go are said as [update 0, remove]: a bare remove ends a server (R2)."""

    __slots__ = ("_changed", "_doubtful", "_gone", "_messages", "_said", "_unsaid", "_values")

    def __init__(self) -> None:
        self._values: dict[Key, Published] = {}
        self._changed: dict[Key, None] = {}
        """To be said at once, in this order."""
        self._unsaid: dict[Key, None] = {}
        """To be said because the server is new."""
        # Said to be no more published, but maybe not everybody heard it; and how often it is to be said again.
        self._gone: dict[Key, int] = {}
        self._doubtful: dict[Key, None] = {}
        """Not published, but a former life of this node may have been about to say so."""
        self._messages = 0
        # By currency: in which message a pair was last said, the one said longest ago first.
        self._said: dict[Currency, OrderedDict[Key, int]] = {}

    def __len__(self) -> int:
        """How many pairs are published."""
        return len(self._values)

    def change(self, changes: Mapping[Key, Published | None]) -> None:
        """Pairs have a new value, or are no more published (None)."""
        for key, value in changes.items():
            if value == self._values.get(key):
                continue
            if value is None:
                del self._values[key]
                self._unqueue(key)
            else:
                if key not in self._values:
                    self._said.setdefault(key[1], OrderedDict())[key] = self._messages
                self._values[key] = value
                self._gone.pop(key, None)
                self._doubtful.pop(key, None)
            self._changed[key] = None
            self._unsaid.pop(key, None)

    def doubt(self, keys: Iterable[Key]) -> None:
        """Servers may believe in these pairs. Those that are not published soon are taken back."""
        for key in keys:
            if not any(key in known for known in (self._values, self._changed, self._unsaid, self._gone)):
                self._doubtful[key] = None

    def begin(self) -> None:
        """Whoever listens now has heard nothing, so nothing is old there: say everything."""
        for said in self._said.values():
            for key in said:
                said[key] = self._messages
        self._say_everything()

    def say_all(self) -> None:
        """Say everything again, and removes that may not have arrived, and take back what is doubtful."""
        self._take_back_doubtful()
        self._say_everything()

    def _say_everything(self) -> None:
        self._unsaid = {
            **self._unsaid,
            **self._changed,
            **dict.fromkeys(self._gone),
            **dict.fromkeys(self._values),
        }
        self._changed, self._gone = {}, {}

    def say_again(self) -> list[Key]:
        """Some time has passed: what was taken back is said once more, and at last forgotten; returns what is."""
        forgotten: list[Key] = []
        self._take_back_doubtful()
        for key, left in list(self._gone.items()):
            if left:
                self._gone[key] = left - 1
                self._unsaid[key] = None
            else:
                del self._gone[key]
                forgotten.append(key)
        return forgotten

    @property
    def has_changed(self) -> bool:
        """Whether something new is to be said."""
        return bool(self._changed)

    @property
    def has_removes(self) -> bool:
        """Whether something is to be taken back, or was and is not yet forgotten."""
        return bool(self._gone or self._doubtful)

    @property
    def has_unsaid(self) -> bool:
        """Whether a part of everything is still to be said."""
        return bool(self._unsaid)

    def next_batch(self, repeated: int, with_unsaid: bool = True) -> tuple[IndexMutation, ...]:
        """The mutations of the next message, which are then taken as said.

        What changed comes first, then (`with_unsaid`) the unsaid, then at least `repeated` old ones if there are.
        When there is too much for one message, a quarter of it is for old ones that must be said again soon.
        """
        batch: list[IndexMutation] = []
        self._messages += 1
        if self._unsaid or len(self._changed) > INDEX_MUTATIONS_PER_BATCH - 2:
            # Soon and not now, for many may be due with the same message.
            self._repeat(INDEX_REFRESH_MUTATIONS, batch, due_by=self._messages + INDEX_AGE_BASE // 2)
        for waiting in (self._changed, self._unsaid if with_unsaid else {}):
            while waiting and len(batch) <= INDEX_MUTATIONS_PER_BATCH - 2:
                key = next(iter(waiting))
                del waiting[key]
                self._say(key, batch)
        if not self._unsaid:
            self._repeat(max(repeated, -(-len(self._values) // INDEX_AGE_BASE)), batch)
        return tuple(batch)

    def _take_back_doubtful(self) -> None:
        self._gone.update(dict.fromkeys(self._doubtful, SAID_AGAIN))
        self._doubtful = {}

    def _repeat(self, count: int, batch: list[IndexMutation], due_by: int | None = None) -> None:
        """Say the `count` most urgent pairs again; with `due_by` only those that must be said by that message."""
        for _ in range(min(count, INDEX_MUTATIONS_PER_BATCH - len(batch))):
            behind = (said for said in self._said.values() if next(iter(said.values())) < self._messages)
            urgent = min(behind, key=_must_be_said, default=None)
            if urgent is None or (due_by is not None and _must_be_said(urgent) > due_by):
                # This message says everything, or nothing is that old.
                return
            self._say(next(iter(urgent)), batch)

    def _say(self, key: Key, batch: list[IndexMutation]) -> None:
        friend, currency = key
        self._changed.pop(key, None)
        self._unsaid.pop(key, None)
        value = self._values.get(key)
        if value is None:
            batch.append(UpdateFriendCurrency(friend, currency, 0, FREE))
            batch.append(RemoveFriendCurrency(friend, currency))
            self._gone.setdefault(key, SAID_AGAIN)
            return
        batch.append(UpdateFriendCurrency(friend, currency, *value))
        said = self._said[currency]
        said[key] = self._messages
        said.move_to_end(key)

    def _unqueue(self, key: Key) -> None:
        said = self._said[key[1]]
        del said[key]
        if not said:
            del self._said[key[1]]


def _must_be_said(said: OrderedDict[Key, int]) -> int:
    """By which message the oldest pair of a currency should be said again."""
    oldest = next(iter(said.values()))
    return oldest + INDEX_AGE_BASE + (INDEX_AGE_FACTOR - 1) * len(said)
