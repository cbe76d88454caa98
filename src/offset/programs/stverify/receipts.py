"""Checking the receipt of a payment."""

from __future__ import annotations

from pathlib import Path

import click

from offset.base.faults import UserFault
from offset.programs.cli import CONTEXT
from offset.shell.files import load
from offset.wire import signing
from offset.wire.files import parse_invoice, parse_receipt

_PATH = click.Path(path_type=Path)


@click.command("verify-receipt", context_settings=CONTEXT)
@click.option("-i", "--invoice", required=True, type=_PATH, metavar="FILE", help="The invoice of the seller.")
@click.option("-r", "--receipt", required=True, type=_PATH, metavar="FILE", help="The receipt of the buyer.")
def verify_receipt(invoice: Path, receipt: Path) -> None:
    """Check that a receipt proves the payment of an invoice.

    It must be about this invoice, its currency and its whole amount, and be signed by the seller that the
    invoice names. Take the invoice from the seller: with an invoice of the buyer's making it proves nothing.
    """
    asked, given = load(invoice, parse_invoice), load(receipt, parse_receipt)
    if given.invoice_id != asked.invoice_id:
        raise UserFault(
            f"{receipt} is the receipt of another invoice than {invoice}: their invoice_id differ"
        )
    # The reference does not look: spec 05, 7, D-17.
    if given.currency != asked.currency:
        raise UserFault(f"{receipt} says {given.currency}, the invoice {asked.currency}: another currency")
    if given.total_dest_payment != asked.dest_payment:
        raise UserFault(
            f"{receipt} says {given.total_dest_payment}, the invoice {asked.dest_payment}: another amount"
        )
    if not signing.verify_receipt(given, asked.dest_public_key):
        raise UserFault(f"{receipt} is not valid: it is not signed by the seller of {invoice}")
    click.echo("Receipt is valid!")
    # Spec 03, D28.
    if not given.is_complete:
        click.echo(
            f"note: {receipt} is about one part of a payment over several routes. It shows that the seller "
            "collected; that the whole was paid is shown by the receipt of the part that came last.",
            err=True,
        )
