"""Random worlds in which one node loses its books again and again: it catches up without a reset, and nobody pays."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.loss_workload import LossWorkload

PAIR = ("ab", ["ab"])
LINE = ("abc", ["ab", "bc"])
RING = ("abcd", ["ab", "bc", "cd", "da"])
MESH = ("abcde", ["ab", "bc", "cd", "da", "ae", "ec"])


@pytest.mark.parametrize("is_bare", [False, True], ids=["copies", "identity"])
@pytest.mark.parametrize("names, links", [PAIR, LINE, RING, MESH], ids=["pair", "line", "ring", "mesh"])
@settings(max_examples=settings().max_examples // 10)
@given(seed=st.integers(0, 2**32))
def test_nothing_is_reset_and_nobody_else_loses(
    names: str, links: list[str], is_bare: bool, seed: int
) -> None:
    """From copies, or from the identity alone; its friends tell one after the other, while it already lives on."""
    workload = LossWorkload(names, links, seed, is_bare=is_bare)
    workload.live(150)
    workload.end()


@pytest.mark.parametrize("is_bare", [False, True], ids=["copies", "identity"])
@pytest.mark.parametrize("names, links", [LINE, RING, MESH], ids=["line", "ring", "mesh"])
@settings(max_examples=settings().max_examples // 10)
@given(seed=st.integers(0, 2**32))
def test_who_only_passes_on_loses_nothing(names: str, links: list[str], is_bare: bool, seed: int) -> None:
    """Among honest friends, whatever was under way when its books were lost: what it paid on, it was paid."""
    workload = LossWorkload(names, links, seed, is_bare=is_bare, is_between=True)
    workload.live(150)
    workload.end()
