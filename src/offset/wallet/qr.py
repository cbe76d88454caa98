"""QR codes of texts, as pictures. The only importer of segno."""

from __future__ import annotations

import io
from typing import Literal

import segno

from offset.base.faults import UserFault
from offset.wire.uri import SCHEME

SCALE_LARGEST = 16
"""Pixels for a module."""
QUIET_MODULES = 4
"""The white frame that readers need."""
_BLOCKS = {(False, False): " ", (False, True): "▄", (True, False): "▀", (True, True): "█"}


def draw(text: str, form: Literal["svg", "png"], scale: int = 4) -> bytes:
    """The picture of a text, black on white whatever stands around it. Raises UserFault when it is too long.

    A text of Offset is drawn in capitals, which take less room (spec 07, 1). `scale` is in pixels for a module.
    """
    assert 1 <= scale <= SCALE_LARGEST
    code = _code(text)
    picture = io.BytesIO()
    if form == "svg":
        code.save(
            picture, kind="svg", scale=scale, border=QUIET_MODULES, dark="#000", light="#fff", xmldecl=False
        )
    else:
        code.save(picture, kind="png", scale=scale, border=QUIET_MODULES, dark="#000", light="#fff")
    return picture.getvalue()


def draw_in_characters(text: str) -> str:
    """The picture of a text in lines of characters, two modules high each: for paper and for terminals.

    Dark modules are drawn, so on a dark terminal the picture is a negative, which most readers take too. Raises
    UserFault when the text is too long.
    """
    rows = [list(row) for row in _code(text).matrix_iter(border=QUIET_MODULES)]
    rows += [[0] * len(rows[0])] * (len(rows) % 2)
    return "".join(
        "".join(_BLOCKS[bool(upper), bool(lower)] for upper, lower in zip(*pair, strict=True)) + "\n"
        for pair in zip(rows[::2], rows[1::2], strict=True)
    )


def _code(text: str) -> segno.QRCode:
    shown = text.upper() if text.lower().startswith(f"{SCHEME}:") else text
    try:
        return segno.make_qr(shown, error="m", boost_error=False)
    except segno.DataOverflowError:
        raise UserFault("this is too long for a QR code: hand it over as a text or a file") from None
