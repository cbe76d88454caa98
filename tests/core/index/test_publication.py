"""What is said when: changes first, everything in turn, and nothing so late that a server forgets it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from offset.base.credits import FREE, Rate
from offset.base.limits import INDEX_AGE_BASE, INDEX_MUTATIONS_PER_BATCH, INDEX_REFRESH_MUTATIONS
from offset.core.index.publication import SAID_AGAIN, Key, Publication
from offset.wire.index import IndexMutation, RemoveFriendCurrency, UpdateFriendCurrency
from support.payments import key


def pair(friend: int | str, currency: str = "FST") -> Key:
    return key(friend), currency


def keys(batch: tuple[IndexMutation, ...]) -> list[Key]:
    return [(mutation.public_key, mutation.currency) for mutation in batch]


def test_changes_are_said_with_their_last_value() -> None:
    """Several changes of one pair are one mutation with the final value; no change says nothing."""
    publication = Publication()
    publication.change({pair(1): (5, FREE)})
    publication.change({pair(1): (6, Rate(1, 2))})
    assert publication.has_changed
    assert publication.next_batch(1) == (UpdateFriendCurrency(key(1), "FST", 6, Rate(1, 2)),)
    publication.change({pair(1): (6, Rate(1, 2)), pair(2): None})
    assert not publication.has_changed


def test_r2_a_remove_comes_with_an_update() -> None:
    """R2: what goes is said as an update to 0 and the remove, in this order, in one message."""
    publication = Publication()
    publication.change({pair(1): (5, FREE)})
    publication.next_batch(1)
    publication.change({pair(1): None})
    assert publication.next_batch(1) == (
        UpdateFriendCurrency(key(1), "FST", 0, FREE),
        RemoveFriendCurrency(key(1), "FST"),
    )
    assert publication.next_batch(9) == ()
    assert len(publication) == 0


def removes(batch: tuple[IndexMutation, ...]) -> list[IndexMutation]:
    """What is taken back."""
    return [item for item in batch if isinstance(item, RemoveFriendCurrency)]


def test_removes_are_said_to_the_next_server() -> None:
    """A remove may have gone into a dead line; one that was undone is said no more."""
    publication = Publication()
    publication.change({pair(2): (5, FREE), pair(3): (5, FREE)})
    publication.next_batch(1)
    publication.change({pair(2): None, pair(3): None})
    publication.next_batch(1)
    publication.change({pair(3): (6, FREE)})
    for _ in range(2):  # the line of the second server may die as well
        publication.say_all()
        assert removes(publication.next_batch(1)) == [RemoveFriendCurrency(key(2), "FST")]


def test_removes_are_said_again() -> None:
    """The server may have passed a remove on over a dead line: it is said again SAID_AGAIN times, then forgotten."""
    publication = Publication()
    publication.change({pair(1): (5, FREE), pair(2): (5, FREE)})
    publication.next_batch(1)
    publication.change({pair(1): None})
    assert len(removes(publication.next_batch(1))) == 1
    assert removes(publication.next_batch(1)) == []
    for _ in range(SAID_AGAIN):
        publication.say_again()
        assert removes(publication.next_batch(1)) == [RemoveFriendCurrency(key(1), "FST")]
    publication.say_again()
    assert removes(publication.next_batch(1)) == []
    publication.say_all()
    assert pair(1) not in keys(publication.next_batch(1))


def test_a_remove_that_was_undone_is_not_said_again() -> None:
    """And when the pair goes once more, that is said as often as the first time."""
    publication = Publication()
    publication.change({pair(1): (5, FREE)})
    for _ in range(2):
        publication.change({pair(1): None})
        publication.next_batch(1)
        publication.say_again()
        assert len(removes(publication.next_batch(1))) == 1
        publication.change({pair(1): (6, FREE)})
        assert removes(publication.next_batch(1)) == []
        publication.say_again()
        assert removes(publication.next_batch(1)) == []


def test_all_is_said_to_a_new_server() -> None:
    """A new server hears everything, in batches, and the removes that the old one did not live to hear."""
    publication = Publication()
    publication.change({pair(i): (i, FREE) for i in range(100)})
    while publication.has_changed:
        publication.next_batch(1)
    publication.change({pair(7): None})
    publication.say_all()
    assert not publication.has_changed
    heard: list[IndexMutation] = []
    while publication.has_unsaid:
        batch = publication.next_batch(1)
        assert len(batch) <= INDEX_MUTATIONS_PER_BATCH
        heard += batch
    assert {mutation.public_key for mutation in heard} == {key(i) for i in range(100)}
    assert [m.public_key for m in heard if isinstance(m, RemoveFriendCurrency)] == [key(7)]


def test_news_does_not_wait_for_the_rest() -> None:
    """While everything is held back, a change is said alone."""
    publication = Publication()
    publication.change({pair(i): (i, FREE) for i in range(5)})
    publication.say_all()
    publication.change({pair(3): (33, FREE)})
    assert keys(publication.next_batch(1, with_unsaid=False)) == [pair(3)]
    assert keys(publication.next_batch(1))[:4] == [pair(0), pair(1), pair(2), pair(4)]


def test_keepalives_repeat_many() -> None:
    """A keepalive repeats up to 16 pairs, those said longest ago, so an index that lost all heals soon (R1)."""
    publication = Publication()
    publication.change({pair(i): (i, FREE) for i in range(40)})
    publication.next_batch(1)
    rounds = [keys(publication.next_batch(INDEX_REFRESH_MUTATIONS)) for _ in range(3)]
    assert [len(said) for said in rounds] == [16, 16, 16]
    assert {place for said in rounds for place in said} == {pair(i) for i in range(40)}


@given(
    st.lists(
        st.tuples(st.sampled_from(["EUR", "FST", "NIS"]), st.integers(1, 60)),
        max_size=3,
        unique_by=lambda x: x[0],
    ),
    st.lists(st.integers(0, 3), min_size=60, max_size=200),
)
@settings(max_examples=60)
def test_r8_a_reference_server_forgets_nothing(sizes: list[tuple[str, int]], events: list[int]) -> None:
    """R8: with any mix of keepalives and changes, each pair comes back before 16 + 3n messages have passed."""
    publication = Publication()
    publication.change({pair(i, currency): (1, FREE) for currency, count in sizes for i in range(count)})
    count_of = dict(sizes)
    ages: dict[Key, int] = {}
    for number, event in enumerate(events):
        if event and sizes:
            currency, count = sizes[event % len(sizes)]
            publication.change({pair(number % count, currency): (number + 2, FREE)})
        batch = publication.next_batch(1 if publication.has_changed else INDEX_REFRESH_MUTATIONS)
        assert len(batch) <= INDEX_MUTATIONS_PER_BATCH
        assert len(set(keys(batch))) == len(batch), "nothing is said twice in one message"
        for place in ages:  # as the reference counts: by currency
            ages[place] += 1
            assert ages[place] < INDEX_AGE_BASE + 3 * count_of[place[1]]
        ages |= dict.fromkeys(keys(batch), 0)


def test_lone_pairs_live_while_a_long_state_is_said() -> None:
    """A reference server forgets no lone pair while thousands of others are said, to a new server or once more."""
    publication = Publication()
    sizes = {"FST": 5000, **{f"lone{number}": 1 for number in range(100)}}
    publication.change(
        {pair(i, currency): (1, FREE) for currency, count in sizes.items() for i in range(count)}
    )
    ages: dict[Key, int] = {}
    for say in (publication.begin, publication.say_all):
        say()
        messages = 0
        while publication.has_unsaid:
            batch = publication.next_batch(1)
            assert len(batch) <= INDEX_MUTATIONS_PER_BATCH
            messages += 1
            # As the reference counts: by currency.
            for place in ages:
                ages[place] += 1
                assert ages[place] < INDEX_AGE_BASE + 3 * sizes[place[1]]
            ages |= dict.fromkeys(keys(batch), 0)
        assert messages < 120, "a quarter of each message at most is for what was said before"
    assert len(ages) == 5100


def test_lone_pairs_live_while_there_is_news_without_end() -> None:
    """The same while every message is full of changes."""
    publication = Publication()
    publication.change({pair(0, "lone"): (1, FREE)})
    publication.change({pair(i): (0, FREE) for i in range(1000)})
    last = None
    for number in range(200):
        publication.change({pair(i): (number + 1, FREE) for i in range(1000)})
        if pair(0, "lone") in keys(publication.next_batch(1)):
            last = number
        assert last is not None
        assert number - last < INDEX_AGE_BASE + 3


def test_a_new_server_does_not_hear_old_pairs_first() -> None:
    """Nothing is old at a server that has heard nothing: news is said alone while the state is held back."""
    publication = Publication()
    publication.change({pair(i): (1, FREE) for i in range(5)})
    for _ in range(100):
        publication.next_batch(0)
    publication.begin()
    publication.change({pair(3): (33, FREE)})
    assert keys(publication.next_batch(1, with_unsaid=False)) == [pair(3)]


def test_what_is_doubtful_is_taken_back_unless_it_is_published() -> None:
    """After a start a pair that a former life may have published is removed, but not when it is published soon."""
    publication = Publication()
    publication.doubt([pair(1), pair(2)])
    assert publication.has_removes
    publication.begin()
    assert publication.next_batch(1) == ()
    publication.change({pair(2): (5, FREE)})
    publication.say_all()
    said = publication.next_batch(1)
    assert removes(said) == [RemoveFriendCurrency(key(1), "FST")]
    assert pair(2) in keys(said)
    forgotten = [publication.say_again() for _ in range(SAID_AGAIN + 1)]
    assert forgotten[-1] == [pair(1)]
    assert not any(forgotten[:-1])
    assert not publication.has_removes


def test_doubts_about_what_is_said_anyway_change_nothing() -> None:
    """A pair that is published, or is being taken back already, is not doubtful."""
    publication = Publication()
    publication.change({pair(1): (5, FREE), pair(2): (5, FREE)})
    publication.next_batch(1)
    publication.change({pair(2): None})
    publication.doubt([pair(1), pair(2)])
    publication.say_all()
    said = publication.next_batch(1)
    assert removes(said) == [RemoveFriendCurrency(key(2), "FST")]
    assert keys(said).count(pair(1)) == 1
