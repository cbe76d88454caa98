"""The sentences about another copy of a node."""

from offset.core.funder.twin import BalanceChange, Twin
from offset.engine.twins import hint_sentence, stopped_sentence

AT = 1_795_528_920
"""24 November 2026, 14:02 UTC."""
BOB = bytes(32)


def test_why_a_node_stops() -> None:
    """Who showed it, what it would change, and what to do."""
    twin = Twin(BOB, 15, AT, 14, AT - 120, (BalanceChange("FST", 60, -40), BalanceChange("USD", 0, 5)))
    assert stopped_sentence(twin, "bob") == (
        "another copy of this node signed number 15 to bob on 24 November 2026, 14:02 UTC;\n"
        "the last that this one signed to bob is number 14, of 14:00: it stops.\n"
        "Taking it over would change bob from +60 FST to -40 FST, from +0 USD to +5 USD.\n"
        "End the other copy for good, then: stmgr claim -d DATABASE -i IDENTITY"
    )


def test_what_is_not_known_is_not_said() -> None:
    """Neither the time of a token of before there were lives, nor a change where there is none."""
    twin = Twin(BOB, 15, AT, 14, 0, ())
    assert stopped_sentence(twin, "bob").splitlines()[1:] == [
        "the last that this one signed to bob is number 14: it stops.",
        "End the other copy for good, then: stmgr claim -d DATABASE -i IDENTITY",
    ]


def test_another_day_is_named() -> None:
    twin = Twin(BOB, 15, AT, 14, AT - 86_400, ())
    assert "is number 14, of 23 November 2026, 14:02: it stops." in stopped_sentence(twin, "bob")


def test_a_hint() -> None:
    assert hint_sentence(Twin(BOB, 15, AT, 14, 0, ()), "bob") == (
        "another copy of this node may live: bob shows that it signed number 15 on 24 November 2026, 14:02 UTC, "
        "which these books do not know"
    )
