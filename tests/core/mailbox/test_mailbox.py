"""Mailboxes that call each other over real relays: calls, letters, answers, and an owner that is away."""

from __future__ import annotations

import pytest

from offset.base.ids import UNSIGNED, CallId
from offset.base.limits import (
    CALLS_MAX,
    LETTERS_IDLE_MS,
    LETTERS_LIFE_MS,
    LETTERS_PER_LINE_MAX,
    LETTERS_UNANSWERED_MAX,
)
from offset.core.mailbox import Arrived, CallEnd, Ended, Heard, Introduced, Reached
from offset.engine.card_mailbox import CardMailbox
from offset.wire.common import RelayAddress
from offset.wire.mailbox import (
    LETTER,
    AskInvoice,
    GiveUp,
    Invoice,
    Letter,
    OpenPurpose,
    Refusal,
    RefusalCode,
    Settled,
    SettledState,
)
from offset.wire.text_values import MailboxAddress
from support.letters import ASK_ID, BODIES, COMMIT, signed_by
from support.mailboxes import Post, Street, shop

ASK = AskInvoice(ASK_ID, OpenPurpose("FST", 2000, "Lunch"), "Alice", None)


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


def test_a_call_a_letter_an_answer(payer: Post, owner: Post) -> None:
    """A payer asks, gets its invoice, hands over a commit, and is told that it is being collected."""
    call = payer.reach(owner.address)
    payer.say(call, ASK)
    payer.wait_for(Heard, call)
    payer.say(call, COMMIT)
    payer.world.run_until(lambda: len(payer.bodies()) == 2)
    invoice, settled = payer.bodies(call)
    assert isinstance(invoice, Invoice)
    assert (invoice.ask_id, invoice.dest_payment, invoice.note) == (ASK_ID, 2000, "Lunch")
    assert isinstance(settled, Settled)
    assert (settled.invoice_id, settled.state) == (COMMIT.invoice_id, SettledState.COLLECTING)
    assert [item.opt_question for item in payer.heard(Heard)] == [ASK, COMMIT]
    assert owner.bodies() == [ASK, COMMIT]


def test_each_call_has_a_key_of_its_own(payer: Post, owner: Post) -> None:
    """The owner cannot see that two calls come from one wallet, nor who makes them."""
    for _ in range(2):
        payer.hang_up(payer.reach(owner.address))
    payer.world.run_until(lambda: len(owner.heard(Ended)) == 2)
    keys = {item.call_key for item in owner.heard(Arrived)}
    assert len(keys) == 2
    assert payer.key.public_key not in keys


def test_a_change_is_told_unasked(payer: Post, owner: Post) -> None:
    """While the line is up the owner says again what became of an invoice."""
    call = payer.reach(owner.address)
    payer.say(call, COMMIT)
    payer.wait_for(Heard, call)
    (guest,) = owner.heard(Arrived)
    later = Settled(bytes(16), COMMIT.invoice_id, SettledState.COLLECTED, 2, UNSIGNED)
    owner.say(guest.call, signed_by(owner.key, later))
    payer.world.run_until(lambda: len(payer.bodies()) == 2)
    assert payer.bodies()[1] == signed_by(owner.key, later)


def test_an_introduction(payer: Post, owner: Post) -> None:
    """A caller that says who it is has proved it."""
    call = payer.reach(owner.address)
    payer.address = MailboxAddress(payer.key.public_key, owner.address.relays, "payer")
    payer.say(call, payer.introduction(owner.address))
    payer.say(call, ASK)
    payer.wait_for(Heard, call)
    assert [item.address for item in owner.heard(Introduced)] == [payer.address]


def test_the_owner_is_away(street: Street, payer: Post) -> None:
    """Nobody listens at the relay: the call ends soon, and the payer is told so."""
    away = MailboxAddress(street.post("away").key.public_key, street.relays, "")
    made = payer.call(away)
    street.world.run_until(lambda: bool(payer.heard(Ended)), within=2000)
    assert payer.heard(Ended) == [Ended(made[0], CallEnd.NOT_REACHED)]


def test_an_owner_that_goes(payer: Post, owner: Post) -> None:
    """A line ends with either side, and the owner can be called again when it is back."""
    call = payer.reach(owner.address)
    owner.host.die("killed")
    assert payer.wait_for(Ended, call).why is CallEnd.CLOSED
    owner.start()
    owner.world.run_for(3000)
    again = payer.reach(owner.address)
    payer.say(again, ASK)
    assert isinstance(payer.wait_for(Heard, again).letter.body, Invoice)


def test_the_next_relay_is_tried() -> None:
    """A relay that is gone, or where the owner is not known, costs no more than the time to learn that."""
    street = Street(2)
    owner, payer = street.post("owner", street.relays[1]), street.post("payer")
    gone = RelayAddress(b"\x07" * 32, "nowhere:1")
    call = payer.reach(MailboxAddress(owner.key.public_key, (gone, *street.relays), ""))
    assert payer.wait_for(Reached, call).relay == street.relays[1]
    assert payer.heard(Ended) == []
    street.world.run_until(lambda: len(owner.heard(Arrived)) == 1)


def test_an_address_without_a_relay_of_use(payer: Post) -> None:
    """It ends at once, with the same word."""
    payer.call(MailboxAddress(b"\x07" * 32, (), ""))
    payer.world.run_for(1)
    assert [item.why for item in payer.heard(Ended)] == [CallEnd.NOT_REACHED]


def test_calls_are_bounded(payer: Post, owner: Post) -> None:
    """CALLS_MAX at once; a call that ends makes room for another one."""
    calls = [payer.reach(owner.address) for _ in range(CALLS_MAX)]
    refused = payer.call(owner.address)
    payer.world.run_for(100)
    assert refused == [None]
    payer.hang_up(calls[0])
    assert payer.reach(owner.address) not in calls


def test_a_call_that_is_given_up(payer: Post, owner: Post) -> None:
    """Nothing is told of it any more."""
    made = payer.call(owner.address)
    payer.world.run_for(1)
    (call,) = made
    assert call is not None
    payer.hang_up(call)
    payer.world.run_for(20_000)
    assert payer.news == []
    assert owner.heard(Heard) == []


@pytest.mark.parametrize("name", ["invoice", "settled, collected", "refusal"])
def test_what_only_an_owner_says(payer: Post, owner: Post, name: str) -> None:
    """A caller that says it is hung up on; the owner goes on."""
    call = payer.reach(owner.address)
    payer.say(call, BODIES[name])
    assert payer.wait_for(Ended, call).why is CallEnd.CLOSED
    assert [item.why for item in owner.heard(Ended)] == [CallEnd.FAULT]
    assert owner.bodies() == []
    again = payer.reach(owner.address)
    payer.say(again, GiveUp(ASK_ID))
    assert isinstance(payer.wait_for(Heard, again).letter.body, Settled)


def test_an_owner_that_signs_wrongly(payer: Post, owner: Post) -> None:
    """An invoice that another key has signed is heard by nobody."""
    owner.reader = lambda post, news: None
    call = payer.reach(owner.address)
    payer.say(call, ASK)
    owner.world.run_until(lambda: bool(owner.heard(Heard)))
    (asked,) = owner.heard(Heard)
    forged = BODIES["invoice"]
    owner.say(asked.call, forged, asked.letter.number)
    assert payer.wait_for(Ended, call).why is CallEnd.FAULT
    assert payer.bodies() == []


def test_letters_that_wait_for_an_answer(payer: Post, owner: Post) -> None:
    """LETTERS_UNANSWERED_MAX are taken; one more ends the line."""
    owner.reader = lambda post, news: None
    call = payer.reach(owner.address)
    for _ in range(LETTERS_UNANSWERED_MAX):
        payer.say(call, GiveUp(ASK_ID))
    payer.world.run_for(100)
    assert len(owner.bodies()) == LETTERS_UNANSWERED_MAX
    payer.say(call, GiveUp(ASK_ID))
    payer.wait_for(Ended, call)
    assert [item.why for item in owner.heard(Ended)] == [CallEnd.FAULT]


def test_letters_of_a_line(payer: Post, owner: Post) -> None:
    """LETTERS_PER_LINE_MAX are said and answered; whoever wants to say more must call again."""
    call = payer.reach(owner.address)
    for count in range(1, LETTERS_PER_LINE_MAX + 1):
        payer.say(call, GiveUp(ASK_ID))
        payer.world.run_until(lambda count=count: len(payer.bodies()) == count)
    payer.say(call, GiveUp(ASK_ID))
    assert payer.wait_for(Ended, call).why is CallEnd.TOO_LONG
    assert len(owner.bodies()) == LETTERS_PER_LINE_MAX


def test_a_line_that_nobody_uses(payer: Post, owner: Post) -> None:
    """It ends after LETTERS_IDLE_MS without a letter, at both ends."""
    call = payer.reach(owner.address)
    payer.world.run_for(LETTERS_IDLE_MS // 2)
    payer.say(call, GiveUp(ASK_ID))
    payer.world.run_for(LETTERS_IDLE_MS - 1000)
    assert payer.heard(Ended) == []
    payer.world.run_for(2000)
    assert payer.wait_for(Ended, call).why in (CallEnd.IDLE, CallEnd.CLOSED)
    assert len(owner.heard(Ended)) == 1


def test_a_line_that_is_used_for_ever(payer: Post, owner: Post) -> None:
    """It ends after LETTERS_LIFE_MS all the same."""
    call = payer.reach(owner.address)
    step = LETTERS_IDLE_MS // 2
    for _ in range(LETTERS_LIFE_MS // step):
        assert payer.heard(Ended) == []
        payer.say(call, GiveUp(ASK_ID))
        payer.world.run_for(step)
    payer.world.run_for(1000)
    assert payer.wait_for(Ended, call).why in (CallEnd.TOO_LONG, CallEnd.CLOSED)


def test_an_answer_of_a_newer_program(payer: Post, owner: Post) -> None:
    """Whoever asked is told that nothing comes of it which could be read, and the line lives on."""
    owner.reader = lambda post, news: None
    call = payer.reach(owner.address)
    payer.say(call, ASK)
    owner.world.run_until(lambda: bool(owner.heard(Heard)))
    talk = owner.engine.mailbox._talks[owner.heard(Heard)[0].call]
    newer = LETTER.encode(Letter(2, 1, 1, GiveUp(ASK_ID)))

    def answer(mailbox: CardMailbox) -> None:
        talk.tunnels.send(talk.tunnel, newer, talk.moved)
        # Whatever is asked of the machine takes along what waits to be said.
        mailbox.hang_up(CallId(99))

    owner.order(answer)
    heard = payer.wait_for(Heard, call)
    assert isinstance(heard.letter.body, Refusal)
    assert (heard.letter.body.code, heard.opt_question) == (RefusalCode.VERSION, ASK)
    assert payer.heard(Ended) == []


def test_a_question_of_a_newer_program(payer: Post, owner: Post) -> None:
    """It is refused without its reader, and the line lives on."""
    call = payer.reach(owner.address)
    talk = payer.engine.mailbox._talks[call]
    newer = LETTER.encode(Letter(2, 1, 0, GiveUp(ASK_ID)))

    def ask(mailbox: CardMailbox) -> None:
        talk.tunnels.send(talk.tunnel, newer, talk.moved)
        talk.letters.sent = 1
        talk.letters._asked[1] = GiveUp(ASK_ID)
        # Whatever is asked of the machine takes along what waits to be said.
        mailbox.hang_up(CallId(99))

    payer.order(ask)
    body = payer.wait_for(Heard, call).letter.body
    assert isinstance(body, Refusal)
    assert (body.code, body.speaks_from, body.speaks_to) == (RefusalCode.VERSION, 1, 1)
    payer.say(call, ASK)
    payer.world.run_until(lambda: len(payer.bodies()) == 2)
    assert isinstance(payer.bodies()[1], Invoice)
    assert owner.bodies() == [ASK]


def test_a_refusal_is_an_answer(payer: Post, owner: Post) -> None:
    """It is heard beside the letter that it refuses."""
    owner.reader = lambda post, news: (
        post.say(news.call, Refusal(3), news.letter.number) if isinstance(news, Heard) else None
    )
    call = payer.reach(owner.address)
    payer.say(call, ASK)
    heard = payer.wait_for(Heard, call)
    assert (heard.letter.body, heard.opt_question) == (Refusal(3), ASK)
