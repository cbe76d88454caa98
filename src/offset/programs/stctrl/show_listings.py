"""What `info payments`, `invoices` and `history` show to people. For scripts: `offset.app.values`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from offset.base import base64url
from offset.base.ids import PublicKey, short
from offset.programs.printing import printable
from offset.programs.stctrl.table import table
from offset.wire.extension import HeldCredits, HistoryRow, InvoiceRow, LostCredits, PaymentRow
from offset.wire.recovery import FoundBalance, FoundRow, RecoveryRow
from offset.wire.report import NodeReport

_STAGES = {
    "new": "being paid",
    "in progress": "closed, not decided",
    "success": "paid",
    "canceled": "not paid",
    "lost": "nobody can prove whether it was paid",
    "acknowledged": "paid, parts under way",
}
"""The stages of a payment for people; one that is not known here is shown as the node says it."""
_STANDINGS = {
    "told": "has told",
    "here": "is here, and has not told yet",
    "away": "was not heard yet",
    "differs": "does not agree with you; see info friends --long",
    "unknown": "is no friend",
}
"""How a friend stands after a loss, for people."""
_KINDS = {
    "paid": "paid",
    "proof": "the receipt of a payment that was paid",
    "unpaid": "not paid",
    "received": "received",
    "withdrawn": "invoice withdrawn",
    "lost": "paid on, and whoever asked is gone",
    "unproved": "nobody can prove whether it was paid",
    "uncollected": "was to be paid for, and the channel was lost",
    "conceded": "given up by a reset of the channel",
    "gained": "gained by a reset of the channel",
    "succeeded": "owed to us, and taken over by the friend's new card",
    "owing": "owed by us, and taken over by the friend's new card",
    "lost part": "given to a friend, and the channel was lost",
}
"""The kinds of rows of the history for people."""


def payments_text(report: NodeReport, rows: Sequence[PaymentRow], *, goes_on: bool) -> str:
    """A table of payments, or a sentence. `goes_on`: these are not all, but follow some."""
    if not rows:
        return "No more payments." if goes_on else "No payments."
    names = _names(report)
    cells = [
        [
            [base64url.encode(row.payment_id)],
            [f"{row.amount} {printable(row.currency)}"],
            [
                printable(_STAGES.get(row.stage, row.stage)),
                "the commit is made" if row.has_commit else "no commit yet",
                *_credits(names, "frozen over", row.held),
                *_credits(names, "lost, may be claimed by", row.lost),
            ],
        ]
        for row in rows
    ]
    return table(("payment", "amount", "how it stands"), cells)


def invoices_text(rows: Sequence[InvoiceRow], *, goes_on: bool) -> str:
    """A table of invoices, or a sentence."""
    if not rows:
        return "No more open invoices." if goes_on else "No open invoices."
    cells = [
        [
            [base64url.encode(row.invoice_id)],
            [f"{row.amount} {printable(row.currency)}"],
            ["all of it is frozen" if row.has_commit else f"{row.frozen} frozen"],
        ]
        for row in rows
    ]
    return table(("invoice", "amount", "how it stands"), cells)


def found_text(rows: Sequence[FoundRow]) -> str:
    """A table of friends that were found, or a sentence."""
    if not rows:
        return "Nobody was found yet."
    cells = [
        [
            [base64url.encode(row.public_key)],
            [_time(row.signed_at * 1000) or "not known"],
            [line for item in row.balances for line in _found_lines(item)] or ["nothing is owed"],
        ]
        for row in rows
    ]
    return table(("key", "signed (UTC)", "what stands between you"), cells)


def _found_lines(item: FoundBalance) -> Iterator[str]:
    yield f"{item.balance:+} {printable(item.currency)}"
    if item.frozen_here:
        yield f"  {item.frozen_here} frozen by you"
    if item.frozen_there:
        yield f"  {item.frozen_there} frozen by the friend"


def recovery_text(report: NodeReport, rows: Sequence[RecoveryRow]) -> str:
    """A table of friends, or a sentence."""
    if not rows:
        return "There are no friends."
    if all(row.state == "told" for row in rows):
        return "All friends have told."
    names = _names(report)
    cells = [
        [
            [_name(names, row.public_key)],
            [printable(_STANDINGS.get(row.state, row.state))],
            [_time(row.known_at * 1000)],
            [f"{stake.amount} {printable(stake.currency)}" for stake in row.stakes],
        ]
        for row in rows
    ]
    return table(("friend", "how it stands", "you signed (UTC)", "waits for its word"), cells)


def history_text(report: NodeReport, rows: Sequence[HistoryRow], *, goes_on: bool) -> str:
    """A table of the history, or a sentence."""
    if not rows:
        return "Nothing more has ended." if goes_on else "Nothing has ended."
    names = _names(report)
    cells = [
        [
            [str(row.number)],
            [_time(row.time)],
            [printable(_KINDS.get(row.kind, row.kind))],
            [f"{row.amount} {printable(row.currency)}"],
            [] if row.peer == report.funder_report.local_public_key else [_name(names, row.peer)],
        ]
        for row in rows
    ]
    return table(("number", "time (UTC)", "what", "amount", "with"), cells)


def _names(report: NodeReport) -> dict[PublicKey, str]:
    return {entry.friend_public_key: entry.friend_report.name for entry in report.funder_report.friends.list}


def _name(names: dict[PublicKey, str], key: PublicKey) -> str:
    return printable(names[key]) if key in names else short(key)


def _credits(names: dict[PublicKey, str], what: str, parts: Iterable[HeldCredits | LostCredits]) -> list[str]:
    return [f"{part.amount} {what} {_name(names, part.friend_public_key)}" for part in parts]


def _time(stamp: int) -> str:
    """A time of day in ms since 1970; nothing if it is not known, or beyond what a calendar has."""
    try:
        return datetime.fromtimestamp(stamp / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S") if stamp else ""
    except (OverflowError, ValueError, OSError):
        return ""
