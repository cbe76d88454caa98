"""`stctrl buyer`: paying. Needs the permissions `buyer` and, to pay, `routes` (spec 05, 3.4)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import click

from offset.app.errors import (
    Disconnected,
    NoAnswer,
    PaymentCanceled,
    PaymentCollected,
    PaymentError,
    PaymentLost,
    PaymentUnknown,
    TooExpensive,
)
from offset.app.node import Node
from offset.app.payment.buyer import PAY_S, Payment
from offset.app.payment.closing import UNKNOWN
from offset.app.payment.lost import lost_of
from offset.app.values import Value, lost_parts_value
from offset.base import base64url
from offset.base.credits import Amount
from offset.base.faults import UserFault
from offset.base.ids import PaymentId, PublicKey
from offset.base.limits import FEES_PER_MEDIATOR_MAX, FEES_PERCENT_MAX
from offset.programs.cli import CONTEXT, WholeGroup, add_help
from offset.programs.errors import UNPROVED
from offset.programs.stctrl import options
from offset.programs.stctrl.call import Call, with_call
from offset.programs.stctrl.talk import talk
from offset.programs.stctrl.waiting import Waiting
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

FROZEN = "The credits are frozen. Give the commit to the seller, who collects with it."
"""What a commit means. The reference says "Payment successful!" here, when nothing is paid (spec 05, 3.4)."""
_LOOK_S = 2.0
"""Seconds to find out whether a payment that is not over has its commit."""
_ORDER_S = 10.0
"""What the SDK may take beyond the time of a payment, to leave it in good order."""


@click.group("buyer", cls=WholeGroup, context_settings=CONTEXT)
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
    "--max-fees",
    type=options.U128,
    metavar="CREDITS",
    help=f"Pay at most so much to mediators; else {FEES_PERCENT_MAX} % and {FEES_PER_MEDIATOR_MAX} for each of them.",
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

    The command ends within --timeout seconds and 10 more: with success, or with one sentence that says why not. While a
    friend is connecting, or an index server has just come back, it waits a little; on a terminal it says what for.

    If it was stopped, or its time was over, run it again with the same files and --resume: it gets the commit of
    the payment that it had begun, and pays nothing twice.
    """
    attempts, waiting = _Attempts(call, payment), Waiting()
    resumed = _load_ours(call, payment) if is_resumed else None
    if os.path.realpath(payment) == os.path.realpath(commit):
        raise UserFault(f"--payment and --commit name one file, {payment}: give each a name of its own")
    if resumed is None:
        refuse_existing(payment)
    refuse_existing(commit)
    asked = load(invoice, parse_invoice)

    async def pay(node: Node) -> Payment:
        if resumed is not None:
            return await _resume(node, asked, resumed, payment, call.timeout_s)
        attempts.node = node.public_key
        try:
            return await node.buyer.pay(
                asked,
                timeout_s=call.timeout_s,
                fees_max=max_fees,
                began=attempts.began,
                waits=waiting.tell,
                keep_canceled=True,
            )
        except TooExpensive as error:
            remedy = f"allow them with --max-fees {error.fees}, or try again later"
            raise PaymentError(f"{error.reason}: {remedy}") from None
        finally:
            attempts.dropped = node.routes.dropped

    try:
        paid = talk(call, "buyer", pay, _ORDER_S)
    except KeyboardInterrupt:
        if resumed is not None or attempts.is_begun:
            call.note(_under_way(payment))
        raise
    except PaymentLost as lost:
        call.end(str(lost), UNPROVED, None)
    except (Disconnected, NoAnswer) as error:
        if resumed is None and not attempts.is_begun:
            raise
        raise type(error)(f"{error}; {_under_way(payment)}") from None
    finally:
        waiting.stop()
    if attempts.dropped:
        call.note(
            f"{attempts.dropped} of the routes that the index server named were none, and were left out"
        )
    attempts.show_fees(paid.fees)
    write_new(commit, format_commit(paid.commit))
    call.show(FROZEN)
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
        self.node: PublicKey | None = None
        """The node that pays, named in the file."""
        self.dropped = 0
        """How many routes of the index server were none."""
        self._fees: Amount | None = None
        self.is_begun = False
        """Whether an attempt may be under way in the node."""

    def began(self, payment_id: PaymentId, fees: Amount) -> None:
        """Another attempt begins: make its file before anything is frozen. Raises UserFault."""
        self.show_fees(fees)
        if self.is_begun:
            # The former payment is over and forgotten, and so is its name.
            self._file.unlink(missing_ok=True)
        write_new(self._file, format_payment(PaymentFile(payment_id, self.node)))
        self.is_begun = True

    def show_fees(self, fees: Amount | None) -> None:
        """Print the fees, unless they are those that were printed last; nobody knows those of a resumed payment."""
        if fees is not None and fees != self._fees:
            self._call.show(f"Total fees: {fees}")
            self._fees = fees


def _under_way(file: Path) -> str:
    """What to know when the command ends without having learned how the payment went."""
    return (
        f"a payment may be under way, though nothing is paid before the seller has a commit: {file} names it, so "
        "run the same command with --resume to go on, or ask payment-status"
    )


def _load_ours(call: Call, file: Path) -> PaymentId:
    """The payment that a file names. Raises UserFault when it is one of another node than that of the call.

    A node knows nothing of the payments of others, so it must not be asked about them. The reference does not name
    the node in the file; then the node says whether it knows the payment.
    """
    named = load(file, parse_payment)
    _, ticket = call.load()
    if named.node_public_key not in (None, ticket.public_key):
        key = base64url.encode(named.node_public_key)
        raise UserFault(
            f"{file} is a payment of another node, whose public key is {key}: "
            "use the ticket of that node (-T), and an app that it trusts (-I)"
        )
    return named.payment_id


async def _resume(
    node: Node, asked: InvoiceFile, payment_id: PaymentId, file: Path, timeout_s: float
) -> Payment:
    """The commit of the payment that the payment file names; the file goes when nothing came of the payment."""
    try:
        return await node.buyer.resume(asked, payment_id, timeout_s=timeout_s)
    except PaymentLost as lost:
        raise PaymentLost(
            f"{lost}: do not pay again before you know, and see payment-status", lost.lost
        ) from None
    except PaymentCanceled:
        file.unlink(missing_ok=True)
        raise PaymentCanceled(f"the payment of {file} came to nothing, nothing is paid: pay again") from None
    except PaymentCollected:
        raise PaymentCollected(
            "the seller has collected this payment: get its receipt with payment-status"
        ) from None


# Afterwards


@group.command("payment-status")
@options.infile("-p", "--payment", "The payment file; it is removed when the payment is over.")
@options.outfile("-r", "--receipt", "The receipt file to make, if the seller has collected.")
@click.option(
    "--forget-lost",
    "forgets_lost",
    is_flag=True,
    help="Let the node forget the payment, and remove the file, even if nobody can prove whether it was paid.",
)
@with_call(what="Wait for the seller at most so long.")
def payment_status(call: Call, payment: Path, receipt: Path, forgets_lost: bool) -> None:
    """Learn how a payment ended, and get the receipt.

    A payment has these stages: its credits are frozen on the way; the commit is made, which you give to the seller; the
    seller collects with it, and only then it is paid; you get the receipt.

    While the seller has not collected this waits, for --timeout seconds; then it fails and all files stay. They stay
    too when the node does not know the payment: then it cannot say how it ended.

    If the channel to the friend who holds the credits was lost after the commit was made, nobody can prove whether it
    was paid: the friend may still claim the credits, and the seller may have collected. Then the status is 3 and all
    files stay. Ask the seller. When you know enough, --forget-lost ends it; what the friend may claim does not change.
    """
    refuse_existing(receipt)
    payment_id = _load_ours(call, payment)

    async def learn(node: Node) -> str | _Lost:
        try:
            status = await node.buyer.ended(payment_id, call.timeout_s)
        except PaymentLost as lost:
            if forgets_lost:
                await node.buyer.acknowledge(payment_id, lost.ack_uid)
            return _Lost(lost, lost_parts_value(node.report.snapshot(), lost.lost.parts))
        except NoAnswer:
            has_commit = await node.buyer.has_commit(payment_id, _LOOK_S)
            words = _in_progress(has_commit=has_commit, timeout_s=call.timeout_s)
            raise NoAnswer(words + lost_of(node.report, payment_id)) from None
        if isinstance(status, PaymentStatusNotFound):
            raise PaymentUnknown(UNKNOWN)
        if isinstance(status, PaymentStatusSuccess):
            call.show("Payment succeeded. Saving receipt to file.")
            write_new(receipt, format_receipt(status.receipt))
            await node.buyer.acknowledge(payment_id, status.ack_uid)
            return "success"
        call.show("Payment was canceled.")
        await node.buyer.acknowledge(payment_id, status.ack_uid)
        return "canceled"

    status = talk(call, "buyer", learn, _ORDER_S)
    if isinstance(status, _Lost):
        value = {"status": "lost", "receipt": None, "parts": status.parts, "forgotten": forgets_lost}
        if not forgets_lost:
            ask = (
                f"ask the seller whether it collected; {payment} stays until you forget it with --forget-lost"
            )
            call.end(f"{status.error}: {ask}", UNPROVED, value)
        call.note(f"forgotten: {status.error}")
        call.show_value(value)
        payment.unlink(missing_ok=True)
        return
    call.show_value({"status": status, "receipt": str(receipt) if status == "success" else None})
    payment.unlink(missing_ok=True)


class _Lost(NamedTuple):
    """A payment that nobody can prove to be paid or unpaid."""

    error: PaymentLost
    parts: list[Value]
    """What was given to whom, for scripts."""


def _in_progress(*, has_commit: bool, timeout_s: float) -> str:
    """How far a payment is that has not ended."""
    if has_commit:
        return (
            f"the payment is in progress: the credits are frozen and the commit is made, and nothing was collected "
            f"within {timeout_s:g} s; nothing is paid until the seller has the commit and collects with it: give it to "
            "the seller if you have not, or ask again later"
        )
    return (
        f"the payment is in progress: after {timeout_s:g} s credits are still being frozen on the way and there is no "
        "commit, so nothing is paid; ask again later, or get the commit with pay-invoice --resume"
    )
