"""The history as CSV (RFC 4180), for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from offset.base import base64url
from offset.store.card.rows import HistoryRow
from offset.wallet.values.parts import time_of

COLUMNS = (
    "id",
    "time",
    "cause",
    "currency",
    "friend",
    "friend_key",
    "delta",
    "balance",
    "total",
    "fees",
    "name",
    "note",
    "payment",
    "request",
)

_FORMULAS = ("=", "+", "-", "@", "\t")
"""A cell that begins so is computed by spreadsheets, and names and notes are of others."""


def csv_of(rows: Iterable[HistoryRow]) -> bytes:
    """All rows, below a line with the names of the columns; amounts in whole credits, times in UTC."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow(
            (
                row.id,
                time_of(row.at / 1000).isoformat().replace("+00:00", "Z"),
                row.cause,
                plain(row.currency),
                plain(row.friend_name or ""),
                "" if row.friend is None else base64url.encode(row.friend),
                row.delta,
                row.balance,
                row.total,
                "" if row.fees is None else row.fees,
                plain(row.name),
                plain(row.note),
                row.purchase or "",
                row.sale or "",
            )
        )
    return text.getvalue().encode()


def plain(words: str) -> str:
    """Words that a spreadsheet shows as they are."""
    return f"'{words}" if words.startswith(_FORMULAS) else words
