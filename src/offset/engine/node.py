"""The engine of a node: lines below; apps, channeler, funder and index client above; the outbox between.

    bytes → lines ─┬─ apps ──────── requests ──┐
                   ├─ channeler ─── messages ──┤→ funder → turn → outbox → channeler, apps, index client
                   └─ index client ─ answers ──┘

What a turn says waits in the outbox until its rows are durable. What does not depend on the state (handshakes,
heartbeats, relays, route answers) is never held up.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from offset.base.entropy import Entropy
from offset.base.faults import PeerFault
from offset.base.ids import Conn, PublicKey, Uid
from offset.base.instants import Instant, earliest
from offset.base.limits import (
    APP_HANDSHAKES_MAX,
    APPS_MAX,
    APPS_RECHECK_MS,
    INNER_MESSAGE_BYTES_MAX,
    STATUS_PAUSE_MS,
    TURNS_HELD_MAX,
)
from offset.core.channeler.channeler import Channeler
from offset.core.channeler.effects import (
    CloseLine,
    FriendData,
    LineId,
    Offline,
    Online,
    OpenLine,
    SendLine,
)
from offset.core.channeler.effects import Effect as ChannelerEffect
from offset.core.funder.funder import Funder
from offset.core.funder.records import Changes, IndexServersRecord, Record
from offset.core.funder.state.turn import DropFriend, SetRelays, Turn, UpdateFriend
from offset.core.funder.state.views import credit_lines
from offset.core.index import client as index
from offset.crypto.signer import Signer
from offset.engine.capacities import Capacities, Changed
from offset.engine.lines import LineClosed, LineEvent, LineMessage, LineOpened, Lines
from offset.engine.node_apps import NodeApps, Trust
from offset.engine.outbox import Outbox
from offset.engine.part_timeouts import PartTimeouts
from offset.engine.surface import (
    Congested,
    Drained,
    Effect,
    Event,
    NetworkChanged,
    Persisted,
    Received,
    Tell,
)
from offset.engine.views import NodeView
from offset.engine.withdrawn import Withdrawn
from offset.link.stack import Line
from offset.wire.app import (
    AddIndexServer,
    AppRequest,
    AppToAppServer,
    ClientResponseRoutes,
    RemoveIndexServer,
)
from offset.wire.extension import Extra
from offset.wire.friend import FRIEND_MESSAGE, ResetTerms
from offset.wire.index import INDEX_CLIENT_TO_SERVER, INDEX_SERVER_TO_CLIENT, RequestRoutes
from offset.wire.report import FunderMutation, IndexClientMutation, NodeReport

APPS = "apps"
"""The one listener of a node."""


class NodeEngine:
    """A node without its sockets, clock, disk and chance."""

    def __init__(
        self,
        signer: Signer,
        entropy: Entropy,
        trust: Trust,
        records: Iterable[Record],
        now: Instant,
        *,
        allow_private_relays: bool = True,
    ) -> None:
        """`records`: all rows of the store. `trust`: what the owner lets each app do.

        `allow_private_relays`: follow friends to relays inside our own network (spec 02, W29).
        """
        rows = list(records)
        servers = next((row.servers for row in rows if isinstance(row, IndexServersRecord)), ())
        self._lines = Lines(signer, entropy, handshakes_max=APP_HANDSHAKES_MAX)
        self._funder = Funder(signer, entropy, rows)
        self._channeler = Channeler(
            signer.public_key,
            entropy,
            lambda friend, at: Line(
                signer,
                entropy,
                at,
                expects=friend,
                framed=False,
                message_bytes_max=INNER_MESSAGE_BYTES_MAX,
            ),
            allow_private_relays=allow_private_relays,
        )
        self._index = index.IndexClient(signer, entropy, servers)
        self._apps = NodeApps(trust, self._send_app)
        self._outbox = Outbox()
        self._part_timeouts = PartTimeouts(self._funder)
        self._capacities = Capacities()
        self._withdrawn = Withdrawn(rows)
        self._relay_conns: dict[Conn, LineId] = {}  # connection → line of the channeler
        self._relay_lines: dict[LineId, Conn] = {}
        self._index_conn: Conn | None = None
        self._fresh_index_conn: Conn | None = None
        self._recheck_at: Instant | None = None  # whether the apps are still trusted
        self._status_at: Instant | None = None  # apps are told how we stand with relays and friends
        self._unread: dict[Conn, None] = {}  # not read until the disk has caught up
        self._now = now
        self._effects: list[Effect] = []

    # Events

    def start(self, now: Instant) -> list[Effect]:
        """What to do first."""
        self._now = now
        self._say(self._funder.start(), None)
        self._part_timeouts.look(self._funder.state.invoices, now)
        self._index.doubt(self._withdrawn.doubtful(self._funder.state))
        self._do_index(self._index.start(now))
        return self._take_effects()

    def handle(self, event: Event, now: Instant) -> list[Effect]:
        """Take one event, return what is to be done."""
        self._now = now
        match event:
            case Persisted():
                self._outbox.committed(event.number)
                self._read_again()
            case NetworkChanged():
                self._do_channeler(self._channeler.network_changed(now))
                self._do_index(self._index.network_changed(now))
            case Congested():
                self._flow(event.conn, is_congested=True)
            case Drained():
                self._flow(event.conn, is_congested=False)
            case _:
                for news in self._lines.handle(event, now):
                    self._take_line(news)
                if isinstance(event, Received) and len(self._outbox) > TURNS_HELD_MAX:
                    self._leave_unread(event.conn)
        deadline = self._channeler.deadline()
        if deadline is not None and deadline <= now:
            self._do_channeler(self._channeler.tick(now))
            self._status_moved()
        deadline = self._index.deadline()
        if deadline is not None and deadline <= now:
            self._do_index(self._index.tick(now))
        while (invoice_id := self._part_timeouts.pop(now)) is not None:
            self._effects.append(Tell("invoice", "gave back parts of a payment that did not become whole"))
            self._say(self._funder.cancel_incomplete(invoice_id), None)
        if self._recheck_at is not None and self._recheck_at <= now:
            self._recheck_apps()
        if self._status_at is not None and self._status_at <= now:
            self._status_at = None
            self._apps.tell_status(self._channeler.status(now))
        return self._take_effects()

    def deadline(self) -> Instant | None:
        """When there is something to do without an event."""
        return earliest(
            self._lines.deadline(),
            self._channeler.deadline(),
            self._index.deadline(),
            self._part_timeouts.deadline(),
            self._recheck_at,
            self._status_at,
        )

    def report(self) -> NodeReport:
        """What an app that connects now is told."""
        return NodeReport(self._funder.report(), self._index.report(), self._extra())

    def view(self) -> NodeView:
        """The node at this moment."""
        needed = (
            len(self._relay_lines)
            + len(self._apps)
            + sum(conn is not None for conn in (self._index_conn, self._fresh_index_conn))
        )
        return NodeView(self._funder.state, needed, len(self._outbox), self._apps.requests_pending)

    def _take_effects(self) -> list[Effect]:
        effects, self._effects = self._effects, []
        # Rows first: a commit must not wait behind bytes.
        return effects + self._lines.take_effects()

    # The disk

    def _leave_unread(self, conn: Conn) -> None:
        """More comes over this connection than the disk can take."""
        if conn not in self._unread:
            self._unread[conn] = None
            self._lines.pause(conn)

    def _read_again(self) -> None:
        if len(self._outbox) <= TURNS_HELD_MAX // 2:
            for conn in self._unread:
                self._lines.resume(conn, self._now)
            self._unread.clear()

    # Lines

    def _take_line(self, news: LineEvent) -> None:
        conn = news.conn
        if isinstance(news, LineMessage) and not self._lines.is_open(conn):
            return  # hung up in this very step: what came in one piece with the reason for it is not read
        if conn in self._relay_conns:
            self._take_relay(news, self._relay_conns[conn])
        elif conn in (self._index_conn, self._fresh_index_conn):
            self._take_index(news, is_fresh=conn == self._fresh_index_conn)
        else:
            self._take_app(news)

    def _take_relay(self, news: LineEvent, line: LineId) -> None:
        match news:
            case LineOpened():
                effects = self._channeler.line_opened(line, self._now)
                self._status_moved()
            case LineMessage():
                effects = self._channeler.line_message(line, news.data, self._now)
            case LineClosed():
                self._forget_relay(line)
                effects = self._channeler.line_closed(line, self._now, news.reason)
                self._status_moved()
        self._do_channeler(effects)

    def _take_index(self, news: LineEvent, *, is_fresh: bool) -> None:
        match news:
            case LineOpened():
                self._do_index(self._index.opened(self._now, is_fresh=is_fresh))
            case LineMessage():
                try:
                    message = INDEX_SERVER_TO_CLIENT.decode(news.data)
                except PeerFault:
                    self._lines.hangup(news.conn)
                    self._index_closed(is_fresh)
                else:
                    self._do_index(self._index.message(message, self._now, is_fresh=is_fresh))
            case LineClosed():
                self._index_closed(is_fresh)

    def _index_closed(self, is_fresh: bool) -> None:
        if is_fresh:
            self._fresh_index_conn = None
        else:
            self._index_conn = None
        self._do_index(self._index.closed(self._now, is_fresh=is_fresh))

    def _flow(self, conn: Conn, *, is_congested: bool) -> None:
        line = self._relay_conns.get(conn)
        if line is not None:
            act = self._channeler.line_congested if is_congested else self._channeler.line_drained
            self._do_channeler(act(line, self._now))

    def _forget_relay(self, line: LineId) -> None:
        conn = self._relay_lines.pop(line, None)
        if conn is not None:
            del self._relay_conns[conn]

    # Apps

    def _send_app(self, conn: Conn, data: bytes) -> None:
        self._lines.send(conn, data, self._now)

    def _take_app(self, news: LineEvent) -> None:
        conn = news.conn
        match news:
            case LineOpened():
                if self._apps.opened(conn, news.remote):
                    self._funder.is_reporting = True
                    if self._recheck_at is None:
                        self._recheck_at = self._now + APPS_RECHECK_MS
                    report = self.report()
                    self._put({}, lambda: self._register(conn, report))
                else:
                    if len(self._apps) >= APPS_MAX:
                        self._effects.append(Tell("app", f"hung up on an app: there are {APPS_MAX} already"))
                    self._lines.hangup(conn)
            case LineMessage():
                try:
                    request = self._apps.request(conn, news.data)
                except PeerFault as fault:
                    self._effects.append(Tell("app", f"hung up on an app: {fault}"))
                    self._lines.hangup(conn)
                    self._app_closed(conn)
                else:
                    self._take_request(request)
            case LineClosed():
                self._app_closed(conn)

    def _register(self, conn: Conn, report: NodeReport) -> None:
        self._apps.register(conn, report)
        self._status_moved()  # perhaps while the report waited for the disk

    def _extra(self) -> Extra:
        """What only our apps read at the end of a report (docs/WIRE.md)."""
        return Extra(credit_lines(self._funder.state), self._channeler.status(self._now))

    def _status_moved(self) -> None:
        """Something may have changed: tell apps soon, and not of each step on the way."""
        if self._status_at is None and len(self._apps):
            self._status_at = self._now + STATUS_PAUSE_MS

    def _recheck_apps(self) -> None:
        """Hang up on apps whose ticket was removed or changed."""
        for conn in self._apps.revoked():
            self._effects.append(Tell("app", "hung up on an app that is not trusted as before"))
            self._lines.hangup(conn)
            self._app_closed(conn)
        self._recheck_at = self._now + APPS_RECHECK_MS if len(self._apps) else None

    def _app_closed(self, conn: Conn) -> None:
        self._apps.closed(conn)
        self._funder.is_reporting = len(self._apps) > 0

    def _take_request(self, message: AppToAppServer) -> None:
        request, ack = message.app_request, message.app_request_id
        match request:
            case RequestRoutes():
                self._put({}, lambda: self._apps.tell_change(ack, ()))
                self._do_index(self._index.request_routes(request, self._now))
            case AddIndexServer():
                refusal = self._index.refuses(request.index_server)
                if refusal is None:
                    self._change_servers(self._index.add_server(request.index_server, self._now), ack)
                else:
                    self._refuse(request, ack, refusal)
            case RemoveIndexServer():
                effects = self._index.remove_server(request.public_key, self._now)
                if effects:
                    self._change_servers(effects, ack)
                else:
                    self._refuse(request, ack, "there is no such index server")
            case _:
                turn = self._funder.control(request)
                if turn.refusal is not None:
                    self._log_refusal(request, turn.refusal)
                self._say(turn, ack)

    def _refuse(self, request: AppRequest, ack: Uid, refusal: str) -> None:
        self._log_refusal(request, refusal)
        self._put({}, lambda: self._apps.tell_change(ack, (), Extra(refusal=refusal)))

    def _log_refusal(self, request: AppRequest, refusal: str) -> None:
        self._effects.append(Tell("refused", f"{type(request).__name__}: {refusal}"))

    def _change_servers(self, effects: list[Any], ack: Uid) -> None:
        record = IndexServersRecord(self._index.servers)
        reports = [effect for effect in effects if isinstance(effect, index.ReportChange)]
        mutations = tuple(IndexClientMutation(report.mutation) for report in reports)
        self._put({record.key(): record}, lambda: self._apps.tell_change(ack, mutations))
        self._do_index([effect for effect in effects if not isinstance(effect, index.ReportChange)])

    # Funder

    def _put(self, changes: Changes, release: Any) -> None:
        self._effects += self._outbox.put(changes, release)

    def _say(self, turn: Turn, ack: Uid | None) -> None:
        """Carry out a turn once it is durable."""
        self._part_timeouts.look(turn.invoices(), self._now)
        capacities = self._capacities.changed(self._funder.state, turn.concerned())
        turn.changes.update(self._withdrawn.published(capacities))
        turn.changes.update(self._withdrawn.removed(turn.changes))
        self._put(turn.changes, lambda: self._release(turn, ack, capacities))

    def _release(self, turn: Turn, ack: Uid | None, capacities: Changed) -> None:
        now = self._now
        if turn.orders:
            self._status_moved()
        for order in turn.orders:
            match order:
                case SetRelays():
                    self._do_channeler(self._channeler.set_relays(order.relays, now))
                case UpdateFriend():
                    self._do_channeler(
                        self._channeler.update_friend(
                            order.friend, order.friend_relays, order.local_relays, now
                        )
                    )
                case DropFriend():
                    self._do_channeler(self._channeler.remove_friend(order.friend, now))
        for friend, message in turn.messages:
            if isinstance(message, ResetTerms):
                self._effects.append(Tell("inconsistent", f"with friend {friend.hex()[:8]}"))
            self._do_channeler(self._channeler.send(friend, FRIEND_MESSAGE.encode(message), now))
        extra = None
        if turn.credit_lines or turn.refusal is not None:
            extra = Extra(tuple(turn.credit_lines), None, turn.refusal or "")
        if ack is not None or turn.mutations or extra is not None:
            self._apps.tell_change(ack, [FunderMutation(mutation) for mutation in turn.mutations], extra)
        for result in turn.results:
            self._apps.tell(result)
        if capacities:
            self._do_index(self._index.set_published(capacities, now))
        self._index.doubt(self._withdrawn.among(turn.changes))

    # Channeler

    def _do_channeler(self, effects: list[ChannelerEffect]) -> None:
        for effect in effects:
            match effect:
                case SendLine():
                    conn = self._relay_lines.get(effect.line)
                    if conn is not None:  # an earlier effect of this list may have led to its end
                        self._lines.send(conn, effect.data, self._now)
                case FriendData():
                    self._take_friend(effect.friend, effect.data)
                case OpenLine():
                    self._status_moved()
                    relay = effect.relay
                    dialed = self._lines.dial(
                        relay.address, relay.public_key, self._now, public_only=effect.public_only
                    )
                    self._relay_conns[dialed] = effect.line
                    self._relay_lines[effect.line] = dialed
                case CloseLine():
                    conn = self._relay_lines.get(effect.line)
                    if conn is not None:
                        self._forget_relay(effect.line)
                        self._lines.hangup(conn)
                case Online():
                    self._status_moved()
                    self._say(self._funder.online(effect.friend), None)
                case Offline():
                    self._status_moved()
                    self._say(self._funder.offline(effect.friend), None)

    def _take_friend(self, friend: PublicKey, data: bytes) -> None:
        try:
            message = FRIEND_MESSAGE.decode(data)
        except PeerFault as fault:  # skipped, as the reference does (spec 01, 2.7)
            self._effects.append(Tell("friend", f"an unreadable message of {friend.hex()[:8]}: {fault}"))
            return
        self._say(self._funder.friend_message(friend, message), None)

    # Index client

    def _hangup_index(self, conn: Conn | None) -> None:
        if conn is not None:
            self._lines.hangup(conn)

    def _do_index(self, effects: list[Any]) -> None:
        for effect in effects:
            match effect:
                case index.SendServer():
                    if self._index_conn is not None:
                        data = INDEX_CLIENT_TO_SERVER.encode(effect.message)
                        self._lines.send(self._index_conn, data, self._now)
                case index.DialServer():
                    server = effect.server
                    conn = self._lines.dial(server.address, server.public_key, self._now)
                    if effect.is_fresh:
                        self._fresh_index_conn = conn
                    else:
                        self._index_conn = conn
                case index.HangupServer(is_fresh=True):
                    self._hangup_index(self._fresh_index_conn)
                    self._fresh_index_conn = None
                case index.HangupServer():
                    self._hangup_index(self._index_conn)
                    self._index_conn = None
                case index.TakeFresh():
                    self._hangup_index(self._index_conn)
                    self._index_conn, self._fresh_index_conn = self._fresh_index_conn, None
                case index.TakenBack():
                    self._put(self._withdrawn.taken_back(effect.pairs), lambda: None)
                case index.Answer():
                    self._apps.tell(ClientResponseRoutes(effect.request_id, effect.routes))
                case index.ReportChange():
                    mutation = IndexClientMutation(effect.mutation)
                    self._put({}, lambda mutation=mutation: self._apps.tell_change(None, (mutation,)))
