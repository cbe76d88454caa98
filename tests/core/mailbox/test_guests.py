"""Strangers: how many come in and how often they ask, by lot, and what is kept for contacts."""

from __future__ import annotations

import pytest

from offset.base.entropy import SeededEntropy
from offset.base.ids import CallId
from offset.base.limits import (
    ACCEPTS_MAX,
    ASK_WAITS_MS,
    ASKS_BURST,
    ASKS_PER_SECOND,
    CALLER_WAITS_MS,
    CALLERS_WAITING_MAX,
    CALLS_MAX,
    GUEST_SILENT_MS,
    GUEST_STAYS_MS,
    GUESTS_MAX,
    GUESTS_STRANGE_MAX,
)
from offset.core.mailbox import Arrived, CallEnd, Ended, Heard, Introduced, Mailbox, Reached
from offset.core.meeting import OpenLine, SendLine
from offset.testing import identity
from offset.wire.common import RelayAddress
from offset.wire.mailbox import AskInvoice, GiveUp, Invoice, OpenPurpose, Refusal, RefusalCode, RequestPurpose
from offset.wire.relay import INCOMING_CONNECTION, REJECT_CONNECTION, IncomingConnection, RejectConnection
from offset.wire.text_values import MailboxAddress
from support.letters import ASK_ID, REQUEST_ID
from support.mailboxes import Post, Street, shop
from support.plain import PlainInner

ASK = AskInvoice(ASK_ID, OpenPurpose("FST", 2000, ""), "", None)


@pytest.fixture
def street() -> Street:
    return Street()


@pytest.fixture
def owner(street: Street) -> Post:
    post = street.post("owner", *street.relays)
    post.reader = shop
    return post


def crowd(street: Street, owner: Post, count: int) -> list[tuple[Post, CallId]]:
    """So many strangers whose calls are up."""
    calls = []
    for number in range(-(-count // CALLS_MAX)):
        post = street.post(f"stranger {number}")
        calls += [(post, post.reach(owner.address)) for _ in range(min(CALLS_MAX, count - len(calls)))]
    street.world.run_until(lambda: len(owner.heard(Arrived)) == count)
    return calls


def busy(post: Post) -> int:
    """How many of its letters were refused because others were served."""
    return post.bodies().count(Refusal(RefusalCode.BUSY))


def contact(street: Street, owner: Post) -> Post:
    """Somebody whom the owner knows."""
    friend = street.post("contact")
    friend.address = MailboxAddress(friend.key.public_key, owner.address.relays, "contact")
    owner.engine.mailbox.set_contacts([friend.key.public_key])
    return friend


def test_questions_of_strangers_keep_a_pace(street: Street, owner: Post) -> None:
    """ASKS_BURST at once, then ASKS_PER_SECOND; whoever waited for too long is told, and nothing is silent."""
    calls = crowd(street, owner, 48)
    for post, call in calls:
        post.say(call, ASK)
    street.world.run_for(100)
    assert len(owner.heard(Heard)) == ASKS_BURST
    street.world.run_for(1000)
    assert len(owner.heard(Heard)) == ASKS_BURST + ASKS_PER_SECOND
    street.world.run_for(ASK_WAITS_MS)
    served = len(owner.heard(Heard))
    most = ASKS_BURST + ASKS_PER_SECOND * ASK_WAITS_MS // 1000
    # The last one may be drawn in the very moment in which it has waited for too long.
    assert most - 1 <= served <= most
    assert sum(busy(post) for post in {post for post, _ in calls}) == len(calls) - served


def test_a_line_has_one_lot(street: Street, owner: Post) -> None:
    """Who asks again and again on one line is refused, and does not keep the others waiting."""
    (greedy, line), (modest, other) = crowd(street, owner, 2 * CALLS_MAX)[CALLS_MAX - 1 : CALLS_MAX + 1]
    # More than LETTERS_UNANSWERED_MAX at once would end the line.
    for _ in range(4):
        for _ in range(8):
            greedy.say(line, ASK)
        street.world.run_for(50)
    assert busy(greedy) == 4 * 8 - ASKS_BURST - 1
    modest.say(other, ASK)
    street.world.run_for(2 * 1000 // ASKS_PER_SECOND + 100)
    assert any(isinstance(body, Invoice) for body in modest.bodies())


def test_a_question_of_a_line_that_is_over(street: Street, owner: Post) -> None:
    """Who hangs up while it waits is not heard, and takes nobody's turn."""
    calls = crowd(street, owner, ASKS_BURST + CALLS_MAX)
    for post, call in calls:
        post.say(call, ASK)
    street.world.run_for(100)
    for post, call in calls:
        post.hang_up(call)
    street.world.run_until(lambda: len(owner.heard(Ended)) == len(calls))
    heard = len(owner.heard(Heard))
    assert heard < len(calls)
    street.world.run_for(ASK_WAITS_MS)
    assert len(owner.heard(Heard)) == heard


def test_other_letters_of_strangers_do_not_wait(street: Street, owner: Post) -> None:
    """What answers a request of the owner, or ends a question, costs it nothing that strangers could use up."""
    calls = crowd(street, owner, ASKS_BURST + 1)
    for post, call in calls:
        post.say(call, ASK)
    street.world.run_for(100)
    heard = len(owner.heard(Heard))
    post, call = calls[0]
    post.say(call, AskInvoice(ASK_ID, RequestPurpose(REQUEST_ID, None, ""), "", None))
    post.say(call, GiveUp(ASK_ID))
    street.world.run_for(50)
    assert len(owner.heard(Heard)) == heard + 2


def test_contacts_ask_at_once(street: Street, owner: Post) -> None:
    """However many strangers wait to be drawn."""
    friend = contact(street, owner)
    for post, call in crowd(street, owner, 40):
        post.say(call, ASK)
    call = friend.reach(owner.address)
    friend.say(call, friend.introduction(owner.address))
    friend.say(call, ASK)
    street.world.run_for(50)
    assert any(isinstance(body, Invoice) for body in friend.bodies())


def test_places_for_contacts(street: Street, owner: Post) -> None:
    """GUESTS_STRANGE_MAX strangers may speak; further ones are told that it is busy, a contact is let in."""
    friend = contact(street, owner)
    calls = crowd(street, owner, GUESTS_STRANGE_MAX)
    for post, call in calls:
        post.say(call, GiveUp(ASK_ID))
    street.world.run_for(50)
    assert len(owner.heard(Heard)) == GUESTS_STRANGE_MAX
    late = street.post("late")
    call = late.reach(owner.address)
    late.say(call, GiveUp(ASK_ID))
    late.wait_for(Ended, call)
    assert busy(late) == 1
    assert [item.why for item in owner.heard(Ended)] == [CallEnd.GAVE_WAY]
    call = friend.reach(owner.address)
    friend.say(call, friend.introduction(owner.address))
    friend.say(call, GiveUp(ASK_ID))
    friend.wait_for(Heard, call)
    assert len(owner.heard(Introduced)) == 1


def test_a_stranger_makes_place_for_a_stranger(street: Street, owner: Post) -> None:
    """GUESTS_STRANGE_MAX that spoke once and then say nothing keep nobody out."""
    calls = crowd(street, owner, GUESTS_STRANGE_MAX)
    for post, call in calls:
        post.say(call, GiveUp(ASK_ID))
    street.world.run_for(GUEST_SILENT_MS)
    late = street.post("late")
    call = late.reach(owner.address)
    late.say(call, GiveUp(ASK_ID))
    late.wait_for(Heard, call)
    assert busy(late) == 0
    assert [item.why for item in owner.heard(Ended)] == [CallEnd.GAVE_WAY]


def test_talking_keeps_nobody_out(street: Street, owner: Post) -> None:
    """Strangers that say something all the time give way too, after GUEST_STAYS_MS, the first one first."""
    calls = crowd(street, owner, GUESTS_STRANGE_MAX)
    late = street.post("late")
    started = street.world.now
    tried = 0
    while not any(isinstance(body, Invoice) for body in late.bodies()):
        assert street.world.now < started + GUEST_STAYS_MS + GUEST_SILENT_MS
        for post, call in calls:
            post.say(call, GiveUp(ASK_ID))
        late.say(late.reach(owner.address), ASK)
        tried += 1
        street.world.run_for(GUEST_SILENT_MS // 2)
    assert busy(late) == tried - 1 > 0
    first = owner.heard(Arrived)[0].call
    assert Ended(first, CallEnd.GAVE_WAY) in owner.heard(Ended)


def test_whoever_speaks_first_does_not_give_way_to_itself(street: Street, owner: Post) -> None:
    """Here for long, and silent until others fill all places of strangers: each is busy, and nothing else ends."""
    lurker = street.post("lurker")
    lurking = [lurker.reach(owner.address) for _ in range(CALLS_MAX)]
    street.world.run_for(GUEST_STAYS_MS)
    owner.news.clear()
    for post, call in crowd(street, owner, GUESTS_STRANGE_MAX):
        post.say(call, ASK)
    street.world.run_for(100)
    for call in lurking:
        lurker.say(call, ASK)
    # Until whatever waits by lot has been told that it waited for too long.
    street.world.run_for(ASK_WAITS_MS + 1000)
    assert busy(lurker) == CALLS_MAX
    assert len(owner.heard(Ended)) == CALLS_MAX
    assert len(owner.engine.mailbox._guests.talks) == GUESTS_STRANGE_MAX
    assert len(owner.heard(Heard)) > ASKS_BURST


def test_whoever_is_silent_gives_way(street: Street, owner: Post) -> None:
    """GUESTS_MAX lines at most: after GUEST_SILENT_MS without a letter the oldest makes room for a newcomer."""
    friend = contact(street, owner)
    call = friend.reach(owner.address)
    friend.say(call, friend.introduction(owner.address))
    street.world.run_until(lambda: len(owner.heard(Introduced)) == 1)
    owner.news.clear()
    crowd(street, owner, GUESTS_MAX - 1)
    street.world.run_for(GUEST_SILENT_MS)
    first = owner.heard(Arrived)[0].call
    late = street.post("late")
    late.reach(owner.address)
    street.world.run_until(lambda: len(owner.heard(Arrived)) == GUESTS_MAX)
    assert owner.heard(Ended) == [Ended(first, CallEnd.GAVE_WAY)]
    assert len(owner.engine.mailbox._guests.talks) == GUESTS_MAX
    assert friend.heard(Ended) == []


def test_a_place_that_is_free_is_taken_at_once(street: Street, owner: Post) -> None:
    """Who waits at the relay does not wait for any time of ours to pass."""
    calls = crowd(street, owner, GUESTS_MAX)
    late = street.post("late")
    late.call(owner.address)
    street.world.run_for(500)
    assert late.heard(Reached) == []
    post, call = calls[0]
    post.hang_up(call)
    street.world.run_for(100)
    assert len(late.heard(Reached)) == 1


def test_who_waits_for_too_long_is_sent_away() -> None:
    """ACCEPTS_MAX lines to a relay that hang: the others are rejected after CALLER_WAITS_MS, not left alone."""
    entropy = SeededEntropy("hanging")
    owner = identity("mailbox owner")
    mailbox = Mailbox(
        owner,
        entropy,
        lambda: owner,
        lambda signer, peer, now: PlainInner(signer.public_key, peer, now),
    )
    (leg,) = mailbox.set_relays([RelayAddress(b"r" * 32, "relay:1")], 0)
    assert isinstance(leg, OpenLine)
    mailbox.line_opened(leg.line, 0)
    callers = [number.to_bytes(32) for number in range(ACCEPTS_MAX + 1)]
    opened = []
    for caller in callers:
        opened += mailbox.line_message(leg.line, INCOMING_CONNECTION.encode(IncomingConnection(caller)), 0)
    assert len(opened) == ACCEPTS_MAX
    before = mailbox.tick(CALLER_WAITS_MS - 1)
    (rejected,) = mailbox.tick(CALLER_WAITS_MS)
    assert before == []
    assert rejected == SendLine(leg.line, REJECT_CONNECTION.encode(RejectConnection(callers[-1])))


def test_a_flood_of_callers(street: Street, owner: Post) -> None:
    """Many call at once and say nothing: CALLERS_WAITING_MAX wait, none for long, and honest callers get through."""
    floods = [street.post(f"flood {number}") for number in range(8)]
    honest = street.post("honest")
    for post in floods:
        for _ in range(CALLS_MAX):
            post.call(owner.address)
    started = street.world.now
    invoices = 0
    while invoices == 0 and street.world.now < started + 60_000:
        made = honest.call(owner.address)
        ended = len(honest.heard(Ended))
        street.world.run_until(
            lambda made=made, ended=ended: (
                len(honest.heard(Ended)) > ended or any(item.call in made for item in honest.heard(Reached))
            )
        )
        room = owner.engine.mailbox._guests._room
        assert len(room) <= CALLERS_WAITING_MAX
        if any(item.call in made for item in honest.heard(Reached)):
            honest.say(made[0], ASK)
            street.world.run_for(CALLER_WAITS_MS)
            invoices = sum(isinstance(body, Invoice) for body in honest.bodies())
        # Each of the flood calls again as soon as it is sent away.
        for post in floods:
            for _ in range(CALLS_MAX):
                post.call(owner.address)
        assert len(owner.engine.mailbox._guests.talks) <= GUESTS_MAX
    assert invoices == 1
    assert len(owner.engine.mailbox._guests.accepting) <= 32
    # The flood was one: some of it was sent away at the relay, and silent guests gave way.
    ends = [item.why for post in floods for item in post.heard(Ended)]
    assert ends.count(CallEnd.NOT_REACHED) > CALLS_MAX
    assert ends.count(CallEnd.CLOSED) > 0
    assert honest.heard(Ended)
