"""Which lists of nodes are routes (tests/vectors/capnp.json)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offset.base.limits import ROUTE_KEYS_MAX, ROUTE_KEYS_MIN
from offset.base.route_rules import valid_remaining_route, valid_route
from support.vectors import Case, cases

NODES = st.one_of(
    st.lists(st.integers(0, 5).map(lambda node: bytes([node])), max_size=6),
    st.permutations([bytes([node]) for node in range(40)]).flatmap(
        lambda keys: st.integers(0, 40).map(
            lambda length: [*keys[:length], *keys[:1]]
        )  # cycles, long ones too
    ),
)


@pytest.mark.parametrize("case", cases("capnp", "route"), ids=lambda case: ",".join(case["nodes"]) or "empty")
def test_verdict_on_routes(case: Case) -> None:
    """A list of nodes is a route, or the rest of one, when the reference says so."""
    keys = [int(node).to_bytes(32, "big") for node in case["nodes"]]
    assert valid_route(keys) is case["validRoute"]
    assert valid_remaining_route(keys) is case["validRemainingRoute"]


def test_length_of_routes() -> None:
    """ROUTE_KEYS_MIN to ROUTE_KEYS_MAX nodes make a route, a cycle counts both its ends; the rest is one shorter."""
    keys = [bytes([node]) for node in range(ROUTE_KEYS_MAX + 1)]
    lengths = range(1, ROUTE_KEYS_MAX + 2)
    valid = [length for length in lengths if valid_route(keys[:length])]
    assert valid == list(range(ROUTE_KEYS_MIN, ROUTE_KEYS_MAX + 1))
    assert valid_route([*keys[: ROUTE_KEYS_MAX - 1], keys[0]])
    assert not valid_route([*keys[:ROUTE_KEYS_MAX], keys[0]])
    assert valid_remaining_route(keys[1:ROUTE_KEYS_MAX])
    assert not valid_remaining_route(keys[1 : ROUTE_KEYS_MAX + 1])


@given(NODES)
def test_rest_of_a_route(keys: list[bytes]) -> None:
    """What follows a node of a route is a remaining route."""
    if valid_route(keys):
        assert all(valid_remaining_route(keys[at:]) for at in range(1, len(keys) + 1))


@given(NODES)
def test_direction_does_not_matter(keys: list[bytes]) -> None:
    """A route read backwards is a route."""
    assert valid_route(keys) is valid_route(keys[::-1])
    assert valid_remaining_route(keys) is valid_remaining_route(keys[::-1])
