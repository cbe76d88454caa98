"""Notes which entries of a table of states are asked for."""

from enum import Enum
from typing import Any

import pytest

from offset.base.transitions import Transitions

Recorded = set[tuple[Enum | None, Enum]]
"""States, and events that happened in them."""


def record(monkeypatch: pytest.MonkeyPatch, table: Transitions[Any, Any]) -> Recorded:
    """From now on, whatever happens by this table is noted in the set that this returns."""
    recorded: Recorded = set()
    after = Transitions.after

    def noted(self: Transitions[Any, Any], state: Any, event: Any) -> Any:
        if self is table:
            recorded.add((state, event))
        return after(self, state, event)

    monkeypatch.setattr(Transitions, "after", noted)
    return recorded
