"""Hash locks (tests/vectors/hashes.json)."""

import pytest

from offset.crypto.locks import hash_lock
from support.vectors import Case, cases


@pytest.mark.parametrize("case", cases("hashes", "hashLock"))
def test_hash_lock(case: Case) -> None:
    """The lock of a secret is that of the reference."""
    assert hash_lock(bytes.fromhex(case["plainLock"])).hex() == case["hashedLock"]
