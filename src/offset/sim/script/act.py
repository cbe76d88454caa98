"""What all acts of a scenario have in common."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from offset.base.instants import Instant


class Act(msgspec.Struct, frozen=True):
    """Something that is done to the network, or by it. One class for each, with its own fields."""

    word: ClassVar[str]
    """What it is called in traces and sums."""

    at: Instant

    @property
    def kind(self) -> str:
        """As what it is counted."""
        return self.word

    def words(self) -> str:
        """For people, and for the trace: the word and all fields but the moment, in their order."""
        return " ".join([self.word, *map(_word, msgspec.structs.astuple(self)[1:])])

    def names(self, host: str) -> bool:
        """Whether this host has a part in it."""
        return _names(msgspec.structs.astuple(self)[1:], host)


def _word(value: object) -> str:
    if isinstance(value, tuple):
        return "-".join(map(str, value)) if all(isinstance(item, str) for item in value) else str(value)
    return str(value)


def _names(value: object, host: str) -> bool:
    return value == host or (isinstance(value, tuple) and any(_names(item, host) for item in value))
