"""Which lists of nodes are routes (spec 01, 0; spec 03, 0.2; spec 04, 7.5)."""

from __future__ import annotations

from collections.abc import Sequence

from offset.base.ids import PublicKey
from offset.base.limits import ROUTE_KEYS_MAX, ROUTE_KEYS_MIN


def valid_route(keys: Sequence[PublicKey]) -> bool:
    """Whether `keys`, source and destination included, can carry a payment.

    No node stands in it twice; only a cycle over at least one other node ends where it began.
    """
    if not ROUTE_KEYS_MIN <= len(keys) <= ROUTE_KEYS_MAX:
        return False
    is_cycle = keys[0] == keys[-1] and len(keys) > ROUTE_KEYS_MIN
    return _distinct(keys[:-1] if is_cycle else keys)


def valid_remaining_route(keys: Sequence[PublicKey]) -> bool:
    """Whether `keys` can be what follows the receiver of a request; empty at the destination."""
    return len(keys) < ROUTE_KEYS_MAX and _distinct(keys)


def _distinct(keys: Sequence[PublicKey]) -> bool:
    return len(set(keys)) == len(keys)
