"""Shares of a private key: any enough of them make it, and whatever was changed in one is noticed."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shamir_mnemonic import combine_mnemonics, generate_mnemonics
from shamir_mnemonic.wordlist import WORDLIST

from offset.base.faults import UserFault
from offset.base.limits import SHARES_MAX
from offset.crypto.identity import Identity
from offset.crypto.shares import SHARES_NEEDED_MIN, WORDS, join_shares, read_share, share_key
from offset.testing import NODE
from support.shares import SET_NUMBER, SHARES

# Of the official vectors of SLIP-39: two of three shares of 256 bits, and what they make with the passphrase TREZOR.
OFFICIAL = (
    "humidity disease academic always aluminum jewelry energy woman receiver strategy amuse duckling "
    "lying evidence network walnut tactics forget hairy rebound impulse brother survive clothes "
    "stadium mailman rival ocean reward venture always armed unwrap",
    "humidity disease academic agency actress jacket gross physics cylinder solution fake mortgage "
    "benefit public busy prepare sharp friar change work slow purchase ruler again "
    "tricycle involve viral wireless mixture anatomy desert cargo upgrade",
)
OFFICIAL_SECRET = "c938b319067687e990e05e0da0ecce1278f75ff58d9853f19dcaeed5de104aae"
# Likewise: a share of a set with groups, and one of another length.
OF_A_GROUP = (
    "wildlife deal beard romp alcohol space mild usual clothes union nuclear testify course research heat listen "
    "task location thank hospital slice smell failure fawn helpful priest ambition average recover lecture process "
    "dough stadium"
)
TOO_SHORT = (
    "evoke garden academic academic answer wolf scandal modern warmth station devote emerald market physics surface "
    "formal amazing aquatic gesture medical"
)


@pytest.mark.parametrize("needed, count", [(2, 2), (2, 3), (3, 5), (SHARES_MAX, SHARES_MAX)])
def test_any_that_are_enough_make_the_key(needed: int, count: int) -> None:
    """Whichever are left, in whatever order; and all of them together, too."""
    shares = share_key(NODE, needed, count)
    assert [share.number for share in shares] == list(range(1, count + 1))
    assert {(share.needed, share.set_number) for share in shares} == {(needed, shares[0].set_number)}
    for some in combinations(reversed(shares), needed):
        assert join_shares(some).private_key() == NODE.private_key()
    assert join_shares(shares).private_key() == NODE.private_key()


def test_two_sets_of_one_key_differ() -> None:
    """The library draws them anew each time."""
    first, second = share_key(NODE, 2, 3), share_key(NODE, 2, 3)
    assert not {share.words for share in first} & {share.words for share in second}


@given(st.binary(min_size=32, max_size=32))
def test_every_key(seed: bytes) -> None:
    """Keys that begin with zeros as well."""
    shares = share_key(Identity(seed), 2, 2)
    assert all(len(share.words.split()) == WORDS for share in shares)
    assert join_shares(shares).private_key() == seed


def test_shares_of_before_still_make_the_key() -> None:
    """They lie on paper for years, so each version makes the key of those of the first one."""
    shares = [read_share(words) for words in SHARES]
    assert {(share.set_number, share.needed) for share in shares} == {(SET_NUMBER, SHARES_NEEDED_MIN)}
    for some in combinations(shares, 2):
        assert join_shares(some).private_key() == NODE.private_key()


def test_other_programs_join_ours() -> None:
    """What is standard about them: the library joins them with the empty passphrase, and no more is needed."""
    assert combine_mnemonics(SHARES[:2]) == NODE.private_key()


def test_official_shares() -> None:
    """Shares of the standard's own vectors are read; they have a passphrase, so we would make another key of them."""
    first, second = (read_share(words) for words in OFFICIAL)
    assert (first.needed, second.needed) == (2, 2)
    assert first.set_number == second.set_number
    assert {first.number, second.number} == {2, 3}
    assert combine_mnemonics(OFFICIAL, b"TREZOR").hex() == OFFICIAL_SECRET
    assert join_shares([first, second]).private_key() == combine_mnemonics(OFFICIAL)


@given(st.integers(0, WORDS - 1), st.sampled_from(WORDLIST))
def test_one_wrong_word(at: int, word: str) -> None:
    """Whatever word of the list stands in the place of another one, it is noticed."""
    words = SHARES[0].split()
    if words[at] == word:
        return
    words[at] = word
    with pytest.raises(UserFault, match="a word of it is wrong"):
        read_share(" ".join(words))


@given(st.integers(0, WORDS - 2))
def test_two_words_that_were_swapped(at: int) -> None:
    """The order counts."""
    words = SHARES[0].split()
    words[at], words[at + 1] = words[at + 1], words[at]
    with pytest.raises(UserFault, match="not in its place"):
        read_share(" ".join(words))


def test_spelling() -> None:
    """Capitals and line breaks do not matter; a word that is none is named by its place only, for it is a secret."""
    assert read_share(SHARES[0].upper().replace(" ", "\n ")).words == SHARES[0]
    words = SHARES[0].split()
    words[6] = "secretword"
    with pytest.raises(UserFault) as caught:
        read_share(" ".join(words))
    assert str(caught.value) == "not a whole share: word 7 is not one of the words of SLIP-39"


@pytest.mark.parametrize("count", [0, 1, WORDS - 1, WORDS + 1])
def test_another_number_of_words(count: int) -> None:
    """A share of a key has WORDS words."""
    words = (SHARES[0].split() * 2)[:count]
    with pytest.raises(UserFault, match=f"that has {WORDS} words, not {count}"):
        read_share(" ".join(words))


def test_shares_of_other_programs() -> None:
    """Shares of a shorter secret, and of a set with groups, are not ours, and are refused."""
    with pytest.raises(UserFault, match="not 20"):
        read_share(TOO_SHORT)
    with pytest.raises(UserFault, match="several groups"):
        read_share(OF_A_GROUP)
    (((other,),)) = generate_mnemonics(1, [(1, 1)], bytes(range(32)))
    assert join_shares([read_share(other)]).private_key() == bytes(range(32))


def test_shares_that_do_not_fit() -> None:
    """Shares of two keys whose sets bear the same number by chance; a third that contradicts the first two."""
    ours, others = share_key(NODE, 2, 3), share_key(Identity(bytes(32)), 2, 3)
    with pytest.raises(UserFault, match="do not fit together"):
        join_shares([ours[0], read_share(others[1].words)])
    with pytest.raises(UserFault, match="do not fit together"):
        join_shares([ours[0], ours[1], others[2]])


def test_no_words_are_shown() -> None:
    """What a log or an error would show of a share has none of its words."""
    assert repr(read_share(SHARES[0])) == f"Share(1 of set {SET_NUMBER}, 2 needed)"
