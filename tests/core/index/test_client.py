"""The index client: sessions, and with a real server as the other machine."""

import pytest

from core.index.clients import FRIEND, HASH, ONE, TWO, client, connected, question, updates
from offset.base.credits import FREE
from offset.base.entropy import SeededEntropy
from offset.base.instants import SECOND
from offset.base.limits import (
    CONNECT_MS,
    HANDSHAKE_MS,
    INDEX_CLIENT_BACKOFF_MS_MAX,
    INDEX_FIRST_HASH_MS,
    INDEX_SERVERS_MAX,
    INDEX_TICK_MS,
    NAME_BYTES_MAX,
)
from offset.core.index.client import (
    Answer,
    DialServer,
    Effect,
    HangupServer,
    IndexClient,
    ReportChange,
    SendServer,
)
from offset.core.index.effects import SendClients
from offset.core.index.server import IndexServer
from offset.crypto.identity import Identity
from offset.wire.common import NamedIndexServerAddress
from offset.wire.index import (
    RequestRoutes,
    ResponseRoutes,
    TimeHash,
)
from offset.wire.report import (
    AddIndexServerMutation,
    IndexClientReport,
    RemoveIndexServerMutation,
    SetConnectedServer,
)
from support.payments import key

# Sessions


def test_dials_at_once() -> None:
    """At the start, and when the first server is configured, there is no pause."""
    assert client(ONE, TWO).start(5) == [DialServer(ONE)]
    empty = client()
    assert empty.start(5) == []
    assert empty.deadline() is None
    assert empty.add_server(ONE, 7) == [ReportChange(AddIndexServerMutation(ONE)), DialServer(ONE)]


def test_a_session_begins_with_the_first_time_hash() -> None:
    """Before it nothing is sent and the report shows no server; with it the session is reported (5.3)."""
    one = client(ONE)
    one.start(0)
    assert one.set_published({FRIEND: (5, FREE)}, 0) == []
    assert one.opened(10) == []
    assert one.message(ResponseRoutes(bytes(16), ()), 11) == []
    assert one.report() == IndexClientReport((ONE,), None)
    effects = one.message(HASH, 12)
    assert effects[0] == ReportChange(SetConnectedServer(ONE.public_key))
    (update,) = updates(effects)
    assert update.time_hash == HASH.hash
    assert one.report() == IndexClientReport((ONE,), ONE.public_key)


def test_servers_take_turns() -> None:
    """After a failure the next server is tried, and after the last one the first again."""
    one = client(ONE, TWO)
    dialed = [one.start(0)]
    now = 0
    for _ in range(3):
        assert one.closed(now) == []
        deadline = one.deadline()
        assert deadline is not None
        now = deadline
        dialed.append(one.tick(now))
    assert dialed == [[DialServer(ONE)], [DialServer(TWO)], [DialServer(ONE)], [DialServer(TWO)]]


def test_w34_a_changed_network_ends_the_pause() -> None:
    """Who waits for the next attempt makes it at once, and the pauses are short again."""
    one = client(ONE)
    one.start(0)
    for _ in range(8):
        one.closed(0)
        deadline = one.deadline()
        assert deadline is not None
        one.tick(deadline)
    one.closed(0)
    assert one.network_changed(5) == [DialServer(ONE)]
    one.closed(10)
    deadline = one.deadline()
    assert deadline is not None
    assert deadline - 10 <= 1300


def test_backoff_grows_and_resets() -> None:
    """The first retry comes after about a second, later ones after up to half a minute; a good session resets it."""
    one = client(ONE)
    one.start(0)
    now, waits = 0, []
    for _ in range(9):
        one.closed(now)
        deadline = one.deadline()
        assert deadline is not None
        waits.append(deadline - now)
        now = deadline
        assert one.tick(now) == [DialServer(ONE)]
    assert 700 <= waits[0] <= 1300
    assert waits == sorted(waits[:5]) + waits[5:]
    assert max(waits) <= INDEX_CLIENT_BACKOFF_MS_MAX * 5 // 4
    one.opened(now)
    one.message(HASH, now)
    now += 60 * SECOND
    one.closed(now)
    deadline = one.deadline()
    assert deadline is not None
    assert 700 <= deadline - now <= 1300


def test_r9_short_sessions_pause() -> None:
    """R9: a server that takes us in and throws us out again is not dialed without end."""
    one = client(ONE)
    one.start(0)
    now = 0
    for _ in range(6):
        one.opened(now)
        one.message(HASH, now)
        one.closed(now)
        deadline = one.deadline()
        assert deadline is not None
        now = deadline
        one.tick(now)
    assert now > 20 * SECOND


@pytest.mark.parametrize("is_open", [False, True])
def test_a_silent_server_is_given_up(is_open: bool) -> None:
    """A server that cannot be reached, or that never tells the time, costs some seconds, then the next has its turn."""
    one = client(ONE, TWO)
    one.start(0)
    limit = CONNECT_MS + HANDSHAKE_MS
    if is_open:
        one.opened(0)
        limit = INDEX_FIRST_HASH_MS
    assert one.deadline() == limit
    assert one.tick(limit - 1) == []
    assert one.tick(limit) == [HangupServer()]
    deadline = one.deadline()
    assert deadline is not None
    assert one.tick(deadline) == [DialServer(TWO)]


def test_the_end_of_a_session_is_reported_and_answers_all() -> None:
    """When a session ends the apps hear it, and every open question is answered with a failure."""
    one = connected()
    one.request_routes(question(1), 1)
    one.request_routes(question(2), 2)
    assert one.closed(3) == [
        Answer(question(1).request_id, None),
        Answer(question(2).request_id, None),
        ReportChange(SetConnectedServer(None)),
    ]
    assert one.closed(4) == []


def test_add_and_remove_servers() -> None:
    """Servers come and go while the node runs; the one in use is left when it is removed, and the next dialed."""
    one = connected()
    assert one.add_server(TWO, 1) == [ReportChange(AddIndexServerMutation(TWO))]
    assert one.servers == (ONE, TWO)
    one.request_routes(question(), 2)
    assert one.remove_server(ONE.public_key, 3) == [
        HangupServer(),
        Answer(question().request_id, None),
        ReportChange(SetConnectedServer(None)),
        DialServer(TWO),
        ReportChange(RemoveIndexServerMutation(ONE.public_key)),
    ]
    assert one.remove_server(ONE.public_key, 4) == []
    assert one.remove_server(TWO.public_key, 5) == [
        HangupServer(),
        ReportChange(RemoveIndexServerMutation(TWO.public_key)),
    ]
    assert one.servers == ()
    assert one.deadline() is None
    assert one.tick(99 * SECOND) == []


def test_a_server_that_is_added_has_the_next_turn() -> None:
    """While waiting after a failure, a server that is added is dialed at once, and not an old one (5.3)."""
    one = client(ONE)
    one.start(0)
    one.closed(0)
    assert one.add_server(TWO, 1)[-1] == DialServer(TWO)


def test_a_new_address_replaces_the_old_one() -> None:
    """Adding a known key moves it to the end with its new address, and an attempt at the old one is given up."""
    moved = NamedIndexServerAddress(ONE.public_key, "new:1", "renamed")
    one = client(ONE, TWO)
    one.start(0)
    assert one.add_server(moved, 1) == [
        ReportChange(AddIndexServerMutation(moved)),
        HangupServer(),
        DialServer(moved),
    ]
    assert one.servers == (TWO, moved)
    in_use = connected(ONE, TWO)
    assert in_use.add_server(moved, 1) == [ReportChange(AddIndexServerMutation(moved))]
    assert in_use.connected_server == ONE.public_key


def test_what_comes_at_the_wrong_time_is_ignored() -> None:
    """An old server's words, and news of a line that is none any more, change nothing."""
    one = client(ONE)
    one.start(0)
    assert one.message(TimeHash(bytes(32)), 0) == []
    assert one.connected_server is None
    one = connected()
    deadline = one.deadline()
    assert one.opened(1) == []
    assert (one.connected_server, one.deadline()) == (ONE.public_key, deadline)


def test_a_server_that_is_not_in_use_is_just_forgotten() -> None:
    """Removing it leaves the session, and the pause after a failure, as they are."""
    one = connected(ONE, TWO)
    assert one.remove_server(TWO.public_key, 1) == [ReportChange(RemoveIndexServerMutation(TWO.public_key))]
    assert one.connected_server == ONE.public_key
    waiting = client(ONE, TWO)
    waiting.start(0)
    waiting.closed(0)
    deadline = waiting.deadline()
    assert waiting.remove_server(ONE.public_key, 1) == [
        ReportChange(RemoveIndexServerMutation(ONE.public_key))
    ]
    assert waiting.deadline() == deadline


def test_servers_are_bounded() -> None:
    """More servers than a node can use are not taken."""
    one = client(*(NamedIndexServerAddress(key(i), "x:1", str(i)) for i in range(INDEX_SERVERS_MAX - 1)))
    last = NamedIndexServerAddress(key(INDEX_SERVERS_MAX), "x:1", "last")
    assert ReportChange(AddIndexServerMutation(last)) in one.add_server(last, 0)
    assert one.refuses(ONE) == f"there are {INDEX_SERVERS_MAX} index servers already; remove one first"
    moved = NamedIndexServerAddress(last.public_key, "new:1", "last")
    assert one.refuses(moved) is None
    assert ReportChange(AddIndexServerMutation(moved)) in one.add_server(moved, 0)
    assert len(one.servers) == INDEX_SERVERS_MAX


def test_names_of_servers_are_bounded() -> None:
    """A name of NAME_BYTES_MAX bytes is taken, a longer one is not."""
    one = client()
    longest = NamedIndexServerAddress(ONE.public_key, "x:1", "ä" * (NAME_BYTES_MAX // 2))
    assert one.refuses(longest) is None
    too_long = NamedIndexServerAddress(ONE.public_key, "x:1", longest.name + "a")
    assert one.refuses(too_long) == f"a name has at most {NAME_BYTES_MAX} bytes"


# Client and server


def test_client_and_server_talk() -> None:
    """Two nodes and a server: published at once, found at once, and gone when one of them says so."""
    server = IndexServer(key("server"), {}, SeededEntropy(9), 0)
    server.tick(0)
    nodes = [Identity(bytes([i]) * 32) for i in (1, 2)]
    address = NamedIndexServerAddress(key("server"), "s:1", "s")
    clients = {2 * i: IndexClient(node, SeededEntropy(i), [address]) for i, node in enumerate(nodes, 1)}
    answers: list[Answer] = []

    def run(conn: int, effects: list[Effect], now: int) -> None:
        for effect in effects:
            if isinstance(effect, DialServer):
                run(conn, clients[conn].opened(now), now)
                hear(server.client_opened(conn, nodes[conn // 2 - 1].public_key, "127.0.0.1:1"), now)
            elif isinstance(effect, SendServer):
                hear(server.client_message(conn, effect.message), now)
            elif isinstance(effect, Answer):
                answers.append(effect)

    def hear(effects: list[object], now: int) -> None:
        for effect in effects:
            assert isinstance(effect, SendClients)
            for conn in effect.conns:
                run(conn, clients[conn].message(effect.message, now), now)

    def found(now: int) -> int:
        ask = RequestRoutes(bytes(16), "FST", 7, nodes[0].public_key, nodes[1].public_key, None)
        run(2, clients[2].request_routes(ask, now), now)
        answer = answers.pop()
        assert answer.routes is not None
        return len(answer.routes)

    for conn, one in clients.items():
        run(conn, one.start(5), 5)
    for conn, friend in ((2, nodes[1]), (4, nodes[0])):
        run(conn, clients[conn].set_published({(friend.public_key, "FST"): (10, FREE)}, 6), 6)
    assert found(7) == 1
    for now in range(INDEX_TICK_MS, 200 * INDEX_TICK_MS, INDEX_TICK_MS):
        hear(server.tick(now), now)
        for conn, one in clients.items():
            run(conn, one.tick(now), now)
    assert found(200 * SECOND) == 1, "keepalives keep it alive"
    run(2, clients[2].set_published({(nodes[1].public_key, "FST"): None}, 201 * SECOND), 201 * SECOND)
    assert found(202 * SECOND) == 0
    assert server.view().reports_dropped == 0
