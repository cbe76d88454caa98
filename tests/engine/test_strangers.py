"""A node that looks for its friends asks strangers what they know, and hears nothing else of them."""

from __future__ import annotations

from offset.base.ids import PublicKey
from offset.core.channeler.effects import StrangerData, StrangerUp
from offset.core.funder.state.found import FoundFriends
from offset.engine.loop import Loop
from offset.engine.strangers import ASKING, Strangers
from offset.engine.surface import Tell
from offset.wire.aside import Aside as AsideMessage
from offset.wire.aside import Notice, decode_friend_message, encode_aside
from offset.wire.friend import FRIEND_MESSAGE, MoveTokenRequest
from support.handed import CIPHER, FRIEND, NOW, SELLER, US, replace, rich_talk


class FakeLoop:
    """Notes what is logged."""

    def __init__(self) -> None:
        self.told: list[Tell] = []

    def add(self, effect: Tell) -> None:
        self.told.append(effect)


class Search:
    """The talk with strangers, and what came of it."""

    def __init__(self) -> None:
        self.loop = FakeLoop()
        self.found = FoundFriends(US.public_key, CIPHER)
        self.sent: list[tuple[PublicKey, bytes]] = []
        self.dismissed: list[PublicKey] = []
        loop: Loop = self.loop  # type: ignore[assignment]
        self.strangers = Strangers(
            loop,
            self.found,
            lambda: NOW * 1000,
            send=lambda stranger, data: self.sent.append((stranger, data)),
            dismiss=self.dismissed.append,
        )

    def hears(self, data: bytes, stranger: PublicKey = FRIEND.public_key) -> None:
        """A stranger says this."""
        self.strangers.hear(StrangerData(stranger, data))

    @property
    def log(self) -> str:
        return "\n".join(str(tell.detail) for tell in self.loop.told)


def test_a_stranger_is_asked_with_a_token_that_nobody_knows() -> None:
    """So a friend of ours sees that we are behind."""
    search = Search()
    search.strangers.hear(StrangerUp(FRIEND.public_key))
    ((stranger, data),) = search.sent
    assert stranger == FRIEND.public_key
    assert decode_friend_message(data) == AsideMessage(ASKING)


def test_what_it_hands_over_is_kept_and_it_is_sent_away() -> None:
    search = Search()
    handed = rich_talk().handed()
    search.hears(encode_aside(handed))
    assert [one.public_key for one in search.found.all()] == [FRIEND.public_key]
    assert search.dismissed == [FRIEND.public_key]
    assert "holds a signature of ours" in search.log
    search.hears(encode_aside(handed))
    assert len(search.found.all()) == 1


def test_what_is_no_proof() -> None:
    """It is logged, and whoever showed it is sent away."""
    search = Search()
    handed = rich_talk().handed()
    forged = replace(handed, incoming=replace(handed.incoming, new_token=bytes(64)))
    search.hears(encode_aside(forged), SELLER.public_key)
    assert search.found.all() == ()
    assert search.dismissed == [SELLER.public_key]
    assert "is no proof" in search.log


def test_nothing_else_is_heard() -> None:
    """No token, no notice, no nonsense: there is no friend yet to whom an answer would be owed."""
    search = Search()
    message = rich_talk().theirs.outgoing
    assert message is not None
    search.hears(FRIEND_MESSAGE.encode(MoveTokenRequest(message, True)))
    search.hears(encode_aside(Notice(1, 2)))
    search.hears(b"nonsense")
    assert search.found.all() == ()
    assert search.sent == search.dismissed == []
    assert "an unreadable message of a stranger" in search.log
