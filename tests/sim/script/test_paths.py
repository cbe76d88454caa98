"""Paths between nodes."""

from offset.sim.script.paths import find_paths

RING = {"A": ["B", "D"], "B": ["A", "C"], "C": ["B", "D"], "D": ["C", "A"]}


def test_shorter_ones_first() -> None:
    """Simple paths only, no longer than asked for, and no more of them."""
    assert find_paths(RING, "A", "B", 6) == [("A", "B"), ("A", "D", "C", "B")]
    assert find_paths(RING, "A", "B", 2) == [("A", "B")]
    assert find_paths(RING, "A", "B", 6, paths_max=1) == [("A", "B")]
    assert find_paths({"A": [], "B": []}, "A", "B", 6) == []


def test_cycles() -> None:
    """Back to the start goes over two others at least, in both directions."""
    assert find_paths(RING, "A", "A", 6) == [("A", "B", "C", "D", "A"), ("A", "D", "C", "B", "A")]
    assert find_paths({"A": ["B"], "B": ["A"]}, "A", "A", 6) == []
