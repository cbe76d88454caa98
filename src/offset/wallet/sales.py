"""Sales: their stages, and what follows from a row."""

from __future__ import annotations

from msgspec.structs import replace

from offset.app.errors import Refused
from offset.app.why import Action, Cause, Remedy, Why
from offset.store.card.rows import SaleRow
from offset.wallet.endings import InvoiceEnd
from offset.wallet.refusals import Refusal
from offset.wallet.whys import unpack_why
from offset.wire.files import InvoiceFile
from offset.wire.text_values import INVOICE

UNSETTLED = ("opening", "open", "committed", "canceling", "not-known")
"""Stages in which something is still to come."""


def invoice_of(row: SaleRow) -> InvoiceFile:
    """The invoice as the node knows it."""
    return INVOICE.decode(row.invoice).file()


def is_lost(row: SaleRow) -> bool:
    """Whether the node took its commit, and whether its credits came cannot be known any more."""
    why = unpack_why(row.why)
    return row.stage == "not-known" and why is not None and why.kind == Cause.BOOKS_DIFFER.value


def ended(row: SaleRow, end: InvoiceEnd) -> SaleRow:
    """As the node has it."""
    match end:
        case "received":
            return replace(row, stage="committed", why=None)
        case "withdrawn":
            return replace(row, stage="canceled", why=None)
        case "open":
            return replace(row, stage="open", commit=None, why=None)


def silent() -> Refusal:
    """The node did not answer in time."""
    return Refusal(
        "no-answer",
        "The node has not answered yet; the wallet asks it again by itself. Look at the request in a moment.",
        remedies=["wait"],
    )


def closed(row: SaleRow, refused: Refused) -> Why:
    """Why it could not be withdrawn."""
    sentence = (
        f"Your node says that this request is not open any more ({refused}): another program has collected or "
        "cancelled it."
    )
    return Why(Cause.NOT_KNOWN, sentence, row.currency)


def unsure(row: SaleRow, refused: Exception) -> Why:
    """Why nobody can say whether its commit was taken."""
    sentence = (
        f"Your node did not say whether it took the commit, and now it says: {refused}. Compare what your friends owe "
        "you before you call it paid or unpaid."
    )
    return Why(Cause.NOT_KNOWN, sentence, row.currency, remedies=(Remedy(Action.ASK_ANEW),))


def maybe_used(row: SaleRow) -> Why:
    """Why nobody can say whether it was withdrawn."""
    sentence = (
        "Your node does not say whether it withdrew this request or had taken a commit before. Compare what your "
        "friends owe you before you call it paid or unpaid."
    )
    return Why(Cause.NOT_KNOWN, sentence, row.currency, remedies=(Remedy(Action.ASK_ANEW),))
