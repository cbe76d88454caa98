"""What index servers may still believe although the node has forgotten it, kept in the store until it is taken back."""

from __future__ import annotations

from collections.abc import Iterable

from offset.base.ids import Currency, PublicKey
from offset.base.limits import WITHDRAWN_MAX
from offset.core.funder.records import Changes, ConfigKey, Record, WithdrawnKey, WithdrawnRecord
from offset.core.funder.state.state import FunderState
from offset.engine.capacities import Changed

Pair = tuple[PublicKey, Currency]


class Withdrawn:
    """Pairs of friends, or of currencies, that were removed. Of all others the state itself tells that they exist."""

    def __init__(self, rows: Iterable[Record]) -> None:
        self._rows: dict[WithdrawnKey, None] = {
            row.key(): None for row in rows if isinstance(row, WithdrawnRecord)
        }

    def doubtful(self, state: FunderState) -> list[Pair]:
        """What a former life may have published: every pair that there is, and those that are gone."""
        pairs = [(key, currency) for key, friend in state.friends.items() for currency in friend.configs]
        return pairs + [(row.friend, row.currency) for row in self._rows]

    def removed(self, changes: Changes) -> list[Pair]:
        """The pairs whose settings these changes remove: perhaps published, perhaps not yet taken back everywhere.

        Their rows are put into the changes.
        """
        found: list[Pair] = []
        for key, record in changes.items():
            if record is None and isinstance(key, ConfigKey) and len(self._rows) < WITHDRAWN_MAX:
                found.append((key.friend, key.currency))
                self._rows[WithdrawnKey(*found[-1])] = None
        for pair in found:
            changes[WithdrawnKey(*pair)] = WithdrawnRecord(*pair)
        return found

    def published(self, capacities: Changed) -> Changes:
        """What is published again is not withdrawn any more."""
        return self._forget(pair for pair, value in capacities.items() if value is not None)

    def taken_back(self, pairs: Iterable[Pair]) -> Changes:
        """No server believes in these pairs any more."""
        return self._forget(pairs)

    def _forget(self, pairs: Iterable[Pair]) -> Changes:
        changes: Changes = {}
        if not self._rows:
            return changes
        for pair in pairs:
            key = WithdrawnKey(*pair)
            if key in self._rows:
                del self._rows[key]
                changes[key] = None
        return changes
