"""A node and its index server: what it publishes, what it asks, and what becomes of a server that talks nonsense."""

from __future__ import annotations

from typing import Any

import pytest

from offset.base.credits import Rate
from offset.base.entropy import SeededEntropy
from offset.base.limits import INDEX_SERVERS_MAX
from offset.core.funder.records import WithdrawnKey
from offset.engine.index import CLIENTS, IndexEngine
from offset.engine.lines import LineMessage
from offset.engine.node import NodeEngine
from offset.engine.surface import Congested, Drained, NetworkChanged, Tell, Woken
from offset.wire.app import (
    APP_TO_APP_SERVER,
    AddIndexServer,
    AppToAppServer,
    ClientResponseRoutes,
    CommitInvoice,
    Complete,
    CreatePayment,
    CreateTransaction,
    DisableFriend,
    EnableFriend,
    OpenFriendCurrency,
    PaymentStatusSuccess,
    RemoveFriend,
    RemoveIndexServer,
    RemoveRelay,
    RequestClosePayment,
    SetFriendCurrencyMaxDebt,
    SetFriendCurrencyRate,
)
from offset.wire.common import NamedIndexServerAddress
from offset.wire.extension import Extra
from offset.wire.index import MultiRoute, RequestRoutes
from support.engines import Host, identity_of
from support.nodes import CURRENCY, Town

SERVER = identity_of("index")
ADDRESS = NamedIndexServerAddress(SERVER.public_key, "index:1", "index")


REQUEST = APP_TO_APP_SERVER.encode(AppToAppServer(bytes(16), RequestClosePayment(bytes(16))))


class IndexTown(Town):
    """The town with an index server that all its nodes use."""

    def __init__(self, names: str) -> None:
        super().__init__(names)
        self.start_index()
        for name in names:
            self.apps[name].ask(AddIndexServer(ADDRESS))
        self.world.run(lambda: all(self.server_of(name) == SERVER.public_key for name in names))
        self.world.pass_ms(1000)

    def start_index(self) -> None:
        engine = IndexEngine(SERVER, SeededEntropy("index"), {}, self.world.now)
        self.world.add("index", engine, **{CLIENTS: "index:1"})

    def engine(self, name: str) -> NodeEngine:
        engine = self.host(name).engine
        assert isinstance(engine, NodeEngine)
        return engine

    def server_of(self, name: str) -> bytes | None:
        """The server that a node uses now."""
        return self.engine(name)._index.connected_server

    def ask_routes(self, name: str, to: str, amount: int) -> tuple[MultiRoute, ...] | None:
        """What an app hears that asks for routes."""
        app = self.apps[name]
        request_id = app.entropy.bytes(16)
        app.ask(RequestRoutes(request_id, CURRENCY, amount, self.key(name), self.key(to), None))

        def answers() -> list[ClientResponseRoutes]:
            return [m for m in app.heard(ClientResponseRoutes) if m.request_id == request_id]

        self.world.run(lambda: bool(answers()))
        return answers()[0].result

    def told(self, name: str) -> list[Tell]:
        return self.host(name).told


@pytest.fixture
def town() -> IndexTown:
    return IndexTown("abc")


def test_a_payment_over_a_route_that_was_searched(town: IndexTown) -> None:
    """What the nodes publish is found by the payer, and a payment over it arrives."""
    routes = town.ask_routes("a", "c", 10)
    assert routes
    (found,) = routes[0].routes
    assert found.route.public_keys == tuple(town.key(name) for name in "abc")
    assert found.rate == Rate(0, 1)
    invoice_id, app = town.invoice("c", 10), town.apps["a"]
    payment_id, request_id = app.entropy.bytes(16), app.entropy.bytes(16)
    app.post(CreatePayment(payment_id, invoice_id, CURRENCY, 10, town.key("c")))
    app.post(CreateTransaction(payment_id, request_id, found.route, 10, found.rate.fee(10)))
    app.post(RequestClosePayment(payment_id))
    result = town.result("a", request_id).result
    assert isinstance(result, Complete)
    town.apps["c"].ask(CommitInvoice(result.commit))
    assert isinstance(town.ending("a", payment_id).status, PaymentStatusSuccess)


def test_d30_changes_are_published(town: IndexTown) -> None:
    """A new rate is what the next search finds, and a capacity that a payment used up is gone."""
    town.apps["b"].ask(SetFriendCurrencyRate(town.key("a"), CURRENCY, Rate(0, 7)))
    town.world.pass_ms(1000)
    routes = town.ask_routes("a", "c", 10)
    assert routes
    assert routes[0].routes[0].rate == Rate(0, 7)
    town.pay("abc", 900, 7)
    town.world.pass_ms(1000)
    assert town.ask_routes("a", "c", 200) == ()
    assert town.ask_routes("c", "a", 1000) != ()


def test_an_index_server_that_is_removed_is_left(town: IndexTown) -> None:
    """The session ends, searches fail at once, and the log says when there was nothing to remove."""
    for _ in range(2):
        town.apps["a"].ask(RemoveIndexServer(SERVER.public_key))
    assert town.server_of("a") is None
    assert town.ask_routes("a", "c", 10) is None
    assert [tell.topic for tell in town.told("a")] == ["refused"]
    assert town.ask_routes("b", "c", 10), "the others go on"


def test_too_many_index_servers_are_refused_in_a_sentence(town: IndexTown) -> None:
    """INDEX_SERVERS_MAX are taken; one more is not, and its app and the log hear why."""
    for number in range(1, INDEX_SERVERS_MAX + 1):
        server = NamedIndexServerAddress(number.to_bytes(32, "big"), "index:2", str(number))
        changed = town.apps["a"].ask(AddIndexServer(server))
        assert len(changed.mutations) == (1 if number < INDEX_SERVERS_MAX else 0)
    assert len(town.engine("a")._index.servers) == INDEX_SERVERS_MAX
    why = "there are 64 index servers already; remove one first"
    assert changed.opt_extra == Extra(refusal=why)
    assert town.told("a") == [Tell("refused", f"AddIndexServer: {why}")]


def test_servers_are_kept_over_a_restart(town: IndexTown) -> None:
    """The list of index servers is durable."""
    town.crash("a")
    town.world.run(lambda: town.server_of("a") == SERVER.public_key)


def test_an_index_server_that_restarts_is_used_again(town: IndexTown) -> None:
    """All nodes notice that it is gone, come back, and say everything again."""
    town.world.hosts["index"].die()
    town.world.run(lambda: town.server_of("a") is None)
    assert town.ask_routes("a", "c", 10) is None
    town.start_index()
    town.world.run(lambda: all(town.server_of(name) == SERVER.public_key for name in "abc"), 200_000)
    town.world.pass_ms(5000)
    assert town.ask_routes("a", "c", 10)


def say(town: IndexTown, name: str, conn: int, *messages: bytes) -> None:
    """Let a node hear messages on one of its lines, in one piece."""
    engine = town.engine(name)
    with pytest.MonkeyPatch.context() as patch:
        heard = [LineMessage(conn, message) for message in messages]
        patch.setattr(engine._lines, "handle", lambda event, now: heard)
        effects = engine.handle(Woken(), town.world.now)
    town.host(name).carry_out(effects)


def known(town: IndexTown, name: str) -> set[bytes]:
    """The friends that the index server has heard of from a node, and believes."""
    engine = town.world.hosts["index"].engine
    assert isinstance(engine, IndexEngine)
    return {item.friend for item in engine.stated() if item.node == town.key(name)}


def withdrawn(town: IndexTown, name: str) -> list[object]:
    """What the store of a node remembers for index servers."""
    return [key for key in town.host(name).rows if isinstance(key, WithdrawnKey)]


def test_a_friend_that_is_removed_right_before_a_death_is_taken_back(town: IndexTown) -> None:
    """A node that dies before it has told its index server does so in its next life; then the store forgets it."""
    a, c = town.key("a"), town.key("c")
    assert known(town, "b") == {a, c}
    engine = town.engine("b")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine._index, "set_published", lambda changes, now: [])
        town.apps["b"].ask(RemoveFriend(c))
    assert withdrawn(town, "b") == [WithdrawnKey(c, CURRENCY)]
    town.crash("b")
    town.world.run(lambda: town.server_of("b") == SERVER.public_key)
    assert c in known(town, "b")
    town.world.run(lambda: known(town, "b") == {a}, 10_000)
    town.world.run(lambda: not withdrawn(town, "b"), 200_000)
    assert known(town, "b") == {a}


def test_a_friend_that_is_away_after_a_start_is_taken_back(town: IndexTown) -> None:
    """What a former life published of a friend that is not there any more is not believed until it is too old."""
    a, c = town.key("a"), town.key("c")
    town.world.hosts["c"].die()
    town.crash("b")
    town.world.run(lambda: town.server_of("b") == SERVER.public_key)
    assert c in known(town, "b")
    town.world.run(lambda: known(town, "b") == {a}, 10_000)


def test_a_friend_that_is_removed_leaves_nothing_behind(town: IndexTown) -> None:
    """In a life without a death the pair is taken back at once, and its row goes when it was said often enough."""
    town.apps["b"].ask(RemoveFriend(town.key("c")))
    town.world.run(lambda: known(town, "b") == {town.key("a")}, 2000)
    assert withdrawn(town, "b")
    town.world.run(lambda: not withdrawn(town, "b"), 200_000)


def index_lines(town: IndexTown) -> int:
    """How many lines of nodes the index server has."""
    engine = town.world.hosts["index"].engine
    assert isinstance(engine, IndexEngine)
    return engine.view().lines.open


def test_w34_a_changed_network_opens_a_second_session(town: IndexTown) -> None:
    """A session that goes on in silence is replaced at once, not after its silence has lasted; one line is left."""
    host = town.host("a")
    conn = town.engine("a")._index_conn
    assert conn is not None
    needed = town.engine("a").view().lines_needed
    # Whatever is on the way over the old network is lost, and no end tells it.
    del host.pipes[conn]
    host.feed(NetworkChanged())
    town.world.pass_ms(1000)
    assert town.server_of("a") == SERVER.public_key
    assert town.engine("a")._index_conn not in (None, conn)
    assert town.engine("a").view().lines_needed == needed, "one index server, as before"
    assert town.ask_routes("a", "c", 10)


def test_w34_an_index_server_that_cannot_be_reached_anew_is_kept(town: IndexTown) -> None:
    """When the second connection fails the first one is used as ever."""
    conn = town.engine("a")._index_conn
    listener = town.world.listeners.pop("index:1")
    town.host("a").feed(NetworkChanged())
    town.world.pass_ms(1000)
    assert town.engine("a")._index_conn == conn
    assert town.ask_routes("a", "c", 10)
    town.world.listeners["index:1"] = listener
    assert index_lines(town) == 3


def test_a_second_index_server_that_talks_nonsense_is_left(town: IndexTown) -> None:
    """Nonsense on the second connection ends that one only."""
    engine = town.engine("a")
    conn = engine._index_conn
    town.host("a").feed(NetworkChanged())
    fresh = engine._fresh_index_conn
    assert fresh is not None
    town.world.run(lambda: engine._lines.is_open(fresh))
    if engine._fresh_index_conn is not None:
        say(town, "a", fresh, b"\xff" * 9)
        assert engine._fresh_index_conn is None
        assert engine._index_conn == conn
    town.world.run(lambda: town.server_of("a") == SERVER.public_key)


def test_nonsense_of_an_index_server_ends_its_session_only(town: IndexTown) -> None:
    """The server is left and dialed again after a pause; friends and payments are not touched."""
    conn = town.engine("a")._index_conn
    assert conn is not None
    say(town, "a", conn, b"\xff" * 9, REQUEST)
    assert town.server_of("a") is None
    assert isinstance(town.pay("abc", 5, 1).status, PaymentStatusSuccess)
    town.world.run(lambda: town.server_of("a") == SERVER.public_key)


def test_w4_nonsense_of_a_relay_ends_its_line_only(town: IndexTown) -> None:
    """Nonsense of a relay, and the words of an app behind it in one piece: that line is over, friends meet again."""
    for conn in list(town.engine("a")._relay_conns):
        say(town, "a", conn, b"\xff" * 9, REQUEST)
    town.world.run(lambda: town.friend("a", "b").is_online and town.friend("b", "a").is_online, 100_000)
    town.world.run(lambda: town.friend("b", "c").is_online, 100_000)
    assert isinstance(town.pay("abc", 5, 1).status, PaymentStatusSuccess)


def test_a_friend_that_is_disabled_is_left_and_may_come_back(town: IndexTown) -> None:
    """Its line is closed at both ends; enabled again, and even removed and added again, it is met again."""
    b = town.key("b")
    town.apps["a"].ask(DisableFriend(b))
    town.world.run(lambda: not town.friend("b", "a").is_online)
    town.apps["a"].ask(EnableFriend(b))
    town.world.run(lambda: town.friend("a", "b").is_online and town.friend("b", "a").is_online, 100_000)
    assert isinstance(town.pay("abc", 5, 1).status, PaymentStatusSuccess)
    town.apps["a"].ask(RemoveRelay(town.relay.public_key))
    town.apps["a"].ask(RemoveFriend(b))
    town.world.run(lambda: not town.friend("b", "a").is_online)
    assert town.engine("a")._relay_conns == {}


def test_an_unreadable_message_of_a_friend_is_skipped(town: IndexTown) -> None:
    """As the reference does, and the log names it; the channel goes on (spec 01, 2.7)."""
    engine = town.engine("a")
    engine._take_friend(town.key("b"), b"\xff" * 9)
    town.host("a").carry_out(engine._take_effects())
    (tell,) = town.told("a")
    assert tell.topic == "friend"
    assert isinstance(town.pay("abc", 5, 1).status, PaymentStatusSuccess)


def test_a_line_to_a_relay_that_is_congested(town: IndexTown) -> None:
    """While a relay takes nothing the newest message waits, and it arrives when there is room again."""

    def feed(event: Any) -> None:
        host: Host = town.host("a")
        for conn in list(town.engine("a")._relay_conns):
            host.feed(event(conn))

    feed(Congested)
    payment = town.send("abc", town.invoice("c", 5), 5, 1)
    town.world.pass_ms(5000)
    assert town.balance("b", "a") == (0, 0, 0)
    feed(Drained)
    assert isinstance(town.result("a", payment[1]).result, Complete)


def test_only_what_changed_is_published(town: IndexTown) -> None:
    """With two currencies, a new rate in one of them is told of that one only."""
    for name, other in ("ab", "ba"):
        for request in (
            SetFriendCurrencyMaxDebt(town.key(other), "EUR", 10),
            OpenFriendCurrency(town.key(other), "EUR"),
        ):
            town.apps[name].ask(request)
    town.world.run(lambda: town.friend("a", "b").is_ready("EUR") and town.friend("b", "a").is_ready("EUR"))
    town.world.pass_ms(1000)
    told: list[Any] = []
    engine = town.engine("a")
    publish = engine._index.set_published
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            engine._index, "set_published", lambda changes, now: told.append(changes) or publish(changes, now)
        )
        town.apps["a"].ask(SetFriendCurrencyRate(town.key("b"), CURRENCY, Rate(0, 7)))
    assert [list(changes) for changes in told] == [[(town.key("b"), CURRENCY)]]


def test_an_app_that_is_slow_is_no_relay(town: IndexTown) -> None:
    """Only towards relays the node waits; what an app does not take the driver bounds."""
    host = town.host("a")
    (conn,) = town.engine("a")._apps._registered
    for event in (Congested(conn), Drained(conn)):
        assert host.engine.handle(event, town.world.now) == []
