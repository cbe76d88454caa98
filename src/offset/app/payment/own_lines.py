"""What a node knows of its own friends that matters for a payment: who can be paid directly, and what is in the way.

Pure functions of the report. Farther off only an index server can look; but limits, balances, links and accounts with
our own friends are in the report, so nobody has to guess about them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from offset.app.errors import NoRoute, NotEnoughCredit, PaymentError
from offset.app.reports import LiveReport
from offset.base.credits import Amount, Rate
from offset.base.ids import Currency, PublicKey
from offset.base.instants import SECOND, Millis
from offset.base.limits import CREDIT_MAX
from offset.core.apps.reports import balance_of, config_of
from offset.wire.extension import CreditLine, LinkTrying
from offset.wire.files import InvoiceFile
from offset.wire.friend import FriendsRoute
from offset.wire.index import MultiRoute, RouteCapacityRate
from offset.wire.report import ChannelConsistent, FriendReport

PATIENCE_S = 15.0
"""Seconds for a friend to come online, or to agree on a currency."""
JUST_NOW_MS: Millis = 30 * SECOND
"""A friend whose link changed so lately may be about to come online, or to agree on a currency."""


class Obstacle(NamedTuple):
    """What is in the way of a payment, with the remedy, as the end of a sentence."""

    text: str
    passes_s: float = 0
    """Seconds in which it is likely to pass without anybody doing something; 0 if it is not."""
    is_credit: bool = False
    """Whether there are ways, and only too little credit."""
    most: Amount | None = None
    """How much could be paid, where that is known."""

    def error(self, dropped: int = 0) -> PaymentError:
        """The whole sentence. `dropped`: how many routes of the index server were none."""
        if self.is_credit:
            return NotEnoughCredit(self.text, self.most)
        doubt = f" (of the routes that the index server named {dropped} were none)" if dropped else ""
        return NoRoute(f"no chain of friends leads to the seller{doubt}: {self.text}")


class OwnLine(NamedTuple):
    """The line to an online friend in one currency."""

    key: PublicKey
    name: str
    owed: Amount
    """What we owe the friend."""
    frozen: Amount
    """What we have frozen for payments under way."""
    limit: Amount | None
    """The most that we may owe the friend, as the friend says; None if it does not tell."""
    room: Amount | None
    """What can be sent now; None if nobody knows the limit."""
    closed_by_us: bool
    closed_by_friend: bool
    """False also if the friend does not tell."""


def direct_way(report: LiveReport, invoice: InvoiceFile, amount: Amount) -> MultiRoute | None:
    """The way to a seller who is a friend, if our line carries the amount as far as one knows.

    It needs no index server, and no line that is open for the payments of others.
    """
    line = _line_to(report, invoice.currency, invoice.dest_public_key)
    if line is None or (line.room is not None and line.room < amount):
        return None
    route = FriendsRoute((report.public_key, invoice.dest_public_key))
    return MultiRoute((RouteCapacityRate(route, amount, Rate(0, 0)),))


def own_obstacle(report: LiveReport, invoice: InvoiceFile, amount: Amount) -> Obstacle | None:
    """What is in the way of a payment on our own side, or None: then it must be farther off."""
    currency, seller = invoice.currency, invoice.dest_public_key
    if seller == report.public_key:
        return Obstacle(
            "this is an invoice of this node itself, and no ring of friends carries "
            f"{amount} {currency} back to it; only somebody else can pay it"
        )
    lines = lines_of(report, currency)
    if seller in report.friends and seller not in [line.key for line in lines]:
        return _unused(report, currency, {seller: report.friends[seller]}, "the seller is the friend ")
    if not lines:
        return _unused(report, currency, report.friends)
    return _short_of_credit(lines, currency, seller, amount) or _closed(lines, currency)


def lines_of(report: LiveReport, currency: Currency) -> list[OwnLine]:
    """The lines to all friends that are online and use the currency with us."""
    found = [_line_to(report, currency, key) for key in report.friends]
    return [line for line in found if line is not None]


def _line_to(report: LiveReport, currency: Currency, key: PublicKey) -> OwnLine | None:
    friend = report.friends.get(key)
    balance = None if friend is None else balance_of(friend, currency)
    if friend is None or balance is None or not (friend.liveness and friend.status):
        return None
    told = report.credit_lines.get(key)
    granted = None if told is None else _granted(told, currency)
    limit = None if granted is None else min(granted.max_debt, CREDIT_MAX)
    frozen = balance.local_pending_debt
    config = config_of(friend, currency)
    return OwnLine(
        key,
        friend.name,
        max(0, -balance.balance),
        frozen,
        limit,
        None if limit is None else max(0, limit + balance.balance - frozen),
        config is None or not config.is_open,
        granted is not None and not granted.is_open,
    )


def _granted(told: Iterable[CreditLine], currency: Currency) -> CreditLine:
    return next((line for line in told if line.currency == currency), CreditLine(currency, 0, False))


# Obstacles


def _unused(
    report: LiveReport, currency: Currency, friends: Mapping[PublicKey, FriendReport], whose: str = ""
) -> Obstacle:
    """None of these friends can be reached in this currency now: what is nearest to it."""
    active = {key: friend for key, friend in friends.items() if balance_of(friend, currency) is not None}
    offline = {key: friend for key, friend in active.items() if friend.status}
    if offline:
        names = _names(offline)
        text = (
            f"{whose}{names}, who is offline"
            if whose
            else f"the friends with {currency} are offline ({names})"
        )
        return Obstacle(f"{text}; try again when one of them is back", _passes(report, offline))
    if active:
        return Obstacle(f"{whose}{_names(active)} is disabled; enable it first (config enable-friend)")
    broken = {
        key: friend
        for key, friend in friends.items()
        if not isinstance(friend.channel_status, ChannelConsistent)
    }
    if broken:
        return Obstacle(
            f"{whose}{_names(broken)} is inconsistent: look at info friends, and agree with the friend whose numbers "
            "count (config reset-friend)"
        )
    proposed = {key: friend for key, friend in friends.items() if config_of(friend, currency) is not None}
    if proposed:
        names = _names(proposed)
        is_online = any(friend.liveness for friend in proposed.values())
        why = (
            "who has not set it too; ask for it"
            if is_online
            else "who has not been online since; wait for it"
        )
        return Obstacle(f"{currency} is set for the friend {names}, {why}", _passes(report, proposed))
    if whose:
        return Obstacle(f"{whose}{_names(friends)}, but {currency} is not used with it; agree on that first")
    return Obstacle(f"no friend of this node uses {currency} with it; agree on that with one of them first")


def _short_of_credit(
    lines: list[OwnLine], currency: Currency, seller: PublicKey, amount: Amount
) -> Obstacle | None:
    """All our own lines together do not carry the amount; the fees are not known here."""
    rooms = [line.room for line in lines if line.room is not None]
    if len(rooms) < len(lines) or sum(rooms) >= amount:
        return None
    own = [line for line in lines if line.key == seller] or lines
    debts = ", ".join(_debt(line, currency) for line in own)
    names = ", ".join(sorted(line.name for line in own))
    return Obstacle(
        f"this node can send {sum(rooms)} {currency} at most, and {amount} are asked for: {debts}; "
        f"get a higher limit from {names}, or earn something first",
        is_credit=True,
        most=sum(rooms),
    )


def _debt(line: OwnLine, currency: Currency) -> str:
    frozen = f", and {line.frozen} are frozen" if line.frozen else ""
    return f"you owe {line.name} {line.owed} of {line.limit} {currency}{frozen}"


def _closed(lines: list[OwnLine], currency: Currency) -> Obstacle | None:
    """No line is open on both sides, so index servers know none of them."""
    if not all(line.closed_by_us or line.closed_by_friend for line in lines):
        return None
    ours = sorted(line.name for line in lines if line.closed_by_us)
    theirs = sorted(line.name for line in lines if line.closed_by_friend and not line.closed_by_us)
    if ours:
        remedy = f"open it with {', '.join(ours)} (config open-currency)"
    else:
        remedy = f"ask {', '.join(theirs)} to open it"
    return Obstacle(
        f"no line in {currency} is open for payments that go on from a friend, so no index server knows a way; {remedy}"
    )


def _names(friends: Mapping[PublicKey, FriendReport]) -> str:
    return ", ".join(sorted(friend.name for friend in friends.values()))


def _passes(report: LiveReport, friends: Iterable[PublicKey]) -> float:
    """How long to wait for one of these: whether a link is being made, or came up or went down a moment ago."""
    status = report.status
    if status is None:
        return 0
    links = {link.friend_public_key: link for link in status.links}
    known = [links[key] for key in friends if key in links]
    is_near = any(
        isinstance(link.state, LinkTrying) or report.node_now - link.since < JUST_NOW_MS for link in known
    )
    return PATIENCE_S if is_near else 0
