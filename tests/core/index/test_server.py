"""The whole server: the recorded conversation, and what it does better than the recorded one."""

from itertools import pairwise

import msgspec
import pytest

from offset.base.credits import FREE, Rate
from offset.base.entropy import SeededEntropy
from offset.base.limits import (
    INDEX_NODE_TICKS,
    INDEX_REQUESTS_PER_CLIENT_MAX,
    INDEX_SEARCH_ARCS_MAX,
    INDEX_SEARCH_ARCS_PER_CLIENT,
    INDEX_SEARCH_ARCS_PER_TICK,
    INDEX_TICK_MS,
)
from offset.core.index import server as server_module
from offset.core.index.effects import DialPeer, Effect, HangupConn, SendClients, SendPeers
from offset.core.index.search import Budget
from offset.core.index.server import IndexServer
from offset.crypto.identity import Identity
from offset.crypto.public_keys import is_lower
from offset.wire.index import (
    INDEX_CLIENT_TO_SERVER,
    INDEX_SERVER_TO_CLIENT,
    INDEX_SERVER_TO_SERVER,
    ForwardMutationsUpdate,
    IndexMutation,
    MutationsUpdate,
    RemoveFriendCurrency,
    RequestRoutes,
    ResponseRoutes,
    TimeHash,
    UpdateFriendCurrency,
)
from offset.wire.signing import mutations_update_buffer
from support.payments import request
from support.vectors import Case, cases

SERVERS = sorted((Identity(bytes([i]) * 32) for i in range(1, 5)), key=lambda one: one.public_key)
NODES = [Identity(bytes([i]) * 32) for i in range(11, 16)]


class Scripted:
    """Gives the recorded random values."""

    def __init__(self) -> None:
        self.next: list[bytes] = []

    def bytes(self, count: int) -> bytes:
        value = self.next.pop()
        assert len(value) == count
        return value


def sent_to(effects: list[Effect], names: dict[int, str]) -> list[tuple[str, object]]:
    """Receiver and message of everything that is sent."""
    return sorted(
        (
            (names[conn], effect.message)
            for effect in effects
            if isinstance(effect, SendClients | SendPeers)
            for conn in effect.conns
        ),
        key=lambda sent: sent[0],
    )


R1_KEPT = "y was removed"


@pytest.mark.parametrize("case", cases("index", "server"))
def test_recorded_conversation(case: Case) -> None:
    """Everything sent is what the reference sent, but that a silent node takes only its own records along (R1)."""
    entropy = Scripted()
    own = bytes.fromhex(case["server"]["publicKey"])
    keys = {name: bytes.fromhex(case[name]["publicKey"]) for name in ("other", "third", "node")}
    trusted = {keys[name]: f"{name}:1" for name in ("other", "third")}
    server = IndexServer(own, trusted, entropy, 0, node_ticks=int(case["ticksToLive"]))
    names, conns, now = dict[int, str](), dict[str, int](), 0
    is_r1_seen = False
    for step in case["steps"]:
        if step["op"] == "connected":
            for conn, name in enumerate(step["servers"] + step["clients"], 1):
                names[conn], conns[name] = name, conn
                if name in step["clients"]:
                    assert server.client_opened(conn, keys[name], HERE) == []
                else:
                    assert server.peer_opened(conn, keys[name], is_lower(keys[name], own), now) == []
            continue
        match step["op"]:
            case "tick":
                entropy.next.append(bytes.fromhex(step["randValue"]))
                effects = server.tick(now)
                now += INDEX_TICK_MS
            case "fromClient":
                message = INDEX_CLIENT_TO_SERVER.decode(bytes.fromhex(step["bytes"]))
                effects = server.client_message(conns["node"], message)
            case "fromServer":
                heard = INDEX_SERVER_TO_SERVER.decode(bytes.fromhex(step["bytes"]))
                effects = server.peer_message(conns[step["from"]], heard)
            case op:
                raise AssertionError(op)
        codecs = {
            "node": INDEX_SERVER_TO_CLIENT,
            "other": INDEX_SERVER_TO_SERVER,
            "third": INDEX_SERVER_TO_SERVER,
        }
        expected: list[tuple[str, object]] = [
            (sent["to"], codecs[sent["to"]].decode(bytes.fromhex(sent["bytes"]))) for sent in step["sent"]
        ]
        sent = sent_to(effects, names)
        if step.get("what", "").startswith(R1_KEPT):
            is_r1_seen = True
            ((name, answer),) = sent
            assert isinstance(answer, ResponseRoutes)
            assert (name, len(answer.multi_routes)) == ("node", 1), "the reference has dropped the graph"
            (route,) = answer.multi_routes[0].routes
            assert (route.capacity, route.rate) == (20, FREE)
        else:
            assert sent == sorted(expected, key=lambda sent: sent[0]), step.get("what")
    assert is_r1_seen
    assert server.view().reports > 0


# Networks of our own


class Net:
    """Servers that all trust each other, joined by hand; messages travel at once."""

    def __init__(self, links: list[tuple[int, int]]) -> None:
        count = max(max(link) for link in links) + 1 if links else 1
        self.keys = [one.public_key for one in SERVERS[:count]]
        self.servers = [
            IndexServer(own, dict.fromkeys(self.keys, "x:1"), SeededEntropy(i), 0)
            for i, own in enumerate(self.keys)
        ]
        self.ends: dict[tuple[int, int], tuple[int, int]] = {}  # (server, conn) → the other end
        self.answers: list[ResponseRoutes] = []
        self.hashes: dict[int, bytes] = {}
        self.forwards = 0
        self.now = 0
        self.counters: dict[bytes, int] = {}
        for i, server in enumerate(self.servers):
            self.carry(i, server.client_opened(1000, NODES[i].public_key, HERE))
            self.carry(i, server.tick(0))
        for number, (one, other) in enumerate(links):
            self.link(one, other, 2 * number)

    def link(self, one: int, other: int, conn: int) -> None:
        self.ends[one, conn] = other, conn
        self.ends[other, conn] = one, conn
        for i, j in ((one, other), (other, one)):
            dialed = is_lower(self.keys[j], self.keys[i])
            self.carry(i, self.servers[i].peer_opened(conn, self.keys[j], dialed, self.now))

    def carry(self, at: int, effects: list[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, SendPeers):
                for conn in effect.conns:
                    self.forwards += isinstance(effect.message, ForwardMutationsUpdate)
                    there, its_conn = self.ends[at, conn]
                    self.carry(there, self.servers[there].peer_message(its_conn, effect.message))
            elif isinstance(effect, SendClients):
                if isinstance(effect.message, TimeHash):
                    self.hashes[at] = effect.message.hash
                else:
                    self.answers.append(effect.message)

    def ticks(self, count: int) -> None:
        for _ in range(count):
            self.now += INDEX_TICK_MS
            for i, server in enumerate(self.servers):
                self.carry(i, server.tick(self.now))

    def say(self, at: int, node: Identity, *mutations: IndexMutation, session: bytes = b"s" * 16) -> None:
        counter = self.counters[node.public_key] = self.counters.get(node.public_key, -1) + 1
        update = MutationsUpdate(
            node.public_key, mutations, self.hashes[at], session, counter, bytes(16), b""
        )
        signed = msgspec.structs.replace(update, signature=node.sign(mutations_update_buffer(update)))
        self.carry(at, self.servers[at].client_message(1000, signed))

    def states(
        self, at: int, node: Identity, friend: Identity, capacity: int = 10, currency: str = "FST"
    ) -> None:
        self.say(at, node, UpdateFriendCurrency(friend.public_key, currency, capacity, Rate(0, 1)))

    def routes(self, at: int, source: Identity, destination: Identity, amount: int = 1) -> int:
        question = request(source.public_key, destination.public_key, amount)
        self.carry(at, self.servers[at].client_message(1000, question))
        return len(self.answers.pop().multi_routes)


TRIANGLE = [(0, 1), (1, 2), (2, 0)]
A, B, C = NODES[:3]
HERE = "127.0.0.1:1"
"""This machine, for which no limits per address hold."""


def test_reports_reach_all_servers_once() -> None:
    """In a ring of servers a report reaches every server with a proof it accepts, and copies die (3.7, 3.8)."""
    net = Net(TRIANGLE)
    net.ticks(2)
    net.forwards = 0
    net.states(0, A, B)
    assert net.forwards == 4, "to each neighbor, and once more between those two"
    net.states(1, B, A)
    for at in range(3):
        assert net.routes(at, A, B) == net.routes(at, B, A) == 1
        assert net.servers[at].view().reports == 2


def test_01_d11_who_brings_a_report_does_not_matter() -> None:
    """A report counts for the node that signed it, whoever's connection it came on, and for nobody else."""
    net = Net([])
    net.states(0, B, A)  # all come on the connection of A
    net.states(0, A, B)
    assert net.routes(0, A, B) == net.routes(0, B, A) == 1
    forged = MutationsUpdate(
        C.public_key,
        (UpdateFriendCurrency(A.public_key, "FST", 10, FREE),),
        net.hashes[0],
        b"s" * 16,
        0,
        bytes(16),
        b"",
    )
    forged = msgspec.structs.replace(forged, signature=A.sign(mutations_update_buffer(forged)))
    net.carry(0, net.servers[0].client_message(1000, forged))
    view = net.servers[0].view()
    assert (view.records, view.reports, view.reports_dropped) == (2, 2, 1)


def test_reports_travel_along_a_line_of_servers() -> None:
    """Over several servers the proof grows by one link each, and is accepted at the far end."""
    net = Net([(0, 1), (1, 2), (2, 3)])
    net.ticks(4)
    net.states(0, A, B)
    net.states(3, B, A)
    assert [net.routes(at, A, B) for at in range(4)] == [1, 1, 1, 1]


def test_r1_silent_nodes_take_nothing_else_along() -> None:
    """R1: a node that is silent for a minute loses its own records only, in all currencies."""
    net = Net([])
    for node, friend in ((A, B), (B, A), (B, C), (C, B)):
        net.states(0, node, friend)
        net.states(0, node, friend, currency="EUR")
    for _ in range(INDEX_NODE_TICKS + 5):
        net.ticks(1)
        net.states(0, B, A)
        net.states(0, C, B)
        net.states(0, B, C)
    assert net.routes(0, A, B) == 0
    assert net.routes(0, B, C) == net.routes(0, C, B) == 1
    assert net.servers[0].view().nodes == 2


def test_r2_bare_removes_are_harmless_and_stay_here() -> None:
    """R2: a remove in an unknown currency changes nothing, and is not passed on to a server it might end."""
    net = Net([(0, 1)])
    net.ticks(2)
    net.forwards = 0
    net.say(0, A, RemoveFriendCurrency(B.public_key, "NIS"))
    assert net.forwards == 0
    zero = UpdateFriendCurrency(B.public_key, "NIS", 0, FREE)
    net.say(0, A, zero, RemoveFriendCurrency(B.public_key, "NIS"))
    assert net.forwards == 1
    assert net.servers[0].view().records == 0


def test_r5_many_ticks_late_is_one_tick() -> None:
    """R5: after a standstill the server ticks once and goes on at its pace; nothing piles up."""
    server = IndexServer(SERVERS[0].public_key, {}, SeededEntropy(1), 0)
    server.client_opened(2, A.public_key, HERE)
    assert server.deadline() == 0
    late = 20 * INDEX_TICK_MS + 7
    assert len(server.tick(0)) == 1
    assert len(server.tick(late)) == 1
    assert server.tick(late) == []
    assert server.deadline() == late + INDEX_TICK_MS
    assert len(server.tick(late + INDEX_TICK_MS + 5)) == 1
    assert server.deadline() == late + 2 * INDEX_TICK_MS, "the pace does not drift"


def test_r7_the_newest_connection_of_a_node_counts() -> None:
    """R7: a node that comes back is served at once; its dead connection is hung up and no more listened to."""
    server = IndexServer(SERVERS[0].public_key, {}, SeededEntropy(1), 0)
    server.tick(0)
    server.client_opened(2, A.public_key, HERE)
    effects = server.client_opened(4, A.public_key, HERE)
    assert effects[0] == HangupConn(2)
    question = request(A.public_key, B.public_key, 1)
    assert server.client_message(2, question) == []
    assert len(server.client_message(4, question)) == 1
    server.closed(2, 5)
    assert server.view().clients == 1
    server.closed(4, 6)
    assert server.view().clients == 0


def test_r7_r9_peers() -> None:
    """R7, R9: a peer's newer connection replaces the old one; its time hash is heard again from the start."""
    low, high = SERVERS[:2]
    if not is_lower(low.public_key, high.public_key):
        low, high = high, low
    listening = IndexServer(low.public_key, {high.public_key: "h:1"}, SeededEntropy(1), 0)
    assert listening.tick(0) == []
    listening.peer_opened(2, high.public_key, False, 1)
    assert listening.peer_opened(4, high.public_key, False, 2)[0] == HangupConn(2)
    assert listening.peer_message(2, TimeHash(b"h" * 32)) == []
    assert listening.view().peers == 1
    assert listening.peer_opened(6, b"?" * 32, False, 3) == [HangupConn(6)]
    dialing = IndexServer(
        high.public_key, {low.public_key: "l:1", high.public_key: "me:1"}, SeededEntropy(1), 0
    )
    assert dialing.tick(0)[0] == DialPeer(low.public_key, "l:1")
    assert dialing.dial_failed(low.public_key, 1) == []
    times = [0]
    while len(times) < 4:
        deadline = dialing.deadline()
        assert deadline is not None
        if any(isinstance(effect, DialPeer) for effect in dialing.tick(deadline)):
            times.append(deadline)
            dialing.peer_opened(2 * len(times) + 1, low.public_key, True, deadline)
            dialing.closed(2 * len(times) + 1, deadline)
    assert all(later - earlier >= 700 for earlier, later in pairwise(times))


def test_r10_congested_peers_get_hashes_only() -> None:
    """R10: reports for a slow peer are left out, time hashes are not; later it hears new reports again."""
    net = Net([(0, 1)])
    net.ticks(2)
    server = net.servers[0]
    server.congested(0)
    net.states(0, A, B)
    assert net.servers[1].view().records == 0
    net.ticks(1)
    server.drained(0)
    net.states(0, A, B)
    assert net.servers[1].view().records == 1


def test_newcomers_hear_the_time_at_once() -> None:
    """A client or peer that connects between two ticks is told the newest hash, so it need not wait."""
    net = Net([(0, 1)])
    (effect,) = net.servers[0].client_opened(7, C.public_key, HERE)
    assert effect == SendClients((7,), TimeHash(net.hashes[0]))


def test_unknown_connections_are_ignored() -> None:
    """Messages and ends of connections that the server does not keep change nothing."""
    server = IndexServer(SERVERS[0].public_key, {}, SeededEntropy(1), 0)
    assert server.client_message(9, request(A.public_key, B.public_key, 1)) == []
    assert server.peer_message(9, TimeHash(b"h" * 32)) == []
    assert server.closed(9, 0) == []


def test_requests_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Past its share of requests or of search work per tick a client gets empty answers; the next tick heals it."""
    net = Net([])
    net.states(0, A, B)
    net.states(0, B, A)
    for _ in range(INDEX_REQUESTS_PER_CLIENT_MAX):
        assert net.routes(0, A, B) == 1
    assert net.routes(0, A, B) == 0
    net.ticks(1)
    assert net.routes(0, A, B) == 1

    def wasteful(graph: object, question: RequestRoutes, budget: Budget) -> tuple[()]:
        spent.append(budget.arcs)
        budget.arcs = -1
        return ()

    spent: list[int] = []
    monkeypatch.setattr(server_module, "find_multi_routes", wasteful)
    net.ticks(1)
    server, question = net.servers[0], request(A.public_key, B.public_key, 1)
    for conn in range(2000, 2020):
        server.client_opened(conn, conn.to_bytes(32, "big"), HERE)
        before = sum(spent)
        for _ in range(5):
            (effect,) = server.client_message(conn, question)
            assert isinstance(effect, SendClients)
            assert isinstance(effect.message, ResponseRoutes)
        assert sum(spent) - before <= INDEX_SEARCH_ARCS_PER_CLIENT
    assert sum(spent) == INDEX_SEARCH_ARCS_PER_TICK
    assert max(spent) == INDEX_SEARCH_ARCS_MAX
    net.ticks(1)
    server.client_message(2019, question)
    assert sum(spent) > INDEX_SEARCH_ARCS_PER_TICK, "the next tick has its own"


def test_strangers_may_ask() -> None:
    """Whoever connects learns routes between others, with room and tolls; what only one side states stays hidden."""
    net = Net([])
    net.states(0, A, B)
    net.states(0, B, A, capacity=9)
    net.states(0, C, B)
    server, stranger = net.servers[0], Identity(b"\x77" * 32)
    server.client_opened(7, stranger.public_key, HERE)
    net.carry(0, server.client_message(7, request(A.public_key, B.public_key, 5)))
    ((route,),) = [multi_route.routes for multi_route in net.answers.pop().multi_routes]
    assert (route.route.public_keys, route.capacity) == ((A.public_key, B.public_key), 9)
    net.carry(0, server.client_message(7, request(B.public_key, C.public_key, 5)))
    assert net.answers.pop().multi_routes == ()


def test_every_request_is_answered_with_its_id() -> None:
    """Also what cannot be found is answered, with the id of the request."""
    server = IndexServer(SERVERS[0].public_key, {}, SeededEntropy(1), 0)
    server.client_opened(2, A.public_key, HERE)
    question = msgspec.structs.replace(request(A.public_key, B.public_key, 1), request_id=b"q" * 16)
    assert server.client_message(2, question) == [SendClients((2,), ResponseRoutes(b"q" * 16, ()))]


def test_view_counts() -> None:
    """The view tells what is there and what was done."""
    net = Net([(0, 1)])
    net.ticks(2)
    net.states(0, A, B)
    net.states(0, B, A)
    net.routes(0, A, B)
    view = net.servers[0].view()
    assert (view.clients, view.peers, view.nodes, view.records) == (1, 1, 2, 2)
    assert (view.reports, view.requests, view.requests_answered) == (2, 1, 1)
