"""Which routes a payment tries, one choice after another.

ask ──► each multi-route of the answer that carries the amount
ask again, without an edge of the route that failed last ──► those whose routes have not failed yet
ask once more, after a moment ──► those that carry the amount now, failed ones too
at last, if there are mediators ──► the same with higher fees: the rate that was named may be too low (spec 04, R3)
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from offset.app.errors import NoRoute, NotEnoughCredit, PaymentError, TooExpensive
from offset.app.payment.fees import fees_allowed, raised
from offset.app.reports import LiveReport
from offset.app.routes import ROUTES_S, Routes
from offset.base.credits import Amount
from offset.base.ids import PublicKey
from offset.core.apps.reports import balance_of
from offset.core.index.split import Part, RouteChoice, choose_multi_route
from offset.wire.files import InvoiceFile
from offset.wire.friend import FriendsRoute
from offset.wire.index import Edge, MultiRoute

ASKS_MAX = 3
RAISES = 2
"""How often the fees of routes that failed are doubled, within what is allowed."""
PAUSE_S = 0.5
"""Seconds before asking for routes that failed a moment ago."""


class Plan:
    """The choices for one invoice. What failed is told with `failed`, what is needed now with each `next`."""

    def __init__(
        self, routes: Routes, report: LiveReport, invoice: InvoiceFile, fees_max: Amount | None
    ) -> None:
        self._routes, self._report = routes, report
        self._invoice, self._fees_max = invoice, fees_max
        self._asks = 0
        self._raises = 0
        self._answer: list[MultiRoute] = []
        self._last: tuple[MultiRoute, ...] = ()
        """The last answer, whole."""
        self._failed: dict[FriendsRoute, None] = {}
        self._too_expensive: TooExpensive | None = None

    def failed(self, route: FriendsRoute) -> None:
        """A part over this route was cancelled."""
        self._failed.pop(route, None)
        self._failed[route] = None

    async def next(self, amount: Amount, held: Sequence[Part], time_left_s: float) -> RouteChoice | None:
        """The next choice that carries `amount` beside the parts that have arrived, or None when all was tried.

        Raises why nothing can be tried at all: NoIndexServer, NoRoute, NotEnoughCredit, TooExpensive.
        """
        while True:
            while self._answer:
                multi_route = self._answer.pop(0)
                choice = choose_multi_route([multi_route], amount)
                if choice is not None and self._raises:
                    choice = raised(choice, multi_route, 2**self._raises)
                if choice is not None and self._is_wanted(choice, held):
                    return choice
            if self._asks < ASKS_MAX and (self._failed or not self._asks):
                await self._ask(amount, time_left_s)
            elif self._failed and self._raises < RAISES:
                self._raises += 1
                self._answer = list(self._last)
            else:
                break
        if self._too_expensive is not None and not self._failed:
            raise self._too_expensive
        return None

    def _is_wanted(self, choice: RouteChoice, held: Sequence[Part]) -> bool:
        parts = [*held, *choice.parts]
        fees = sum(part.fee for part in parts)
        allowed = (
            fees_allowed(self._invoice.dest_payment, parts) if self._fees_max is None else self._fees_max
        )
        if fees > allowed:
            cheapest = self._too_expensive
            if cheapest is None or fees < cheapest.fees:
                is_default = self._fees_max is None
                self._too_expensive = TooExpensive(
                    fees, allowed, self._invoice.currency, is_default=is_default
                )
            return False
        is_last_ask = self._asks >= ASKS_MAX
        return is_last_ask or all(part.route not in self._failed for part in choice.parts)

    async def _ask(self, amount: Amount, time_left_s: float) -> None:
        self._asks += 1
        exclude = None
        if self._asks == 2:
            exclude = _suspect(next(reversed(self._failed)))
        elif self._asks > 2:
            await asyncio.sleep(PAUSE_S)
        answer = await self._find(amount, time_left_s, exclude)
        if self._asks == 1 and choose_multi_route(answer, amount) is None:
            raise await self._why_none(answer, amount, time_left_s)
        self._answer, self._last = list(answer), answer

    async def _find(self, amount: Amount, time_left_s: float, exclude: Edge | None) -> tuple[MultiRoute, ...]:
        invoice = self._invoice
        return await self._routes.find(
            invoice.currency,
            amount,
            invoice.dest_public_key,
            exclude=exclude,
            timeout_s=min(ROUTES_S, time_left_s),
        )

    async def _why_none(
        self, answer: Sequence[MultiRoute], amount: Amount, time_left_s: float
    ) -> PaymentError:
        """Whether nothing leads there, or only too little; a server may name no route that carries too little."""
        if not answer and amount > 1:
            answer = await self._find(1, time_left_s, None)
        currency = self._invoice.currency
        best = max([_carries(multi_route) for multi_route in answer], default=0)
        if answer:
            most = f"{best} {currency} at most" if best and best < amount else "something less"
            return NotEnoughCredit(
                f"the routes to the seller do not carry {amount} {currency} now, but {most}: try again later, "
                "get higher limits from your friends, or ask the seller for a smaller invoice"
            )
        dropped = self._routes.dropped
        doubt = f" (of the routes that the index server named {dropped} were none)" if dropped else ""
        return NoRoute(f"no chain of friends leads to the seller{doubt}: {self._obstacle()}")

    def _obstacle(self) -> str:
        """What is in the way, and what can be done: with our own friends, or farther off."""
        currency = self._invoice.currency
        partners = [
            friend for friend in self._report.friends.values() if balance_of(friend, currency) is not None
        ]
        if not partners:
            return f"no friend of this node uses {currency} with it; agree on that with one of them first"
        if not any(friend.liveness for friend in partners):
            names = ", ".join(sorted(friend.name for friend in partners))
            return f"the friends with {currency} are offline ({names}); try again when one of them is back"
        return f"nobody between has enough credit in {currency}; try again later, or find a friend nearer to the seller"


def _carries(multi_route: MultiRoute) -> Amount:
    return sum(route.rate.max_payable(route.capacity) for route in multi_route.routes)


def _suspect(route: FriendsRoute) -> Edge:
    """The edge of a failed route to avoid: the first that is not our own, since we know our own credit best."""
    keys: Sequence[PublicKey] = route.public_keys
    at = min(1, len(keys) - 2)
    return Edge(keys[at], keys[at + 1])
