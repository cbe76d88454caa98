"""What must be left of a network at rest, and nothing else."""

from offset.engine.index import IndexEngine
from offset.engine.node import NodeEngine
from offset.sim.course.run import Run
from offset.sim.judge import leftovers
from offset.sim.script.scenario import CALM_MS, Friendship, Scenario


def test_leftovers() -> None:
    """At rest, a line or a question too many is found, and so is what an index server believes without reason."""
    limits = {"FST": (1000, 700)}
    cast = Run(Scenario(1, "row", ("A", "B"), (Friendship("A", "B", limits),), indexes=1)).cast
    cast.world.run_to(CALM_MS)
    assert leftovers.found(cast) == ""
    server, node = cast.hosts["index0"].engine, cast.hosts["A"].engine
    assert isinstance(server, IndexEngine)
    assert isinstance(node, NodeEngine)
    record = server._server._atlas._graphs["FST"].record(cast.key("B"), cast.key("A"))
    assert record is not None
    assert record.capacity == 1000
    record.capacity = 999
    assert "it is (1000, 0, 1)" in leftovers.found(cast)
    record.capacity = 1000
    server._server._atlas.update(cast.key("A"), "EUR", cast.key("B"), 5, record.toll)
    assert "it is None" in leftovers.found(cast)
    server._server._atlas.remove(cast.key("A"), "EUR", cast.key("B"))
    assert leftovers.found(cast) == ""
    node._apps._pending.ask("a question", 1)
    assert "waits for an answer" in leftovers.found(cast)
    node._apps._pending.answer("a question")
    node._outbox._held.append((9, lambda: None))
    assert "does not say" in leftovers.found(cast)
    node._outbox._held.clear()
    cast.hosts["A"].dialing[99] = None
    assert "A has" in leftovers.found(cast)
    del cast.hosts["A"].dialing[99]
    cast.network.dial(cast.clients["A"].host, 99, cast.relay_addresses["relay0"])
    cast.world.run_to(cast.world.now + 1000)
    assert "relay0 has" in leftovers.found(cast)
