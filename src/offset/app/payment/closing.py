"""How a payment ends, and letting the node forget it (spec 05, 2.5.2)."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from offset.app.errors import AppError, Refused
from offset.app.session import ANSWER_S, Session, within
from offset.base.ids import PaymentId, Uid
from offset.wire.app import AckClosePayment, PaymentStatus, PaymentStatusSuccess, RequestClosePayment

UNKNOWN = (
    "this node does not know this payment: it is another node's, or its receipt was fetched before; "
    "if neither is so it never began"
)
"""What a node that does not know a payment can say about it (spec 05, 2.5.2): not that nothing was paid."""
WHOLE_S = 3.0
"""How long to wait for the receipt of the whole when there is one of a part: parts are collected together."""
LOOK_AGAIN_S = 0.1


async def ended(session: Session, payment_id: PaymentId, timeout_s: float) -> PaymentStatus:
    """How the payment ended, as soon as it has; from now on it takes no more parts. Raises NoAnswer or PaymentLost.

    A payment over several routes is paid with the first part that is collected, but only one part has the receipt
    that proves the whole (spec 03, D28); that one is waited for a little.
    """
    loop = asyncio.get_running_loop()
    status = await _ask(session, payment_id, timeout_s)
    until = loop.time() + WHOLE_S
    while isinstance(status, PaymentStatusSuccess) and not status.receipt.is_complete and loop.time() < until:
        await asyncio.sleep(LOOK_AGAIN_S)
        try:
            again = await _ask(session, payment_id, WHOLE_S)
        except AppError:
            # That it was paid is known, and better than no answer.
            break
        if not isinstance(again, PaymentStatusSuccess):
            # Another app has acknowledged it.
            break
        status = again
    return status


async def _ask(session: Session, payment_id: PaymentId, timeout_s: float) -> PaymentStatus:
    with session.endings.expect(payment_id) as ending:
        session.post(RequestClosePayment(payment_id))
        return await within(ending, timeout_s)


async def acknowledge(
    session: Session, payment_id: PaymentId, ack_uid: Uid, timeout_s: float = ANSWER_S
) -> None:
    """The end of the payment is known here: the node may forget it. Raises NoAnswer."""
    with suppress(Refused):
        # If another app was faster, the node has forgotten it.
        await session.ask(AckClosePayment(payment_id, ack_uid), timeout_s=timeout_s)
