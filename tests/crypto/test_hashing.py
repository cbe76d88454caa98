"""SHA-512/256 (tests/vectors/hashes.json)."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offset.crypto.hashing import sha512_256
from support.vectors import Case, cases


@pytest.mark.parametrize("case", cases("hashes", "hash"))
def test_hash(case: Case) -> None:
    """The hash of each buffer is that of the reference."""
    assert sha512_256(bytes.fromhex(case["input"])).hex() == case["hash"]


def test_it_is_not_sha512_cut_short() -> None:
    """SHA-512/256 has its own initial values: the first half of SHA-512 is another hash."""
    assert sha512_256() != hashlib.sha512().digest()[:32]
    assert sha512_256().hex() == "c672b8d1ef56ed28ab87c3622c5114069bdd3ad7b8f9737498d0c01ecef0967a"


@given(st.lists(st.binary(max_size=200), max_size=5))
def test_parts_are_one_buffer(parts: list[bytes]) -> None:
    """Hashing parts one after another is hashing them joined, and no call remembers the one before."""
    assert sha512_256(*parts) == sha512_256(b"".join(parts))
