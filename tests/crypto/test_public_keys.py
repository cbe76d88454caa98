"""Verdicts on signatures, and the order of keys (tests/vectors/keys.json and signatures.json)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offset.crypto.identity import Identity
from offset.crypto.public_keys import is_lower, verify
from support.vectors import Case, cases

SEEDS = st.binary(min_size=32, max_size=32)


@pytest.mark.parametrize(
    "case", cases("keys", "compare"), ids=lambda case: f"{case['local']}, {case['remote']}"
)
def test_order_of_keys(case: Case) -> None:
    """Two keys are ordered as in the reference, so both sides agree on who speaks first."""
    local, remote = bytes.fromhex(case["localKey"]), bytes.fromhex(case["remoteKey"])
    assert is_lower(local, remote) is (case["order"] == "less")
    assert is_lower(remote, local) is (case["order"] == "greater")
    if case["order"] != "equal":
        assert is_lower(local, remote) is case["localStartsOutgoing"] is case["localListens"]


@pytest.mark.parametrize("case", cases("signatures", "ed25519"), ids=lambda case: str(case["what"]))
def test_verdict_on_signatures(case: Case) -> None:
    """Odd keys and signatures get the verdict of the reference: two verdicts in one channel would break it."""
    key, buffer, signature = (bytes.fromhex(case[name]) for name in ("publicKey", "buffer", "signature"))
    assert verify(key, buffer, signature) is case["valid"]
    if "privateKey" in case:
        assert Identity(bytes.fromhex(case["privateKey"])).sign(buffer) == signature


@pytest.mark.parametrize("length", [0, 31, 33])
def test_public_key_of_another_length(length: int) -> None:
    """A key of a wrong length verifies nothing, and is no error."""
    signature = Identity(bytes(32)).sign(b"buffer")
    assert not verify(bytes(length), b"buffer", signature)


@pytest.mark.parametrize("length", [0, 63, 65])
def test_signature_of_another_length(length: int) -> None:
    """A signature of a wrong length is invalid, and no error; one with a byte more as well."""
    identity = Identity(bytes(32))
    signature = (identity.sign(b"buffer") + b"\x00")[:length]
    assert len(signature) == length
    assert not verify(identity.public_key, b"buffer", signature)


@given(SEEDS, st.binary(max_size=100), st.data())
def test_signatures_hold_and_no_change_passes(seed: bytes, buffer: bytes, data: st.DataObject) -> None:
    """What an identity signs verifies; with one bit changed, in the buffer or in the signature, it does not."""
    identity = Identity(seed)
    signature = identity.sign(buffer)
    assert verify(identity.public_key, buffer, signature)
    signed = bytearray(buffer + signature)
    bit = data.draw(st.integers(0, 8 * len(signed) - 1))
    signed[bit // 8] ^= 1 << bit % 8
    assert not verify(identity.public_key, bytes(signed[: len(buffer)]), bytes(signed[len(buffer) :]))
