"""`stctrl info payments`, `invoices` and `history`: what a node of this program lists (docs/WIRE.md)."""

from __future__ import annotations

import csv
import io
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import click

from offset.app import values
from offset.app.node import HISTORY_ROWS, Node
from offset.app.session import CONNECT_S
from offset.app.values import Value
from offset.base.ids import InvoiceId, PaymentId
from offset.programs.stctrl import options, show_listings
from offset.programs.stctrl.call import Call, with_call
from offset.programs.stctrl.talk import talk
from offset.wire.report import NodeReport

R = TypeVar("R")

_csv = click.option(
    "--csv", "as_csv", is_flag=True, help="Print comma-separated values, with a line of names."
)
_limit = click.option(
    "--limit", type=options.ROWS, metavar="NUMBER", help="Show at most so many; else all of them."
)


@click.command("payments")
@click.option("--after", type=options.ID, metavar="ID", help="Only those whose id comes after this one.")
@_limit
@_csv
@with_call(CONNECT_S)
def payments(call: Call, after: bytes | None, limit: int | None, as_csv: bool) -> None:
    """Show the payments of the node that are not over, or whose end nobody has asked for.

    Needs the permission 'buyer'. One whose payment file is lost is asked for, and ended, with
    stctrl buyer release-payment.
    """
    rows, report = _listed(
        call,
        "buyer",
        lambda node: node.payments(after=None if after is None else PaymentId(after), limit=limit),
    )
    _print(
        call,
        values.payments_value(report, rows),
        show_listings.payments_text(report, rows, goes_on=after is not None),
        as_csv=as_csv,
    )


@click.command("invoices")
@click.option("--after", type=options.LONG_ID, metavar="ID", help="Only those whose id comes after this one.")
@_limit
@_csv
@with_call(CONNECT_S)
def invoices(call: Call, after: bytes | None, limit: int | None, as_csv: bool) -> None:
    """Show the open invoices of the node.

    Needs the permission 'seller'. One whose file is lost is withdrawn with stctrl seller release-invoice.
    """
    rows, _ = _listed(
        call,
        "seller",
        lambda node: node.invoices(after=None if after is None else InvoiceId(after), limit=limit),
    )
    _print(
        call,
        values.invoices_value(rows),
        show_listings.invoices_text(rows, goes_on=after is not None),
        as_csv=as_csv,
    )


@click.command("found")
@with_call(CONNECT_S)
def found(call: Call) -> None:
    """Show the friends that a node has found which looks for them.

    Needs the permission 'config'. The node was started with --recover, since its list of friends is lost. Each of
    these holds a signature of your node, and shows what stands between you by it, and when it was signed. Take them
    one by one, with stctrl config take-friend. If a signature is much older than those of others, ask that friend in
    person first: it may hide newer ones, or have been removed long ago.
    """
    rows, _ = _listed(call, "config", lambda node: node.found())
    if call.as_json:
        call.show_value(values.found_value(rows))
    else:
        call.show(show_listings.found_text(rows))


@click.command("recovery")
@with_call(CONNECT_S)
def recovery(call: Call) -> None:
    """Show which friends have told after a loss, and what waits for whose word.

    Needs the permission 'config'. A node whose database was restored hears each friend before it believes its own
    books. A friend has told when what it handed over was taken, or is what the books say. A payment under way is
    decided when its two friends have told. Who never comes is given up: remove the friend, or stctrl config give-up.
    """
    rows, report = _listed(call, "config", lambda node: node.recovery())
    if call.as_json:
        call.show_value(values.recovery_value(report, rows))
    else:
        call.show(show_listings.recovery_text(report, rows))


@click.command("history")
@click.option(
    "--after", type=options.U32, metavar="NUMBER", help="Only rows with a higher number, the oldest first."
)
@click.option(
    "--before", type=options.U32, metavar="NUMBER", help="Only rows with a lower number, the newest first."
)
@click.option(
    "--limit",
    type=options.ROWS,
    default=HISTORY_ROWS,
    show_default=True,
    metavar="NUMBER",
    help="Show at most so many rows.",
)
@_csv
@with_call(CONNECT_S)
def history(call: Call, after: int | None, before: int | None, limit: int, as_csv: bool) -> None:
    """Show what ended, and how: payments, invoices, and what was lost. The newest comes first.

    Needs the permission 'config', or both 'buyer' and 'seller'. Each row has a number, which never changes: go on
    with --before and the last one, or take only what is new with --after and the highest one that you have.
    """
    if after is not None and before is not None:
        raise click.UsageError("Give --after or --before, not both.", click.get_current_context())
    rows, report = _listed(call, None, lambda node: node.history(after=after, before=before, limit=limit))
    goes_on = after is not None or before is not None
    text = show_listings.history_text(report, rows, goes_on=goes_on)
    _print(call, values.history_value(rows), text, as_csv=as_csv)


def _listed(
    call: Call, permission: str | None, work: Callable[[Node], Awaitable[list[R]]]
) -> tuple[list[R], NodeReport]:
    """What the node lists, and its report, for the names in it."""

    async def look(node: Node) -> tuple[list[R], NodeReport]:
        return await work(node), node.report.snapshot()

    return talk(call, permission, look)


def _print(call: Call, rows: Sequence[Value], text: str, *, as_csv: bool) -> None:
    if as_csv and call.as_json:
        raise click.UsageError("Give --csv or --json, not both.", click.get_current_context())
    if as_csv:
        click.echo(_csv_text(rows), nl=False)
    elif call.as_json:
        call.show_value(rows)
    else:
        call.show(text)


def _csv_text(rows: Sequence[Value]) -> str:
    """A line of names and one for each row; credits that friends hold are their sum."""
    if not rows:
        return ""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(rows[0])
    writer.writerows([_cell(value) for value in row.values()] for row in rows)
    return written.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, list):
        return sum(int(part["amount"]) for part in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else value
