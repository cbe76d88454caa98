"""Where the reference dies, loses or blocks credits, and what ours does instead: D1 to D20 (spec 03, 6.2)."""

import msgspec
import pytest

from offset.base.faults import PeerFault
from offset.base.limits import I128_MAX, U128_MAX
from offset.core.funder.records import LOST, HistoryKind, HistoryRecord
from offset.wire import app
from offset.wire.common import Commit, RelayAddress
from offset.wire.friend import (
    FRIEND_MESSAGE,
    CancelOp,
    FriendsRoute,
    MoveTokenRequest,
    ResponseOp,
)
from support.ledger import FST, World, bare
from support.ledger_checks import check_nothing_frozen, check_quiet
from support.ledger_peer import Peer


def spoil(world: World, to: str, from_: str) -> None:
    """Make `to` see that its ledger and that of `from_` differ."""
    node = world[to]
    outgoing = world[from_].friend(node).channel.outgoing
    if outgoing is None:
        world.give_token(to, from_)
        outgoing = world[from_].friend(node).channel.outgoing
        assert outgoing is not None
    wrong = msgspec.structs.replace(outgoing, rand_nonce=bytes(16))
    world.took(node, node.funder.friend_message(world[from_].key, MoveTokenRequest(wrong, False)))


def lose_channel(world: World, name: str, other: str, how: str) -> None:
    """`name` loses its channel with `other`."""
    if how == "removed":
        world.control(name, app.RemoveFriend(world[other].key))
    else:
        spoil(world, name, other)
    world.settle()


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


def test_d05_same_request_id_twice_for_one_invoice() -> None:
    """Two arrivals under one id complete an invoice of the reference at half the price; ours cancels the second."""
    world = World("s")
    first, second = Peer(world, "x", "s"), Peer(world, "y", "s")
    invoice_id = world.invoice("s", 20)
    first.say("s", first.request(1, 10, total=20, invoice_id=invoice_id))
    second.say("s", second.request(1, 10, total=20, invoice_id=invoice_id))
    second.get_token("s")
    assert list(second.answers().values()) == [CancelOp]
    assert waiting_at(world) == [first.key]


def test_d06_request_in_another_currency() -> None:
    """The reference lets a worthless currency pay any invoice; ours cancels."""
    world = World("as")
    world.befriend("a", "s", FST, "BAD")
    invoice_id = world.invoice("s", 10)
    payment_id = world.payment("a", "s", invoice_id, 10, "BAD")
    request_id = world.part(payment_id, "as", 10)
    world.settle()
    assert app.TransactionResult(request_id, app.FAILURE) in world["a"].results


def changed(commit: Commit, **changes: object) -> Commit:
    return msgspec.structs.replace(commit, **changes)


def test_d06_commit_in_another_currency() -> None:
    """A commit must be for the currency and total of the invoice."""
    world = World("as")
    world.chain()
    _, _, commit = world.promise("as", 10)
    for wrong in (changed(commit, currency="BAD"), changed(commit, total_dest_payment=11)):
        world.control("s", app.CommitInvoice(wrong))
        assert world["s"].refusal == "the commit is for another amount or currency"


def test_d07_used_invoice_ids() -> None:
    """An old commit closes a new invoice of the reference under the same id; ours never takes an id again."""
    world = World("as")
    world.chain()
    world.pay("as", 10)
    withdrawn = world.invoice("s", 10)
    world.control("s", app.CancelInvoice(withdrawn))
    world.restart("s")
    for record in world["s"].rows.records():
        if isinstance(record, HistoryRecord):
            world.control("s", app.AddInvoice(record.id, FST, 10))
            assert world["s"].refusal == "the invoice was used before"


def test_d07_commit_with_another_lock() -> None:
    """A commit must carry the lock of this very invoice."""
    world = World("as")
    world.chain()
    _, _, commit = world.promise("as", 10)
    world.control("s", app.CommitInvoice(changed(commit, dest_hashed_lock=bytes(32))))
    assert world["s"].refusal == "the commit belongs to another invoice with the same id"


def waiting_at(world: World) -> list[bytes]:
    """The friends through which parts came that wait for the one payer of s."""
    waiting = world["s"].state.waiting
    (payer,) = waiting
    return [friend for friend, _ in waiting.of(payer)]


def two_parts() -> tuple[World, bytes, Commit]:
    """a pays s 10 over m and 10 over n; all is promised. Returns also invoice and commit."""
    world = World("amns")
    for left, right in ("am", "an", "ms", "ns"):
        world.befriend(left, right)
    invoice_id = world.invoice("s", 20)
    payment_id = world.payment("a", "s", invoice_id, 20)
    for route in ("ams", "ans"):
        world.part(payment_id, route, 10)
        world.settle()
    (commit,) = [
        result.result.commit for result in world["a"].results if isinstance(result.result, app.Complete)
    ]
    return world, invoice_id, commit


def test_d08_commit_after_a_part_is_gone() -> None:
    """The reference accepts a commit though a part has vanished; ours refuses to be paid half."""
    world, invoice_id, commit = two_parts()
    lose_channel(world, "s", "n", "inconsistent")
    world.control("s", app.CommitInvoice(commit))
    assert world["s"].refusal == "parts of the payment are gone, so it cannot be collected whole"
    assert invoice_id in world["s"].state.invoices
    assert world["s"].credit(world["m"]).balance == 0


def test_d09_request_after_a_part_is_gone() -> None:
    """A further request for such an invoice kills the reference; ours counts what really waits."""
    world, _, commit = two_parts()
    lose_channel(world, "s", "n", "inconsistent")
    (payment_id,) = world["a"].state.payments
    world.part(payment_id, "ams", 10)
    world.settle()
    assert waiting_at(world) == [world["m"].key] * 2
    world.control("s", app.CommitInvoice(commit))
    world.settle()
    assert world["s"].credit(world["m"]).balance == 20


def test_d10_cancelling_an_invoice_after_a_part_is_gone() -> None:
    """Cancelling such an invoice kills the reference; ours cancels what is left."""
    world, invoice_id, _ = two_parts()
    lose_channel(world, "s", "n", "removed")
    world.control("s", app.CancelInvoice(invoice_id))
    world.settle()
    assert world["s"].refusal is None
    assert not world["s"].credit(world["m"]).remote


@pytest.mark.parametrize("what", ["currency", "address"])
def test_d11_long_names(what: str) -> None:
    """The reference stores names that it cannot read back; ours does not even decode them."""
    world = World("m")
    peer = Peer(world, "x", "m")
    if what == "currency":
        token = peer.make("m", currencies=(FST, "x" * 17))
    else:
        token = peer.make("m", relays=(RelayAddress(bytes(32), "x" * 257),))
    data = FRIEND_MESSAGE.encode(MoveTokenRequest(token, False))
    with pytest.raises(PeerFault):
        FRIEND_MESSAGE.decode(data)


@pytest.mark.parametrize("amount, fees", [(11, 0), (10, I128_MAX), (10, U128_MAX)])
def test_d12_amounts_that_cannot_be_sent(amount: int, fees: int) -> None:
    """More than the payment, or more than numbers hold, kills the reference when sent; ours answers Failure."""
    world = World("as")
    world.chain()
    payment_id = world.payment("a", "s", world.invoice("s", 10), 10)
    request_id = world.part(payment_id, "as", amount, fees)
    assert world["a"].refusal == "the amount is too large"
    assert world["a"].results == [app.TransactionResult(request_id, app.FAILURE)]
    assert not world["a"].state.transactions


def test_d13_currency_removed_while_the_friend_announces_it() -> None:
    """A credit without settings kills the reference; ours gives it settings: closed, no trust."""
    world = World("m")
    peer = Peer(world, "x", "m")
    peer.get_token("m")
    peer.say("m", currencies=(FST, "EUR"))  # m hears of EUR, which it has not configured
    peer.get_token("m")
    world.control("m", app.SetFriendCurrencyRate(peer.key, "NIS", app.Rate(0, 1)))
    assert world["m"].friend(peer.key).channel.local_currencies == (FST,)
    peer.say("m")  # now m announces NIS
    assert world["m"].friend(peer.key).channel.local_currencies == (FST, "NIS")
    world.control("m", app.RemoveFriendCurrency(peer.key, "NIS"))
    assert world["m"].refusal is None
    peer.say("m", currencies=(FST, "EUR", "NIS"))
    config = world["m"].friend(peer.key).configs["NIS"]
    assert (config.rate, config.remote_max_debt, config.is_open) == (app.Rate(0, 0), 0, False)
    assert "NIS" in world["m"].friend(peer.key).channel.credits


def test_d14_removing_a_currency_of_an_inconsistent_friend() -> None:
    """It kills the reference; ours refuses if the currency was active, and removes it if not."""
    world = World("ab")
    world.chain()
    key = world["b"].key
    world.trust("a", "b", 1, "EUR")
    world.settle()
    spoil(world, "a", "b")
    world.control("a", app.RemoveFriendCurrency(key, FST))
    assert world["a"].refusal is not None
    world.control("a", app.RemoveFriendCurrency(key, "EUR"))
    assert world["a"].refusal is None
    assert "EUR" not in world["a"].friend(world["b"]).configs


def test_d15_removing_a_friend_that_sent_a_loop() -> None:
    """A request back to its own sender makes the reference unable to remove it; ours cancels and removes."""
    world = World("m")
    peer = Peer(world, "x", "m")
    peer.get_token("m")
    peer.say("m", peer.request(1, 10, route=(peer.key, bytes(32))))
    world.control("m", app.RemoveFriend(peer.key))
    assert world["m"].refusal is None
    assert not world["m"].state.friends


def test_d16_terms_of_a_friend_end_what_it_was_asked() -> None:
    """The reference forgets requests under way when a friend says that ledgers differ; ours cancels them upstream."""
    world = World("am")
    world.chain()
    seller = Peer(world, "s", "m")
    payment_id = app.CreatePayment(bytes(16), bytes(32), FST, 10, seller.key)
    world.control("a", payment_id)
    keys = (world["a"].key, world["m"].key, seller.key)
    world.control("a", app.CreateTransaction(bytes(16), bytes(16), FriendsRoute(keys), 10, 0))
    world.settle()
    assert world["m"].credit(seller.key).local_debt == 10
    seller.become_inconsistent("m")
    world.settle()
    assert world["a"].results == [app.TransactionResult(bytes(16), app.FAILURE)]
    assert world["m"].credit(world["a"]).remote_debt == 0


def test_d17_reconnecting_after_accepting_terms() -> None:
    """A friend that repeats its terms undoes a reset of the reference; ours repeats the reset."""
    world = World("m")
    peer = Peer(world, "x", "m")
    terms = peer.become_inconsistent("m")
    world.control("m", app.ResetFriendChannel(peer.key, terms.reset_token))
    reset = world["m"].friend(peer.key).channel.outgoing
    assert reset is not None
    peer.offline("m")
    peer.online("m")
    turn = peer.send("m", terms)
    assert [(key, bare(message)) for key, message in turn.messages] == [
        (peer.key, MoveTokenRequest(reset, True))
    ]
    assert world["m"].friend(peer.key).channel.is_consistent


@pytest.mark.parametrize("is_broken", [False, True], ids=["at once", "line breaks"])
def test_d18_both_accept_at_once(is_broken: bool) -> None:
    """Two references end up with exchanged claims, disagreeing again; of ours the higher key yields."""
    world = World("ab")
    world.chain()
    world.pay("ab", 10)
    spoil(world, "a", "b")
    world.settle()
    for name, other in ("ab", "ba"):
        terms = world[name].friend(world[other]).channel.remote_terms
        assert terms is not None
        world.control(name, app.ResetFriendChannel(world[other].key, terms.reset_token))
    if is_broken:
        world.reconnect("a", "b")
    world.settle()
    check_quiet(world)
    assert world["a"].credit(world["b"]).balance == -10
    for name, other in ("ab", "ba"):
        assert world[name].friend(world[other]).channel.former_terms is None
    world.pay("ab", 5)
    assert world["b"].credit(world["a"]).balance == 15


def test_d19_accepting_terms_of_a_friend_that_is_away() -> None:
    """The reference loses the decision; ours remembers it, over a restart, until the friend is back."""
    world = World("ab")
    world.chain()
    world.pay("ab", 10)
    spoil(world, "b", "a")
    world.settle()
    world.disconnect("a", "b")
    terms = world["a"].friend(world["b"]).channel.remote_terms
    assert terms is not None
    world.control("a", app.ResetFriendChannel(world["b"].key, terms.reset_token))
    assert not world["a"].friend(world["b"]).channel.is_consistent
    world.restart("a")
    world.connect("a", "b")
    world.settle()
    check_quiet(world)
    assert world["a"].credit(world["b"]).balance == -10


def test_d20_limit_beyond_all_balances() -> None:
    """A huge limit turns every request to the reference into a protocol error; ours takes it as no limit."""
    world = World("m")
    payer, seller = Peer(world, "x", "m", limit=U128_MAX), Peer(world, "s", "m")
    payer.say("m", payer.request(1, I128_MAX, route=(seller.key,)))
    assert world["m"].friend(payer.key).channel.is_consistent
    seller.hear()
    assert [taken.op.request_id for taken in seller.taken] == [(1).to_bytes(16, "big")]
