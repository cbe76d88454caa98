"""Tables of states: which event leads from which state to which, and no other (the way of h11).

A machine asks its table where an event leads and does that, or asks whether an event may happen and refuses if not.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Generic, TypeVar

S = TypeVar("S", bound=Enum)
E = TypeVar("E", bound=Enum)


class Transitions(Generic[S, E]):
    """A table of states. None is what there is before the first event, and after the last one."""

    __slots__ = ("name", "table")

    def __init__(self, name: str, table: Mapping[S | None, Mapping[E, S | None]]) -> None:
        """`name`: whose states these are, for people."""
        self.name, self.table = name, table

    def allows(self, state: S | None, event: E) -> bool:
        """Whether the event can happen in this state."""
        return event in self.table.get(state, ())

    def after(self, state: S | None, event: E) -> S | None:
        """The state after the event, which must stand in the table."""
        ways = self.table.get(state, {})
        assert event in ways, f"{self.name}: there is no way from {state} by {event}"
        return ways[event]
