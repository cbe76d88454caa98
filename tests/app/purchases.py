"""An invoice of 50, routes to its seller, and what a fake node was asked for."""

from typing import Any

from offset.testing import FRIEND, FakeNode, identity, invoice, route
from offset.wire import app
from offset.wire.index import MultiRoute

BOB = FRIEND.public_key
CAROL, DAVE = identity("carol").public_key, identity("dave").public_key
VIA_BOB, VIA_CAROL, VIA_DAVE = route(BOB), route(BOB, CAROL), route(BOB, DAVE)
ONE = (MultiRoute((VIA_BOB,)),)
TWO = (MultiRoute((route(BOB, CAROL, capacity=40), route(BOB, DAVE, capacity=30))),)
INVOICE = invoice(50)


def asked_kinds(fake: FakeNode) -> list[str]:
    """The kinds of what was asked for, in order."""
    return [type(request).__name__ for request in fake.requests]


def asked_parts(fake: FakeNode) -> list[tuple[tuple[bytes, ...], int, int]]:
    """Route, amount and fees of each part that was sent."""
    return [
        (part.route.public_keys, part.dest_payment, part.fees)
        for part in fake.asked_for(app.CreateTransaction)
    ]


def part_over(found: Any, amount: int, fee: int = 0) -> tuple[tuple[bytes, ...], int, int]:
    """A part as `asked_parts` shows it."""
    return (found.route.public_keys, amount, fee)
