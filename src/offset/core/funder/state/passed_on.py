"""Requests of others that we passed on, by who asked: for fair shares, and to find them when a channel is lost.

Slots at a friend, room in its queue and memory are shared among those who ask, so that nobody uses up what others
need: a friend takes at most a fixed part of what is free. Whoever is alone gets a ninth of the whole, many together
never all of it, and a newcomer always finds room.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from offset.base.ids import Currency, PublicKey, RequestId
from offset.base.limits import (
    FORWARDED_BYTES_MAX,
    FORWARDED_KEY_BYTES,
    FORWARDED_REQUEST_BYTES,
    FORWARDED_SHARE_DIVISOR,
)
from offset.wire.friend import RequestOp

Name = tuple[Currency, RequestId]
"""What names a request of others while it is under way."""


class _Passed(msgspec.Struct, frozen=True, gc=False):
    asker: PublicKey
    onward: PublicKey
    size: int


class PassedOn:
    """Requests of others between their arrival and the answer that ends them."""

    def __init__(self) -> None:
        self._passed: dict[Name, _Passed] = {}
        self._of: dict[PublicKey, dict[PublicKey, dict[Name, None]]] = {}
        """The names by asker and by the friend that must answer. Dicts as ordered sets."""
        self._bytes_of: dict[PublicKey, int] = {}
        self._bytes = 0

    def add(self, asker: PublicKey, onward: PublicKey, currency: Currency, op: RequestOp) -> None:
        """This request of `asker` is passed on."""
        name = (currency, op.request_id)
        passed = _Passed(asker, onward, size_of(op))
        self._passed[name] = passed
        self._of.setdefault(asker, {}).setdefault(onward, {})[name] = None
        self._count(asker, passed.size)

    def ended(self, currency: Currency, request_id: RequestId) -> None:
        """The request is answered for good, or its asker is gone. One that was not passed on is no matter."""
        passed = self._passed.pop((currency, request_id), None)
        if passed is None:
            return
        onwards = self._of[passed.asker]
        del onwards[passed.onward][currency, request_id]
        if not onwards[passed.onward]:
            del onwards[passed.onward]
            if not onwards:
                del self._of[passed.asker]
        self._count(passed.asker, -passed.size)

    def _count(self, asker: PublicKey, size: int) -> None:
        self._bytes += size
        held = self._bytes_of.get(asker, 0) + size
        if held:
            self._bytes_of[asker] = held
        else:
            del self._bytes_of[asker]

    def count(self, asker: PublicKey, onward: PublicKey) -> int:
        """How many requests of `asker` wait for an answer of `onward`."""
        return len(self._of.get(asker, {}).get(onward, ()))

    def of(self, asker: PublicKey) -> Iterator[tuple[PublicKey, Currency, RequestId]]:
        """All requests of `asker` that were passed on: to whom, and their names."""
        for onward, names in self._of.get(asker, {}).items():
            for currency, request_id in names:
                yield onward, currency, request_id

    def has_memory(self, asker: PublicKey) -> bool:
        """Whether one more request of `asker` may be kept in memory."""
        return is_within_share(self._bytes_of.get(asker, 0), FORWARDED_BYTES_MAX - self._bytes)


def size_of(op: RequestOp) -> int:
    """What a request takes in memory while it is passed on, in bytes, about."""
    return FORWARDED_REQUEST_BYTES + FORWARDED_KEY_BYTES * len(op.route.public_keys)


def is_within_share(taken: int, free: int) -> bool:
    """Whether somebody who has taken so much may take more, if so much is free now."""
    return taken * FORWARDED_SHARE_DIVISOR < free
