"""The history of a node only grows, row by row, and an id that was used once is known for ever.

An invoice leaves a row and a used id if and only if something was ever promised for it.
"""

from __future__ import annotations

from collections.abc import Mapping

from offset.base.credits import Balance
from offset.base.ids import Currency, InvoiceId, PublicKey, RequestId
from offset.core.funder.history_kinds import HistoryKind, UsedKind
from offset.core.funder.records import (
    Changes,
    ChannelKey,
    ChannelRecord,
    CreditKey,
    CreditRecord,
    HistoryKey,
    HistoryRecord,
    InvoiceKey,
    InvoiceRecord,
    Key,
    QueuedKey,
    QueuedRecord,
    Record,
    RelaysRecord,
    UsedKey,
)
from offset.core.funder.state.state import FunderState
from offset.sim.physics.violation import claim
from offset.wire.friend import CollectOp

_ELSE = RelaysRecord(())
"""Stands for a row that did not change."""


class Histories:
    """How far the history of each node is."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}
        """The number of the newest row of each node."""
        self._collects: dict[str, dict[QueuedKey, tuple[Currency, RequestId]]] = {}
        """The collects of each node that wait to be said."""
        self._claims: dict[str, dict[PublicKey, dict[Currency, Balance]]] = {}
        """What each node claims of friends whose ledgers are not its own."""
        self._invoices: dict[str, dict[InvoiceKey, bool]] = {}
        """The open invoices of each node, and whether something was ever promised for them."""
        self._untraced: dict[str, dict[InvoiceId, None]] = {}
        """The invoices of each node that it withdrew before that."""

    def started(self, name: str, rows: Mapping[Key, Record]) -> None:
        """A node goes on from these rows."""
        numbers = [key.number for key in rows if isinstance(key, HistoryKey)]
        self._last[name] = len(numbers)
        claim(
            sorted(numbers) == list(range(1, len(numbers) + 1)), "history", f"{name} lost rows of its history"
        )

        self._collects[name], self._claims[name], self._invoices[name] = {}, {}, {}
        self._look_at_invoices(name, rows)
        self._look_at_collects(name, rows)
        self._look_at_claims(name, rows)

    def committed(self, name: str, changes: Changes) -> None:
        """A node wants these rows to be durable."""
        self._lost(name, changes)
        self._conceded(name, changes)
        self._look_at_collects(name, changes)
        self._look_at_claims(name, changes)
        self._look_at_invoices(name, changes)
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

    def is_untraced(self, name: str, invoice_id: InvoiceId) -> bool:
        """Whether this invoice was withdrawn before anything was promised for it."""
        return invoice_id in self._untraced.get(name, {})

    def _look_at_invoices(self, name: str, rows: Mapping[Key, Record | None]) -> None:
        """A lock of a payer is kept with the first promise. Without one, what is withdrawn leaves nothing."""
        invoices = self._invoices.setdefault(name, {})
        for key, record in rows.items():
            if not isinstance(key, InvoiceKey):
                continue
            if isinstance(record, InvoiceRecord):
                invoices[key] = record.src_hashed_lock is not None
                continue
            is_promised = invoices.pop(key, False)
            if not is_promised:
                self._untraced.setdefault(name, {})[key.invoice_id] = None
            is_used = UsedKey(UsedKind.INVOICE, key.invoice_id) in rows
            is_noted = any(
                isinstance(row, HistoryRecord)
                and row.kind in (HistoryKind.RECEIVED, HistoryKind.WITHDRAWN)
                and row.id == key.invoice_id
                for row in rows.values()
            )
            claim(
                is_used == is_noted == is_promised,
                "history",
                f"{name} closes an invoice for which something was promised, and does not remember it"
                if is_promised
                else f"{name} remembers an invoice for which nothing was ever promised",
            )

    def _look_at_collects(self, name: str, rows: Mapping[Key, Record | None]) -> None:
        waiting = self._collects.setdefault(name, {})
        for key, record in rows.items():
            if not isinstance(key, QueuedKey):
                continue
            waiting.pop(key, None)
            if isinstance(record, QueuedRecord) and isinstance(record.operation, CollectOp):
                waiting[key] = (record.currency, record.operation.request_id)

    def _lost(self, name: str, changes: Changes) -> None:
        """What a friend was to pay for, and is lost with its channel, stands in the history."""
        noted = {
            (record.peer, record.id)
            for record in changes.values()
            if isinstance(record, HistoryRecord) and record.kind is HistoryKind.UNCOLLECTED
        }
        for key, (currency, request_id) in self._collects.get(name, {}).items():
            if key in changes and changes.get(CreditKey(key.friend, currency), _ELSE) is None:
                claim(
                    (key.friend, request_id) in noted,
                    "history",
                    f"{name} lost a collect with a channel, and its history does not say so",
                )

    def _look_at_claims(self, name: str, rows: Mapping[Key, Record | None]) -> None:
        claims = self._claims.setdefault(name, {})
        for key, record in rows.items():
            if isinstance(key, ChannelKey):
                claims.pop(key.friend, None)
                if isinstance(record, ChannelRecord) and record.local_terms is not None:
                    terms = record.local_terms.balance_for_reset
                    claims[key.friend] = {item.currency: item.balance for item in terms}

    def _conceded(self, name: str, changes: Changes) -> None:
        """By how much a reset is not what was claimed stands in the history."""
        claims = self._claims.get(name, {})
        for channel in changes.values():
            if not isinstance(channel, ChannelRecord) or channel.friend not in claims:
                continue
            if channel.local_terms is not None:
                continue
            differences = {currency: -balance for currency, balance in claims[channel.friend].items()}
            for record in changes.values():
                if isinstance(record, CreditRecord) and record.friend == channel.friend:
                    differences[record.currency] = differences.get(record.currency, 0) + record.balance
            noted = {
                (record.currency, record.amount if record.kind is HistoryKind.GAINED else -record.amount)
                for record in changes.values()
                if isinstance(record, HistoryRecord)
                and record.peer == channel.friend
                and record.kind in (HistoryKind.GAINED, HistoryKind.CONCEDED)
            }
            claim(
                noted == {(currency, more) for currency, more in differences.items() if more},
                "history",
                f"{name} started again from other balances than it claimed, and its history does not say so",
            )

    def used(self, name: str, state: FunderState, rows: Mapping[Key, Record]) -> None:
        """Whatever ended, durable or not, its id is known as used."""
        for key in rows:
            if isinstance(key, UsedKey):
                claim(state.used.has(key), "history", f"{name} does not know that an id was used")
