"""How a payment ends, and letting the node forget it (spec 05, 2.5.2)."""

from __future__ import annotations

from contextlib import suppress

from offset.app.errors import Refused
from offset.app.session import ANSWER_S, Session, within
from offset.base.ids import PaymentId, Uid
from offset.wire.app import AckClosePayment, PaymentStatus, RequestClosePayment


async def ended(session: Session, payment_id: PaymentId, timeout_s: float) -> PaymentStatus:
    """How the payment ended, as soon as it has; from now on it takes no more parts. Raises NoAnswer."""
    with session.endings.expect(payment_id) as ending:
        session.post(RequestClosePayment(payment_id))
        return await within(ending, timeout_s)


async def acknowledge(
    session: Session, payment_id: PaymentId, ack_uid: Uid, timeout_s: float = ANSWER_S
) -> None:
    """The end of the payment is known here: the node may forget it. Raises NoAnswer."""
    with suppress(Refused):  # another app was faster: the node has forgotten it
        await session.ask(AckClosePayment(payment_id, ack_uid), timeout_s=timeout_s)
