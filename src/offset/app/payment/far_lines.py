"""Why an index server names no way to a seller: what can be found out by further questions.

Each question is one that an index server answers anyway (spec 04, 5.8); it does not say why it found nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from offset.app.payment.own_lines import Obstacle, lines_of, own_obstacle
from offset.app.reports import LiveReport
from offset.app.routes import ROUTES_S, Routes
from offset.base.credits import Amount
from offset.base.ids import PublicKey
from offset.base.instants import SECOND
from offset.wire.extension import IndexServerConnected, IndexServerStatus, NetworkStatus
from offset.wire.files import InvoiceFile
from offset.wire.index import MultiRoute

KNOWN_S = 6.0
"""Seconds in which an index server that has just come back, or a node that has just started, is told of.

Nobody waits where ours has been told of for longer. So a seller that has just started may be refused; but to wait for
each seller who cannot be reached would be in vain nearly always.
"""
LINES_ASKED = 8
"""So many of our own lines an index server is asked for."""


async def in_the_way(
    routes: Routes,
    report: LiveReport,
    invoice: InvoiceFile,
    answer: Sequence[MultiRoute],
    amount: Amount,
    time_left_s: float,
) -> Obstacle:
    """What is in the way when no multi-route of the answer carries the amount: on our own side, or farther off."""
    own = own_obstacle(report, invoice, amount)
    if own is not None and (own.is_credit or not answer):
        return own
    currency, seller = invoice.currency, invoice.dest_public_key

    async def leads(source: PublicKey, destination: PublicKey) -> Sequence[MultiRoute]:
        """Ways for one credit."""
        return await routes.find(
            currency, 1, destination, source=source, timeout_s=min(ROUTES_S, time_left_s)
        )

    # A server may name no route that carries too little.
    found = answer or (await leads(report.public_key, seller) if amount > 1 else ())
    if found:
        best = max(_carries(multi_route) for multi_route in found)
        most = f"{best} {currency} at most" if best and best < amount else "something less"
        return Obstacle(
            f"the routes to the seller do not carry {amount} {currency} now, but {most}: try again later, "
            "get higher limits from your friends, or ask the seller for a smaller invoice",
            is_credit=True,
            most=best if best < amount else None,
        )
    lines = [line for line in lines_of(report, currency) if not (line.closed_by_us or line.closed_by_friend)]
    for line in [line for line in lines if line.room][:LINES_ASKED]:
        if not await leads(report.public_key, line.key):
            return Obstacle(
                f"the index server does not know yet that {line.name} is a friend of this node, as if it had "
                "just come back; try again in a moment",
                KNOWN_S,
            )
    if await leads(seller, report.public_key):
        return Obstacle(
            f"nobody between has enough credit in {currency} in this direction; try again later, or find a friend "
            "nearer to the seller"
        )
    return Obstacle(
        "the index server knows no way between the seller and this node in either direction, so the seller's node is "
        f"offline or has no open line in {currency}; ask the seller, or try again later",
        0 if _is_known(report, {line.key for line in lines}) else KNOWN_S,
    )


def _is_known(report: LiveReport, friends: Collection[PublicKey]) -> bool:
    """Whether index servers have had time to learn of all there is: that in use of others, and others of our lines.

    False where the node does not tell since when it has its index server, and the links to these friends.
    """
    status = report.status
    server = None if status is None else _used(status)
    if status is None or server is None or not server.since:
        return False
    links = [link.since for link in status.links if link.friend_public_key in friends]
    youngest = max([server.since, *links])
    return len(links) == len(friends) and report.node_now - youngest >= KNOWN_S * SECOND


def _used(status: NetworkStatus) -> IndexServerStatus | None:
    """The index server that the node asks now."""
    used = (server for server in status.index_servers if isinstance(server.state, IndexServerConnected))
    return next(used, None)


def _carries(multi_route: MultiRoute) -> Amount:
    return sum(route.rate.max_payable(route.capacity) for route in multi_route.routes)
