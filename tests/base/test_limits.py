"""Limits that both ends must share (tests/vectors/capnp.json)."""

import pytest

from offset.base import limits
from offset.base.instants import SECOND
from support.vectors import Case, cases

OURS = {
    "PROTOCOL_VERSION": limits.PROTOCOL_VERSION,
    "MAX_ROUTE_LEN": limits.ROUTE_KEYS_MAX,
    "MAX_CURRENCY_LEN": limits.CURRENCY_BYTES_MAX,
    "MAX_NET_ADDRESS_LENGTH": limits.ADDRESS_BYTES_MAX,
    "MAX_FRAME_LENGTH": limits.FRAME_BYTES_MAX,
    "MAX_NODE_RELAYS": limits.NODE_RELAYS_MAX,
    "TICK_MS": limits.INDEX_TICK_MS,
    "TICKS_TO_REKEY": limits.REKEY_MS // SECOND,
    "KEEPALIVE_TICKS": limits.KEEPALIVE_CLOSE_MS // SECOND,
    "RELAY_CONN_TIMEOUT_TICKS": limits.RELAY_FIRST_MESSAGE_MS // SECOND,
    "INDEX_NODE_TIMEOUT_TICKS": limits.INDEX_NODE_TICKS,
}

BATCH = "MAX_OPERATIONS_IN_BATCH"


@pytest.mark.parametrize(
    "case",
    [case for case in cases("capnp", "constant") if case["name"] != BATCH],
    ids=lambda case: case["name"],
)
def test_constants(case: Case) -> None:
    """What the reference calls by another name has its value."""
    assert OURS[case["name"]] == int(case["value"])


def test_longer_batches_than_the_reference_sends() -> None:
    """We send more operations in one message than the reference, and take more: its receivers take any number."""
    (case,) = [case for case in cases("capnp", "constant") if case["name"] == BATCH]
    assert int(case["value"]) < limits.OPERATIONS_PER_BATCH_MAX <= limits.OPERATIONS_PER_MESSAGE_MAX


def test_limits_are_positive_whole_numbers() -> None:
    """Each limit is a whole number, so that no arithmetic with time or money becomes inexact."""
    values = {name: value for name, value in vars(limits).items() if name.isupper()}
    assert len(values) > 50
    for name, value in values.items():
        assert type(value) is int, name
        assert value > 0 or name in ("PROTOCOL_VERSION", "I128_MIN"), name
