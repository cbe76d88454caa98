"""Why a payment failed, from its error and what the report says of our own friends."""

from __future__ import annotations

from offset.app.errors import (
    AppError,
    Disconnected,
    NoAnswer,
    NoIndexServer,
    NoRoute,
    NotEnoughCredit,
    PaymentCanceled,
    PaymentRefused,
    PaymentUnfinished,
    PaymentUnknown,
    TooExpensive,
)
from offset.app.payment.rooms import Room, most_out, rooms
from offset.app.reports import LiveReport
from offset.app.why import Action, Cause, Remedy, Why
from offset.base.credits import Amount
from offset.base.ids import Currency
from offset.core.apps.reports import config_of
from offset.wire.files import InvoiceFile
from offset.wire.report import ChannelConsistent, FriendReport

NAMES_SHOWN = 3
"""So many friends are named in a sentence."""


def why_not(report: LiveReport, invoice: InvoiceFile, error: AppError) -> Why:
    """What is in the way of paying the invoice, now that `error` was raised."""
    currency, amount = invoice.currency, invoice.dest_payment
    match error:
        case Disconnected() | NoAnswer():
            return Why(Cause.NODE_AWAY, str(error), currency, remedies=(Remedy(Action.TRY_AGAIN),))
        case PaymentUnknown() | PaymentUnfinished():
            return Why(Cause.NOT_KNOWN, str(error), currency, remedies=(Remedy(Action.LOOK_AT_HELD),))
        case TooExpensive(fees=fees):
            sentence = f"The way costs {fees} {currency}."
            return Why(Cause.FEES, sentence, currency, remedies=(Remedy(Action.ALLOW_FEES, amount=fees),))
        case PaymentRefused() | PaymentCanceled():
            sentence = (
                "The credit on the way was used up, or the seller withdrew the invoice: nothing is paid."
            )
            remedies = (Remedy(Action.TRY_AGAIN), Remedy(Action.ASK_ANEW))
            return Why(Cause.CANCELLED, sentence, currency, remedies=remedies)
    if invoice.dest_public_key == report.public_key:
        sentence = "This is an invoice of your own card: only somebody else can pay it."
        return Why(Cause.OWN_INVOICE, sentence, currency)
    own = _own_side(report, currency, amount)
    if own is not None:
        return own
    match error:
        case NoIndexServer():
            remedies = (Remedy(Action.ADD_SERVER), Remedy(Action.TRY_AGAIN))
            return Why(
                Cause.NO_SERVER, f"Nobody can be asked for a way: {error}.", currency, remedies=remedies
            )
        case NotEnoughCredit(most=most):
            return _beyond(currency, most)
        case NoRoute():
            remedies = (Remedy(Action.TRY_AGAIN), Remedy(Action.ADD_FRIEND))
            return Why(Cause.NO_WAY, f"There is no way: {error}.", currency, remedies=remedies)
    return Why(Cause.OTHER, str(error), currency, remedies=(Remedy(Action.TRY_AGAIN),))


def _beyond(currency: Currency, most: Amount | None) -> Why:
    rest = (Remedy(Action.TRY_AGAIN), Remedy(Action.ADD_FRIEND))
    if not most:
        sentence = f"Beyond your friends there is too little credit in {currency} now."
        return Why(Cause.BEYOND, sentence, currency, remedies=rest)
    sentence = f"Beyond your friends at most {most} {currency} can pass now."
    return Why(Cause.BEYOND, sentence, currency, most, remedies=(Remedy(Action.PAY_LESS, amount=most), *rest))


def _own_side(report: LiveReport, currency: Currency, amount: Amount) -> Why | None:
    """What is in the way among our own friends; None if they let the amount pass, as far as one knows."""
    found = rooms(report, currency)
    if not found:
        return _unused(report, currency)
    there = [room for room in found if room.is_online and room.is_enabled]
    away = [room for room in found if room not in there]
    if not there:
        sentence = f"Those who use {currency} with you are not there: {_names(away)}."
        return Why(Cause.ALL_CLOSED, sentence, currency, remedies=_waits(away))
    total = most_out(found)
    if total.amount >= amount or total.is_at_least:
        return None
    missing = amount - total.amount
    sentence = f"Your friends let {total.amount} {currency} pass, and {amount} are asked for."
    remedies = [Remedy(Action.ASK_FRIEND, there[0].key, missing)]
    if total.amount:
        remedies.append(Remedy(Action.PAY_LESS, amount=total.amount))
    helpful = [room for room in away if room.out is None or room.out > 0]
    return Why(Cause.OWN_LINES, sentence, currency, total.amount, remedies=(*remedies, *_waits(helpful)))


def _waits(away: list[Room]) -> tuple[Remedy, ...]:
    return tuple(Remedy(Action.WAIT if room.is_enabled else Action.ENABLE_FRIEND, room.key) for room in away)


def _unused(report: LiveReport, currency: Currency) -> Why:
    """No friend has a balance in the currency with us."""
    broken = {
        key: friend
        for key, friend in report.friends.items()
        if not isinstance(friend.channel_status, ChannelConsistent) and _uses(friend, currency)
    }
    if broken:
        names = _joined([friend.name for friend in broken.values()])
        return Why(
            Cause.BOOKS_DIFFER,
            f"Your books differ from those of {names}: agree on them first.",
            currency,
            remedies=tuple(Remedy(Action.SETTLE_BOOKS, key) for key in broken),
        )
    first = Action.OPEN_CURRENCY if report.friends else Action.ADD_FRIEND
    proposed = [friend.name for friend in report.friends.values() if config_of(friend, currency) is not None]
    if proposed:
        sentence = f"{_joined(proposed)} has not agreed to use {currency} with you yet."
        return Why(Cause.NO_CURRENCY, sentence, currency, remedies=(Remedy(Action.WAIT),))
    return Why(Cause.NO_CURRENCY, f"Nobody uses {currency} with you.", currency, remedies=(Remedy(first),))


def _uses(friend: FriendReport, currency: Currency) -> bool:
    status = friend.channel_status
    if isinstance(status, ChannelConsistent):
        return False
    return config_of(friend, currency) is not None or any(
        terms.currency == currency for terms in status.local_reset_terms
    )


def _names(found: list[Room]) -> str:
    return _joined([room.name for room in found])


def _joined(names: list[str]) -> str:
    shown = sorted(names)[:NAMES_SHOWN]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
