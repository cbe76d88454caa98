"""The canonical bytes of every kind of value (tests/vectors/hashes.json)."""

from collections.abc import Callable
from typing import Any

import pytest

from offset.crypto.hashing import sha512_256
from offset.wire import canonical as ours
from offset.wire.friend import CancelOp, CollectOp, RequestOp, ResponseOp
from support.fields import from_fields
from support.vectors import Case, cases

# type in the vectors: (how its fields become our value, how that becomes bytes)
Rule = tuple[Callable[[Any], Any], Callable[[Any], bytes]]


def _message(schema: str, name: str) -> Callable[[Any], Any]:
    return lambda fields: from_fields(f"{schema}.capnp", name, fields)


def _many(one: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda fields: None if fields is None else [one(item) for item in fields]


RULES: dict[str, Rule] = {
    "Currency": (str, ours.currency_bytes),
    "String": (str, str.encode),
    "bool": (bool, ours.flag),
    "u32": (int, lambda value: value.to_bytes(4, "big")),  # none of our structures has one
    "u64": (int, ours.u64),
    "u128": (int, ours.u128),
    "i128": (int, ours.i128),
    "Option<List<Currency>>": (
        _many(str),
        lambda value: ours.optional(None if value is None else ours.currencies_bytes(value)),
    ),
    "RelayAddress": (_message("common", "RelayAddress"), ours.relay_address_bytes),
    "Option<List<RelayAddress>>": (
        _many(_message("common", "RelayAddress")),
        lambda value: ours.optional(None if value is None else ours.relays_bytes(value)),
    ),
    "FriendsRoute": (
        _message("funder", "FriendsRoute"),
        lambda value: ours.route_bytes(value.public_keys),
    ),
    "RequestSendFundsOp": (_message("funder", "RequestSendFundsOp"), ours.request_bytes),
    "ResponseSendFundsOp": (_message("funder", "ResponseSendFundsOp"), ours.response_bytes),
    "CancelSendFundsOp": (_message("funder", "CancelSendFundsOp"), ours.cancel_bytes),
    "CollectSendFundsOp": (_message("funder", "CollectSendFundsOp"), ours.collect_bytes),
    "FriendTcOp": (_message("funder", "FriendTcOp"), ours.operation_bytes),
    "CurrencyOperations": (_message("funder", "CurrencyOperations"), ours.currency_operations_bytes),
    "List<CurrencyOperations>": (
        _many(_message("funder", "CurrencyOperations")),
        lambda value: ours.listed([ours.currency_operations_bytes(item) for item in value]),
    ),
    "CountersInfo": (
        _message("report", "CountersInfo"),
        lambda value: ours.u64(value.inconsistency_counter) + ours.u128(value.move_token_counter),
    ),
    "BalanceInfo": (_message("report", "BalanceInfo"), ours.balance_info_bytes),
    "CurrencyBalanceInfo": (_message("report", "CurrencyBalanceInfo"), ours.currency_balance_info_bytes),
    "McInfo": (_message("report", "McInfo"), ours.mc_info_bytes),
    "TokenInfo": (_message("report", "TokenInfo"), ours.token_info_bytes),
    "IndexMutation": (_message("index", "IndexMutation"), ours.index_mutation_bytes),
    "Receipt": (  # no protocol step uses it, so we have no function for it
        _message("common", "Receipt"),
        lambda value: (
            value.response_hash + value.invoice_id + ours.u128(value.dest_payment) + value.signature
        ),
    ),
}


@pytest.mark.parametrize("case", cases("hashes", "canonical"), ids=lambda case: str(case["type"]))
def test_canonical_bytes(case: Case) -> None:
    """What is hashed and signed is, byte for byte, what the reference hashes and signs."""
    read, write = RULES[case["type"]]
    data = write(read(case["fields"]))
    assert data.hex() == case["bytes"]
    assert sha512_256(data).hex() == case["hash"]


def test_every_operation_has_its_bytes() -> None:
    """No operation is forgotten where the kinds are told apart: four kinds, four first bytes."""
    zero16, zero32 = bytes(16), bytes(32)
    request = from_fields(
        "funder.capnp",
        "RequestSendFundsOp",
        {
            "requestId": zero16.hex(),
            "srcHashedLock": zero32.hex(),
            "route": {"publicKeys": []},
            "destPayment": "0",
            "totalDestPayment": "0",
            "invoiceId": zero32.hex(),
            "leftFees": "0",
        },
    )
    assert isinstance(request, RequestOp)
    response = ResponseOp(zero16, zero32, False, zero16, bytes(64))
    operations = [request, response, CancelOp(zero16), CollectOp(zero16, zero32, zero32)]
    assert [ours.operation_bytes(op)[0] for op in operations] == [0, 1, 2, 3]


@pytest.mark.parametrize("value", [-1, 2**128])
def test_amounts_that_do_not_fit_are_not_signed(value: int) -> None:
    """An amount out of range is an error of ours, never another amount under a signature."""
    with pytest.raises(OverflowError):
        ours.u128(value)
