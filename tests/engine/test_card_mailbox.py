"""The mailbox of a card on the lines of an engine, over real relays in a virtual world."""

from __future__ import annotations

import pytest

from offset.base.limits import LETTERS_IDLE_MS, LISTEN_CONFIRM_MS
from offset.core.mailbox import Arrived, CallEnd, Ended, Heard, Reached
from offset.engine.card_mailbox import CardMailbox
from offset.wire.mailbox import GiveUp
from support.letters import ASK_ID
from support.mailboxes import Post, Street, shop


@pytest.fixture
def street() -> Street:
    return Street()


@pytest.fixture
def owner(street: Street) -> Post:
    post = street.post("owner", *street.relays)
    post.reader = shop
    return post


@pytest.fixture
def payer(street: Street) -> Post:
    return street.post("payer")


def test_lines_are_counted_and_left(street: Street, owner: Post, payer: Post) -> None:
    """One line for listening, two for a call; when the call is over nothing is left of it at either end."""
    assert (len(owner.engine.part), len(payer.engine.part)) == (1, 0)
    call = payer.reach(owner.address)
    street.world.run_until(lambda: len(owner.heard(Arrived)) == 1)
    assert (len(owner.engine.part), len(payer.engine.part)) == (2, 1)
    payer.hang_up(call)
    street.world.run_until(lambda: len(owner.heard(Ended)) == 1)
    assert (len(owner.engine.part), len(payer.engine.part)) == (1, 0)
    assert payer.heard(Ended) == []


def test_news_may_be_answered_in_the_same_step(owner: Post, payer: Post) -> None:
    """A reader that speaks when it hears of a line, and hangs up when it is answered, is in nobody's way."""

    def reader(post: Post, news: object) -> None:
        part: CardMailbox = post.engine.part
        match news:
            case Reached(call):
                part.say(call, GiveUp(ASK_ID))
            case Heard(call):
                part.hang_up(call)

    payer.reader = reader
    payer.call(owner.address)
    payer.world.run_until(lambda: len(owner.heard(Ended)) == 1)
    assert len(payer.heard(Heard)) == 1
    assert len(payer.engine.part) == 0
    assert payer.heard(Ended) == []


def test_a_relay_that_ends_and_comes_back(street: Street, owner: Post, payer: Post) -> None:
    """Lines end with their relay, and the owner listens there again by itself."""
    call = payer.reach(owner.address)
    street.world.kill("relay0")
    assert payer.wait_for(Ended, call).why is CallEnd.CLOSED
    street.world.run_for(5000)
    street.start_relay(0)
    street.world.run_for(LETTERS_IDLE_MS)
    again = payer.reach(owner.address)
    payer.say(again, GiveUp(ASK_ID))
    payer.wait_for(Heard, again)


def test_whether_anybody_can_call(street: Street, owner: Post, payer: Post) -> None:
    """From when a leg is up until the last one is lost, and again; who has no relays is never called."""
    street.world.run_for(LISTEN_CONFIRM_MS)
    assert (owner.engine.called, payer.engine.called) == ([True], [])
    street.world.kill("relay0")
    street.world.run_for(1000)
    assert owner.engine.called == [True, False]
    street.start_relay(0)
    street.world.run_for(LETTERS_IDLE_MS)
    assert owner.engine.called == [True, False, True]


def test_another_network(street: Street, owner: Post, payer: Post) -> None:
    """The owner listens afresh beside its old line, and can be called all the time."""
    owner.order(lambda part: part.network_changed())
    street.world.run_for(LISTEN_CONFIRM_MS // 2)
    payer.hang_up(payer.reach(owner.address))
    street.world.run_for(2 * LISTEN_CONFIRM_MS)
    assert len(owner.engine.part) == 1
    payer.reach(owner.address)


def test_relays_are_left(street: Street, owner: Post, payer: Post) -> None:
    """An owner without relays is called by nobody; lines that are up live on."""
    call = payer.reach(owner.address)
    owner.order(lambda part: part.set_relays([]))
    street.world.run_for(100)
    payer.call(owner.address)
    street.world.run_until(lambda: len(payer.heard(Ended)) == 1)
    assert payer.heard(Ended)[0].why is CallEnd.NOT_REACHED
    payer.say(call, GiveUp(ASK_ID))
    payer.wait_for(Heard, call)
