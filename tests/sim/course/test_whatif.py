"""What becomes of a network that a person wrote down, and which limit is in the way."""

import pytest

from offset.sim.course.whatif import WhatIfReport, run
from offset.sim.script.topology import parse

TEXT = """
# two ways from Anna to Dora
friends Anna Bert 100 FST
friends Bert Cleo 100/50 FST
friends Cleo Dora 80 FST rate 2
friends Anna Emil 40 FST
friends Emil Dora 40 FST
pay Anna Dora 30 FST
pay Anna Cleo 10 FST over Anna Bert Cleo
pay Anna Dora 60 FST
pay Anna Bert 5 EUR
"""


@pytest.fixture(scope="module")
def report() -> WhatIfReport:
    """What becomes of it."""
    return run(parse(TEXT))


def test_paid_over_routes(report: WhatIfReport) -> None:
    """What is paid says its routes, what arrived, and the fees."""
    first, second, _, _ = report.findings
    assert first.is_paid
    assert [route for route, _, _ in first.routes] == [("Anna", "Emil", "Dora")]
    assert second.routes == ((("Anna", "Bert", "Cleo"), 10, 0),)


def test_limit_in_the_way(report: WhatIfReport) -> None:
    """What is not paid says which limits let how much pass."""
    third = report.findings[2]
    assert not third.is_paid
    assert third.possible == 50
    assert [(room.from_, room.to, room.limit, room.owed) for room in third.in_the_way] == [
        ("Bert", "Cleo", 50, 10),
        ("Anna", "Emil", 40, 30),
    ]
    assert report.findings[3].in_the_way == ()
