"""Decisions from a seed."""

from offset.sim.physics.rng import Rng


def test_one_name_one_stream() -> None:
    """The same name decides the same, another one otherwise; a fork is not disturbed by what its parent decided."""
    first, second = Rng("a"), Rng("a")
    assert [first.below(1000) for _ in range(20)] == [second.below(1000) for _ in range(20)]
    assert [Rng("a").below(10**9)] != [Rng("b").below(10**9)]
    assert first.fork("x").bytes(16) == Rng("a").fork("x").bytes(16) != Rng("a").fork("y").bytes(16)


def test_ranges() -> None:
    """Each decision keeps within its range, and comes to every end of it."""
    rng = Rng("ranges")
    assert {rng.below(3) for _ in range(200)} == {0, 1, 2}
    assert {rng.between(-1, 1) for _ in range(200)} == {-1, 0, 1}
    assert {rng.pick("ab") for _ in range(200)} == {"a", "b"}
    assert not any(rng.percent(0) for _ in range(200))
    assert all(rng.percent(100) for _ in range(200))
    assert 20 < sum(rng.percent(20) for _ in range(200)) < 60


def test_shuffled() -> None:
    """All are there, in any order; what was given stays as it was."""
    rng, items = Rng("shuffled"), [1, 2, 3]
    orders = {tuple(rng.shuffled(items)) for _ in range(200)}
    assert len(orders) == 6
    assert all(sorted(order) == items for order in orders)
    assert items == [1, 2, 3]
