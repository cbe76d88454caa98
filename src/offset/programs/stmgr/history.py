"""`stmgr history`: taking old history out of the database of a node."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from offset.base import base64url
from offset.core.funder.state.past import Noted
from offset.programs.cli import CONTEXT
from offset.programs.stmgr import options
from offset.shell.files import refuse_existing, write_new_pieces
from offset.store.sqlite.history import Span, open_history

_COLUMNS = ("number", "time_ms", "kind", "id", "currency", "amount", "peer", "detail")
_NUMBER = click.IntRange(min=1, max=2**63 - 1)
_DAY = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])


@click.command("history", context_settings=CONTEXT)
@click.option(
    "-d", "--database", required=True, type=options.PATH, metavar="FILE", help="The database of the node."
)
@options.output("The file to make, for its owner's eyes only.")
@click.option("--first", type=_NUMBER, metavar="NUMBER", help="Only rows from this number on.")
@click.option("--last", type=_NUMBER, metavar="NUMBER", help="Only rows up to this number.")
@click.option("--since", type=_DAY, metavar="DATE", help="Only rows from this day on (UTC), as 2026-01-31.")
@click.option("--until", type=_DAY, metavar="DATE", help="Only rows from before this day (UTC).")
@click.option("--json", "as_json", is_flag=True, help="Write JSON in place of comma-separated values.")
@click.option(
    "--prune", is_flag=True, help="Then delete these rows from the database; its node must not run."
)
def history(
    database: Path,
    output: Path,
    first: int | None,
    last: int | None,
    since: datetime | None,
    until: datetime | None,
    as_json: bool,
    prune: bool,
) -> None:
    """Export the history of a node, and prune what was exported.

    The history tells what came of each payment and invoice, with its receipt or commit. It grows with every
    payment, on the disk only. Without --prune nothing is deleted, and the node may run.

    With --prune exactly the rows that were written to the file, and are safely on the disk there, are deleted from
    the database. Keep the file: it holds your receipts. Ids of invoices and payments stay known as used, and
    numbers of pruned rows never come again. The database does not get smaller; what comes next takes the room.

    \b
    All of it, and the years before 2026 for good:
      stmgr history -d node.db -o history.csv
      stmgr history -d node.db -o until-2025.csv --until 2026-01-01 --prune

    Ids, keys and details (the receipt of a payment, the commit of a sale) are in base64url.
    """
    refuse_existing(output)
    span = Span()
    span = Span(
        span.first if first is None else first,
        span.last if last is None else last,
        span.since if since is None else _ms(since),
        span.until if until is None else _ms(until),
    )
    with open_history(database, alone=prune) as found:
        rows = _Counted(found.rows(span))
        write_new_pieces(output, _json(rows) if as_json else _csv(rows), secret=True)
        if prune:
            found.prune(span, rows.count)
    click.echo(f"{rows.count} rows exported{' and pruned' if prune else ''}.")


def _ms(day: datetime) -> int:
    return int(day.replace(tzinfo=UTC).timestamp() * 1000)


class _Counted:
    """Rows, and how many have passed."""

    def __init__(self, rows: Iterable[Noted]) -> None:
        self._rows = rows
        self.count = 0

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for noted in self._rows:
            self.count += 1
            yield _value(noted)


def _value(noted: Noted) -> dict[str, Any]:
    row = noted.row
    return {
        "number": row.number,
        "time_ms": noted.time,
        "kind": row.kind.value,
        "id": base64url.encode(row.id),
        "currency": row.currency,
        "amount": str(row.amount),
        "peer": base64url.encode(row.peer),
        "detail": base64url.encode(row.detail),
    }


def _csv(rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    yield text.getvalue()
    for row in rows:
        text.seek(0)
        text.truncate()
        writer.writerow(row)
        yield text.getvalue()


def _json(rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    yield "["
    between = "\n"
    for row in rows:
        yield between + json.dumps(row, ensure_ascii=False)
        between = ",\n"
    yield "\n]\n"
