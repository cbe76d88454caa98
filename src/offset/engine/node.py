"""The engine of a node: the funder in the middle, three parts with lines around it, one loop for all.

                              requests
    lines of apps ──── NodeAppLines ───────┐
                                           ▼            turn         ┌──► rows ──► Persist ──► disk
    lines to relays ── NodeChanneler ──► funder ──► _say ──► outbox ─┤                          │
                              news         ▲                         └◄── Persisted ◄───────────┘
    line to a server ─ NodeIndex           │ timer                   │
                                      part timeouts                  ▼
                                                                  _release ──► channeler, apps, index client

A part wraps one core: it owns the lines of that core, has a timer, and carries out its effects. It knows the loop and
what it is given, never another part; this module joins them. Cores know nothing of lines, disk or each other.

One step is one event. Its news goes to the owner of its line, then the timers that are due act, then all effects are
taken at once, commits first. Within a step everything is done in the order in which it comes up, depth first: what an
effect of a core leads to is done before the next effect of that core.

Invariants:

- First remember, then speak (I13). All that a turn says goes through `_put` together with the rows of that turn, and
  the outbox keeps the order: nothing of it leaves before these rows and all rows before them are durable, and what
  was decided later leaves later. What needs no row but tells of the state (acknowledgements, reports) goes through
  `_put` as well, so no app hears of two changes in the wrong order.
- What does not depend on the state (handshakes, heartbeats, the talk with relays, route answers) is never held up:
  nothing is wrong when it was said and is forgotten in a crash.
- A report and the changes that follow it fit together: an app is registered by a release, in its place among those
  of the turns, so it is told of just those changes that its report does not show.
- Whoever causes turns while more than TURNS_HELD_MAX wait for the disk is not read until the disk has caught up.
- After a start a friend speaks first: its books may be newer than ours, if ours were put back (`node_friends.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from msgspec.structs import replace

from offset.base.entropy import Entropy
from offset.base.faults import NodeStopped
from offset.base.ids import Conn, PublicKey, Uid, short
from offset.base.instants import SECOND, Instant, Millis
from offset.base.limits import (
    APP_HANDSHAKES_MAX,
    INNER_MESSAGE_BYTES_MAX,
    REPORT_TURN_PAUSE_MS,
    REPORT_WHOLE_PARTS_MAX,
    TURNS_HELD_MAX,
)
from offset.core.channeler.channeler import Channeler
from offset.core.channeler.effects import News, StrangerData, StrangerUp
from offset.core.funder.funder import Funder
from offset.core.funder.records import Changes, IndexServersRecord, Record
from offset.core.funder.state.found import FoundFriends
from offset.core.funder.state.past import NO_PAST, Past
from offset.core.funder.state.turn import DropFriend, Turn
from offset.core.funder.state.views import credit_lines, lost_payments
from offset.core.funder.state.waiting_parts import Payer
from offset.core.index.client import IndexClient
from offset.crypto.lives import LifeCipher
from offset.crypto.signer import Signer
from offset.engine.capacities import Capacities, Changed
from offset.engine.lines import Lines
from offset.engine.loop import Loop, Timer
from offset.engine.node_app_lines import NodeAppLines
from offset.engine.node_apps import Asked, NodeApps, Trust
from offset.engine.node_channeler import NodeChanneler
from offset.engine.node_friends import NodeFriends
from offset.engine.node_index import NodeIndex
from offset.engine.node_queries import NodeQueries
from offset.engine.outbox import Outbox, Release
from offset.engine.part_timeouts import PartTimeouts
from offset.engine.reading import Reading, Reason
from offset.engine.report_pieces import ReportPieces
from offset.engine.strangers import Strangers
from offset.engine.surface import Closed, Effect, Event, NetworkChanged, Persisted, Received, Stop, Tell
from offset.engine.token_timeouts import TokenTimeouts
from offset.engine.twins import hint_sentence, stopped_sentence
from offset.engine.views import NodeView
from offset.engine.whole_report import WholeReport
from offset.engine.withdrawn import Pair, Withdrawn
from offset.link.stack import Line
from offset.wire.app import AddIndexServer, RemoveIndexServer
from offset.wire.extension import Extra, LostPayment, NetworkStatus, Query
from offset.wire.friend import FriendMessage
from offset.wire.index import RequestRoutes
from offset.wire.orders import Revoke
from offset.wire.report import (
    FunderMutation,
    FunderReport,
    NodeReport,
    NodeReportMutation,
    PkFriendReportList,
)

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
        unix: Callable[[], Millis],
        past: Past = NO_PAST,
        is_restored: bool = False,
        is_searching: bool = False,
        allow_private_relays: bool = True,
        whole_report_parts_max: int = REPORT_WHOLE_PARTS_MAX,
    ) -> None:
        """`records`: the rows of the store. `trust`: what the owner lets each app do.

        `unix` tells the time of day in ms since 1970.
        `past`: what is over, so its rows may be left out of `records`.
        `is_restored`: the rows are from a copy.
        `is_searching`: the list of friends is lost, so strangers are asked what they know of us (engine/strangers.py).
        `allow_private_relays`: follow friends to relays inside our own network (spec 02, W29).
        `whole_report_parts_max`: with more friends and currencies apps are offered the report in pieces.
        Raises NodeStopped when another copy of the node was found before.
        """
        rows = list(records)
        servers = next((row.servers for row in rows if isinstance(row, IndexServersRecord)), ())
        self._loop = Loop(Lines(signer, entropy, handshakes_max=APP_HANDSHAKES_MAX), now)
        self._reading = Reading(self._loop)
        self._outbox = Outbox()
        self._unix = unix
        self._funder = Funder(signer, entropy, rows, past, is_restored=is_restored, listens_first=True)
        if (twin := self._funder.stopped) is not None:
            raise NodeStopped(stopped_sentence(twin, self._name_of(twin.friend)))
        self._part_timeouts = PartTimeouts(self._funder)
        self._parts_timer = Timer(self._give_back_parts)
        self._token_timeouts = TokenTimeouts(self._funder)
        self._token_timer = Timer(self._give_back_unsaid)
        self._friends = NodeFriends(
            self._loop,
            self._reading,
            self._funder,
            past,
            lines=lambda: self._channeler,
            take=self._take_friend,
            say=lambda turn: self._say(turn, None),
            put=self._put,
        )
        self._capacities = Capacities()
        self._withdrawn = Withdrawn(rows)
        self._queries = NodeQueries(self._funder.state, past, self._funder.recovery)
        self._pieces = ReportPieces(self._funder.state, whole_report_parts_max)
        self._whole = WholeReport(self._funder.state, self._pieces, self._report_head)
        self._whole_timer = Timer(self._go_on_with_report)
        self._apps = NodeApps(trust, self._loop.send)
        self._app_lines = NodeAppLines(
            self._loop,
            self._apps,
            offers=self._pieces.is_offered,
            came=self._app_came,
            wanted=self._app_wants_piece,
            asked=self._app_asked,
            queried=self._app_queried,
            left=self._app_left,
            linked=lambda: self._channeler.linked(),
            status_of=self._status_of,
        )
        self._loop.lines.listen(APPS, self._app_lines.take)
        self._channeler = NodeChanneler(
            self._loop,
            Channeler(
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
                admits_strangers=is_searching,
            ),
            news=self._hear,
            moved=self._app_lines.status_moved,
        )
        self._strangers = self._search(signer) if is_searching else None
        client = IndexClient(signer, entropy, servers)
        self._index = NodeIndex(
            self._loop,
            client,
            answer=self._apps.tell,
            report=self._report,
            taken_back=lambda pairs: self._put(self._withdrawn.taken_back(pairs), lambda: None),
            moved=self._app_lines.status_moved,
        )
        self._loop.set_timers(
            self._channeler.timer,
            self._index.timer,
            self._parts_timer,
            self._app_lines.offer_timer,
            self._whole_timer,
            self._token_timer,
            *self._friends.timers,
            self._app_lines.recheck_timer,
            self._app_lines.status_timer,
        )

    # Events

    def start(self, now: Instant) -> list[Effect]:
        """What to do first."""
        self._loop.now = now
        self._funder.set_clock(self._unix() // SECOND)
        self._say(self._funder.start(), None)
        self._look_at_parts(self._funder.state.waiting)
        self._index.doubt(self._withdrawn.doubtful(self._funder.state))
        self._index.start()
        return self._loop.take_effects()

    def handle(self, event: Event, now: Instant) -> list[Effect]:
        """Take one event, return what is to be done."""
        loop = self._loop
        loop.now = now
        self._funder.set_clock(self._unix() // SECOND)
        match event:
            case Persisted():
                self._outbox.committed(event.number)
                if len(self._outbox) <= TURNS_HELD_MAX // 2:
                    self._reading.resume_all(Reason.DISK)
            case _ if self._is_stopped:
                # It ends when that is durable; until then nothing must be decided.
                pass
            case NetworkChanged():
                self._channeler.network_changed()
                self._index.network_changed()
            case _:
                loop.take(event)
                if isinstance(event, Closed):
                    self._reading.forget(event.conn)
                if isinstance(event, Received) and len(self._outbox) > TURNS_HELD_MAX:
                    self._reading.pause(event.conn, Reason.DISK)
        if not self._is_stopped:
            loop.run_due()
        return loop.take_effects()

    def deadline(self) -> Instant | None:
        """When there is something to do without an event."""
        return None if self._is_stopped else self._loop.deadline()

    @property
    def _is_stopped(self) -> bool:
        """Whether another copy of this node was found."""
        return self._funder.stopped is not None

    def report(self) -> NodeReport:
        """What an app that connects now is told."""
        return NodeReport(self._funder.report(), self._index.report(), self._extra())

    def view(self) -> NodeView:
        """The node at this moment."""
        needed = len(self._channeler) + len(self._apps) + len(self._index.conns)
        pending = self._apps.requests_pending
        return NodeView(self._funder.state, needed, len(self._outbox), pending, self._friends.repeated)

    # Apps

    def _app_came(self, conn: Conn) -> bool:
        """An app is to have its report in one message. True: it is long, and follows when it is made."""
        self._pieces.gave_whole(conn)
        if self._pieces.is_offered():
            # The app did not ask for pieces, so it is not ours and reads no extension.
            self._whole.want(conn)
            self._whole_timer.at = self._loop.now
            return True
        self._funder.is_reporting = True
        report = self.report()
        self._put({}, lambda: self._app_lines.register(conn, report))
        return False

    def _go_on_with_report(self) -> None:
        """A turn for a long report."""
        made = self._whole.turn()
        if made is not None:
            conn, report = made
            self._funder.is_reporting = True
            self._put({}, lambda: self._app_lines.register_encoded(conn, report))
            self._app_lines.go_on(conn)
        is_wanted = self._whole.is_wanted
        self._whole_timer.at = self._loop.now + REPORT_TURN_PAUSE_MS if is_wanted else None

    def _report_head(self, extra: Extra | None = None) -> NodeReport:
        """The report without friends."""
        state = self._funder.state
        funder = FunderReport(state.local, state.relays, PkFriendReportList(()))
        return NodeReport(funder, self._index.report(), extra)

    def _app_wants_piece(self, conn: Conn) -> None:
        """The next piece of the report, after what it shows is durable, and before what it does not show."""
        if self._pieces.begin(conn):
            self._funder.is_reporting = True
            state = self._funder.state
            report = self._report_head(
                Extra(
                    opt_status=self._status_of(()),
                    friends_follow=True,
                    lost_payments=lost_payments(state, state.payments),
                )
            )
            self._put({}, lambda: self._app_lines.register(conn, report))
        elif (piece := self._pieces.take(conn)) is not None:
            status = self._status_of(piece.keys)
            self._put({}, lambda: self._app_lines.tell_piece(conn, piece, status))

    def _app_queried(self, conn: Conn, query: Query) -> None:
        """Rows of payments, invoices or history, after what they show is durable."""
        look = self._queries.look(query)
        self._put({}, lambda: self._apps.tell_page(conn, look()))

    def _app_left(self, conn: Conn) -> None:
        self._pieces.drop(conn)
        self._whole.drop(conn)
        self._funder.is_reporting = len(self._apps) > 0

    def _extra(self) -> Extra:
        """What only our apps read at the end of a report (docs/WIRE.md)."""
        state = self._funder.state
        lost = lost_payments(state, state.payments)
        status = replace(self._channeler.status(), index_servers=self._index.status())
        return Extra(credit_lines(state), status, lost_payments=lost)

    def _status_of(self, friends: Sequence[PublicKey]) -> NetworkStatus:
        """How we stand with relays and index servers, and with these friends."""
        return replace(self._channeler.status_of(friends), index_servers=self._index.status())

    def _app_asked(self, message: Asked) -> None:
        request, ack = message.app_request, message.app_request_id
        refusal = None
        match request:
            case RequestRoutes():
                self._report({}, ack, ())
                self._index.request_routes(request)
            case AddIndexServer():
                refusal = self._index.add_server(request.index_server, ack)
            case RemoveIndexServer():
                refusal = self._index.remove_server(request.public_key, ack)
            case _:
                turn = self._funder.control(request)
                if turn.refusal is not None:
                    self._log_refusal(request, turn.refusal)
                self._say(turn, ack)
                if isinstance(request, Revoke):
                    self._friends.reveal()
        if refusal is not None:
            extra = Extra(refusal=refusal)
            self._log_refusal(request, refusal)
            self._put({}, lambda: self._apps.tell_change(ack, (), extra))

    def _log_refusal(self, request: object, refusal: str) -> None:
        self._loop.add(Tell("refused", f"{type(request).__name__}: {refusal}"))

    # Friends

    def _hear(self, news: News) -> None:
        """The channeler tells of a friend, or of somebody who is none."""
        if isinstance(news, StrangerUp | StrangerData):
            assert self._strangers is not None, "nobody else is let in"
            self._strangers.hear(news)
        else:
            self._friends.hear(news)

    def _search(self, signer: Signer) -> Strangers:
        """Look for friends that we forgot."""
        found = FoundFriends(signer.public_key, LifeCipher(signer))
        self._funder.state.found = found
        return Strangers(
            self._loop,
            found,
            self._unix,
            send=self._channeler.send_stranger,
            dismiss=self._channeler.dismiss_stranger,
        )

    def _take_friend(self, friend: PublicKey, data: bytes) -> None:
        """It is the turn of this message of a friend."""
        self._friends.take(friend, data)

    def _tell_friend(self, friend: PublicKey, message: FriendMessage) -> None:
        """Say this to a friend."""
        self._friends.tell(friend, message)

    def _name_of(self, friend: PublicKey) -> str:
        found = self._funder.state.friends.get(friend)
        return short(friend) if found is None else found.name

    # Time

    def _give_back_parts(self) -> None:
        """Parts of payments have waited long enough for the rest."""
        while (payer := self._part_timeouts.pop(self._loop.now)) is not None:
            self._loop.add(Tell("invoice", "gave back parts of a payment that did not become whole"))
            self._say(self._funder.cancel_incomplete(payer), None)
        self._parts_timer.at = self._part_timeouts.deadline()

    def _look_at_parts(self, payers: Iterable[Payer]) -> None:
        self._part_timeouts.look(payers, self._loop.now)
        self._parts_timer.at = self._part_timeouts.deadline()

    def _give_back_unsaid(self) -> None:
        """Friends have kept the token so long that what waits for them is given back."""
        while (friend := self._token_timeouts.pop(self._loop.now)) is not None:
            self._loop.add(
                Tell("token", f"friend {short(friend)} keeps the token; gave back what waits for it")
            )
            self._say(self._funder.overdue(friend), None)
        self._token_timer.at = self._token_timeouts.deadline()

    def _look_at_tokens(self, friends: Iterable[PublicKey]) -> None:
        self._token_timeouts.look(friends, self._loop.now)
        self._token_timer.at = self._token_timeouts.deadline()

    # First remember, then speak

    def _put(self, changes: Changes, release: Release) -> None:
        """Make rows durable, then call `release`."""
        self._loop.add(*self._outbox.put(changes, release))

    def _say(self, turn: Turn, ack: Uid | None) -> None:
        """Carry out a turn once it is durable; with `ack` it acknowledges that request."""
        if turn.waiting:
            self._look_at_parts(turn.waiting)
        concerned = turn.concerned()
        self._look_at_tokens({**concerned, **dict.fromkeys([friend for friend, _ in turn.messages])})
        self._pieces.changed(concerned)
        self._whole.changed(concerned)
        if turn.credit_lines:
            self._pieces.changed([told.friend_public_key for told in turn.credit_lines])
        capacities = self._capacities.changed(self._funder.state, concerned)
        turn.changes.update(self._withdrawn.published(capacities))
        withdrawn = self._withdrawn.removed(turn.changes)
        lost = lost_payments(self._funder.state, turn.lost_payments) if turn.lost_payments else ()
        self._put(turn.changes, lambda: self._release(turn, ack, capacities, withdrawn, lost))

    def _report(self, changes: Changes, ack: Uid | None, mutations: Sequence[NodeReportMutation]) -> None:
        """Tell apps of changes beside the funder's, once these rows are durable."""
        self._put(changes, lambda: self._apps.tell_change(ack, mutations))

    def _release(
        self,
        turn: Turn,
        ack: Uid | None,
        capacities: Changed,
        withdrawn: Sequence[Pair],
        lost: tuple[LostPayment, ...],
    ) -> None:
        """Say what a turn says, now that its rows are durable."""
        self._funder.settled(turn.used_up)
        if turn.orders:
            self._app_lines.status_moved()
        for order in turn.orders:
            if isinstance(order, DropFriend):
                self._friends.drop(order.friend)
            self._channeler.order(order)
        for friend, message in turn.messages:
            self._tell_friend(friend, message)
        for friend, handover in turn.handovers:
            self._friends.hand_over(friend, handover)
        for twin in turn.hints:
            self._loop.add(Tell("warning", hint_sentence(twin, self._name_of(twin.friend))))
        if turn.stopped is not None:
            self._loop.add(Stop(stopped_sentence(turn.stopped, self._name_of(turn.stopped.friend))))
        extra = None
        if turn.credit_lines or turn.refusal is not None or lost:
            extra = Extra(tuple(turn.credit_lines), refusal=turn.refusal or "", lost_payments=lost)
        if ack is not None or turn.mutations or extra is not None:
            self._apps.tell_change(ack, [FunderMutation(mutation) for mutation in turn.mutations], extra)
        if lost:
            self._apps.tell_lost(lost)
        for result in turn.results:
            self._apps.tell(result)
        if capacities:
            self._index.publish(capacities)
        if withdrawn:
            self._index.doubt(withdrawn)
