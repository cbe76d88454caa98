"""What apps know of how the node stands with relays and friends, so that only changes are told (docs/WIRE.md)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from offset.base.ids import PublicKey
from offset.base.limits import STATUS_LINKS_MAX
from offset.wire.extension import (
    IndexServerStatus,
    LinkStatus,
    NetworkStatus,
    RelayStatus,
    StatusChange,
)

StatusOf = Callable[[Sequence[PublicKey]], NetworkStatus]
"""How we stand with each relay and index server, and the links to these friends."""


def _servers(
    status: NetworkStatus,
) -> tuple[tuple[RelayStatus, ...], tuple[IndexServerStatus, ...]]:
    """What is told whole, whenever a bit of it changes."""
    return status.relays, status.index_servers


class ToldStatus:
    """The status as all registered apps know it, but for what must be told again.

    What an app is given with its report may be older than what the others were told since, for a report waits for
    the disk: where the two differ, all are told again.
    """

    __slots__ = ("_again", "_links", "_servers", "_start", "_to_look_at", "has_more")

    def __init__(self) -> None:
        self._servers: tuple[tuple[RelayStatus, ...], tuple[IndexServerStatus, ...]] | None = None
        """None: to be told with the next change."""
        self._links: dict[PublicKey, LinkStatus] = {}
        self._again: dict[PublicKey, None] = {}
        self._start = 0
        """Where the next look begins."""
        self._to_look_at: int | None = None
        """How many links there are that nobody looked at since something moved; None: all."""
        self.has_more = False
        """Whether the last change left links to be looked at."""

    def begin(self, status: NetworkStatus | None) -> None:
        """An app has the report; it knows this, and no other app was told anything."""
        self._servers = None if status is None else _servers(status)
        self._links = {link.friend_public_key: link for link in status.links} if status is not None else {}
        self._again.clear()

    def join(self, status: NetworkStatus | None, *, links_follow: bool = False) -> None:
        """One more app has the report, and knows this; `links_follow`: its links come in pieces (`compare`)."""
        if status is None or self._servers != _servers(status):
            self._servers = None
        if links_follow:
            return
        links = () if status is None else status.links
        self.compare([*self._links, *[link.friend_public_key for link in links]], links)

    def add(self, links: Iterable[LinkStatus]) -> None:
        """The only app was given these links as well."""
        for link in links:
            self._links[link.friend_public_key] = link

    def compare(self, friends: Iterable[PublicKey], links: Iterable[LinkStatus]) -> None:
        """One of several apps was given the links of these friends; those that are not in `links` have none."""
        given = {link.friend_public_key: link for link in links}
        for key in friends:
            if self._links.get(key) != given.get(key):
                self._again[key] = None

    def moved(self) -> None:
        """The standing with anybody may have changed: look at all links, from where we are."""
        self._to_look_at = None

    def change(self, linked: Collection[PublicKey], status_of: StatusOf) -> StatusChange | None:
        """What is to be told to all, after a look at STATUS_LINKS_MAX links; None if all is as they know it.

        `linked`: the friends with whom there is a link, in whatever state. `status_of`: relays and some links.
        """
        status = status_of(self._next(list(linked)))
        links = [
            link
            for link in status.links
            if self._links.get(link.friend_public_key) != link or link.friend_public_key in self._again
        ]
        for link in links:
            self._links[link.friend_public_key] = link
            self._again.pop(link.friend_public_key, None)
        gone = self._gone(linked)
        if not (links or gone) and self._servers == _servers(status):
            return None
        self._servers = _servers(status)
        return StatusChange(status.now, status.relays, tuple(links), tuple(gone), status.index_servers)

    def _next(self, linked: list[PublicKey]) -> list[PublicKey]:
        """Whom to look at now, so that after a move everybody is looked at once."""
        to_look_at = len(linked) if self._to_look_at is None else min(self._to_look_at, len(linked))
        count = min(to_look_at, STATUS_LINKS_MAX)
        start = self._start if self._start < len(linked) else 0
        friends = (linked[start:] + linked[:start])[:count]
        self._start, self._to_look_at = start + count, to_look_at - count
        self.has_more = self._to_look_at > 0
        return friends

    def _gone(self, linked: Collection[PublicKey]) -> list[PublicKey]:
        gone = [key for key in (*self._links, *self._again) if key not in linked]
        for key in gone[:STATUS_LINKS_MAX]:
            self._links.pop(key, None)
            self._again.pop(key, None)
        self.has_more |= len(gone) > STATUS_LINKS_MAX
        return list(dict.fromkeys(gone[:STATUS_LINKS_MAX]))
