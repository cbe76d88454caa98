"""Purchases, sales, what is held, and the history, as they are answered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, cast

from offset.app.payment.rooms import most_in, rooms
from offset.app.reports import LiveReport
from offset.base import base64url
from offset.base.credits import Amount
from offset.base.ids import Currency, PublicKey
from offset.base.instants import Millis
from offset.store.card.rows import HistoryRow, PurchaseRow, SaleRow
from offset.wallet.purchases import ENDS, UNSENT
from offset.wallet.values import history, payments
from offset.wallet.values.parts import key_text, time_of
from offset.wallet.values.texts import InvoiceView
from offset.wallet.whys import unpack_why
from offset.wire.files import format_invoice
from offset.wire.report import ChannelConsistent
from offset.wire.text_values import INVOICE, InvoiceText, MailboxAddress
from offset.wire.texts import class_of, write_text


def text(value: Amount | None) -> str | None:
    """An amount as it is answered."""
    return None if value is None else str(value)


def invoice_view(
    invoice: InvoiceText, *, name: str | None, is_own: bool, until: Millis | None = None
) -> InvoiceView:
    """`name`: what the owner calls the seller. `is_own`: whether a card of this wallet is to be paid.

    `until`: until when it can be paid, where the invoice itself does not say so.
    """
    origin = invoice.opt_origin
    if origin is not None:
        until = origin.issued + origin.pay_within
    return InvoiceView(
        id=base64url.encode(invoice.invoice_id),
        currency=invoice.currency,
        amount=str(invoice.dest_payment),
        seller=key_text(invoice.dest_public_key),
        seller_name=name,
        note=invoice.note,
        decimals=invoice.opt_decimals,
        is_checked=False,
        is_own=is_own,
        until=None if until is None else time_of(until / 1000),
    )


def purchase_value(
    row: PurchaseRow, report: LiveReport | None, name: str | None, quote: payments.Quote | None = None
) -> payments.Purchase:
    """A purchase; `name` is what the owner calls the seller."""
    invoice = INVOICE.decode(row.invoice)
    is_held = row.stage not in (*ENDS, *UNSENT)
    return payments.Purchase(
        id=row.id,
        stage=cast(payments.PurchaseStage, row.stage),
        invoice=invoice_view(invoice, name=name, is_own=False, until=row.until),
        asked=_asked(row),
        name=row.name,
        note=row.note,
        fees_max=text(row.fees_max),
        fees=text(row.fees) if row.stage != "failed" else None,
        why=unpack_why(row.why),
        quote=quote,
        held=_held_by(row, report) if is_held else (),
        has_commit=row.commit is not None,
        has_receipt=row.receipt is not None,
        made=time_of(row.made / 1000),
        changed=time_of(row.changed / 1000),
    )


def _asked(row: PurchaseRow) -> Literal["address", "request"] | None:
    if row.asked is None:
        return None
    return "address" if class_of(row.asked) is MailboxAddress else "request"


def _held_by(row: PurchaseRow, report: LiveReport | None) -> tuple[payments.HeldBy, ...]:
    sums: dict[PublicKey, Amount] = {}
    for part in row.parts:
        sums[part.friend] = sums.get(part.friend, 0) + part.cost
    return tuple(
        payments.HeldBy(friend=key_text(key), name=_friend_name(report, key), amount=str(amount))
        for key, amount in sums.items()
    )


def _friend_name(report: LiveReport | None, key: PublicKey) -> str:
    friend = None if report is None else report.friends.get(key)
    return "" if friend is None else friend.name


def sale_value(row: SaleRow, report: LiveReport | None) -> payments.Sale:
    """A sale."""
    invoice = INVOICE.decode(row.invoice)
    most = None if report is None else most_in(rooms(report, row.currency))
    return payments.Sale(
        id=row.id,
        stage=cast(payments.SaleStage, row.stage),
        currency=row.currency,
        amount=str(row.amount),
        note=row.note,
        text=write_text(invoice),
        file=format_invoice(invoice.file()),
        most=text(most),
        frozen=None,
        why=unpack_why(row.why),
        payer=row.payer,
        request=None if row.request_id is None else base64url.encode(row.request_id),
        is_asked=row.ask_id is not None,
        made=time_of(row.made / 1000),
        changed=time_of(row.changed / 1000),
    )


def held_lines(report: LiveReport) -> tuple[payments.HeldLine, ...]:
    """What is frozen with each friend, in both directions; nothing is left out."""
    return tuple(
        payments.HeldLine(
            friend=key_text(key),
            name=friend.name,
            is_online=friend.liveness,
            currency=one.currency,
            out=str(one.balance.local_pending_debt),
            coming=str(one.balance.remote_pending_debt),
        )
        for key, friend in sorted(report.friends.items(), key=lambda entry: (entry[1].name, entry[0]))
        if isinstance(friend.channel_status, ChannelConsistent)
        for one in friend.channel_status.currency_reports
        if one.balance.local_pending_debt or one.balance.remote_pending_debt
    )


def passing_lines(
    lines: Iterable[payments.HeldLine], purchases: Iterable[PurchaseRow]
) -> tuple[payments.HeldLine, ...]:
    """The part of what goes out that no purchase explains."""
    own: dict[tuple[str, Currency], Amount] = {}
    for row in purchases:
        for part in row.parts:
            key = key_text(part.friend), row.currency
            own[key] = own.get(key, 0) + part.cost
    left = []
    for line in lines:
        out = max(0, int(line.out) - own.get((line.friend, Currency(line.currency)), 0))
        if out:
            left.append(
                payments.HeldLine(
                    friend=line.friend,
                    name=line.name,
                    is_online=line.is_online,
                    currency=line.currency,
                    out=str(out),
                    coming="0",
                )
            )
    return tuple(left)


def history_value(row: HistoryRow) -> history.HistoryRow:
    """A row of the history."""
    return history.HistoryRow(
        id=row.id,
        at=time_of(row.at / 1000),
        cause=cast(history.Cause, row.cause),
        currency=row.currency,
        friend=None if row.friend is None else key_text(row.friend),
        friend_name=row.friend_name,
        delta=str(row.delta),
        balance=str(row.balance),
        total=str(row.total),
        fees=text(row.fees),
        name=row.name,
        note=row.note,
        purchase=row.purchase,
        sale=row.sale,
    )
