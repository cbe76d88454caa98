"""What guests are told is signed by the key of the mailbox."""

from __future__ import annotations

from offset.base.limits import PAY_WITHIN_MS
from offset.core.dealings.records import GuestStage
from offset.core.dealings.sayings import state_of
from offset.wire.letters_signing import verify_invoice, verify_settled
from offset.wire.mailbox import NOBODY_ASKED, Settled, SettledState
from support.dealings import NOW, UNIX, Desk, letters, owner_at
from support.letters import ASK_ID, INVOICE_ID
from support.texts import MAILBOX, NODE


def test_an_invoice_says_what_was_asked_and_is_signed() -> None:
    invoice = Desk().issue()
    assert verify_invoice(invoice, MAILBOX.public_key)
    assert (invoice.ask_id, invoice.request_id, invoice.invoice_id) == (ASK_ID, NOBODY_ASKED, INVOICE_ID)
    assert (invoice.currency, invoice.dest_payment, invoice.note) == ("FST", 2000, "Lunch")
    assert (invoice.opt_decimals, invoice.dest_public_key) == (2, NODE.public_key)
    assert (invoice.issued, invoice.pay_within) == (UNIX + NOW, PAY_WITHIN_MS)


def test_what_is_settled_is_signed() -> None:
    desk = owner_at(GuestStage.COLLECTED)
    said = [body for body in letters(desk.effects) if isinstance(body, Settled)]
    assert [body.state for body in said] == [SettledState.COLLECTING, SettledState.COLLECTED]
    for body in said:
        assert verify_settled(body, MAILBOX.public_key)
        assert (body.ask_id, body.invoice_id) == (ASK_ID, INVOICE_ID)


def test_what_is_said_to_who_gives_up() -> None:
    said = {stage: state_of(owner_at(stage).books.guests[ASK_ID]) for stage in GuestStage}
    assert said.pop(GuestStage.COMMITTED) is SettledState.COLLECTING
    assert said.pop(GuestStage.COLLECTED) is SettledState.COLLECTED
    assert set(said.values()) == {SettledState.WITHDRAWN}
