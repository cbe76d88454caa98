"""Who has how many, and who must give way."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from offset.core.index.census import Census


def test_the_fullest_gives_way_to_whoever_has_less_than_its_share() -> None:
    """Who has most gives way, but not to anyone who would then have more than it."""
    census: Census[str] = Census()
    assert census.fullest_beside("new") is None
    for name in "aaabb":
        census.add(name)
    assert census.fullest_beside("new") == census.fullest_beside("c") == "a"
    census.add("c")
    assert census.fullest_beside("c") == "a"
    assert census.fullest_beside("b") is None
    assert census.fullest_beside("a") is None


def test_of_equals_the_one_who_is_so_full_for_longest_gives_way() -> None:
    """Of several with most, the one that has had so many for longest."""
    census: Census[str] = Census()
    for name in "abba":
        census.add(name)
    assert census.fullest_beside("new") == "b"


@given(st.lists(st.tuples(st.booleans(), st.sampled_from("abcd")), max_size=60))
def test_against_a_plain_count(steps: list[tuple[bool, str]]) -> None:
    """After any additions and removals the counts and the most are those of a plain count."""
    census, model = Census[str](), Counter[str]()
    for is_more, name in steps:
        if is_more:
            census.add(name)
            model[name] += 1
        elif model[name]:
            census.remove(name)
            model[name] -= 1
        assert {one: census.of(one) for one in "abcd"} == {one: model[one] for one in "abcd"}
        fullest = census.fullest_beside("nobody")
        most = max(model.values(), default=0)
        if fullest is None:
            assert most <= 1
        else:
            assert model[fullest] == most
