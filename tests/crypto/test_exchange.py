"""Key exchange; the recorded derivations are tested in tests/link/test_keys.py, where they are used."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offset.crypto.exchange import derive_key, dh_public_key, shared_secret
from support.vectors import Case, cases

SECRETS = st.binary(min_size=32, max_size=32)

# RFC 7748, 6.1
ALICE = bytes.fromhex("77076d0a7318a57d3c16c17251b26645df5d8e3d8a3e8b2fa1ea9ed8a3ab3a58")


@given(SECRETS, SECRETS)
def test_both_sides_share_one_secret(one: bytes, two: bytes) -> None:
    """Each side's secret and the other's public key give the same 32 bytes."""
    shared = shared_secret(one, dh_public_key(two))
    assert shared == shared_secret(two, dh_public_key(one))
    assert len(shared) == 32


@given(SECRETS)
def test_secrets_are_clamped(secret: bytes) -> None:
    """The bits that RFC 7748 fixes do not matter, so any 32 random bytes are a secret."""
    clamped = bytes([secret[0] & 248, *secret[1:31], secret[31] & 127 | 64])
    assert dh_public_key(secret) == dh_public_key(clamped)


@pytest.mark.parametrize("case", cases("dh", "deriveOddKey"), ids=lambda case: str(case["what"]))
def test_01_d7_zero_secret_is_refused(case: Case) -> None:
    """A key that makes the secret zero is refused; the reference takes it, and its keys are known to everybody."""
    secret, remote = bytes.fromhex(case["privateKey"]), bytes.fromhex(case["remotePublicKey"])
    salt = bytes.fromhex(case["localSalt"])
    assert case["accepted"]
    known_to_everybody = derive_key(bytes(32), salt).hex() == case["sendKey"]
    assert known_to_everybody is (case["what"] != "high bit set (ignored)")
    if known_to_everybody:
        with pytest.raises(ValueError):
            shared_secret(secret, remote)
    else:
        assert derive_key(shared_secret(secret, remote), salt).hex() == case["sendKey"]


@pytest.mark.parametrize("length", [0, 31, 33])
def test_keys_of_another_length(length: int) -> None:
    """Secrets and public keys have 32 bytes."""
    with pytest.raises(ValueError):
        shared_secret(bytes(length), dh_public_key(ALICE))
    with pytest.raises(ValueError):
        shared_secret(ALICE, bytes(length))
    with pytest.raises(ValueError):
        dh_public_key(bytes(length))


@given(SECRETS, SECRETS)
def test_derived_key_is_hkdf(shared: bytes, salt: bytes) -> None:
    """The key of a direction is HKDF of RFC 5869 over SHA-512/256, empty info, one block."""
    extracted = hmac.HMAC(salt, shared, "sha512_256").digest()
    expanded = hmac.HMAC(extracted, b"\x01", "sha512_256").digest()
    assert derive_key(shared, salt) == expanded
    assert hashlib.new("sha512_256").block_size == 128
