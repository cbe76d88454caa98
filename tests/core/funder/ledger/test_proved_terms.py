"""Terms are proved by our own signature, or the difference is told."""

from __future__ import annotations

import msgspec
import pytest

from offset.core.funder.friend.sender import claims
from offset.core.funder.ledger.proved_terms import NOT_OURS, OLD_COUNT, OLD_LIFE, OLDER, unproved
from offset.core.funder.records import Mark
from offset.crypto.lives import FIRST_LIFE, LifeCipher
from offset.wire import app
from offset.wire.friend import CurrencyBalance, ResetTerms
from offset.wire.orders import ResetByProof
from offset.wire.report import MoveTokenHashedReport
from support.ledger import FST, World


@pytest.fixture
def world() -> World:
    """a owes b 10, and b holds what a signed last."""
    world = World("ab")
    world.chain()
    world.pay("ab", 10)
    agree(world)
    return world


def agree(world: World) -> None:
    """The token goes to and fro, so that each has signed what stands between them."""
    for _ in range(2):
        world.reconnect("a", "b")
        world.settle()


def signed(world: World) -> MoveTokenHashedReport:
    """What a signed to b last, as b exports it."""
    found = world["b"].friend(world["a"]).channel.incoming
    assert found is not None
    return found


def terms(balance: int | None, count: int = 1) -> ResetTerms:
    """As b sees it; None: b knows of no such currency."""
    listed = () if balance is None else (CurrencyBalance(FST, balance),)
    return ResetTerms(bytes(64), count, listed)


def told(
    world: World,
    offered: ResetTerms,
    token: MoveTokenHashedReport | None = None,
    floor: int = 0,
    *,
    has_told: bool = True,
    mark: Mark | None = None,
) -> str | None:
    """Why a is not to accept."""
    node = world["a"]
    return unproved(
        node.friend(world["b"]).channel,
        offered,
        signed(world) if token is None else token,
        lives=LifeCipher(node.identity),
        floor=floor,
        now=FIRST_LIFE,
        has_told=has_told,
        mark=mark,
    )


def test_equal_or_better(world: World) -> None:
    """Who gives more than we agreed to may do so."""
    assert told(world, terms(10)) is None
    assert told(world, terms(3)) is None


def test_worse(world: World) -> None:
    """The sentence has both numbers, also for a currency that only one side names."""
    assert "we would have -11 FST instead of -10" in str(told(world, terms(11)))
    assert "accept without --proof" in str(told(world, terms(11)))
    other = ResetTerms(bytes(64), 1, (CurrencyBalance("USD", 5), CurrencyBalance(FST, 10)))
    assert "we would have -5 USD instead of +0" in str(told(world, other))
    world.pay("ba", 30)
    agree(world)
    assert "we would have +0 FST instead of +20" in str(told(world, terms(None)))


def test_what_proves_nothing(world: World) -> None:
    """Of another pair, with another signature, of before a reset, or of a life below the floor."""
    token = signed(world)
    info = token.token_info
    turned = msgspec.structs.replace(
        info.mc, local_public_key=info.mc.remote_public_key, remote_public_key=info.mc.local_public_key
    )
    replace = msgspec.structs.replace
    assert told(world, terms(10), replace(token, token_info=replace(info, mc=turned))) == NOT_OURS
    assert told(world, terms(10), replace(token, new_token=bytes(64))) == NOT_OURS
    assert told(world, terms(10), replace(token, rand_nonce=bytes(16))) == NOT_OURS
    assert told(world, terms(10, count=2)) == OLD_COUNT
    life = LifeCipher(world["a"].identity).open(token.rand_nonce, 2**33).life
    assert life
    assert told(world, terms(10), floor=2**33) == OLD_LIFE


def test_an_old_signature_proves_nothing_against_whole_books(world: World) -> None:
    """A friend that breaks the channel, and shows what we signed before it came to owe us."""
    old = signed(world)
    world.pay("ba", 70)
    agree(world)
    node, key = world["a"], world["b"].key
    offered = ResetTerms(bytes([1]) * 64, 1, (CurrencyBalance(FST, 10),))
    world.took(node, node.funder.friend_message(key, offered))
    world.control("a", ResetByProof(key, offered.reset_token, old))
    assert node.refusal == (
        "by these terms we would have -10 FST instead of +60, which is what our books say: ask the friend why, or "
        "accept without --proof"
    )


def test_a_token_that_is_older_than_a_copy(world: World) -> None:
    """Books from a copy are not whole, but what they know counts; and what the kit knew of the friend's messages."""
    old = signed(world)
    life = LifeCipher(world["a"].identity).open(old.rand_nonce, 2**33).life
    node, friend = world["a"], world["b"]
    channel = node.friend(friend).channel
    counters = old.token_info.counters

    def why(mark: Mark | None = None) -> str | None:
        return unproved(
            channel,
            terms(10),
            old,
            lives=LifeCipher(node.identity),
            floor=life,
            now=2**33,
            mark=mark,
            has_told=False,
        )

    assert why() is None
    assert why(Mark(0, counters.move_token_counter + 1)) is None
    assert why(Mark(0, counters.move_token_counter + 2)) == OLDER
    assert why(Mark(1, 0)) == OLDER
    world.pay("ba", 1)
    agree(world)
    assert why() == OLDER
    # Books from before the friendship began anew know of other numbers.
    assert told(world, terms(10), old, has_told=False) is None


def test_an_owner_accepts_by_proof(world: World) -> None:
    """The node refuses with the difference, and accepts when there is none."""
    token = signed(world)
    for name, other in ("ab", "ba"):
        turn = world[name].funder.friend_message(
            world[other].key, ResetTerms(bytes([7]) * 64, 1, (CurrencyBalance(FST, 0),))
        )
        world.took(world[name], turn)
    world.settle()
    ours = world["a"].friend(world["b"]).channel
    assert not ours.is_consistent
    assert ours.remote_terms is not None
    assert claims(world["b"].friend(world["a"]).channel) == {FST: 10}
    wrong = msgspec.structs.replace(token, new_token=bytes(64))
    key = world["b"].key
    world.control("a", ResetByProof(key, ours.remote_terms.reset_token, wrong))
    assert world["a"].refusal == NOT_OURS
    world.control("a", ResetByProof(key, bytes(64), token))
    assert "new terms" in str(world["a"].refusal)
    world.control("a", ResetByProof(key, ours.remote_terms.reset_token, token))
    world.settle()
    assert world["a"].credit(world["b"]).balance == -10
    world.control("a", ResetByProof(key, bytes(64), token))
    assert "consistent" in str(world["a"].refusal)
    world.control("a", app.EnableFriend(key))
