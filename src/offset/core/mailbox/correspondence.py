"""The letters of one line: their numbers, what answers what, and who may say what (docs/MAILBOX.md)."""

from __future__ import annotations

from offset.base.faults import PeerFault
from offset.base.ids import PublicKey
from offset.base.limits import LETTERS_PER_LINE_MAX, LETTERS_UNANSWERED_MAX
from offset.wire.common import Commit
from offset.wire.letters_signing import verify_introduction, verify_invoice, verify_settled
from offset.wire.mailbox import (
    AskInvoice,
    Body,
    GiveUp,
    Introduce,
    Invoice,
    Letter,
    Refusal,
    Settled,
    Unread,
    decode_letter,
    encode_letter,
)


class Correspondence:
    """One side of a line of letters."""

    __slots__ = ("_asked", "_call_key", "_is_owner", "_owed", "_owner", "received", "sent")

    def __init__(self, owner: PublicKey, call_key: PublicKey, *, is_owner: bool) -> None:
        """`owner` is called, by a caller with `call_key`; `is_owner`: we are the former."""
        self._owner, self._call_key, self._is_owner = owner, call_key, is_owner
        self.sent = 0
        self.received = 0
        self._asked: dict[int, Body] = {}
        """Our letters that wait for an answer."""
        self._owed: dict[int, None] = {}
        """Letters of the other side that we have to answer."""

    @property
    def is_full(self) -> bool:
        """Whether nothing more may be said on this line."""
        return self.sent >= LETTERS_PER_LINE_MAX

    def write(self, body: Body, answer_to: int = 0) -> bytes:
        """Our next letter; the line must not be full. `answer_to` is a letter that was heard, or 0."""
        assert not self.is_full
        assert answer_to == 0 or answer_to in self._owed, "a letter is answered once"
        self.sent += 1
        self._owed.pop(answer_to, None)
        if isinstance(body, AskInvoice | Commit | GiveUp):
            self._asked[self.sent] = body
        return encode_letter(self.sent, answer_to, body)

    def owes(self, number: int) -> bool:
        """Whether this letter of the other side waits for our answer."""
        return number in self._owed

    def read(self, data: bytes) -> tuple[Letter | Unread, Body | None]:
        """What the other side says, and our letter that it answers. Raises PeerFault when it is out of place.

        What only a newer program reads, and answers nothing, waits for its refusal.
        """
        letter = decode_letter(data)
        self.received += 1
        if letter.number != self.received:
            raise PeerFault(f"letter {letter.number} in the place of {self.received}")
        if self.received > LETTERS_PER_LINE_MAX:
            raise PeerFault(f"more than {LETTERS_PER_LINE_MAX} letters on one line")
        question = self._asked.pop(letter.answer_to, None)
        if letter.answer_to and question is None:
            raise PeerFault("an answer to a letter that waits for none")
        if isinstance(letter, Letter):
            self._check(letter, question)
        if not letter.answer_to and (isinstance(letter, Unread) or _asks(letter.body)):
            self._owed[letter.number] = None
            if len(self._owed) > LETTERS_UNANSWERED_MAX:
                raise PeerFault(f"more than {LETTERS_UNANSWERED_MAX} letters that wait for an answer")
        return letter, question

    def _check(self, letter: Letter, question: Body | None) -> None:
        """That this may be said here, by this side, in answer to that. Raises PeerFault."""
        body = letter.body
        match body:
            case Refusal():
                fits = question is not None
            case AskInvoice() | Commit() | GiveUp():
                fits = self._is_owner and question is None
            case Introduce():
                fits = (
                    self._is_owner
                    and letter.number == 1
                    and verify_introduction(body, self._call_key, self._owner)
                )
            case Invoice():
                fits = (
                    isinstance(question, AskInvoice)
                    and body.ask_id == question.ask_id
                    and verify_invoice(body, self._owner)
                )
            case Settled():
                fits = not self._is_owner and _settles(body, question) and verify_settled(body, self._owner)
        if not fits:
            raise PeerFault(f"a letter that is out of place: {type(body).__name__}")


def _asks(body: Body) -> bool:
    return isinstance(body, AskInvoice | Commit | GiveUp)


def _settles(settled: Settled, question: Body | None) -> bool:
    match question:
        case None:
            # It changed, and we are told unasked.
            return True
        case GiveUp():
            return settled.ask_id == question.ask_id
        case Commit():
            return settled.invoice_id == question.invoice_id
        case _:
            return False
