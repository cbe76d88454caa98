"""`stctrl buyer`: paying. Needs the permissions `buyer` and, to pay, `routes` (spec 05, 3.4)."""

from __future__ import annotations

import os
from pathlib import Path

import click

from offset.app.errors import (
    Disconnected,
    NoAnswer,
    PaymentCanceled,
    PaymentCollected,
    PaymentError,
    PaymentLost,
    TooExpensive,
)
from offset.app.node import Node
from offset.app.payment.buyer import PAY_S, Payment
from offset.base import base64url
from offset.base.credits import Amount
from offset.base.faults import UserFault
from offset.base.ids import PaymentId, PublicKey
from offset.base.limits import FEES_PER_MEDIATOR_MAX, FEES_PERCENT_MAX
from offset.programs.cli import CONTEXT, WholeGroup, add_help
from offset.programs.errors import UNPROVED
from offset.programs.stctrl import options
from offset.programs.stctrl.call import Call, with_call
from offset.programs.stctrl.payment_ends import ORDER_S, end_payment
from offset.programs.stctrl.talk import talk
from offset.programs.stctrl.waiting import Waiting
from offset.shell.files import load, refuse_existing, write_new
from offset.wire.files import (
    InvoiceFile,
    PaymentFile,
    format_commit,
    format_payment,
    parse_invoice,
    parse_payment,
)

FROZEN = "The credits are frozen. Give the commit to the seller, who collects with it."
"""What a commit means. The reference says "Payment successful!" here, when nothing is paid (spec 05, 3.4)."""


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
        paid = talk(call, "buyer", pay, ORDER_S)
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
@options.forget_lost
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
    end_payment(call, _load_ours(call, payment), receipt, forgets_lost=forgets_lost, name=str(payment))
    payment.unlink(missing_ok=True)


@group.command("release-payment")
@click.option(
    "--id", "ident", required=True, type=options.ID, metavar="ID", help="The id, as info payments shows it."
)
@click.option(
    "-r",
    "--receipt",
    type=options.PATH,
    metavar="FILE",
    help="The receipt file to make, if the seller has collected.",
)
@options.forget_lost
@with_call(what="Wait for the seller at most so long.")
def release_payment(call: Call, ident: bytes, receipt: Path | None, forgets_lost: bool) -> None:
    """Learn how a payment ended whose payment file is lost, and let the node forget it.

    It does what payment-status does, by the id of info payments: the payment takes no more parts, and nothing is
    forgotten while credits are under way, or without a place for the receipt if it was paid.
    """
    if receipt is not None:
        refuse_existing(receipt)
    end_payment(call, PaymentId(ident), receipt, forgets_lost=forgets_lost, name="the payment")
