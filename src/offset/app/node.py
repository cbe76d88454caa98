"""A node as an app sees it: what it says, and what it can be asked for."""

from __future__ import annotations

from offset.app import listings
from offset.app.friends import Friends
from offset.app.payment.buyer import Buyer
from offset.app.reports import LiveReport
from offset.app.routes import Routes
from offset.app.seller import Seller
from offset.app.session import Session
from offset.app.settings import IndexServers, Relays
from offset.base.ids import InvoiceId, PaymentId, PublicKey
from offset.wire.app import AppPermissions
from offset.wire.extension import HistoryRow, InvoiceRow, PaymentRow
from offset.wire.recovery import FoundRow, RecoveryRow

HISTORY_ROWS = 100
"""How many rows of the history are looked at unless one says otherwise."""


class Node:
    """A connection to a node; made by `connect`, of use until its block ends."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.friends = Friends(session)
        self.relays = Relays(session)
        self.index_servers = IndexServers(session)
        self.routes = Routes(session)
        self.buyer = Buyer(session, self.routes)
        self.seller = Seller(session)

    async def payments(self, *, after: PaymentId | None = None, limit: int | None = None) -> list[PaymentRow]:
        """The payments that are not acknowledged, in the order of their ids. Permission: buyer.

        `after`: those with an id above this one. `limit`: at most so many. Raises NotOffered of a node that does not
        list them, NotPermitted, NoAnswer or Disconnected. Which of several pages an id comes in is not decided at one
        moment: a payment that begins or ends meanwhile may be there or not.
        """
        return await listings.payments(self._session, after, limit)

    async def invoices(self, *, after: InvoiceId | None = None, limit: int | None = None) -> list[InvoiceRow]:
        """The open invoices, in the order of their ids. Permission: seller. Otherwise as `payments`."""
        return await listings.invoices(self._session, after, limit)

    async def found(self) -> list[FoundRow]:
        """Friends that a node has found which looks for them (`stnode --recover`), in the order of their keys.

        Each holds a signature of this node, and is no friend before `friends.take`. Permission: config. Raises what
        `payments` raises.
        """
        return await listings.found(self._session)

    async def recovery(self) -> list[RecoveryRow]:
        """Whether each friend has told after a loss of the node's books, and what waits for whose word, by their keys.

        Permission: config. Raises what `payments` raises.
        """
        return await listings.recovery(self._session)

    async def history(
        self, *, after: int | None = None, before: int | None = None, limit: int | None = HISTORY_ROWS
    ) -> list[HistoryRow]:
        """What ended, and how. Permission: config, or both buyer and seller.

        With `after` the rows with a number above it, the oldest first; else those with a number below `before`, or
        all, the newest first. At most `limit`; None for all, which may be very many. Raises what `payments` raises.
        """
        return await listings.history(self._session, after, before, limit)

    @property
    def report(self) -> LiveReport:
        """What the node says about itself, always current. Raises NoReport if the app connected without it."""
        return self._session.wanted_report

    @property
    def permissions(self) -> AppPermissions:
        """What this app may do."""
        return self._session.permissions

    @property
    def public_key(self) -> PublicKey:
        """The key of the node."""
        return self._session.node
