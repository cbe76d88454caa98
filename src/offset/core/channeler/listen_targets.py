"""On which relays we listen, and for whom (spec 02, 6.5; W3, W31).

Nothing is remembered per relay but why it is wanted; who is admitted follows from that at the moment of asking. So
a friend enabled before the first relay exists is admitted like any other.
"""

from __future__ import annotations

from offset.base.ids import PublicKey
from offset.wire.common import RelayAddress


class ListenTargets:
    """Our own relays, and for each friend those it may believe we use."""

    __slots__ = ("_friends", "_local", "_users")

    def __init__(self) -> None:
        self._local: tuple[RelayAddress, ...] = ()
        self._friends: dict[PublicKey, tuple[RelayAddress, ...]] = {}
        self._users: dict[PublicKey, dict[str, int]] = {}
        """Relay -> address text -> number of friends."""

    def set_local(self, relays: tuple[RelayAddress, ...]) -> list[PublicKey]:
        """Our relays are these; returns the relays for which something may have changed."""
        touched = [*self._local, *relays]
        self._local = relays
        return _keys(touched)

    def set_friend(self, friend: PublicKey, relays: tuple[RelayAddress, ...]) -> list[PublicKey]:
        """`friend` may believe that we use these; returns the relays for which something may have changed."""
        before = self._friends.get(friend, ())
        self._friends[friend] = relays
        if before == relays:
            return []
        # First, so that a text in use keeps its place.
        self._count(relays, 1)
        self._count(before, -1)
        return _keys([*before, *relays])

    def remove_friend(self, friend: PublicKey) -> list[PublicKey]:
        """Nobody is to be awaited any more; returns the relays for which something may have changed."""
        before = self._friends.pop(friend, ())
        self._count(before, -1)
        return _keys(before)

    def texts(self, relay: PublicKey) -> tuple[str, ...]:
        """Where this relay may be reached, our own choice first; empty when we do not want to listen there."""
        own = [address.address for address in self._local if address.public_key == relay]
        return tuple(dict.fromkeys([*own, *self._users.get(relay, ())]))

    def is_own(self, relay: PublicKey) -> bool:
        """Whether it is one of our relays now, not only one that friends may still use."""
        return any(address.public_key == relay for address in self._local)

    def admits(self, relay: PublicKey, friend: PublicKey) -> bool:
        """Whether `friend` may reach us through `relay`."""
        kept = self._friends.get(friend)
        return kept is not None and (
            self.is_own(relay) or any(address.public_key == relay for address in kept)
        )

    def _count(self, relays: tuple[RelayAddress, ...], by: int) -> None:
        for relay in dict.fromkeys(relays):
            texts = self._users.setdefault(relay.public_key, {})
            count = texts.get(relay.address, 0) + by
            if count:
                texts[relay.address] = count
            else:
                texts.pop(relay.address, None)
                if not texts:
                    del self._users[relay.public_key]


def _keys(relays: list[RelayAddress] | tuple[RelayAddress, ...]) -> list[PublicKey]:
    return list(dict.fromkeys(relay.public_key for relay in relays))
