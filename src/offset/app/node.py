"""A node as an app sees it: what it says, and what it can be asked for."""

from __future__ import annotations

from offset.app.friends import Friends
from offset.app.payment.buyer import Buyer
from offset.app.reports import LiveReport
from offset.app.routes import Routes
from offset.app.seller import Seller
from offset.app.session import Session
from offset.app.settings import IndexServers, Relays
from offset.base.ids import PublicKey
from offset.wire.app import AppPermissions


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

    @property
    def report(self) -> LiveReport:
        """What the node says about itself, always current."""
        return self._session.report

    @property
    def permissions(self) -> AppPermissions:
        """What this app may do."""
        return self._session.permissions

    @property
    def public_key(self) -> PublicKey:
        """The key of the node."""
        return self._session.report.public_key
