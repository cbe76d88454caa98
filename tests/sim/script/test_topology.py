"""Networks written by people are read, and mistakes in them named."""

import pytest

from offset.base.faults import UserFault
from offset.sim.script.topology import Topology, parse


def test_limits_of_both_sides() -> None:
    """A/B: the second may owe the first A, the first may owe the second B."""
    found = parse("friends Bert Cleo 100/50 FST")
    assert isinstance(found, Topology)
    assert found.friendships[0].limits == {"FST": (100, 50)}
    assert parse("friends A B 1/2 X\nfriends B A 3/4 Y").friendships[0].limits == {"X": (1, 2), "Y": (4, 3)}


@pytest.mark.parametrize(
    "text, words",
    [
        ("", "no friends"),
        ("friends A A 5 FST", "line 1: nobody"),
        ("friends A B x FST", "line 1: x is not a number"),
        ("friends A B 5 FST\nlend A B 5", "line 2: a line begins"),
        ("friends A B 5 FST\npay A C 5 FST", "C has no friends"),
        ("friends A B 5 FST\npay A B 5 FST over B A", "line 2: the route must lead"),
        ("friends A relay0 5 FST", "cannot be a name"),
        ("friends A B 5 FST rate", "only `rate`"),
        (f"friends A B 5 {17 * 'x'}", "line 1: the name of a currency has at most 16 bytes"),
        (f"friends A B 5 FST\npay A B 5 {17 * 'x'}", "line 2: the name of a currency has at most 16 bytes"),
    ],
)
def test_mistakes_are_named(text: str, words: str) -> None:
    """A mistake is named with its line."""
    with pytest.raises(UserFault, match=words):
        parse(text)
