"""On which relays we listen, and for whom."""

from hypothesis import given
from hypothesis import strategies as st

from offset.core.channeler.listen_targets import ListenTargets
from offset.wire.common import RelayAddress
from support.scripted import HIGH, HIGH2, LOW, R1, R2, relay

A, B = R1, R2
FRIENDS = (HIGH, HIGH2, LOW)


def test_w3_a_friend_enabled_before_the_first_relay_is_admitted() -> None:
    """It does not matter what comes first, the friend or the relay."""
    wanted = ListenTargets()
    wanted.set_friend(HIGH, ())
    assert not wanted.admits(A.public_key, HIGH)
    wanted.set_local((A,))
    assert wanted.admits(A.public_key, HIGH)


def test_w3_a_relay_that_becomes_our_own_admits_everybody() -> None:
    """A relay kept for one friend admits the others as soon as it is our own."""
    wanted = ListenTargets()
    wanted.set_friend(HIGH, (A,))
    wanted.set_friend(HIGH2, ())
    assert not wanted.admits(A.public_key, HIGH2)
    wanted.set_local((A,))
    assert wanted.admits(A.public_key, HIGH2)


def test_a_relay_is_kept_until_no_friend_may_use_it() -> None:
    """The grace period of spec 02, 6.7: the old relay goes when the last friend knows the new one."""
    wanted = ListenTargets()
    wanted.set_local((A,))
    wanted.set_friend(HIGH, (A,))
    wanted.set_friend(HIGH2, (A,))
    wanted.set_local((B,))
    assert wanted.texts(A.public_key) == (A.address,)
    assert not wanted.is_own(A.public_key)
    wanted.set_friend(HIGH, (B,))
    assert not wanted.admits(A.public_key, HIGH)
    assert wanted.texts(A.public_key) == (A.address,)
    assert wanted.remove_friend(HIGH2) == [A.public_key]
    assert wanted.texts(A.public_key) == ()


def test_w31_texts_of_one_key_are_together_and_ours_comes_first() -> None:
    """One relay key has one list of texts: our own choice, then what friends may still use."""
    wanted = ListenTargets()
    old, new = relay(1, "old:1"), relay(1, "new:1")
    wanted.set_friend(HIGH, (old,))
    wanted.set_local((new,))
    assert wanted.texts(new.public_key) == ("new:1", "old:1")


def test_a_stranger_is_never_admitted() -> None:
    """Only enabled friends are let in, on our own relays too."""
    wanted = ListenTargets()
    wanted.set_local((A,))
    assert not wanted.admits(A.public_key, HIGH)


RELAYS = [A, B, relay(1, "other:1")]
LISTS = st.lists(st.sampled_from(RELAYS), max_size=3).map(tuple)


@given(st.lists(st.tuples(st.sampled_from([*FRIENDS, None]), LISTS | st.none()), max_size=30))
def test_w3_admission_follows_from_the_last_orders(
    orders: list[tuple[bytes | None, tuple[RelayAddress, ...] | None]],
) -> None:
    """After any orders a relay admits a friend if it is our own or the friend may believe so."""
    wanted = ListenTargets()
    local: tuple[RelayAddress, ...] = ()
    friends: dict[bytes, tuple[RelayAddress, ...]] = {}
    for friend, relays in orders:
        if friend is None:
            local = relays or ()
            touched = wanted.set_local(local)
        elif relays is None:
            friends.pop(friend, None)
            touched = wanted.remove_friend(friend)
        else:
            friends[friend] = relays
            touched = wanted.set_friend(friend, relays)
        assert len(touched) == len(set(touched))
        everything = [*local, *(address for kept in friends.values() for address in kept)]
        for key in (A.public_key, B.public_key):
            assert set(wanted.texts(key)) == {r.address for r in everything if r.public_key == key}
            for name in FRIENDS:
                known = [*local, *friends[name]] if name in friends else []
                assert wanted.admits(key, name) == any(r.public_key == key for r in known)
