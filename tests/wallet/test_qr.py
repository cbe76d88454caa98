"""Pictures of texts: as small as the design says, and whole."""

from __future__ import annotations

import struct
import zlib
from xml.etree import ElementTree

import pytest

from offset.base.faults import UserFault
from offset.wallet.qr import QUIET_MODULES, draw, draw_in_characters
from offset.wire.texts import write_text
from support.texts import VALUES


def modules(svg: bytes) -> int:
    """How many modules a picture has from edge to edge, without its frame."""
    root = ElementTree.fromstring(svg)
    return int(root.attrib["width"]) - 2 * QUIET_MODULES


@pytest.mark.parametrize(
    "name, most", [("invoice", 57), ("friend", 61), ("address", 61), ("commit", 73), ("invoice, signed", 81)]
)
def test_codes_are_small_enough_for_a_screen(name: str, most: int) -> None:
    """In capitals a text takes alphanumeric mode, in which the codes have few modules."""
    assert modules(draw(write_text(VALUES[name]), "svg", 1)) <= most


def test_capitals_and_small_letters_are_one_picture() -> None:
    """However a text came, its code is the same; other texts, such as links, are drawn as they are."""
    text = write_text(VALUES["friend"])
    assert draw(text, "svg") == draw(text.upper(), "svg")
    assert draw("https://example.org/a", "svg") != draw("https://example.org/A", "svg")


def test_both_forms_show_the_same() -> None:
    """The dark pixels of the PNG are as many as the modules that it has, at its scale, with a white frame."""
    text = write_text(VALUES["friend"])
    side = modules(draw(text, "svg", 1)) + 2 * QUIET_MODULES
    width, height, rows = pixels(draw(text, "png", 3))
    assert (width, height) == (3 * side, 3 * side)
    assert any(any(row) for row in rows)
    frame = 3 * QUIET_MODULES
    assert not any(any(row) for row in rows[:frame] + rows[-frame:])
    assert not any(any(row[:frame]) or any(row[-frame:]) for row in rows)


def pixels(png: bytes) -> tuple[int, int, list[list[bool]]]:
    """Width, height, and which pixels are dark, of a PNG with one bit a pixel."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    chunks: dict[bytes, bytes] = {}
    at = 8
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        chunks[png[at + 4 : at + 8]] = png[at + 8 : at + 8 + length]
        at += 12 + length
    width, height, depth, colour = struct.unpack_from(">IIBB", chunks[b"IHDR"])
    assert (depth, colour) == (1, 0)
    raw = zlib.decompress(chunks[b"IDAT"])
    step = (width + 7) // 8 + 1
    rows = []
    bits = bytes(step - 1)
    for start in range(0, len(raw), step):
        line = raw[start + 1 : start + step]
        # Of the filters of PNG two are in use: none, and "as the row above, but for".
        assert raw[start] in (0, 2)
        above = bits if raw[start] == 2 else bytes(step - 1)
        bits = bytes((new + old) % 256 for new, old in zip(line, above, strict=True))
        rows.append([not bits[x // 8] >> (7 - x % 8) & 1 for x in range(width)])
    return width, height, rows


def test_too_long() -> None:
    """What fits into no code is refused in one sentence."""
    with pytest.raises(UserFault, match="as a text or a file"):
        draw("offset:f1/" + "a" * 4000, "png")


def test_in_characters() -> None:
    """Each character has two modules, one above the other; together they are the picture, with its white frame."""
    text = write_text(VALUES["friend"])
    side = modules(draw(text, "svg", 1)) + 2 * QUIET_MODULES
    halves = {" ": (False, False), "▀": (True, False), "▄": (False, True), "█": (True, True)}
    rows: list[list[bool]] = []
    for line in draw_in_characters(text).splitlines():
        rows += [[halves[char][half] for char in line] for half in (0, 1)]
    _, _, shown = pixels(draw(text, "png", 1))
    assert rows[:side] == shown
    assert not any(any(row) for row in rows[side:])
