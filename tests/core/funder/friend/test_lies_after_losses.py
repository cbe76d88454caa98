"""Friends who lie to a node that lost its books: empty channels, rewritten requests, ids of others."""

from __future__ import annotations

import msgspec
import pytest

from offset.core.funder.records import FriendKey, Mark
from offset.wire import app
from offset.wire.aside import HandedRequest, Handover
from offset.wire.common import Commit
from offset.wire.friend import FriendsRoute, RequestOp
from offset.wire.report import BalanceInfo, CountersInfo, CurrencyBalanceInfo, McInfo, TokenInfo
from offset.wire.signing import info_hash, move_token_buffer, prefix_hash
from support.ledger import FST
from support.losses import LossyWorld

replace = msgspec.structs.replace


@pytest.mark.parametrize("who", ["ab", "ba"])
def test_an_empty_channel_fits_whatever_was_lost(who: str) -> None:
    """b owes 100, removes us and adds us again: its first message fits our empty books, and says nothing of that."""
    name, other = who
    world = LossyWorld("ab", 1)
    world.befriend("a", "b", limit=1000)
    us, friend = world[name], world[other]
    world.pay(other + name, 100)
    world.give_token(name, other)
    incoming = us.friend(friend).channel.incoming
    assert incoming is not None
    mark = Mark(0, incoming.token_info.counters.move_token_counter)
    floor = us.friend(friend).floor
    world.lose_all(name)
    row = replace(us.friend(friend).record(), mark=mark, floor=floor, life=0)
    us.rows._rows[FriendKey(friend.key)] = row
    world.start_from(name, us.rows)
    world.control(other, app.RemoveFriend(us.key))
    world.control(other, app.AddFriend(us.key, (), name))
    world.control(other, app.EnableFriend(us.key))
    world.connect("a", "b")
    world.settle()
    assert not us.friend(friend).has_told
    # Nor a hello that names the token which both sides of a new channel know.
    world.took(us, us.funder.heard_hello(friend.key, us.funder.hello(friend.key)))  # type: ignore[arg-type]
    assert not us.friend(friend).has_told


def promised(names: str, route: str) -> tuple[LossyWorld, bytes, Commit, dict[str, Handover]]:
    """A payment that waits for its commit when a loses all; what its friends would hand over."""
    world = LossyWorld(names, 1)
    for name in names:
        if name != "a":
            world.befriend(*sorted(("a", name)), limit=1000)
    _, request_id, commit = world.promise(route, 40)
    shown = {}
    for name in names:
        if name != "a":
            world.give_token("a", name)
            shown[name] = world.handover(name, "a")
    world.lose_all("a")
    return world, request_id, commit, shown


@pytest.mark.parametrize("order", ["xb", "bx"])
def test_the_payer_rewrites_its_own_request(order: str) -> None:
    """Under another id, for us: it is not given back as long as b, who is honest, holds what nobody asked for."""
    world, _, commit, shown = promised("xab", "xab")
    a, x, b = world["a"], world["x"], world["b"]
    (credit,) = shown["x"].credits
    (item,) = credit.asked
    other = HandedRequest(replace(item.request, request_id=b"\7" * 16, route=FriendsRoute(())), None)
    # The sums are the same, so what x has signed fits.
    shown["x"] = replace(shown["x"], credits=(replace(credit, asked=(other,)),))
    for name in order:
        world.show("a", name, shown[name])
    world.connect("a", "b")
    world.settle()
    world.control("b", app.CommitInvoice(commit))
    world.settle()
    assert a.credit(b).balance == -40
    assert a.credit(x).remote_debt == 40
    assert not any(a.friend(x).queues)
    world.restart("a")
    assert a.credit(x).remote_debt == 40


def test_an_id_of_somebody_else() -> None:
    """x asks for nothing, with the id of y's request, and tells first: y's request is the one that b holds."""
    world, request_id, commit, shown = promised("xyab", "yab")
    a, b, x, y = (world[name] for name in "abxy")
    (credit,) = shown["x"].credits
    fake = RequestOp(request_id, b"\2" * 32, FriendsRoute((b.key,)), 0, 1, bytes(32), 0)
    credit = replace(credit, asked=(*credit.asked, HandedRequest(fake, None)))
    number = shown["x"].incoming.token_info.counters.move_token_counter + 1
    balances = (CurrencyBalanceInfo(FST, BalanceInfo(credit.balance, 0, 0)),)
    info = info_hash(TokenInfo(McInfo(x.key, a.key, balances), CountersInfo(0, number)))
    message = shown["x"].outgoing
    prefix = prefix_hash(
        message.old_token,
        message.currencies_operations,
        message.opt_local_relays,
        message.opt_active_currencies,
    )
    signature = x.identity.sign(move_token_buffer(prefix, info, message.rand_nonce))
    message = replace(message, info_hash=info, new_token=signature)
    shown["x"] = replace(shown["x"], credits=(credit,), outgoing=message)
    for name in "xyb":
        world.show("a", name, shown[name])
    for name in "by":
        world.connect("a", name)
    world.settle()
    assert request_id in y.credit(a).local
    world.control("b", app.CommitInvoice(commit))
    world.settle()
    assert (a.credit(y).balance, a.credit(b).balance) == (40, -40)


def test_who_is_removed_has_collected_all_the_same() -> None:
    """Its locks are good when its asker tells, though the owner has removed it meanwhile."""
    world = LossyWorld("xab", 1)
    world.befriend("x", "a", limit=1000)
    world.befriend("a", "b", limit=1000)
    copy = world.copy("a")
    _, _, commit = world.promise("xab", 40)
    world.lose("a", copy)
    world.connect("a", "b")
    world.settle()
    world.control("b", app.CommitInvoice(commit))
    world.settle()
    world.control("a", app.RemoveFriend(world["b"].key))
    world.connect("a", "x")
    world.settle()
    assert world["a"].credit(world["x"]).balance == 40
