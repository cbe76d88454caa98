"""The last collects that were made to each friend stay in rows of their own."""

from offset.base.limits import KEPT_COLLECTS_MAX
from offset.core.funder.collects import CollectRecord
from offset.core.funder.funder import Funder
from offset.core.funder.records import Key, Record
from offset.core.funder.state.kept_collects import KeptCollects
from offset.core.funder.state.past import RowsPast
from offset.wire import app
from offset.wire.friend import CollectOp
from support.ledger import FST, World

KEY, OTHER = bytes(32), bytes([1]) * 32


def collect(number: int) -> CollectOp:
    return CollectOp(number.to_bytes(16, "big"), bytes(32), bytes(32))


def test_the_oldest_makes_room() -> None:
    """Each friend has its places; whoever starts again goes on where it was."""
    rows: dict[Key, Record] = {}
    past = RowsPast(rows)
    kept = KeptCollects(past)
    for number in range(1, KEPT_COLLECTS_MAX + 3):
        if number % 300 == 0:
            kept = KeptCollects(past)
        row = kept.keep(KEY, FST, collect(number), None)
        rows[row.key()] = row
    row = kept.keep(OTHER, FST, collect(7), None)
    rows[row.key()] = row
    assert [item.collect for item in past.collects(KEY)] == [
        collect(number) for number in range(3, KEPT_COLLECTS_MAX + 3)
    ]
    assert past.last_collect(KEY) == KEPT_COLLECTS_MAX + 2
    assert [item.collect for item in past.collects(OTHER)] == [collect(7)]


def test_a_friend_that_is_removed_leaves_none() -> None:
    """Neither a few nor as many as there is room for."""
    for count in (0, 1, 5, KEPT_COLLECTS_MAX - 1, KEPT_COLLECTS_MAX, KEPT_COLLECTS_MAX + 5):
        rows: dict[Key, Record] = {}
        kept = KeptCollects(RowsPast(rows))
        for number in range(count):
            row = kept.keep(KEY, FST, collect(number), None)
            rows[row.key()] = row
        for key in kept.forget(KEY):
            rows.pop(key, None)
        assert rows == {}


def test_each_hop_keeps_what_it_collected() -> None:
    """The seller and the mediator, each towards the friend that had asked it, until that friend is removed."""
    world = World("abc")
    world.chain()
    world.pay("abc", 10)
    world.pay("abc", 20)

    def kept(name: str) -> list[CollectRecord]:
        return [row for row in world[name].rows.records() if isinstance(row, CollectRecord)]

    assert kept("a") == []
    assert [(row.friend, row.number) for row in kept("b")] == [(world["a"].key, 1), (world["a"].key, 2)]
    assert [(row.friend, row.number) for row in kept("c")] == [(world["b"].key, 1), (world["b"].key, 2)]
    assert [row.collect for row in kept("b")] == [row.collect for row in kept("c")]
    assert [row.response for row in kept("b")] == [row.response for row in kept("c")]
    assert all(row.response and row.response.request_id == row.collect.request_id for row in kept("b"))
    node = world["b"]
    world.disconnect("a", "b")
    world.disconnect("b", "c")
    rows = {row.key(): row for row in node.rows.records()}
    node.funder = Funder(node.identity, node.entropy, node.rows.records(), RowsPast(rows))
    node.report = node.funder.report()
    world.control("b", app.RemoveFriend(world["a"].key))
    assert kept("b") == []
