"""Purchases as they are drawn."""

from itertools import pairwise

import msgspec

from offset.sim.physics.rng import Rng
from offset.sim.script.changes import Befriend
from offset.sim.script.payments import Pay
from offset.sim.script.scenario import CALM_MS, Friendship, Scenario

LIMITS = {"FST": (100, 100)}
ROW = Scenario(1, "row", ("A", "B", "C"), (Friendship("A", "B", LIMITS), Friendship("B", "C", LIMITS)))


def drawn(scenario: Scenario, over: str = "") -> list[Pay]:
    """Many purchases at one moment."""
    rng = Rng("payments")
    found = [Pay.draw(rng, scenario, CALM_MS + 1000, over) for _ in range(300)]
    return [pay for pay in found if pay is not None]


def test_routes_are_ways_between_friends() -> None:
    """Without an index server each names its routes, from the buyer to the seller."""
    pays = drawn(ROW)
    assert {(pay.buyer, pay.seller) for pay in pays} == {
        (left, right) for left in "ABC" for right in "ABC" if left != right
    }
    neighbours = ROW.neighbours()
    for pay in pays:
        for route in pay.routes:
            assert (route[0], route[-1]) == (pay.buyer, pay.seller)
            assert all(right in neighbours[left] for left, right in pairwise(route))
        assert pay.routes


def test_some_ask_an_index_server() -> None:
    """Where there is one, some name their routes and some do not."""
    pays = drawn(msgspec.structs.replace(ROW, indexes=1))
    assert {bool(pay.routes) for pay in pays} == {True, False}


def test_over_a_node() -> None:
    """All routes of a purchase over a node lead over it."""
    pays = drawn(ROW, over="B")
    assert pays
    assert all("B" in route for pay in pays for route in pay.routes)
    assert drawn(ROW, over="D") == []


def test_newcomers_make_ways() -> None:
    """Two who have met before can pay each other directly, and there are cycles; two who meet later cannot yet."""
    known = msgspec.structs.replace(ROW, acts=(Befriend(CALM_MS, "A", "C", 5, 5),))
    assert any(("A", "C") in pay.routes for pay in drawn(known))
    assert any(pay.buyer == pay.seller for pay in drawn(known))
    later = msgspec.structs.replace(ROW, acts=(Befriend(CALM_MS + 2000, "A", "C", 5, 5),))
    assert not any(("A", "C") in pay.routes for pay in drawn(later))
