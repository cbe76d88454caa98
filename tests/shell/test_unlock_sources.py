"""Which source a text names, and which one there is when none was named."""

from __future__ import annotations

import io
import sys

import pytest

from offset.base.faults import UserFault
from offset.shell.unlock_sources import Source, default, parse, words_of


def test_parse() -> None:
    """Each form is understood, and a place may have colons in it."""
    assert parse("ask") == Source("ask", "")
    assert parse("file:/a:b") == Source("file", "/a:b")
    assert parse("fd:3") == Source("fd", "3")
    assert parse("credential:offset.unlock") == Source("credential", "offset.unlock")
    assert parse("command:pass show 'a b'") == Source("command", "pass show 'a b'")


@pytest.mark.parametrize(
    "text",
    ["", "secret", "ask:", "file:", "file", "fd:", "fd:-1", "fd:x", "credential:", "credential:../x", "command:",
     "command: ", "command:'a", "File:x"],
)  # fmt: skip
def test_parse_refuses(text: str) -> None:
    """What is none is refused with the forms that there are, and not repeated: it may be a passphrase."""
    with pytest.raises(UserFault) as caught:
        parse(text)
    assert str(caught.value) == (
        "the source of a passphrase or key is one of: ask, file:PATH, fd:N, credential:NAME, command:LINE"
    )


def test_words() -> None:
    """A command has words as a shell has them; what is no whole command has none."""
    assert words_of("a 'b c' d") == ["a", "b c", "d"]
    assert words_of("a 'b") == []


def test_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """OFFSET_UNLOCK counts first, then a terminal; else there is no source."""
    monkeypatch.delenv("OFFSET_UNLOCK", raising=False)
    monkeypatch.setattr(sys, "stdin", None)
    assert default() is None
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert default() is None
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    assert default() == Source("ask", "")
    monkeypatch.setenv("OFFSET_UNLOCK", "fd:5")
    assert default() == Source("fd", "5")
    monkeypatch.setenv("OFFSET_UNLOCK", "")
    assert default() == Source("ask", "")
