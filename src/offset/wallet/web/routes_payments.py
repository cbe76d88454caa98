"""Routes: paying, and what is held."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from offset.base.credits import Amount
from offset.base.faults import UserFault
from offset.base.ids import Currency
from offset.base.limits import PAYER_NAME_BYTES_MAX
from offset.base.names import check_currency
from offset.base.notes import clean_note
from offset.store.card.rows import PurchaseRow
from offset.wallet import asking, quoting
from offset.wallet.clerk import Clerk
from offset.wallet.paying import Allow
from offset.wallet.payment_views import held_lines, passing_lines
from offset.wallet.purchases import ENDS
from offset.wallet.reading import invoice_in, payable
from offset.wallet.refusals import Refusal
from offset.wallet.row_ids import row_id
from offset.wallet.tokens import Grant, now_ms
from offset.wallet.values.cards import Empty
from offset.wallet.values.parts import Body, CurrencyText, KeyText, amount_of, key_of
from offset.wallet.values.payments import (
    Capacity,
    CommitText,
    Confirm,
    Held,
    NewPurchase,
    Purchase,
    Quote,
    ReceiptText,
    ToQuote,
)
from offset.wallet.web.table import Ask, Needs, Route
from offset.wire.common import COMMIT, RECEIPT
from offset.wire.files import format_commit, format_receipt
from offset.wire.text_values import INVOICE, InvoiceText
from offset.wire.texts import write_text

LIST_LONGEST = 200


class Newest(Body):
    """How many are wanted."""

    limit: Annotated[int, Meta(ge=1, le=LIST_LONGEST)] = 50


class To(Body):
    """To whom, and in what."""

    currency: CurrencyText
    to: KeyText | None = None


def clerk_of(ask: Ask) -> Clerk:
    """The clerk of the card that the path names. Raises Refusal."""
    return ask.wallet.clerks.get(ask.card.id)


async def quote(ask: Ask) -> Quote:
    """What a payment would cost now, over whom it would go, or why it cannot be and what helps."""
    body: ToQuote = ask.body
    clerk, invoice = clerk_of(ask), invoice_in(body.to)
    quoting.check_payable(clerk, invoice, None if body.amount is None else amount_of(body.amount))
    await quoting.check_not_paid(clerk, invoice)
    return await _quoted(ask, clerk, invoice)


async def _quoted(ask: Ask, clerk: Clerk, invoice: InvoiceText) -> Quote:
    is_own = invoice.dest_public_key in ask.wallet.own_keys()
    return await quoting.quote(clerk, invoice, ask.wallet.settings.fees_percent, is_own=is_own)


async def capacity(ask: Ask) -> Capacity:
    """How much can be paid at most, to somebody or as far as it depends on your own friends."""
    query: To = ask.query
    to = None if query.to is None else key_of(query.to)
    return await quoting.capacity(clerk_of(ask), Currency(query.currency), to)


async def new_purchase(ask: Ask) -> Purchase:
    """Somebody to be paid: asks for the invoice where it is an address or a request, and waits for your yes."""
    body: NewPurchase = ask.body
    if ask.grant is not None and ask.key is None:
        raise Refusal(
            "malformed", "A program that pays sends an Idempotency-Key, so that nothing is paid twice."
        )
    clerk, to = clerk_of(ask), payable(body.to)
    amount = None if body.amount is None else amount_of(body.amount)
    # So that no row is left over when there is nobody to ask for the price.
    _ = clerk.card.node
    if isinstance(to, InvoiceText):
        quoting.check_payable(clerk, to, amount)
        invoice = to
    else:
        if body.currency is not None:
            check_currency(body.currency)
        invoice = asking.asked_for(clerk, to, amount, body.currency, clean_note(body.note))
    name, now = clean_note(body.name), clerk.now()
    row = PurchaseRow(
        id=row_id(ask.new_id()),
        body_hash=ask.digest,
        invoice=INVOICE.encode(invoice),
        invoice_id=invoice.invoice_id,
        seller=invoice.dest_public_key,
        currency=invoice.currency,
        amount=invoice.dest_payment,
        name=name or clerk.name_of(invoice.dest_public_key) or asking.label_of(to),
        note=clean_note(body.note) or invoice.note,
        stage="priced",
        token=None if ask.grant is None else ask.grant.id,
        made=now,
        changed=now,
    )
    if not isinstance(to, InvoiceText):
        row = asking.asking(row, to, _payer(body.payer), when_open=body.when_open)
    row = await clerk.paying.begin(row)
    if name:
        await clerk.call(invoice.dest_public_key, name)
    return await _shown(ask, clerk, row)


def _payer(name: str) -> str:
    """How whoever pays is called in a letter. Raises UserFault."""
    try:
        return clean_note(name, PAYER_NAME_BYTES_MAX)
    except UserFault:
        raise UserFault(
            f"the name by which you are called towards whoever is paid is longer than {PAYER_NAME_BYTES_MAX} bytes, "
            "or holds signs that do not print; choose a shorter one"
        ) from None


async def _shown(ask: Ask, clerk: Clerk, row: PurchaseRow) -> Purchase:
    """With its price, as long as it waits for a yes."""
    if row.stage != "priced":
        return clerk.purchase_value(row)
    return clerk.purchase_value(row, await _quoted(ask, clerk, INVOICE.decode(row.invoice)))


async def list_purchases(ask: Ask) -> tuple[Purchase, ...]:
    """The newest payments of a card, newest first."""
    clerk, limit = clerk_of(ask), ask.query.limit
    rows = await clerk.books.do(lambda books: books.newest_purchases(limit))
    return tuple(clerk.purchase_value(row) for row in rows)


async def purchase(ask: Ask) -> Purchase:
    """One payment."""
    clerk = clerk_of(ask)
    return await _shown(ask, clerk, await clerk.paying.get(ask.path["id"]))


async def confirm(ask: Ask) -> Purchase:
    """Say yes to a payment, with the most that the way may cost. A second yes changes nothing."""
    clerk = clerk_of(ask)
    row = await clerk.paying.get(await _own(ask, clerk))
    if row.stage == "priced":
        # The time of the invoice may be over meanwhile.
        quoting.check_payable(clerk, INVOICE.decode(row.invoice), None)
    fees_max = amount_of(ask.body.fees_max)
    allow = None if ask.grant is None else _allow(ask, clerk, ask.grant, fees_max)
    return clerk.purchase_value(await clerk.paying.confirm(row.id, fees_max, allow))


def _allow(ask: Ask, clerk: Clerk, grant: Grant, fees_max: Amount) -> Allow:
    """Whether a payment is in the budgets of the program that asks."""
    card = ask.card.id

    async def allow(row: PurchaseRow) -> None:
        earlier = await clerk.books.do(lambda books: books.purchases_by(grant.id))
        grant.check(card, row, fees_max, earlier, now_ms())

    return allow


async def _own(ask: Ask, clerk: Clerk) -> str:
    """The id of the purchase in the path, which a program has begun itself. Raises Refusal."""
    row = await clerk.paying.get(ask.path["id"])
    if ask.grant is not None and row.token != ask.grant.id:
        raise Refusal("no-right", "A program can only go on with payments that it has begun.", cause="token")
    return row.id


async def stop(ask: Ask) -> Purchase:
    """Stop a payment: no more is sent, no commit is shown, and it ends once your node says that all is back."""
    clerk = clerk_of(ask)
    return clerk.purchase_value(await clerk.paying.stop_one(await _own(ask, clerk)))


async def deliver(ask: Ask) -> Purchase:
    """Pay a stopped payment after all, where its commit is there."""
    clerk = clerk_of(ask)
    return clerk.purchase_value(await clerk.paying.deliver_after_all(await _own(ask, clerk)))


async def commit(ask: Ask) -> CommitText:
    """The commit of a payment, for its seller. Whoever has it can collect, from now on."""
    clerk = clerk_of(ask)
    row = await clerk.paying.hand_out(await _own(ask, clerk))
    assert row.commit is not None
    value = COMMIT.decode(row.commit)
    return CommitText(text=write_text(value), file=format_commit(value))


async def receipt(ask: Ask) -> ReceiptText:
    """The seller's proof that a payment was made."""
    row = await clerk_of(ask).paying.get(ask.path["id"])
    if row.receipt is None:
        sentence = (
            "Nothing was paid, so there is no receipt."
            if row.stage in ENDS
            else "There is no receipt: your node has not told that the seller has collected."
        )
        raise Refusal("conflict", sentence, cause="no-receipt")
    value = RECEIPT.decode(row.receipt)
    return ReceiptText(text=write_text(value), file=format_receipt(value))


async def held(ask: Ask) -> Held:
    """All that is frozen, what for, and with whom."""
    clerk = clerk_of(ask)
    purchases, lines = clerk.paying.open_rows(), held_lines(clerk.card.report)
    return Held(
        purchases=tuple(map(clerk.purchase_value, purchases)),
        sales=tuple(
            clerk.sale_value(row)
            for row in clerk.receiving.unsettled_rows()
            if row.stage in ("committed", "not-known") or row.commit is not None
        ),
        lines=lines,
        passing_out=passing_lines(lines, purchases),
    )


LIST = "/cards/{card}/purchases"
ONE = f"{LIST}/{{id}}"
ROUTES = (
    Route("POST", "/cards/{card}/quote", Needs.SEE, quote, body=ToQuote, answer=Quote),
    Route("GET", "/cards/{card}/capacity", Needs.SEE, capacity, query=To, answer=Capacity),
    Route("GET", "/cards/{card}/held", Needs.SEE, held, answer=Held),
    Route("GET", LIST, Needs.SEE, list_purchases, query=Newest, answer=tuple[Purchase, ...]),
    Route("POST", LIST, Needs.PAY, new_purchase, body=NewPurchase, answer=Purchase, status=201),
    Route("GET", ONE, Needs.SEE, purchase, answer=Purchase),
    Route("POST", f"{ONE}/confirm", Needs.PAY, confirm, body=Confirm, answer=Purchase),
    Route("POST", f"{ONE}/stop", Needs.PAY, stop, body=Empty, answer=Purchase),
    Route("POST", f"{ONE}/deliver", Needs.PAY, deliver, body=Empty, answer=Purchase),
    Route("GET", f"{ONE}/commit", Needs.PAY, commit, answer=CommitText),
    Route("GET", f"{ONE}/receipt", Needs.SEE, receipt, answer=ReceiptText),
)
