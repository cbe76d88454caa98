"""Paths between nodes, for apps that know the whole network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def find_paths(
    neighbours: Mapping[str, Sequence[str]], start: str, end: str, hops_max: int, paths_max: int = 24
) -> list[tuple[str, ...]]:
    """Simple paths from start to end, shorter ones first; with start == end, cycles of at least three nodes."""
    found: list[tuple[str, ...]] = []
    edge: list[tuple[str, ...]] = [(start,)]
    while edge and len(found) < paths_max:
        longer: list[tuple[str, ...]] = []
        for path in edge:
            for name in neighbours[path[-1]]:
                if name == end and len(path) > (2 if start == end else 0):
                    found.append((*path, name))
                elif name not in path and len(path) < hops_max:
                    longer.append((*path, name))
        edge = longer[:400]
    return found[:paths_max]
