"""One graph: both directions show the same records, and an arc opens and closes with its two sides."""

from offset.base.credits import FREE, Rate
from offset.core.index.graph import NO_ARC, CapacityRecord, Graph
from support.payments import key

A, B, C = key("A"), key("B"), key("C")


def record(friend: bytes, capacity: int) -> CapacityRecord:
    return CapacityRecord("FST", friend, capacity, 0, 0, 0)


def test_both_directions_hold_the_same_record() -> None:
    """`into` and `out` lead to one record, so that a change of it is seen from both."""
    graph, stated = Graph(), record(A, 5)
    graph.add(B, stated)
    assert graph.into(B)[A] is graph.record(A, B) is stated
    assert stated.room == NO_ARC
    graph.add(A, record(B, 6))
    assert graph.into(B)[A] is graph.out(A)[B] is stated
    assert stated.room == 5
    graph.change(stated, 7, Rate(1, 2))
    assert (stated.room, stated.toll) == (7, Rate(1, 2))


def test_a_removed_side_closes_both_arcs() -> None:
    """When one side takes its word back the arcs of both directions are gone, and come back with it."""
    graph, opposite = Graph(), record(B, 6)
    graph.add(A, opposite)
    graph.add(B, record(A, 5))
    graph.remove(B, A)
    assert opposite.room == NO_ARC
    graph.change(opposite, 8, FREE)
    assert opposite.room == NO_ARC
    graph.add(B, record(A, 5))
    assert opposite.room == 8


def test_what_strangers_state_is_not_in_the_way() -> None:
    """Whoever states something about a node adds nothing to its arcs, unless the node knows it too."""
    graph = Graph()
    for name in range(5):
        graph.add(key(name), record(A, 9))
    assert not graph.out(A)
    graph.add(A, record(key(3), 8))
    assert list(graph.out(A)) == [key(3)]
    assert list(graph.out(key(3))) == [A]
    graph.remove(A, key(3))
    assert not graph.out(A)
    assert not graph.out(key(3))


def test_an_empty_graph_is_false() -> None:
    """A graph without records is told from one with records, and looking around makes none."""
    graph = Graph()
    assert not graph
    assert not graph.into(A)
    assert not graph.out(A)
    assert graph.record(A, B) is None
    graph.add(A, record(B, 1))
    assert graph
    graph.remove(A, B)
    assert not graph
    assert not graph.out(B)
