"""What the values are made of: amounts, keys, times, and the two kinds of classes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, dataclass_transform

import msgspec
from msgspec import Meta

from offset.base import base64url
from offset.base.credits import Amount, Balance, is_amount, is_balance
from offset.base.faults import UserFault
from offset.base.ids import PUBLIC_KEY_BYTES, PublicKey
from offset.base.limits import CURRENCY_BYTES_MAX, NAME_BYTES_MAX, U32_MAX
from offset.base.notes import shown

AMOUNT_DIGITS = 39
"""Of 2^128 - 1."""

AmountText = Annotated[str, Meta(pattern="^(0|[1-9][0-9]{0,38})$", description="Whole credits, not below 0")]
BalanceText = Annotated[
    str, Meta(pattern="^(0|-?[1-9][0-9]{0,38})$", description="Whole credits; above 0 the friend owes you")
]
KeyText = Annotated[
    str, Meta(pattern="^[A-Za-z0-9_-]{43}$", description="A public key of 32 bytes in base64url")
]
IdText = Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{1,86}$", description="An id in base64url")]
CurrencyText = Annotated[str, Meta(min_length=1, max_length=CURRENCY_BYTES_MAX)]
NameText = Annotated[str, Meta(min_length=1, max_length=NAME_BYTES_MAX)]
FileText = Annotated[str, Meta(min_length=1, description="A text of Offset, or what is in a file")]
RatePart = Annotated[int, Meta(ge=0, le=U32_MAX)]
Time = Annotated[datetime, Meta(tz=True)]
"""In JSON an RFC 3339 text; we write it in UTC."""


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Value(msgspec.Struct, frozen=True, kw_only=True):
    """An answer, or a part of one."""


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a request carries."""


def amount_of(text: str) -> Amount:
    """The amount in a text. Raises UserFault when it is none."""
    if text.isascii() and text.isdigit() and len(text) <= AMOUNT_DIGITS and is_amount(int(text)):
        return int(text)
    raise UserFault("an amount is a whole number of credits, from 0 to 2^128 - 1")


def balance_of(text: str) -> Balance:
    """The balance in a text. Raises UserFault when it is none."""
    digits = text.removeprefix("-")
    if digits.isascii() and digits.isdigit() and len(digits) <= AMOUNT_DIGITS and is_balance(int(text)):
        return int(text)
    raise UserFault("a balance is a whole number of credits, from -2^127 to 2^127 - 1")


def key_of(text: str) -> PublicKey:
    """The public key in a text. Raises UserFault when it is none."""
    try:
        return PublicKey(base64url.decode(text, PUBLIC_KEY_BYTES))
    except UserFault as fault:
        raise UserFault(f"a public key was expected: {fault}") from None


def checked_name(text: str, bytes_max: int = NAME_BYTES_MAX) -> str:
    """`text` when it may be the name of something: on one line, and all of it can be seen. Raises UserFault."""
    try:
        length = len(text.encode())
    except UnicodeEncodeError:
        raise UserFault("a name must be text in UTF-8") from None
    if length > bytes_max:
        raise UserFault(f"a name has at most {bytes_max} bytes, not {length}: shorten it")
    if not text or text != shown(text):
        raise UserFault("a name stands on one line, without blanks around it or characters that do not print")
    return text


def key_text(key: PublicKey) -> str:
    """A public key as text."""
    return base64url.encode(key)


def time_of(seconds: float) -> datetime:
    """A time of day, in seconds since 1970, as it stands in values."""
    return datetime.fromtimestamp(seconds, UTC)
