"""`stctrl seller`: selling. Needs the permission `seller` (spec 05, 3.5)."""

from __future__ import annotations

from pathlib import Path

import click

from offset.app.node import Node
from offset.app.seller import COLLECT_S, offline_debtors
from offset.base import base64url
from offset.base.ids import InvoiceId
from offset.base.names import check_currency
from offset.programs.cli import CONTEXT, WholeGroup, add_help
from offset.programs.stctrl import options
from offset.programs.stctrl.call import Call, with_call
from offset.programs.stctrl.talk import talk
from offset.shell.files import load, refuse_existing, write_new
from offset.wire.files import InvoiceFile, format_invoice, parse_commit, parse_invoice

_ORDER_S = 1.0
"""What the command may take beyond the time given, to look for the credits where a node does not tell (D-4)."""


@click.group("seller", cls=WholeGroup, context_settings=CONTEXT)
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
@with_call()
def create_invoice(call: Call, currency: str, amount: int, invoice: Path) -> None:
    """Make an invoice, which a buyer pays with pay-invoice.

    It is open until it is collected with commit-invoice or withdrawn with cancel-invoice.
    """
    check_currency(currency)
    refuse_existing(invoice)

    async def create(node: Node) -> InvoiceFile:
        return await node.seller.create_invoice(
            currency, amount, lambda made: write_new(invoice, format_invoice(made))
        )

    made = talk(call, "seller", create, report=False)
    call.show_done(invoice_id=base64url.encode(made.invoice_id), invoice=str(invoice))


@group.command("cancel-invoice")
@options.infile("-i", "--invoice", "The invoice file; it is removed.")
@with_call()
def cancel_invoice(call: Call, invoice: Path) -> None:
    """Withdraw an invoice. What a buyer has frozen for it goes back.

    An invoice that is not open any more, for instance since it was collected, is refused, and its file stays.
    """
    asked = load(invoice, parse_invoice)
    talk(call, "seller", lambda node: node.seller.cancel(asked), report=False)
    invoice.unlink(missing_ok=True)
    call.show_done()


@group.command("release-invoice")
@click.option(
    "--id",
    "ident",
    required=True,
    type=options.LONG_ID,
    metavar="ID",
    help="The id, as info invoices shows it.",
)
@click.option("--force", "is_forced", is_flag=True, help="Even if somebody may have a commit for it.")
@with_call()
def release_invoice(call: Call, ident: bytes, is_forced: bool) -> None:
    """Withdraw an invoice whose file is lost. What a buyer has frozen for it goes back.

    It is refused when a buyer has frozen all of it: then there is a commit, and whoever has that can still collect the
    credits for you. Ask the buyer for it. With --force the credits go back to the buyer all the same, and the commit
    is worth nothing.
    """
    ident = InvoiceId(ident)
    talk(call, "seller", lambda node: node.seller.release(ident, is_forced=is_forced), report=False)
    if is_forced:
        call.note("the invoice is withdrawn: if anybody has a commit for it, that is worth nothing now")
    call.show_done()


@group.command("commit-invoice")
@options.infile("-i", "--invoice", "The invoice.")
@options.infile("-c", "--commit", "The buyer's commit for it.")
@with_call()
def commit_invoice(call: Call, invoice: Path, commit: Path) -> None:
    """Collect what a buyer has frozen for an invoice. The files stay.

    Success means that the node has taken the commit: nobody can take the credits back, and they come when the friend
    answers.
    """
    asked, given = load(invoice, parse_invoice), load(commit, parse_commit)

    async def collect(node: Node) -> list[str]:
        await node.seller.commit(asked, given, confirm_s=min(COLLECT_S, call.timeout_s))
        return offline_debtors(node.report, asked.currency)

    offline = talk(call, "seller", collect, _ORDER_S)
    if offline:
        call.note(
            "the node has taken the commit; the credits come when the friend answers, "
            f"and these are offline with credits frozen for this node: {', '.join(offline)}"
        )
    call.show_done(taken=True)
