"""How much can go out over each friend now, and come in: the limits, balances and frozen credits of the report.

Out: the limit that the friend grants us, plus what it owes us, minus what we have frozen. In: the same from the other
side. A node of the reference does not tell the limits that its friends grant, so what can go out is not known there.
"""

from __future__ import annotations

from typing import NamedTuple

from offset.app.reports import LiveReport
from offset.base.credits import Amount
from offset.base.ids import Currency, PublicKey
from offset.base.limits import CREDIT_MAX
from offset.core.apps.reports import balance_of, config_of


class Room(NamedTuple):
    """What one friend lets pass in one currency, whether it is there or not."""

    key: PublicKey
    name: str
    is_online: bool
    is_enabled: bool
    out: Amount | None
    """What we can send over it; None if it does not tell its limit."""
    back: Amount
    """What can come to us over it."""


def rooms(report: LiveReport, currency: Currency) -> list[Room]:
    """All friends that use the currency with us, and agree with us on the balance; by name."""
    found: list[Room] = []
    for key, friend in report.friends.items():
        balance = balance_of(friend, currency)
        if balance is None:
            continue
        told = report.credit_lines.get(key)
        limit = None
        if told is not None:
            granted = [line.max_debt for line in told if line.currency == currency]
            limit = min(granted[0], CREDIT_MAX) if granted else 0
        config = config_of(friend, currency)
        allowed = 0 if config is None else min(config.remote_max_debt, CREDIT_MAX)
        found.append(
            Room(
                key,
                friend.name,
                friend.liveness,
                friend.status,
                None if limit is None else max(0, limit + balance.balance - balance.local_pending_debt),
                max(0, allowed - balance.balance - balance.remote_pending_debt),
            )
        )
    return sorted(found, key=lambda room: (room.name, room.key))


class Sum(NamedTuple):
    """What all friends that are there let pass together."""

    amount: Amount
    is_at_least: bool
    """Whether one of them does not tell its limit."""


def most_out(found: list[Room]) -> Sum:
    """What can be sent at most, as far as it depends on our own friends."""
    there = [room for room in found if room.is_online and room.is_enabled]
    return Sum(sum(room.out or 0 for room in there), any(room.out is None for room in there))


def most_in(found: list[Room]) -> Amount:
    """What we can be paid at most, as far as it depends on our own friends."""
    return sum(room.back for room in found if room.is_online and room.is_enabled)
