"""Routes: what happened, as pages, a chart and CSV."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Annotated

import msgspec
from msgspec import Meta

from offset.base.ids import Currency
from offset.base.instants import Millis
from offset.store.card.reading import Search, each_row, read_days, read_history
from offset.store.sqlite.small import SmallReader
from offset.wallet.exports import csv_of
from offset.wallet.payment_views import history_value
from offset.wallet.values.history import ChartPoint, HistoryPage
from offset.wallet.values.parts import Body, CurrencyText
from offset.wallet.web.routes_payments import clerk_of
from offset.wallet.web.table import Ask, Needs, Plain, Route

PAGE_ROWS = 100
WORDS_LONGEST = 200


class Wanted(Body):
    """Which rows."""

    q: Annotated[str, Meta(max_length=WORDS_LONGEST)] = ""
    """Words in names and notes, or an amount."""
    since: date | None = msgspec.field(name="from", default=None)
    to: date | None = None
    """The last day, UTC."""
    currency: CurrencyText | None = None
    after: Annotated[int, Meta(ge=1, le=2**63 - 1)] | None = None
    """As the page before says."""

    def search(self) -> Search:
        """For the books."""
        return Search(
            words=self.q,
            since=None if self.since is None else _start(self.since),
            until=None if self.to is None or self.to == date.max else _start(self.to + timedelta(days=1)),
            currency=None if self.currency is None else Currency(self.currency),
            before=self.after,
        )


class OfCurrency(Body):
    """In what."""

    currency: CurrencyText


def _start(day: date) -> Millis:
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return int(moment.timestamp()) * 1000


async def history(ask: Ask) -> HistoryPage:
    """What happened, newest first, with the balance after each row."""
    wanted: Wanted = ask.query
    search = wanted.search()
    rows = await clerk_of(ask).books.read(partial(read_history, search=search, count=PAGE_ROWS + 1))
    page = rows[:PAGE_ROWS]
    return HistoryPage(
        rows=tuple(map(history_value, page)), after=page[-1].id if len(rows) > PAGE_ROWS else None
    )


async def history_csv(ask: Ask) -> Plain:
    """The same rows as CSV (RFC 4180), all of them, oldest first."""
    wanted: Wanted = ask.query
    search = wanted.search()

    def write(reader: SmallReader) -> bytes:
        return csv_of(each_row(reader, search))

    content = await clerk_of(ask).books.read(write)
    return Plain(
        content,
        "text/csv; charset=utf-8; header=present",
        {"Content-Disposition": 'attachment; filename="history.csv"'},
    )


async def chart(ask: Ask) -> tuple[ChartPoint, ...]:
    """What all friends owed together at the end of each day on which it changed."""
    days = await clerk_of(ask).books.read(partial(read_days, currency=Currency(ask.query.currency)))
    return tuple(ChartPoint(day=day, balance=str(balance)) for day, balance in days)


ROUTES = (
    Route("GET", "/cards/{card}/history", Needs.SEE, history, query=Wanted, answer=HistoryPage),
    Route("GET", "/cards/{card}/history.csv", Needs.SEE, history_csv, query=Wanted, media_type="text/csv"),
    Route("GET", "/cards/{card}/chart", Needs.SEE, chart, query=OfCurrency, answer=tuple[ChartPoint, ...]),
)
