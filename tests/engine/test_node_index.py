"""A node and its index server: what it publishes, what it asks, and what becomes of a server that talks nonsense."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest

from offset.base.credits import Rate
from offset.base.limits import INDEX_SERVERS_MAX
from offset.core.funder.records import WithdrawnKey
from offset.engine.index import CLIENTS, IndexEngine
from offset.engine.line_events import LineMessage
from offset.engine.surface import Congested, Drained, NetworkChanged, Tell, Woken
from offset.sim.physics.disk import Rows
from offset.testing import CURRENCY
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
from support.nodes import Town

REQUEST = APP_TO_APP_SERVER.encode(AppToAppServer(bytes(16), RequestClosePayment(bytes(16))))


class IndexTown(Town):
    """The town with an index server that all its nodes use."""

    def __init__(self, names: str) -> None:
        self.tells: defaultdict[str, list[Tell]] = defaultdict(list)
        super().__init__(names, has_index=True)

    def start_node(self, name: str, rows: Rows | None = None, *, is_restored: bool = False) -> None:
        super().start_node(name, rows, is_restored=is_restored)
        self.host(name).on_tell = self.tells[name].append

    def has_server(self, name: str) -> bool:
        """Whether a node uses the index server."""
        return self.server_of(name) == self.index.public_key

    def server_of(self, name: str) -> bytes | None:
        """The server that a node uses now."""
        return self.engine(name)._index.connected_server

    def ask_routes(self, name: str, to: str, amount: int) -> tuple[MultiRoute, ...] | None:
        """What an app hears that asks for routes."""
        app = self.apps[name]
        request_id = app.entropy.bytes(16)
        app.ask(RequestRoutes(request_id, CURRENCY, amount, self.key(name), self.key(to), None))
        return app.wait_for(ClientResponseRoutes, lambda told: told.request_id == request_id).result


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
    town.world.run_for(1000)
    routes = town.ask_routes("a", "c", 10)
    assert routes
    assert routes[0].routes[0].rate == Rate(0, 7)
    town.pay("abc", 900, 7)
    town.world.run_for(1000)
    assert town.ask_routes("a", "c", 200) == ()
    assert town.ask_routes("c", "a", 1000) != ()


def test_an_index_server_that_is_removed_is_left(town: IndexTown) -> None:
    """The session ends, searches fail at once, and the log says when there was nothing to remove."""
    for _ in range(2):
        town.apps["a"].ask(RemoveIndexServer(town.index.public_key))
    assert town.server_of("a") is None
    assert town.ask_routes("a", "c", 10) is None
    assert [tell.topic for tell in town.tells["a"]] == ["refused"]
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
    assert town.tells["a"] == [Tell("refused", f"AddIndexServer: {why}")]


def test_servers_are_kept_over_a_restart(town: IndexTown) -> None:
    """The list of index servers is durable."""
    town.crash("a")
    town.world.run_until(lambda: town.has_server("a"))


def test_an_index_server_that_restarts_is_used_again(town: IndexTown) -> None:
    """All nodes notice that it is gone, come back, and say everything again."""
    town.world.kill("index")
    town.world.run_until(lambda: town.server_of("a") is None)
    assert town.ask_routes("a", "c", 10) is None
    town.start_index()
    town.world.run_until(lambda: all(town.has_server(name) for name in "abc"), 200_000)
    town.world.run_for(5000)
    assert town.ask_routes("a", "c", 10)


def say(town: IndexTown, name: str, conn: int, *messages: bytes) -> None:
    """Let a node hear messages on one of its lines, in one piece."""
    engine = town.engine(name)
    lines = engine._loop.lines
    with pytest.MonkeyPatch.context() as patch:
        heard = [LineMessage(conn, message, lines._entries[conn].owner) for message in messages]
        patch.setattr(lines, "handle", lambda event, now: heard)
        effects = engine.handle(Woken(), town.host(name).clock.now())
    town.carry_out(name, effects)


def known(town: IndexTown, name: str) -> set[bytes]:
    """The friends that the index server has heard of from a node, and believes."""
    engine = town.world.hosts["index"].engine
    assert isinstance(engine, IndexEngine)
    return {item.friend for item in engine.stated() if item.node == town.key(name)}


def withdrawn(town: IndexTown, name: str) -> list[object]:
    """What the store of a node remembers for index servers."""
    return [key for key in town.rows(name) if isinstance(key, WithdrawnKey)]


def test_a_friend_that_is_removed_right_before_a_death_is_taken_back(town: IndexTown) -> None:
    """A node that dies before it has told its index server does so in its next life; then the store forgets it."""
    a, c = town.key("a"), town.key("c")
    assert known(town, "b") == {a, c}
    engine = town.engine("b")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine._index, "publish", lambda changes: None)
        town.apps["b"].ask(RemoveFriend(c))
    assert withdrawn(town, "b") == [WithdrawnKey(c, CURRENCY)]
    town.crash("b")
    town.world.run_until(lambda: town.has_server("b"))
    assert c in known(town, "b")
    town.world.run_until(lambda: known(town, "b") == {a}, 10_000)
    town.world.run_until(lambda: not withdrawn(town, "b"), 200_000)
    assert known(town, "b") == {a}


def test_a_friend_that_is_away_after_a_start_is_taken_back(town: IndexTown) -> None:
    """What a former life published of a friend that is not there any more is not believed until it is too old."""
    a, c = town.key("a"), town.key("c")
    town.stop("c")
    town.crash("b")
    town.world.run_until(lambda: town.has_server("b"))
    assert c in known(town, "b")
    town.world.run_until(lambda: known(town, "b") == {a}, 10_000)


def test_a_friend_that_is_removed_leaves_nothing_behind(town: IndexTown) -> None:
    """In a life without a death the pair is taken back at once, and its row goes when it was said often enough."""
    town.apps["b"].ask(RemoveFriend(town.key("c")))
    town.world.run_until(lambda: known(town, "b") == {town.key("a")}, 2000)
    assert withdrawn(town, "b")
    town.world.run_until(lambda: not withdrawn(town, "b"), 200_000)


def index_lines(town: IndexTown) -> int:
    """How many lines of nodes the index server has."""
    engine = town.world.hosts["index"].engine
    assert isinstance(engine, IndexEngine)
    return engine.view().lines.open


def test_w34_a_changed_network_opens_a_second_session(town: IndexTown) -> None:
    """A session that goes on in silence is replaced at once, not after its silence has lasted; one line is left."""
    host = town.host("a")
    conn = town.engine("a")._index._conn
    assert conn is not None
    # Whatever is on the way over the old network is lost, and no end tells it.
    town.world.network.fall_silent(host.ends[conn])
    host.feed(NetworkChanged())
    town.world.run_for(1000)
    assert town.has_server("a")
    assert town.engine("a")._index._conn not in (None, conn)
    assert len(town.engine("a")._index.conns) == 1
    assert town.ask_routes("a", "c", 10)


def test_w34_an_index_server_that_cannot_be_reached_anew_is_kept(town: IndexTown) -> None:
    """When the second connection fails the first one is used as ever."""
    conn = town.engine("a")._index._conn
    (address,) = [
        address
        for address, (host, name) in town.world.network.listeners.items()
        if host is town.world.hosts["index"] and name == CLIENTS
    ]
    listener = town.world.network.listeners.pop(address)
    town.host("a").feed(NetworkChanged())
    town.world.run_for(1000)
    assert town.engine("a")._index._conn == conn
    assert town.ask_routes("a", "c", 10)
    town.world.network.listeners[address] = listener
    assert index_lines(town) == 3


def test_a_second_index_server_that_talks_nonsense_is_left(town: IndexTown) -> None:
    """Nonsense on the second connection ends that one only."""
    engine = town.engine("a")
    conn = engine._index._conn
    town.host("a").feed(NetworkChanged())
    fresh = engine._index._fresh
    assert fresh is not None
    town.world.run_until(lambda: engine._loop.lines.is_open(fresh))
    if engine._index._fresh is not None:
        say(town, "a", fresh, b"\xff" * 9)
        assert engine._index._fresh is None
        assert engine._index._conn == conn
    town.world.run_until(lambda: town.has_server("a"))


def test_nonsense_of_an_index_server_ends_its_session_only(town: IndexTown) -> None:
    """The server is left and dialed again after a pause; friends and payments are not touched."""
    conn = town.engine("a")._index._conn
    assert conn is not None
    say(town, "a", conn, b"\xff" * 9, REQUEST)
    assert town.server_of("a") is None
    assert isinstance(town.pay("abc", 5, 1).status, PaymentStatusSuccess)
    town.world.run_until(lambda: town.has_server("a"))


def test_w4_nonsense_of_a_relay_ends_its_line_only(town: IndexTown) -> None:
    """Nonsense of a relay, and the words of an app behind it in one piece: that line is over, friends meet again."""
    for conn in list(town.engine("a")._channeler._conns.values()):
        say(town, "a", conn, b"\xff" * 9, REQUEST)
    town.world.run_until(lambda: town.friend("a", "b").is_online and town.friend("b", "a").is_online, 100_000)
    town.world.run_until(lambda: town.friend("b", "c").is_online, 100_000)
    assert isinstance(town.pay("abc", 5, 1).status, PaymentStatusSuccess)


def test_a_friend_that_is_disabled_is_left_and_may_come_back(town: IndexTown) -> None:
    """Its line is closed at both ends; enabled again, and even removed and added again, it is met again."""
    b = town.key("b")
    town.apps["a"].ask(DisableFriend(b))
    town.world.run_until(lambda: not town.friend("b", "a").is_online)
    town.apps["a"].ask(EnableFriend(b))
    town.world.run_until(lambda: town.friend("a", "b").is_online and town.friend("b", "a").is_online, 100_000)
    assert isinstance(town.pay("abc", 5, 1).status, PaymentStatusSuccess)
    town.apps["a"].ask(RemoveRelay(town.relay.public_key))
    town.apps["a"].ask(RemoveFriend(b))
    town.world.run_until(lambda: not town.friend("b", "a").is_online)
    assert len(town.engine("a")._channeler) == 0


def test_an_unreadable_message_of_a_friend_is_skipped(town: IndexTown) -> None:
    """As the reference does, and the log names it; the channel goes on (spec 01, 2.7)."""
    engine = town.engine("a")
    engine._take_friend(town.key("b"), b"\xff" * 9)
    town.carry_out("a", engine._loop.take_effects())
    (tell,) = town.tells["a"]
    assert tell.topic == "friend"
    assert isinstance(town.pay("abc", 5, 1).status, PaymentStatusSuccess)


def test_a_line_to_a_relay_that_is_congested(town: IndexTown) -> None:
    """While a relay takes nothing the newest message waits, and it arrives when there is room again."""

    def feed(event: Any) -> None:
        for conn in list(town.engine("a")._channeler._conns.values()):
            town.host("a").feed(event(conn))

    feed(Congested)
    payment = town.send("abc", town.invoice("c", 5), 5, 1)
    town.world.run_for(5000)
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
    town.world.run_until(
        lambda: town.friend("a", "b").is_ready("EUR") and town.friend("b", "a").is_ready("EUR")
    )
    town.world.run_for(1000)
    told: list[Any] = []
    engine = town.engine("a")
    client = engine._index._client
    publish = client.set_published
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            client, "set_published", lambda changes, now: told.append(changes) or publish(changes, now)
        )
        town.apps["a"].ask(SetFriendCurrencyRate(town.key("b"), CURRENCY, Rate(0, 7)))
    assert [list(changes) for changes in told] == [[(town.key("b"), CURRENCY)]]


def test_an_app_that_is_slow_is_no_relay(town: IndexTown) -> None:
    """Only towards relays the node waits; what an app does not take the driver bounds."""
    host = town.host("a")
    (conn,) = town.engine("a")._apps._registered
    for event in (Congested(conn), Drained(conn)):
        assert host.engine.handle(event, host.clock.now()) == []
