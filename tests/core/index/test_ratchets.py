"""Ratchets: which messages are new, and how long a silent node is remembered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offset.base.limits import INDEX_NODES_MAX, INDEX_SESSIONS_REMEMBERED
from offset.core.index.ratchets import Ratchets
from support.vectors import Case, cases

OLD_SESSION_ACCEPTED_AGAIN = [8]
"""The step where the reference, which remembers one session, takes an old counter of an older one (3.8)."""


def session(number: int | str) -> bytes:
    return int(number).to_bytes(16, "big")


def update(ratchets: Ratchets, node: str, session_number: int | str, counter: int) -> bool:
    is_new = ratchets.is_new(node.encode(), session(session_number), counter)
    if is_new:
        ratchets.accept(node.encode(), session(session_number), counter)
    return is_new


@pytest.mark.parametrize("case", cases("index", "ratchets"))
def test_ratchets(case: Case) -> None:
    """Counters are judged and nodes forgotten as recorded, but for an older session that must not come back."""
    ratchets = Ratchets(int(case["ticksToLive"]))
    for number, step in enumerate(case["steps"]):
        if step["op"] == "tick":
            assert [node.decode() for node in ratchets.tick()] == step["removed"]
        elif number in OLD_SESSION_ACCEPTED_AGAIN:
            assert step["accepted"]
            assert not update(ratchets, step["node"], step["session"], int(step["counter"]))
        else:
            accepted = update(ratchets, step["node"], step["session"], int(step["counter"]))
            assert accepted == step["accepted"], number


def test_interleaved_sessions_do_not_reopen_each_other() -> None:
    """Two sessions of one node may alternate, and each still takes only higher counters (3.8)."""
    ratchets = Ratchets()
    for counter in range(5):
        assert update(ratchets, "n", 1, counter)
        assert update(ratchets, "n", 2, counter)
        assert not update(ratchets, "n", 1, counter)


def test_sessions_remembered_are_bounded() -> None:
    """Only the sessions that spoke last are remembered, however many a node opens."""
    ratchets = Ratchets()
    for number in range(INDEX_SESSIONS_REMEMBERED + 1):
        assert update(ratchets, "n", number, 7)
    assert update(ratchets, "n", 0, 7)
    assert not update(ratchets, "n", INDEX_SESSIONS_REMEMBERED, 7)


def test_nodes_are_bounded() -> None:
    """When there are too many nodes (INDEX_NODES_MAX) a new one is refused, and those known still speak."""
    assert Ratchets()._nodes_max == INDEX_NODES_MAX
    ratchets = Ratchets(ticks_to_live=1, nodes_max=1)
    assert update(ratchets, "a", 1, 0)
    assert not update(ratchets, "b", 1, 0)
    assert update(ratchets, "a", 1, 1)
    assert ratchets.tick() == [b"a"]
    assert update(ratchets, "b", 1, 0)


@given(st.lists(st.one_of(st.just("tick"), st.sampled_from("abc")), max_size=60))
def test_life_against_a_scan(steps: list[str]) -> None:
    """A node is forgotten in just the tick in which a count for each node, lowered every tick, would reach 0."""
    ratchets, life, counter = Ratchets(3), dict[str, int](), 0
    for step in steps:
        if step == "tick":
            life = {node: left - 1 for node, left in life.items()}
            silent = sorted(node for node, left in life.items() if left == 0)
            life = {node: left for node, left in life.items() if left}
            assert sorted(node.decode() for node in ratchets.tick()) == silent
        else:
            counter += 1
            assert update(ratchets, step, 1, counter)
            life[step] = 3
        assert len(ratchets) == len(life)
