"""What an app does to get permissions and report: whole, or in pieces from a node that offers it (docs/WIRE.md)."""

from __future__ import annotations

from offset.base.faults import PeerFault
from offset.base.ids import PublicKey
from offset.core.apps.reports import ReportView
from offset.wire.app import APP_SERVER_TO_APP, AppPermissions, ReportMutations
from offset.wire.extension import PIECE_REQUEST, WELCOME, PieceRequest
from offset.wire.report import NODE_REPORT, NodeReport

_AHEAD = 2
"""Pieces asked for at once: the node makes one while we read another."""


class FirstReport:
    """The first messages of a node, one after the other."""

    __slots__ = ("_node", "_view", "answers_queries", "permissions", "report")

    def __init__(self, node: PublicKey) -> None:
        """`node`: the key of the node that is talked to."""
        self._node = node
        self.permissions: AppPermissions | None = None
        """What the app may do, once the node said it."""
        self.answers_queries = False
        """Whether the node lists payments, invoices and history."""
        self.report: NodeReport | None = None
        """All about the node, once it is here; messages after that are not for us."""
        self._view: ReportView | None = None
        """The report without the friends that have not come yet."""

    def take(self, data: bytes) -> list[bytes]:
        """Take a message, return what to say to that. Raises PeerFault when the node talks nonsense."""
        if self.permissions is None:
            return self._welcome(data)
        if self._view is None:
            return self._begin(data)
        return self._go_on(self._view, data)

    def _welcome(self, data: bytes) -> list[bytes]:
        welcome = WELCOME.decode(data)
        self.answers_queries = welcome.answers_queries
        self.permissions = AppPermissions(welcome.routes, welcome.buyer, welcome.seller, welcome.config)
        return _want(_AHEAD if welcome.report_in_pieces else 0)

    def _begin(self, data: bytes) -> list[bytes]:
        report = NODE_REPORT.decode(data)
        if report.funder_report.local_public_key != self._node:
            # The messages of an index server can be read as those of a node that says nothing.
            raise PeerFault("it is not a node; is the ticket that of an index server?")
        view = ReportView(report)
        if view.is_whole:
            self.report = report
            return []
        self._view = view
        return _want(1)

    def _go_on(self, view: ReportView, data: bytes) -> list[bytes]:
        message = APP_SERVER_TO_APP.decode(data)
        if not isinstance(message, ReportMutations):
            # We asked for nothing yet.
            return []
        view.apply_all(message.mutations)
        view.take_extra(message.opt_extra)
        if view.is_whole:
            self.report = view.snapshot()
            return []
        return _want(1 if message.opt_extra is not None and message.opt_extra.opt_piece is not None else 0)


def _want(count: int) -> list[bytes]:
    return [PIECE_REQUEST.encode(PieceRequest(True)) for _ in range(count)]
