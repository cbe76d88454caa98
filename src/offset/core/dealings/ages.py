"""Since when the questions of guests are here, by our own count: a clock of the day that is set moves none of them."""

from __future__ import annotations

from typing import NamedTuple

from offset.base.ids import Uid
from offset.base.instants import Instant
from offset.core.dealings.desk import Desk
from offset.core.dealings.records import GuestAsk


class _Age(NamedTuple):
    asked: Instant
    issued: Instant | None


class Ages:
    """Of the questions in memory."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._ages: dict[Uid, _Age] = {}

    def __len__(self) -> int:
        return len(self._ages)

    def note(self, row: GuestAsk, now: Instant) -> None:
        """The row of a question is this now. What is known of its age stays; the rest is read from its Unix times.

        One that lies ahead was written by a clock that was wrong, and is taken for now.
        """
        known = self._ages.get(row.ask_id)
        asked = min(self._desk.instant(row.asked), now) if known is None else known.asked
        issued = None if known is None else known.issued
        if issued is None and row.invoice is not None:
            issued = min(self._desk.instant(row.invoice.issued), now)
        self._ages[row.ask_id] = _Age(asked, issued)

    def forget(self, ask_id: Uid) -> None:
        """The question leaves memory."""
        self._ages.pop(ask_id, None)

    def asked(self, ask_id: Uid) -> Instant:
        """When this question was asked."""
        return self._ages[ask_id].asked

    def issued(self, ask_id: Uid) -> Instant:
        """When its invoice was issued; without one, when it was asked."""
        age = self._ages[ask_id]
        return age.asked if age.issued is None else age.issued
