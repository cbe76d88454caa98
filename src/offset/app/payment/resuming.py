"""Going on with a payment whose app was killed, or lost its connection, before it had the commit (spec 05, D-8)."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from offset.app.errors import PaymentCanceled, PaymentCollected, PaymentUnfinished, PaymentUnknown
from offset.app.payment.closing import UNKNOWN, acknowledge
from offset.app.payment.open_payment import OpenPayment, Promised, commit_in
from offset.app.session import Session
from offset.base.faults import UserFault
from offset.base.ids import PaymentId
from offset.wire import app
from offset.wire.files import InvoiceFile


async def has_commit(session: Session, payment_id: PaymentId, timeout_s: float) -> bool:
    """Whether the seller has promised, so that there is a commit; False if that is not known after `timeout_s`."""
    payment = OpenPayment(session, None, payment_id, asyncio.get_running_loop().time() + timeout_s)
    with suppress(PaymentUnfinished):
        return commit_in(await payment.ask_again()) is not None
    return False


async def resume(session: Session, invoice: InvoiceFile, payment_id: PaymentId, timeout_s: float) -> Promised:
    """Wait for the parts that were sent, and no others; the errors are those of `Buyer.resume`."""
    payment = OpenPayment(session, invoice, payment_id, asyncio.get_running_loop().time() + timeout_s)
    results = await payment.ask_again()
    commit = commit_in(results)
    if commit is not None:
        if not payment.is_for(commit):
            raise UserFault("the payment is for another invoice than this one")
        return Promised(payment_id, commit, None, ())
    if any(isinstance(result, app.Success) for result in results):
        raise await payment.give_up("only a part of it arrived")
    match await payment.ended():
        case app.PaymentStatusNotFound():
            raise PaymentUnknown(UNKNOWN)
        case app.PaymentStatusCanceled(ack_uid):
            await acknowledge(session, payment_id, ack_uid)
            raise PaymentCanceled("the payment was cancelled: nothing was paid; begin another one")
        case app.PaymentStatusSuccess():
            raise PaymentCollected("the seller has collected this payment: ask for its receipt", payment_id)
