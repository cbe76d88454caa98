"""First remember, then speak, and in the order in which it was decided."""

import pytest

from offset.engine.outbox import Outbox
from offset.engine.surface import Persist


def test_what_is_said_waits_for_the_disk() -> None:
    """A release comes once all changes made before it are durable; without any it comes at once."""
    outbox, said = Outbox(), list[str]()
    assert outbox.put({}, lambda: said.append("nothing to wait for")) == []
    assert outbox.put({("a",): 1}, lambda: said.append("a")) == [Persist(1, {("a",): 1})]
    outbox.put({}, lambda: said.append("b"))
    assert (said, len(outbox)) == (["nothing to wait for"], 2)
    outbox.committed(1)
    assert said == ["nothing to wait for", "a", "b"]


def test_a_commit_that_was_never_asked_for() -> None:
    """A driver that reports one would let things out too early."""
    with pytest.raises(AssertionError, match="asked for"):
        Outbox().committed(1)


def test_what_a_release_decides_comes_last() -> None:
    """It must not overtake what was decided before and is held still."""
    outbox, said = Outbox(), list[str]()

    def first() -> None:
        said.append("a")
        outbox.put({}, lambda: said.append("c"))

    outbox.put({("a",): 1}, first)
    outbox.put({}, lambda: said.append("b"))
    outbox.committed(1)
    assert said == ["a", "b", "c"]
