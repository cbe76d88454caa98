"""The engine of stindex: two of them joined by hand, and nodes that are single `Line`s with real index clients."""

from collections import deque

import msgspec
import pytest

from link.ends import ALICE, BOB, CAROL
from offset.base.credits import FREE
from offset.base.entropy import SeededEntropy
from offset.base.ids import HashResult
from offset.base.instants import SECOND
from offset.base.limits import (
    COUNTERS_MS,
    FRAME_BYTES_MAX,
    INDEX_CLIENTS_MAX,
    INDEX_HANDSHAKES_MAX,
    INDEX_MUTATIONS_MAX,
    INDEX_REPORTS_COST_BURST,
    INDEX_SERVER_MESSAGE_BYTES_MAX,
)
from offset.core.index.client import Answer, ClientConnected, IndexClient, SendServer
from offset.core.index.client import Effect as ClientEffect
from offset.crypto.identity import Identity
from offset.crypto.public_keys import is_lower
from offset.engine.index import CLIENTS, SERVERS, IndexEngine
from offset.engine.surface import (
    Close,
    Closed,
    Congested,
    Dial,
    Drained,
    Effect,
    Event,
    Opened,
    Pause,
    Received,
    Resume,
    Tell,
    Woken,
    Write,
)
from offset.link.stack import Line
from offset.wire.common import NamedIndexServerAddress
from offset.wire.index import (
    INDEX_CLIENT_TO_SERVER,
    INDEX_SERVER_TO_CLIENT,
    INDEX_SERVER_TO_SERVER,
    ForwardMutationsUpdate,
    MutationsUpdate,
    RequestRoutes,
    TimeHash,
    UpdateFriendCurrency,
)
from offset.wire.signing import mutations_update_buffer

LOW, HIGH = (Identity(b"\x31" * 32), Identity(b"\x32" * 32))
if not is_lower(LOW.public_key, HIGH.public_key):
    LOW, HIGH = HIGH, LOW
PEER = "127.0.0.1:5000"
NODES = {2: ALICE, 4: BOB, 6: CAROL}
JOINT = 100
"""The connection between the two servers, at the lower one."""


class Node:
    """A node as an index server sees it."""

    def __init__(self, identity: Identity, conn: int, server: Identity, now: int) -> None:
        address = NamedIndexServerAddress(server.public_key, "x:1", "x")
        self.line = Line(identity, SeededEntropy(f"line {conn}"), now, expects=server.public_key)
        self.client = IndexClient(identity, SeededEntropy(f"client {conn}"), [address])
        self.answers: list[Answer] = []
        self.is_open = False
        self.take(self.client.start(now), now)

    def take(self, effects: list[ClientEffect], now: int) -> None:
        for effect in effects:
            if isinstance(effect, SendServer):
                self.line.send(INDEX_CLIENT_TO_SERVER.encode(effect.message), now)
            elif isinstance(effect, Answer):
                self.answers.append(effect)

    def hear(self, data: bytes, now: int) -> None:
        messages = self.line.receive(data, now)
        if self.line.remote is not None and not self.is_open:
            self.is_open = True
            self.take(self.client.opened(now), now)
        for message in messages:
            self.take(self.client.message(INDEX_SERVER_TO_CLIENT.decode(message), now), now)


class World:
    """The lower server with nodes 2 and 4, the higher one with node 6, and what was written and closed."""

    def __init__(self) -> None:
        self.now = 0
        self.engines = {
            identity: IndexEngine(identity, SeededEntropy(name), {other.public_key: f"{name}:9"}, 0)
            for name, identity, other in (("low", LOW, HIGH), ("high", HIGH, LOW))
        }
        self.nodes: dict[int, Node] = {}
        self.dialed: list[int] = []
        self.effects: list[Effect] = []
        self.events: deque[tuple[Identity, Event]] = deque()
        for identity, engine in self.engines.items():
            self.take(identity, engine.start(0))

    def feed(self, at: Identity, event: Event) -> None:
        """An event and all that follows from it, each in its turn."""
        self.run([(at, event)])

    def run(self, events: list[tuple[Identity, Event]]) -> None:
        is_busy = bool(self.events)
        self.events.extend(events)
        while self.events and not is_busy:
            at, event = self.events[0]
            self.take(at, self.engines[at].handle(event, self.now))
            self.events.popleft()

    def take(self, at: Identity, effects: list[Effect]) -> None:
        self.effects += effects
        for effect in effects:
            if isinstance(effect, Write):
                self.carry(at, effect.conn, effect.data)
            elif isinstance(effect, Close):
                self.feed(at, Closed(effect.conn, "closed"))
            elif isinstance(effect, Dial):
                self.dialed.append(effect.conn)

    def carry(self, at: Identity, conn: int, data: bytes) -> None:
        if at is LOW and conn == JOINT:
            self.feed(HIGH, Received(self.dialed[-1], data))
        elif at is HIGH and conn in self.dialed:
            self.feed(LOW, Received(JOINT, data))
        elif conn in self.nodes:
            self.nodes[conn].hear(data, self.now)
            self.push(at, conn)

    def push(self, at: Identity, conn: int) -> None:
        data = b"".join(self.nodes[conn].line.outgoing())
        if data:
            self.feed(at, Received(conn, data))

    def join(self, conn: int, at: Identity, address: str = PEER) -> Node:
        self.nodes[conn] = Node(NODES[conn], conn, at, self.now)
        self.feed(at, Opened(conn, address, CLIENTS))
        self.push(at, conn)
        return self.nodes[conn]

    def join_servers(self) -> None:
        self.run([(LOW, Opened(JOINT, PEER, SERVERS)), (HIGH, Opened(self.dialed[-1], PEER, ""))])

    def publish(self, conn: int, at: Identity, friend: int) -> None:
        node = self.nodes[conn]
        key = NODES[friend].public_key, "FST"
        node.take(node.client.set_published({key: (10, FREE)}, self.now), self.now)
        self.push(at, conn)

    def wake(self, until: int) -> None:
        while (at := min(deadline for one in self.engines.values() if (deadline := one.deadline()))) <= until:
            self.now = max(self.now, at)
            for identity, engine in self.engines.items():
                if (engine.deadline() or until) <= self.now:
                    self.feed(identity, Woken())
        self.now = until

    def routes(self, conn: int, at: Identity, source: int, destination: int) -> int:
        node = self.nodes[conn]
        ask = RequestRoutes(
            bytes(16), "FST", 5, NODES[source].public_key, NODES[destination].public_key, None
        )
        node.take(node.client.request_routes(ask, self.now), self.now)
        self.push(at, conn)
        routes = node.answers.pop().routes
        assert routes is not None
        return len(routes)


@pytest.fixture
def world() -> World:
    return World()


def test_a_node_reports_and_asks_at_once(world: World) -> None:
    """A node has its session, its report and its answer in the moment it connects, without waiting for a tick."""
    for conn, friend in ((2, 4), (4, 2)):
        assert world.join(conn, LOW).client.connected_server == LOW.public_key
        world.publish(conn, LOW, friend)
    assert world.now == 0
    assert world.routes(2, LOW, 2, 4) == 1


def test_two_servers_share(world: World) -> None:
    """What nodes tell one server the other one knows, once both have heard each other's time."""
    assert len(world.dialed) == 1, "only the higher key dials"
    world.join_servers()
    world.join(2, LOW)
    world.join(6, HIGH)
    world.wake(3 * SECOND)
    world.publish(2, LOW, 6)
    world.publish(6, HIGH, 2)
    assert world.routes(2, LOW, 2, 6) == world.routes(6, HIGH, 6, 2) == 1
    assert any(isinstance(effect, Tell) and "joined" in effect.detail for effect in world.effects)


def test_failed_dials_are_repeated(world: World) -> None:
    """A peer that cannot be reached is dialed again after a pause, and the failure is told."""
    world.feed(HIGH, Closed(world.dialed[0], "refused"))
    assert len(world.dialed) == 1
    world.wake(2 * SECOND)
    assert len(world.dialed) == 2
    assert any(isinstance(effect, Tell) and "refused" in effect.detail for effect in world.effects)
    world.join_servers()
    assert world.engines[HIGH].view().server.peers == 1
    world.feed(HIGH, Closed(world.dialed[-1], "cut"))
    assert world.engines[HIGH].view().server.peers == 0
    world.wake(4 * SECOND)
    assert len(world.dialed) == 3


def test_strangers_are_not_peers(world: World) -> None:
    """Whoever comes to the port for servers with an unknown key is hung up after the handshake."""
    world.nodes[50] = Node(CAROL, 50, LOW, 0)
    world.feed(LOW, Opened(50, PEER, SERVERS))
    world.push(LOW, 50)
    assert Close(50) in world.effects
    assert world.engines[LOW].view().server.peers == 0


def test_an_unreadable_message_ends_only_its_line(world: World) -> None:
    """A node that sends what is no message is hung up, and the others are served."""
    world.join(2, LOW)
    world.join(4, LOW)
    world.nodes[2].line.send(b"\xff" * 40, 0)
    world.push(LOW, 2)
    assert Close(2) in world.effects
    assert world.engines[LOW].view().server.clients == 1
    assert world.routes(4, LOW, 2, 4) == 0


def test_who_comes_back_is_taken(world: World) -> None:
    """R7: a node on a new connection is served there, and its old connection is closed."""
    world.join(2, LOW)
    old = world.nodes[2]
    NODES[8] = ALICE
    world.join(8, LOW)
    assert Close(2) in world.effects
    world.publish(8, LOW, 4)
    assert world.engines[LOW].view().server.records == 1
    (stated,) = world.engines[LOW].stated()
    assert (stated.node, stated.friend) == (ALICE.public_key, NODES[4].public_key)
    old.line.send(
        INDEX_CLIENT_TO_SERVER.encode(RequestRoutes(bytes(16), "FST", 1, bytes(32), bytes(32), None)), 0
    )
    world.push(LOW, 2)
    assert old.answers == []


def test_slow_nodes_are_not_read(world: World) -> None:
    """From a node that does not take its answers no further questions are read, until it has taken them."""
    world.join(2, LOW)
    world.feed(LOW, Congested(2))
    assert Pause(2) in world.effects
    world.feed(LOW, Drained(2))
    assert Resume(2) in world.effects


def test_all_hear_the_time(world: World) -> None:
    """Each second every node hears a new time hash."""
    heard: list[bytes] = []
    node = world.join(2, LOW)
    take = node.client.message

    def listen(message: object, now: int) -> list[ClientEffect]:
        if isinstance(message, TimeHash):
            heard.append(message.hash)
        return take(message, now)  # type: ignore[arg-type]

    node.client.message = listen  # type: ignore[method-assign, assignment]
    world.wake(5 * SECOND)
    assert len(set(heard)) == 5


def test_counters_are_told(world: World) -> None:
    """Every minute the engine tells its counters."""
    world.wake(COUNTERS_MS)
    told = [
        effect.detail for effect in world.effects if isinstance(effect, Tell) and effect.topic == "counters"
    ]
    assert len(told) == 2
    assert told[0].server.clients == 0


# Limits


def caller(number: int) -> str:
    """An address of its own for each."""
    return f"192.0.{number // 250}.{number % 250}:1"


def test_handshakes_are_bounded(world: World) -> None:
    """INDEX_HANDSHAKES_MAX for each of the two ports; one more takes the place of the longest silent."""
    for number in range(2 * INDEX_HANDSHAKES_MAX):
        world.feed(LOW, Opened(1000 + 2 * number, caller(number), CLIENTS))
    assert not any(isinstance(effect, Close) for effect in world.effects)
    world.join(2, LOW)
    assert [effect.conn for effect in world.effects if isinstance(effect, Close)] == [1000]
    assert world.engines[LOW].view().server.clients == 1


def test_clients_are_bounded() -> None:
    """The default is INDEX_CLIENTS_MAX; a node beyond the limit is hung up, and those who are there stay."""
    assert IndexEngine(LOW, SeededEntropy(1), {}, 0)._server._clients._clients_max == INDEX_CLIENTS_MAX
    world = World()
    world.engines[LOW] = IndexEngine(LOW, SeededEntropy(1), {}, 0, clients_max=2)
    world.take(LOW, world.engines[LOW].start(0))
    for conn in (2, 4, 6):
        world.join(conn, LOW)
    assert [effect.conn for effect in world.effects if isinstance(effect, Close)] == [6]
    assert world.engines[LOW].view().server.clients == 2
    assert world.routes(2, LOW, 2, 4) == 0
    world.feed(LOW, Closed(4, "gone"))
    world.join(6, LOW)
    assert world.engines[LOW].view().server.clients == 2


def test_a_crowded_address_gives_way(world: World) -> None:
    """The address of a connection counts: a node from another one gets a place, and the newest of the crowd goes."""
    world.engines[LOW] = IndexEngine(LOW, SeededEntropy(1), {}, 0, clients_max=2)
    world.take(LOW, world.engines[LOW].start(0))
    for conn, address in ((2, "192.0.2.1:1"), (4, "192.0.2.1:2"), (6, "192.0.2.2:1")):
        world.join(conn, LOW, address)
    assert [effect.conn for effect in world.effects if isinstance(effect, Close)] == [4]
    assert world.engines[LOW].view().server.clients == 2


def test_a_talkative_node_is_not_read_for_a_while(world: World) -> None:
    """A node that reports without end is paused, then read again; what it said before is taken in."""
    node = world.join(2, LOW)
    said = 0
    while Pause(2) not in world.effects:
        report = reported(node, "FST", said, INDEX_MUTATIONS_MAX)
        node.line.send(INDEX_CLIENT_TO_SERVER.encode(report), 0)
        world.push(LOW, 2)
        said += 1
    assert world.engines[LOW].view().server.reports == said
    assert said * INDEX_MUTATIONS_MAX <= 2 * INDEX_REPORTS_COST_BURST
    world.wake(10 * SECOND)
    assert Resume(2) in world.effects


def time_hash_of(node: Node) -> HashResult:
    """The newest time hash that a node has heard."""
    state = node.client._state
    assert isinstance(state, ClientConnected)
    return state.time_hash


def as_server(world: World) -> Line:
    """The line of the higher server, which the lower one trusts, spoken by hand."""
    world.nodes[50] = Node(HIGH, 50, LOW, 0)
    world.feed(LOW, Opened(50, PEER, SERVERS))
    world.push(LOW, 50)
    assert world.engines[LOW].view().server.peers == 1
    return world.nodes[50].line


def reported(node: Node, currency: str, counter: int, count: int = 1) -> MutationsUpdate:
    """A good report of Alice, who hears the same time as `node`."""
    mutations = (UpdateFriendCurrency(BOB.public_key, currency, 1, FREE),) * count
    update = MutationsUpdate(
        ALICE.public_key, mutations, time_hash_of(node), b"s" * 16, counter, bytes(16), b""
    )
    return msgspec.structs.replace(update, signature=ALICE.sign(mutations_update_buffer(update)))


def forwarded(node: Node, currency: str, count: int) -> bytes:
    """The same as another server passes it on."""
    return INDEX_SERVER_TO_SERVER.encode(ForwardMutationsUpdate(reported(node, currency, 0, count), ()))


def test_what_a_trusted_server_passes_on_is_skipped_and_its_line_stays(world: World) -> None:
    """A message longer than a frame, or with a currency of 17 bytes, is counted and skipped; the next one is read."""
    line = as_server(world)
    peer = world.nodes[50]
    too_long = forwarded(peer, "FST", 2 * FRAME_BYTES_MAX // 100)
    assert FRAME_BYTES_MAX < len(too_long) <= INDEX_SERVER_MESSAGE_BYTES_MAX
    for currency in ("seventeen letters", "sixteen letters!"):
        line.send(too_long, 0)
        line.send(forwarded(peer, currency, 1), 0)
    world.push(LOW, 50)
    view = world.engines[LOW].view().server
    assert (view.peers, view.messages_skipped, view.reports, view.records) == (1, 3, 1, 1)
    line.send(bytes(INDEX_SERVER_MESSAGE_BYTES_MAX + 1), 0)
    world.push(LOW, 50)
    assert world.engines[LOW].view().server.peers == 0, "beyond that the line ends"


def test_nonsense_of_a_trusted_server_ends_its_line(world: World) -> None:
    """A server that sends what is no message at all is hung up, as ever."""
    as_server(world).send(b"\xff" * 40, 0)
    world.push(LOW, 50)
    view = world.engines[LOW].view().server
    assert (view.peers, view.messages_skipped) == (0, 0)


def test_a_node_with_a_long_currency_name_stays(world: World) -> None:
    """A node may have a friend whose currency name the reference took: that is skipped, the rest is taken in."""
    node = world.join(2, LOW)
    for counter, currency in enumerate(("seventeen letters", "FST")):
        node.line.send(INDEX_CLIENT_TO_SERVER.encode(reported(node, currency, counter)), 0)
        world.push(LOW, 2)
    view = world.engines[LOW].view().server
    assert (view.clients, view.messages_skipped, view.records) == (1, 1, 1)
    ask = RequestRoutes(bytes(16), "seventeen letters", 5, ALICE.public_key, BOB.public_key, None)
    node.line.send(INDEX_CLIENT_TO_SERVER.encode(ask), 0)
    world.push(LOW, 2)
    view = world.engines[LOW].view().server
    assert (view.clients, view.messages_skipped, view.requests) == (1, 2, 0)


def test_what_follows_nonsense_is_not_read(world: World) -> None:
    """A message behind an unreadable one, in one piece with it, is not answered: the node is gone by then."""
    node = world.join(2, LOW)
    ask = RequestRoutes(bytes(16), "FST", 1, bytes(32), bytes(32), None)
    for message in (b"\xff" * 40, INDEX_CLIENT_TO_SERVER.encode(ask)):
        node.line.send(message, 0)
    world.push(LOW, 2)
    assert world.engines[LOW].view().server.requests == 0
    assert world.engines[LOW].view().server.clients == 0


def test_slow_servers_are_read_all_the_same(world: World) -> None:
    """A server that does not keep up is not paused: it gets no reports for a while, its own are heard."""
    world.join_servers()
    world.feed(LOW, Congested(JOINT))
    world.feed(LOW, Drained(JOINT))
    assert not any(isinstance(effect, Pause | Resume) for effect in world.effects)
