"""Parts of payments that wait for our invoices, payer by payer (spec 03, 3.8).

Nothing of it is stored: a part is a request of a friend that has reached us and is not answered for good.
"""

from __future__ import annotations

from collections.abc import Iterator

from offset.base.credits import Amount
from offset.base.ids import HashedLock, InvoiceId, PublicKey, RequestId
from offset.wire.friend import RequestOp

Payer = tuple[InvoiceId, HashedLock]
"""An invoice, and the lock that all parts of one payment for it have in common."""
Part = tuple[PublicKey, RequestId]
"""The friend through which a part came, and its request."""


class WaitingParts:
    """What waits for open invoices. Several payers may try to pay one, side by side."""

    def __init__(self) -> None:
        self._parts: dict[InvoiceId, dict[HashedLock, dict[Part, Amount]]] = {}
        self._sums: dict[Payer, Amount] = {}

    def add(self, friend: PublicKey, op: RequestOp) -> None:
        """A part arrived through this friend."""
        payer = (op.invoice_id, op.src_hashed_lock)
        parts = self._parts.setdefault(op.invoice_id, {}).setdefault(op.src_hashed_lock, {})
        parts[friend, op.request_id] = op.dest_payment
        self._sums[payer] = self._sums.get(payer, 0) + op.dest_payment

    def remove(self, friend: PublicKey, op: RequestOp) -> Payer | None:
        """This request waits no longer. Returns whose part it was, or None if it was nobody's."""
        payers = self._parts.get(op.invoice_id, {})
        parts = payers.get(op.src_hashed_lock, {})
        amount = parts.pop((friend, op.request_id), None)
        if amount is None:
            return None
        payer = (op.invoice_id, op.src_hashed_lock)
        self._sums[payer] -= amount
        if not parts:
            del self._sums[payer], payers[op.src_hashed_lock]
            if not payers:
                del self._parts[op.invoice_id]
        return payer

    def has(self, friend: PublicKey, op: RequestOp) -> bool:
        """Whether this request waits here."""
        parts = self._parts.get(op.invoice_id, {}).get(op.src_hashed_lock, {})
        return (friend, op.request_id) in parts

    def paid(self, payer: Payer) -> Amount:
        """What waits of this payer."""
        return self._sums.get(payer, 0)

    def of(self, payer: Payer) -> list[Part]:
        """The parts of this payer, first come first."""
        return list(self._parts.get(payer[0], {}).get(payer[1], ()))

    def number_of(self, payer: Payer) -> int:
        """How many parts of this payer wait."""
        return len(self._parts.get(payer[0], {}).get(payer[1], ()))

    def payers_of(self, invoice_id: InvoiceId) -> list[Payer]:
        """Everybody who has begun to pay this invoice."""
        return [(invoice_id, lock) for lock in self._parts.get(invoice_id, ())]

    def count(self, invoice_id: InvoiceId) -> int:
        """How many parts wait for this invoice, of all payers."""
        return sum(map(len, self._parts.get(invoice_id, {}).values()))

    def count_from(self, friend: PublicKey, invoice_id: InvoiceId) -> int:
        """How many of them came through this friend. Looks at each of them."""
        return sum(key == friend for parts in self._parts.get(invoice_id, {}).values() for key, _ in parts)

    def __iter__(self) -> Iterator[Payer]:
        return iter(list(self._sums))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WaitingParts) and self._parts == other._parts

    __hash__ = None  # type: ignore[assignment]
