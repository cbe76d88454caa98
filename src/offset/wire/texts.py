"""What the texts of wallets hold, kind by kind, and the files of 0.1.11 that hold the same (spec 07).

a   MailboxAddress    where a wallet is called                      no file
r   PaymentRequest    what to ask such a wallet for                 no file
i   InvoiceText       what a seller asks for                        .invoice
c   Commit            the word that lets the seller collect         .commit
p   Receipt           the proof of a payment                        .receipt
f   FriendFile        a node, as its friends know it                .friend
s   Ticket            a relay or an index server                    .relay, .index
k   RemoteNodeCard    all that a wallet needs to use a node: secret  .rcard
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from offset.base.faults import Undecodable, UserFault
from offset.base.limits import (
    TEXT_DECIMALS_MAX,
    TEXT_LABEL_BYTES_MAX,
    TEXT_NOTE_BYTES_MAX,
    TEXT_RELAYS_MAX,
)
from offset.base.notes import is_shown
from offset.wire import uri
from offset.wire.common import COMMIT, RECEIPT, Commit, Receipt
from offset.wire.files import FriendFile, RemoteNodeCard, Ticket
from offset.wire.text_files import read_file
from offset.wire.text_values import (
    ADDRESS,
    FRIEND_CARD,
    INVOICE,
    REQUEST,
    SERVER_TICKET,
    InvoiceText,
    MailboxAddress,
    PaymentRequest,
    Text,
    decode_card,
    encode_card,
)


class _Kind(NamedTuple):
    letter: str
    cls: type[Any]
    encode: Callable[[Any], bytes]
    decode: Callable[[bytes], Any]
    check: Callable[[Any], None] = lambda _: None
    """Raises UserFault when a value is none that a wallet makes."""


NOT_OURS = (
    "this text has the form of a text of Offset, but no program of Offset makes such a one: ask for another"
)


def _check_text(text: str, bytes_max: int) -> None:
    if not is_shown(text, bytes_max):
        raise UserFault(NOT_OURS)


def _check_decimals(decimals: int | None) -> None:
    if decimals is not None and decimals > TEXT_DECIMALS_MAX:
        raise UserFault(NOT_OURS)


def _check_address(address: MailboxAddress) -> None:
    if not 1 <= len(address.relays) <= TEXT_RELAYS_MAX:
        raise UserFault(NOT_OURS)
    _check_text(address.label, TEXT_LABEL_BYTES_MAX)


def _check_request(request: PaymentRequest) -> None:
    _check_address(request.pay_to)
    _check_text(request.note, TEXT_NOTE_BYTES_MAX)
    _check_decimals(request.opt_decimals)


def _check_invoice(invoice: InvoiceText) -> None:
    _check_text(invoice.note, TEXT_NOTE_BYTES_MAX)
    _check_decimals(invoice.opt_decimals)
    if invoice.opt_origin is not None:
        _check_address(invoice.opt_origin.address)


_KINDS = (
    _Kind("a", MailboxAddress, ADDRESS.encode, ADDRESS.decode, _check_address),
    _Kind("r", PaymentRequest, REQUEST.encode, REQUEST.decode, _check_request),
    _Kind("i", InvoiceText, INVOICE.encode, INVOICE.decode, _check_invoice),
    _Kind("c", Commit, COMMIT.encode, COMMIT.decode),
    _Kind("p", Receipt, RECEIPT.encode, RECEIPT.decode),
    _Kind("f", FriendFile, FRIEND_CARD.encode, FRIEND_CARD.decode),
    _Kind("s", Ticket, SERVER_TICKET.encode, SERVER_TICKET.decode),
    _Kind("k", RemoteNodeCard, encode_card, decode_card),
)
_LETTERS = "".join(kind.letter for kind in _KINDS)


def kind_of(value: Text) -> str:
    """The letter of its kind."""
    return _kind(value).letter


def write_text(value: Text) -> str:
    """The text of a value, in small letters. Raises UserFault when it is none that a reader takes."""
    kind = _kind(value)
    kind.check(value)
    return uri.write(kind.letter, kind.encode(value))


def class_of(written: str) -> type[Text]:
    """What a text that `write_text` has made stands for, by its first letters alone: reading all of it takes longer."""
    letter = written[len(uri.SCHEME) + 1]
    (kind,) = [kind for kind in _KINDS if kind.letter == letter]
    return kind.cls


def read_text(pasted: str) -> Text:
    """What somebody pasted: a text of Offset among other words, or a file of 0.1.11.

    Raises UserFault, with what to do about it.
    """
    found = uri.find(pasted, _LETTERS)
    if found is None:
        return read_file(pasted)
    (kind,) = [kind for kind in _KINDS if kind.letter == found.kind]
    try:
        value = kind.decode(found.payload)
    except Undecodable:
        raise UserFault(NOT_OURS) from None
    kind.check(value)
    return value  # type: ignore[no-any-return]


def _kind(value: Text) -> _Kind:
    (kind,) = [kind for kind in _KINDS if isinstance(value, kind.cls)]
    return kind
