"""Routes: the own address, and requests."""

from __future__ import annotations

from msgspec.structs import replace

from offset.app.payment.rooms import most_in, rooms
from offset.base import base64url
from offset.base.faults import UserFault
from offset.base.ids import UID_BYTES, Currency, Uid
from offset.base.instants import SECOND
from offset.base.limits import TEXT_LABEL_BYTES_MAX
from offset.base.names import check_currency
from offset.base.notes import clean_note
from offset.core.dealings import records
from offset.wallet.clerk import Clerk
from offset.wallet.payment_views import text
from offset.wallet.refusals import Refusal
from offset.wallet.row_ids import row_id
from offset.wallet.values.cards import Empty
from offset.wallet.values.friends import RelayPlace
from offset.wallet.values.parts import amount_of, checked_name, key_text, time_of
from offset.wallet.values.requests import Address, AddressChange, NewRequest, Request, RequestStage
from offset.wallet.web.routes_payments import Newest, clerk_of
from offset.wallet.web.table import Ask, Needs, Route
from offset.wire.text_values import PaymentRequest
from offset.wire.texts import write_text

SALES = 20
"""So many sales of a request are told with it."""


async def address(ask: Ask) -> Address:
    """Where the card is called: a text for whoever is to pay it."""
    return _address(clerk_of(ask))


async def change_address(ask: Ask) -> Address:
    """Call the address so, and say who may ask for an invoice there. The text changes with the name."""
    body: AddressChange = ask.body
    clerk = clerk_of(ask)
    # So that nothing is changed where there is no text to show for it.
    _ = clerk.letters.address
    row = clerk.letters.row
    if body.label is not None:
        label = checked_name(body.label, TEXT_LABEL_BYTES_MAX) if body.label else ""
        row = replace(row, label=label)
    if body.open_to is not None:
        row = replace(row, open_to=body.open_to)
    await clerk.letters.set_address(row)
    return _address(clerk)


def _address(clerk: Clerk) -> Address:
    where = clerk.letters.address
    return Address(
        text=write_text(where),
        key=key_text(where.mailbox),
        label=where.label,
        relays=tuple(
            RelayPlace(key=key_text(relay.public_key), address=relay.address) for relay in where.relays
        ),
        open_to=records.OpenTo(clerk.letters.row.open_to).value,
    )


async def new_request(ask: Ask) -> Request:
    """Ask whoever has the text for credits: its wallet gets the invoice by itself, and you see when it is paid."""
    body: NewRequest = ask.body
    clerk, currency = clerk_of(ask), check_currency(body.currency)
    amount = None if body.amount is None else amount_of(body.amount)
    if amount == 0:
        raise Refusal("refused", "Ask for more than 0, or leave the amount to the payer.", cause="amount")
    if not rooms(clerk.card.report, currency):
        raise Refusal(
            "refused",
            f"Nobody uses {currency} with you, so nobody can pay you in it. Agree on it with a friend first.",
            cause="no-currency",
            remedies=["open-currency", "add-friend"],
        )
    # So that no request is left over that has no text.
    _ = clerk.letters.address
    row = records.Request(
        request_id=Uid(base64url.decode(row_id(ask.new_id()), UID_BYTES)),
        currency=currency,
        amount=amount,
        decimals=ask.wallet.currency(currency).decimals,
        note=clean_note(body.note),
        valid_until=0 if body.until is None else int(body.until.timestamp()),
        is_once=body.is_once,
    )
    known = await _find(clerk, row.request_id)
    if known is None:
        await clerk.letters.add_request(row)
        known = await _get(clerk, row.request_id)
    elif replace(known, state=row.state, taken_by=None, decimals=row.decimals) != row:
        raise Refusal("other-body", "This request was made with other contents.")
    return await _value(clerk, known)


async def list_requests(ask: Ask) -> tuple[Request, ...]:
    """The newest requests of a card, newest first."""
    clerk, limit = clerk_of(ask), ask.query.limit
    rows = await clerk.books.do(lambda books: books.dealings().newest_requests(limit))
    return tuple([await _value(clerk, row) for row in rows])


async def request(ask: Ask) -> Request:
    """One request."""
    clerk = clerk_of(ask)
    return await _value(clerk, await _get(clerk, _id(ask)))


async def close(ask: Ask) -> Request:
    """Answer a request no more. What payers froze for it goes back, unless you have their commit already."""
    clerk, id = clerk_of(ask), _id(ask)
    await _get(clerk, id)
    await clerk.letters.close_request(id)
    return await _value(clerk, await _get(clerk, id))


def _id(ask: Ask) -> Uid:
    try:
        return Uid(base64url.decode(ask.path["id"], UID_BYTES))
    except UserFault:
        raise _none() from None


async def _find(clerk: Clerk, id: Uid) -> records.Request | None:
    return await clerk.books.do(lambda books: books.dealings().request(id))


async def _get(clerk: Clerk, id: Uid) -> records.Request:
    found = await _find(clerk, id)
    if found is None:
        raise _none()
    return found


def _none() -> Refusal:
    return Refusal("not-found", "There is no such request on this card.")


async def _value(clerk: Clerk, row: records.Request) -> Request:
    sales = await clerk.books.do(lambda books: books.sales_of(row.request_id, SALES))
    report = clerk.report()
    return Request(
        id=base64url.encode(row.request_id),
        stage=_stage(clerk, row),
        text=_text(clerk, row),
        currency=row.currency,
        amount=text(row.amount),
        note=row.note,
        is_once=row.is_once,
        until=time_of(row.valid_until) if row.valid_until else None,
        most=None if report is None else text(most_in(rooms(report, Currency(row.currency)))),
        is_paid=any(sale.stage == "collected" for sale in sales),
        sales=tuple(map(clerk.sale_value, sales)),
    )


def _text(clerk: Clerk, row: records.Request) -> str | None:
    try:
        where = clerk.letters.address
    except Refusal:
        return None
    asked = (row.request_id, row.note, row.valid_until, row.currency, row.decimals, row.amount)
    return write_text(PaymentRequest(where, *asked))


def _stage(clerk: Clerk, row: records.Request) -> RequestStage:
    is_open = row.state is records.RequestState.OPEN
    if is_open and row.valid_until and row.valid_until * SECOND <= clerk.now():
        return "expired"
    return row.state.value


ADDRESS = "/cards/{card}/address"
LIST = "/cards/{card}/requests"
ONE = f"{LIST}/{{id}}"
ROUTES = (
    Route("GET", ADDRESS, Needs.RECEIVE, address, answer=Address),
    Route("PATCH", ADDRESS, Needs.OWN, change_address, body=AddressChange, answer=Address),
    Route("GET", LIST, Needs.SEE, list_requests, query=Newest, answer=tuple[Request, ...]),
    Route("POST", LIST, Needs.RECEIVE, new_request, body=NewRequest, answer=Request, status=201),
    Route("GET", ONE, Needs.SEE, request, answer=Request),
    Route("POST", f"{ONE}/close", Needs.RECEIVE, close, body=Empty, answer=Request),
)
