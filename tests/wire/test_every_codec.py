"""Every codec there is, also those of messages that stand alone only in our files and rows."""

import importlib
import pkgutil
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import offset.wire
from offset.base.faults import Undecodable
from offset.wire.codec import Codec
from offset.wire.extension import Extensible
from support.vectors import cases


def _codecs() -> dict[str, Codec[Any] | Extensible[Any]]:
    found: dict[str, Codec[Any] | Extensible[Any]] = {}
    for module in pkgutil.iter_modules(offset.wire.__path__, "offset.wire."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, Codec):
                found[value._name] = value
            elif isinstance(value, Extensible):
                found[value._plain._name] = value
    return dict(sorted(found.items()))


CODECS = _codecs()
RECORDED = [bytes.fromhex(case["bytes"]) for case in cases("capnp", "message")]


def altered(data: st.DataObject) -> bytes:
    """A recorded message of any kind with some bytes changed, or anything."""
    original = data.draw(st.sampled_from(RECORDED) | st.binary(max_size=200))
    message = bytearray(original)
    for place in data.draw(st.lists(st.integers(0, max(0, len(message) - 1)), max_size=6)):
        if message:
            message[place] = data.draw(st.integers(0, 255))
    return bytes(message)


def test_all_are_found() -> None:
    """There are as many as the wire has roots, and some that stand alone in files."""
    assert {"FriendMessage", "NodeReport", "Commit", "Receipt", "RelayAddress", "MoveToken"} <= set(CODECS)
    assert {case["type"] for case in cases("capnp", "message")} - set(CODECS) == {
        "Rekey"
    }  # a part of another


@pytest.mark.parametrize("name", CODECS)
@given(st.data())
def test_hostile_bytes(name: str, data: st.DataObject) -> None:
    """Any bytes, well made messages of another kind too, are Undecodable or a value that comes back as it was."""
    codec = CODECS[name]
    try:
        message = codec.decode(altered(data))
    except Undecodable:
        return
    assert codec.decode(codec.encode(message)) == message
