"""Canonical bytes: what is hashed and signed, never sent (spec 01, 5.1 and 5.2).

Texts carry no length here, so two different lists can look alike (spec 01, 9, item 9); that is the protocol.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from offset.base.ids import Currency, PublicKey
from offset.wire.common import RelayAddress
from offset.wire.friend import (
    CancelOp,
    CollectOp,
    CurrencyOperations,
    Operation,
    RequestOp,
    ResponseOp,
)
from offset.wire.index import IndexMutation, UpdateFriendCurrency
from offset.wire.report import BalanceInfo, CurrencyBalanceInfo, McInfo, TokenInfo


def u64(value: int) -> bytes:
    """8 bytes, big-endian."""
    return value.to_bytes(8, "big")


def u128(value: int) -> bytes:
    """16 bytes, big-endian."""
    return value.to_bytes(16, "big")


def i128(value: int) -> bytes:
    """16 bytes, big-endian two's complement."""
    return value.to_bytes(16, "big", signed=True)


def flag(value: bool) -> bytes:
    """One byte, 0 or 1."""
    return b"\x01" if value else b"\x00"


def listed(items: Sequence[bytes]) -> bytes:
    """The count (8 bytes), then the elements."""
    return u64(len(items)) + b"".join(items)


def optional(value: bytes | None) -> bytes:
    """One byte 0, or one byte 1 and the value."""
    return b"\x00" if value is None else b"\x01" + value


def route_bytes(public_keys: Sequence[PublicKey]) -> bytes:
    """FriendsRoute."""
    return listed(public_keys)


def request_bytes(op: RequestOp) -> bytes:
    """RequestSendFundsOp."""
    return b"".join(
        (
            op.request_id,
            op.src_hashed_lock,
            route_bytes(op.route.public_keys),
            u128(op.dest_payment),
            u128(op.total_dest_payment),
            op.invoice_id,
            u128(op.left_fees),
        )
    )


def response_bytes(op: ResponseOp) -> bytes:
    """ResponseSendFundsOp."""
    return op.request_id + op.dest_hashed_lock + flag(op.is_complete) + op.rand_nonce + op.signature


def cancel_bytes(op: CancelOp) -> bytes:
    """CancelSendFundsOp."""
    return op.request_id


def collect_bytes(op: CollectOp) -> bytes:
    """CollectSendFundsOp."""
    return op.request_id + op.src_plain_lock + op.dest_plain_lock


def operation_bytes(op: Operation) -> bytes:
    """FriendTcOp: one byte for the kind, then the operation."""
    match op:
        case RequestOp():
            return b"\x00" + request_bytes(op)
        case ResponseOp():
            return b"\x01" + response_bytes(op)
        case CancelOp():
            return b"\x02" + cancel_bytes(op)
        case CollectOp():
            return b"\x03" + collect_bytes(op)


def currency_bytes(currency: Currency) -> bytes:
    """Currency."""
    return currency.encode()


def currency_operations_bytes(operations: CurrencyOperations) -> bytes:
    """CurrencyOperations."""
    return currency_bytes(operations.currency) + listed([operation_bytes(op) for op in operations.operations])


def relay_address_bytes(relay: RelayAddress) -> bytes:
    """RelayAddress."""
    return relay.public_key + relay.address.encode()


def relays_bytes(relays: Iterable[RelayAddress]) -> bytes:
    """list of RelayAddress."""
    return listed([relay_address_bytes(relay) for relay in relays])


def currencies_bytes(currencies: Iterable[Currency]) -> bytes:
    """list of Currency."""
    return listed([currency_bytes(currency) for currency in currencies])


def balance_info_bytes(info: BalanceInfo) -> bytes:
    """BalanceInfo."""
    return i128(info.balance) + u128(info.local_pending_debt) + u128(info.remote_pending_debt)


def currency_balance_info_bytes(info: CurrencyBalanceInfo) -> bytes:
    """CurrencyBalanceInfo."""
    return currency_bytes(info.currency) + balance_info_bytes(info.balance_info)


def mc_info_bytes(info: McInfo) -> bytes:
    """McInfo; its balances stay in their order."""
    balances = [currency_balance_info_bytes(balance) for balance in info.balances]
    return info.local_public_key + info.remote_public_key + listed(balances)


def token_info_bytes(info: TokenInfo) -> bytes:
    """TokenInfo."""
    counters = info.counters
    return mc_info_bytes(info.mc) + u64(counters.inconsistency_counter) + u128(counters.move_token_counter)


def index_mutation_bytes(mutation: IndexMutation) -> bytes:
    """IndexMutation. The rate is left out, as in the reference (spec 01, 9, item 10)."""
    key = mutation.public_key + currency_bytes(mutation.currency)
    if isinstance(mutation, UpdateFriendCurrency):
        return b"\x00" + key + u128(mutation.recv_capacity)
    return b"\x01" + key
