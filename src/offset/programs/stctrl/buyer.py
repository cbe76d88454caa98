"""`stctrl buyer`: paying. Needs the permissions `buyer` and, to pay, `routes` (spec 05, 3.4)."""

from __future__ import annotations

from pathlib import Path

import click

from offset.app.errors import NoAnswer, PaymentCanceled, PaymentCollected, PaymentUnknown
from offset.app.node import Node
from offset.app.payment.buyer import PAY_S, Payment
from offset.base import base64url
from offset.base.credits import Amount
from offset.base.ids import PaymentId
from offset.programs.cli import CONTEXT, add_help
from offset.programs.stctrl import options
from offset.programs.stctrl.call import Call, with_call
from offset.programs.stctrl.talk import talk
from offset.shell.files import load, refuse_existing, write_new
from offset.wire.app import PaymentStatusNotFound, PaymentStatusSuccess
from offset.wire.files import (
    InvoiceFile,
    PaymentFile,
    format_commit,
    format_payment,
    format_receipt,
    parse_invoice,
    parse_payment,
)

_ORDER_S = 10.0
"""What the SDK may take beyond the time of a payment, to leave it in good order."""


@click.group("buyer", context_settings=CONTEXT)
def group() -> None:
    """Pay invoices, and learn how payments ended.

    Needs the permissions 'buyer' and 'routes' (stmgr app-ticket --pbuyer --proutes).
    """


add_help(group)

# Paying


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
@with_call(PAY_S, "Try for at most so long.")
def pay_invoice(
    call: Call, invoice: Path, payment: Path, commit: Path, max_fees: int | None, is_resumed: bool
) -> None:
    """Pay an invoice: freeze the credits, and get a commit for the seller.

    The money moves when the seller has the commit and collects; then payment-status gives you the receipt. If the
    payment fails the commit is not made and nothing is paid; if then the payment file is there, payment-status
    says how the payment ended and removes it.

    The command ends within --timeout seconds and 10 more: with success, or with one sentence that says why not.

    If it was stopped, or its time was over, run it again with the same files and --resume: it gets the commit of
    the payment that it had begun, and pays nothing twice.
    """
    attempts = _Attempts(call, payment)
    resumed = attempts.resumed() if is_resumed else None
    if resumed is None:
        refuse_existing(payment)
    refuse_existing(commit)
    asked = load(invoice, parse_invoice)

    async def pay(node: Node) -> Payment:
        if resumed is not None:
            return await _resume(node, asked, resumed, payment, call.timeout_s)
        return await node.buyer.pay(
            asked,
            timeout_s=call.timeout_s,
            fees_max=max_fees,
            began=attempts.began,
            keep_canceled=True,
        )

    paid = talk(call, "buyer", pay, _ORDER_S)
    attempts.show_fees(paid.fees)
    write_new(commit, format_commit(paid.commit))
    call.show("Payment successful!")
    call.show_value(
        {
            "payment_id": base64url.encode(paid.payment_id),
            "fees": None if paid.fees is None else str(paid.fees),
            "payment": str(payment),
            "commit": str(commit),
        }
    )


class _Attempts:
    """The payment file, which names the last attempt to pay, and the fees that were shown for it."""

    def __init__(self, call: Call, file: Path) -> None:
        self._call, self._file = call, file
        self._fees: Amount | None = None
        self._is_begun = False

    def resumed(self) -> PaymentId:
        """The payment that the file names. Raises UserFault."""
        return load(self._file, parse_payment).payment_id

    def began(self, payment_id: PaymentId, fees: Amount) -> None:
        """Another attempt begins: make its file before anything is frozen. Raises UserFault."""
        self.show_fees(fees)
        if self._is_begun:
            # The former payment is over and forgotten, and so is its name.
            self._file.unlink(missing_ok=True)
        write_new(self._file, format_payment(PaymentFile(payment_id)))
        self._is_begun = True

    def show_fees(self, fees: Amount | None) -> None:
        """Print the fees, unless they are those that were printed last; nobody knows those of a resumed payment."""
        if fees is not None and fees != self._fees:
            self._call.show(f"Total fees: {fees}")
            self._fees = fees


async def _resume(
    node: Node, asked: InvoiceFile, payment_id: PaymentId, file: Path, timeout_s: float
) -> Payment:
    """The commit of the payment that the payment file names; the file goes when nothing came of the payment."""
    try:
        return await node.buyer.resume(asked, payment_id, timeout_s=timeout_s)
    except (PaymentCanceled, PaymentUnknown) as error:
        file.unlink(missing_ok=True)
        raise type(error)(f"the payment of {file} came to nothing, nothing is paid: pay again") from None
    except PaymentCollected:
        raise PaymentCollected(
            "the seller has collected this payment: get its receipt with payment-status"
        ) from None


# Afterwards


@group.command("payment-status")
@options.infile("-p", "--payment", "The payment file; it is removed when the payment is over.")
@options.outfile("-r", "--receipt", "The receipt file to make, if the seller has collected.")
@with_call(what="Wait for the seller at most so long.")
def payment_status(call: Call, payment: Path, receipt: Path) -> None:
    """Learn how a payment ended, and get the receipt.

    While the seller has not collected this waits, for --timeout seconds; then it fails and all files stay.
    """
    refuse_existing(receipt)
    payment_id = load(payment, parse_payment).payment_id

    async def learn(node: Node) -> str:
        try:
            status = await node.buyer.ended(payment_id, call.timeout_s)
        except NoAnswer:
            raise NoAnswer(
                f"the payment is in progress: the seller has not collected it within {call.timeout_s:g} s; "
                "ask again later"
            ) from None
        if isinstance(status, PaymentStatusNotFound):
            return "not found"
        if isinstance(status, PaymentStatusSuccess):
            call.show("Payment succeeded. Saving receipt to file.")
            write_new(receipt, format_receipt(status.receipt))
            await node.buyer.acknowledge(payment_id, status.ack_uid)
            return "success"
        call.show("Payment was canceled.")
        await node.buyer.acknowledge(payment_id, status.ack_uid)
        return "canceled"

    status = talk(call, "buyer", learn, _ORDER_S)
    if status == "not found":
        call.show("Payment could not be found")
    call.show_value({"status": status, "receipt": str(receipt) if status == "success" else None})
    payment.unlink(missing_ok=True)
