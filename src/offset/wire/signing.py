"""The bytes under each signature, and the checks of signatures (spec 01, 5.3 to 5.8)."""

from __future__ import annotations

from collections.abc import Iterable

from offset.base.credits import Amount
from offset.base.ids import (
    RAND_VALUE_BYTES,
    Currency,
    DhPublicKey,
    HashedLock,
    HashResult,
    InvoiceId,
    PublicKey,
    RandValue,
    RequestId,
    Salt,
    Signature,
)
from offset.crypto.hashing import sha512_256
from offset.crypto.locks import hash_lock
from offset.crypto.public_keys import is_lower, key_rank, verify
from offset.wire.canonical import (
    currencies_bytes,
    currency_bytes,
    currency_operations_bytes,
    flag,
    index_mutation_bytes,
    listed,
    optional,
    relays_bytes,
    token_info_bytes,
    u64,
    u128,
)
from offset.wire.common import Commit, Receipt, RelayAddress
from offset.wire.friend import CurrencyOperations, MoveToken
from offset.wire.index import MutationsUpdate
from offset.wire.report import (
    BalanceInfo,
    CountersInfo,
    CurrencyBalanceInfo,
    McInfo,
    MoveTokenHashedReport,
    TokenInfo,
)

TOKEN_NEXT = sha512_256(b"NEXT")
FUND_RESPONSE = sha512_256(b"FUND_RESPONSE")
MUTATIONS_UPDATE = sha512_256(b"MUTATIONS_UPDATE")
HASH_CLOCK = sha512_256(b"HASH_CLOCK")


# Move tokens (5.3, 5.5)


def info_hash(info: TokenInfo) -> HashResult:
    """H(TokenInfo), 32 bytes; `info` as the sender of the move token sees it."""
    return sha512_256(token_info_bytes(info))


def prefix_hash(
    old_token: Signature,
    operations: Iterable[CurrencyOperations],
    relays: Iterable[RelayAddress] | None,
    currencies: Iterable[Currency] | None,
) -> HashResult:
    """The hash of what a move token says, 32 bytes."""
    return sha512_256(
        old_token,
        listed([currency_operations_bytes(group) for group in operations]),
        optional(None if relays is None else relays_bytes(relays)),
        optional(None if currencies is None else currencies_bytes(currencies)),
    )


def move_token_prefix_hash(message: MoveToken) -> HashResult:
    """`prefix_hash` of a whole message."""
    return prefix_hash(
        message.old_token,
        message.currencies_operations,
        message.opt_local_relays,
        message.opt_active_currencies,
    )


def move_token_buffer(prefix: HashResult, info: HashResult, rand_nonce: RandValue) -> bytes:
    """What the new token of a move token signs, 112 bytes."""
    return TOKEN_NEXT + prefix + info + rand_nonce


def verify_move_token(message: MoveToken, sender: PublicKey) -> bool:
    """Whether the new token is the sender's signature over the message."""
    prefix = move_token_prefix_hash(message)
    return verify(sender, move_token_buffer(prefix, message.info_hash, message.rand_nonce), message.new_token)


def verify_move_token_hashed(report: MoveTokenHashedReport) -> bool:
    """Whether a proof of balances is signed by its local side."""
    buffer = move_token_buffer(report.prefix_hash, info_hash(report.token_info), report.rand_nonce)
    return verify(report.token_info.mc.local_public_key, buffer, report.new_token)


def flip(info: TokenInfo) -> TokenInfo:
    """The same agreement as the other side sees it (5.3)."""
    balances = tuple(
        CurrencyBalanceInfo(
            item.currency,
            BalanceInfo(
                -item.balance_info.balance,
                item.balance_info.remote_pending_debt,
                item.balance_info.local_pending_debt,
            ),
        )
        for item in info.mc.balances
    )
    return TokenInfo(McInfo(info.mc.remote_public_key, info.mc.local_public_key, balances), info.counters)


def initial_token_info(local: PublicKey, remote: PublicKey) -> TokenInfo:
    """What both sides of a new channel agree on, as the lower key sees it (5.5)."""
    low, high = (local, remote) if is_lower(local, remote) else (remote, local)
    return TokenInfo(McInfo(low, high, ()), CountersInfo(0, 0))


def initial_move_token(local: PublicKey, remote: PublicKey) -> MoveToken:
    """The first move token, which both sides know without talking: sent by the lower key (5.5)."""
    info = initial_token_info(local, remote)
    low, high = info.mc.local_public_key, info.mc.remote_public_key
    old_token, new_token = Signature(low + bytes(32)), Signature(high + bytes(32))
    rand_nonce = RandValue(key_rank(high)[:RAND_VALUE_BYTES])
    return MoveToken(old_token, (), None, None, info_hash(info), rand_nonce, new_token)


# Response, commit and receipt (5.4)


def response_hash(request_id: RequestId, rand_nonce: RandValue) -> HashResult:
    """H(requestId ‖ randNonce), 32 bytes."""
    return sha512_256(request_id, rand_nonce)


def response_buffer(
    response: HashResult,
    src_hashed_lock: HashedLock,
    dest_hashed_lock: HashedLock,
    is_complete: bool,
    dest_payment: Amount,
    total_dest_payment: Amount,
    invoice_id: InvoiceId,
    currency: Currency,
) -> bytes:
    """What the seller signs. `response` is the `response_hash`."""
    return b"".join(
        (
            FUND_RESPONSE,
            response,
            src_hashed_lock,
            dest_hashed_lock,
            flag(is_complete),
            u128(dest_payment),
            u128(total_dest_payment),
            invoice_id,
            currency_bytes(currency),
        )
    )


def commit_buffer(commit: Commit) -> bytes:
    """What the signature of a commit covers; a commit is always complete."""
    return response_buffer(
        commit.response_hash,
        hash_lock(commit.src_plain_lock),
        commit.dest_hashed_lock,
        True,
        commit.dest_payment,
        commit.total_dest_payment,
        commit.invoice_id,
        commit.currency,
    )


def receipt_buffer(receipt: Receipt) -> bytes:
    """What the signature of a receipt covers."""
    return response_buffer(
        receipt.response_hash,
        hash_lock(receipt.src_plain_lock),
        hash_lock(receipt.dest_plain_lock),
        receipt.is_complete,
        receipt.dest_payment,
        receipt.total_dest_payment,
        receipt.invoice_id,
        receipt.currency,
    )


def verify_commit(commit: Commit, seller: PublicKey) -> bool:
    """Whether the seller promised to take this commit."""
    return commit.total_dest_payment >= commit.dest_payment and verify(
        seller, commit_buffer(commit), commit.signature
    )


def verify_receipt(receipt: Receipt, seller: PublicKey) -> bool:
    """Whether the seller signed for this payment."""
    return verify(seller, receipt_buffer(receipt), receipt.signature)


# Index (5.6, 5.7) and handshake (5.8)


def mutations_update_buffer(update: MutationsUpdate) -> bytes:
    """What a node signs when it reports to an index server."""
    return b"".join(
        (
            MUTATIONS_UPDATE,
            update.node_public_key,
            listed([index_mutation_bytes(mutation) for mutation in update.index_mutations]),
            update.time_hash,
            update.session_id,
            u64(update.counter),
            update.rand_nonce,
        )
    )


def time_hash(hashes: Iterable[HashResult]) -> HashResult:
    """The hash of one tick of a hash clock, 32 bytes."""
    return sha512_256(HASH_CLOCK, *hashes)


def exchange_dh_buffer(dh_public_key: DhPublicKey, rand_nonce: RandValue, key_salt: Salt) -> bytes:
    """What a side signs in the handshake, 80 bytes; `rand_nonce` is the one it received."""
    return dh_public_key + rand_nonce + key_salt
