"""Numbers and texts at their edges, in the files that have them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offset.base.faults import UserFault
from offset.base.limits import I128_MAX, I128_MIN, U64_MAX, U128_MAX
from offset.wire.files import (
    FriendFile,
    InvoiceFile,
    PaymentFile,
    Ticket,
    format_friend,
    format_invoice,
    format_payment,
    format_ticket,
    format_token,
    parse_friend,
    parse_invoice,
    parse_payment,
    parse_ticket,
    parse_token,
)
from offset.wire.report import (
    BalanceInfo,
    CountersInfo,
    CurrencyBalanceInfo,
    McInfo,
    MoveTokenHashedReport,
    TokenInfo,
)

KEY = bytes(range(32))
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=16)


def _invoice(amount: Any) -> InvoiceFile:
    text = json.loads(format_invoice(InvoiceFile(KEY, "FST", KEY, 0)))
    return parse_invoice(json.dumps({**text, "dest_payment": amount}))


def _token(balance: Any, counter: Any) -> MoveTokenHashedReport:
    mc = McInfo(KEY, KEY, (CurrencyBalanceInfo("FST", BalanceInfo(0, 0, 0)),))
    token = MoveTokenHashedReport(KEY, TokenInfo(mc, CountersInfo(0, 0)), KEY[:16], KEY * 2)
    text = json.loads(format_token(token))
    text["token_info"]["mc"]["balances"][0]["balance_info"]["balance"] = balance
    text["token_info"]["counters"]["inconsistency_counter"] = counter
    return parse_token(json.dumps(text))


@pytest.mark.parametrize(
    "text, amount",
    [
        ("0", 0),
        ("+7", 7),
        ("007", 7),
        ("+00", 0),
        ("0" * 10_000 + "7", 7),
        (str(U128_MAX), U128_MAX),
    ],
)
def test_amounts(text: str, amount: int) -> None:
    """An amount is a decimal text, with zeros and a plus in front if somebody likes them."""
    assert _invoice(text).dest_payment == amount


@pytest.mark.parametrize(
    "text",
    [
        "",
        "+",
        "-1",
        "-0",
        "++1",
        "1.0",
        "1e3",
        "0x10",
        "1_000",
        " 1",
        "1\n",
        "٣",
        str(U128_MAX + 1),
        "9" * 9999,
        5,
    ],
)
def test_no_amounts(text: Any) -> None:
    """Anything else is no amount: a sign, a space, a digit of another script, a JSON number, one credit too many."""
    with pytest.raises(
        UserFault, match="dest_payment: expected a whole number of at most 128 bits, in quotes"
    ):
        _invoice(text)


@pytest.mark.parametrize(
    "text, balance", [("-0", 0), ("-5", -5), ("+5", 5), (str(I128_MIN), I128_MIN), (str(I128_MAX), I128_MAX)]
)
def test_balances(text: str, balance: int) -> None:
    """A balance may have a sign."""
    (info,) = _token(text, 0).token_info.mc.balances
    assert info.balance_info.balance == balance


@pytest.mark.parametrize("text", [str(I128_MIN - 1), str(I128_MAX + 1), "- 5", "--5", "", -5])
def test_no_balances(text: Any) -> None:
    """A balance that does not fit is refused, and its place in the file is said."""
    with pytest.raises(UserFault, match=r"token_info\.mc\.balances\[0\]\.balance_info\.balance: expected"):
        _token(text, 0)


def test_counters_are_numbers() -> None:
    """The inconsistency counter is a JSON number, other than all the rest."""
    assert _token("0", U64_MAX).token_info.counters.inconsistency_counter == U64_MAX
    for wrong in ("0", -1, U64_MAX + 1, 0.0, True, None):
        with pytest.raises(
            UserFault, match="inconsistency_counter: expected a whole number of at most 64 bits"
        ):
            _token("0", wrong)


@given(TEXTS)
def test_texts_come_back(text: str) -> None:
    """Any address that fits is written so that it is read again, quotes and line ends too."""
    assert parse_ticket(format_ticket(Ticket(KEY, text))) == Ticket(KEY, text)


def test_texts_are_written_as_they_are() -> None:
    """Letters of other scripts are not escaped, as in the reference."""
    assert '"currency": "שקל₪"' in format_invoice(InvoiceFile(KEY, "שקל₪", KEY, 0))


@pytest.mark.parametrize("currency", ["0123456789abcdefg", "\\ud800"])
def test_currency_that_does_not_fit(currency: str) -> None:
    """A currency name too long, or not text at all, is refused by its field."""
    text = format_invoice(InvoiceFile(KEY, "FST", KEY, 0)).replace("FST", currency)
    with pytest.raises(UserFault, match=r"^not an invoice: currency: the name of a currency "):
        parse_invoice(text)


def test_address_that_does_not_fit() -> None:
    """An address too long is refused by its field, wherever it stands."""
    with pytest.raises(UserFault, match=r"^not a ticket: address: an address has at most 256 bytes, not 257"):
        parse_ticket(format_ticket(Ticket(KEY, "a" * 257)))


def test_friend_without_relays() -> None:
    """A friend may listen nowhere; the empty list has the layout of the reference."""
    friend = FriendFile(KEY, ())
    assert format_friend(friend).endswith('"relays": []\n}')
    assert parse_friend(format_friend(friend)) == friend


def test_array_in_place_of_an_object() -> None:
    """Like the reference we take an array of all fields in their order, and no other."""
    ticket = json.loads(format_ticket(Ticket(KEY, "host:1")))
    assert parse_ticket(json.dumps(list(ticket.values()))) == Ticket(KEY, "host:1")
    with pytest.raises(UserFault, match="expected an object in braces"):
        parse_ticket(json.dumps([*ticket.values(), 1]))


def test_a_field_that_was_added_may_be_missing() -> None:
    """A payment file of the reference does not name the node; one of ours does, and only then has the field."""
    plain, named = PaymentFile(bytes(16)), PaymentFile(bytes(16), KEY)
    assert json.loads(format_payment(plain)).keys() == {"payment_id"}
    assert parse_payment(format_payment(plain)) == plain
    assert list(json.loads(format_payment(named))) == ["payment_id", "node_public_key"]
    assert parse_payment(format_payment(named)) == named
    camel = (
        format_payment(named).replace("payment_id", "paymentId").replace("node_public_key", "nodePublicKey")
    )
    assert parse_payment(camel) == named
    with pytest.raises(UserFault, match="node_public_key"):
        parse_payment(json.dumps({**json.loads(format_payment(plain)), "node_public_key": "AAAA"}))
