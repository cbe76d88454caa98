"""What a node lists: its payments, its invoices and its history, page by page (an extension, docs/WIRE.md)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from offset.app.errors import AppError
from offset.app.session import Session
from offset.base.faults import UserFault
from offset.base.ids import InvoiceId, PaymentId
from offset.base.limits import QUERY_ROWS_MAX
from offset.wire.extension import (
    FoundAbove,
    FoundRows,
    HistoryAfter,
    HistoryBefore,
    HistoryRow,
    HistoryRows,
    InvoiceRow,
    InvoiceRows,
    InvoicesAbove,
    Page,
    PaymentRow,
    PaymentRows,
    PaymentsAbove,
    RecoveryAbove,
    RecoveryRows,
)
from offset.wire.recovery import FoundRow, RecoveryRow

R = TypeVar("R")
P = TypeVar("P")


async def payments(session: Session, after: PaymentId | None, limit: int | None) -> list[PaymentRow]:
    """As `Node.payments` says."""

    async def page(above: bytes, count: int) -> _Some[PaymentRow]:
        found = await session.query(PaymentsAbove(above), count)
        return _checked(found, found.rows.rows if isinstance(found.rows, PaymentRows) else None)

    return await _all(page, after or b"", lambda row: row.payment_id, limit)


async def invoices(session: Session, after: InvoiceId | None, limit: int | None) -> list[InvoiceRow]:
    """As `Node.invoices` says."""

    async def page(above: bytes, count: int) -> _Some[InvoiceRow]:
        found = await session.query(InvoicesAbove(above), count)
        return _checked(found, found.rows.rows if isinstance(found.rows, InvoiceRows) else None)

    return await _all(page, after or b"", lambda row: row.invoice_id, limit)


async def found(session: Session) -> list[FoundRow]:
    """As `Node.found` says."""

    async def page(above: bytes, count: int) -> _Some[FoundRow]:
        got = await session.query(FoundAbove(above), count)
        return _checked(got, got.rows.rows if isinstance(got.rows, FoundRows) else None)

    return await _all(page, b"", lambda row: row.public_key, None)


async def recovery(session: Session) -> list[RecoveryRow]:
    """As `Node.recovery` says."""

    async def page(above: bytes, count: int) -> _Some[RecoveryRow]:
        got = await session.query(RecoveryAbove(above), count)
        return _checked(got, got.rows.rows if isinstance(got.rows, RecoveryRows) else None)

    return await _all(page, b"", lambda row: row.public_key, None)


async def history(
    session: Session, after: int | None, before: int | None, limit: int | None
) -> list[HistoryRow]:
    """As `Node.history` says."""
    if after is not None and before is not None:
        raise UserFault("the history is read from one end: give `after` or `before`, not both")
    if before is not None and before < 2:
        # There is nothing below the first row, and 0 would stand for no bound.
        return []

    async def page(number: int, count: int) -> _Some[HistoryRow]:
        listing = HistoryBefore(number) if after is None else HistoryAfter(number)
        found = await session.query(listing, count)
        return _checked(found, found.rows.rows if isinstance(found.rows, HistoryRows) else None)

    return await _all(page, (before or 0) if after is None else after, lambda row: row.number, limit)


_Some = tuple[tuple[R, ...], bool]
"""Some rows, and whether there are no more."""


def _checked(page: Page, rows: tuple[R, ...] | None) -> _Some[R]:
    if rows is None:
        raise AppError("the node listed something else than what it was asked for")
    return rows, page.is_last


async def _all(
    page: Callable[[P, int], Awaitable[_Some[R]]], start: P, place: Callable[[R], P], limit: int | None
) -> list[R]:
    """The rows of one page after the other, until there are no more, or `limit` of them."""
    found: list[R] = []
    while limit is None or len(found) < limit:
        rows, is_last = await page(
            start, QUERY_ROWS_MAX if limit is None else min(QUERY_ROWS_MAX, limit - len(found))
        )
        found += rows
        if is_last or not rows:
            break
        start = place(rows[-1])
    return found
