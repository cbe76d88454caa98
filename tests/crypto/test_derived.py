"""Keys that follow from a key."""

from __future__ import annotations

import json

import pytest

from offset.base.limits import MAILBOX_KEYS_MAX
from offset.crypto.derived import mailbox_identity
from offset.crypto.identity import Identity
from support.letters import VECTORS

RECORDED = json.loads(VECTORS.read_text("utf-8"))["derived"]


@pytest.mark.parametrize("case", RECORDED["mailboxes"], ids=lambda case: str(case["number"]))
def test_recorded_keys(case: dict) -> None:
    """A wallet that was made anew from its key is called where it was called before."""
    owner = Identity(bytes.fromhex(RECORDED["owner"]))
    mailbox = mailbox_identity(owner, case["number"])
    assert mailbox.private_key().hex() == case["privateKey"]
    assert mailbox.public_key.hex() == case["publicKey"]


def test_each_is_another_one() -> None:
    """No mailbox is the node, nor another mailbox, of this wallet or another one."""
    owners = [Identity(bytes([number]) * 32) for number in (1, 2)]
    keys = [owner.public_key for owner in owners]
    keys += [
        mailbox_identity(owner, number).public_key for owner in owners for number in range(MAILBOX_KEYS_MAX)
    ]
    assert len(set(keys)) == len(keys)


def test_there_are_so_many() -> None:
    """MAILBOX_KEYS_MAX; another number is a mistake of the program."""
    for number in (-1, MAILBOX_KEYS_MAX):
        with pytest.raises(AssertionError):
            mailbox_identity(Identity(bytes(32)), number)


def test_by_hand() -> None:
    """As the document says it, with nothing but the HMAC of RFC 2104 and SHA-512."""
    from hashlib import sha512

    def hmac_sha512(key: bytes, label: bytes) -> bytes:
        padded = key.ljust(128, b"\x00")
        inner = sha512(bytes(byte ^ 0x36 for byte in padded) + label).digest()
        return sha512(bytes(byte ^ 0x5C for byte in padded) + inner).digest()[:32]

    seed = hmac_sha512(hmac_sha512(b"\x05" * 32, b"offset mailbox key 1"), b"\x00\x00\x00\x03")
    assert mailbox_identity(Identity(b"\x05" * 32), 3).private_key() == seed
