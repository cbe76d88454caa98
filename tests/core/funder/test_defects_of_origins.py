"""Answers without an origin, request ids that come twice, and routes that come back.

What the reference does wrong there and ours does not: D1, D2, D3, D4, D15 of spec 03, 6.2.
"""

import pytest

from offset.core.funder.history_kinds import HistoryKind
from offset.core.funder.ledger.reset import make_terms
from offset.core.funder.records import LOST, HistoryRecord, Queue
from offset.wire import app
from offset.wire.friend import (
    CancelOp,
    CollectOp,
    ResponseOp,
)
from support.ledger import World
from support.ledger_checks import check_nothing_frozen, check_quiet
from support.ledger_faults import lose_channel
from support.ledger_peer import Peer


@pytest.mark.parametrize("how", ["removed", "inconsistent"])
def test_d01_collect_for_a_lost_friend(how: str) -> None:
    """The reference takes an answer for a lost friend as its own and dies; ours pays downstream and notes the loss."""
    world = World("amb")
    world.chain()
    _, request_id, commit = world.promise("amb", 10, 3)
    lose_channel(world, "m", "a", how)
    assert world["m"].credit(world["b"]).local[request_id].origin == LOST
    world.control("b", app.CommitInvoice(commit))
    world.settle()
    assert world["m"].credit(world["b"]).balance == -13
    (note,) = [record for record in world["m"].rows.records() if isinstance(record, HistoryRecord)]
    assert note.kind == HistoryKind.LOST
    assert (note.id, note.amount, note.peer) == (request_id, 13, world["b"].key)


@pytest.mark.parametrize("how", ["removed", "inconsistent"])
@pytest.mark.parametrize("names", ["as", "ams"])
def test_a_collect_that_waits_for_a_lost_friend(names: str, how: str) -> None:
    """Its seller, or who passed it on and paid, keeps in the history that the friend did not pay, and how much."""
    world = World(names)
    world.chain()
    node, payer = world[names[-2] if len(names) == 3 else "s"], world["a"]
    _, request_id, commit = world.promise(names, 10, 3)
    # It keeps the token, and goes.
    world.give_token("a", node.name)
    world.disconnect("a", node.name)
    world.control("s", app.CommitInvoice(commit))
    world.settle()
    (collect,) = node.friend(payer).queues[Queue.BACKWARD].values()
    assert isinstance(collect.operation, CollectOp)
    if how == "removed":
        world.control(node.name, app.RemoveFriend(payer.key))
    else:
        terms = make_terms(payer.friend(node).channel, payer.entropy)
        world.took(node, node.funder.friend_message(payer.key, terms))
    (note,) = [row for row in node.rows.records() if isinstance(row, HistoryRecord) and row.peer == payer.key]
    assert (note.kind, note.id, note.amount) == (HistoryKind.UNCOLLECTED, request_id, 13)
    assert note.detail == (commit.invoice_id if node is world["s"] else b"")


def test_an_answer_that_moves_nothing_leaves_no_row() -> None:
    """A response or a cancel that waits for a lost friend cost nobody anything."""
    world = World("as")
    world.chain()
    world.promise("as", 10)
    world.give_token("a", "s")
    world.disconnect("a", "s")
    (invoice_id,) = world["s"].state.invoices
    world.control("s", app.CancelInvoice(invoice_id))
    assert any(world["s"].friend(world["a"]).queues)
    lose_channel(world, "s", "a", "removed")
    kinds = [row.kind for row in world["s"].rows.records() if isinstance(row, HistoryRecord)]
    assert kinds == [HistoryKind.WITHDRAWN]


def test_d01_response_and_cancel_for_a_lost_friend() -> None:
    """With nobody waiting upstream, a response only moves on, and a cancel only unfreezes."""
    world = World("m")
    upstream, seller = Peer(world, "x", "m"), Peer(world, "s", "m")
    request = upstream.request(1, 10, route=(seller.key,))
    upstream.say("m", request)
    world.control("m", app.RemoveFriend(upstream.key))
    credit = world["m"].credit(seller.key)
    seller.say("m", seller.response(request))
    assert credit.local[request.request_id].response is not None
    seller.say("m", CancelOp(request.request_id))
    assert (credit.local, credit.local_debt, credit.balance) == ({}, 0, 0)
    assert not any(isinstance(record, HistoryRecord) for record in world["m"].rows.records()), (
        "nothing was lost"
    )


def test_d02_same_request_id_from_two_friends() -> None:
    """The reference dies or misroutes when an id comes through two friends; ours cancels the second."""
    world = World("m")
    first, second, seller = (Peer(world, name, "m") for name in "xys")
    request = first.request(1, 10, route=(seller.key,))
    first.say("m", request)
    second.say("m", second.request(1, 10, route=(seller.key,)))
    second.get_token("m")
    assert second.answers() == {request.request_id: CancelOp}
    seller.say("m", seller.response(request))
    first.get_token("m")
    assert first.answers() == {request.request_id: ResponseOp}


def test_d02_an_id_is_free_again_after_its_end() -> None:
    """An id is refused while it is under way, also after a restart, and no longer."""
    world = World("m")
    first, second, seller = (Peer(world, name, "m") for name in "xys")
    first.say("m", first.request(1, 10, route=(seller.key,)))
    second.say("m", second.request(1, 10, route=(seller.key,)))
    world.restart("m")
    assert list(world["m"].state.incoming_ids.values()) == [first.key]
    for peer in (first, second, seller):
        peer.online("m")
    seller.say("m", CancelOp((1).to_bytes(16, "big")))
    assert not world["m"].state.incoming_ids


def test_d03_route_that_comes_back() -> None:
    """A route with this node or the sender in the middle confuses the reference; ours cancels."""
    world = World("m")
    sender, onward = Peer(world, "x", "m"), Peer(world, "y", "m")
    for number, route in enumerate(
        [(onward.key, world["m"].key), (onward.key, sender.key, bytes(32)), (sender.key, onward.key)], 1
    ):
        request = sender.request(number, 10, route=route)
        sender.say("m", request)
        sender.get_token("m")
        assert sender.answers()[request.request_id] is CancelOp
    assert not onward.taken


def test_d04_cycle_pays() -> None:
    """A payment to oneself over others kills the reference; ours moves the credits around the ring."""
    world = World("abc")
    for left, right in ("ab", "bc", "ca"):
        world.befriend(left, right)
    world.pay("abca", 10)
    for name, onward in ("ab", "bc", "ca"):
        assert world[name].credit(world[onward]).balance == -10
    check_quiet(world)
    check_nothing_frozen(world)


def test_d15_removing_a_friend_that_sent_a_loop() -> None:
    """A request back to its own sender makes the reference unable to remove it; ours cancels and removes."""
    world = World("m")
    peer = Peer(world, "x", "m")
    peer.get_token("m")
    peer.say("m", peer.request(1, 10, route=(peer.key, bytes(32))))
    world.control("m", app.RemoveFriend(peer.key))
    assert world["m"].refusal is None
    assert not world["m"].state.friends
