"""Payments and invoices page by page, for apps that ask for them (docs/WIRE.md)."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from typing import TypeVar

from offset.base.ids import PaymentId
from offset.core.funder.records import InvoiceRecord, PaymentRecord
from offset.core.funder.state.found import FoundFriend
from offset.core.funder.state.state import FunderState
from offset.wire.extension import HeldCredits, InvoiceRow, LostCredits, PaymentRow
from offset.wire.recovery import FoundBalance, FoundRow

Id = TypeVar("Id", bound=bytes)


def payment_rows(state: FunderState, above: bytes, limit: int) -> tuple[tuple[PaymentRow, ...], bool]:
    """Payments that are not acknowledged, with ids above this one; and whether there are no more."""
    ids, is_last = _page(state.payments, above, limit)
    held: dict[PaymentId, list[HeldCredits]] = {payment_id: [] for payment_id in ids}
    for part in state.transactions.values():
        if part.payment_id in held:
            held[part.payment_id].append(HeldCredits(part.friend, part.dest_payment + part.fees))
    return tuple(_payment_row(state.payments[key], held[key]) for key in ids), is_last


def invoice_rows(state: FunderState, above: bytes, limit: int) -> tuple[tuple[InvoiceRow, ...], bool]:
    """Open invoices with ids above this one; and whether there are no more."""
    ids, is_last = _page(state.invoices, above, limit)
    return tuple(_invoice_row(state, state.invoices[key]) for key in ids), is_last


def found_rows(state: FunderState, above: bytes, limit: int) -> tuple[tuple[FoundRow, ...], bool]:
    """Friends that were found and are not taken, with keys above this one; and whether there are no more."""
    found = {} if state.found is None else {one.public_key: one for one in state.found.all()}
    keys, is_last = _page(found, above, limit)
    return tuple(_found_row(found[key]) for key in keys), is_last


def _page(ids: Iterable[Id], above: bytes, limit: int) -> tuple[list[Id], bool]:
    found = heapq.nsmallest(limit + 1, (key for key in ids if key > above))
    return found[:limit], len(found) <= limit


def _payment_row(payment: PaymentRecord, held: list[HeldCredits]) -> PaymentRow:
    return PaymentRow(
        payment.payment_id,
        payment.invoice_id,
        payment.currency,
        payment.total_dest_payment,
        payment.dest_public_key,
        payment.stage.value,
        payment.is_promised,
        tuple(held),
        tuple(LostCredits(part.friend, part.amount) for part in payment.lost),
    )


def _invoice_row(state: FunderState, invoice: InvoiceRecord) -> InvoiceRow:
    payers = state.waiting.payers_of(invoice.invoice_id)
    paid = [state.waiting.paid(payer) for payer in payers]
    return InvoiceRow(
        invoice.invoice_id,
        invoice.currency,
        invoice.total_dest_payment,
        sum(paid),
        any(amount >= invoice.total_dest_payment for amount in paid),
    )


def _found_row(found: FoundFriend) -> FoundRow:
    credits = found.judged.channel.credits.values()
    balances = tuple(
        FoundBalance(credit.currency, credit.balance, credit.local_debt, credit.remote_debt)
        for credit in credits
    )
    return FoundRow(found.public_key, found.judged.signed.at, balances)
