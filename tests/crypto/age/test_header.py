"""The header of an age file, read strictly."""

import pytest

from offset.base.limits import AGE_HEADER_BYTES_MAX
from offset.crypto.age.faults import Damaged
from offset.crypto.age.header import Stanza, decode, encode, read, write

KEY = bytes(16)
STANZAS = (Stanza(("X25519", "abc"), bytes(32)), Stanza(("other",), bytes(48)), Stanza(("none",), b""))
WHOLE = write(STANZAS, KEY)


def test_there_and_back() -> None:
    """Stanzas of any length come back, what follows is found, and the MAC fits with the key only."""
    found = read(WHOLE + b"the rest")
    assert found.stanzas == STANZAS
    assert WHOLE[: found.bytes_long] == WHOLE
    assert found.is_whole(KEY)
    assert not found.is_whole(bytes([1]) * 16)


def test_a_changed_header_is_noticed() -> None:
    """An argument that was changed makes the MAC wrong."""
    assert not read(WHOLE.replace(b"abc", b"abd")).is_whole(KEY)


@pytest.mark.parametrize(
    "before, after",
    [
        (b"/v1", b"/v2"),
        (b"age-", b"\nage-"),
        (b"-> X", b"->  X"),
        (b"-> X", b"-> X "),
        (b"-> X", "-> ü".encode()),
        (b"-> X", b"-> X\r"),
        (b"-> X", b"=> X"),
        (b"--- ", b"---"),
        (b"--- ", b"---  "),
        (b"--- ", b"-- "),
        (b"AAAA\n", b"AAAA=\n"),
        (b"AAAA\n", b"AAAB\n"),
        (b"A" * 43, b"A" * 65),
        (b"-> other", b""),
    ],
)
def test_refused(before: bytes, after: bytes) -> None:
    """Whatever is not as the specification has it is refused, or its MAC does not fit."""
    changed = WHOLE.replace(before, after, 1)
    assert changed != WHOLE
    try:
        found = read(changed)
    except Damaged:
        return
    assert not found.is_whole(KEY)


def test_a_header_is_bounded() -> None:
    """AGE_HEADER_BYTES_MAX are read, and no more; a header without an end is refused."""
    line = b"A" * 64 + b"\n"
    for data in (
        b"",
        WHOLE[:-1],
        WHOLE[:40] + b"\n" + line * (AGE_HEADER_BYTES_MAX // len(line) + 1) + WHOLE,
    ):
        with pytest.raises(Damaged):
            read(data)


@pytest.mark.parametrize("text", ["A", "A" * 5, "AB", "AA==", "A-_A", "AA AA", "AAAA\n"])
def test_base64_is_strict(text: str) -> None:
    """Only what `encode` writes is read."""
    with pytest.raises(Damaged):
        decode(text)
    assert decode(encode(b"xyz")) == b"xyz"
