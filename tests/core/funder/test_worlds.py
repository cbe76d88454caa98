"""Random worlds of funders: whatever happens, the invariants hold, and in the end nothing is frozen (spec 03, 6.1)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.ledger_workload import Workload

LINE = ("abcd", ["ab", "bc", "cd"])
RING = ("abc", ["ab", "bc", "ca"])
MESH = ("abcde", ["ab", "bc", "cd", "de", "ea", "ac"])


@pytest.mark.parametrize("names, links", [LINE, RING, MESH], ids=["line", "ring", "mesh"])
@settings(max_examples=settings().max_examples // 6)
@given(seed=st.integers(0, 2**32))
def test_ledgers_agree_whatever_breaks(names: str, links: list[str], seed: int) -> None:
    """Lines break, nodes crash, owners change their minds: both ledgers of each link agree, and all payments end."""
    workload = Workload(names, links, seed)
    workload.live(120)
    workload.end()


@pytest.mark.parametrize("names, links", [LINE, RING, MESH], ids=["line", "ring", "mesh"])
@settings(max_examples=settings().max_examples // 6)
@given(seed=st.integers(0, 2**32))
def test_ledgers_that_disagree_are_reset(names: str, links: list[str], seed: int) -> None:
    """Messages are garbled and ledgers lost at random: resets bring all channels back, and all payments end."""
    workload = Workload(names, links, seed, can_disagree=True)
    workload.live(120)
    workload.end()
