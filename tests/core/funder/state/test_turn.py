"""What a turn remembers, and the rows it names."""

from offset.base.entropy import SeededEntropy
from offset.core.funder.records import LOST, OWN, ConfigRecord, Queue, QueuedKey, QueuedRecord
from offset.core.funder.state.state import Friend, FunderState
from offset.core.funder.state.turn import Turn
from offset.crypto.identity import Identity
from offset.crypto.lives import LifeCipher
from offset.crypto.own_locks import OwnLocks
from offset.wire import app
from offset.wire.friend import CancelOp
from support.ledger import FST, World
from support.ledger_peer import Peer

IDENTITY = Identity(bytes([1]) * 32)
KEY = bytes([2]) * 32
OP = CancelOp(bytes(16))


def turn_with_friend() -> tuple[Turn, Friend]:
    state = FunderState(IDENTITY.public_key)
    friend = Friend(state.local, KEY, "friend", ())
    state.friends[KEY] = friend
    return Turn(state, IDENTITY, SeededEntropy("turn"), LifeCipher(IDENTITY), OwnLocks(IDENTITY), 0), friend


def test_last_word_on_a_row_counts() -> None:
    """A row that is written and dropped is gone; one that is dropped and written stays."""
    turn, _ = turn_with_friend()
    record = ConfigRecord(KEY, FST)
    turn.put(record)
    turn.drop(record.key())
    assert turn.changes == {record.key(): None}
    turn.put(record)
    assert turn.changes == {record.key(): record}


def test_queued_operations_are_numbered_over_all_queues() -> None:
    """Numbers of one friend never repeat, so the key of a row is its own."""
    turn, friend = turn_with_friend()
    turn.enqueue(friend, Queue.USER, FST, OP, OWN)
    turn.enqueue(friend, Queue.FORWARDED, FST, OP, LOST)
    turn.answer(friend, FST, OP)
    numbers = [number for queue in friend.queues for number in queue]
    assert sorted(numbers) == [0, 1, 2]
    assert list(turn.trying) == [KEY]
    assert turn.changes[QueuedKey(KEY, 2)] == QueuedRecord(KEY, 2, Queue.BACKWARD, FST, OP, OWN)
    turn.dequeue(friend, Queue.FORWARDED, 1)
    assert turn.changes[QueuedKey(KEY, 1)] is None
    assert not friend.queues[Queue.FORWARDED]


def test_final_answer_frees_the_id() -> None:
    """After a cancel or collect the id of a request may come again (D2)."""
    turn, friend = turn_with_friend()
    turn.state.incoming_ids = {(FST, OP.request_id): KEY, ("EUR", OP.request_id): KEY}
    turn.answer(friend, FST, OP)
    assert turn.state.incoming_ids == {("EUR", OP.request_id): KEY}
    turn.state.incoming_ids = {(FST, OP.request_id): bytes(32)}
    turn.answer(friend, FST, OP)
    assert turn.state.incoming_ids == {(FST, OP.request_id): bytes(32)}, "of another friend"


def test_concerned_friends() -> None:
    """Whose published capacities may have changed: those that came or went, and those with new balances or settings."""
    world = World("m")
    first, second, third = (Peer(world, name, "m") for name in "xyz")
    turn = first.say("m", first.request(1, 1, route=(second.key,)))
    assert set(turn.concerned()) == {first.key, second.key}
    assert list(third.offline("m").concerned()) == [third.key]
    turn = world.control("m", app.AddInvoice(bytes(32), FST, 5))
    assert list(turn.concerned()) == []
