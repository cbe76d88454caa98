"""What a person reads when a friend has shown that another copy of the node lives (core/funder/twin.py)."""

from __future__ import annotations

import datetime

from offset.core.funder.twin import Twin


def stopped_sentence(twin: Twin, name: str) -> str:
    """Why the node stops, and what to do, on several lines. `name` is that of the friend. All times are UTC."""
    own = f"the last that this one signed to {name} is number {twin.own_number}"
    if twin.own_at:
        own += f", of {_since(twin.own_at, twin.at)}"
    lines = [
        f"another copy of this node signed number {twin.number} to {name} on {_moment(twin.at)} UTC;",
        f"{own}: it stops.",
    ]
    if twin.changes:
        changes = ", ".join(
            f"from {change.ours:+} {change.currency} to {change.theirs:+} {change.currency}"
            for change in twin.changes
        )
        lines.append(f"Taking it over would change {name} {changes}.")
    lines.append("End the other copy for good, then: stmgr claim -d DATABASE -i IDENTITY")
    return "\n".join(lines)


def hint_sentence(twin: Twin, name: str) -> str:
    """That another copy seems to live; nothing stops because of it."""
    return (
        f"another copy of this node may live: {name} shows that it signed number {twin.number} on {_moment(twin.at)} "
        "UTC, which these books do not know"
    )


def _moment(at: int) -> str:
    time = datetime.datetime.fromtimestamp(at, datetime.UTC)
    return f"{time.day} {time:%B %Y, %H:%M}"


def _since(at: int, other: int) -> str:
    """The time of day alone if it was on the same day."""
    moment = _moment(at)
    day, _, time = moment.partition(", ")
    return time if day == _moment(other).partition(", ")[0] else moment
