"""The history of a node only grows, row by row, and an id that was used once is known for ever."""

from __future__ import annotations

from collections.abc import Mapping

from offset.core.funder.records import Changes, HistoryKey, Key, Record, UsedKey
from offset.core.funder.state.state import FunderState
from offset.sim.physics.violation import claim


class Histories:
    """How far the history of each node is."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}
        """The number of the newest row of each node."""

    def started(self, name: str, rows: Mapping[Key, Record]) -> None:
        """A node goes on from these rows."""
        numbers = [key.number for key in rows if isinstance(key, HistoryKey)]
        self._last[name] = len(numbers)
        claim(
            sorted(numbers) == list(range(1, len(numbers) + 1)), "history", f"{name} lost rows of its history"
        )

    def committed(self, name: str, changes: Changes) -> None:
        """A node wants these rows to be durable."""
        for key, record in changes.items():
            if isinstance(key, UsedKey):
                claim(record is not None, "history", f"{name} forgets an id that was used")
            elif isinstance(key, HistoryKey):
                claim(record is not None, "history", f"{name} takes a row out of its history")
                last = self._last.get(name, 0)
                claim(
                    key.number == last + 1,
                    "history",
                    f"{name} writes row {key.number} of its history after row {last}",
                )
                self._last[name] = key.number

    def used(self, name: str, state: FunderState, rows: Mapping[Key, Record]) -> None:
        """Whatever ended, durable or not, its id is known as used."""
        for key in rows:
            if isinstance(key, UsedKey):
                claim(state.used.has(key), "history", f"{name} does not know that an id was used")
