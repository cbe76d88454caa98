"""All that dealings may cause beside rows: letters, orders that the wallet carries out, and news for it.

Whatever a step says is carried out in its order, once the rows of the step are durable.
"""

from __future__ import annotations

from typing import NewType

import msgspec

from offset.base.credits import Amount
from offset.base.ids import CallId, Currency, InvoiceId, PublicKey, Uid
from offset.core.dealings.records import Changes
from offset.wire.common import Commit
from offset.wire.mailbox import Body, Invoice
from offset.wire.text_values import MailboxAddress

# Letters


class Place(msgspec.Struct, frozen=True, gc=False):
    """Call this mailbox because of our question; `reached`, `lost` or `no_line` will tell.

    There is one call at a time for each question. The relays stand in the order in which they are to be tried.
    """

    ask_id: Uid
    address: MailboxAddress


class Write(msgspec.Struct, frozen=True, gc=False):
    """Write a letter on the call that was placed for our question."""

    ask_id: Uid
    body: Body


class HangUp(msgspec.Struct, frozen=True, gc=False):
    """End the call that was placed for our question, or give it up."""

    ask_id: Uid


class Reply(msgspec.Struct, frozen=True, gc=False):
    """Write a letter to a guest; to a line that is over nothing is said."""

    call: CallId
    body: Body
    answer_to: int
    """The number of the guest's letter; 0: unasked."""


LetterEffect = Place | Write | HangUp | Reply

# Orders

OrderId = NewType("OrderId", int)
"""Names an order until it is answered. Drawn anew after a start: what was ordered before is ordered again."""


class OpenInvoice(msgspec.Struct, frozen=True, gc=False):
    """Open an invoice for the question of a guest. Answered by Opened or NotOpened.

    Ordered again for the same `ask_id` it must lead to the same invoice, or to one in its place while the first was
    told to nobody.
    """

    order: OrderId
    ask_id: Uid
    request_id: Uid
    """NOBODY_ASKED when it answers no request."""
    currency: Currency
    amount: Amount
    note: str
    decimals: int | None
    payer_name: str
    """As the guest calls itself; empty when it did not."""


class Collect(msgspec.Struct, frozen=True, gc=False):
    """Collect with a commit that a guest brought. Answered by Collected, NothingFrozen, WrongCommit or NotKnown.

    It is a commit for the invoice where that was made for a question; an invoice of a text or file has yet to be
    looked up, and the commit to be checked. Ordered again it changes nothing that was done.
    """

    order: OrderId
    ask_id: Uid
    """NOBODY_ASKED where nobody asked by letter."""
    invoice_id: InvoiceId
    commit: Commit


class Withdraw(msgspec.Struct, frozen=True, gc=False):
    """Withdraw an invoice: what buyers froze for it goes back. Answered by Withdrawn, Collected or NotKnown.

    Ordered again it changes nothing that was done.
    """

    order: OrderId
    ask_id: Uid
    invoice_id: InvoiceId


Order = OpenInvoice | Collect | Withdraw

# Answers to orders; what cannot be answered yet, since the node is away, is answered later.


class Opened(msgspec.Struct, frozen=True, gc=False):
    """The node has opened this invoice."""

    invoice_id: InvoiceId
    dest_public_key: PublicKey
    """The node that is paid."""


class NotOpened(msgspec.Struct, frozen=True, gc=False):
    """The node opens none now."""


class Collected(msgspec.Struct, frozen=True, gc=False):
    """The node has taken a commit for this invoice, now or before."""


class NothingFrozen(msgspec.Struct, frozen=True, gc=False):
    """The node has taken no commit, and will take none with this one: nothing, or too little, is frozen for it."""


class WrongCommit(msgspec.Struct, frozen=True, gc=False):
    """The commit is for no invoice of ours, or does not fit it."""


class Withdrawn(msgspec.Struct, frozen=True, gc=False):
    """The node has withdrawn the invoice, now or before; nobody can collect for it."""


class NotKnown(msgspec.Struct, frozen=True, gc=False):
    """The node cannot say whether a commit was taken: a person has to look. `ended` tells when it is known."""


Answer = Opened | NotOpened | Collected | NothingFrozen | WrongCommit | Withdrawn | NotKnown

# News


class Priced(msgspec.Struct, frozen=True, gc=False):
    """The owner's invoice for our question. Its signature and its contents fit what was asked."""

    ask_id: Uid
    invoice: Invoice


class Settled(msgspec.Struct, frozen=True, gc=False):
    """The owner says that it has our commit (or an earlier one), or has collected. Only our own node proves it."""

    ask_id: Uid
    is_collected: bool


class Refused(msgspec.Struct, frozen=True, gc=False):
    """The owner refuses for good, or has withdrawn its invoice; or our question was not answered in time.

    Where credits may be frozen it is now given up, until the own node says how it ends.
    """

    ask_id: Uid
    code: int
    """A RefusalCode, or one of a newer program; 0: no answer came in time."""
    text: str
    """What the owner says, for people."""
    opt_most: Amount | None


class GaveUp(msgspec.Struct, frozen=True, gc=False):
    """The owner says that it has withdrawn its invoice, as we had asked. Only our own node proves it."""

    ask_id: Uid


class Waiting(msgspec.Struct, frozen=True, gc=False):
    """The owner cannot be reached now, or has no time; it is called again by itself."""

    ask_id: Uid
    is_closed: bool
    """Whether its wallet could not be reached at all."""


class Changed(msgspec.Struct, frozen=True, gc=False):
    """A question of a guest, or a request, has another row now: what is shown of it is to be read anew."""

    ask_id: Uid | None
    request_id: Uid | None


News = Priced | Settled | Refused | GaveUp | Waiting | Changed

Effect = LetterEffect | Order | News


class Step(msgspec.Struct, frozen=True):
    """What a step leads to: make `changes` durable first, then carry out `effects` in their order."""

    changes: Changes
    effects: list[Effect]
