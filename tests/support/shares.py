"""Shares of one key, which are always the same (the library draws others each time), and sheets of them."""

from __future__ import annotations

from offset.testing import NODE
from offset.wire.files.share_sheets import Sheet, format_sheet

SHARES: tuple[str, ...] = (
    "losing wisdom academic acid amazing debris herd ancient muscle angel glen bishop envelope "
    "counter lying spelling forward system recall adjust trial chemical therapy overall camera "
    "quantity crucial geology rebuild exchange breathe medal writing",
    "losing wisdom academic agency alcohol hesitate island reject metric sack sled parcel detailed "
    "pile empty leaves snapshot deploy talent shaped mailman numb endless raisin that steady fact "
    "aquatic research greatest smart froth spelling",
    "losing wisdom academic always aircraft estate forget hazard credit olympic client believe "
    "payment visitor anatomy image undergo lift grownup wits ounce benefit research slap easy that "
    "talent stadium aviation nylon wavy survive modify",
)
"""Three shares of the key of NODE, of which two make it, as `share_key` made them once."""
SET_NUMBER = 17279


def sheet(words: str, number: int = 1) -> Sheet:
    """The sheet of these words."""
    return Sheet(words, number, 3, 2, SET_NUMBER, NODE.public_key, "Node's card", "2026-11-30")


def sheet_text(words: str, number: int = 1) -> str:
    """Its text, with something in the place of the picture."""
    return format_sheet(sheet(words, number), "(picture)\n")
