"""I8 and I15: each way to change a ledger without a word, or to start it again from other numbers, is found."""

import pytest

from offset.base.entropy import SeededEntropy
from offset.core.funder.ledger.channel import Channel
from offset.core.funder.ledger.mutual_credit import MutualCredit, Pending
from offset.core.funder.ledger.reset import accept_terms, make_terms
from offset.crypto.identity import Identity
from offset.sim.judge.steps import page, step
from offset.sim.physics.violation import Violation
from offset.wire.friend import (
    CancelOp,
    CollectOp,
    CurrencyOperations,
    FriendsRoute,
    MoveToken,
    Operation,
    RequestOp,
    ResponseOp,
)

HERE, THERE = Identity(bytes(32)), Identity(bytes(31) + b"1")
ID, OTHER = bytes(16), bytes(15) + b"1"
REQUEST = RequestOp(ID, bytes(32), FriendsRoute(()), 5, 5, bytes(32), 2)
RESPONSE = ResponseOp(ID, bytes(32), True, bytes(16), bytes(64))


def channel(*, balance: int = 0, remote: dict[bytes, Pending] | None = None) -> Channel:
    """A channel with one credit, in which the friend has these requests."""
    found = Channel(HERE.public_key, THERE.public_key)
    credit = MutualCredit("FST", balance)
    credit.remote.update(remote or {})
    credit.remote_debt = sum(item.frozen for item in credit.remote.values())
    found.credits["FST"] = credit
    return found


def message(*ops: Operation) -> MoveToken:
    """A message that says this."""
    return MoveToken(
        bytes(64), (CurrencyOperations("FST", ops),), None, None, bytes(32), bytes(16), bytes(64)
    )


def between(before: Channel, now: Channel, *said: Operation) -> None:
    """Judge a step in which we say this."""
    now.outgoing = message(*said) if said else before.outgoing
    now.incoming = before.incoming
    step("A with B", page(before), page(now), None)


ASKED, PROMISED = {ID: Pending(REQUEST)}, {ID: Pending(REQUEST, RESPONSE)}
COLLECT = CollectOp(ID, bytes(32), bytes(32))


def test_true_steps_pass() -> None:
    """A promise, a collect that moves what was frozen, a cancel that moves nothing."""
    between(channel(remote=ASKED), channel(remote=PROMISED), RESPONSE)
    between(channel(remote=PROMISED), channel(balance=7), COLLECT)
    between(channel(remote=ASKED), channel(), CancelOp(ID))
    between(channel(remote=PROMISED), channel(), CancelOp(ID))
    between(channel(balance=3), channel(balance=3))


@pytest.mark.parametrize(
    "before, now, said",
    [
        (channel(), channel(balance=1), ()),
        (channel(remote=PROMISED), channel(balance=6), (COLLECT,)),
        (channel(remote=PROMISED), channel(balance=7), (CancelOp(ID),)),
        (channel(remote=ASKED), channel(balance=7), (COLLECT,)),
        (channel(remote=PROMISED), channel(remote=PROMISED), (RESPONSE,)),
        (channel(remote=PROMISED), channel(remote=ASKED), ()),
        (channel(remote=ASKED), channel(), ()),
        (channel(), channel(remote=ASKED), ()),
        (channel(), channel(), (CancelOp(OTHER),)),
    ],
    ids=[
        "a balance moves by itself",
        "less than was frozen",
        "a cancel that pays",
        "a collect before its promise",
        "a second promise",
        "a promise taken back",
        "a request that vanishes",
        "a request from nowhere",
        "an answer to nothing",
    ],
)
def test_silent_steps_are_found(before: Channel, now: Channel, said: tuple[Operation, ...]) -> None:
    """What moves without a word, or other than it was said, breaks I8."""
    with pytest.raises(Violation, match="I8"):
        between(before, now, *said)


def inconsistent(*, balance: int) -> Channel:
    """A channel whose ledgers disagree; the friend claims that it is owed 30."""
    found = channel(balance=balance, remote=ASKED)
    found.local_terms = make_terms(found, SeededEntropy(1))
    theirs = Channel(THERE.public_key, HERE.public_key)
    theirs.credits["FST"] = MutualCredit("FST", 30)
    found.remote_terms = make_terms(theirs, SeededEntropy(2))
    found.credits = {}
    return found


@pytest.mark.parametrize("error", [0, 1])
def test_restart(error: int) -> None:
    """I15: who accepts terms starts from the negated claim of the friend, and from nothing else."""
    found = inconsistent(balance=10)
    before = page(found)
    assert found.remote_terms is not None
    found.reset_wish = found.remote_terms.reset_token
    accept_terms(found, HERE, bytes(16), ())
    found.credits["FST"].balance += error
    if not error:
        step("A with B", before, page(found), None)
        return
    with pytest.raises(Violation, match="I15"):
        step("A with B", before, page(found), None)


@pytest.mark.parametrize("error", [0, 1])
def test_claims(error: int) -> None:
    """I15: what a side claims is its balance and all that the friend has frozen."""
    before = page(channel(balance=10, remote=ASKED))
    found = inconsistent(balance=10 + error)
    if not error:
        step("A with B", before, page(found), None)
        return
    with pytest.raises(Violation, match="I15"):
        step("A with B", before, page(found), None)


@pytest.mark.parametrize("error", [0, 1])
def test_a_successor(error: int) -> None:
    """I15: a new card is offered what the books with the old one say, whatever its own say."""
    former = page(channel(balance=10, remote=ASKED))
    step("A with C", page(channel()), page(inconsistent(balance=10)), None, former)
    step("A with C", page(channel()), page(inconsistent(balance=10)), None, page(inconsistent(balance=10)))
    with pytest.raises(Violation, match="I15"):
        step("A with C", page(channel()), page(inconsistent(balance=11)), None, former)
