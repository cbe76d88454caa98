"""Texts among words: whole ones are read, whatever a chat does to their lines, and no others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offset.base.faults import UserFault
from offset.base.limits import TEXT_AROUND_CHARACTERS_MAX, TEXT_CHARACTERS_MAX
from offset.wire import uri
from offset.wire.uri import Framed, find, write

KINDS = "aricpfsk"
PAYLOADS = st.binary(max_size=400)
SKIPPED = st.sampled_from([" ", "\n", "\r\n", "\n> ", ">> ", "\u200b", "\u00ad", "\t", "\u2060", "\ufeff"])
WORDS = st.text(st.characters(codec="utf-8"), max_size=40).filter(lambda words: "offset" not in words.lower())


def body_of(text: str) -> tuple[str, str]:
    """The head and the rest."""
    return text[: len("offset:x1/")], text[len("offset:x1/") :]


@given(st.sampled_from(KINDS), PAYLOADS)
def test_what_is_written_is_read(kind: str, payload: bytes) -> None:
    """In small letters and in capitals."""
    text = write(kind, payload)
    assert find(text, KINDS) == find(text.upper(), KINDS) == Framed(kind, 1, payload)
    assert text == text.lower()


@given(PAYLOADS, WORDS, WORDS, st.data())
def test_wrapped_among_words(payload: bytes, before: str, after: str, data: st.DataObject) -> None:
    """However its lines are broken and marked, and whatever stands around it, also characters of base32."""
    head, body = body_of(write("i", payload))
    places = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=8)))
    for place in reversed(places):
        body = body[:place] + data.draw(SKIPPED) + body[place:]
    assert find(f"{before}{head}{body}{after}", KINDS) == Framed("i", 1, payload)


def test_the_words_behind_are_no_part_of_it() -> None:
    """They may consist of nothing but base32; the length says where the text ends."""
    assert find(write("i", b"payload") + " please pay by friday", KINDS) == Framed("i", 1, b"payload")
    assert find(write("i", b"payload") + "abc", KINDS) == Framed("i", 1, b"payload")


@given(PAYLOADS, st.data())
def test_cut(payload: bytes, data: st.DataObject) -> None:
    """A beginning is never read as the whole."""
    head, body = body_of(write("c", payload))
    kept = data.draw(st.integers(0, len(body) - 1))
    with pytest.raises(UserFault, match="copy the whole text"):
        find(head + body[:kept], KINDS)


@given(PAYLOADS, st.data())
def test_altered(payload: bytes, data: st.DataObject) -> None:
    """One other character anywhere is noticed."""
    head, body = body_of(write("c", payload))
    place = data.draw(st.integers(0, len(body) - 1))
    other = data.draw(
        st.sampled_from("abcdefghijklmnopqrstuvwxyz234567189!").filter(lambda char: char != body[place])
    )
    with pytest.raises(UserFault, match="copy the whole text"):
        find(head + body[:place] + other + body[place + 1 :], KINDS)


def test_every_single_change_is_noticed() -> None:
    """Each character of one text, replaced by each other one: the bits behind the last byte count too."""
    head, body = body_of(write("f", bytes(range(9))))
    for place in range(len(body)):
        for other in set("abcdefghijklmnopqrstuvwxyz234567") - {body[place]}:
            with pytest.raises(UserFault):
                find(head + body[:place] + other + body[place + 1 :], KINDS)


@given(PAYLOADS, WORDS)
def test_doubled(payload: bytes, between: str) -> None:
    """Two beginnings are two texts, be they the same."""
    text = write("i", payload)
    with pytest.raises(UserFault, match="two texts"):
        find(text + between + text, KINDS)


def test_a_text_is_of_its_kind() -> None:
    """The check covers kind and version, so no text passes for another."""
    _, body = body_of(write("i", b"payload"))
    with pytest.raises(UserFault, match="copy the whole text"):
        find(f"offset:c1/{body}", KINDS)


@pytest.mark.parametrize("head", ["offset:z1/", "offset:i2/", "offset:i0/", "OFFSET:Z1/"])
def test_newer(head: str) -> None:
    """Another kind or version is of a newer program."""
    with pytest.raises(UserFault, match="newer program"):
        find(head + body_of(write("i", b"payload"))[1], KINDS)


@pytest.mark.parametrize(
    "words", ["", "hello", "offset", "offset:", "offset:i1", "offset:11/aaaa", "offset:é1/aaaa"]
)
def test_nothing_there(words: str) -> None:
    """Words without the beginning of a text hold none."""
    assert find(words, KINDS) is None


@pytest.mark.parametrize(
    "around", ["https://circle.example.org/pay#{}", "web+{}", "({})", "<{}>", '"{}"', "{}.", "x{}"]
)
def test_links_and_marks(around: str) -> None:
    """In the fragment of a link, behind web+, in brackets and quotes."""
    assert find(around.format(write("a", b"payload")), KINDS) == Framed("a", 1, b"payload")


@pytest.mark.parametrize("alike", ["\u212a", "\u017f", "\u0131", "\u0130", "\uff41", "\u0430"])
def test_letters_that_look_alike(alike: str) -> None:
    """Letters of Unicode that look like ours, or whose small form is one of ours, are not taken for it."""
    head, body = body_of(write("i", b"payload"))
    with pytest.raises(UserFault, match="copy the whole text"):
        find(head + alike + body[1:], KINDS)
    assert find(f"off{alike}et:i1/{body}", KINDS) is None


def test_the_longest() -> None:
    """Readers take TEXT_CHARACTERS_MAX characters; what is longer is not written, and a length beyond is not read."""
    longest = write("f", bytes(uri.LONGEST_PAYLOAD))
    assert TEXT_CHARACTERS_MAX - 8 < len(longest) <= TEXT_CHARACTERS_MAX
    assert find(longest, KINDS) == Framed("f", 1, bytes(uri.LONGEST_PAYLOAD))
    with pytest.raises(UserFault, match="as a file"):
        write("f", bytes(uri.LONGEST_PAYLOAD + 1))
    with pytest.raises(UserFault, match="copy the whole text"):
        find("offset:f1/777777" + "a" * 60_000, KINDS)


def test_how_much_is_searched() -> None:
    """Up to TEXT_AROUND_CHARACTERS_MAX characters are looked through, not one more."""
    text = write("i", b"payload")
    blanks = " " * (TEXT_AROUND_CHARACTERS_MAX - len(text))
    assert find(blanks + text, KINDS) == Framed("i", 1, b"payload")
    with pytest.raises(UserFault, match="too long"):
        find(blanks + " " + text, KINDS)
