"""Shares of a private key: so many of them make it, fewer tell nothing (SLIP-39). The only importer of shamir_mnemonic.

What is shared is the private key itself, the 32-byte seed of RFC 8032, so that years later nothing else must be found,
and any tool that knows SLIP-39 does. A share is 33 words of a list in which no two words begin with the same four
letters; the last three are a checksum. No SLIP-39 passphrase is used, for a wrong one gives another key and no error.

The library draws the random bytes itself, from the operating system, and is not hardened against other programs that
watch how long it takes. So only `stmgr` uses it: offline, in a process that ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from shamir_mnemonic import MnemonicError, combine_mnemonics, generate_mnemonics
from shamir_mnemonic import Share as Slip39
from shamir_mnemonic.wordlist import WORD_INDEX_MAP

from offset.base.faults import UserFault
from offset.base.limits import SHARES_MAX
from offset.crypto.identity import Identity

SHARES_NEEDED_MIN = 2
"""A share that makes the key alone would be the key itself."""
WORDS = 33
"""Of a share of 32 bytes."""


class Share:
    """One share of a private key. It is a secret, so `repr` does not show its words."""

    __slots__ = ("needed", "number", "set_number", "words")

    def __init__(self, words: str, set_number: int, number: int, needed: int) -> None:
        self.words = words
        """WORDS words with one blank between two."""
        self.set_number = set_number
        """Shares that were made together have the same, from 0 to 32767."""
        self.number = number
        """From 1 to SHARES_MAX; each share of a set has another one."""
        self.needed = needed
        """How many shares of the set make the key."""

    def __repr__(self) -> str:
        return f"Share({self.number} of set {self.set_number}, {self.needed} needed)"


def share_key(identity: Identity, needed: int, count: int) -> list[Share]:
    """`count` new shares of the private key, of which any `needed` make it."""
    assert SHARES_NEEDED_MIN <= needed <= count <= SHARES_MAX, "the command line sees to it"
    # Without a passphrase there is nothing to guess, so no work is put in the way of guessing.
    (group,) = generate_mnemonics(1, [(needed, count)], identity.private_key(), iteration_exponent=0)
    return [read_share(words) for words in group]


def read_share(text: str) -> Share:
    """The share of these words. Raises UserFault, whose sentence tells no word of it."""
    words = text.lower().split()
    for number, word in enumerate(words, 1):
        if word not in WORD_INDEX_MAP:
            raise UserFault(f"not a whole share: word {number} is not one of the words of SLIP-39")
    if len(words) != WORDS:
        raise UserFault(f"not a whole share of a key: that has {WORDS} words, not {len(words)}")
    clean = " ".join(words)
    try:
        found = Slip39.from_mnemonic(clean)
    except MnemonicError:
        raise UserFault(
            "not a whole share: a word of it is wrong or not in its place, so compare each with the sheet"
        ) from None
    if found.group_count != 1:
        raise UserFault("a share of several groups, which another program made: join it there")
    return Share(clean, found.identifier, found.index + 1, found.member_threshold)


def join_shares(shares: Sequence[Share]) -> Identity:
    """The identity whose key is made of these shares, of one set and each with another number.

    If there are more of them than needed, they must all make the same. Raises UserFault when they do not fit together.
    """
    needed = shares[0].needed
    assert len(shares) >= needed
    *first, last = shares[:needed]
    found = {_joined([*first, other]) for other in (last, *shares[needed:])}
    if len(found) != 1:
        raise _misfit()
    return Identity(found.pop())


def _joined(shares: Iterable[Share]) -> bytes:
    try:
        key = combine_mnemonics([share.words for share in shares])
    except MnemonicError:
        raise _misfit() from None
    assert isinstance(key, bytes)
    return key


def _misfit() -> UserFault:
    return UserFault(
        "these shares do not fit together: one of them is of another set, though it has the number of this one"
    )
