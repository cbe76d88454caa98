"""`stctrl buyer`: paying. Needs the permissions `buyer` and, to pay, `routes` (spec 05, 3.4)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from offset.programs.cli import CONTEXT, add_help
from offset.programs.stctrl import options
from offset.programs.stctrl.target import Target

if TYPE_CHECKING:
    from offset.app import Node, Payment
    from offset.base.credits import Amount
    from offset.base.ids import PaymentId
    from offset.wire.files import InvoiceFile

PAY_S = 60.0
_ORDER_S = 10.0
"""What the SDK may take beyond the time of a payment, to leave it in good order."""


@click.group("buyer", context_settings=CONTEXT)
def group() -> None:
    """Pay invoices, and learn how payments ended.

    Needs the permissions 'buyer' and 'routes' (stmgr app-ticket --pbuyer --proutes).
    """


add_help(group)


@group.command("pay-invoice")
@options.infile("-i", "--invoice", "Invoice of the seller.")
@options.outfile("-p", "--payment", "The payment file to make: the name of the payment, for payment-status.")
@options.outfile("-c", "--commit", "The commit file to make: give it to the seller.")
@click.option(
    "--max-fees", type=options.U128, metavar="CREDITS", help="Pay no more than so much to mediators."
)
@click.option(
    "--resume", "is_resumed", is_flag=True, help="Go on with the payment that the payment file names."
)
@options.as_json
@options.timeout(PAY_S, "Try for at most so long.")
@click.pass_obj
def pay_invoice(
    target: Target,
    invoice: Path,
    payment: Path,
    commit: Path,
    max_fees: int | None,
    is_resumed: bool,
    as_json: bool,
    timeout_s: float,
) -> None:
    """Pay an invoice: freeze the credits, and get a commit for the seller.

    The money moves when the seller has the commit and collects; then payment-status gives you the receipt. If the
    payment fails the commit is not made and nothing is paid; if then the payment file is there, payment-status
    says how the payment ended and removes it.

    The command ends within --timeout seconds and 10 more: with success, or with one sentence that says why not.

    If it was stopped, or its time was over, run it again with the same files and --resume: it gets the commit of
    the payment that it had begun, and pays nothing twice.
    """
    from offset.base import base64url
    from offset.shell.files import load, refuse_existing, write_new
    from offset.wire.files import PaymentFile, format_commit, format_payment, parse_invoice, parse_payment

    former = load(payment, parse_payment).payment_id if is_resumed else None
    if not is_resumed:
        refuse_existing(payment)
    refuse_existing(commit)
    asked = load(invoice, parse_invoice)
    fees_shown: list[Amount] = []
    is_begun = False

    def show_fees(fees: Amount) -> None:
        if fees_shown[-1:] != [fees] and not as_json:
            click.echo(f"Total fees: {fees}")
        fees_shown.append(fees)

    def began(payment_id: PaymentId, fees: Amount) -> None:
        nonlocal is_begun
        show_fees(fees)
        if is_begun:  # the former payment is over and forgotten, and so is its name
            payment.unlink(missing_ok=True)
        write_new(payment, format_payment(PaymentFile(payment_id)))
        is_begun = True

    async def pay(node: Node) -> Payment:
        if former is None:
            return await node.buyer.pay(
                asked, timeout_s=timeout_s, fees_max=max_fees, began=began, keep_canceled=True
            )
        return await _resume(node, asked, former, payment, timeout_s)

    paid = target.talk("buyer", pay, timeout_s + _ORDER_S)
    if paid.fees is not None:
        show_fees(paid.fees)
    write_new(commit, format_commit(paid.commit))
    if as_json:
        options.show_json(
            {
                "payment_id": base64url.encode(paid.payment_id),
                "fees": None if paid.fees is None else str(paid.fees),
                "payment": str(payment),
                "commit": str(commit),
            }
        )
    else:
        click.echo("Payment successful!")


async def _resume(
    node: Node, asked: InvoiceFile, payment_id: PaymentId, payment: Path, timeout_s: float
) -> Payment:
    """The commit of the payment that the payment file names; the file goes when nothing came of the payment."""
    from offset.app import PaymentCanceled, PaymentCollected, PaymentUnknown

    try:
        return await node.buyer.resume(asked, payment_id, timeout_s=timeout_s)
    except (PaymentCanceled, PaymentUnknown) as error:
        payment.unlink(missing_ok=True)
        raise type(error)(f"the payment of {payment} came to nothing, nothing is paid: pay again") from None
    except PaymentCollected:
        raise PaymentCollected(
            "the seller has collected this payment: get its receipt with payment-status"
        ) from None


@group.command("payment-status")
@options.infile("-p", "--payment", "The payment file; it is removed when the payment is over.")
@options.outfile("-r", "--receipt", "The receipt file to make, if the seller has collected.")
@options.as_json
@options.timeout(what="Wait for the seller at most so long.")
@click.pass_obj
def payment_status(target: Target, payment: Path, receipt: Path, as_json: bool, timeout_s: float) -> None:
    """Learn how a payment ended, and get the receipt.

    While the seller has not collected this waits, for --timeout seconds; then it fails and all files stay.
    """
    from offset.shell.files import load, refuse_existing, write_new
    from offset.wire.app import PaymentStatusNotFound, PaymentStatusSuccess
    from offset.wire.files import format_receipt, parse_payment

    refuse_existing(receipt)
    payment_id = load(payment, parse_payment).payment_id

    async def learn(node: Node) -> str:
        from offset.app import NoAnswer

        try:
            status = await node.buyer.ended(payment_id, timeout_s)
        except NoAnswer:
            raise NoAnswer(
                f"the payment is in progress: the seller has not collected it within {timeout_s:g} s; "
                "ask again later"
            ) from None
        if isinstance(status, PaymentStatusNotFound):
            return "not found"
        if isinstance(status, PaymentStatusSuccess):
            _say("Payment succeeded. Saving receipt to file.", as_json)
            write_new(receipt, format_receipt(status.receipt))
            await node.buyer.acknowledge(payment_id, status.ack_uid)
            return "success"
        _say("Payment was canceled.", as_json)
        await node.buyer.acknowledge(payment_id, status.ack_uid)
        return "canceled"

    status = target.talk("buyer", learn, timeout_s + _ORDER_S)
    if status == "not found":
        _say("Payment could not be found", as_json)
    if as_json:
        options.show_json({"status": status, "receipt": str(receipt) if status == "success" else None})
    payment.unlink(missing_ok=True)


def _say(line: str, as_json: bool) -> None:
    if not as_json:
        click.echo(line)
