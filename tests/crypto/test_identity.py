"""Identities (tests/vectors/keys.json)."""

import pytest

from offset.crypto.identity import Identity
from offset.crypto.public_keys import key_rank
from support.vectors import Case, cases


@pytest.mark.parametrize("case", cases("keys", "identity"), ids=lambda case: str(case["name"]))
def test_identity(case: Case) -> None:
    """A private key names the public key, and the rank, that it has in the reference."""
    private = bytes.fromhex(case["privateKey"])
    identity = Identity(private)
    assert identity.public_key.hex() == case["publicKey"]
    assert key_rank(identity.public_key).hex() == case["publicKeyHash"]
    assert identity.private_key() == private


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_private_key_of_another_length(length: int) -> None:
    """A private key has 32 bytes; nothing else makes an identity."""
    with pytest.raises(ValueError):
        Identity(bytes(length))


def test_secret_is_not_shown() -> None:
    """An identity in a log shows the start of its public key, never the private one."""
    identity = Identity(bytes(range(32)))
    assert identity.private_key().hex()[:8] not in repr(identity)
    assert identity.public_key.hex()[:8] in repr(identity)
