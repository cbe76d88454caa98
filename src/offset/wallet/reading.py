"""What a text or a file is, and what can be done with it on a card."""

from __future__ import annotations

from collections.abc import Iterable

from offset.app.seller import check_commit
from offset.base import base64url
from offset.base.faults import UserFault
from offset.wallet.clerk import Clerk
from offset.wallet.payment_views import invoice_view
from offset.wallet.refusals import Refusal
from offset.wallet.sales import invoice_of as invoice_of_sale
from offset.wallet.values.friends import RelayPlace
from offset.wallet.values.parts import key_text, time_of
from offset.wallet.values.texts import (
    AddressView,
    CommitView,
    FriendView,
    ReadAnswer,
    ReceiptView,
    RequestView,
    ServerView,
)
from offset.wire.common import Commit, Receipt
from offset.wire.files import FriendFile, RemoteNodeCard, Ticket
from offset.wire.signing import verify_receipt
from offset.wire.text_files import file_of
from offset.wire.text_values import InvoiceText, MailboxAddress, PaymentRequest, Text
from offset.wire.texts import read_text, write_text

Payable = InvoiceText | MailboxAddress | PaymentRequest


def payable(pasted: str) -> Payable:
    """What can be paid in what somebody pasted. Raises UserFault or Refusal, with what to do instead."""
    value = read_text(pasted)
    if isinstance(value, Payable):
        return value
    raise Refusal(
        "refused",
        f"This is {_WHAT[type(value)]}, not an invoice: ask whoever wants to be paid for an invoice.",
        cause="other-kind",
    )


def invoice_in(pasted: str) -> InvoiceText:
    """The invoice in what somebody pasted, whose price can be known before anybody is asked.

    Raises UserFault or Refusal, with what to do instead.
    """
    value = payable(pasted)
    if isinstance(value, InvoiceText):
        return value
    raise Refusal(
        "refused",
        f"The price of {_WHAT[type(value)]} is known once its wallet was asked: begin to pay it, which costs nothing.",
        cause="not-asked",
    )


def read_commit(pasted: str) -> Commit:
    """The commit in what somebody pasted. Raises UserFault or Refusal."""
    value = read_text(pasted)
    if not isinstance(value, Commit):
        what = _WHAT.get(type(value), "something else")
        raise Refusal(
            "refused",
            f"This is {what}, not a commit: ask the payer for the commit of this payment.",
            cause="other-kind",
        )
    return value


_WHAT: dict[type, str] = {
    InvoiceText: "an invoice",
    Commit: "a commit",
    Receipt: "a receipt",
    FriendFile: "the card of a friend",
    Ticket: "the ticket of a relay or an index server",
    RemoteNodeCard: "a card with its secret",
    MailboxAddress: "an address",
    PaymentRequest: "a request",
}


async def read(pasted: str, clerk: Clerk | None, own: Iterable[bytes]) -> ReadAnswer:
    """What it is; `clerk` is that of the card on the page, `own` the keys of all cards of the wallet.

    Raises UserFault or Refusal when it is nothing that can be used.
    """
    value = read_text(pasted)
    own = set(own)
    match value:
        case MailboxAddress():
            address = address_view(value, clerk)
            return ReadAnswer(
                kind="address",
                text=_text(value),
                file=None,
                can=() if address.is_own else ("pay",),
                hint="The address of this card: whoever is to pay you can have it."
                if address.is_own
                else "The address of a wallet: you choose what to pay.",
                address=address,
            )
        case PaymentRequest():
            to = address_view(value.pay_to, clerk)
            return ReadAnswer(
                kind="request",
                text=_text(value),
                file=None,
                can=() if to.is_own else ("pay",),
                hint="A request of this card: give it to whoever is to pay it."
                if to.is_own
                else "A request: somebody asks to be paid.",
                request=RequestView(
                    id=base64url.encode(value.request_id),
                    to=to,
                    currency=value.opt_currency,
                    amount=None if value.opt_amount is None else str(value.opt_amount),
                    decimals=value.opt_decimals,
                    note=value.note,
                    until=time_of(value.valid_until) if value.valid_until else None,
                ),
            )
        case InvoiceText():
            name = None if clerk is None else clerk.name_of(value.dest_public_key)
            is_own = value.dest_public_key in own
            is_here = clerk is not None and clerk.card.public_key == value.dest_public_key
            return ReadAnswer(
                kind="invoice",
                text=_text(value),
                file=file_of(value),
                can=() if is_here else ("pay",),
                hint="An invoice of this card: give it to whoever is to pay it."
                if is_here
                else "An invoice: somebody asks to be paid.",
                invoice=invoice_view(value, name=name, is_own=is_own),
            )
        case Commit():
            is_good = None if clerk is None else await _fits(clerk, value)
            return ReadAnswer(
                kind="commit",
                text=_text(value),
                file=file_of(value),
                can=("collect",) if is_good else (),
                hint={
                    True: "The commit of a payment to you: collect it.",
                    False: "This is called a commit of a payment to you, and is worth nothing: it is not signed so.",
                    None: "A commit, for whoever made its invoice.",
                }[is_good],
                commit=CommitView(
                    invoice=base64url.encode(value.invoice_id),
                    currency=value.currency,
                    amount=str(value.total_dest_payment),
                    is_good=is_good,
                ),
            )
        case Receipt():
            is_right = None if clerk is None else await _proves(clerk, value)
            return ReadAnswer(
                kind="receipt",
                text=_text(value),
                file=file_of(value),
                can=("check",),
                hint={
                    True: "A receipt, with the right signature: this was paid.",
                    False: "This is called a receipt, and proves nothing: it is signed by somebody else.",
                    None: "A receipt, of a payment that this card does not know.",
                }[is_right],
                receipt=ReceiptView(
                    invoice=base64url.encode(value.invoice_id),
                    currency=value.currency,
                    amount=str(value.total_dest_payment),
                    is_good=is_right,
                ),
            )
        case FriendFile():
            is_own = value.public_key in own
            return ReadAnswer(
                kind="friend",
                text=_text(value),
                file=file_of(value),
                can=() if is_own else ("add-friend",),
                hint="A card of yours, to be given to friends."
                if is_own
                else "The card of somebody: add it as a friend.",
                friend=FriendView(
                    key=key_text(value.public_key),
                    relays=tuple(
                        RelayPlace(key=key_text(relay.public_key), address=relay.address)
                        for relay in value.relays
                    ),
                    is_own=is_own,
                    name=None if clerk is None else clerk.name_of(value.public_key),
                ),
            )
        case Ticket():
            return ReadAnswer(
                kind="relay",
                text=_text(value),
                file=file_of(value),
                can=("add-relay", "add-server"),
                hint="A relay or an index server: whoever gave it to you knows which.",
                server=ServerView(key=key_text(value.public_key), address=value.address),
            )
        case RemoteNodeCard():
            # Neither its text nor its file is shown again: it holds a secret.
            return ReadAnswer(
                kind="remote-card",
                text=None,
                file=None,
                can=("add-card",),
                hint="A card whose node runs elsewhere, with the secret that opens it: tell nobody.",
            )


def address_view(address: MailboxAddress, clerk: Clerk | None) -> AddressView:
    """An address; `clerk` is that of the card on the page."""
    return AddressView(
        key=key_text(address.mailbox),
        label=address.label,
        relays=tuple(
            RelayPlace(key=key_text(relay.public_key), address=relay.address) for relay in address.relays
        ),
        is_own=clerk is not None and clerk.letters.key == address.mailbox,
    )


def _text(value: Text) -> str | None:
    try:
        return write_text(value)
    except UserFault:
        # Too long for a text.
        return None


async def _fits(clerk: Clerk, commit: Commit) -> bool | None:
    row = await clerk.books.do(lambda books: books.sale(base64url.encode(commit.invoice_id)))
    if row is None:
        return None
    try:
        check_commit(invoice_of_sale(row), commit)
    except UserFault:
        return False
    return True


async def _proves(clerk: Clerk, receipt: Receipt) -> bool | None:
    found = await clerk.books.do(lambda books: books.purchases_of(receipt.invoice_id))
    sellers = [row.seller for row in found]
    sale = await clerk.books.do(lambda books: books.sale(base64url.encode(receipt.invoice_id)))
    if sale is not None:
        sellers.append(invoice_of_sale(sale).dest_public_key)
    return verify_receipt(receipt, sellers[0]) if sellers else None
