"""Collects of friends for requests whose asker has not told yet, after a loss of our books."""

from __future__ import annotations

from offset.base.ids import Currency, PublicKey, RequestId
from offset.core.funder.records import Key, Record
from offset.wire.friend import CollectOp, ResponseOp


class StrayKey(Key):
    """A request of ours to a friend."""

    friend: PublicKey
    currency: Currency
    request_id: RequestId


class StrayRecord(Record):
    """A collect that a friend made to us, or says that it made; who asked for the request is perhaps still to tell.

    Whoever reads it believes nothing but the locks.
    """

    TABLE = "strays"
    KEY = StrayKey

    friend: PublicKey
    currency: Currency
    request_id: RequestId
    collect: CollectOp
    response: ResponseOp | None
    """The promise that it opened, if we know it."""
    is_last: bool = False
    """Whether we have perhaps just paid it: it came after the loss, or in the friend's last message before."""

    def key(self) -> StrayKey:
        return StrayKey(self.friend, self.currency, self.request_id)
