"""What ended, and how: the kinds of rows of the history, and of ids that are never taken again."""

from __future__ import annotations

import enum


class HistoryKind(enum.StrEnum):
    """What ended, and how."""

    PAID = "paid"
    """A payment of ours succeeded."""
    UNPAID = "unpaid"
    """A payment of ours was canceled."""
    RECEIVED = "received"
    """An invoice of ours was collected."""
    WITHDRAWN = "withdrawn"
    """An invoice of ours was withdrawn, after a part had been promised for it. Without that there is no row."""
    LOST = "lost"
    """We paid for a request whose asker is gone."""
    UNCOLLECTED = "uncollected"
    """A friend was to pay us for a request, and its channel was lost, or the friend removed, before we had said the
    collect: whether it pays is up to what both agree on after that. The id is that of the request, the amount what the
    friend had frozen for it, the detail the id of the invoice if it was a sale of ours."""
    UNPROVED = "unproved"
    """A payment of ours ended neither paid nor unpaid: what is lost of it may be claimed."""
    LOST_PART = "lost part"
    """A part of a payment of ours was under way to a friend when the channel was lost, and the friend may claim it. The
    id is that of the part, the detail that of its payment."""
    CONCEDED = "conceded"
    """A reset put the balance with a friend below what we had claimed, by this amount. The id is the reset token of the
    terms that were accepted."""
    GAINED = "gained"
    """A reset put it above what we had claimed; the same."""
    SUCCEEDED = "succeeded"
    """A friend whose key is lost has a new card, which accepted the balance: what it owed us went over to that. The id
    is the old key, the peer the new one."""
    OWING = "owing"
    """The same, of what we owed."""
    PROOF = "proof"
    """A payment of ours that was noted as paid is proved whole by a later receipt, the detail. The amount is 0: nothing
    more was paid."""


class UsedKind(enum.IntEnum):
    """Whose id was used."""

    INVOICE = 0
    PAYMENT = 1
