"""Rows of dealings: which of them are looked up on the disk."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from offset.base.credits import Amount
from offset.base.ids import Currency, InvoiceId, PublicKey, Signature, Uid
from offset.core.dealings.effects import GaveUp, Step
from offset.core.dealings.records import ENDED, Changes, GuestAsk, GuestStage, RowsPast
from offset.wire.mailbox import NOBODY_ASKED, AskInvoice, Invoice, OpenPurpose

ASK_ID = Uid(b"a" * 16)
INVOICE = Invoice(
    ask_id=ASK_ID,
    request_id=NOBODY_ASKED,
    invoice_id=InvoiceId(b"i" * 32),
    currency=Currency("FST"),
    dest_public_key=PublicKey(b"n" * 32),
    dest_payment=Amount(5),
    note="",
    opt_decimals=None,
    issued=1,
    pay_within=2,
    signature=Signature(b"s" * 64),
)
ROW = GuestAsk(
    ask=AskInvoice(ASK_ID, OpenPurpose(Currency("FST"), Amount(5), ""), "", None),
    contact=None,
    request_id=NOBODY_ASKED,
    stage=GuestStage.ISSUED,
    asked=0,
    currency=Currency("FST"),
    amount=Amount(5),
    note="",
    decimals=None,
    invoice=INVOICE,
)


@pytest.mark.parametrize("stage", GuestStage)
def test_what_has_ended_is_found_in_the_past(stage: GuestStage) -> None:
    row = replace(ROW, stage=stage)
    past = RowsPast({ASK_ID: row}, {})
    found = row if stage in ENDED else None
    assert past.guest_ask(ASK_ID) == found
    assert past.guest_invoice(INVOICE.invoice_id) == found


def test_what_nobody_asked_is_not_found() -> None:
    past = RowsPast({ASK_ID: replace(ROW, stage=GuestStage.COLLECTED)}, {})
    assert past.guest_ask(Uid(b"b" * 16)) is None
    assert past.guest_invoice(InvoiceId(b"b" * 32)) is None


def test_changes_are_false_when_no_row_changed() -> None:
    assert not Changes()
    assert Changes(own_asks={ASK_ID: None})
    assert Changes(guest_asks={ASK_ID: None})
    assert Changes(requests={ASK_ID: None})


def test_steps_are_compared_by_their_rows_and_effects() -> None:
    step = Step(Changes(own_asks={ASK_ID: None}), [GaveUp(ASK_ID)])
    assert step == Step(Changes(own_asks={ASK_ID: None}), [GaveUp(ASK_ID)])
    assert step != Step(Changes(), [GaveUp(ASK_ID)])
    assert step != Step(Changes(own_asks={ASK_ID: None}), [])
