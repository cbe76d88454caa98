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

COLUMNS = 80
"""What a table has at most, if its words allow it."""
BROKEN_COLUMNS = 24
"""No line is broken to fewer."""
Cell = Sequence[str]
"""The lines of a cell."""


def table(titles: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """The text of a table, without a line end. Columns are as wide as their widest line.

    If that is more than a terminal has, lines of the widest columns are broken at their blanks. A word, such as a
    key, stays whole, so a table of long words is wider.
    """
    cells: list[list[Cell]] = [[[title] for title in titles], *map(list, rows)]
    widths = _widths(cells)
    spare = COLUMNS - sum(widths) - 3 * len(widths) - 1
    if spare < 0:
        for column in sorted(range(len(widths)), key=lambda column: -widths[column]):
            width = max(BROKEN_COLUMNS, widths[column] + spare)
            for row in cells[1:]:
                row[column] = _broken(row[column], width)
            spare += widths[column] - _widths(cells)[column]
            if spare >= 0:
                break
        widths = _widths(cells)
    drawn = [_rule("-", widths)]
    for at, row in enumerate(cells):
        height = max(len(cell) for cell in row)
        for line in range(height):
            texts = [cell[line] if line < len(cell) else "" for cell in row]
            padded = [_padded(text, width) for text, width in zip(texts, widths, strict=True)]
            drawn.append(f"| {' | '.join(padded)} |")
        drawn.append(_rule("-" if at else "=", widths))
    return "\n".join(drawn)


def _widths(cells: Sequence[Sequence[Cell]]) -> list[int]:
    return [
        max(display_width(line) for row in cells for line in row[column]) for column in range(len(cells[0]))
    ]


def _broken(cell: Cell, width: int) -> Cell:
    """The lines of a cell, those that are wider broken at blanks, and what follows set in."""
    lines: list[str] = []
    for line in cell:
        rest = line
        while display_width(rest) > width and (at := _blank(rest, width)):
            lines.append(rest[:at])
            rest = f"  {rest[at + 1 :]}"
        lines.append(rest)
    return lines


def _blank(line: str, width: int) -> int:
    """The last blank that leaves at most `width` columns in front of it, else the first; 0 if there is none."""
    start = len(line) - len(line.lstrip())
    blanks = [at for at, char in enumerate(line) if char == " " and at > start]
    fitting = [at for at in blanks if display_width(line[:at]) <= width]
    return fitting[-1] if fitting else min(blanks, default=0)


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
