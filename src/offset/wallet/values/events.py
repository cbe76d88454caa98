"""What changed, as it is told in the stream of events."""

from __future__ import annotations

from typing import Any, Literal

from offset.wallet.values.parts import IdText, Value

EventKind = Literal[
    "resync",
    "card",
    "card-removed",
    "friend",
    "standing",
    "purchase",
    "sale",
    "request",
    "history",
    "settings",
    "currencies",
    "sessions",
]
"""Resync: events were missed, so read everything anew, or all of the card that it names.

Of the others the value is the new one."""


class Event(Value):
    """One change. In the stream: `id`, `event` with the kind, and `data` with this as JSON."""

    kind: EventKind
    card: IdText | None = None
    key: str | None = None
    """Of what: the key of a friend, the id of a purchase."""
    value: Any = None
    """A Card, Friend, Purchase, Sale, HistoryRow, Settings or the list of currencies, as it is now.

    None of a friend that was removed, and of what is to be read anew: `request`, `standing`, `sessions`.
    """
