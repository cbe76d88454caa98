"""What was never said to a friend that keeps the token does not wait for ever."""

from __future__ import annotations

import pytest

from offset.base.limits import TOKEN_OWED_MS
from offset.core.funder.state.views import published
from offset.engine.token_timeouts import TokenTimeouts
from offset.wire import app
from offset.wire.friend import CancelOp, RequestOp
from support.ledger import World
from support.ledger_peer import Peer

EARLY = TOKEN_OWED_MS - 1


class Keeping:
    """m, its friend a, and a peer that keeps the token of m."""

    def __init__(self) -> None:
        self.world = World("am")
        self.world.chain()
        self.peer = Peer(self.world, "keeper", "m")
        self.node = self.world["m"]
        self.timeouts = TokenTimeouts(self.node.funder)
        self.peer.get_token("m")

    def look(self, now: int) -> None:
        """What the engine does after each turn."""
        self.timeouts.look(self.node.state.friends, now)

    def ask(self, name: str) -> bytes:
        """a or m pays the peer; it waits in the queue of m."""
        request = app.CreatePayment(self.world.fresh(16), bytes(32), "FST", 10, self.peer.key)
        self.world.control(name, request)
        keys = tuple(self.world[hop].key for hop in "am" if hop >= name)
        part = app.CreateTransaction(
            request.payment_id, self.world.fresh(16), app.FriendsRoute((*keys, self.peer.key)), 10, 0
        )
        self.world.control(name, part)
        self.world.settle()
        return part.request_id

    def time_out(self, now: int) -> bool:
        """Carry out what is due."""
        friend = self.timeouts.pop(now)
        if friend is None:
            return False
        self.world.took(self.node, self.node.funder.overdue(friend))
        self.world.settle()
        return True


@pytest.mark.parametrize("name", "am")
def test_what_waits_is_given_back(name: str) -> None:
    """After its time and not before, towards where it came from: a friend or our own apps."""
    keeping = Keeping()
    request_id = keeping.ask(name)
    keeping.look(0)
    assert not keeping.time_out(EARLY)
    assert app.TransactionResult(request_id, app.FAILURE) not in keeping.world[name].results
    assert keeping.time_out(TOKEN_OWED_MS)
    assert app.TransactionResult(request_id, app.FAILURE) in keeping.world[name].results
    assert keeping.world["a"].credit(keeping.node).local_debt == 0
    assert keeping.timeouts.deadline() is None


def test_nothing_is_taken_for_it_or_published_until_the_token_is_back() -> None:
    """A friend that keeps the token is neither ready nor offered; once it gives it back all is as before."""
    keeping = Keeping()
    keeping.ask("m")
    keeping.look(0)
    friend = keeping.node.friend(keeping.peer.key)
    assert "FST" in published(friend)
    keeping.time_out(TOKEN_OWED_MS)
    assert published(friend) == {}
    refused = keeping.ask("m")
    assert (
        keeping.node.refusal == "the first friend of the route keeps the token, so nothing can be said to it"
    )
    assert app.TransactionResult(refused, app.FAILURE) in keeping.node.results
    failed = keeping.ask("a")
    assert app.TransactionResult(failed, app.FAILURE) in keeping.world["a"].results
    keeping.peer.say("m")
    keeping.peer.hear()
    assert "FST" in published(friend)
    keeping.ask("m")
    assert keeping.node.refusal is None


def test_what_was_said_is_never_given_back() -> None:
    """The friend may have passed it on; only its answer ends it."""
    keeping = Keeping()
    keeping.peer.say("m")
    request_id = keeping.ask("a")
    keeping.peer.hear()
    keeping.ask("a")
    keeping.look(0)
    assert keeping.time_out(TOKEN_OWED_MS)
    (pending,) = keeping.node.credit(keeping.peer.key).local
    assert pending == request_id
    assert keeping.world["a"].credit(keeping.node).local_debt == 10


def test_a_token_that_comes_back_begins_the_time_anew() -> None:
    """A busy friend that always gives it back is never overdue, however long it is asked."""
    keeping = Keeping()
    now = 0
    for _ in range(3):
        keeping.ask("a")
        keeping.look(now)
        now += EARLY
        assert not keeping.time_out(now)
        requests = [taken.op for taken in keeping.peer.taken if isinstance(taken.op, RequestOp)]
        keeping.peer.say("m", *[CancelOp(op.request_id) for op in requests])
        keeping.peer.taken.clear()
        keeping.peer.hear()
        keeping.look(now)
