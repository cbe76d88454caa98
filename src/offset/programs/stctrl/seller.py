"""`stctrl seller`: selling. Needs the permission `seller` (spec 05, 3.5)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from offset.programs.cli import CONTEXT, add_help
from offset.programs.stctrl import options
from offset.programs.stctrl.target import PROGRAM, Target

if TYPE_CHECKING:
    from offset.app import Node


@click.group("seller", context_settings=CONTEXT)
def group() -> None:
    """Make invoices, and collect what buyers have frozen for them.

    Needs the permission 'seller' (stmgr app-ticket --pseller). Success is silent.
    """


add_help(group)


@group.command("create-invoice")
@options.currency
@click.option(
    "-a", "--amount", required=True, type=options.U128, metavar="CREDITS", help="What the buyer shall pay."
)
@options.outfile("-i", "--invoice", "The invoice file to make: give it to the buyer.")
@options.as_json
@options.timeout()
@click.pass_obj
def create_invoice(
    target: Target, currency: str, amount: int, invoice: Path, as_json: bool, timeout_s: float
) -> None:
    """Make an invoice, which a buyer pays with pay-invoice.

    It is open until it is collected with commit-invoice or withdrawn with cancel-invoice.
    """
    from offset.base import base64url
    from offset.base.names import check_currency
    from offset.shell.files import refuse_existing, write_new
    from offset.wire.files import InvoiceFile, format_invoice

    check_currency(currency)
    refuse_existing(invoice)

    async def create(node: Node) -> InvoiceFile:
        return await node.seller.create_invoice(
            currency, amount, lambda made: write_new(invoice, format_invoice(made))
        )

    made = target.talk("seller", create, timeout_s)
    options.show_done(as_json, invoice_id=base64url.encode(made.invoice_id), invoice=str(invoice))


@group.command("cancel-invoice")
@options.infile("-i", "--invoice", "The invoice file; it is removed.")
@options.as_json
@options.timeout()
@click.pass_obj
def cancel_invoice(target: Target, invoice: Path, as_json: bool, timeout_s: float) -> None:
    """Withdraw an invoice. What a buyer has frozen for it goes back."""
    from offset.shell.files import load
    from offset.wire.files import parse_invoice

    asked = load(invoice, parse_invoice)
    target.talk("seller", lambda node: node.seller.cancel(asked), timeout_s)
    invoice.unlink(missing_ok=True)
    options.show_done(as_json)


@group.command("commit-invoice")
@options.infile("-i", "--invoice", "The invoice.")
@options.infile("-c", "--commit", "The buyer's commit for it.")
@options.as_json
@options.timeout()
@click.pass_obj
def commit_invoice(target: Target, invoice: Path, commit: Path, as_json: bool, timeout_s: float) -> None:
    """Collect what a buyer has frozen for an invoice. The files stay."""
    from offset.shell.files import load
    from offset.wire.files import parse_commit, parse_invoice

    asked, given = load(invoice, parse_invoice), load(commit, parse_commit)

    async def collect(node: Node) -> tuple[bool, list[str]]:
        from offset.app.seller import COLLECT_S, offline_debtors

        has_come = await node.seller.commit(asked, given, confirm_s=min(COLLECT_S, timeout_s))
        return has_come, [] if has_come else offline_debtors(node.report, asked.currency)

    has_come, offline = target.talk("seller", collect, timeout_s + 1)
    if not has_come:
        from offset.app import Refused
        from offset.programs.errors import say

        if not offline:
            raise Refused(
                "the node took the commit, but no credits came: it was collected or cancelled before, "
                "and what is frozen belongs to other payments"
            )
        names = ", ".join(offline)
        say(PROGRAM, f"note: the credits come as soon as these friends are online: {names}")
    options.show_done(as_json, collected=has_come)
