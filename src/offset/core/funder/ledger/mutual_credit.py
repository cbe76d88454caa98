"""What two friends owe each other in one currency (spec 03, 1).

A `MutualCredit` never changes by itself. A `Draft` over it tries the operations of a message one after another; if
one is wrong the draft is thrown away, else `MutualCredit.adopt` takes it in, and `Draft.changes` names the rows.

Signs: balance > 0 means that the friend owes us; `local` is what we asked the friend for, `remote` what the friend
asked us for.
"""

from __future__ import annotations

import enum

import msgspec

from offset.base.credits import Amount, Balance
from offset.base.faults import OffsetError, PeerFault
from offset.base.ids import Currency, PublicKey, RequestId
from offset.base.limits import CREDIT_MAX, I128_MAX, PENDING_PER_FRIEND_MAX, U128_MAX
from offset.base.route_rules import valid_remaining_route
from offset.core.funder.records import OWN, Changes, CreditRecord, Origin, PendingKey, PendingRecord
from offset.crypto.locks import hash_lock
from offset.crypto.public_keys import verify
from offset.wire.friend import CancelOp, CollectOp, RequestOp, ResponseOp
from offset.wire.report import BalanceInfo
from offset.wire.signing import response_buffer, response_hash


class Pending(msgspec.Struct, frozen=True):
    """A request under way on one link, and its response once there is one."""

    request: RequestOp
    response: ResponseOp | None = None
    origin: Origin = OWN

    @property
    def frozen(self) -> Amount:
        """Credits held for it on this link."""
        return self.request.dest_payment + self.request.left_fees


class Verdict(enum.Enum):
    """How an incoming request was taken."""

    ACCEPTED = "accepted"
    # No fault: it stays pending until our cancel.
    OVER_LIMIT = "over limit"


class OperationRefused(OffsetError):
    """An operation of ours would be wrong, so it is not sent."""


class MutualCredit:
    """Balance, frozen credits and requests under way with one friend in one currency."""

    __slots__ = ("balance", "currency", "local", "local_debt", "remote", "remote_debt")

    def __init__(self, currency: Currency, balance: Balance = 0) -> None:
        self.currency = currency
        self.balance = balance
        self.local_debt: Amount = 0
        self.remote_debt: Amount = 0
        self.local: dict[RequestId, Pending] = {}
        self.remote: dict[RequestId, Pending] = {}

    def info(self) -> BalanceInfo:
        """The three numbers that a move token agrees on."""
        return BalanceInfo(self.balance, self.local_debt, self.remote_debt)

    def balance_for_reset(self) -> Balance:
        """What we would claim if the ledgers disagreed (spec 03, 1.6)."""
        # Requests over the limit may be of any size.
        return min(self.balance + self.remote_debt, I128_MAX)

    def adopt(self, draft: Draft) -> None:
        """Make what the draft says true."""
        self.balance, self.local_debt, self.remote_debt = draft.balance, draft.local_debt, draft.remote_debt
        for mine, changed in ((self.local, draft.local), (self.remote, draft.remote)):
            for request_id, pending in changed.items():
                if pending is None:
                    mine.pop(request_id, None)
                else:
                    mine[request_id] = pending

    def set_origin(self, friend: PublicKey, pending: Pending, origin: Origin) -> Changes:
        """Answers to this request of ours go elsewhere from now on. Returns the changed row."""
        moved = Pending(pending.request, pending.response, origin)
        self.local[pending.request.request_id] = moved
        record = PendingRecord(friend, self.currency, True, moved.request, moved.response, origin)
        return {record.key(): record}

    def record(self, friend: PublicKey) -> CreditRecord:
        """The row of the balance."""
        return CreditRecord(friend, self.currency, self.balance, self.local_debt, self.remote_debt)


class Draft:
    """A mutual credit after some operations, not yet true."""

    __slots__ = ("balance", "credit", "local", "local_debt", "remote", "remote_debt")

    def __init__(self, credit: MutualCredit) -> None:
        self.credit = credit
        self.balance = credit.balance
        self.local_debt = credit.local_debt
        self.remote_debt = credit.remote_debt
        self.local: dict[RequestId, Pending | None] = {}
        self.remote: dict[RequestId, Pending | None] = {}

    def info(self) -> BalanceInfo:
        """The three numbers that a move token agrees on."""
        return BalanceInfo(self.balance, self.local_debt, self.remote_debt)

    @property
    def is_touched(self) -> bool:
        """Whether any operation was put into it."""
        return bool(self.local or self.remote)

    def changes(self, friend: PublicKey) -> Changes:
        """The rows that differ from the credit below."""
        currency = self.credit.currency
        record = CreditRecord(friend, currency, self.balance, self.local_debt, self.remote_debt)
        rows: Changes = {record.key(): record}
        for is_local, changed in ((True, self.local), (False, self.remote)):
            for request_id, pending in changed.items():
                key = PendingKey(friend, currency, is_local, request_id)
                rows[key] = (
                    None
                    if pending is None
                    else PendingRecord(
                        friend, currency, is_local, pending.request, pending.response, pending.origin
                    )
                )
        return rows

    def find_local(self, request_id: RequestId) -> Pending | None:
        """A request of ours."""
        if request_id in self.local:
            return self.local[request_id]
        return self.credit.local.get(request_id)

    def find_remote(self, request_id: RequestId) -> Pending | None:
        """A request of the friend."""
        if request_id in self.remote:
            return self.remote[request_id]
        return self.credit.remote.get(request_id)

    # What the friend says. A PeerFault means that the whole message is wrong (spec 03, 1.2).

    def receive_request(self, op: RequestOp, remote_max_debt: Amount, elsewhere: int = 0) -> Verdict:
        """The friend froze credits; we freeze them too, also when we will have to cancel.

        `elsewhere`: how many requests of the friend are under way in other currencies.
        """
        if not valid_remaining_route(op.route.public_keys):
            raise PeerFault("a request with a wrong route")
        if op.dest_payment > op.total_dest_payment:
            raise PeerFault("a request for more than its invoice")
        if self.find_remote(op.request_id) is not None:
            raise PeerFault("a request that is already pending")
        remote_debt = self.remote_debt + op.dest_payment + op.left_fees
        if remote_debt > U128_MAX:
            raise PeerFault("requests for more credits than there are")
        pending = elsewhere + len(self.credit.remote) + len(self.remote)
        if pending >= 2 * PENDING_PER_FRIEND_MAX:
            raise PeerFault("more requests than can be cancelled")
        self.remote_debt = remote_debt
        self.remote[op.request_id] = Pending(op)
        # A limit or sum beyond 127 bits breaks the reference's channel; a cancel does no harm (D20, D21).
        if self.balance + remote_debt > min(remote_max_debt, CREDIT_MAX) or pending >= PENDING_PER_FRIEND_MAX:
            return Verdict.OVER_LIMIT
        return Verdict.ACCEPTED

    def receive_response(self, op: ResponseOp, friend: PublicKey) -> Pending:
        """The seller's promise for a request of ours. Returns what it answers, as it was."""
        pending = self._ours(op.request_id)
        route = pending.request.route.public_keys
        if not signed_by(op, pending.request, self.credit.currency, route[-1] if route else friend):
            raise PeerFault("a response that the seller did not sign")
        if pending.response is not None:
            raise PeerFault("a second response")
        self.local[op.request_id] = Pending(pending.request, op, pending.origin)
        return pending

    def receive_cancel(self, op: CancelOp) -> Pending:
        """A request of ours came to nothing. Returns it."""
        pending = self._ours(op.request_id)
        self.local[op.request_id] = None
        self.local_debt -= pending.frozen
        return pending

    def receive_collect(self, op: CollectOp) -> Pending:
        """The seller collected: we pay. Returns the request."""
        pending = self._ours(op.request_id)
        if pending.response is None:
            raise PeerFault("a collect before its response")
        if not unlocks(op, pending):
            raise PeerFault("a collect with wrong locks")
        self.local[op.request_id] = None
        self.local_debt -= pending.frozen
        self.balance -= pending.frozen
        return pending

    def _ours(self, request_id: RequestId) -> Pending:
        pending = self.find_local(request_id)
        if pending is None:
            raise PeerFault("an answer to a request that is not pending")
        return pending

    # What we say. Refused means that it must not be sent (spec 03, 1.3 and 8).

    def send_request(self, op: RequestOp, origin: Origin) -> None:
        """Freeze credits towards the friend."""
        if not valid_remaining_route(op.route.public_keys):
            raise OperationRefused("the route is wrong")
        if op.dest_payment > op.total_dest_payment:
            raise OperationRefused("more than the invoice asks")
        if self.find_local(op.request_id) is not None:
            raise OperationRefused("the request is already pending")
        local_debt = self.local_debt + op.dest_payment + op.left_fees
        if local_debt - self.balance > I128_MAX or local_debt > U128_MAX:
            raise OperationRefused("more credits than a balance can hold")
        self.local_debt = local_debt
        self.local[op.request_id] = Pending(op, None, origin)

    def send_response(self, op: ResponseOp) -> None:
        """Pass the seller's promise back; its signature was checked when it came or was made (D35)."""
        pending = self._theirs(op.request_id)
        if pending.response is not None:
            raise OperationRefused("there is a response already")
        self.remote[op.request_id] = Pending(pending.request, op, pending.origin)

    def send_cancel(self, op: CancelOp) -> None:
        """Let the friend's credits go."""
        pending = self._theirs(op.request_id)
        self.remote[op.request_id] = None
        self.remote_debt -= pending.frozen

    def send_collect(self, op: CollectOp) -> None:
        """Take the friend's credits."""
        pending = self._theirs(op.request_id)
        if pending.response is None or not unlocks(op, pending):
            raise OperationRefused("there is nothing to collect")
        self.remote[op.request_id] = None
        self.remote_debt -= pending.frozen
        self.balance += pending.frozen

    def _theirs(self, request_id: RequestId) -> Pending:
        pending = self.find_remote(request_id)
        if pending is None:
            raise OperationRefused("the request is not pending")
        return pending


def unlocks(op: CollectOp, pending: Pending) -> bool:
    """Whether both secrets fit the hashes shown before."""
    return (
        pending.response is not None
        and hash_lock(op.src_plain_lock) == pending.request.src_hashed_lock
        and hash_lock(op.dest_plain_lock) == pending.response.dest_hashed_lock
    )


def signed_by(op: ResponseOp, request: RequestOp, currency: Currency, seller: PublicKey) -> bool:
    """Whether the seller signed this response to this request (spec 03, 1.4)."""
    return verify(seller, response_buffer_of(op, request, currency), op.signature)


def response_buffer_of(op: ResponseOp, request: RequestOp, currency: Currency) -> bytes:
    """What the seller signs for this request; `op.signature` plays no part."""
    return response_buffer(
        response_hash(op.request_id, op.rand_nonce),
        request.src_hashed_lock,
        op.dest_hashed_lock,
        op.is_complete,
        request.dest_payment,
        request.total_dest_payment,
        request.invoice_id,
        currency,
    )
