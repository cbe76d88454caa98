"""What a payment would cost now, and how much could be paid at most. Permission: routes. Nothing is frozen.

What an index server answers is an estimate (spec 04, 6): credit on the way may be used up before the payment goes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from offset.app.errors import AppError, NoIndexServer, NoRoute, NotEnoughCredit
from offset.app.payment.fees import fees_allowed
from offset.app.payment.own_lines import direct_way, lines_of, own_obstacle
from offset.app.payment.plan import Plan
from offset.app.payment.rooms import most_out, rooms
from offset.app.reports import LiveReport
from offset.app.routes import Routes
from offset.base.credits import Amount
from offset.base.ids import INVOICE_ID_BYTES, Currency, InvoiceId, PublicKey
from offset.base.limits import CREDIT_MAX
from offset.core.index.split import Part, choose_multi_route
from offset.wire.files import InvoiceFile
from offset.wire.index import MultiRoute

QUOTE_S = 12.0
"""Seconds for a quote; an index server answers within milliseconds."""
PATIENCE_S = 2.0
"""Seconds in which a friend that is connecting is waited for."""
QUESTIONS = 24
"""How often an index server is asked at most to find out what can be paid at most."""
PRECISION = 100
"""What can be paid at most is found to one part in so many."""


class Quote(NamedTuple):
    """How an invoice would be paid now."""

    parts: tuple[Part, ...]
    fees: Amount
    """Of all parts together, in credits."""
    allowed: Amount
    """What fees may be without asking; see `fees_allowed`."""

    @property
    def over(self) -> tuple[PublicKey, ...]:
        """The friends over which it goes, each once."""
        return tuple(dict.fromkeys(part.route.public_keys[1] for part in self.parts))


class Capacity(NamedTuple):
    """How much could be paid to somebody now."""

    most: Amount
    fees: Amount
    """For `most`, in credits."""
    is_at_least: bool
    """Whether more may be possible: not all was found out."""


async def quote(
    routes: Routes, report: LiveReport, invoice: InvoiceFile, timeout_s: float = QUOTE_S
) -> Quote:
    """How the invoice would be paid now, whatever it costs. Raises why it cannot: PaymentError, NoAnswer."""
    plan = Plan(routes, report, invoice, CREDIT_MAX, patience_s=PATIENCE_S)
    choice = await plan.next(invoice.dest_payment, [], timeout_s)
    # Nothing has failed yet, so the plan has a choice or raises.
    assert choice is not None
    _check_own_lines(report, invoice, choice.parts)
    return Quote(choice.parts, choice.fee, fees_allowed(invoice.dest_payment, choice.parts))


def _check_own_lines(report: LiveReport, invoice: InvoiceFile, parts: Sequence[Part]) -> None:
    """Raise PaymentError when a part begins over a friend who is not there, or does not let it pass.

    An index server may not have heard of it yet; about our own friends we know better.
    """
    lines = {line.key: line for line in lines_of(report, invoice.currency)}
    needed: dict[PublicKey, Amount] = {}
    for part in parts:
        friend = part.route.public_keys[1]
        needed[friend] = needed.get(friend, 0) + part.amount + part.fee
    for friend, amount in needed.items():
        line = lines.get(friend)
        if line is None:
            obstacle = own_obstacle(report, invoice, invoice.dest_payment)
            raise (
                NoRoute("the way leads over a friend who is offline")
                if obstacle is None
                else obstacle.error()
            )
        if line.room is not None and line.room < amount:
            raise NotEnoughCredit(
                f"the way leads over {line.name}, who lets {line.room} {invoice.currency} pass"
            )


async def capacity(
    routes: Routes, report: LiveReport, currency: Currency, to: PublicKey, timeout_s: float = QUOTE_S
) -> Capacity:
    """The most that could be paid to a node now; 0 if there is no way. Raises NoIndexServer, NoAnswer.

    A server only says whether an amount can be carried, so the most is searched for.
    """
    own = most_out(rooms(report, currency))
    if not own.amount and not own.is_at_least:
        return Capacity(0, 0, False)
    direct = _direct(report, currency, to)
    try:
        found = await _search(routes, currency, to, own.amount, own.is_at_least, timeout_s)
    except NoIndexServer:
        if not direct.most:
            raise
        return direct
    if found.most > own.amount and not own.is_at_least:
        # The server has not heard yet of what our friends let pass.
        found = Capacity(own.amount, found.fees, found.is_at_least)
    return max(found, direct)


def _direct(report: LiveReport, currency: Currency, to: PublicKey) -> Capacity:
    """Over our own line, if it is a friend."""
    line = next((room for room in rooms(report, currency) if room.key == to), None)
    if line is None or direct_way(report, _probe(currency, to), 1) is None:
        return Capacity(0, 0, False)
    return Capacity(line.out or 0, 0, True)


def _probe(currency: Currency, to: PublicKey) -> InvoiceFile:
    return InvoiceFile(InvoiceId(bytes(INVOICE_ID_BYTES)), currency, to, 1)


class _Search:
    """The most that was found to be carried, between bounds that come nearer to each other."""

    def __init__(self, routes: Routes, currency: Currency, to: PublicKey, timeout_s: float) -> None:
        self._routes, self._currency, self._to = routes, currency, to
        self._until = asyncio.get_running_loop().time() + timeout_s
        self._asked = 0
        self.best = Capacity(0, 0, False)

    @property
    def is_over(self) -> bool:
        return self._asked >= QUESTIONS or asyncio.get_running_loop().time() >= self._until

    async def carries(self, amount: Amount) -> bool:
        """Ask whether so much can be paid; what an answer carries beyond it counts too."""
        self._asked += 1
        left = self._until - asyncio.get_running_loop().time()
        answer = await self._routes.find(self._currency, amount, self._to, timeout_s=left)
        for multi_route in answer:
            self._take(multi_route)
        return self.best.most >= amount

    def _take(self, multi_route: MultiRoute) -> None:
        most = sum(route.rate.max_payable(route.capacity) for route in multi_route.routes)
        choice = choose_multi_route([multi_route], most)
        if most > self.best.most and choice is not None:
            self.best = Capacity(most, choice.fee, False)


async def _search(
    routes: Routes, currency: Currency, to: PublicKey, own: Amount, is_at_least: bool, timeout_s: float
) -> Capacity:
    search = _Search(routes, currency, to, timeout_s)
    if not await search.carries(1):
        return search.best
    try:
        above = await _bound(search, own, is_at_least)
        # Between what is carried and what is not.
        while above - search.best.most > max(1, above // PRECISION) and not search.is_over:
            middle = (search.best.most + above) // 2
            if not await search.carries(middle):
                above = middle
    except AppError:
        # What was found so far holds.
        return Capacity(search.best.most, search.best.fees, True)
    return Capacity(search.best.most, search.best.fees, search.is_over)


async def _bound(search: _Search, own: Amount, is_at_least: bool) -> Amount:
    """An amount that is not carried; a little more than what our own friends let pass, where that is known."""
    if not is_at_least:
        return max(own, search.best.most) + 1
    above = 2 * search.best.most
    while await search.carries(above) and not search.is_over:
        above = 2 * search.best.most
    return above
