"""How each record lies in a row: `x_row` makes the row, `read_x` makes the record again.

Numbers that may exceed 64 bits are decimal texts, lists and messages are JSON.
"""

from __future__ import annotations

from typing import Any

from offset.base.credits import Rate
from offset.base.ids import (
    PUBLIC_KEY_BYTES,
    Currency,
    HashedLock,
    InvoiceId,
    PaymentId,
    PlainLock,
    PublicKey,
    RequestId,
    Signature,
    Uid,
)
from offset.core.funder.records import (
    ChannelRecord,
    ConfigRecord,
    CreditRecord,
    FriendRecord,
    HistoryRecord,
    InvoiceRecord,
    NoFriend,
    Origin,
    PaymentRecord,
    PendingRecord,
    QueuedRecord,
    TransactionRecord,
)
from offset.store.texts import (
    optional_text,
    read_currencies,
    read_move_token,
    read_operation,
    read_parts,
    read_receipt,
    read_relays,
    read_report,
    read_response,
    read_sent_relays,
    read_terms,
    text,
)
from offset.wire.friend import FriendsRoute, RequestOp

Row = tuple[Any, ...]

_NO_FRIEND = {mark.value: mark for mark in NoFriend}


def _origin_bytes(origin: Origin) -> bytes:
    return origin.value if isinstance(origin, NoFriend) else origin


def _read_origin(origin: bytes) -> Origin:
    return _NO_FRIEND.get(origin) or PublicKey(origin)


# Friends


def friend_row(record: FriendRecord) -> Row:
    return (
        record.public_key,
        record.name,
        record.is_enabled,
        text(record.remote_relays),
        text(record.sent_relays),
    )


def read_friend(public_key: PublicKey, name: str, is_enabled: int, relays: str, sent: str) -> FriendRecord:
    return FriendRecord(public_key, name, bool(is_enabled), read_relays(relays), read_sent_relays(sent))


def config_row(record: ConfigRecord) -> Row:
    rate = record.rate
    limit = str(record.remote_max_debt)
    return record.friend, record.currency, rate.mul, rate.add, limit, record.is_open


def read_config(
    friend: PublicKey, currency: Currency, mul: int, add: int, limit: str, is_open: int
) -> ConfigRecord:
    return ConfigRecord(friend, currency, Rate(mul, add), int(limit), bool(is_open))


# Channels


def channel_row(record: ChannelRecord) -> Row:
    return (
        record.friend,
        optional_text(record.outgoing),
        optional_text(record.incoming),
        str(record.inconsistency_counter),
        str(record.move_token_counter),
        text(record.local_currencies),
        text(record.remote_currencies),
        optional_text(record.local_terms),
        optional_text(record.remote_terms),
        record.reset_wish,
        optional_text(record.former_terms),
    )


def read_channel(
    friend: PublicKey,
    outgoing: str | None,
    incoming: str | None,
    inconsistency_counter: str,
    move_token_counter: str,
    local_currencies: str,
    remote_currencies: str,
    local_terms: str | None,
    remote_terms: str | None,
    reset_wish: Signature | None,
    former_terms: str | None,
) -> ChannelRecord:
    return ChannelRecord(
        friend,
        read_move_token(outgoing),
        read_report(incoming),
        int(inconsistency_counter),
        int(move_token_counter),
        read_currencies(local_currencies),
        read_currencies(remote_currencies),
        read_terms(local_terms),
        read_terms(remote_terms),
        reset_wish,
        read_terms(former_terms),
    )


def credit_row(record: CreditRecord) -> Row:
    return (
        record.friend,
        record.currency,
        str(record.balance),
        str(record.local_pending_debt),
        str(record.remote_pending_debt),
    )


def read_credit(
    friend: PublicKey, currency: Currency, balance: str, local_debt: str, remote_debt: str
) -> CreditRecord:
    return CreditRecord(friend, currency, int(balance), int(local_debt), int(remote_debt))


def pending_row(record: PendingRecord) -> Row:
    request = record.request
    return (
        record.friend,
        record.currency,
        record.is_local,
        request.request_id,
        request.src_hashed_lock,
        b"".join(request.route.public_keys),
        str(request.dest_payment),
        str(request.total_dest_payment),
        request.invoice_id,
        str(request.left_fees),
        optional_text(record.response),
        _origin_bytes(record.origin),
    )


def read_pending(
    friend: PublicKey,
    currency: Currency,
    is_local: int,
    request_id: RequestId,
    src_hashed_lock: HashedLock,
    route: bytes,
    dest_payment: str,
    total_dest_payment: str,
    invoice_id: InvoiceId,
    left_fees: str,
    response: str | None,
    origin: bytes,
) -> PendingRecord:
    starts = range(0, len(route), PUBLIC_KEY_BYTES)
    keys = [PublicKey(route[start : start + PUBLIC_KEY_BYTES]) for start in starts]
    request = RequestOp(
        request_id,
        src_hashed_lock,
        FriendsRoute(tuple(keys)),
        int(dest_payment),
        int(total_dest_payment),
        invoice_id,
        int(left_fees),
    )
    return PendingRecord(
        friend, currency, bool(is_local), request, read_response(response), _read_origin(origin)
    )


def queued_row(record: QueuedRecord) -> Row:
    operation = text(record.operation)
    return (
        record.friend,
        record.number,
        record.queue,
        record.currency,
        operation,
        _origin_bytes(record.origin),
    )


def read_queued(
    friend: PublicKey, number: int, queue: int, currency: Currency, operation: str, origin: bytes
) -> QueuedRecord:
    return QueuedRecord(friend, number, queue, currency, read_operation(operation), _read_origin(origin))


# Sellers and buyers


def invoice_row(record: InvoiceRecord) -> Row:
    return (
        record.invoice_id,
        record.currency,
        str(record.total_dest_payment),
        record.dest_plain_lock,
        record.src_hashed_lock,
        text(record.parts),
    )


def read_invoice(
    invoice_id: InvoiceId,
    currency: Currency,
    total: str,
    plain_lock: PlainLock,
    hashed_lock: HashedLock | None,
    parts: str,
) -> InvoiceRecord:
    return InvoiceRecord(invoice_id, currency, int(total), plain_lock, hashed_lock, read_parts(parts))


def payment_row(record: PaymentRecord) -> Row:
    return (
        record.payment_id,
        record.invoice_id,
        record.currency,
        str(record.total_dest_payment),
        record.dest_public_key,
        record.src_plain_lock,
        record.stage,
        record.open_transactions,
        optional_text(record.receipt),
        record.ack_uid,
    )


def read_payment(
    payment_id: PaymentId,
    invoice_id: InvoiceId,
    currency: Currency,
    total: str,
    dest_public_key: PublicKey,
    src_plain_lock: PlainLock,
    stage: str,
    open_transactions: int,
    receipt: str | None,
    ack_uid: Uid | None,
) -> PaymentRecord:
    return PaymentRecord(
        payment_id,
        invoice_id,
        currency,
        int(total),
        dest_public_key,
        src_plain_lock,
        stage,
        open_transactions,
        read_receipt(receipt),
        ack_uid,
    )


def transaction_row(record: TransactionRecord) -> Row:
    return (
        record.request_id,
        record.payment_id,
        record.friend,
        str(record.dest_payment),
        str(record.fees),
        optional_text(record.response),
    )


def read_transaction(
    request_id: RequestId,
    payment_id: PaymentId,
    friend: PublicKey,
    dest_payment: str,
    fees: str,
    response: str | None,
) -> TransactionRecord:
    return TransactionRecord(
        request_id, payment_id, friend, int(dest_payment), int(fees), read_response(response)
    )


def history_row(record: HistoryRecord) -> Row:
    return record.kind, record.id, record.currency, str(record.amount), record.peer, record.detail


def read_history(
    kind: str, id: bytes, currency: Currency, amount: str, peer: PublicKey, detail: bytes
) -> HistoryRecord:
    return HistoryRecord(kind, id, currency, int(amount), peer, detail)
