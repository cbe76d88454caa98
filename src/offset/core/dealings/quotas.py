"""Shares of guests: how many questions of whom may be open at once, and which gives way to a newcomer.

Keys of callers cost nothing, so only what they froze counts. Each request has a share of its own, and so has each
contact: whoever fills one takes nothing from the others.
"""

from __future__ import annotations

import enum

from offset.base.ids import PublicKey, Uid
from offset.base.instants import Instant
from offset.base.limits import ASK_SAFE_MS, CONTACT_ASKS_MAX, REQUEST_ASKS_MAX, STRANGERS_ASKS_MAX
from offset.core.dealings.ages import Ages
from offset.core.dealings.records import GuestAsk, GuestStage
from offset.wire.mailbox import NOBODY_ASKED


class Kind(enum.Enum):
    """Whose questions count together."""

    STRANGERS = "strangers"
    """Of all strangers, for what they choose themselves."""
    REQUEST = "request"
    """Of strangers, for one request."""
    CONTACT = "contact"


Share = tuple[Kind, Uid | PublicKey]

_SIZES = {
    Kind.STRANGERS: STRANGERS_ASKS_MAX,
    Kind.REQUEST: REQUEST_ASKS_MAX,
    Kind.CONTACT: CONTACT_ASKS_MAX,
}
_WAITS = (GuestStage.OPENING, GuestStage.ISSUED)
"""Stages in which a question has a place; with a commit it is a sale, and needs none."""


def share_of(contact: PublicKey | None, request_id: Uid) -> Share:
    """The share in which a question of this caller has its place."""
    if contact is not None:
        return Kind.CONTACT, contact
    return (Kind.STRANGERS if request_id == NOBODY_ASKED else Kind.REQUEST), request_id


class Shares:
    """Which questions have a place, by share."""

    def __init__(self) -> None:
        self._members: dict[Share, dict[Uid, None]] = {}
        """Oldest first."""

    def note(self, ask_id: Uid, row: GuestAsk | None, before: GuestAsk | None) -> None:
        """The row of a question is this now, and was that before."""
        known = row or before
        if known is None:
            return
        share = share_of(known.contact, known.request_id)
        if row is not None and row.stage in _WAITS:
            self._members.setdefault(share, {})[ask_id] = None
        elif share in self._members:
            self._members[share].pop(ask_id, None)
            if not self._members[share]:
                del self._members[share]

    def is_full(self, share: Share) -> bool:
        """Whether a newcomer needs the place of another."""
        return len(self._members.get(share, ())) >= _SIZES[share[0]]

    def to_give_way(self, share: Share, rows: dict[Uid, GuestAsk], ages: Ages, now: Instant) -> Uid | None:
        """Who gives way: the oldest for which nothing was frozen, then the oldest that is not complete."""
        old = [rows[id] for id in self._members.get(share, ()) if now >= ages.asked(id) + ASK_SAFE_MS]
        loose = [row.ask_id for row in old if not row.is_touched]
        loose += [row.ask_id for row in old if row.is_touched and not row.is_complete]
        return loose[0] if loose else None
