"""One JSON object per file: a form says its fields once, for reading and for writing (spec 01, 7.1).

    TICKET = Form("a ticket", Ticket, {"public_key": raw(32), "address": ADDRESS}, CAMEL)
    TICKET.parse(TICKET.format(ticket))

A form reads what the reference reads (any order, unknown fields, an array in place of an object), with one
exception: base64 that is longer than needed. It writes the very bytes that the reference writes.
"""

from __future__ import annotations

import enum
import json
import re
from collections.abc import Callable
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from offset.base import base64url
from offset.base.credits import is_amount, is_balance
from offset.base.faults import UserFault
from offset.base.limits import U64_MAX
from offset.base.names import check_address, check_currency_length
from offset.wire.codec import camel_case

Json = Any
T = TypeVar("T")


class Kind(Protocol):
    """How one value stands in a file."""

    def read(self, value: Json, at: str, /) -> Any:
        """The value; `at` is its place in the file. Raises UserFault."""
        ...

    def write(self, value: Any, /) -> Json:
        """What stands in the file."""
        ...


class Spelling(enum.Enum):
    """How the names of the fields are written; `SNAKE_OR_CAMEL` writes the first and reads both.

    Wallets write invoices, commits and receipts in camelCase, stctrl in snake_case: spec 05, 7, D-15.
    """

    CAMEL = enum.auto()
    SNAKE = enum.auto()
    SNAKE_OR_CAMEL = enum.auto()


class Form(Generic[T]):
    """The fields of a file, or of an object inside of one, in the order in which they are written."""

    __slots__ = ("_added", "_kinds", "_make", "_names", "_what")

    def __init__(
        self,
        what: str,
        make: Callable[..., T],
        kinds: dict[str, Kind],
        spelling: Spelling,
        added: dict[str, Kind] | None = None,
    ) -> None:
        """`what` it is, with its article; `make` takes the fields by the names that `kinds` gives them.

        `added`: fields of ours, which the reference does not read. They come last, and each may be missing: then
        its value is None.
        """
        self._what, self._make, self._kinds = what, make, kinds
        self._added = added or {}
        self._names = {name: _spellings(name, spelling) for name in (*kinds, *self._added)}

    def parse(self, text: str) -> T:
        """What a file says. Raises UserFault."""
        try:
            return self.read(_load(text), "")
        except UserFault as fault:
            raise UserFault(f"not {self._what}: {fault}") from None

    def format(self, value: T) -> str:
        """The text of a file."""
        return json.dumps(self.write(value), indent=2, ensure_ascii=False)

    def read(self, value: Json, at: str) -> T:
        """The object `value`, found at the place `at`."""
        if isinstance(value, list) and len(value) == len(self._kinds):
            found = dict(zip(self._kinds, value, strict=True))
        elif isinstance(value, dict):
            found = {
                name: _field(value, spellings, at)
                for name, spellings in self._names.items()
                if name in self._kinds or any(spelling in value for spelling in spellings)
            }
        else:
            raise UserFault(f"{at or 'the file'}: expected an object in braces")
        return self._make(
            **{
                name: kind.read(found[name], _join(at, self._names[name][0])) if name in found else None
                for name, kind in (self._kinds | self._added).items()
            }
        )

    def write(self, value: T) -> Json:
        """`value` as an object."""
        values = {name: getattr(value, name) for name in (*self._kinds, *self._added)}
        return {
            self._names[name][0]: kind.write(values[name])
            for name, kind in (self._kinds | self._added).items()
            if name in self._kinds or values[name] is not None
        }


def _spellings(name: str, spelling: Spelling) -> tuple[str, ...]:
    match spelling:
        case Spelling.CAMEL:
            return (camel_case(name),)
        case Spelling.SNAKE:
            return (name,)
        case Spelling.SNAKE_OR_CAMEL:
            return (name, camel_case(name)) if camel_case(name) != name else (name,)


def _join(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name


_TWICE = object()


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for name, value in pairs:
        found[name] = _TWICE if name in found else value
    return found


def _not_json(_: str) -> Json:
    raise ValueError("NaN and Infinity are not JSON")


def _load(text: str) -> Json:
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_not_json)
    except json.JSONDecodeError as error:
        raise UserFault(f"it is not JSON at line {error.lineno}, column {error.colno}") from None
    except (ValueError, RecursionError):
        # A number of thousands of digits, or thousands of brackets.
        raise UserFault("it is not JSON that we can read") from None


def _field(values: dict[str, Json], spellings: tuple[str, ...], at: str) -> Json:
    found = [values[name] for name in spellings if name in values]
    if not found:
        raise UserFault(f"{_join(at, spellings[0])} is missing")
    if len(found) > 1 or found[0] is _TWICE:
        raise UserFault(f"{_join(at, spellings[0])} is given twice")
    return found[0]


# Kinds of values


class Leaf(NamedTuple):
    """A value that is no object."""

    read: Callable[[Json, str], Any]
    write: Callable[[Any], Json]


def raw(count: int) -> Leaf:
    """`count` bytes in base64."""

    def read(value: Json, at: str) -> bytes:
        try:
            return base64url.decode(_text(value, at), count)
        except UserFault as fault:
            raise UserFault(f"{at}: {fault}") from None

    return Leaf(read, base64url.encode)


def many(kind: Kind) -> Leaf:
    """An array."""

    def read(value: Json, at: str) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise UserFault(f"{at}: expected an array in brackets")
        return tuple([kind.read(item, f"{at}[{index}]") for index, item in enumerate(value)])

    return Leaf(read, lambda values: [kind.write(value) for value in values])


def _text(value: Json, at: str) -> str:
    if not isinstance(value, str):
        raise UserFault(f"{at}: expected a text in quotes")
    return value


def _checked(check: Callable[[str], str]) -> Leaf:
    def read(value: Json, at: str) -> str:
        try:
            return check(_text(value, at))
        except UserFault as fault:
            raise UserFault(f"{at}: {fault}") from None

    return Leaf(read, str)


def _decimal(pattern: str, fits: Callable[[int], bool], expected: str) -> Leaf:
    def read(value: Json, at: str) -> int:
        # Zeros in front are allowed, however many; int() refuses thousands of digits.
        if isinstance(value, str) and (match := re.fullmatch(pattern, value)) and len(match[2]) <= 40:
            number = int(match[1] + match[2])
            if fits(number):
                return number
        raise UserFault(f"{at}: expected {expected}, in quotes")

    return Leaf(read, str)


def _flag(value: Json, at: str) -> bool:
    if not isinstance(value, bool):
        raise UserFault(f"{at}: expected true or false")
    return value


def _counter(value: Json, at: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= U64_MAX:
        raise UserFault(f"{at}: expected a whole number of at most 64 bits, not in quotes")
    return value


CURRENCY = _checked(check_currency_length)
ADDRESS = _checked(check_address)
AMOUNT = _decimal(r"([+]?)0*([0-9]+)", is_amount, "a whole number of at most 128 bits")
BALANCE = _decimal(r"([+-]?)0*([0-9]+)", is_balance, "a whole number of at most 127 bits and a sign")
FLAG = Leaf(_flag, bool)
COUNTER = Leaf(_counter, int)
