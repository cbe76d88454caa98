"""Orders in a node: a new card takes over, and a revoked key stays out, through crashes."""

from __future__ import annotations

from offset.sim.physics.disk import Rows
from offset.testing import ALL, identity
from offset.wire.app import AddFriend, AddRelay, EnableFriend, RemoveFriend, ResetFriendChannel
from offset.wire.common import NamedRelayAddress, RelayAddress
from offset.wire.orders import Revoke, Succeed
from offset.wire.report import ChannelConsistent, ChannelInconsistent, ResetTermsReport
from offset.wire.revocations import revocation_bytes, sign_revocation
from support.nodes import Town
from support.old_nodes import MixedTown, OldNode


def refusal(net: Town, name: str, request: object) -> str:
    """Why a node refused what its owner asked for; empty if it did not."""
    extra = net.apps[name].ask(request).opt_extra
    return "" if extra is None else extra.refusal


def meet(net: Town, name: str, other: str) -> None:
    """A new friend, with no currency yet."""
    relay = RelayAddress(net.relay.public_key, "relay:1")
    net.apps[name].ask(AddFriend(net.key(other), (relay,), other))
    net.apps[name].ask(EnableFriend(net.key(other)))


def terms_of(net: Town, name: str, other: str) -> ResetTermsReport | None:
    """The terms of a friend, as the node knows them."""
    status = net.apps[name].report().friends[net.key(other)].channel_status
    return status.opt_remote_reset_terms if isinstance(status, ChannelInconsistent) else None


def test_a_new_card_takes_over() -> None:
    """Over real lines, with a crash of the keeper between the offer and the acceptance."""
    net = Town("ab")
    net.pay("ab", 30, 0)
    assert net.balance("b", "a")[0] == 30
    net.stop("a")
    net.identities["n"] = identity("n")
    net.start("n")
    net.apps["n"].ask(AddRelay(NamedRelayAddress(net.relay.public_key, "relay:1", "relay")))
    meet(net, "b", "n")
    meet(net, "n", "b")
    order = Succeed(net.key("a"), net.key("n"), False)
    assert refusal(net, "b", order) == ""
    assert "has a successor already" in refusal(net, "b", order)
    net.crash("b")
    net.world.run_until(lambda: terms_of(net, "n", "b") is not None)
    terms = terms_of(net, "n", "b")
    assert terms is not None
    assert [(item.currency, item.balance) for item in terms.balance_for_reset] == [(net.currency, 30)]
    assert refusal(net, "n", ResetFriendChannel(net.key("b"), terms.reset_token)) == ""
    net.world.run_until(lambda: net.key("a") not in net.apps["b"].report().friends)
    assert net.balance("b", "n")[0] == 30
    net.world.run_until(
        lambda: isinstance(net.apps["n"].report().friends[net.key("b")].channel_status, ChannelConsistent)
    )
    assert net.balance("n", "b")[0] == -30


def test_a_revoked_key_stays_out() -> None:
    """The link ends; neither enabling nor adding brings it back, also after a crash."""
    net = Town("ab")
    order = Revoke(revocation_bytes(sign_revocation(net.identities["a"])))
    assert refusal(net, "b", order) == ""
    key = net.key("a")
    net.world.run_until(lambda: not net.apps["a"].report().friends[net.key("b")].liveness)
    net.crash("b")
    assert not net.apps["b"].report().friends[key].status
    assert "has revoked this key" in refusal(net, "b", EnableFriend(key))
    net.apps["b"].ask(RemoveFriend(key))
    assert "has revoked this key" in refusal(net, "b", AddFriend(key, (), "a"))


def test_the_permission() -> None:
    """An app that may not change settings loses its line, and nothing is done."""
    net = Town("ab")
    net.trusted = type(ALL)(routes=True, buyer=True, seller=True, config=False)
    other = net.add_app("b", "other")
    assert other.wait_ready().takes_orders
    other.post(Revoke(revocation_bytes(sign_revocation(net.identities["a"]))))
    net.world.run_until(other.is_over)
    rows: Rows = net.rows("b")
    assert not any(type(key).__name__ == "RevokedKey" for key in rows)


def test_an_owner_revokes_its_own_card() -> None:
    """Friends that are here hear it at once, others when they come; one that knows no asides is not disturbed."""
    net = MixedTown("bac", {"c": OldNode})
    rows = net.rows("b")
    net.stop("b")
    net.world.run_until(lambda: not net.friend("a", "b").is_online)
    order = Revoke(revocation_bytes(sign_revocation(net.identities["a"])))
    assert refusal(net, "a", order) == ""
    net.start("b", rows)
    net.world.run_until(lambda: not net.friend("b", "a").is_enabled)
    net.crash("a")
    net.world.run_until(lambda: net.friend("a", "c").is_online)
    net.world.run_for(5000)
    assert net.friend("c", "a").is_enabled
    old = net.engine("c")
    assert isinstance(old, OldNode)
    # One hello for each line, and nothing else.
    assert (old.dropped, old.lost_lines) == (2, 1)


def test_friends_that_are_online_hear_it_at_once() -> None:
    """No new line is needed."""
    net = Town("ab")
    assert refusal(net, "a", Revoke(revocation_bytes(sign_revocation(net.identities["a"])))) == ""
    net.world.run_until(lambda: not net.friend("b", "a").is_enabled, 2000)
