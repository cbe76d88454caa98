"""Letters: there and back, cut, altered, of a newer program, and what no program sends."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offset.base.faults import Undecodable
from offset.base.limits import LETTER_BYTES_MAX, PAYER_NAME_BYTES_MAX, REFUSAL_TEXT_BYTES_MAX
from offset.wire.mailbox import (
    LETTER,
    VERSION,
    AskInvoice,
    Letter,
    OpenPurpose,
    Refusal,
    RefusalCode,
    Unread,
    decode_letter,
    encode_letter,
)
from support.letters import ASK_ID, BODIES, NUMBERS, VECTORS, letter, newer, vectors
from support.texts import plain

RECORDED = json.loads(VECTORS.read_text("utf-8"))


def test_the_vectors_are_of_today() -> None:
    """What we write is what the document shows; after a change on purpose write `vectors()` there."""
    assert vectors() == RECORDED


@pytest.mark.parametrize("case", RECORDED["letters"], ids=lambda case: case["name"])
def test_recorded_letters(case: dict) -> None:
    """The bytes of the document give the value beside them."""
    read = decode_letter(bytes.fromhex(case["bytes"]))
    assert isinstance(read, Letter)
    assert (read.version, read.number, read.answer_to) == (VERSION, case["number"], case["answerTo"])
    assert plain(read.body) == case["body"]


@pytest.mark.parametrize("case", RECORDED["refused"], ids=lambda case: case["name"])
def test_recorded_letters_that_nobody_sends(case: dict) -> None:
    """They end the line, on the way out as on the way in."""
    data = bytes.fromhex(case["bytes"])
    with pytest.raises(Undecodable):
        decode_letter(data)
    with pytest.raises(AssertionError):
        encode_letter(3, 2, LETTER.decode(data).body)


@pytest.mark.parametrize("name", BODIES)
def test_there_and_back(name: str) -> None:
    """A letter comes back whole, with its numbers."""
    number, answer_to = NUMBERS.get(name, (3, 2))
    assert decode_letter(letter(name)) == Letter(VERSION, number, answer_to, BODIES[name])


@pytest.mark.parametrize("name", BODIES)
def test_cut(name: str) -> None:
    """No beginning of a letter is that letter: it is none, or one that says less."""
    data = letter(name)
    for end in range(len(data)):
        try:
            read = decode_letter(data[:end])
        except Undecodable:
            continue
        assert read != decode_letter(data), end


@given(st.sampled_from(list(BODIES)), st.data())
def test_altered(name: str, data: st.DataObject) -> None:
    """A letter with other bytes in it is none, one of a newer program, or one that comes back as it was."""
    altered = bytearray(letter(name))
    for place in data.draw(st.lists(st.integers(0, len(altered) - 1), min_size=1, max_size=4)):
        altered[place] = data.draw(st.integers(0, 255))
    try:
        read = decode_letter(bytes(altered))
    except Undecodable:
        return
    if isinstance(read, Letter):
        assert decode_letter(encode_letter(read.number, read.answer_to, read.body)) == read
    else:
        assert read.refusal.code in (RefusalCode.VERSION, RefusalCode.UNKNOWN)


def test_a_newer_version() -> None:
    """Its number is read, so that it can be refused by it, with what we do read."""
    unread = decode_letter(newer()["version"])
    assert unread == Unread(3, 2, Refusal(RefusalCode.VERSION, speaks_from=VERSION, speaks_to=VERSION))


def test_a_newer_kind() -> None:
    """The line lives on: a newer caller may go on with what we know."""
    assert decode_letter(newer()["kind"]) == Unread(3, 2, Refusal(RefusalCode.UNKNOWN))


def test_a_code_of_a_newer_program() -> None:
    """A refusal is one, whatever its reason."""
    read = decode_letter(LETTER.encode(Letter(VERSION, 1, 1, Refusal(999))))
    assert isinstance(read, Letter)
    assert read.body == Refusal(999)


def test_the_longest() -> None:
    """A letter of LETTER_BYTES_MAX may be one; a longer one is not looked at."""
    with pytest.raises(Undecodable, match="longer than"):
        decode_letter(bytes(LETTER_BYTES_MAX + 1))
    # Zeros unpack to a message that says nothing, whatever follows.
    padded = letter("give up").ljust(LETTER_BYTES_MAX, b"\x00")
    assert decode_letter(padded) == decode_letter(letter("give up"))


def test_names() -> None:
    """A payer may call itself by PAYER_NAME_BYTES_MAX bytes, whatever the characters."""
    name = "é" * (PAYER_NAME_BYTES_MAX // 2)
    ask = AskInvoice(ASK_ID, OpenPurpose("FST", 1, ""), name, None)
    assert isinstance(decode_letter(encode_letter(1, 0, ask)), Letter)
    longer = AskInvoice(ASK_ID, OpenPurpose("FST", 1, ""), name + "e", None)
    with pytest.raises(Undecodable, match="a name longer"):
        decode_letter(LETTER.encode(Letter(VERSION, 1, 0, longer)))


def test_sentences() -> None:
    """A refusal explains itself in REFUSAL_TEXT_BYTES_MAX bytes."""
    most = Refusal(RefusalCode.BUSY, "x" * REFUSAL_TEXT_BYTES_MAX)
    assert isinstance(decode_letter(encode_letter(1, 1, most)), Letter)
    longer = Refusal(RefusalCode.BUSY, "x" * (REFUSAL_TEXT_BYTES_MAX + 1))
    with pytest.raises(Undecodable, match="a sentence longer"):
        decode_letter(LETTER.encode(Letter(VERSION, 1, 1, longer)))
