"""What the index servers were told of our friends, so that they hear of changes only (spec 03, D30)."""

from __future__ import annotations

from collections.abc import Iterable

from offset.base.credits import Amount, Rate
from offset.base.ids import Currency, PublicKey
from offset.core.funder.state.state import FunderState
from offset.core.funder.state.views import published

Changed = dict[tuple[PublicKey, Currency], tuple[Amount, Rate] | None]
"""Capacity and rate by friend and currency; None: no more."""


class Capacities:
    """Capacities and rates as they were told last."""

    def __init__(self) -> None:
        self._told: dict[PublicKey, dict[Currency, tuple[Amount, Rate]]] = {}

    def changed(self, state: FunderState, friends: Iterable[PublicKey]) -> Changed:
        """What is to be told of these friends; from now on it counts as told."""
        found: Changed = {}
        for key in friends:
            friend = state.friends.get(key)
            now = {} if friend is None else published(friend)
            before = self._told.pop(key, {})
            for currency in {**before, **now}:
                if now.get(currency) != before.get(currency):
                    found[key, currency] = now.get(currency)
            if now:
                self._told[key] = now
        return found
