"""What the report of a node means for the guests of a card's mailbox: currencies, and how their invoices stand."""

from __future__ import annotations

from collections.abc import Callable

from offset.app.reports import LiveReport
from offset.base.ids import Currency, InvoiceId
from offset.core.dealings.dealings import Dealings
from offset.core.dealings.records import GuestStage, OpenTo
from offset.core.dealings.terms import CurrencyTerms, Terms
from offset.wallet.access import CardAccess
from offset.wire.report import ChannelConsistent, FriendReport


def terms_of(report: LiveReport, open_to: OpenTo, decimals: Callable[[str], int]) -> Terms:
    """Every currency that a friend uses with the card may be asked for; `decimals` as the owner sees it."""
    currencies = {currency for friend in report.friends.values() for currency in currencies_of(friend)}
    return Terms(open_to, {currency: CurrencyTerms(decimals(currency)) for currency in currencies})


def currencies_of(friend: FriendReport) -> set[Currency]:
    """In which a friend and the card agree that something may be owed."""
    status = friend.channel_status
    if not isinstance(status, ChannelConsistent):
        return set()
    return {line.currency for line in status.currency_reports}


async def standings(card: CardAccess, dealings: Dealings) -> list[tuple[InvoiceId, bool, bool]]:
    """The invoices of guests that wait for a commit: which one, whether anything is frozen, whether all is.

    The node lists what buyers have frozen for each of its open invoices, and whether somebody may have a commit; one
    of the reference lists nothing, and then nothing is known. Raises OffsetError.
    """
    waiting = {
        ask.invoice_id for ask in dealings.guest_asks() if ask.stage is GuestStage.ISSUED and ask.invoice_id
    }
    if not waiting or not card.report.tells_refusals:
        return []
    return [
        (row.invoice_id, row.frozen > 0, row.has_commit)
        for row in await card.node.invoices()
        if row.invoice_id in waiting
    ]
