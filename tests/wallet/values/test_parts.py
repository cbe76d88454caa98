"""Amounts, balances, keys and times in JSON."""

from __future__ import annotations

import msgspec
import pytest

from offset.base.faults import UserFault
from offset.base.limits import I128_MAX, I128_MIN, U128_MAX
from offset.wallet.values.parts import (
    AmountText,
    BalanceText,
    Body,
    Time,
    amount_of,
    balance_of,
    checked_name,
    key_of,
    key_text,
    time_of,
)


@pytest.mark.parametrize("amount", [0, 1, U128_MAX])
def test_amounts_go_to_text_and_back(amount: int) -> None:
    """Every amount has one text, which the schema takes too."""
    assert amount_of(msgspec.convert(str(amount), AmountText)) == amount


@pytest.mark.parametrize(
    "text", ["", "-1", "1.5", "0x1", " 1", "1\n", "\u0661", str(U128_MAX + 1), "9" * 5000]
)
def test_no_amount_is_read_out_of_other_texts(text: str) -> None:
    """What is no amount of 128 bits is refused with a sentence."""
    with pytest.raises(UserFault, match="whole number"):
        amount_of(text)


@pytest.mark.parametrize("balance", [I128_MIN, -1, 0, I128_MAX])
def test_balances_go_to_text_and_back(balance: int) -> None:
    """Every balance has one text, which the schema takes too."""
    assert balance_of(msgspec.convert(str(balance), BalanceText)) == balance


@pytest.mark.parametrize("text", ["", "-", "--1", "1-", str(I128_MAX + 1), str(I128_MIN - 1)])
def test_no_balance_is_read_out_of_other_texts(text: str) -> None:
    """What is no balance of 128 bits is refused with a sentence."""
    with pytest.raises(UserFault, match="whole number"):
        balance_of(text)


def test_keys_go_to_text_and_back() -> None:
    """A key is 43 characters, and anything else is refused."""
    key = key_of("A" * 43)
    assert key == bytes(32)
    assert key_text(key) == "A" * 43
    with pytest.raises(UserFault, match="public key"):
        key_of("A" * 42)


def test_times_are_written_in_utc() -> None:
    """A time stands in JSON as RFC 3339 with Z, and comes back equal."""
    text = msgspec.json.encode(time_of(1_700_000_000.5)).decode()
    assert text == '"2023-11-14T22:13:20.500000Z"'
    assert msgspec.json.decode(text, type=Time) == time_of(1_700_000_000.5)


def test_a_body_with_an_unknown_field_is_refused() -> None:
    """A slip of the pen in the name of a field is noticed, rather than ignored."""

    class Some(Body):
        amount: str = ""

    with pytest.raises(msgspec.ValidationError, match="ammount"):
        msgspec.json.decode(b'{"ammount": "1"}', type=Some)


def test_names_are_seen_as_they_are() -> None:
    """What has line breaks, blanks around it or marks that nobody sees is no name; bytes are counted, not letters."""
    assert checked_name("Bob's café") == "Bob's café"
    for name in ("", " a", "a\nb", "a\u202eb", "\ud800", "é" * 129):
        with pytest.raises(UserFault, match="a name"):
            checked_name(name)
