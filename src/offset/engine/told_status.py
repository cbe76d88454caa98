"""What apps know of how the node stands with relays and friends, so that only changes are told (docs/WIRE.md)."""

from __future__ import annotations

from collections.abc import Iterable

from offset.base.ids import PublicKey
from offset.base.limits import STATUS_LINKS_MAX
from offset.wire.extension import LinkStatus, NetworkStatus, RelayStatus, StatusChange


class ToldStatus:
    """The status as all registered apps know it, but for what must be told again.

    What an app is given with its report may be older than what the others were told since, for a report waits for
    the disk: where the two differ, all are told again.
    """

    __slots__ = ("_again", "_links", "_relays", "_start", "has_more")

    def __init__(self) -> None:
        self._relays: tuple[RelayStatus, ...] | None = None
        """None: to be told with the next change."""
        self._links: dict[PublicKey, LinkStatus] = {}
        self._again: dict[PublicKey, None] = {}
        self._start = 0
        """Where the next look begins, so that links which move all the time hold up no others."""
        self.has_more = False
        """Whether the last change left something out."""

    def begin(self, status: NetworkStatus | None) -> None:
        """An app has the report; it knows this, and no other app was told anything."""
        self._relays = None if status is None else status.relays
        self._links = {link.friend_public_key: link for link in status.links} if status is not None else {}
        self._again.clear()

    def join(self, status: NetworkStatus | None) -> None:
        """One more app has the report, and knows this."""
        if status is None or self._relays != status.relays:
            self._relays = None
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

    def change(self, status: NetworkStatus) -> StatusChange | None:
        """What is to be told to all, at most STATUS_LINKS_MAX links; None if all is as they know it."""
        links = self._changed_links(status.links)
        gone = self._gone(status.links)
        if not (links or gone) and self._relays == status.relays:
            return None
        self._relays = status.relays
        return StatusChange(status.now, status.relays, tuple(links), tuple(gone))

    def _changed_links(self, links: tuple[LinkStatus, ...]) -> list[LinkStatus]:
        known, again = self._links, self._again
        start = self._start if self._start < len(links) else 0
        changed: list[LinkStatus] = []
        self._start, self.has_more = 0, False
        for place in (*range(start, len(links)), *range(start)):
            link = links[place]
            key = link.friend_public_key
            if known.get(key) == link and key not in again:
                continue
            if len(changed) == STATUS_LINKS_MAX:
                self._start, self.has_more = place, True
                break
            changed.append(link)
            known[key] = link
            again.pop(key, None)
        return changed

    def _gone(self, links: tuple[LinkStatus, ...]) -> list[PublicKey]:
        if len(self._links) <= len(links) and not self._again:
            # Every link was told by now, so there are no others; else the next look finds them.
            return []
        linked = {link.friend_public_key for link in links}
        gone = [key for key in {**self._links, **self._again} if key not in linked]
        for key in gone[:STATUS_LINKS_MAX]:
            self._links.pop(key, None)
            self._again.pop(key, None)
        self.has_more |= len(gone) > STATUS_LINKS_MAX
        return gone[:STATUS_LINKS_MAX]
