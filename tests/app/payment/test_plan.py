"""Which routes a payment tries, and why it tries none: the plan alone, with answers that the test gives."""

import asyncio
from typing import Any

import pytest

from offset.app.errors import NotEnoughCredit, TooExpensive
from offset.app.payment.plan import ASKS_MAX, Plan
from offset.app.reports import LiveReport
from offset.base.credits import Rate
from offset.core.index.split import Part
from offset.testing import (
    FRIEND,
    friend_report,
    identity,
    invoice,
    node_report,
    route,
)
from offset.wire.index import Edge, MultiRoute
from support.ours import OPEN

ANN, BEN, EVE = (identity(name).public_key for name in ("ann", "ben", "eve"))
STRAIGHT, AROUND = route(ANN), route(BEN, EVE)


class Asked:
    """Routes that are found: one list of multi-routes for each question; and the questions."""

    def __init__(self, *answers: list[Any]) -> None:
        self.answers = [tuple(MultiRoute((each,)) for each in answer) for answer in answers]
        self.questions: list[tuple[int, Edge | None]] = []
        self.dropped = 0

    async def find(self, _currency: str, amount: int, _key: bytes, **options: Any) -> tuple[MultiRoute, ...]:
        """The next answer."""
        self.questions.append((amount, options.get("exclude")))
        return self.answers.pop(0) if self.answers else ()

    def plan(self, fees_max: int | None = None) -> Plan:
        """A plan for an invoice of 50, in a node with one friend."""
        report = LiveReport(node_report({FRIEND.public_key: friend_report(configs=(OPEN,))}))
        return Plan(self, report, invoice(50), fees_max)  # type: ignore[arg-type]


def keys_of(choice: Any) -> list[bytes]:
    """The keys between the ends of the only route of a choice."""
    (part,) = choice.parts
    return list(part.route.public_keys[1:-1])


def test_each_route_of_an_answer_is_tried_in_its_order() -> None:
    """All of one answer is tried before anything is asked again; without a failure nothing is."""

    async def story() -> None:
        asked = Asked([STRAIGHT, AROUND])
        plan = asked.plan()
        assert keys_of(await plan.next(50, (), 20)) == [ANN]
        assert keys_of(await plan.next(50, (), 20)) == [BEN, EVE]
        assert await plan.next(50, (), 20) is None
        assert asked.questions == [(50, None)]

    asyncio.run(story())


def test_what_failed_is_avoided_once_and_then_tried_again() -> None:
    """The second question leaves out an edge that is not our own, and failed routes; the last one takes any."""

    async def story() -> None:
        asked = Asked([AROUND], [AROUND, STRAIGHT], [AROUND])
        plan = asked.plan()
        choice = await plan.next(50, (), 20)
        plan.failed(choice.parts[0].route)  # type: ignore[union-attr]
        assert keys_of(await plan.next(40, (), 20)) == [ANN]
        assert keys_of(await plan.next(40, (), 20)) == [BEN, EVE]
        assert [(await plan.next(40, (), 20)).fee for _ in range(2)] == [4, 8]  # type: ignore[union-attr]
        assert await plan.next(40, (), 20) is None
        assert asked.questions == [(50, None), (40, Edge(BEN, EVE)), (40, None)]
        assert len(asked.questions) == ASKS_MAX

    asyncio.run(story())


def test_fees_that_were_spent_count() -> None:
    """A route is too expensive if its fees, and those of the parts that arrived, are more than allowed."""

    async def story() -> None:
        dear = route(ANN, rate=Rate(0, 3))
        assert (await Asked([dear]).plan(fees_max=3).next(50, (), 20)).fee == 3  # type: ignore[union-attr]
        with pytest.raises(TooExpensive, match="cost 4"):
            await Asked([dear]).plan(fees_max=3).next(50, [Part(0, STRAIGHT.route, 10, 1)], 20)

    asyncio.run(story())


def test_too_little_is_told_from_nothing() -> None:
    """If the routes carry less than the amount, or one credit finds a way, the seller is not called unreachable."""

    async def story() -> None:
        narrow = route(ANN, capacity=49)
        with pytest.raises(NotEnoughCredit, match="49 FST at most"):
            await Asked([narrow]).plan().next(50, (), 20)
        asked = Asked([], [route(ANN, capacity=30)])
        with pytest.raises(NotEnoughCredit, match="30 FST at most"):
            await asked.plan().next(50, (), 20)
        assert [amount for amount, _ in asked.questions] == [50, 1]

    asyncio.run(story())
