"""The letters of one line: numbers, answers, and who may say what."""

from __future__ import annotations

import msgspec
import pytest

from offset.base.faults import PeerFault
from offset.core.mailbox.correspondence import Correspondence
from offset.wire.mailbox import Body, GiveUp, Letter, Refusal, RefusalCode, Unread, encode_letter
from support.letters import ASK_ID, BODIES, CALL, COMMIT, invoice, newer, signed_by
from support.texts import MAILBOX, NODE

ASK = BODIES["ask, open"]
SETTLED = BODIES["settled, collected"]


@pytest.fixture
def owner() -> Correspondence:
    return Correspondence(MAILBOX.public_key, CALL.public_key, is_owner=True)


@pytest.fixture
def caller() -> Correspondence:
    return Correspondence(MAILBOX.public_key, CALL.public_key, is_owner=False)


def test_there_and_back(caller: Correspondence, owner: Correspondence) -> None:
    """Each side counts its own letters, and an answer comes with its question."""
    for number in (1, 2):
        letter, question = owner.read(caller.write(ASK))
        assert isinstance(letter, Letter)
        assert (letter.number, letter.body, question) == (number, ASK, None)
        answer, question = caller.read(owner.write(invoice(), letter.number))
        assert isinstance(answer, Letter)
        assert (answer.number, answer.answer_to, question) == (number, number, ASK)


@pytest.mark.parametrize("number", [0, 2, 2**32 - 1])
def test_numbers_out_of_order(owner: Correspondence, number: int) -> None:
    """The first letter has the number 1, and no letter comes twice."""
    with pytest.raises(PeerFault, match="in the place of 1"):
        owner.read(encode_letter(number, 0, ASK))


def test_a_letter_twice(owner: Correspondence, caller: Correspondence) -> None:
    """Whoever plays letters again is found out."""
    data = caller.write(ASK)
    owner.read(data)
    with pytest.raises(PeerFault, match="in the place of 2"):
        owner.read(data)


def test_an_answer_to_nothing(caller: Correspondence) -> None:
    """An answer names a letter that waits for one, and that once."""
    with pytest.raises(PeerFault, match="waits for none"):
        caller.read(encode_letter(1, 1, invoice()))
    again = Correspondence(MAILBOX.public_key, CALL.public_key, is_owner=False)
    again.write(ASK)
    again.read(encode_letter(1, 1, invoice()))
    with pytest.raises(PeerFault, match="waits for none"):
        again.read(encode_letter(2, 1, invoice()))


@pytest.mark.parametrize(
    "question, answer, fits",
    [
        (ASK, invoice(), True),
        (ASK, Refusal(RefusalCode.BUSY), True),
        (ASK, invoice(ask_id=b"b" * 16), False),
        (ASK, SETTLED, False),
        (ASK, ASK, False),
        (COMMIT, SETTLED, True),
        (COMMIT, signed_by(MAILBOX, msgspec.structs.replace(SETTLED, invoice_id=b"j" * 32)), False),
        (COMMIT, invoice(), False),
        (GiveUp(ASK_ID), SETTLED, True),
        (GiveUp(b"b" * 16), SETTLED, False),
        (GiveUp(ASK_ID), COMMIT, False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_answers_what(caller: Correspondence, question: Body, answer: Body, fits: bool) -> None:
    """An answer is of the right kind, and of the same question or invoice."""
    caller.write(question)
    data = encode_letter(1, 1, answer)
    if fits:
        assert caller.read(data)[1] == question
    else:
        with pytest.raises(PeerFault, match="out of place"):
            caller.read(data)


@pytest.mark.parametrize(
    "body",
    [invoice(), COMMIT, GiveUp(ASK_ID), BODIES["introduce"], Refusal(3)],
    ids=lambda body: type(body).__name__,
)
def test_what_an_owner_does_not_say_unasked(caller: Correspondence, body: Body) -> None:
    """Unasked it says only what became of an invoice."""
    with pytest.raises(PeerFault, match="out of place"):
        caller.read(encode_letter(1, 0, body))


def test_signatures_are_checked(caller: Correspondence) -> None:
    """What another key has signed is no letter of this owner."""
    caller.write(ASK)
    with pytest.raises(PeerFault, match="out of place"):
        caller.read(encode_letter(1, 1, signed_by(NODE, invoice())))
    other = Correspondence(MAILBOX.public_key, CALL.public_key, is_owner=False)
    with pytest.raises(PeerFault, match="out of place"):
        other.read(encode_letter(1, 0, signed_by(NODE, SETTLED)))


def test_an_introduction_comes_first(owner: Correspondence) -> None:
    """It is the first letter or none, and of this call."""
    owner.read(encode_letter(1, 0, BODIES["introduce"]))
    with pytest.raises(PeerFault, match="out of place"):
        owner.read(encode_letter(2, 0, BODIES["introduce"]))
    other = Correspondence(MAILBOX.public_key, NODE.public_key, is_owner=True)
    with pytest.raises(PeerFault, match="out of place"):
        other.read(encode_letter(1, 0, BODIES["introduce"]))


@pytest.mark.parametrize("name", ["version", "kind"])
def test_a_newer_letter_is_owed_its_refusal(name: str) -> None:
    """The one that asks is answered; one that answers is not, and its question is over."""
    asked = Correspondence(MAILBOX.public_key, CALL.public_key, is_owner=True)
    asked.write(COMMIT)
    asked.write(COMMIT)
    asked.received = 2
    letter, question = asked.read(newer()[name])
    assert isinstance(letter, Unread)
    assert question == COMMIT
    assert not asked.owes(3)


def test_a_newer_question() -> None:
    """It is refused by its number, and the line goes on."""
    owner = Correspondence(MAILBOX.public_key, CALL.public_key, is_owner=True)
    data = bytearray(encode_letter(1, 0, GiveUp(ASK_ID)))
    # The number of the variant, packed: a tag for one byte, and the byte.
    at = data.index(b"\x01\x05")
    data[at + 1] = 0x63
    letter, _ = owner.read(bytes(data))
    assert isinstance(letter, Unread)
    assert owner.owes(1)
    owner.write(letter.refusal, 1)
    assert not owner.owes(1)
    assert isinstance(owner.read(encode_letter(2, 0, ASK))[0], Letter)
