"""Everything that can go wrong for an app. Each error is one sentence that may be shown to a person.

AppError
 ├─ CannotConnect ── NotTrusted
 ├─ Disconnected ── NotConnected
 ├─ NoAnswer
 ├─ NotOffered
 ├─ NotPermitted, NoReport, Refused       (also UserFault: ask for something else)
 └─ PaymentError
     ├─ NoIndexServer, NoRoute, NotEnoughCredit, TooExpensive      nothing was begun
     ├─ PaymentRefused, PaymentCanceled                            nothing was paid
     ├─ PaymentUnknown                                             the node cannot say what became of it
     ├─ PaymentLost                                                nobody can prove whether it was paid
     ├─ PaymentUnfinished                                          still open: resume it later, or leave it
     └─ PaymentCollected                                           paid, when it was resumed
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from offset.base import base64url
from offset.base.credits import Amount
from offset.base.faults import OffsetError, UserFault
from offset.base.ids import Currency, PaymentId, PublicKey

if TYPE_CHECKING:
    from offset.app.why import Why
    from offset.wire.extension import LostPayment


class AppError(OffsetError):
    """Root of every error of the SDK."""


class CannotConnect(AppError):
    """The node cannot be reached, or it is not the one we wanted."""


class NotTrusted(CannotConnect):
    """The node is there and does not know this app: its ticket must lie in the node's folder of trusted apps."""


def not_trusted(address: str, app: PublicKey) -> NotTrusted:
    """The node at `address` closed the connection when it saw the key of the app."""
    return NotTrusted(
        f"the node at {address} does not trust this app, whose public key is {base64url.encode(app)}; "
        "put its ticket (stmgr app-ticket) into the node's folder of trusted apps; or it is no node, and the ticket "
        "that of a relay"
    )


class Disconnected(AppError):
    """The connection to the node is over. Requests under way may have been carried out or not."""


class NotConnected(Disconnected):
    """A lasting session has no connection to its node now. Nothing was sent, and nothing will be sent later."""


class NoAnswer(AppError):
    """The node did not answer within the time given. The request may still be carried out."""


class NotOffered(AppError):
    """The program of the node does not know what was asked for; one of the reference does not."""


class NotPermitted(AppError, UserFault):
    """The owner of the node did not give this app the permission for that."""


class NoReport(AppError, UserFault):
    """This needs the report of the node, and the app connected without it."""

    def __init__(self) -> None:
        super().__init__("this connection has no report of the node: connect with report=True for that")


class Refused(AppError, UserFault):
    """The node took the request and did not do it; the text says why, as far as the report shows."""


class PaymentError(AppError):
    """A payment did not come about."""

    payment_id: PaymentId | None
    """Where to ask for it; None when no payment is left in the node."""
    why: Why | None = None
    """The cause with its numbers, and what helps; of what `Buyer` raises."""

    def __init__(self, text: str, payment_id: PaymentId | None = None) -> None:
        super().__init__(text)
        self.payment_id = payment_id


class NoIndexServer(PaymentError):
    """There is nobody to ask for routes: the node is not connected to an index server."""


class NoRoute(PaymentError):
    """No chain of friends leads to the seller in this currency."""


class NotEnoughCredit(PaymentError):
    """There are routes to the seller, but together they do not carry so much now."""

    def __init__(self, text: str, most: Amount | None = None) -> None:
        """`most` is what they carry, in credits, where that is known."""
        super().__init__(text)
        self.most = most


class TooExpensive(PaymentError):
    """The mediators ask for more than the buyer wants to give."""

    def __init__(self, fees: Amount, allowed: Amount, currency: Currency, *, is_default: bool) -> None:
        """`fees` is what the cheapest routes cost together, `allowed` what they may cost, in credits.

        `is_default`: the limit is that of every payment, and not one that the buyer has set.
        """
        limit = f"{allowed} allowed unless you set another limit" if is_default else f"{allowed} allowed"
        self.reason = f"the routes cost {fees} {currency} in fees, more than the {limit}"
        super().__init__(f"{self.reason}: allow more, or try again later")
        self.fees, self.allowed = fees, allowed


class PaymentRefused(PaymentError):
    """Every route that was tried gave the credits back; nothing is frozen any more."""


class PaymentCanceled(PaymentError):
    """The payment ended without success: the seller gave the credits back."""


class PaymentUnknown(PaymentError):
    """The node has no such payment, so it cannot say what became of it.

    It may be a payment of another node, or one that never began, or one whose end was acknowledged before: then it
    may have been paid.
    """


class PaymentLost(PaymentError):
    """The payment is over, and nobody can prove whether it was paid.

    Credits were given to friends, a commit was made, and then the channels were lost: the seller may have collected,
    and the friends may still claim the credits.
    """

    def __init__(self, text: str, lost: LostPayment) -> None:
        """`lost` says what was given to whom."""
        assert lost.opt_ack_uid is not None, "nothing is under way any more"
        super().__init__(text, lost.payment_id)
        self.lost = lost
        self.ack_uid = lost.opt_ack_uid
        """Let the node forget the payment with this, once you know what you want to know."""


class PaymentUnfinished(PaymentError):
    """The payment is neither done nor cancelled: credits are frozen, and nothing is paid without its commit.

    It takes no more parts. Resume it later by its `payment_id`, or leave it: then its commit is given to nobody.
    """


class PaymentCollected(PaymentError):
    """The seller had its commit already and has collected: there is a receipt."""
