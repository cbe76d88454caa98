"""The index client: sessions, publishing, questions; and with a real server as the other machine."""

from collections.abc import Iterator

import pytest

from offset.base.credits import FREE, Rate
from offset.base.entropy import SeededEntropy
from offset.base.instants import SECOND
from offset.base.limits import (
    CONNECT_MS,
    HANDSHAKE_MS,
    INDEX_CLIENT_BACKOFF_MS_MAX,
    INDEX_CLIENT_KEEPALIVE_MS,
    INDEX_FIRST_HASH_MS,
    INDEX_FULL_STATE_JITTER_MS,
    INDEX_MUTATIONS_PER_BATCH,
    INDEX_REFRESH_MUTATIONS,
    INDEX_REPEAT_STATE_MS,
    INDEX_ROUTES_MS,
    INDEX_SERVERS_MAX,
    INDEX_TICK_MS,
    INDEX_UPDATES_SPACING_MS,
    NAME_BYTES_MAX,
    OPEN_ROUTE_REQUESTS_MAX,
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
from offset.core.index.publication import SAID_AGAIN, Key, Published
from offset.core.index.server import IndexServer
from offset.crypto.identity import Identity, verify
from offset.wire.common import NamedIndexServerAddress
from offset.wire.index import (
    IndexMutation,
    MultiRoute,
    MutationsUpdate,
    RemoveFriendCurrency,
    RequestRoutes,
    ResponseRoutes,
    TimeHash,
    UpdateFriendCurrency,
)
from offset.wire.report import (
    AddIndexServerMutation,
    IndexClientReport,
    RemoveIndexServerMutation,
    SetConnectedServer,
)
from offset.wire.signing import mutations_update_buffer
from support.payments import key

NODE = Identity(b"\x07" * 32)
ONE = NamedIndexServerAddress(key("one"), "one:1", "first")
TWO = NamedIndexServerAddress(key("two"), "two:2", "second")
HASH = TimeHash(b"h" * 32)
FRIEND: Key = (key("friend"), "FST")
OTHER: Key = (key("other"), "FST")


def client(*servers: NamedIndexServerAddress, seed: int = 1) -> IndexClient:
    return IndexClient(NODE, SeededEntropy(seed), servers)


def connected(*servers: NamedIndexServerAddress, now: int = 0) -> IndexClient:
    """A client that has had its first time hash at `now`."""
    one = client(*(servers or (ONE,)))
    one.start(now)
    one.opened(now)
    one.message(HASH, now)
    return one


def updates(effects: list[Effect]) -> list[MutationsUpdate]:
    return [
        effect.message
        for effect in effects
        if isinstance(effect, SendServer) and isinstance(effect.message, MutationsUpdate)
    ]


def question(id: int = 1) -> RequestRoutes:
    return RequestRoutes(id.to_bytes(16, "big"), "FST", 5, NODE.public_key, key("seller"), None)


def ticks(one: IndexClient, until: int) -> Iterator[tuple[int, list[Effect]]]:
    """Wake the client whenever it asks to be woken."""
    while (now := one.deadline()) is not None and now <= until:
        yield now, one.tick(now)


def pairs(count: int) -> dict[Key, Published | None]:
    return {(key(i), "FST"): (i, FREE) for i in range(count)}


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


def test_w34_a_changed_network_leaves_attempts_and_sessions_alone() -> None:
    """There is nothing to hurry while an attempt is under way, in a session, or without a server."""
    one = client(ONE)
    one.start(0)
    assert one.network_changed(1) == []
    one.opened(2)
    assert one.network_changed(3) == []
    one.message(HASH, 4)
    assert one.network_changed(5) == []
    assert client().network_changed(0) == []


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


# Publishing


def test_reports_are_signed_and_counted() -> None:
    """Messages carry the newest time hash, one session id, counters from 0 and a good signature; ids are fresh."""
    one = connected()
    seen = updates(one.set_published({FRIEND: (5, Rate(1, 2))}, 10))
    one.message(TimeHash(b"i" * 32), 500)
    seen += updates(one.set_published({FRIEND: (6, Rate(1, 2))}, 1000))
    assert [update.counter for update in seen] == [0, 1]
    assert [update.time_hash for update in seen] == [HASH.hash, b"i" * 32]
    assert seen[0].session_id == seen[1].session_id
    assert seen[0].rand_nonce != seen[1].rand_nonce
    for update in seen:
        assert verify(NODE.public_key, mutations_update_buffer(update), update.signature)
    one.closed(2000)
    one.tick(60 * SECOND)
    one.opened(60 * SECOND)
    one.message(HASH, 60 * SECOND)
    (again,) = updates(one.set_published({FRIEND: (7, FREE)}, 60 * SECOND))
    assert (again.counter, again.session_id != seen[0].session_id) == (0, True)


def test_the_first_change_goes_at_once() -> None:
    """After a quiet time a change does not wait; those that follow are gathered into one message (5.6)."""
    one = connected()
    assert len(updates(one.set_published({FRIEND: (5, FREE)}, 100))) == 1
    assert one.set_published({FRIEND: (6, FREE)}, 110) == []
    assert one.set_published({FRIEND: (7, FREE)}, 120) == []
    due = 100 + INDEX_UPDATES_SPACING_MS
    assert one.deadline() == due
    (update,) = updates(one.tick(due))
    assert update.index_mutations == (UpdateFriendCurrency(*FRIEND, 7, FREE),)
    assert len(updates(one.set_published({FRIEND: (8, FREE)}, due + INDEX_UPDATES_SPACING_MS))) == 1


def test_r2_removes_are_sent_in_pairs() -> None:
    """R2: a pair that is no more published goes as an update to 0 and a remove, in one message."""
    one = connected()
    one.set_published({FRIEND: (5, FREE)}, 0)
    (update,) = updates(one.set_published({FRIEND: None}, 1000))
    assert update.index_mutations == (UpdateFriendCurrency(*FRIEND, 0, FREE), RemoveFriendCurrency(*FRIEND))


def test_the_first_state_does_not_wait() -> None:
    """What a node publishes before its first session is there with the first time hash (a payment may depend on it)."""
    one = client(ONE)
    one.start(0)
    one.opened(10)
    one.set_published({FRIEND: (5, FREE)}, 20)
    (update,) = updates(one.message(HASH, 30))
    assert update.index_mutations == (UpdateFriendCurrency(*FRIEND, 5, FREE),)


def test_a_large_state_goes_in_spaced_batches() -> None:
    """A large state is sent in batches, no faster than four a second, until all is said."""
    one = client(ONE)
    one.set_published(pairs(200), 0)
    one.start(0)
    one.opened(0)
    sent = [(0, update) for update in updates(one.message(HASH, 0))]
    for now, effects in ticks(one, 3 * SECOND):
        sent += [(now, update) for update in updates(effects)]
    assert [now for now, _ in sent] == [i * INDEX_UPDATES_SPACING_MS for i in range(len(sent))]
    said = [mutation.public_key for _, update in sent for mutation in update.index_mutations]
    assert set(said) == {key(i) for i in range(200)}
    assert max(len(update.index_mutations) for _, update in sent) <= INDEX_MUTATIONS_PER_BATCH


def test_after_a_reconnect_the_state_is_spread() -> None:
    """After a reconnect the full state waits up to two seconds, each node another time; news does not wait."""
    starts = []
    for seed in range(8):
        one = client(ONE, seed=seed)
        one.set_published({FRIEND: (5, FREE), (key("other"), "FST"): (6, FREE)}, 0)
        for now in (0, 60 * SECOND):
            one.tick(now)
            one.opened(now)
            effects = one.message(HASH, now)
            if now == 0:
                one.closed(30 * SECOND)
        assert updates(effects) == []
        deadline = one.deadline()
        assert deadline is not None
        starts.append(deadline - 60 * SECOND)
        (news,) = updates(one.set_published({FRIEND: (7, FREE)}, 60 * SECOND + 1))
        assert news.index_mutations == (UpdateFriendCurrency(*FRIEND, 7, FREE),)
    assert all(0 <= wait <= INDEX_FULL_STATE_JITTER_MS for wait in starts)
    assert len(set(starts)) == len(starts)


def test_everything_is_said_twice() -> None:
    """Soon after the start everything is said once more, for servers that missed it, then only in turn (R10)."""
    one = connected()
    one.set_published(pairs(3), 0)
    sent = [
        (now, len(update.index_mutations))
        for now, effects in ticks(one, 3 * INDEX_CLIENT_KEEPALIVE_MS)
        for update in updates(effects)
    ]
    again = INDEX_REPEAT_STATE_MS
    assert sent == [
        (again, 3),
        (again + INDEX_CLIENT_KEEPALIVE_MS, 3),
        (again + 2 * INDEX_CLIENT_KEEPALIVE_MS, 3),
    ]


def test_keepalives() -> None:
    """A node that has nothing to say shows every 32 s that it lives, repeating up to 16 pairs (5.6)."""
    quiet = connected()
    (now, effects), *_ = ticks(quiet, INDEX_CLIENT_KEEPALIVE_MS)
    assert now == INDEX_CLIENT_KEEPALIVE_MS
    assert [update.index_mutations for update in updates(effects)] == [()]
    busy = connected()
    busy.set_published(pairs(50), 0)
    sizes = [
        len(update.index_mutations)
        for now, effects in ticks(busy, 200 * SECOND)
        if now > 10 * SECOND
        for update in updates(effects)
    ]
    assert sizes == [INDEX_REFRESH_MUTATIONS] * len(sizes)
    assert len(sizes) >= 5


def test_removes_survive_a_lost_session() -> None:
    """What was removed while there was no server is told to the next one, which may still believe it."""
    one = connected()
    one.set_published({FRIEND: (5, FREE)}, 0)
    one.closed(20 * SECOND)
    one.set_published({FRIEND: None}, 21 * SECOND)
    one.tick(60 * SECOND)
    one.opened(60 * SECOND)
    one.message(HASH, 60 * SECOND)
    said: list[IndexMutation] = []
    for _, effects in ticks(one, 63 * SECOND):
        for update in updates(effects):
            said += update.index_mutations
    assert said == [UpdateFriendCurrency(*FRIEND, 0, FREE), RemoveFriendCurrency(*FRIEND)]


# Questions


@pytest.mark.parametrize("changes_every", [None, 5 * SECOND])
def test_removes_are_said_again(changes_every: int | None) -> None:
    """Also to the same server, which may pass them on over a dead line; whether the node is quiet or has news."""
    one = connected()
    one.set_published({FRIEND: (5, FREE), OTHER: (5, FREE)}, 0)
    one.set_published({FRIEND: None}, 10 * SECOND)
    said: list[int] = []
    for second in range(11, 300):
        now = second * SECOND
        effects = [effect for _, told in ticks(one, now) for effect in told]
        if changes_every and now % changes_every == 0:
            effects += one.set_published({OTHER: (second, FREE)}, now)
        for update in updates(effects):
            said += [second] * (RemoveFriendCurrency(*FRIEND) in update.index_mutations)
    assert len(said) == SAID_AGAIN
    assert said[-1] - said[0] >= (SAID_AGAIN - 1) * INDEX_CLIENT_KEEPALIVE_MS // SECOND


def test_questions_are_answered_by_id() -> None:
    """Questions of several apps are open together, and each answer belongs to the question with its id."""
    one = connected()
    assert one.request_routes(question(1), 0) == [SendServer(question(1))]
    assert one.request_routes(question(2), 0) == [SendServer(question(2))]
    routes = (MultiRoute(()),)
    assert one.message(ResponseRoutes(question(2).request_id, routes), 1) == [
        Answer(question(2).request_id, routes)
    ]
    assert one.message(ResponseRoutes(question(2).request_id, routes), 2) == []
    assert one.message(ResponseRoutes(question(1).request_id, ()), 3) == [Answer(question(1).request_id, ())]


def test_questions_without_a_server_fail_at_once() -> None:
    """With no session, also while one is being made, the answer is a failure at once (5.8)."""
    one = client(ONE)
    failure = [Answer(question().request_id, None)]
    assert one.request_routes(question(), 0) == failure
    one.start(0)
    assert one.request_routes(question(), 1) == failure
    one.opened(2)
    assert one.request_routes(question(), 3) == failure


def test_the_same_id_shares_one_answer() -> None:
    """A second question with an id that is open is not sent again; the one answer is for all who asked."""
    one = connected()
    assert len(one.request_routes(question(), 0)) == 1
    assert one.request_routes(question(), 1) == []
    assert one.message(ResponseRoutes(question().request_id, ()), 2) == [Answer(question().request_id, ())]
    assert len(one.request_routes(question(), 3)) == 1


def test_questions_do_not_wait_for_ever() -> None:
    """A server that lives but does not answer in time has failed the question; a late answer is ignored (D-13)."""
    one = connected()
    one.request_routes(question(1), 0)
    one.request_routes(question(2), 5)
    assert one.deadline() == INDEX_ROUTES_MS
    assert one.tick(INDEX_ROUTES_MS) == [Answer(question(1).request_id, None)]
    assert one.deadline() == INDEX_ROUTES_MS + 5
    assert one.message(ResponseRoutes(question(1).request_id, ()), INDEX_ROUTES_MS + 1) == []


def test_questions_are_bounded() -> None:
    """Too many open questions fail at once, and there is room again after an answer."""
    one = connected()
    for i in range(OPEN_ROUTE_REQUESTS_MAX):
        assert len(one.request_routes(question(i), 0)) == 1
    extra = question(OPEN_ROUTE_REQUESTS_MAX)
    assert one.request_routes(extra, 0) == [Answer(extra.request_id, None)]
    one.message(ResponseRoutes(question(0).request_id, ()), 0)
    assert one.request_routes(extra, 0) == [SendServer(extra)]


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
                hear(server.client_opened(conn, nodes[conn // 2 - 1].public_key), now)
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
