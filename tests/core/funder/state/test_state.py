"""Building a state from rows (spec 03, 4.1)."""

from offset.core.funder.records import Queue
from offset.core.funder.state.state import FunderState
from support.ledger import World
from support.ledger_checks import snapshot
from support.ledger_peer import Peer


def busy() -> World:
    """A node with something of everything: queues, pending requests, invoices, payments, terms."""
    world = World("am")
    world.chain()
    payer, seller, quarrel = (Peer(world, name, "m") for name in "xsq")
    payer.say("m", payer.request(1, 10, route=(seller.key,)), payer.request(2, 1, route=(seller.key,)))
    payer.offline("m")
    seller.say("m", seller.response(payer.request(1, 10)), seller.response(payer.request(2, 1)))
    world.promise("ma", 5)
    world.promise("am", 5)
    quarrel.become_inconsistent("m")
    world.pay("ma", 1)
    assert len(world["m"].friend(payer.key).queues[Queue.BACKWARD]) == 2
    return world


def test_state_from_rows() -> None:
    """The rows of all turns together make the state again."""
    node = busy()["m"]
    restored = FunderState(node.key)
    restored.restore(node.rows.records())
    assert snapshot(restored) == snapshot(node.state)
    assert restored.incoming_ids
    assert list(restored.used) or restored.invoices


def test_queues_keep_their_order_however_rows_come() -> None:
    """Rows of a table may come in any order; the numbers say what was queued first."""
    node = busy()["m"]
    records = node.rows.records()
    restored = FunderState(node.key)
    kinds = list(dict.fromkeys(type(record) for record in records))
    shuffled = [record for kind in kinds for record in records[::-1] if isinstance(record, kind)]
    restored.restore(shuffled)
    assert snapshot(restored) == snapshot(node.state)


def test_nobody_is_online_after_a_start() -> None:
    """Lines, and what was asked on them, are not remembered."""
    node = busy()["m"]
    restored = FunderState(node.key)
    restored.restore(node.rows.records())
    for friend in restored.friends.values():
        assert not any((friend.is_online, friend.asked, friend.spoke_here, friend.missed))


def test_numbers_go_on_after_a_start() -> None:
    """New operations queue behind those from before."""
    node = busy()["m"]
    restored = FunderState(node.key)
    restored.restore(node.rows.records())
    for friend in restored.friends.values():
        for queue in friend.queues:
            assert all(number < friend.next_number for number in queue)
