"""Friends that were found: what is kept of them, and what is not."""

from __future__ import annotations

import pytest

from offset.core.funder.ledger.judge import Check, Refused
from offset.core.funder.state import found as module
from offset.core.funder.state.found import FoundFriend, FoundFriends
from support.handed import CIPHER, FRIEND, LIFE, NOW, SELLER, US, Talk, replace, rich_talk
from support.ledger import FST


def friends() -> FoundFriends:
    """Nobody found yet."""
    return FoundFriends(US.public_key, CIPHER)


def test_whoever_holds_a_signature_of_ours() -> None:
    """With the balances that it proves, as we see them."""
    all_found = friends()
    talk = rich_talk()
    one = all_found.take(FRIEND.public_key, talk.handed(), NOW)
    assert isinstance(one, FoundFriend)
    assert all_found.all() == (one,)
    assert all_found.get(FRIEND.public_key) is one
    assert one.judged.channel.credits[FST].balance == talk.ours.credits[FST].balance
    all_found.drop(FRIEND.public_key)
    assert all_found.all() == ()
    assert all_found.get(FRIEND.public_key) is None


def test_nobody_else() -> None:
    """No forger, nor somebody who shows what we signed for another."""
    all_found = friends()
    handed = rich_talk().handed()
    forged = replace(handed, incoming=replace(handed.incoming, new_token=bytes(64)))
    for stranger, shown in ((FRIEND, forged), (SELLER, handed)):
        refused = all_found.take(stranger.public_key, shown, NOW)
        assert isinstance(refused, Refused)
        assert refused.check is Check.OURS
    assert all_found.all() == ()


def test_only_what_is_newer_takes_the_place_of_what_was_shown() -> None:
    """A higher number of the same life, or a later life."""
    all_found = friends()
    talk = Talk()
    old = talk.handed() if talk.theirs.outgoing is not None else None
    talk.they_say()
    first = talk.handed()
    assert isinstance(all_found.take(FRIEND.public_key, first, NOW), FoundFriend)
    assert all_found.take(FRIEND.public_key, first, NOW) is None
    talk.we_say()
    talk.they_say()
    second = talk.handed()
    newer = all_found.take(FRIEND.public_key, second, NOW)
    assert isinstance(newer, FoundFriend)
    assert all_found.take(FRIEND.public_key, first, NOW) is None
    assert all_found.all() == (newer,)
    later = Talk(LIFE + 100)
    later.they_say()
    assert isinstance(all_found.take(FRIEND.public_key, later.handed(), NOW), FoundFriend)
    assert old is None


def test_they_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """FOUND_FRIENDS_MAX; those who are there may still show something newer."""
    monkeypatch.setattr(module, "FOUND_FRIENDS_MAX", 0)
    all_found = friends()
    assert all_found.take(FRIEND.public_key, rich_talk().handed(), NOW) is None
    assert all_found.all() == ()
