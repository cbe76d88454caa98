"""Asking for routes (spec 04, 5.8). Permission: routes."""

from __future__ import annotations

import asyncio

from offset.app.errors import NoAnswer, NoIndexServer
from offset.app.session import Session, within
from offset.base.credits import Amount
from offset.base.entropy import new_uid
from offset.base.ids import PublicKey
from offset.base.names import check_currency_length
from offset.core.index.offered import usable
from offset.wire.index import Edge, MultiRoute, RequestRoutes

ROUTES_S = 12.0
"""Seconds for one answer: a little more than our node waits for its index server."""
INDEX_PATIENCE_S = 8.0
"""Seconds to wait for an index server when the node is not connected to one (D-13)."""
_RETRY_S = 0.25
"""Seconds between two questions when the node could not pass one on."""


class Routes:
    """Ways to push credits to somebody."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.dropped = 0
        """How many routes of all answers were left out because they are none, or lead elsewhere."""

    async def find(
        self,
        currency: str,
        amount: Amount,
        destination: PublicKey,
        *,
        source: PublicKey | None = None,
        exclude: Edge | None = None,
        timeout_s: float = ROUTES_S,
    ) -> tuple[MultiRoute, ...]:
        """Multi-routes that carry `amount` credits, best first; none when there are none.

        An index server is not believed: what is no route from `source` to `destination` is left out, and counted in
        `dropped`. Capacities and rates are what the server says.

        `source` is the node itself unless given, `exclude` an edge to avoid. Raises NoIndexServer when there is no
        index server to ask, even after a while, and NoAnswer after `timeout_s` seconds.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + timeout_s
        patient_until = min(until, loop.time() + INDEX_PATIENCE_S)
        currency = check_currency_length(currency)
        start = source or self._session.node
        while True:
            await self._wait_for_server(patient_until - loop.time())
            # Each question has an id of its own, so that no answer is taken for that of another.
            request = RequestRoutes(
                new_uid(self._session.entropy),
                currency,
                amount,
                start,
                destination,
                exclude,
            )
            answer = await self._ask(request, until - loop.time())
            if answer is not None:
                offered = usable(answer, start, destination)
                self.dropped += offered.dropped
                return offered.multi_routes
            if loop.time() + _RETRY_S >= patient_until:
                raise NoIndexServer("the node could not ask its index server for routes: try again later")
            await asyncio.sleep(_RETRY_S)

    async def _wait_for_server(self, timeout_s: float) -> None:
        report = self._session.known
        if report is None:
            # The node answers at once that it could not ask.
            return
        if not report.index_servers:
            raise NoIndexServer("the node has no index server to ask for routes: add one first")
        try:
            await report.wait_until(lambda now: now.connected_server is not None, timeout_s)
        except NoAnswer:
            raise NoIndexServer(
                "the node is not connected to any of its index servers: try again later, or add another one"
            ) from None

    async def _ask(self, request: RequestRoutes, timeout_s: float) -> tuple[MultiRoute, ...] | None:
        """One question. None: the node could not pass it on."""
        with self._session.routes.expect(request.request_id) as answer:
            self._session.post(request)
            return await within(answer, timeout_s)
