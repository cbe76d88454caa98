"""The atlas: what is stated, how it ages, and that nothing else is ever lost."""

from hypothesis import given
from hypothesis import strategies as st

from offset.base.credits import FREE, Rate
from offset.base.limits import (
    INDEX_AGE_BASE,
    INDEX_AGE_FACTOR,
    INDEX_RECORDS_MAX,
    INDEX_RECORDS_PER_NODE_MAX,
    INDEX_SWEPT_RECORDS,
)
from offset.core.index.atlas import Atlas
from support.payments import key

A, B, C = key("A"), key("B"), key("C")


def arcs(atlas: Atlas, currency: str = "FST") -> dict[tuple[bytes, bytes], int]:
    """The arcs of a graph with their room, from both directions."""
    graph = atlas.graph(currency)
    if graph is None:
        return {}
    nodes = [key(name) for name in "ABCD"]
    into = {
        (tail, head): record.room
        for head in nodes
        for tail, record in graph.into(head).items()
        if record.room >= 0
    }
    out = {
        (tail, head): record.room
        for tail in nodes
        for head, record in graph.out(tail).items()
        if record.room >= 0
    }
    assert into == out
    return into


def test_an_arc_needs_both_sides() -> None:
    """Capacity and toll of an arc are those its head stated; it exists once the tail has spoken too (4.1)."""
    atlas = Atlas()
    atlas.update(B, "FST", A, 10, Rate(1, 2))
    assert arcs(atlas) == {}
    atlas.update(A, "FST", B, 20, FREE)
    assert arcs(atlas) == {(A, B): 10, (B, A): 20}
    graph = atlas.graph("FST")
    assert graph is not None
    record = graph.record(A, B)
    assert record is not None
    assert record.toll == Rate(1, 2)
    atlas.update(B, "FST", A, 11, FREE)
    assert arcs(atlas) == {(A, B): 11, (B, A): 20}


def test_all_records() -> None:
    """Each record once with its node, of all currencies, whether it makes an arc or not; none that was removed."""
    atlas = Atlas()
    for node, currency, friend in ((A, "FST", B), (B, "FST", A), (A, "EUR", C), (C, "EUR", B)):
        atlas.update(node, currency, friend, 10, FREE)
    atlas.remove(C, "EUR", B)
    found = [(node, record.currency, record.friend) for node, record in atlas.records()]
    assert sorted(found) == sorted([(A, "FST", B), (B, "FST", A), (A, "EUR", C)])
    assert len(found) == len(atlas)


def test_currencies_do_not_mix() -> None:
    """What is stated in two currencies makes no arc (4.1)."""
    atlas = Atlas()
    atlas.update(A, "FST", B, 1, FREE)
    atlas.update(B, "EUR", A, 1, FREE)
    assert arcs(atlas, "FST") == arcs(atlas, "EUR") == {}


def test_r1_a_silent_node_takes_only_its_own_records() -> None:
    """R1: when a node is removed its records go in all currencies, and all others stay."""
    atlas = Atlas()
    for one, other in ((A, B), (B, A), (B, C), (C, B)):
        atlas.update(one, "FST", other, 5, FREE)
        atlas.update(one, "EUR", other, 6, FREE)
    atlas.forget_node(A)
    assert not atlas.sweep()
    assert arcs(atlas, "FST") == {(B, C): 5, (C, B): 5}
    assert arcs(atlas, "EUR") == {(B, C): 6, (C, B): 6}
    assert len(atlas) == 6
    atlas.update(A, "FST", B, 7, FREE)
    assert arcs(atlas, "FST")[B, A] == 7, "what B stated about A was kept"
    atlas.forget_node(key("nobody"))
    assert not atlas.sweep()


def test_r2_a_remove_in_an_unknown_currency_is_nothing() -> None:
    """R2: removing what is not there, in a currency with or without a graph, changes nothing."""
    atlas = Atlas()
    atlas.remove(A, "NIS", B)
    assert atlas.graph("NIS") is None
    atlas.update(A, "FST", B, 1, FREE)
    atlas.remove(A, "FST", C)
    atlas.remove(B, "FST", A)
    assert len(atlas) == 1
    atlas.remove(A, "FST", B)
    assert len(atlas) == 0
    assert atlas.graph("FST") is None


def test_r8_records_age_by_all_records_of_their_node() -> None:
    """R8: a node that repeats its 100 pairs in turn, one per message, loses none, though 99 are in one currency."""
    atlas = Atlas()
    pairs = [("EUR", key("only"))] + [("FST", key(i)) for i in range(99)]
    for currency, friend in pairs:
        atlas.age(A)
        atlas.update(A, currency, friend, 1, FREE)
    for currency, friend in pairs * 3:
        atlas.age(A)
        assert len(atlas) == 100
        atlas.update(A, currency, friend, 1, FREE)


def test_age_to_the_message() -> None:
    """A record goes with the message at which its age reaches 16 + 3n, and not one earlier (4.3)."""
    atlas = Atlas()
    atlas.update(A, "FST", B, 1, FREE)
    atlas.update(A, "FST", C, 1, FREE)
    for _ in range(INDEX_AGE_BASE + INDEX_AGE_FACTOR * 2 - 1):
        atlas.age(A)
    assert len(atlas) == 2
    atlas.update(A, "FST", C, 2, FREE)
    atlas.age(A)
    assert len(atlas) == 1


def test_limits() -> None:
    """Of a node that has its share no new records are taken in, but known ones still change (INDEX_RECORDS_MAX)."""
    assert Atlas()._records_max == INDEX_RECORDS_MAX
    atlas = Atlas(records_max=3, records_per_node_max=2)
    for friend in (B, C, key("D")):
        atlas.update(A, "FST", friend, 1, FREE)
    assert len(atlas) == 2
    atlas.update(B, "FST", A, 1, FREE)
    atlas.update(B, "FST", C, 1, FREE)
    assert len(atlas) == 3, "another record would give B more than A"
    atlas.update(B, "FST", A, 9, FREE)
    assert arcs(atlas)[A, B] == 9
    atlas.update(A, "FST", A, 1, FREE)
    assert len(atlas) == 3, "a node is not its own friend"


def stated(atlas: Atlas, node: bytes, currency: str = "FST") -> list[bytes]:
    """The friends that a node states something about, in the order in which it did."""
    graph = atlas.graph(currency)
    return [] if graph is None else list(graph.into(node))


def test_a_newcomer_gets_its_share() -> None:
    """When all places are taken the node with most records loses its oldest, until the newcomer has as many."""
    atlas = Atlas(records_max=100)
    for number in range(200):
        atlas.update(A, "FST", key(number), 1, FREE)
    assert len(stated(atlas, A)) == 100
    for number in range(200):
        atlas.update(B, "FST", key(number), 1, FREE)
    assert (len(stated(atlas, A)), len(stated(atlas, B)), len(atlas)) == (50, 50, 100)
    assert stated(atlas, A)[0] == key(50), "what was said longest ago went first"
    for number in range(60):
        atlas.update(C, "EUR", key(number), 1, FREE)
    assert (len(stated(atlas, A)), len(stated(atlas, B)), len(stated(atlas, C, "EUR"))) == (33, 34, 33)
    atlas.remove(C, "EUR", key(0))
    atlas.update(A, "FST", B, 1, FREE)
    assert len(atlas) == 100, "what is free goes to whoever asks first"


def test_a_large_node_goes_in_slices() -> None:
    """A silent node with 65 536 records holds nobody up: no more than INDEX_SWEPT_RECORDS go at once, and all go."""
    atlas = Atlas()
    for number in range(INDEX_RECORDS_PER_NODE_MAX):
        atlas.update(A, "FST", number.to_bytes(32, "big"), 1, FREE)
    atlas.update(B, "FST", A, 1, FREE)
    atlas.forget_node(A)
    left = len(atlas)
    while atlas.sweep():
        assert left - len(atlas) == INDEX_SWEPT_RECORDS
        left = len(atlas)
    assert len(atlas) == 1
    assert stated(atlas, B) == [A]


def test_who_is_back_before_its_records_are_gone_keeps_them() -> None:
    """A node that speaks again while its records are being swept keeps the others, and they age as ever."""
    atlas = Atlas()
    for number in range(10):
        atlas.update(A, "FST", key(number), 1, FREE)
    atlas.forget_node(A)
    assert atlas.sweep(4)
    atlas.age(A)
    assert not atlas.sweep()
    assert stated(atlas, A) == [key(number) for number in range(4, 10)]
    for _ in range(INDEX_AGE_BASE + INDEX_AGE_FACTOR * 6):
        atlas.age(A)
    assert len(atlas) == 0


def test_many_old_records_go_in_slices() -> None:
    """Of a node whose records have all become too old no more than INDEX_SWEPT_RECORDS go with one message."""
    atlas = Atlas()
    count = 2 * INDEX_SWEPT_RECORDS + 1
    for number in range(count):
        atlas.update(A, "FST", number.to_bytes(32, "big"), 1, FREE)
    sizes = [count]
    for _ in range(INDEX_AGE_BASE + INDEX_AGE_FACTOR * count):
        atlas.age(A)
        if len(atlas) < sizes[-1]:
            sizes.append(len(atlas))
    while len(atlas):
        atlas.age(A)
        sizes.append(len(atlas))
    assert sizes == [count, INDEX_SWEPT_RECORDS + 1, 1, 0]


def test_records_of_one_node_are_bounded() -> None:
    """INDEX_RECORDS_PER_NODE_MAX of a node are kept, one more is not; other nodes have theirs."""
    atlas = Atlas()
    for number in range(INDEX_RECORDS_PER_NODE_MAX + 1):
        atlas.update(A, "FST", number.to_bytes(32, "big"), 1, FREE)
    assert len(atlas) == INDEX_RECORDS_PER_NODE_MAX
    atlas.update(B, "FST", A, 1, FREE)
    assert len(atlas) == INDEX_RECORDS_PER_NODE_MAX + 1
    atlas.update(A, "FST", bytes(32), 7, FREE)
    graph = atlas.graph("FST")
    assert graph is not None
    record = graph.record(bytes(32), A)
    assert record is not None
    assert record.capacity == 7


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["update", "update", "remove", "age", "forget_node"]),
            st.sampled_from("ABCD"),
            st.sampled_from("ABCD"),
            st.sampled_from(["FST", "EUR"]),
            st.integers(0, 9),
        ),
        max_size=120,
    )
)
def test_against_a_plain_model(steps: list[tuple[str, str, str, str, int]]) -> None:
    """After any sequence of statements the arcs are those of a model that rebuilds and counts everything."""
    atlas, model = Atlas(), dict[tuple[str, bytes, bytes], list[int]]()
    for step, node_name, friend_name, currency, capacity in steps:
        node, friend = key(node_name), key(friend_name)
        match step:
            case "update":
                atlas.update(node, currency, friend, capacity, FREE)
                if node != friend:
                    model[currency, node, friend] = [capacity, 0]
            case "remove":
                atlas.remove(node, currency, friend)
                model.pop((currency, node, friend), None)
            case "forget_node":
                atlas.forget_node(node)
                atlas.sweep()
                model = {place: record for place, record in model.items() if place[1] != node}
            case "age":
                for _ in range(10):  # in steps of ten, so that records do grow too old
                    atlas.age(node)
                    own = [place for place in model if place[1] == node]
                    for place in own:
                        model[place][1] += 1
                        if model[place][1] >= INDEX_AGE_BASE + INDEX_AGE_FACTOR * len(own):
                            del model[place]
        assert len(atlas) == len(model)
        for name in ("FST", "EUR"):
            assert arcs(atlas, name) == {
                (place[2], place[1]): record[0]
                for place, record in model.items()
                if place[0] == name and (name, place[2], place[1]) in model
            }
            assert (atlas.graph(name) is not None) == any(place[0] == name for place in model)
