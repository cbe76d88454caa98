"""Draws the tables of states: `python -m support.state_charts` in the folder tests prints docs/protocol/states.md."""

from enum import Enum
from typing import Any

from offset.base.transitions import Transitions
from offset.core.funder.ledger.channel_states import CHANNEL, ChannelEvent
from offset.core.funder.roles.payment_states import PAYMENT, PaymentEvent
from offset.core.funder.roles.sale_states import SALE, SaleEvent

HEAD = """\
# States

The states of a token channel, of a payment and of a sale, drawn from the tables that the code obeys: whatever is not
in them does not happen.
A test compares this page with the tables, so it is never written by hand. To make it again, in the folder `tests`:

    ../.venv/bin/python -m support.state_charts > ../docs/protocol/states.md

In the tables, a cell says which state an event leads to; an empty one says that the event does not happen there.
"""

CHARTS: tuple[tuple[str, str, Transitions[Any, Any], type[Enum]], ...] = (
    (
        "Token channel",
        "One for each friend ([03, 2](03-funder.md#2-token-channel)): `core/funder/ledger/channel_states.py`.",
        CHANNEL,
        ChannelEvent,
    ),
    (
        "Payment",
        "At the buyer ([03, 3.7](03-funder.md#37-buyer)): `core/funder/roles/payment_states.py`.",
        PAYMENT,
        PaymentEvent,
    ),
    (
        "Sale",
        "One payer, at the seller ([03, 3.8](03-funder.md#38-seller)): `core/funder/roles/sale_states.py`.",
        SALE,
        SaleEvent,
    ),
)


def _name(state: Enum | None) -> str:
    return "[*]" if state is None else state.name


def states_of(transitions: Transitions[Any, Any]) -> list[Any]:
    """All states of a table, in their order, those that end it last."""
    after = [found for row in transitions.table.values() for found in row.values()]
    return [state for state in dict.fromkeys([*transitions.table, *after]) if state is not None]


def diagram(transitions: Transitions[Any, Any]) -> list[str]:
    """The Mermaid diagram: one arrow for each two states that events join."""
    lines = ["```mermaid", "stateDiagram-v2"]
    lines += [f'    state "{state.value}" as {state.name}' for state in states_of(transitions)]
    for state, row in transitions.table.items():
        arrows: dict[Any, list[str]] = {}
        for event, found in row.items():
            if found is not state:
                arrows.setdefault(found, []).append(event.value.replace(";", ","))
        for found, events in arrows.items():
            lines.append(f"    {_name(state)} --> {_name(found)}: {' / '.join(events)}")
    return [*lines, "```"]


def table(transitions: Transitions[Any, Any], events: type[Enum]) -> list[str]:
    """The table: a row for each event, a column for each state that something leads on from."""
    states = list(transitions.table)
    titles = ["before" if state is None else state.value for state in states]
    lines = [f"| Event | {' | '.join(titles)} |", f"| --- |{' --- |' * len(states)}"]
    for event in events:
        cells = []
        for state in states:
            if not transitions.allows(state, event):
                cells.append("")
            else:
                found = transitions.after(state, event)
                cells.append("gone" if found is None else found.value)
        lines.append(f"| {event.value} | {' | '.join(cells)} |".replace("|  |", "| |").replace("|  |", "| |"))
    return lines


def draw() -> str:
    """The whole page."""
    lines = [HEAD]
    for title, words, transitions, events in CHARTS:
        lines += [f"## {title}", "", words, "", *diagram(transitions), "", *table(transitions, events), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


if __name__ == "__main__":
    print(draw(), end="")
