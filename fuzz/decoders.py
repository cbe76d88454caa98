"""Targets that turn bytes into a value: every codec, every file reader, frames."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from offset.base.faults import PeerFault, UserFault
from offset.base.limits import SHARES_MAX
from offset.crypto.shares import read_share
from offset.link.frames import FrameReader, frame
from offset.wire import files
from offset.wire.aside import Aside, decode_friend_message, encode_aside
from offset.wire.codec import Codec
from offset.wire.extension import Extensible
from offset.wire.files.share_sheets import parse_sheet
from offset.wire.mailbox import Letter, decode_letter, encode_letter
from offset.wire.texts import read_text, write_text

MODULES = (
    "app",
    "channel",
    "common",
    "friend",
    "index",
    "keepalive",
    "mailbox",
    "relay",
    "report",
    "text_values",
)
FILES = (
    "app_ticket",
    "commit",
    "friend",
    "identity",
    "invoice",
    "node_card",
    "payment",
    "receipt",
    "ticket",
    "token",
)
FRAME_LIMIT = 1 << 12


def codecs() -> dict[str, Codec[Any] | Extensible[Any]]:
    """All codecs of the wire, by the name of the struct."""
    found: dict[str, Codec[Any] | Extensible[Any]] = {}
    for module in MODULES:
        for value in vars(importlib.import_module(f"offset.wire.{module}")).values():
            if isinstance(value, Codec):
                found[value._name] = value
            elif isinstance(value, Extensible):
                found[value._plain._name] = value
    return dict(sorted(found.items()))


def decode(codec: Codec[Any] | Extensible[Any]) -> Callable[[bytes], None]:
    """Bytes are Undecodable, or a message that goes out and comes back as it was."""

    def run(data: bytes) -> None:
        try:
            message = codec.decode(data)
        except PeerFault:
            return
        assert codec.decode(codec.encode(message)) == message

    return run


def parse(kind: str) -> Callable[[bytes], None]:
    """A text is refused with one sentence, or it is a value that is written and read back as it was."""
    read: Callable[[str], Any] = getattr(files, f"parse_{kind}")
    write: Callable[[Any], str] = getattr(files, f"format_{kind}")

    def run(data: bytes) -> None:
        try:
            text = data.decode()
        except UnicodeDecodeError:
            return  # refused before (shell/files.py)
        try:
            value = read(text)
        except UserFault as fault:
            sentence = str(fault)
            assert sentence
            assert "\n" not in sentence
            assert len(sentence) < 1000
            return
        written = write(value)
        written.encode()  # or it could not be stored
        assert write(read(written)) == written

    return run


def letter(data: bytes) -> None:
    """A message of a line is no letter, one that is refused by its number, or one that comes back as it was."""
    try:
        read = decode_letter(data)
    except PeerFault:
        return
    if isinstance(read, Letter):
        assert decode_letter(encode_letter(read.number, read.answer_to, read.body)) == read
    else:
        refusal = encode_letter(1, read.number, read.refusal)
        assert isinstance(decode_letter(refusal), Letter)


def aside(data: bytes) -> None:
    """What a friend says is undecodable, a message of the token, or an aside that comes back as it was."""
    try:
        read = decode_friend_message(data)
    except PeerFault:
        return
    if isinstance(read, Aside):
        assert decode_friend_message(encode_aside(read.body)) == read


def uri(data: bytes) -> None:
    """Whatever somebody pastes is refused with one sentence, or it is a value whose own text says the same."""
    try:
        pasted = data.decode()
    except UnicodeDecodeError:
        return  # no page and no terminal hands it on
    try:
        value = read_text(pasted)
    except UserFault as fault:
        sentence = str(fault)
        assert sentence
        assert "\n" not in sentence
        assert len(sentence) < 1000
        return
    try:
        text = write_text(value)
    except UserFault:
        return  # a file may say what is too long for a text
    assert write_text(read_text(text)) == text


def sheet(data: bytes) -> None:
    """A sheet is refused with one sentence that tells no word of it, or its words are read again as they are."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return  # refused before (shell/files.py)
    try:
        found = read_share(parse_sheet(text).words)
    except UserFault as fault:
        sentence = str(fault)
        assert sentence
        assert "\n" not in sentence
        assert len(sentence) < 1000
        return
    assert read_share(parse_sheet(found.words).words).words == found.words
    assert 1 <= found.number <= SHARES_MAX


def frames(data: bytes) -> None:
    """However a stream is cut, the same frames come out, or the same fault."""
    if not data:
        return
    step, stream = 1 + data[0], data[1:]
    whole = _feed(stream, [len(stream)])
    assert _feed(stream, range(step, len(stream) + step, step)) == whole
    messages, fault = whole
    if fault is None:
        assert stream.startswith(b"".join(map(frame, messages)))
    assert all(len(message) <= FRAME_LIMIT for message in messages)


def _feed(stream: bytes, ends: Any) -> tuple[list[bytes], str | None]:
    """The frames before the first fault, byte by byte at the end so that none is lost with it, and the fault."""
    reader = FrameReader(FRAME_LIMIT, (4, 1024))
    messages: list[bytes] = []
    start = 0
    for end in ends:
        piece = stream[start:end]
        try:
            messages += reader.feed(piece)
        except PeerFault as fault:
            # What came with the fault is lost: find it again in the bytes so far.
            return _slowly(stream), str(fault)
        start = end
    return messages, None


def _slowly(stream: bytes) -> list[bytes]:
    reader = FrameReader(FRAME_LIMIT, (4, 1024))
    messages: list[bytes] = []
    for place in range(len(stream)):
        try:
            messages += reader.feed(stream[place : place + 1])
        except PeerFault:
            break
    return messages
