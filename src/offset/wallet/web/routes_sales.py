"""Routes: asking to be paid, and collecting."""

from __future__ import annotations

from offset.app.payment.rooms import rooms
from offset.base.names import check_currency
from offset.base.notes import clean_note
from offset.wallet.reading import read_commit
from offset.wallet.refusals import Refusal
from offset.wallet.row_ids import row_id
from offset.wallet.values.cards import Empty
from offset.wallet.values.parts import amount_of
from offset.wallet.values.payments import Delivery, NewSale, Sale
from offset.wallet.web.routes_payments import Newest, clerk_of
from offset.wallet.web.table import Ask, Needs, Route


async def new_sale(ask: Ask) -> Sale:
    """Ask for credits: gives an invoice as text, for a QR code, and as a file."""
    body: NewSale = ask.body
    clerk, amount, currency = clerk_of(ask), amount_of(body.amount), check_currency(body.currency)
    if not amount:
        raise Refusal(
            "refused", "Ask for more than 0: whoever pays nothing needs no invoice.", cause="amount"
        )
    if not rooms(clerk.card.report, currency):
        raise Refusal(
            "refused",
            f"Nobody uses {currency} with you, so nobody can pay you in it. Agree on it with a friend first.",
            cause="no-currency",
            remedies=["open-currency", "add-friend"],
        )
    decimals = ask.wallet.currency(currency).decimals
    row = await clerk.receiving.begin(
        row_id(ask.new_id()), ask.digest, currency, amount, clean_note(body.note), decimals
    )
    return clerk.sale_value(row)


async def list_sales(ask: Ask) -> tuple[Sale, ...]:
    """The newest requests of a card, newest first."""
    clerk, limit = clerk_of(ask), ask.query.limit
    rows = await clerk.books.do(lambda books: books.newest_sales(limit))
    return tuple(map(clerk.sale_value, rows))


async def sale(ask: Ask) -> Sale:
    """One request."""
    clerk = clerk_of(ask)
    return clerk.sale_value(await clerk.receiving.get(ask.path["id"]))


async def take(ask: Ask) -> Sale:
    """Collect with the commit of the payer."""
    body: Delivery = ask.body
    clerk = clerk_of(ask)
    return clerk.sale_value(await clerk.receiving.take(ask.path["id"], read_commit(body.commit)))


async def cancel(ask: Ask) -> Sale:
    """Withdraw a request: what payers froze for it goes back to them."""
    clerk = clerk_of(ask)
    return clerk.sale_value(await clerk.receiving.cancel(ask.path["id"]))


LIST = "/cards/{card}/sales"
ONE = f"{LIST}/{{id}}"
ROUTES = (
    Route("GET", LIST, Needs.SEE, list_sales, query=Newest, answer=tuple[Sale, ...]),
    Route("POST", LIST, Needs.RECEIVE, new_sale, body=NewSale, answer=Sale, status=201),
    Route("GET", ONE, Needs.SEE, sale, answer=Sale),
    Route("POST", f"{ONE}/commit", Needs.RECEIVE, take, body=Delivery, answer=Sale),
    Route("POST", f"{ONE}/cancel", Needs.RECEIVE, cancel, body=Empty, answer=Sale),
)
