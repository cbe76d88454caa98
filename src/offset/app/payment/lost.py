"""What is lost of a payment, in words: credits that were given to friends whose channel broke (spec 03, 3.7)."""

from __future__ import annotations

from offset.app.errors import PaymentLost
from offset.app.reports import LiveReport
from offset.base import base64url
from offset.base.ids import PaymentId, PublicKey, short
from offset.wire.extension import LostPayment


def lost_words(report: LiveReport | None, lost: LostPayment) -> str:
    """To whom credits were given, and that they may claim them. Without a report nobody knows their names."""
    if not lost.parts:
        return "the node has lost its books while it was under way"
    given = [
        f"{part.amount} {lost.currency} were given to {_named(report, part.friend_public_key)}"
        for part in lost.parts
    ]
    they = "the friend" if len({part.friend_public_key for part in lost.parts}) == 1 else "these friends"
    return f"{' and '.join(given)} and the channel was lost: {they} may still claim them"


def lost_of(report: LiveReport, payment_id: PaymentId) -> str:
    """The same, if anything of this payment is lost, to be put behind another sentence; else nothing."""
    lost = report.lost_payments.get(payment_id)
    return "" if lost is None else f"; {lost_words(report, lost)}"


def payment_lost(report: LiveReport | None, lost: LostPayment) -> PaymentLost:
    """What whoever waits for the end of such a payment is told when nothing is under way any more."""
    return PaymentLost(f"{lost_words(report, lost)}, and nobody can prove whether the payment was paid", lost)


def _named(report: LiveReport | None, key: PublicKey) -> str:
    if report is None:
        return f"the friend with the public key {base64url.encode(key)}"
    friend = report.friends.get(key)
    return f"the former friend {short(key)}" if friend is None else f"the friend {friend.name!r}"
