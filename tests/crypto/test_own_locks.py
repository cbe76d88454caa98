"""Locks that follow from our key: always the same, each for one thing, and found again without any row."""

from __future__ import annotations

import hmac

from hypothesis import given
from hypothesis import strategies as st

from offset.base.entropy import SeededEntropy
from offset.crypto.hashing import sha512_256
from offset.crypto.identity import Identity
from offset.crypto.locks import hash_lock
from offset.crypto.own_locks import SRC_LOCKS, OwnLocks
from offset.testing import APP, NODE

FST = "FST"
INVOICE, SELLER = bytes(range(32)), APP.public_key
LOCKS = OwnLocks(NODE)


def test_what_they_are_made_of() -> None:
    """As the head of the module says, so that every later version makes the same."""
    total = (40).to_bytes(16)
    for label, lock in (
        (b"offset dest lock 1", LOCKS.dest(INVOICE, 40, FST)),
        (b"offset dest locks 1", LOCKS.others(INVOICE, 40, FST)),
    ):
        key = hmac.digest(NODE.private_key(), label, "sha512")[:32]
        assert lock == hmac.digest(key, INVOICE + total + FST.encode(), "sha512")[:32]
    drawn = SeededEntropy("one").bytes(2)
    number = (int.from_bytes(drawn) % SRC_LOCKS).to_bytes(2)
    key = hmac.digest(NODE.private_key(), b"offset src lock 1", "sha512")[:32]
    expected = sha512_256(hmac.digest(key, SELLER + INVOICE + total + FST.encode(), "sha512")[:32] + number)
    assert LOCKS.src(INVOICE, 40, FST, SELLER, SeededEntropy("one")) == expected


@given(st.binary(max_size=8))
def test_a_lock_is_found_by_its_hash(seed: bytes) -> None:
    """Whatever number was drawn."""
    lock = LOCKS.src(INVOICE, 40, FST, SELLER, SeededEntropy(seed.hex()))
    assert LOCKS.find_src(INVOICE, 40, FST, SELLER, hash_lock(lock)) == lock


def test_locks_of_others_are_not_found() -> None:
    """Of another key, another id, amount, currency or seller, or drawn."""
    lock = LOCKS.src(INVOICE, 40, FST, SELLER, SeededEntropy("x"))
    assert OwnLocks(APP).find_src(INVOICE, 40, FST, SELLER, hash_lock(lock)) is None
    assert LOCKS.find_src(bytes(32), 40, FST, SELLER, hash_lock(lock)) is None
    assert LOCKS.find_src(INVOICE, 40, FST, bytes(32), hash_lock(lock)) is None
    assert LOCKS.find_src(INVOICE, 41, FST, SELLER, hash_lock(lock)) is None
    assert LOCKS.find_src(INVOICE, 40, "EUR", SELLER, hash_lock(lock)) is None
    assert LOCKS.find_src(INVOICE, 40, FST, SELLER, bytes(32)) is None


def test_each_is_for_one_thing() -> None:
    """No two invoices, amounts, currencies, uses, numbers or nodes have a lock in common."""
    others = OwnLocks(Identity(bytes(32)))
    made = [
        locks.dest(invoice, total, currency)
        for locks in (LOCKS, others)
        for invoice in (INVOICE, bytes(32))
        for total in (0, 40, 2**128 - 1)
        for currency in (FST, "FS", "T")
    ]
    made += [LOCKS.others(INVOICE, 40, FST), others.others(INVOICE, 40, FST)]
    assert len(set(made)) == len(made)


def test_all_numbers_are_drawn() -> None:
    """A buyer that pays one invoice again and again has many locks."""
    entropy = SeededEntropy("many")
    drawn = {LOCKS.src(INVOICE, 40, FST, SELLER, entropy) for _ in range(20 * SRC_LOCKS)}
    assert len(drawn) == SRC_LOCKS
