"""Keys that their owners have revoked."""

from __future__ import annotations

from offset.crypto.identity import Identity
from offset.wire import app
from offset.wire.orders import Revoke, Succeed
from offset.wire.revocations import Revocation, read_revocation, revocation_bytes, sign_revocation
from support.ledger import World

REVOKED = "the owner has revoked this key: take the new card, and let it succeed this one"


def stolen() -> tuple[World, bytes]:
    """a and b are friends, and a's owner has the revocation of its key."""
    world = World("abn", 1)
    world.befriend("a", "b")
    world.pay("ab", 30)
    return world, revocation_bytes(sign_revocation(world["a"].identity))


def test_a_revoked_friend_is_disabled_for_ever() -> None:
    """Its line ends, it cannot be enabled nor added again, through starts too; the balance stays for its successor."""
    world, data = stolen()
    world.control("b", Revoke(data))
    assert world["b"].refusal is None
    assert not world.lines
    world.restart("b")
    world.control("b", app.EnableFriend(world["a"].key))
    assert world["b"].refusal == REVOKED
    assert world["b"].credit(world["a"]).balance == 30
    world.befriend("b", "n")
    world.control("b", Succeed(world["a"].key, world["n"].key, False))
    assert world["b"].refusal is None
    world.control("b", app.RemoveFriend(world["a"].key))
    world.control("b", app.AddFriend(world["a"].key, (), "again"))
    assert world["b"].refusal == REVOKED
    world.restart("b")
    assert world["a"].key in world["b"].state.revoked


def test_twice() -> None:
    """The second time nothing is written."""
    world, data = stolen()
    world.control("b", Revoke(data))
    turn = world.control("b", Revoke(data))
    assert (turn.refusal, turn.changes) == (None, {})


def test_a_revoked_key_takes_nothing_over() -> None:
    """A thief's card is no successor."""
    world, _ = stolen()
    world.befriend("b", "n")
    world.control("b", Revoke(revocation_bytes(sign_revocation(world["n"].identity))))
    world.control("b", Succeed(world["a"].key, world["n"].key, False))
    assert world["b"].refusal == "the owner of the new card has revoked its key"


def test_what_is_no_revocation() -> None:
    """Of another length, by another key, of nobody that we know: refused, and nothing is remembered."""
    world, data = stolen()
    forged = Revocation(world["a"].key, world["n"].identity.sign(data))
    stranger = sign_revocation(Identity(bytes(32)))
    for wrong, reason in (
        (b"", "a revocation has 96 bytes"),
        (data + b"\0", "a revocation has 96 bytes"),
        (revocation_bytes(forged), "the revocation is not signed by the key that it names"),
        (revocation_bytes(stranger), "the revoked key is not that of a friend"),
    ):
        turn = world.control("b", Revoke(wrong))
        assert (turn.refusal, turn.changes) == (reason, {})
        if len(wrong) == 96:
            turn = world.took(world["b"], world["b"].funder.take_revocation(read_revocation(wrong)))
            assert (turn.refusal, turn.changes) == (None, {})
    assert world["b"].friend(world["a"]).is_enabled


def test_one_that_a_friend_brings() -> None:
    """Whoever brings it: only the key itself could have signed it."""
    world, data = stolen()
    world.took(world["b"], world["b"].funder.take_revocation(read_revocation(data)))
    assert not world["b"].friend(world["a"]).is_enabled
    assert not world.lines


def test_our_own_key() -> None:
    """Only our owner may say that it is revoked; a friend that shows it to us changes nothing."""
    world, data = stolen()
    turn = world.took(world["a"], world["a"].funder.take_revocation(read_revocation(data)))
    assert (turn.changes, world["a"].funder.own_revocation) == ({}, None)
    world.control("a", Revoke(data))
    assert world["a"].refusal is None
    world.restart("a")
    assert world["a"].funder.own_revocation == read_revocation(data)
