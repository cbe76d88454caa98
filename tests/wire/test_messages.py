"""Every recorded message and every recorded odd input (tests/vectors/capnp.json)."""

from typing import Any

import pytest

from offset.base.faults import Undecodable
from support.fields import codec_of, from_fields, to_fields
from support.vectors import Case, cases

MESSAGES = cases("capnp", "message")
DECODES = cases("capnp", "decode")

# Currencies and addresses over their limit: the reference takes them and then cannot load its own database.
TOO_LONG = {"currency longer than 16 bytes", "address longer than 256 bytes"}
assert {case["what"] for case in DECODES} >= TOO_LONG


def _label(case: Case) -> str:
    return f"{case['type']}: {case.get('name') or case.get('what')}"


def _parts(case: Case) -> tuple[str, str, Any, bytes]:
    return case["schema"], case["type"], case["fields"], bytes.fromhex(case["bytes"])


@pytest.mark.parametrize("case", MESSAGES, ids=_label)
def test_message_is_read(case: Case) -> None:
    """The bytes of the reference decode to the fields it put in."""
    schema, name, fields, data = _parts(case)
    message = codec_of(schema, name).decode(data)
    assert to_fields(schema, name, message) == fields
    assert message == from_fields(schema, name, fields)


@pytest.mark.parametrize("case", MESSAGES, ids=_label)
def test_message_is_written(case: Case) -> None:
    """We write the very bytes that the reference writes, and read back what we wrote."""
    schema, name, fields, data = _parts(case)
    message = from_fields(schema, name, fields)
    encoded = codec_of(schema, name).encode(message)
    assert encoded == data
    assert codec_of(schema, name).decode(encoded) == message


@pytest.mark.parametrize("case", [case for case in DECODES if case["what"] not in TOO_LONG], ids=_label)
def test_odd_input(case: Case) -> None:
    """Odd input is taken or refused as by the reference, and taken as the same message."""
    schema, name, fields, data = _parts(case)
    if case["accepted"]:
        assert to_fields(schema, name, codec_of(schema, name).decode(data)) == fields
    else:
        with pytest.raises(Undecodable):
            codec_of(schema, name).decode(data)


@pytest.mark.parametrize("case", [case for case in DECODES if case["what"] in TOO_LONG], ids=_label)
def test_01_d4_names_over_their_limit_from_the_wire(case: Case) -> None:
    """A currency or address over its limit is undecodable; the reference stores it and dies of it at the next start."""
    schema, name, _, data = _parts(case)
    assert case["accepted"]
    with pytest.raises(Undecodable, match="longer than"):
        codec_of(schema, name).decode(data)
