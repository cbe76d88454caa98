"""Words of strangers on a terminal."""

from __future__ import annotations


def printable(text: str) -> str:
    """`text` with everything escaped that does not print: a name in a file must not move cursors or fake lines."""
    if text.isprintable():
        return text
    return "".join([char if char.isprintable() else char.encode("unicode_escape").decode() for char in text])
