"""Views of engines: what they say is so, and says all that a judge needs."""

from offset.engine.relay import RelayEngine
from offset.wire.app import RemoveRelay, RequestClosePayment
from support.nodes import Town


def test_lines_of_a_node_and_its_relay() -> None:
    """A node needs one line to listen, one for each friend, and one for each app; all its connections are such."""
    town = Town("abc")
    relay = town.world.hosts["relay"].engine
    assert isinstance(relay, RelayEngine)
    for name, friends in (("a", 1), ("b", 2), ("c", 1)):
        view = town.engine(name).view()
        assert view.lines_needed == 1 + friends + 1
        assert len(view.state.friends) == friends
    counts = relay.view()
    assert (counts.relay.listeners, counts.relay.tunnels) == (3, 2)
    assert counts.lines.connections == counts.relay.connections == 3 + 2 * 2
    town.apps["b"].ask(RemoveRelay(town.relay.public_key))
    town.world.run_for(1000)
    assert town.engine("b").view().lines_needed == 2 + 1


def test_questions_of_apps() -> None:
    """The same question of two apps is one that is pending, and none when it is answered or nobody is left."""
    town = Town("ab")
    engine = town.engine("a")
    assert engine.view().requests_pending == 0
    payment_id, _ = town.send("ab", town.invoice("b", 10), 10, 0)
    asked = engine.view().requests_pending
    other = town.add_app("a", "a")
    other.wait_ready()
    assert engine.view().lines_needed == 1 + 1 + 2
    town.apps["a"].post(RequestClosePayment(payment_id))
    other.post(RequestClosePayment(payment_id))
    town.world.run_for(100)
    assert engine.view().requests_pending == asked + 1
    town.apps["a"].host.die("killed")
    other.host.die("killed")
    town.world.run_for(1000)
    assert engine.view().requests_pending == 0
    assert engine.view().turns_held == 0


def test_report() -> None:
    """What an app that comes now is told is what the node would report."""
    town = Town("ab")
    engine = town.engine("a")
    report = engine.report()
    ready = town.add_app("a", "a").wait_ready()
    assert ready.report.funder_report == report.funder_report
    assert ready.report.index_client_report == report.index_client_report
