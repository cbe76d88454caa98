"""Tables as the reference draws them (spec 05, 3.2): a frame of ASCII, a rule after every row.

    +------+---------+
    | name | balance |
    +======+=========+
    | bob  | 5       |
    +------+---------+

Drawn here and not by prettytable, whose measuring of widths takes longer to load than the whole rest of a command.
"""

from __future__ import annotations

from collections.abc import Sequence
from unicodedata import category, east_asian_width

Cell = Sequence[str]
"""The lines of a cell."""


def table(titles: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """The text of a table, without a line end. Columns are as wide as their widest line."""
    cells = [[[title] for title in titles], *rows]
    widths = [
        max(display_width(line) for row in cells for line in row[column]) for column in range(len(titles))
    ]
    drawn = [_rule("-", widths)]
    for at, row in enumerate(cells):
        height = max(len(cell) for cell in row)
        for line in range(height):
            texts = [cell[line] if line < len(cell) else "" for cell in row]
            padded = [_padded(text, width) for text, width in zip(texts, widths, strict=True)]
            drawn.append(f"| {' | '.join(padded)} |")
        drawn.append(_rule("-" if at else "=", widths))
    return "\n".join(drawn)


def display_width(text: str) -> int:
    """How many columns of a terminal a text takes: marks none, wide letters of East Asia and emoji two."""
    if text.isascii():
        return len(text)
    width = 0
    for char in text:
        if category(char) in ("Mn", "Me", "Cf"):
            continue
        width += 2 if east_asian_width(char) in ("W", "F") else 1
    return width


def _padded(text: str, width: int) -> str:
    return text + " " * (width - display_width(text))


def _rule(char: str, widths: Sequence[int]) -> str:
    return "+" + "+".join(char * (width + 2) for width in widths) + "+"
