"""How a payment ended: what its owner is told, and letting the node forget it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from offset.app.errors import NoAnswer, PaymentLost, PaymentUnknown
from offset.app.node import Node
from offset.app.payment.closing import UNKNOWN
from offset.app.payment.lost import lost_of
from offset.app.values import Value, credits_value
from offset.base.faults import UserFault
from offset.base.ids import PaymentId
from offset.programs.errors import UNPROVED
from offset.programs.stctrl.call import Call
from offset.programs.stctrl.talk import talk
from offset.shell.files import write_new
from offset.wire.app import PaymentStatusNotFound, PaymentStatusSuccess
from offset.wire.files import format_receipt

_LOOK_S = 2.0
"""Seconds to find out whether a payment that is not over has its commit."""
ORDER_S = 10.0
"""What the SDK may take beyond the time of a payment, to leave it in good order."""


class _Lost(NamedTuple):
    """A payment that nobody can prove to be paid or unpaid."""

    error: PaymentLost
    parts: list[Value]
    """What was given to whom, for scripts."""


def end_payment(
    call: Call, payment_id: PaymentId, receipt: Path | None, *, forgets_lost: bool, name: str
) -> None:
    """Wait for the end of a payment, say it, and let the node forget it; when this returns that is done.

    `receipt`: the file to make of its receipt. `forgets_lost`: also if nobody can prove whether it was paid; else the
    command ends with UNPROVED, and `name` is what stays. Raises NoAnswer, PaymentUnknown, and UserFault when it was
    paid and there is no place for the receipt.
    """

    async def learn(node: Node) -> str | _Lost:
        try:
            status = await node.buyer.ended(payment_id, call.timeout_s)
        except PaymentLost as lost:
            if forgets_lost:
                await node.buyer.acknowledge(payment_id, lost.ack_uid)
            return _Lost(lost, credits_value(node.report.snapshot(), lost.lost.parts))
        except NoAnswer:
            has_commit = await node.buyer.has_commit(payment_id, _LOOK_S)
            words = _in_progress(has_commit=has_commit, timeout_s=call.timeout_s)
            raise NoAnswer(words + lost_of(node.report, payment_id)) from None
        if isinstance(status, PaymentStatusNotFound):
            raise PaymentUnknown(UNKNOWN)
        if isinstance(status, PaymentStatusSuccess):
            if receipt is None:
                raise UserFault("the payment is paid: say with --receipt in which file to keep its receipt")
            call.show("Payment succeeded. Saving receipt to file.")
            write_new(receipt, format_receipt(status.receipt))
            await node.buyer.acknowledge(payment_id, status.ack_uid)
            return "success"
        call.show("Payment was canceled.")
        await node.buyer.acknowledge(payment_id, status.ack_uid)
        return "canceled"

    status = talk(call, "buyer", learn, ORDER_S)
    if isinstance(status, _Lost):
        value = {"status": "lost", "receipt": None, "parts": status.parts, "forgotten": forgets_lost}
        if not forgets_lost:
            ask = f"ask the seller whether it collected; {name} stays until you forget it with --forget-lost"
            call.end(f"{status.error}: {ask}", UNPROVED, value)
        call.note(f"forgotten: {status.error}")
        call.show_value(value)
        return
    call.show_value({"status": status, "receipt": str(receipt) if status == "success" else None})


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
