"""Lists and messages as JSON, and back; bytes in them are base64.

msgspec writes it many times faster than the wire codec writes its bytes, and a person can read it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from offset.base.ids import Currency, HashResult, RandValue, Signature
from offset.core.funder.records import PartRecord, SentRelays
from offset.wire.common import Receipt, RelayAddress
from offset.wire.friend import (
    CancelOp,
    CollectOp,
    CurrencyOperations,
    MoveToken,
    Operation,
    RequestOp,
    ResetTerms,
    ResponseOp,
)
from offset.wire.report import MoveTokenHashedReport

_encode = msgspec.json.Encoder().encode


def text(value: Any) -> str:
    """The JSON of a list or message."""
    return _encode(value).decode()


def optional_text(value: Any) -> str | None:
    """The same; nothing stays nothing."""
    return None if value is None else _encode(value).decode()


def _reader(cls: Any) -> Callable[[Any], Any]:
    return msgspec.json.Decoder(cls).decode


def _optional(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda text: None if text is None else read(text)


read_currencies = _reader(tuple[Currency, ...])
read_relays = _reader(tuple[RelayAddress, ...])
read_sent_relays = _reader(SentRelays)
read_parts = _reader(tuple[PartRecord, ...])
read_report = _optional(_reader(MoveTokenHashedReport))
read_terms = _optional(_reader(ResetTerms))
read_response = _optional(_reader(ResponseOp))
read_receipt = _optional(_reader(Receipt))

_OPERATIONS = {cls.__struct_fields__: _reader(cls) for cls in (RequestOp, ResponseOp, CancelOp, CollectOp)}
_read_fields = _reader(dict[str, msgspec.Raw])


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


_read_token = _reader(_Token)


def read_operation(text: str | msgspec.Raw) -> Operation:
    """An operation, which is known by its fields."""
    operation: Operation = _OPERATIONS[tuple(_read_fields(text))](text)
    return operation


def read_move_token(text: str | None) -> MoveToken | None:
    """A move token, if there is one."""
    if text is None:
        return None
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
