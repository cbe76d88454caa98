"""Deadlines by name."""

from hypothesis import given
from hypothesis import strategies as st

from offset.base.alarms import Alarms


def test_the_next_deadline_is_at_hand() -> None:
    """`first` is the earliest deadline that still stands."""
    alarms: Alarms[str] = Alarms()
    assert alarms.first() is None
    alarms.set("late", 30)
    alarms.set("early", 10)
    assert alarms.first() == 10
    alarms.stop("early")
    assert alarms.first() == 30
    alarms.set("late", 50)
    assert alarms.first() == alarms.at("late") == 50
    assert alarms.at("early") is None


def test_due_names_come_in_order_and_once() -> None:
    """`pop_due` gives the names in the order of their deadlines, then of setting, and forgets them."""
    alarms: Alarms[str] = Alarms()
    for name, at in (("c", 20), ("b", 10), ("a", 20), ("d", 21)):
        alarms.set(name, at)
    assert alarms.pop_due(20) == ["b", "c", "a"]
    assert alarms.pop_due(20) == []
    assert len(alarms) == 1


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 50) | st.none()), max_size=300))
def test_it_agrees_with_a_plain_dict(orders: list[tuple[int, int | None]]) -> None:
    """After any orders the first deadline is the lowest of those set last."""
    alarms: Alarms[int] = Alarms()
    model: dict[int, int] = {}
    for name, at in orders:
        if at is None:
            alarms.stop(name)
            model.pop(name, None)
        else:
            alarms.set(name, at)
            model[name] = at
        assert alarms.first() == min(model.values(), default=None)
    assert sorted(alarms.pop_due(25)) == sorted(name for name, at in model.items() if at <= 25)
