"""Between two friends: schema/friend.capnp (spec 03, 0.4)."""

from __future__ import annotations

from offset.base.credits import Amount, Balance
from offset.base.ids import (
    Currency,
    HashedLock,
    HashResult,
    InvoiceId,
    PlainLock,
    PublicKey,
    RandValue,
    RequestId,
    Signature,
)
from offset.wire.codec import Codec, Message, struct, union
from offset.wire.common import RelayAddress
from offset.wire.extension import CreditLine, Extensible


class FriendsRoute(Message):
    """Nodes in the order of the route."""

    public_keys: tuple[PublicKey, ...]


class RequestOp(Message):
    """Freeze credits towards the seller. `route`: the nodes after the receiver, empty at the seller."""

    request_id: RequestId
    src_hashed_lock: HashedLock
    route: FriendsRoute
    dest_payment: Amount
    total_dest_payment: Amount
    invoice_id: InvoiceId
    left_fees: Amount


class ResponseOp(Message):
    """The seller's signed promise, on its way back."""

    request_id: RequestId
    dest_hashed_lock: HashedLock
    is_complete: bool
    rand_nonce: RandValue
    signature: Signature


class CancelOp(Message):
    """Unfreeze; no credits move."""

    request_id: RequestId


class CollectOp(Message):
    """Both secrets are out: the credits move."""

    request_id: RequestId
    src_plain_lock: PlainLock
    dest_plain_lock: PlainLock


Operation = RequestOp | ResponseOp | CancelOp | CollectOp


class CurrencyOperations(Message):
    """Operations of one currency, in the order to apply."""

    currency: Currency
    operations: tuple[Operation, ...]


class MoveToken(Message):
    """The right to speak, with what is said (spec 03, 2.3)."""

    old_token: Signature
    currencies_operations: tuple[CurrencyOperations, ...]
    opt_local_relays: tuple[RelayAddress, ...] | None
    opt_active_currencies: tuple[Currency, ...] | None
    info_hash: HashResult
    rand_nonce: RandValue
    new_token: Signature


class MoveTokenRequest(Message):
    """A move token; with `token_wanted` its sender asks to get the token back."""

    move_token: MoveToken
    token_wanted: bool
    opt_credit_lines: tuple[CreditLine, ...] | None = None
    """An extension: all lines that the sender grants to the receiver."""


class CurrencyBalance(Message):
    """A balance as the side that states it sees it."""

    currency: Currency
    balance: Balance


class ResetTerms(Message):
    """The ledgers disagree; these are the balances the sender would restart from (spec 03, 2.7)."""

    reset_token: Signature
    inconsistency_counter: int
    balance_for_reset: tuple[CurrencyBalance, ...]


FriendMessage = MoveTokenRequest | ResetTerms

struct(FriendsRoute, "friend", "FriendsRoute")
struct(RequestOp, "friend", "RequestSendFundsOp")
struct(ResponseOp, "friend", "ResponseSendFundsOp")
struct(CancelOp, "friend", "CancelSendFundsOp")
struct(CollectOp, "friend", "CollectSendFundsOp")
union(
    "friend",
    "FriendTcOp",
    {
        "requestSendFunds": RequestOp,
        "responseSendFunds": ResponseOp,
        "cancelSendFunds": CancelOp,
        "collectSendFunds": CollectOp,
    },
)
struct(CurrencyOperations, "friend", "CurrencyOperations")
struct(MoveToken, "friend", "MoveToken")
struct(MoveTokenRequest, "friend", "MoveTokenRequest")
struct(CurrencyBalance, "friend", "CurrencyBalance")
struct(ResetTerms, "friend", "ResetTerms")
struct(MoveTokenRequest, "extension_friend", "MoveTokenRequest")
_variants = {"moveTokenRequest": MoveTokenRequest, "inconsistencyError": ResetTerms}
union("friend", "FriendMessage", _variants)
union("extension_friend", "FriendMessage", _variants)

FRIEND_MESSAGE: Extensible[FriendMessage] = Extensible(
    "friend", "FriendMessage", "opt_credit_lines", "extension_friend"
)
MOVE_TOKEN: Codec[MoveToken] = Codec("friend", "MoveToken")
OPERATION: Codec[Operation] = Codec("friend", "FriendTcOp")
