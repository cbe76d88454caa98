"""Lists and messages as JSON, and back; bytes in them are base64.

msgspec writes it many times faster than the wire codec writes its bytes, and a person can read it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from offset.base.ids import Currency, HashResult, RandValue, Signature
from offset.wire.common import RelayAddress
from offset.wire.friend import (
    CancelOp,
    CollectOp,
    CurrencyOperations,
    MoveToken,
    Operation,
    RequestOp,
    ResponseOp,
)

_encode = msgspec.json.Encoder().encode


def text(value: Any) -> str:
    """The JSON of a list or message."""
    return _encode(value).decode()


def reader(kind: Any) -> Callable[[str], Any]:
    """What makes a value of this type again from its JSON. Raises msgspec.MsgspecError, ValueError or KeyError."""
    if kind == MoveToken:
        return read_move_token
    if kind == Operation:
        return read_operation
    return _plain_reader(kind)


def _plain_reader(kind: Any) -> Callable[[Any], Any]:
    return msgspec.json.Decoder(kind).decode


_OPERATIONS = {
    cls.__struct_fields__: _plain_reader(cls) for cls in (RequestOp, ResponseOp, CancelOp, CollectOp)
}
_read_fields = _plain_reader(dict[str, msgspec.Raw])


class _Group(msgspec.Struct):
    currency: Currency
    operations: tuple[msgspec.Raw, ...]


class _Token(msgspec.Struct):
    """A move token whose operations are still JSON."""

    old_token: Signature
    currencies_operations: tuple[_Group, ...]
    opt_local_relays: tuple[RelayAddress, ...] | None
    opt_active_currencies: tuple[Currency, ...] | None
    info_hash: HashResult
    rand_nonce: RandValue
    new_token: Signature


_read_token = _plain_reader(_Token)


def read_operation(text: str | msgspec.Raw) -> Operation:
    """An operation, which is known by its fields."""
    operation: Operation = _OPERATIONS[tuple(_read_fields(text))](text)
    return operation


def read_move_token(text: str) -> MoveToken:
    """A move token, whose operations are known by their fields."""
    token = _read_token(text)
    groups = tuple(
        CurrencyOperations(group.currency, tuple(read_operation(raw) for raw in group.operations))
        for group in token.currencies_operations
    )
    return MoveToken(
        token.old_token,
        groups,
        token.opt_local_relays,
        token.opt_active_currencies,
        token.info_hash,
        token.rand_nonce,
        token.new_token,
    )
