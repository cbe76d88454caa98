"""What an index client says of its node: signed, counted, spaced, and said again."""

import pytest

from core.index.clients import FRIEND, HASH, NODE, ONE, OTHER, client, connected, pairs, ticks, updates
from offset.base.credits import FREE, Rate
from offset.base.instants import SECOND
from offset.base.limits import (
    INDEX_CLIENT_KEEPALIVE_MS,
    INDEX_FULL_STATE_JITTER_MS,
    INDEX_MUTATIONS_PER_BATCH,
    INDEX_REFRESH_MUTATIONS,
    INDEX_REPEAT_STATE_MS,
    INDEX_UPDATES_SPACING_MS,
)
from offset.core.index.client import TakenBack
from offset.core.index.publication import SAID_AGAIN
from offset.crypto.public_keys import verify
from offset.wire.index import (
    IndexMutation,
    RemoveFriendCurrency,
    TimeHash,
    UpdateFriendCurrency,
)
from offset.wire.signing import mutations_update_buffer
from support.payments import key


def test_reports_are_signed_and_counted() -> None:
    """Messages carry the newest time hash, one session id, counters from 0 and a good signature; ids are fresh."""
    one = connected()
    seen = updates(one.set_published({FRIEND: (5, Rate(1, 2))}, 10))
    one.message(TimeHash(b"i" * 32), 500)
    seen += updates(one.set_published({FRIEND: (6, Rate(1, 2))}, 1000))
    assert [update.counter for update in seen] == [0, 1]
    assert [update.time_hash for update in seen] == [HASH.hash, b"i" * 32]
    assert seen[0].session_id == seen[1].session_id
    assert seen[0].rand_nonce != seen[1].rand_nonce
    for update in seen:
        assert verify(NODE.public_key, mutations_update_buffer(update), update.signature)
    one.closed(2000)
    one.tick(60 * SECOND)
    one.opened(60 * SECOND)
    one.message(HASH, 60 * SECOND)
    (again,) = updates(one.set_published({FRIEND: (7, FREE)}, 60 * SECOND))
    assert (again.counter, again.session_id != seen[0].session_id) == (0, True)


def test_the_first_change_goes_at_once() -> None:
    """After a quiet time a change does not wait; those that follow are gathered into one message (5.6)."""
    one = connected()
    assert len(updates(one.set_published({FRIEND: (5, FREE)}, 100))) == 1
    assert one.set_published({FRIEND: (6, FREE)}, 110) == []
    assert one.set_published({FRIEND: (7, FREE)}, 120) == []
    due = 100 + INDEX_UPDATES_SPACING_MS
    assert one.deadline() == due
    (update,) = updates(one.tick(due))
    assert update.index_mutations == (UpdateFriendCurrency(*FRIEND, 7, FREE),)
    assert len(updates(one.set_published({FRIEND: (8, FREE)}, due + INDEX_UPDATES_SPACING_MS))) == 1


def test_r2_removes_are_sent_in_pairs() -> None:
    """R2: a pair that is no more published goes as an update to 0 and a remove, in one message."""
    one = connected()
    one.set_published({FRIEND: (5, FREE)}, 0)
    (update,) = updates(one.set_published({FRIEND: None}, 1000))
    assert update.index_mutations == (UpdateFriendCurrency(*FRIEND, 0, FREE), RemoveFriendCurrency(*FRIEND))


def test_the_first_state_does_not_wait() -> None:
    """What a node publishes before its first session is there with the first time hash (a payment may depend on it)."""
    one = client(ONE)
    one.start(0)
    one.opened(10)
    one.set_published({FRIEND: (5, FREE)}, 20)
    (update,) = updates(one.message(HASH, 30))
    assert update.index_mutations == (UpdateFriendCurrency(*FRIEND, 5, FREE),)


def test_a_large_state_goes_in_spaced_batches() -> None:
    """A large state is sent in batches, no faster than four a second, until all is said."""
    one = client(ONE)
    one.set_published(pairs(200), 0)
    one.start(0)
    one.opened(0)
    sent = [(0, update) for update in updates(one.message(HASH, 0))]
    for now, effects in ticks(one, 3 * SECOND):
        sent += [(now, update) for update in updates(effects)]
    assert [now for now, _ in sent] == [i * INDEX_UPDATES_SPACING_MS for i in range(len(sent))]
    said = [mutation.public_key for _, update in sent for mutation in update.index_mutations]
    assert set(said) == {key(i) for i in range(200)}
    assert max(len(update.index_mutations) for _, update in sent) <= INDEX_MUTATIONS_PER_BATCH


def test_after_a_reconnect_the_state_is_spread() -> None:
    """After a reconnect the full state waits up to two seconds, each node another time; news does not wait."""
    starts = []
    for seed in range(8):
        one = client(ONE, seed=seed)
        one.set_published({FRIEND: (5, FREE), (key("other"), "FST"): (6, FREE)}, 0)
        for now in (0, 60 * SECOND):
            one.tick(now)
            one.opened(now)
            effects = one.message(HASH, now)
            if now == 0:
                one.closed(30 * SECOND)
        assert updates(effects) == []
        deadline = one.deadline()
        assert deadline is not None
        starts.append(deadline - 60 * SECOND)
        (news,) = updates(one.set_published({FRIEND: (7, FREE)}, 60 * SECOND + 1))
        assert news.index_mutations == (UpdateFriendCurrency(*FRIEND, 7, FREE),)
    assert all(0 <= wait <= INDEX_FULL_STATE_JITTER_MS for wait in starts)
    assert len(set(starts)) == len(starts)


def test_everything_is_said_twice() -> None:
    """Soon after the start everything is said once more, for servers that missed it, then only in turn (R10)."""
    one = connected()
    one.set_published(pairs(3), 0)
    sent = [
        (now, len(update.index_mutations))
        for now, effects in ticks(one, 3 * INDEX_CLIENT_KEEPALIVE_MS)
        for update in updates(effects)
    ]
    again = INDEX_REPEAT_STATE_MS
    assert sent == [
        (again, 3),
        (again + INDEX_CLIENT_KEEPALIVE_MS, 3),
        (again + 2 * INDEX_CLIENT_KEEPALIVE_MS, 3),
    ]


def test_keepalives() -> None:
    """A node that has nothing to say shows every 32 s that it lives, repeating up to 16 pairs (5.6)."""
    quiet = connected()
    said = [
        (now, update.index_mutations)
        for now, effects in ticks(quiet, INDEX_CLIENT_KEEPALIVE_MS)
        for update in updates(effects)
    ]
    assert said == [(INDEX_CLIENT_KEEPALIVE_MS, ())]
    busy = connected()
    busy.set_published(pairs(50), 0)
    sizes = [
        len(update.index_mutations)
        for now, effects in ticks(busy, 200 * SECOND)
        if now > 10 * SECOND
        for update in updates(effects)
    ]
    assert sizes == [INDEX_REFRESH_MUTATIONS] * len(sizes)
    assert len(sizes) >= 5


def test_removes_survive_a_lost_session() -> None:
    """What was removed while there was no server is told to the next one, which may still believe it."""
    one = connected()
    one.set_published({FRIEND: (5, FREE)}, 0)
    one.closed(20 * SECOND)
    one.set_published({FRIEND: None}, 21 * SECOND)
    one.tick(60 * SECOND)
    one.opened(60 * SECOND)
    one.message(HASH, 60 * SECOND)
    said: list[IndexMutation] = []
    for _, effects in ticks(one, 63 * SECOND):
        for update in updates(effects):
            said += update.index_mutations
    assert said == [UpdateFriendCurrency(*FRIEND, 0, FREE), RemoveFriendCurrency(*FRIEND)]


@pytest.mark.parametrize("changes_every", [None, 5 * SECOND])
def test_removes_are_said_again(changes_every: int | None) -> None:
    """Also to the same server, which may pass them on over a dead line; whether the node is quiet or has news."""
    one = connected()
    one.set_published({FRIEND: (5, FREE), OTHER: (5, FREE)}, 0)
    one.set_published({FRIEND: None}, 10 * SECOND)
    said: list[int] = []
    for second in range(11, 300):
        now = second * SECOND
        effects = [effect for _, told in ticks(one, now) for effect in told]
        if changes_every and now % changes_every == 0:
            effects += one.set_published({OTHER: (second, FREE)}, now)
        for update in updates(effects):
            said += [second] * (RemoveFriendCurrency(*FRIEND) in update.index_mutations)
    assert len(said) == SAID_AGAIN
    assert said[-1] - said[0] >= (SAID_AGAIN - 1) * INDEX_CLIENT_KEEPALIVE_MS // SECOND


def test_a_former_life_is_taken_back() -> None:
    """What may have been published before a start is taken back soon after it, and told when nobody believes it."""
    one = client(ONE)
    one.doubt([FRIEND])
    one.start(0)
    one.opened(0)
    said, over = list[tuple[int, tuple[IndexMutation, ...]]](), list[int]()
    effects = one.message(HASH, 0)
    for now, told in ((0, effects), *ticks(one, 200 * SECOND)):
        said += [(now, update.index_mutations) for update in updates(told) if update.index_mutations]
        over += [now for effect in told if effect == TakenBack((FRIEND,))]
    taken_back = (UpdateFriendCurrency(*FRIEND, 0, FREE), RemoveFriendCurrency(*FRIEND))
    assert [mutations for _, mutations in said] == [taken_back] * (1 + SAID_AGAIN)
    assert said[0][0] == INDEX_REPEAT_STATE_MS
    assert len(over) == 1
    assert over[0] > said[-1][0]
