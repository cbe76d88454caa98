"""The columns of each kind of record, derived from the types of its fields.

A field is one column of its name; `FLATTENED` names the fields that are several. What a column holds follows from the
type of the field: keys and ids are bytes, names and enumerations texts, counts and small numbers integers, numbers
that may exceed 64 bits decimal texts, and whatever has parts is JSON. `_FORMS` names the types that go another way.
"""

from __future__ import annotations

import enum
import types
from collections.abc import Callable
from typing import Annotated, Any, NewType, Union, get_args, get_origin, get_type_hints

import msgspec

from offset.base.credits import Rate
from offset.base.ids import PUBLIC_KEY_BYTES, PublicKey
from offset.core.funder.collects import CollectRecord
from offset.core.funder.records import (
    LOST,
    OWN,
    ConfigRecord,
    From,
    Origin,
    Own,
    PendingRecord,
    Record,
)
from offset.store.schema.texts import reader, text
from offset.wire.friend import CollectOp, FriendsRoute, RequestOp


class ColumnKind(enum.Enum):
    """What the cells of a column are."""

    BLOB = "bytes"
    TEXT = "text"
    INTEGER = "an integer of at most 64 bits"
    BOOL = "a truth value"
    DECIMAL = "the decimal digits of an integer of any size"
    JSON = "JSON, with bytes in base64"


class ColumnForm(msgspec.Struct, frozen=True):
    """How values of a type lie in a cell. A direction without a function leaves the value as it is."""

    kind: ColumnKind
    to_cell: Callable[[Any], Any] | None = None
    from_cell: Callable[[Any], Any] | None = None


class Column(msgspec.Struct, frozen=True):
    """A column: its name, where its value is in the record, and how it lies in a cell."""

    name: str
    path: tuple[str, ...]
    """The fields that lead from the record to the value."""
    form: ColumnForm
    is_optional: bool


class _Flat(msgspec.Struct, frozen=True):
    """A field whose own fields are columns, named with a prefix."""

    fields: type[msgspec.Struct]
    prefix: str = ""
    number: ColumnKind = ColumnKind.DECIMAL
    """How its numbers lie in their cells."""


FLATTENED: dict[tuple[type[Any], str], _Flat] = {
    (ConfigRecord, "rate"): _Flat(Rate, "rate_", ColumnKind.INTEGER),
    (PendingRecord, "request"): _Flat(RequestOp),
    (CollectRecord, "collect"): _Flat(CollectOp),
}


def _join_route(route: FriendsRoute) -> bytes:
    return b"".join(route.public_keys)


def _split_route(joined: bytes) -> FriendsRoute:
    starts = range(0, len(joined), PUBLIC_KEY_BYTES)
    return FriendsRoute(tuple([PublicKey(joined[start : start + PUBLIC_KEY_BYTES]) for start in starts]))


def _origin_bytes(origin: Origin) -> bytes:
    if isinstance(origin, From):
        return origin.friend
    return _OWN_BYTES if isinstance(origin, Own) else _LOST_BYTES


def _read_origin(cell: bytes) -> Origin:
    if cell == _OWN_BYTES:
        return OWN
    return LOST if cell == _LOST_BYTES else From(PublicKey(cell))


_OWN_BYTES, _LOST_BYTES = b"", b"lost"
_FORMS: dict[Any, ColumnForm] = {
    Origin: ColumnForm(ColumnKind.BLOB, _origin_bytes, _read_origin),
    FriendsRoute: ColumnForm(ColumnKind.BLOB, _join_route, _split_route),
}
_NUMBERS = {
    ColumnKind.INTEGER: ColumnForm(ColumnKind.INTEGER),
    ColumnKind.DECIMAL: ColumnForm(ColumnKind.DECIMAL, str, int),
}


def columns_of(kind: type[Record]) -> tuple[Column, ...]:
    """The columns of this kind of record, those of its key first."""
    columns: list[Column] = []
    for name, hint in fields_of(kind):
        flat = FLATTENED.get((kind, name))
        if flat is None:
            columns.append(_column(name, (name,), hint, ColumnKind.DECIMAL))
        else:
            columns += [
                _column(flat.prefix + part, (name, part), inner, flat.number)
                for part, inner in fields_of(flat.fields)
            ]
    return tuple(columns)


def item_columns_of(kind: type[msgspec.Struct]) -> tuple[Column, ...]:
    """One column for each field of a key, or of an item of a list."""
    return tuple(_column(name, (name,), hint, ColumnKind.DECIMAL) for name, hint in fields_of(kind))


def fields_of(kind: type[msgspec.Struct]) -> list[tuple[str, Any]]:
    """The fields of a class, each with its type."""
    hints = get_type_hints(kind, include_extras=True)
    return [(name, hints[name]) for name in kind.__struct_fields__]


def _column(name: str, path: tuple[str, ...], hint: Any, number: ColumnKind) -> Column:
    inner = _without_none(hint)
    return Column(name, path, _form(inner, number), is_optional=inner != hint)


def _without_none(hint: Any) -> Any:
    """X for X | None; any other type as it is."""
    if get_origin(hint) in (Union, types.UnionType) and type(None) in get_args(hint):
        (inner,) = [arg for arg in get_args(hint) if arg is not type(None)]
        return inner
    return hint


def _form(hint: Any, number: ColumnKind) -> ColumnForm:
    if hint in _FORMS:
        return _FORMS[hint]
    if get_origin(hint) is Annotated:
        # Of the types of records only `Small` is one.
        return _NUMBERS[ColumnKind.INTEGER]
    if isinstance(hint, NewType):
        return _form(hint.__supertype__, number)
    if not isinstance(hint, type):
        return ColumnForm(ColumnKind.JSON, text, reader(hint))
    if issubclass(hint, bool):
        return ColumnForm(ColumnKind.BOOL, None, bool)
    if issubclass(hint, enum.StrEnum):
        return _enum_form(ColumnKind.TEXT, hint)
    if issubclass(hint, enum.IntEnum):
        return _enum_form(ColumnKind.INTEGER, hint)
    if issubclass(hint, int):
        return _NUMBERS[number]
    if issubclass(hint, str):
        return ColumnForm(ColumnKind.TEXT)
    if issubclass(hint, bytes):
        return ColumnForm(ColumnKind.BLOB)
    return ColumnForm(ColumnKind.JSON, text, reader(hint))


def _enum_form(kind: ColumnKind, members: type[enum.Enum]) -> ColumnForm:
    # Dicts, because enumerations look up slowly. A value that no member has is a KeyError.
    values = {member: member.value for member in members}
    return ColumnForm(
        kind, values.__getitem__, {value: member for member, value in values.items()}.__getitem__
    )
