"""Views of engines: what they say is so, and says all that a judge needs."""

from offset.engine.node import NodeEngine
from offset.engine.relay import RelayEngine
from offset.wire.app import RemoveRelay, RequestClosePayment
from support.nodes import TestApp, Town


def engine_of(town: Town, name: str) -> NodeEngine:
    """The engine of a node."""
    engine = town.host(name).engine
    assert isinstance(engine, NodeEngine)
    return engine


def test_lines_of_a_node_and_its_relay() -> None:
    """A node needs one line to listen, one for each friend, and one for each app; all its connections are such."""
    town = Town("abc")
    relay = town.world.hosts["relay"].engine
    assert isinstance(relay, RelayEngine)
    for name, friends in (("a", 1), ("b", 2), ("c", 1)):
        view = engine_of(town, name).view()
        assert view.lines_needed == 1 + friends + 1
        assert len(view.state.friends) == friends
    counts = relay.view()
    assert (counts.relay.listeners, counts.relay.tunnels) == (3, 2)
    assert counts.lines.connections == counts.relay.connections == 3 + 2 * 2
    town.apps["b"].ask(RemoveRelay(town.relay.public_key))
    town.world.pass_ms(1000)
    assert engine_of(town, "b").view().lines_needed == 2 + 1


def test_questions_of_apps() -> None:
    """The same question of two apps is one that is pending, and none when it is answered or nobody is left."""
    town = Town("ab")
    engine = engine_of(town, "a")
    assert engine.view().requests_pending == 0
    payment_id, _ = town.send("ab", town.invoice("b", 10), 10, 0)
    asked = engine.view().requests_pending
    other = TestApp(town.world, "a", town.identities["a"], "a:1")
    other.wait_ready()
    assert engine.view().lines_needed == 1 + 1 + 2
    town.apps["a"].post(RequestClosePayment(payment_id))
    other.post(RequestClosePayment(payment_id))
    town.world.pass_ms(100)
    assert engine.view().requests_pending == asked + 1
    town.apps["a"].host.die()
    other.host.die()
    town.world.pass_ms(1000)
    assert engine.view().requests_pending == 0
    assert engine.view().turns_held == 0


def test_report() -> None:
    """What an app that comes now is told is what the node would report."""
    town = Town("ab")
    engine = engine_of(town, "a")
    report = engine.report()
    ready = TestApp(town.world, "a", town.identities["a"], "a:1").wait_ready()
    assert ready.report.funder_report == report.funder_report
    assert ready.report.index_client_report == report.index_client_report
