"""The index client of a node: one session with one index server at a time (spec 04, 5).

    Waiting ──► Dialing ──► Greeting ──► Connected        a failure or a loss leads back to Waiting,
       ▲           │            │            │            and the next server has its turn
       └───────────┴────────────┴────────────┘

Only the first time hash makes a session: without it nothing can be signed. The caller hands in what happens on the
connection that the last Dial asked for; after Hangup it tells nothing more of it, not even that it closed.

After a sleep, or on another network, the connection of a session may be dead, which only its silence would show. So a
second one is opened beside it (`is_fresh`), and the session goes on there once the first time hash has come; if it
fails nothing has changed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping

import msgspec

from offset.base.backoff import Backoff
from offset.base.entropy import Entropy, fraction, new_rand_value, new_uid
from offset.base.ids import UNSIGNED, HashResult, PublicKey, Uid
from offset.base.instants import Instant, earliest
from offset.base.limits import (
    BACKOFF_MS_MIN,
    CONNECT_MS,
    HANDSHAKE_MS,
    INDEX_CLIENT_BACKOFF_MS_MAX,
    INDEX_CLIENT_KEEPALIVE_MS,
    INDEX_FIRST_HASH_MS,
    INDEX_FULL_STATE_JITTER_MS,
    INDEX_LATE_MS,
    INDEX_REFRESH_MUTATIONS,
    INDEX_REPEAT_STATE_MS,
    INDEX_ROUTES_MS,
    INDEX_SERVERS_MAX,
    INDEX_SHORT_SESSION_MS,
    INDEX_SILENCE_MS,
    INDEX_UNANSWERED_MAX,
    INDEX_UPDATES_SPACING_MS,
    NAME_BYTES_MAX,
    OPEN_ROUTE_REQUESTS_MAX,
)
from offset.core.index.publication import Key, Publication, Published
from offset.crypto.signer import Signer
from offset.wire.common import NamedIndexServerAddress
from offset.wire.index import (
    IndexClientToServer,
    IndexServerToClient,
    MultiRoute,
    MutationsUpdate,
    RequestRoutes,
    TimeHash,
)
from offset.wire.report import (
    AddIndexServerMutation,
    IndexClientReport,
    IndexClientReportMutation,
    RemoveIndexServerMutation,
    SetConnectedServer,
)
from offset.wire.signing import mutations_update_buffer

# What it may cause


class DialServer(msgspec.Struct, frozen=True, gc=False):
    """Open a connection to this server, expecting its key; answered by `opened` or `closed`."""

    server: NamedIndexServerAddress
    is_fresh: bool = False
    """Beside the connection in use, if there is one."""


class HangupServer(msgspec.Struct, frozen=True, gc=False):
    """End the connection, or the attempt. Nothing more is to be told of it."""

    is_fresh: bool = False
    """The second one, not the one in use."""


class TakeFresh(msgspec.Struct, frozen=True, gc=False):
    """The second connection is the one in use from now on. The first one is over: end it if it is still there."""


class SendServer(msgspec.Struct, frozen=True, gc=False):
    """Send one message to the server."""

    message: IndexClientToServer


class Answer(msgspec.Struct, frozen=True, gc=False):
    """The answer to a route request, for all who asked with this id: alternatives, or None when there is none."""

    request_id: Uid
    routes: tuple[MultiRoute, ...] | None


class TakenBack(msgspec.Struct, frozen=True, gc=False):
    """These pairs were taken back often enough: no server believes in them any more."""

    pairs: tuple[Key, ...]


class ReportChange(msgspec.Struct, frozen=True, gc=False):
    """A change of what the node tells its apps."""

    mutation: IndexClientReportMutation


Effect = DialServer | HangupServer | TakeFresh | SendServer | Answer | TakenBack | ReportChange


# Where it stands


class ClientWaiting(msgspec.Struct, frozen=True, gc=False):
    """No connection; the next attempt is due at this instant, if there is a server."""

    until: Instant


class ClientDialing(msgspec.Struct, frozen=True, gc=False):
    """Connection and handshake are under way."""

    server: PublicKey
    until: Instant


class ClientGreeting(msgspec.Struct, frozen=True, gc=False):
    """Connected, no time hash yet."""

    server: PublicKey
    until: Instant


class ClientConnected(msgspec.Struct, gc=False):
    """A session. The fields after `since` change with it."""

    server: PublicKey
    session_id: Uid
    since: Instant
    time_hash: HashResult
    full_from: Instant
    """When all that is published may be said."""
    repeat_at: Instant | None
    """When it is to be said once more."""
    again_at: Instant
    """When removes are to be said again, if there are any."""
    leave_at: Instant
    """When the server has not told the time for too long."""
    unanswered: int = 0
    """Questions in a row that it did not answer in time."""
    counter: int = 0
    sent_at: Instant | None = None


ClientState = ClientWaiting | ClientDialing | ClientGreeting | ClientConnected


class IndexClient:
    """The machine. `deadline` says when it wants to be called with `tick`."""

    def __init__(self, signer: Signer, entropy: Entropy, servers: Iterable[NamedIndexServerAddress]) -> None:
        """`signer` signs what is published; `servers` are tried in their order, then from the first again."""
        self._signer = signer
        self._entropy = entropy
        self._servers = {server.public_key: server for server in servers}
        self._turns = deque(self._servers)
        self._backoff = Backoff(BACKOFF_MS_MIN, INDEX_CLIENT_BACKOFF_MS_MAX)
        self._state: ClientState = ClientWaiting(0)
        self._fresh: ClientDialing | ClientGreeting | None = None
        """A second attempt, beside a session."""
        self._publication = Publication()
        self._asked: dict[Uid, tuple[Instant, RequestRoutes]] = {}
        """Questions and when they were asked, oldest first."""
        self._was_connected = False

    # Questions

    @property
    def servers(self) -> tuple[NamedIndexServerAddress, ...]:
        """The configured servers, in order."""
        return tuple(self._servers.values())

    @property
    def connected_server(self) -> PublicKey | None:
        """The server of the session, if there is one."""
        return self._state.server if isinstance(self._state, ClientConnected) else None

    @property
    def course(self) -> tuple[ClientState, ClientDialing | ClientGreeting | None, tuple[PublicKey, ...]]:
        """Where it stands, the second attempt beside it, and the servers in the order of their turns."""
        return self._state, self._fresh, tuple(self._turns)

    def report(self) -> IndexClientReport:
        """What apps are told when they come."""
        return IndexClientReport(self.servers, self.connected_server)

    def deadline(self) -> Instant | None:
        """When `tick` has something to do; None when only an event can help."""
        asked_at = next((at for at, _ in self._asked.values()), None)
        lost_at = None if asked_at is None else asked_at + INDEX_ROUTES_MS
        fresh_until = None if self._fresh is None else self._fresh.until
        match self._state:
            case ClientWaiting(until=until):
                return until if self._turns else None
            case ClientConnected(leave_at=leave_at):
                return earliest(self._speak_at(self._state), leave_at, lost_at, fresh_until)
            case _:
                return earliest(self._state.until, lost_at)

    # What happened

    def start(self, now: Instant) -> list[Effect]:
        """The node has started: dial at once."""
        self._state = ClientWaiting(now)
        return self.tick(now)

    def opened(self, now: Instant, *, is_fresh: bool = False) -> list[Effect]:
        """The dialed server proved its key."""
        if is_fresh:
            if isinstance(self._fresh, ClientDialing):
                self._fresh = ClientGreeting(self._fresh.server, now + INDEX_FIRST_HASH_MS)
        elif isinstance(self._state, ClientDialing):
            self._state = ClientGreeting(self._state.server, now + INDEX_FIRST_HASH_MS)
        return []

    def message(self, message: IndexServerToClient, now: Instant, *, is_fresh: bool = False) -> list[Effect]:
        """The server said something. Whatever comes before the first time hash is ignored."""
        if is_fresh:
            if isinstance(self._fresh, ClientGreeting) and isinstance(message, TimeHash):
                server, self._fresh = self._fresh.server, None
                return [TakeFresh(), *self._begin(server, message.hash, now)]
            return []
        state = self._state
        if isinstance(message, TimeHash):
            if isinstance(state, ClientGreeting):
                return self._begin(state.server, message.hash, now)
            if isinstance(state, ClientConnected):
                state.time_hash = message.hash
                state.leave_at = now + INDEX_SILENCE_MS
        elif isinstance(state, ClientConnected) and self._asked.pop(message.request_id, None) is not None:
            state.unanswered = 0
            return [Answer(message.request_id, message.multi_routes)]
        return []

    def closed(self, now: Instant, *, is_fresh: bool = False) -> list[Effect]:
        """The connection ended, or the attempt failed."""
        if is_fresh:
            self._fresh = None
            return []
        return self._lose(now)

    def tick(self, now: Instant) -> list[Effect]:
        """Do what is due."""
        effects: list[Effect] = []
        if self._fresh is not None and self._fresh.until <= now:
            effects += self._drop_fresh()
        effects += self._give_up(now)
        match self._state:
            case ClientWaiting(until=until):
                return effects + (self._dial(now) if until <= now else [])
            case ClientConnected():
                if self._is_useless(self._state, now):
                    return [*effects, HangupServer(), *self._lose(now)]
                return effects + self._speak(self._state, now)
            case _:
                return [*effects, HangupServer(), *self._lose(now)] if self._state.until <= now else effects

    def network_changed(self, now: Instant) -> list[Effect]:
        """The machine woke up, or has another network: what there is may be dead, so connect at once.

        An attempt under way is made anew; a session goes on until the second connection is up.
        """
        self._backoff.reset()
        match self._state:
            case ClientWaiting():
                return self._dial(now)
            case ClientConnected():
                return self._drop_fresh() + self._dial_fresh(now)
            case _:
                return [HangupServer(), *self._dial(now)]

    # What is wanted

    def set_published(self, changes: Mapping[Key, Published | None], now: Instant) -> list[Effect]:
        """The node publishes something new about (friend, currency): capacity and toll, or None for no more."""
        self._publication.change(changes)
        return self._speak(self._state, now) if isinstance(self._state, ClientConnected) else []

    def doubt(self, pairs: Iterable[Key]) -> None:
        """What servers may have been told, perhaps in a former life: if it is not published soon, it is taken back."""
        self._publication.doubt(pairs)

    def request_routes(self, request: RequestRoutes, now: Instant) -> list[Effect]:
        """Ask the server. The Answer follows at once when it cannot be asked.

        Ids are random: who asks with one that is still open shares the answer of the first.
        """
        if request.request_id in self._asked:
            return []
        if not isinstance(self._state, ClientConnected) or len(self._asked) >= OPEN_ROUTE_REQUESTS_MAX:
            return [Answer(request.request_id, None)]
        self._asked[request.request_id] = now, request
        return [SendServer(request)]

    def refuses(self, server: NamedIndexServerAddress) -> str | None:
        """Why the server cannot be added; None if it can."""
        if server.public_key not in self._servers and len(self._servers) >= INDEX_SERVERS_MAX:
            return f"there are {INDEX_SERVERS_MAX} index servers already; remove one first"
        if len(server.name.encode()) > NAME_BYTES_MAX:
            return f"a name has at most {NAME_BYTES_MAX} bytes"
        return None

    def add_server(self, server: NamedIndexServerAddress, now: Instant) -> list[Effect]:
        """Configure a server that is not refused; it replaces that of its key.

        It is dialed at once if there is no connection.
        """
        key = server.public_key
        self._forget_server(key)
        self._servers[key] = server
        self._turns.appendleft(key)
        effects: list[Effect] = [ReportChange(AddIndexServerMutation(server))]
        match self._state:
            case ClientDialing(server=dialed) | ClientGreeting(server=dialed) if dialed == key:
                # It may be at the old address.
                effects.append(HangupServer())
                return effects + self._dial(now)
            case ClientWaiting():
                return effects + self._dial(now)
            case _ if self._fresh is not None and self._fresh.server == key:
                return effects + self._drop_fresh() + self._dial_fresh(now)
            case _:
                return effects

    def remove_server(self, key: PublicKey, now: Instant) -> list[Effect]:
        """Forget a server; a session with it ends, and the next one has its turn at once."""
        if key not in self._servers:
            return []
        self._forget_server(key)
        effects: list[Effect] = []
        if self._fresh is not None and self._fresh.server == key:
            effects += self._drop_fresh()
        if not isinstance(self._state, ClientWaiting) and self._state.server == key:
            effects += [HangupServer(), *self._lose(now)]
            self._backoff.reset()
            if isinstance(self._state, ClientWaiting):
                effects += self._dial(now)
        return [*effects, ReportChange(RemoveIndexServerMutation(key))]

    # Inside: sessions

    def _dial(self, now: Instant) -> list[Effect]:
        if not self._turns:
            self._state = ClientWaiting(now)
            return []
        server, self._state = self._next_attempt(now)
        return [DialServer(server)]

    def _dial_fresh(self, now: Instant) -> list[Effect]:
        """Of several servers another one: the reference takes no second connection while it holds the first."""
        if not self._turns:
            return []
        server, self._fresh = self._next_attempt(now)
        return [DialServer(server, is_fresh=True)]

    def _drop_fresh(self) -> list[Effect]:
        if self._fresh is None:
            return []
        self._fresh = None
        return [HangupServer(is_fresh=True)]

    def _next_attempt(self, now: Instant) -> tuple[NamedIndexServerAddress, ClientDialing]:
        key = self._turns.popleft()
        self._turns.append(key)
        return self._servers[key], ClientDialing(key, now + CONNECT_MS + HANDSHAKE_MS)

    def _begin(self, server: PublicKey, time_hash: HashResult, now: Instant) -> list[Effect]:
        # Those who lost a server together come back together; only the first time there is no need to wait.
        jitter_ms = int(INDEX_FULL_STATE_JITTER_MS * fraction(self._entropy)) if self._was_connected else 0
        full_from = now + jitter_ms
        self._was_connected = True
        self._publication.begin()
        was_at = self.connected_server
        session_id = new_uid(self._entropy)
        self._state = ClientConnected(
            server,
            session_id,
            now,
            time_hash,
            full_from,
            repeat_at=full_from + INDEX_REPEAT_STATE_MS,
            again_at=now + INDEX_CLIENT_KEEPALIVE_MS,
            leave_at=now + INDEX_SILENCE_MS,
        )
        effects: list[Effect] = []
        if server != was_at:
            effects.append(ReportChange(SetConnectedServer(server)))
        # What a former connection did not answer.
        effects += [SendServer(request) for _, request in self._asked.values()]
        return effects + self._speak(self._state, now)

    def _lose(self, now: Instant) -> list[Effect]:
        """The connection in use is over: a second one takes its place, else everybody who waits is told."""
        effects: list[Effect] = []
        match self._state:
            case ClientWaiting():
                return []
            case ClientConnected(since=since):
                if now - since >= INDEX_SHORT_SESSION_MS:
                    self._backoff.reset()
                effects.append(ReportChange(SetConnectedServer(None)))
        if self._fresh is not None:
            self._state, self._fresh = self._fresh, None
            return [TakeFresh(), *effects]
        failed: list[Effect] = [Answer(request_id, None) for request_id in self._asked]
        self._asked = {}
        self._state = ClientWaiting(now + self._backoff.next_ms(self._entropy))
        return failed + effects

    def _is_useless(self, session: ClientConnected, now: Instant) -> bool:
        """Whether to leave the server: it tells no time, or answers nothing while another one may."""
        if session.unanswered >= INDEX_UNANSWERED_MAX and len(self._turns) > 1:
            return True
        if session.leave_at > now:
            return False
        if now - session.leave_at > INDEX_LATE_MS:
            # It is us who come late: what the server said meanwhile may still wait to be read.
            session.leave_at = now + INDEX_LATE_MS
            return False
        return True

    def _forget_server(self, key: PublicKey) -> None:
        if self._servers.pop(key, None) is not None:
            self._turns.remove(key)

    def _give_up(self, now: Instant) -> list[Effect]:
        late = [id for id, (asked_at, _) in self._asked.items() if asked_at + INDEX_ROUTES_MS <= now]
        for request_id in late:
            del self._asked[request_id]
        if isinstance(self._state, ClientConnected):
            self._state.unanswered += len(late)
        return [Answer(request_id, None) for request_id in late]

    # Inside: publishing

    def _speak_at(self, session: ClientConnected) -> Instant:
        """When the next message is due."""
        quiet_from = session.since if session.sent_at is None else session.sent_at
        may_speak = session.since if session.sent_at is None else session.sent_at + INDEX_UPDATES_SPACING_MS
        at = quiet_from + INDEX_CLIENT_KEEPALIVE_MS
        if self._publication.has_changed:
            at = may_speak
        elif self._publication.has_unsaid:
            at = max(may_speak, session.full_from)
        if session.repeat_at is not None and (len(self._publication) or self._publication.has_removes):
            at = min(at, session.repeat_at)
        if self._publication.has_removes:
            at = min(at, max(may_speak, session.again_at))
        return at

    def _speak(self, session: ClientConnected, now: Instant) -> list[Effect]:
        """One message, if it is due: what changed at once after a quiet time, else in batches."""
        if session.repeat_at is not None and session.repeat_at <= now:
            # Right after two servers have met, or when a queue was full, some servers miss the first reports;
            # said once more they are known everywhere within seconds, not only with the keepalives (R10).
            session.repeat_at = None
            self._publication.say_all()
        effects: list[Effect] = []
        if session.again_at <= now:
            session.again_at = now + INDEX_CLIENT_KEEPALIVE_MS
            if forgotten := self._publication.say_again():
                effects.append(TakenBack(tuple(forgotten)))
        if self._speak_at(session) > now:
            return effects
        is_news = self._publication.has_changed or self._publication.has_unsaid
        mutations = self._publication.next_batch(
            repeated=1 if is_news else INDEX_REFRESH_MUTATIONS, with_unsaid=session.full_from <= now
        )
        unsigned = MutationsUpdate(
            self._signer.public_key,
            mutations,
            session.time_hash,
            session.session_id,
            session.counter,
            new_rand_value(self._entropy),
            UNSIGNED,
        )
        signature = self._signer.sign(mutations_update_buffer(unsigned))
        session.counter += 1
        session.sent_at = now
        return [*effects, SendServer(msgspec.structs.replace(unsigned, signature=signature))]
