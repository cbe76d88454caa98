"""Which routes a payment tries, one choice after another.

the seller is a friend, and our own line carries the amount ──► straight to it, without asking anybody
ask, and wait while what is in the way is passing ──► each multi-route of the answer that carries the amount
ask again, without an edge of the route that failed last ──► those whose routes have not failed yet
ask once more, after a moment ──► those that carry the amount now, failed ones too
at last, if there are mediators ──► the same with higher fees: the rate that was named may be too low (spec 04, R3)
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from math import inf

from offset.app.errors import NoIndexServer, TooExpensive
from offset.app.payment.far_lines import in_the_way
from offset.app.payment.fees import fees_allowed, raised
from offset.app.payment.own_lines import direct_way, own_obstacle
from offset.app.reports import LiveReport
from offset.app.routes import ROUTES_S, Routes
from offset.base.credits import Amount
from offset.base.ids import PublicKey
from offset.core.index.split import Part, RouteChoice, choose_multi_route
from offset.wire.files import InvoiceFile
from offset.wire.friend import FriendsRoute
from offset.wire.index import Edge, MultiRoute

ASKS_MAX = 3
RAISES = 2
"""How often the fees of routes that failed are doubled, within what is allowed."""
LOOK_S = 0.5
"""Seconds between two looks whether what is in the way has passed."""
PAUSE_S = 0.5
"""Seconds before asking for routes that failed a moment ago."""


Waits = Callable[[str], None]
"""Told what is waited for, as the end of a sentence."""


class Plan:
    """The choices for one invoice. What failed is told with `failed`, what is needed now with each `next`."""

    def __init__(
        self,
        routes: Routes,
        report: LiveReport,
        invoice: InvoiceFile,
        fees_max: Amount | None,
        waits: Waits = lambda _: None,
        patience_s: float = inf,
    ) -> None:
        """`waits` is told what is waited for, at most `patience_s` seconds before the first choice."""
        self._routes, self._report = routes, report
        self._invoice, self._fees_max = invoice, fees_max
        self._waits = waits
        self._patience_s = patience_s
        self._is_begun = False
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
        if not self._is_begun:
            self._is_begun = True
            straight = direct_way(self._report, self._invoice, amount)
            self._answer = [] if straight is None else [straight]
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
        if self._asks == 1:
            self._answer = list(await self._first_answer(amount, time_left_s))
            return
        if self._asks == 2:
            exclude = _suspect(next(reversed(self._failed)))
        else:
            await asyncio.sleep(PAUSE_S)
        answer = await self._find(amount, time_left_s, exclude)
        self._answer, self._last = list(answer), answer

    async def _first_answer(self, amount: Amount, time_left_s: float) -> Sequence[MultiRoute]:
        """One that carries the amount; waited for while what is in the way is passing. Raises why there is none."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        while True:
            left = time_left_s - (loop.time() - began)
            try:
                answer = await self._find(amount, left, None)
                if choose_multi_route(answer, amount) is not None:
                    return answer
                obstacle = await in_the_way(self._routes, self._report, self._invoice, answer, amount, left)
                error = obstacle.error(self._routes.dropped)
            except NoIndexServer as lonely:
                own = own_obstacle(self._report, self._invoice, amount)
                if own is None:
                    raise
                # A friend can be paid without an index server, so that is not what is missing.
                is_friend = self._invoice.dest_public_key in self._report.friends
                obstacle, error = own, own.error() if is_friend or own.is_credit else lonely
            if loop.time() - began + LOOK_S > min(obstacle.passes_s, self._patience_s, time_left_s):
                raise error
            self._waits(obstacle.text)
            await asyncio.sleep(LOOK_S)
            straight = direct_way(self._report, self._invoice, amount)
            if straight is not None:
                return [straight]

    async def _find(self, amount: Amount, time_left_s: float, exclude: Edge | None) -> tuple[MultiRoute, ...]:
        invoice = self._invoice
        return await self._routes.find(
            invoice.currency,
            amount,
            invoice.dest_public_key,
            exclude=exclude,
            timeout_s=min(ROUTES_S, time_left_s),
        )


def _suspect(route: FriendsRoute) -> Edge:
    """The edge of a failed route to avoid: the first that is not our own, since we know our own credit best."""
    keys: Sequence[PublicKey] = route.public_keys
    at = min(1, len(keys) - 2)
    return Edge(keys[at], keys[at + 1])
