"""What an app does to get permissions and report: whole, or in pieces from a node that offers it (docs/WIRE.md).

An app that needs no report says so to a node that offers to leave it out; any other sends it all the same.
"""

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

    __slots__ = (
        "_node",
        "_view",
        "_wants_report",
        "answers_queries",
        "is_over",
        "permissions",
        "report",
        "takes_orders",
    )

    def __init__(self, node: PublicKey, *, wants_report: bool = True) -> None:
        """`node`: the key of the node that is talked to. `wants_report`: else the node may leave it out."""
        self._node, self._wants_report = node, wants_report
        self.is_over = False
        """Whether all is here; messages after that are not for us."""
        self.permissions: AppPermissions | None = None
        """What the app may do, once the node said it."""
        self.answers_queries = False
        """Whether the node lists payments, invoices and history."""
        self.takes_orders = False
        """Whether the node does what 0.1.11 cannot be asked for."""
        self.report: NodeReport | None = None
        """All about the node; None: it has not come yet, or is left out."""
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
        self.answers_queries, self.takes_orders = welcome.answers_queries, welcome.takes_orders
        self.permissions = AppPermissions(welcome.routes, welcome.buyer, welcome.seller, welcome.config)
        if welcome.report_is_optional and not self._wants_report:
            self.is_over = True
            return [PIECE_REQUEST.encode(PieceRequest(is_wanted=False, is_unneeded=True))]
        return _want(_AHEAD if welcome.report_in_pieces else 0)

    def _begin(self, data: bytes) -> list[bytes]:
        report = NODE_REPORT.decode(data)
        if report.funder_report.local_public_key != self._node:
            # The messages of an index server can be read as those of a node that says nothing.
            raise PeerFault("it is not a node; is the ticket that of an index server?")
        view = ReportView(report)
        if view.is_whole:
            return self._end(report)
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
            return self._end(view.snapshot())
        return _want(1 if message.opt_extra is not None and message.opt_extra.opt_piece is not None else 0)

    def _end(self, report: NodeReport) -> list[bytes]:
        self.report, self.is_over = report, True
        return []


def _want(count: int) -> list[bytes]:
    return [PIECE_REQUEST.encode(PieceRequest(True)) for _ in range(count)]
