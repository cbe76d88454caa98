"""An invoice, routes to its seller, and what the fake node was asked for: what the tests of payments share."""

from typing import Any

import pytest

from offset.app import NoAnswer, Node, PaymentUnfinished
from offset.testing import FRIEND, FakeNode, identity, invoice, route
from offset.wire import app
from offset.wire.index import MultiRoute

BOB = FRIEND.public_key
CAROL, DAVE = identity("carol").public_key, identity("dave").public_key
VIA_BOB, VIA_CAROL, VIA_DAVE = route(BOB), route(BOB, CAROL), route(BOB, DAVE)
ONE = (MultiRoute((VIA_BOB,)),)
TWO = (MultiRoute((route(BOB, CAROL, capacity=40), route(BOB, DAVE, capacity=30))),)
INVOICE = invoice(50)

Sent = tuple[tuple[bytes, ...], int, int]
"""A part: its route, what arrives, and the fees."""


def kinds_of(fake: FakeNode) -> list[str]:
    """The names of all requests, in order."""
    return [type(request).__name__ for request in fake.requests]


def parts_of(fake: FakeNode) -> list[Sent]:
    """The parts that were sent, in order."""
    return [
        (part.route.public_keys, part.dest_payment, part.fees)
        for part in fake.asked_for(app.CreateTransaction)
    ]


def part_over(found: Any, amount: int, fee: int = 0) -> Sent:
    """The part that goes over a route."""
    return (found.route.public_keys, amount, fee)


async def pay_too_long(fake: FakeNode, node: Node, first_s: float, **options: Any) -> PaymentUnfinished:
    """Pay until the time is over while a part is under way: a short time, or more where the machine is busy."""
    routes = list(fake.routes)
    for timeout_s in (first_s, 2, 20):
        fake.routes = list(routes)
        try:
            await node.buyer.pay(INVOICE, timeout_s=timeout_s, **options)
        except PaymentUnfinished as unfinished:
            return unfinished
        except NoAnswer:
            # It was over before the way was known, so nothing was begun.
            assert fake.payments == {}
    pytest.fail("the payment never began")
