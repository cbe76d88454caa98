"""More attacks on nodes that lost their books: resets that crossed, books of before lives, promises that are lost."""

from __future__ import annotations

import msgspec
import pytest

from offset.core.funder.collects import CollectRecord
from offset.core.funder.ledger.channel import hashed
from offset.core.funder.ledger.mutual_credit import response_buffer_of
from offset.core.funder.records import LOST, FriendRecord, IndexServersRecord
from offset.crypto.lives import LifeCipher
from offset.crypto.locks import hash_lock
from offset.crypto.public_keys import is_lower
from offset.store.schema.kits import content_of, records_of
from offset.wire import app
from offset.wire.aside import HandedCredit, HandedRequest, Handover
from offset.wire.common import Commit
from offset.wire.friend import CurrencyBalance, MoveToken, MoveTokenRequest, ResetTerms, ResponseOp
from offset.wire.orders import GiveUp
from offset.wire.report import BalanceInfo, CountersInfo, CurrencyBalanceInfo, McInfo, TokenInfo
from offset.wire.signing import info_hash, move_token_buffer, prefix_hash
from support.ledger import FST, Node, Rows
from support.losses import LossyWorld

# Resets that crossed (D18)


def token(node: Node, old_token: bytes, info: TokenInfo) -> MoveToken:
    """A message of this node that says nothing but these balances."""
    prefix = prefix_hash(old_token, (), None, None)
    signature = node.identity.sign(move_token_buffer(prefix, info_hash(info), bytes(16)))
    return MoveToken(old_token, (), None, None, info_hash(info), bytes(16), signature)


def seen(sender: Node, receiver: Node, balances: dict[str, int], counters: CountersInfo) -> TokenInfo:
    """Balances as the sender sees them."""
    listed = tuple(CurrencyBalanceInfo(name, BalanceInfo(value, 0, 0)) for name, value in balances.items())
    return TokenInfo(McInfo(sender.key, receiver.key, listed), counters)


@pytest.mark.parametrize("is_restored", [False, True])
def test_our_void_reset_is_of_no_account(is_restored: bool) -> None:
    """Both owners accepted at once, and the friend chose the count of our reset, 100: it proves nothing of ours."""
    world = LossyWorld("ab", 3)
    name, other = "ab" if not is_lower(world["a"].key, world["b"].key) else "ba"
    world.befriend(name, other, limit=1000)
    us, friend = world[name], world[other]
    world.pay(other + name, 60)
    terms = ResetTerms(b"\1" * 64, 100, (CurrencyBalance(FST, 0),))
    world.took(us, us.funder.friend_message(friend.key, terms))
    channel = us.friend(friend).channel
    our_terms = channel.local_terms
    assert our_terms is not None
    turn = world.control(name, app.ResetFriendChannel(friend.key, terms.reset_token))
    (void,) = [message.move_token for _, message in turn.messages if isinstance(message, MoveTokenRequest)]
    void_info = us.friend(friend).channel.token_info()
    theirs = {item.currency: -item.balance for item in our_terms.balance_for_reset}
    info = seen(friend, us, theirs, CountersInfo(our_terms.inconsistency_counter, 0))
    crossing = MoveTokenRequest(token(friend, our_terms.reset_token, info), False)
    world.took(us, us.funder.friend_message(friend.key, crossing))
    assert us.credit(friend).balance == 60
    answer = token(friend, void.new_token, seen(friend, us, {FST: 0}, CountersInfo(100, 1)))
    lists = ((FST,), (FST,))
    shown = Handover(hashed(void, void_info), answer, *lists, (HandedCredit(FST, 0, (), ()),))
    if is_restored:
        world.lose(name, world.copy(name))
    assert world.show(name, other, shown).stopped is None
    assert us.funder.stopped is None
    assert us.credit(friend).balance == 60


# Books of before there were lives


def old_friendships(monkeypatch: pytest.MonkeyPatch) -> tuple[LossyWorld, Handover]:
    """An older program removed and added a friend again; what was signed in the first friendship, by high numbers."""
    with monkeypatch.context() as patch:
        patch.setattr(LifeCipher, "seal", lambda self, life, now, chance: chance)
        world = LossyWorld("ab", 4)
        world.befriend("a", "b", limit=1000)
        world.pay("ab", 100)
        for _ in range(15):
            world.give_token("b", "a")
            world.give_token("a", "b")
        earlier = world.handover("b", "a")
        world.pay("ba", 100)
        for name, other in ("ab", "ba"):
            world.control(name, app.RemoveFriend(world[other].key))
        world.befriend("a", "b", limit=1000)
        world.pay("ba", 50)
    rows = world.copy("a")
    for key, row in rows._rows.items():
        if isinstance(row, FriendRecord):
            rows._rows[key] = msgspec.structs.replace(row, life=0, floor=0)
    world.start_from("a", rows)
    return world, earlier


def test_an_earlier_friendship_of_before_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing tells it from a newer state: it is a hint, and neither stops the node nor is taken over after a claim."""
    world, earlier = old_friendships(monkeypatch)
    a, b = world["a"], world["b"]
    turn = world.show("a", "b", earlier)
    assert turn.stopped is None
    assert [hint.friend for hint in turn.hints] == [b.key]
    world.lose("a", world.copy("a"))
    world.show("a", "b", earlier)
    assert a.credit(b).balance == 50


# Collects whose promises are lost


def two_ways() -> tuple[LossyWorld, Rows]:
    """x pays b in two parts, over a and over c. a has b's promise and collect, and x has heard of neither."""
    world = LossyWorld("xacb", 1)
    for left, right in ("xa", "ab", "xc", "cb"):
        world.befriend(left, right, limit=1000)
    copy = world.copy("a")
    invoice = world.invoice("b", 80)
    payment = world.payment("x", "b", invoice, 80)
    world.give_token("a", "b")
    request_id = world.part(payment, "xab", 40)
    while request_id not in world["b"].credit(world["a"]).remote:
        world.deliver(*world.under_way()[0])
    world.disconnect("x", "a")
    world.part(payment, "xcb", 40)
    world.settle()
    commits: list[Commit] = [
        result.result.commit
        for result in world["x"].results
        if isinstance(result, app.TransactionResult) and isinstance(result.result, app.Complete)
    ]
    world.control("b", app.CommitInvoice(commits[0]))
    assert world["b"].refusal is None
    world.settle()
    assert world["a"].credit(world["b"]).balance == -40
    return world, copy


@pytest.mark.parametrize("order", ["bx", "xb"])
def test_a_kept_collect_tells_its_promise(order: str) -> None:
    """So who paid on is paid, whatever its friend had heard."""
    world, copy = two_ways()
    a, x = world["a"], world["x"]
    world.lose("a", copy)
    for other in order:
        if ("a", other) not in world.lines:
            world.connect(*sorted(("a", other)))
        world.settle()
    assert a.friend(x).has_told
    assert a.credit(x).balance == 40


@pytest.mark.parametrize("order", ["bx", "xb"])
def test_a_collect_without_its_promise_is_not_cancelled(order: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What x asked stays frozen, until the promise is shown or the owner gives it up."""
    world, copy = two_ways()
    a, x = world["a"], world["x"]
    hand_over = LossyWorld._hand_over

    def without_promises(self: LossyWorld, node: Node, to: str, handover: Handover) -> None:
        for key, row in node.rows._rows.items():
            if isinstance(row, CollectRecord):
                node.rows._rows[key] = msgspec.structs.replace(row, response=None)
        hand_over(self, node, to, handover)

    monkeypatch.setattr(LossyWorld, "_hand_over", without_promises)
    world.lose("a", copy)
    for other in order:
        if ("a", other) not in world.lines:
            world.connect(*sorted(("a", other)))
        world.settle()
    assert a.friend(x).has_told
    assert (a.credit(x).balance, a.credit(x).remote_debt) == (0, 40)
    world.control("a", GiveUp(world["b"].key))
    world.settle()
    assert a.credit(x).remote_debt == 0


def test_a_collect_of_a_kit_is_said() -> None:
    """It waited for x, who was away, when all was lost but the kit: x pays as soon as it has told."""
    world = LossyWorld("xab", 1)
    world.befriend("x", "a", limit=1000)
    world.befriend("a", "b", limit=1000)
    _, _, commit = world.promise("xab", 40)
    world.give_token("a", "x")
    world.disconnect("a", "x")
    world.control("b", app.CommitInvoice(commit))
    world.settle()
    a, x = world["a"], world["x"]
    content = content_of(a.key, a.rows.records(), {})
    assert len(content.collects) == 1
    rows = Rows()
    for row in records_of(content, {}):
        if not isinstance(row, IndexServersRecord):
            rows._rows[row.key()] = row
    world.lose("a", rows)
    for other in "xb":
        world.connect("a", other)
        world.settle()
    assert a.credit(x).balance == 40
    assert a.credit(world["b"]).balance == -40


# S6: a friend rewrites what we passed on to it


def rewritten(world: LossyWorld) -> Handover:
    """b holds what x asked under another id, with locks of its own, and as the seller."""
    b = world["b"]
    handover = world.handover("b", "a")
    (credit,) = handover.credits
    (item,) = credit.taken
    request = msgspec.structs.replace(
        item.request, request_id=b"\7" * 16, src_hashed_lock=hash_lock(b"\1" * 32), invoice_id=b"\3" * 32
    )
    promise = ResponseOp(request.request_id, hash_lock(b"\2" * 32), True, bytes(16), bytes(64))
    promise = msgspec.structs.replace(
        promise, signature=b.identity.sign(response_buffer_of(promise, request, FST))
    )
    lie = msgspec.structs.replace(credit, taken=(HandedRequest(request, promise),))
    return msgspec.structs.replace(handover, credits=(lie,))


@pytest.mark.parametrize("order", ["xb", "bx"])
def test_s6_a_rewritten_request(order: str) -> None:
    """What x asked is not given back as long as b holds something that nobody asked for."""
    world = LossyWorld("xab", 1)
    world.befriend("x", "a", limit=1000)
    world.befriend("a", "b", limit=1000)
    _, request_id, _ = world.promise("xab", 40)
    world.give_token("a", "b")
    world.give_token("a", "x")
    a, x, b = world["a"], world["x"], world["b"]
    shown = {"x": world.handover("x", "a"), "b": rewritten(world)}
    world.lose_all("a")
    for name in order:
        world.show("a", name, shown[name])
    assert a.credit(b).local[b"\7" * 16].origin == LOST
    assert a.credit(x).remote[request_id].response is not None
    world.connect("a", "x")
    world.settle()
    assert request_id in x.credit(a).local
    world.control("a", GiveUp(b.key))
    world.settle()
    assert x.credit(a).local == {}


# Words on old books


def test_a_dead_word_of_ours_is_no_twins() -> None:
    """On a long silence we spoke on old books, in our new life; then the friend told. What we said then is dead."""
    world = LossyWorld("ab", 1)
    world.befriend("a", "b", limit=1000)
    a, b = world["a"], world["b"]
    for _ in range(10):
        world.give_token("b", "a")
        world.give_token("a", "b")
    copy = world.copy("a")
    for name, other in ("ab", "ba"):
        world.control(name, app.RemoveFriend(world[other].key))
    world.befriend("a", "b", limit=1000)
    world.pay("ba", 5)
    world.give_token("a", "b")
    shown = world.handover("b", "a")
    world.lose("a", copy)
    a.absorb(a.funder.online(b.key))
    turn = a.funder.silent(b.key)
    a.absorb(turn)
    said = [message for _, message in turn.messages if isinstance(message, MoveTokenRequest)]
    info = a.friend(b).channel.token_info()
    a.absorb(a.funder.offline(b.key))
    turn = world.show("a", "b", shown)
    assert a.friend(b).has_told
    assert turn.stopped is None
    dead = said[0].move_token
    balances = {item.currency: -item.balance_info.balance for item in info.mc.balances}
    counters = CountersInfo(0, info.counters.move_token_counter + 1)
    answer = token(b, dead.new_token, seen(b, a, balances, counters))
    credits = tuple(HandedCredit(name, value, (), ()) for name, value in balances.items())
    lists = (tuple(balances), tuple(balances))
    assert world.show("a", "b", Handover(hashed(dead, info), answer, *lists, credits)).stopped is None
    assert a.funder.stopped is None
    assert a.credit(b).balance == 5
