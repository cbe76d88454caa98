"""The engine of a node, with apps, friends and a relay around it."""

from __future__ import annotations

import pytest

from offset.base.entropy import SeededEntropy
from offset.base.limits import KEEPALIVE_SEND_MS
from offset.core.funder.records import RelaysKey
from offset.engine.line_events import LineMessage
from offset.engine.node import APPS, NodeEngine
from offset.engine.surface import Dial, Effect, NetworkChanged, Woken
from offset.sim.physics.host import Host
from offset.testing import ALL, CURRENCY, CalmWorld, VirtualApp, identity
from offset.wire.app import (
    FAILURE,
    AckClosePayment,
    AddFriend,
    AddIndexServer,
    AddInvoice,
    AddRelay,
    AppPermissions,
    ClientResponseRoutes,
    CommitInvoice,
    Complete,
    EnableFriend,
    PaymentStatusCanceled,
    PaymentStatusNotFound,
    PaymentStatusSuccess,
    RequestClosePayment,
    ResponseClosePayment,
    SetFriendName,
)
from offset.wire.common import NamedIndexServerAddress, NamedRelayAddress, RelayAddress
from offset.wire.friend import CurrencyBalance
from offset.wire.index import RequestRoutes
from offset.wire.signing import verify_receipt
from support.nodes import Town


@pytest.fixture
def town() -> Town:
    """Three nodes in a row, with a limit of 1000 and a rate of 1."""
    return Town("abc")


def test_a_payment_moves_the_balances_of_every_hop_and_leaves_nothing_frozen(town: Town) -> None:
    """A pays 10 to C through B: A owes B 11, B owes C 10, B keeps 1, the sum is 0, and the receipt is good."""
    ending = town.pay("abc", 10, 1)
    assert isinstance(ending.status, PaymentStatusSuccess)
    assert verify_receipt(ending.status.receipt, town.key("c"))
    town.apps["a"].ask(AckClosePayment(ending.payment_id, ending.status.ack_uid))
    town.world.run_for(1000)
    assert town.balance("a", "b") == (-11, 0, 0)
    assert town.balance("b", "a") == (11, 0, 0)
    assert town.balance("b", "c") == (-10, 0, 0)
    assert town.balance("c", "b") == (10, 0, 0)


def test_too_small_a_fee_is_cancelled_by_the_mediator(town: Town) -> None:
    """A mediator that gets less than its rate cancels, and all credits are free again."""
    payment_id, request_id = town.send("abc", town.invoice("c", 10), 10, 0)
    assert town.result("a", request_id).result == FAILURE
    assert isinstance(town.ending("a", payment_id).status, PaymentStatusCanceled)
    town.world.run_for(1000)
    assert town.balance("a", "b") == (0, 0, 0)


def test_an_amount_over_the_limit_is_cancelled(town: Town) -> None:
    """A request that would exceed the friend's credit comes back as a failure."""
    _, request_id = town.send("abc", town.invoice("c", 2000), 2000, 1)
    assert town.result("a", request_id).result == FAILURE


def test_a_relay_that_restarts_brings_the_friends_together_again(town: Town) -> None:
    """When the relay dies both sides notice, and meet again once it is back."""
    town.world.kill("relay")
    town.world.run_until(lambda: not town.friend("a", "b").is_online)
    town.start_relay()
    town.world.run_until(lambda: town.friend("a", "b").is_online and town.friend("b", "a").is_online, 400_000)
    town.world.run_until(lambda: town.friend("b", "c").is_online and town.friend("c", "b").is_online, 400_000)
    assert isinstance(town.pay("abc", 5, 1).status, PaymentStatusSuccess)


def test_nothing_is_said_before_it_is_durable(town: Town) -> None:
    """A step whose commit never ends is not shown to anybody: a crash forgets it everywhere (I13)."""
    town.world.run_for(2000)  # so that nothing is left to tell
    disk = town.host("a").disk
    assert disk is not None
    disk.hold()
    before = len(town.apps["a"].news)
    town.apps["a"].post(SetFriendName(town.key("b"), "another name"))
    town.world.run_for(2000)
    assert len(town.apps["a"].news) == before
    town.crash("a")
    assert town.friend("a", "b").name == "b"


# Apps


def test_05_d5_an_app_without_permission_loses_its_line_and_nothing_else(town: Town) -> None:
    """The reference dies of such a request; here only that app is gone (D-5)."""
    town.trusted = AppPermissions(routes=False, buyer=True, seller=False, config=False)
    app = town.add_app("a", "weak")
    app.wait_ready()
    app.post(AddInvoice(bytes(32), CURRENCY, 1))
    town.world.run_until(app.is_over)
    assert isinstance(town.pay("abc", 5, 1).status, PaymentStatusSuccess)


def test_an_unknown_app_is_dropped_without_a_word(town: Town) -> None:
    """Nobody who is not trusted hears anything."""
    town.trusted = None  # type: ignore[assignment]
    app = town.add_app("a", "stranger")
    town.world.run_until(app.is_over)
    town.trusted = ALL
    assert len(app.news) == 1


def test_05_d10_an_app_that_dies_before_its_report_does_no_harm(town: Town) -> None:
    """The reference stops when an app dies between permissions and report (D-10)."""
    for span in range(8):
        app = town.add_app("a", f"hasty {span}")
        town.world.run_for(span)
        app.host.die("killed")
    town.world.run_for(100)
    assert isinstance(town.pay("abc", 5, 1).status, PaymentStatusSuccess)


def test_garbage_of_an_app_closes_its_line_only(town: Town) -> None:
    """An unreadable request ends the line of that app."""
    engine = town.host("a").engine
    assert isinstance(engine, NodeEngine)
    app = town.add_app("a", "garbage")
    app.wait_ready()
    conn = list(engine._apps._registered)[-1]
    engine._app_lines.take(LineMessage(conn, b"\xff\xff", engine._app_lines.take))
    town.carry_out("a", engine._loop.take_effects())
    town.world.run_until(app.is_over)
    assert isinstance(town.pay("abc", 5, 1).status, PaymentStatusSuccess)


def test_05_d7_everybody_who_asks_how_a_payment_ended_is_told(town: Town) -> None:
    """Two apps that ask for the same payment both get the answer (D-7)."""
    second = town.add_app("a", "second")
    second.wait_ready()
    payment_id, request_id = town.send("abc", town.invoice("c", 10), 10, 1)
    result = town.result("a", request_id).result
    second.ask(RequestClosePayment(payment_id))
    assert isinstance(result, Complete)
    town.apps["c"].ask(CommitInvoice(result.commit))
    town.ending("a", payment_id)
    town.world.run_until(lambda: bool(second.heard(ResponseClosePayment)))
    assert isinstance(second.heard(ResponseClosePayment)[0].status, PaymentStatusSuccess)


def test_an_unknown_payment_is_not_found(town: Town) -> None:
    """Closing a payment that never was gets an answer at once."""
    app = town.apps["a"]
    app.ask(RequestClosePayment(bytes(16)))
    assert isinstance(town.ending("a", bytes(16)).status, PaymentStatusNotFound)


def test_routes_without_an_index_server_fail_at_once(town: Town) -> None:
    """Without a connected index server the answer is a failure, not silence (D-13)."""
    app = town.apps["a"]
    app.ask(RequestRoutes(bytes(16), CURRENCY, 1, town.key("a"), town.key("c"), None))
    town.world.run_until(lambda: bool(app.heard(ClientResponseRoutes)))
    assert app.heard(ClientResponseRoutes)[0].result is None


def test_03_d33_a_node_cannot_be_its_own_friend(town: Town) -> None:
    """Adding the own key is refused."""
    town.apps["a"].ask(AddFriend(town.key("a"), (), "me"))
    engine = town.host("a").engine
    assert isinstance(engine, NodeEngine)
    assert town.key("a") not in engine._funder.state.friends


def test_a_lost_database_comes_back_from_the_friend(town: Town) -> None:
    """A node that lost its rows but kept its identity gets its balance back by accepting its friend's terms."""
    from offset.wire.app import EnableFriend, ResetFriendChannel
    from offset.wire.common import RelayAddress

    town.pay("abc", 10, 1)
    town.world.run_for(1000)
    town.stop("a")
    town.start("a", {RelaysKey(): town.rows("a")[RelaysKey()]})
    app = town.apps["a"]
    app.ask(AddFriend(town.key("b"), (RelayAddress(town.relay.public_key, "relay:1"),), "b"))
    app.ask(EnableFriend(town.key("b")))
    town.world.run_until(lambda: town.friend("a", "b").channel.remote_terms is not None, 200_000)
    terms = town.friend("a", "b").channel.remote_terms
    assert terms is not None
    assert terms.balance_for_reset == (CurrencyBalance(CURRENCY, 11),)
    app.ask(ResetFriendChannel(town.key("b"), terms.reset_token))
    town.world.run_until(lambda: town.friend("b", "a").channel.is_consistent)
    town.world.run_for(2000)
    assert town.balance("a", "b") == (-11, 0, 0)
    assert town.balance("b", "a") == (11, 0, 0)


def test_a_woken_engine_with_nothing_to_do_does_nothing(town: Town) -> None:
    """Waking is always allowed."""
    assert town.host("a").engine.handle(Woken(), town.host("a").clock.now()) == []


def test_identities_of_the_test_world_do_not_change() -> None:
    """The same name gives the same key, so failures can be repeated."""
    assert identity("a").public_key == identity("a").public_key


def test_an_app_whose_ticket_is_removed_loses_its_line(town: Town) -> None:
    """Revoking is taking the file away: the app is gone within seconds, and may not come again."""
    app = town.apps["a"]
    town.trusted = None  # type: ignore[assignment]
    town.world.run_until(app.is_over, 10_000)


def test_an_app_whose_permissions_change_must_come_again(town: Town) -> None:
    """Other permissions hold from the next connection on, and the old connection ends."""
    app = town.apps["a"]
    town.trusted = AppPermissions(routes=True, buyer=False, seller=False, config=False)
    town.world.run_until(app.is_over, 10_000)
    again = town.add_app("a", "again")
    assert again.wait_ready().permissions == town.trusted


def test_w34_a_changed_network_renews_a_link_that_died_in_silence(town: Town) -> None:
    """When the machine slept and its lines died unseen, seconds later a payment passes: no wait for a silent line."""
    node, relay = town.host("a"), town.host("relay")
    for end in node.ends.values():
        if end.far is not None and end.far.host is relay:
            town.world.network.fall_silent(end)
    began = town.world.now
    node.feed(NetworkChanged())
    town.world.run_for(5_000)
    assert isinstance(town.pay("ab", 10, 0).status, PaymentStatusSuccess)
    assert town.world.now - began < KEEPALIVE_SEND_MS


def test_w34_a_changed_network_has_the_index_server_dialed_again(town: Town) -> None:
    """Who waits after many failures for the next attempt waits no longer."""
    server = NamedIndexServerAddress(identity("index").public_key, "index:1", "index")
    town.apps["a"].ask(AddIndexServer(server))
    town.world.run_for(120_000)
    effects = town.host("a").engine.handle(NetworkChanged(), town.host("a").clock.now())
    assert "index:1" in [effect.address for effect in effects if isinstance(effect, Dial)]


def test_w29_a_node_may_refuse_relays_in_private_networks() -> None:
    """Friends can lead it to public addresses only, whatever stands behind a name; its own relays may be anywhere."""
    world = CalmWorld()
    dials: list[Dial] = []
    engine = NodeEngine(
        identity("a"), SeededEntropy("a"), lambda _: ALL, [], 0, unix=world.unix, allow_private_relays=False
    )
    node = world.add("a", lambda _: engine, {APPS: "a:1"}, {})

    def note(host: Host, effects: list[Effect]) -> None:
        dials.extend(effect for effect in effects if isinstance(effect, Dial))

    node.watch = note
    app = VirtualApp(world, "a", identity("a").public_key, "a:1")
    app.wait_ready()
    keys = [identity(name).public_key for name in ("own", "inner", "named", "friend")]
    own, inner, named, friend = sorted(keys)  # the friend is the highest, so the dialing is gentle
    app.ask(AddRelay(NamedRelayAddress(own, "127.0.0.1:1", "own")))
    app.ask(AddFriend(friend, (RelayAddress(inner, "127.0.0.1:2"), RelayAddress(named, "relay:1")), "friend"))
    app.ask(EnableFriend(friend))
    world.run_for(10_000)
    assert {(dial.address, dial.public_only) for dial in dials} == {("127.0.0.1:1", False), ("relay:1", True)}
