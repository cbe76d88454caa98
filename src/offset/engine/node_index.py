"""The index client of a node: its one line to an index server, its timer, and how its effects are carried out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from offset.base.faults import PeerFault
from offset.base.ids import Conn, PublicKey, Uid
from offset.core.funder.records import Changes, IndexServersRecord
from offset.core.index.client import (
    Answer,
    DialServer,
    Effect,
    HangupServer,
    IndexClient,
    ReportChange,
    SendServer,
)
from offset.engine.capacities import Changed
from offset.engine.line_events import LineClosed, LineEvent, LineMessage, LineOpened
from offset.engine.loop import Loop, Timer
from offset.wire.app import AppServerToApp, ClientResponseRoutes
from offset.wire.common import NamedIndexServerAddress
from offset.wire.index import INDEX_CLIENT_TO_SERVER, INDEX_SERVER_TO_CLIENT, RequestRoutes
from offset.wire.report import IndexClientMutation, IndexClientReport, NodeReportMutation

Report = Callable[[Changes, Uid | None, Sequence[NodeReportMutation]], None]
"""Makes rows durable, then tells all apps of changes; with an id it acknowledges that request."""


class NodeIndex:
    """The index client as a part of a node."""

    def __init__(
        self, loop: Loop, client: IndexClient, *, answer: Callable[[AppServerToApp], None], report: Report
    ) -> None:
        """`answer` takes the routes that were asked for, `report` what else apps and the disk must know."""
        self._loop = loop
        self._client = client
        self._answer, self._report = answer, report
        self._conn: Conn | None = None
        self.timer = Timer(self._tick, client.deadline())

    @property
    def servers(self) -> tuple[NamedIndexServerAddress, ...]:
        """The configured servers, in order."""
        return self._client.servers

    @property
    def connected_server(self) -> PublicKey | None:
        """The server of the session, if there is one."""
        return self._client.connected_server

    @property
    def conn(self) -> Conn | None:
        """The line to the server of this moment, which may still be dialed."""
        return self._conn

    # What is wanted

    def start(self) -> None:
        """Dial at once."""
        self._carry_out(self._client.start(self._loop.now))

    def report(self) -> IndexClientReport:
        """What apps are told when they come."""
        return self._client.report()

    def publish(self, capacities: Changed) -> None:
        """Tell index servers of these capacities and rates, which are durable."""
        self._carry_out(self._client.set_published(capacities, self._loop.now))

    def request_routes(self, request: RequestRoutes) -> None:
        """Ask the server; the answer goes to whoever asked."""
        self._carry_out(self._client.request_routes(request, self._loop.now))

    def add_server(self, server: NamedIndexServerAddress, ack: Uid) -> str | None:
        """Configure a server, for the request `ack`; why not, if it is refused."""
        refusal = self._client.refuses(server)
        if refusal is None:
            self._change_servers(self._client.add_server(server, self._loop.now), ack)
        return refusal

    def remove_server(self, key: PublicKey, ack: Uid) -> str | None:
        """Forget a server, for the request `ack`; why not, if it is refused."""
        effects = self._client.remove_server(key, self._loop.now)
        if not effects:
            return "there is no such index server"
        self._change_servers(effects, ack)
        return None

    def network_changed(self) -> None:
        """Whoever waits for the next attempt waits no longer."""
        self._carry_out(self._client.network_changed(self._loop.now))

    def _change_servers(self, effects: list[Effect], ack: Uid) -> None:
        """The list is a row, and its changes are the acknowledgement of the request: they come first."""
        record = IndexServersRecord(self._client.servers)
        reports = [effect for effect in effects if isinstance(effect, ReportChange)]
        others: list[Effect] = [effect for effect in effects if not isinstance(effect, ReportChange)]
        mutations = tuple(IndexClientMutation(report.mutation) for report in reports)
        self._report({record.key(): record}, ack, mutations)
        self._carry_out(others)

    # Events

    def _take(self, news: LineEvent) -> None:
        """What happens on the line to the server."""
        if news.conn != self._conn:
            # We hung up in the very step in which the line ended.
            assert isinstance(news, LineClosed), "of a line that was hung up only its end may still be told"
            return
        match news:
            case LineMessage():
                try:
                    message = INDEX_SERVER_TO_CLIENT.decode(news.data)
                except PeerFault:
                    self._loop.lines.hangup(news.conn)
                    self._closed()
                else:
                    self._carry_out(self._client.message(message, self._loop.now))
            case LineOpened():
                self._carry_out(self._client.opened(self._loop.now))
            case LineClosed():
                self._closed()
            case _:
                # We say little, and the driver bounds what waits.
                return

    def _closed(self) -> None:
        self._conn = None
        self._carry_out(self._client.closed(self._loop.now))

    def _tick(self) -> None:
        self._carry_out(self._client.tick(self._loop.now))

    # Effects

    def _carry_out(self, effects: list[Effect]) -> None:
        self.timer.at = self._client.deadline()
        for effect in effects:
            match effect:
                case SendServer():
                    if self._conn is not None:
                        self._loop.send(self._conn, INDEX_CLIENT_TO_SERVER.encode(effect.message))
                case DialServer():
                    assert self._conn is None, "one line at a time"
                    server = effect.server
                    self._conn = self._loop.lines.dial(
                        server.address, server.public_key, self._take, self._loop.now
                    )
                case HangupServer():
                    if self._conn is not None:
                        self._loop.lines.hangup(self._conn)
                        self._conn = None
                case Answer():
                    self._answer(ClientResponseRoutes(effect.request_id, effect.routes))
                case ReportChange():
                    self._report({}, None, (IndexClientMutation(effect.mutation),))
