"""Letters: what a wallet and whoever calls its mailbox say to each other (docs/MAILBOX.md; schema/mailbox.capnp).

A letter is one message of an inner line. It has a number, counted from 1 by each side of each line, and names the
letter that it answers. What a signature in a letter covers is said in `offset.wire.letters_signing`.
"""

from __future__ import annotations

import enum
from typing import Final

from offset.base.credits import Amount
from offset.base.faults import Undecodable, UnknownVariant
from offset.base.ids import UID_BYTES, Currency, InvoiceId, PublicKey, Signature, Uid
from offset.base.limits import (
    LETTER_BYTES_MAX,
    PAYER_NAME_BYTES_MAX,
    REFUSAL_TEXT_BYTES_MAX,
    TEXT_DECIMALS_MAX,
    TEXT_LABEL_BYTES_MAX,
    TEXT_NOTE_BYTES_MAX,
    TEXT_RELAYS_MAX,
)
from offset.base.notes import is_shown
from offset.wire.codec import Codec, Message, struct, union
from offset.wire.common import Commit
from offset.wire.text_values import MailboxAddress

VERSION: Final = 1
NOBODY_ASKED = Uid(bytes(UID_BYTES))
"""In the place of the id of a question or request that there is not."""


class Introduce(Message):
    """Who calls: a mailbox of its own, whose key has signed the key of this call and that of the owner."""

    address: MailboxAddress
    signature: Signature


class OpenPurpose(Message):
    """The payer chooses what to pay, and for what."""

    currency: Currency
    amount: Amount
    note: str


class RequestPurpose(Message):
    """The payer answers a request of the owner."""

    request_id: Uid
    opt_amount: Amount | None
    """In whole credits; None: the amount of the request."""
    note: str


Purpose = OpenPurpose | RequestPurpose


class AskInvoice(Message):
    """A question for an invoice. Asked again, in this call or another one, it has the same answer."""

    ask_id: Uid
    """Known to caller and owner alone; whoever knows it may give up."""
    purpose: Purpose
    payer_name: str
    opt_reply_to: MailboxAddress | None


class Invoice(Message):
    """What the owner asks for, made for this question alone."""

    ask_id: Uid
    request_id: Uid
    """NOBODY_ASKED when it answers no request."""
    invoice_id: InvoiceId
    currency: Currency
    dest_public_key: PublicKey
    """The node that is paid."""
    dest_payment: Amount
    note: str
    opt_decimals: int | None
    issued: int
    """Unix time in milliseconds."""
    pay_within: int
    """In milliseconds from then on."""
    signature: Signature


class SettledState(enum.IntEnum):
    """What became of an invoice, as its owner says."""

    COLLECTING = 1
    """The owner has the commit, and its node was told, or soon will be."""
    COLLECTED = 2
    WITHDRAWN = 3


class Settled(Message):
    """What became of a question or an invoice. The word of the owner: a payer believes its own node alone."""

    ask_id: Uid
    """NOBODY_ASKED for an invoice of a text or a file."""
    invoice_id: InvoiceId
    """Zeros when none was made for the question."""
    state: int
    """A SettledState."""
    at: int
    """Unix time in milliseconds."""
    signature: Signature


class GiveUp(Message):
    """The payer will not pay what it asked for."""

    ask_id: Uid


class RefusalCode(enum.IntEnum):
    """Why a letter has no better answer. Others may be added; of those one knows that nothing came of the letter."""

    VERSION = 1
    """Letters of this version are not read."""
    UNKNOWN = 2
    """Letters of this kind are not read."""
    BUSY = 3
    NOT_NOW = 4
    NOT_CONTACT = 5
    NO_SUCH_REQUEST = 6
    EXPIRED = 7
    USED = 8
    NO_SUCH_CURRENCY = 9
    TOO_MUCH = 10
    TOO_LITTLE = 11
    CHANGED = 12
    NOTHING_FROZEN = 13
    WRONG_COMMIT = 14
    STOPPED = 15


class Refusal(Message):
    """The letter was read, or could not be, and nothing comes of it."""

    code: int
    """A RefusalCode, or one that a newer program knows."""
    text: str = ""
    """For people."""
    opt_most: Amount | None = None
    """With TOO_MUCH: what would do, in whole credits."""
    speaks_from: int = 0
    """With VERSION: the oldest version that the sender reads."""
    speaks_to: int = 0
    """With VERSION: the newest one."""


Body = Introduce | AskInvoice | Invoice | Commit | Settled | GiveUp | Refusal


class Letter(Message):
    """A letter of this version, of a kind that we know."""

    version: int
    number: int
    answer_to: int
    """0: answers none."""
    body: Body


class LetterHead(Message):
    """How every letter begins, whatever its version."""

    version: int
    number: int
    answer_to: int


class Unread(Message):
    """A letter of a newer program: it is refused by its number, and the line lives on."""

    number: int
    answer_to: int
    refusal: Refusal
    """What to answer, unless it is an answer itself."""


struct(Introduce, "mailbox", "Introduce")
struct(OpenPurpose, "mailbox", "OpenPurpose")
struct(RequestPurpose, "mailbox", "RequestPurpose")
union("mailbox", "Purpose", {"open": OpenPurpose, "request": RequestPurpose})
struct(AskInvoice, "mailbox", "AskInvoice")
struct(Invoice, "mailbox", "Invoice")
struct(Settled, "mailbox", "Settled")
struct(GiveUp, "mailbox", "GiveUp")
struct(Refusal, "mailbox", "Refusal")
union(
    "mailbox",
    "LetterBody",
    {
        "introduce": Introduce,
        "askInvoice": AskInvoice,
        "invoice": Invoice,
        "commit": Commit,
        "settled": Settled,
        "giveUp": GiveUp,
        "refusal": Refusal,
    },
)
struct(Letter, "mailbox", "Letter")
struct(LetterHead, "mailbox", "LetterHead")

LETTER: Codec[Letter] = Codec("mailbox", "Letter")
LETTER_HEAD: Codec[LetterHead] = Codec("mailbox", "LetterHead")


def encode_letter(number: int, answer_to: int, body: Body) -> bytes:
    """A letter as one message of a line. What stands in it was checked where it came from."""
    fault = fault_of(body)
    assert not fault, fault
    data = LETTER.encode(Letter(VERSION, number, answer_to, body))
    assert len(data) <= LETTER_BYTES_MAX, "each field of a letter is bounded"
    return data


def decode_letter(data: bytes) -> Letter | Unread:
    """The letter in one message of a line, or what is to be said to one that only a newer program reads.

    Raises Undecodable when it is none, or one that no program sends: then the line is closed.
    """
    if len(data) > LETTER_BYTES_MAX:
        raise Undecodable(f"a letter longer than {LETTER_BYTES_MAX} bytes")
    head = LETTER_HEAD.decode(data, LETTER_BYTES_MAX)
    if head.version != VERSION:
        refusal = Refusal(RefusalCode.VERSION, speaks_from=VERSION, speaks_to=VERSION)
        return Unread(head.number, head.answer_to, refusal)
    try:
        letter = LETTER.decode(data, LETTER_BYTES_MAX)
    except UnknownVariant:
        return Unread(head.number, head.answer_to, Refusal(RefusalCode.UNKNOWN))
    if fault := fault_of(letter.body):
        raise Undecodable(fault)
    return letter


def fault_of(body: Body) -> str:
    """Why no program sends this; empty when it may."""
    match body:
        case Introduce():
            return _address_fault(body.address)
        case AskInvoice():
            reply_to = "" if body.opt_reply_to is None else _address_fault(body.opt_reply_to)
            name = _text_fault("a name", body.payer_name, PAYER_NAME_BYTES_MAX)
            return reply_to or name or _text_fault("a note", body.purpose.note, TEXT_NOTE_BYTES_MAX)
        case Invoice():
            if body.opt_decimals is not None and body.opt_decimals > TEXT_DECIMALS_MAX:
                return f"more than {TEXT_DECIMALS_MAX} decimals"
            return _text_fault("a note", body.note, TEXT_NOTE_BYTES_MAX)
        case Settled():
            return "" if body.state in list(SettledState) else "no such state of an invoice"
        case Refusal():
            return _text_fault("a sentence", body.text, REFUSAL_TEXT_BYTES_MAX)
        case Commit() | GiveUp():
            return ""


def _address_fault(address: MailboxAddress) -> str:
    if not 1 <= len(address.relays) <= TEXT_RELAYS_MAX:
        return f"an address with {len(address.relays)} relays"
    return _text_fault("a label", address.label, TEXT_LABEL_BYTES_MAX)


def _text_fault(what: str, text: str, bytes_max: int) -> str:
    if is_shown(text, bytes_max):
        return ""
    return f"{what} longer than {bytes_max} bytes, or with characters that do not print"
