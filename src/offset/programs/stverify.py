"""stverify: checks receipts and tokens; offline, and needs no key of its own (spec 05, 4.2)."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from offset.programs.cli import CONTEXT, add_help, version_option
from offset.programs.errors import run

PROGRAM = "stverify"

_PATH = click.Path(path_type=Path)


def main(args: Sequence[str] | None = None) -> int:
    """Run stverify; returns its exit status."""
    return run(stverify, args)


@click.group(PROGRAM, context_settings=CONTEXT)
@version_option(PROGRAM)
def stverify() -> None:
    """Check proofs that others gave you: receipts of payments and tokens of friends.

    Works offline. What is valid is said on standard output with exit status 0; what is not, and why, in one
    sentence on standard error with status 1. Status 2 is a wrong command line.
    """


add_help(stverify)


@stverify.command("verify-receipt")
@click.option("-i", "--invoice", required=True, type=_PATH, metavar="FILE", help="The invoice of the seller.")
@click.option("-r", "--receipt", required=True, type=_PATH, metavar="FILE", help="The receipt of the buyer.")
def verify_receipt(invoice: Path, receipt: Path) -> None:
    """Check that a receipt proves the payment of an invoice.

    It must be about this invoice, its currency and its whole amount, and be signed by the seller that the
    invoice names. Take the invoice from the seller: with an invoice of the buyer's making it proves nothing.
    """
    from offset.base.faults import UserFault
    from offset.shell.files import load
    from offset.wire import signing
    from offset.wire.files import parse_invoice, parse_receipt

    asked, given = load(invoice, parse_invoice), load(receipt, parse_receipt)
    if given.invoice_id != asked.invoice_id:
        raise UserFault(
            f"{receipt} is the receipt of another invoice than {invoice}: their invoice_id differ"
        )
    if given.currency != asked.currency:  # the reference does not look: spec 05, 7, D-17
        raise UserFault(f"{receipt} says {given.currency}, the invoice {asked.currency}: another currency")
    if given.total_dest_payment != asked.dest_payment:
        raise UserFault(
            f"{receipt} says {given.total_dest_payment}, the invoice {asked.dest_payment}: another amount"
        )
    if not signing.verify_receipt(given, asked.dest_public_key):
        raise UserFault(f"{receipt} is not valid: it is not signed by the seller of {invoice}")
    click.echo("Receipt is valid!")
    if not given.is_complete:  # spec 03, D28
        click.echo(
            f"note: {receipt} is about one part of a payment over several routes. It shows that the seller "
            "collected; that the whole was paid is shown by the receipt of the part that came last.",
            err=True,
        )


@stverify.command("verify-token")
@click.option("-t", "--token", required=True, type=_PATH, metavar="FILE", help="The token of a friend.")
def verify_token(token: Path) -> None:
    """Check the last token of a friend, and show the balances that it proves.

    A token is a friend's signature under all balances, made by: stctrl info friend-last-token. It is checked
    against the key that it names itself, so COMPARE THE PRINTED local_public_key with the friend's key. The
    balances are those of the signer: 5 means that the other side owes it 5.
    """
    from offset.base import base64url
    from offset.base.faults import UserFault
    from offset.programs.printing import printable
    from offset.shell.files import load
    from offset.wire.files import parse_token
    from offset.wire.signing import verify_move_token_hashed

    report = load(token, parse_token, made_by="stctrl info friend-last-token")
    if not verify_move_token_hashed(report):
        raise UserFault(f"{token} is not valid: it is not signed by its local_public_key")
    mc, counters = report.token_info.mc, report.token_info.counters
    lines = [
        "Token is valid!",
        "",
        f"local_public_key: {base64url.encode(mc.local_public_key)}",
        f"remote_public_key: {base64url.encode(mc.remote_public_key)}",
        f"inconsistency_counter: {counters.inconsistency_counter}",
        f"move_token_counter: {counters.move_token_counter}",
        "balances:",
        "",
    ]
    for item in mc.balances:
        info = item.balance_info
        lines.append(
            f"- {printable(item.currency)}: balance={info.balance}, "
            f"lpd={info.local_pending_debt}, rpd={info.remote_pending_debt}"
        )
    click.echo("\n".join(lines))


if __name__ == "__main__":
    sys.exit(main())
