"""A picture of a network with its balances, as SVG."""

from __future__ import annotations

import math
from html import escape

from offset.base.ids import Currency
from offset.sim.course.whatif import Room, WhatIfReport

SIZE = 900
RADIUS = 330
NODE = 30
STYLE = (
    "line{stroke:#888;stroke-width:2}circle{fill:#eef;stroke:#335;stroke-width:2}"
    "text{font:14px sans-serif;fill:#112}"
)


def draw_svg(report: WhatIfReport) -> str:
    """All nodes on a circle; on each friendship who owes whom, and of how much."""
    names = list(
        dict.fromkeys(
            name for rooms in report.rooms.values() for room in rooms for name in (room.from_, room.to)
        )
    )
    middle = SIZE / 2
    places = {}
    for number, name in enumerate(names):
        angle = 2 * math.pi * number / len(names) - math.pi / 2
        places[name] = (middle + RADIUS * math.cos(angle), middle + RADIUS * math.sin(angle))
    lines: list[str] = []
    labels: list[str] = []
    seen: dict[frozenset[str], list[str]] = {}
    for currency, rooms in report.rooms.items():
        for room in rooms:
            pair = frozenset((room.from_, room.to))
            if pair not in seen:
                seen[pair] = []
                (x1, y1), (x2, y2) = places[room.from_], places[room.to]
                lines.append(f'<line x1="{x1:.0f}" y1="{y1:.0f}" x2="{x2:.0f}" y2="{y2:.0f}"/>')
            text = _debt(currency, room)
            if text:
                seen[pair].append(text)
    for pair, texts in seen.items():
        (x1, y1), (x2, y2) = (places[name] for name in sorted(pair))
        for row, text in enumerate(texts):
            labels.append(_text((x1 + x2) / 2, (y1 + y2) / 2 + 16 * row, text))
    for name, (x, y) in places.items():
        labels.append(f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{NODE}"/>')
        labels.append(_text(x, y + 5, name))
        for row, text in enumerate(_fortune(report, name)):
            labels.append(_text(x, y + NODE + 16 + 16 * row, text))
    body = "\n".join([f"<style>{STYLE}</style>", *lines, *labels])
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}">\n{body}\n</svg>\n'


def _debt(currency: Currency, room: Room) -> str:
    return f"{room.from_} owes {room.to} {room.owed} of {room.limit} {currency}" if room.owed > 0 else ""


def _fortune(report: WhatIfReport, name: str) -> list[str]:
    """What a node is owed less what it owes, by currency."""
    found = []
    for currency, rooms in report.rooms.items():
        total = sum(room.owed for room in rooms if room.to == name)
        if total:
            found.append(f"{total:+d} {currency}")
    return found


def _text(x: float, y: float, text: str) -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="middle">{escape(text)}</text>'
