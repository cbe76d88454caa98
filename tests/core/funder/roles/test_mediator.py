"""Passing on requests (spec 03, 3.3)."""

import pytest

from offset.base.credits import Rate
from offset.base.limits import U32_MAX, U128_MAX
from offset.core.funder.roles import mediator
from offset.wire import app
from offset.wire.friend import CancelOp, RequestOp
from support.ledger import FST, World
from support.ledger_peer import Peer


class Passage:
    """A mediator between two outsiders."""

    def __init__(self, limit: int = 1000) -> None:
        self.world = World("m")
        self.sender = Peer(self.world, "x", "m", limit=limit)
        self.onward = Peer(self.world, "y", "m")
        self._ids = 0

    def ask(self, amount: int, fees: int = 0, route: tuple[bytes, ...] | None = None) -> RequestOp:
        self._ids += 1
        keys = (self.onward.key, bytes(32)) if route is None else route
        request = self.sender.request(self._ids, amount, fees=fees, route=keys)
        self.sender.say("m", request)
        self.onward.hear()
        return request

    def passed(self, request: RequestOp) -> RequestOp | None:
        """How the request came out, or None if it was cancelled."""
        found = [taken.op for taken in self.onward.taken if taken.op.request_id == request.request_id]
        self.sender.get_token("m")
        if not found:
            assert self.sender.answers()[request.request_id] is CancelOp
            return None
        (op,) = found
        assert isinstance(op, RequestOp)
        return op

    def rate(self, rate: Rate) -> None:
        self.world.control("m", app.SetFriendCurrencyRate(self.sender.key, FST, rate))


@pytest.mark.parametrize(
    "rate, amount, fee",
    [
        (Rate(0, 0), 10, 0),
        (Rate(0, 5), 15, 5),
        (Rate(2**31, 0), 7, 3),
        (Rate(2**32 - 1, 0), 10, 9),
        (Rate(2**31, 2), 10, 7),
    ],
)
def test_fee_is_taken_from_what_is_left(rate: Rate, amount: int, fee: int) -> None:
    """The rate of the friend that asks applies to the amount alone; the rest of the fees goes on (spec 03, 1.5)."""
    passage = Passage()
    passage.rate(rate)
    passage.world.control("m", app.SetFriendCurrencyRate(passage.onward.key, FST, Rate(0, 100)))
    request = passage.ask(amount, fee + 4)
    passed = passage.passed(request)
    assert passed is not None
    assert passed.left_fees == 4
    assert passed.route.public_keys == (bytes(32),)
    for field in ("request_id", "src_hashed_lock", "dest_payment", "total_dest_payment", "invoice_id"):
        assert getattr(passed, field) == getattr(request, field)
    if fee:
        assert passage.passed(passage.ask(amount, fee - 1)) is None


def test_huge_fee_is_only_too_much() -> None:
    """The largest rate on the largest amount is computed as any other."""
    passage = Passage(limit=U128_MAX)
    rate = Rate(U32_MAX, U32_MAX)
    passage.rate(rate)
    fee = rate.fee(2**125)
    assert passage.passed(passage.ask(2**125, fee - 1)) is None
    assert passage.passed(passage.ask(2**125, fee)) is not None


def test_over_the_limit_is_cancelled() -> None:
    """More than the friend may owe is not passed on."""
    passage = Passage(limit=10)
    assert passage.passed(passage.ask(10)) is not None
    assert passage.passed(passage.ask(1)) is None


@pytest.mark.parametrize("closed", ["sender", "onward"])
def test_both_friends_must_be_open(closed: str) -> None:
    """A currency closed on either side carries no requests of others."""
    passage = Passage()
    key = getattr(passage, closed).key
    passage.world.control("m", app.CloseFriendCurrency(key, FST))
    assert passage.passed(passage.ask(10)) is None
    passage.world.control("m", app.OpenFriendCurrency(key, FST))
    assert passage.passed(passage.ask(10)) is not None


def test_next_node_must_be_a_friend_that_is_there() -> None:
    """Strangers and friends that are away get nothing."""
    passage = Passage()
    assert passage.passed(passage.ask(10, route=(bytes(32),))) is None
    passage.onward.offline("m")
    assert passage.passed(passage.ask(10)) is None
    passage.onward.online("m")
    passage.onward.say("m")
    assert passage.passed(passage.ask(10)) is not None


def test_own_request_id_is_not_passed_on() -> None:
    """A request under the id of one of our own is cancelled, unless it has come round to us as its seller (D2, D4)."""
    passage = Passage()
    world, onward = passage.world, passage.onward
    payment_id = bytes(16)
    world.control("m", app.CreatePayment(payment_id, bytes(32), FST, 10, onward.key))
    keys = (world["m"].key, onward.key)
    request_id = (1).to_bytes(16, "big")
    route = app.FriendsRoute(keys)
    world.control("m", app.CreateTransaction(payment_id, request_id, route, 10, 0))
    assert world["m"].refusal is None
    request = passage.sender.request(1, 10, route=(onward.key,))
    passage.sender.say("m", request)
    passage.sender.get_token("m")
    assert passage.sender.answers() == {request_id: CancelOp}


def test_queue_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests that wait for the token of one friend are bounded."""
    monkeypatch.setattr(mediator, "FORWARDED_REQUESTS_PER_FRIEND_MAX", 2)
    passage = Passage()
    passage.ask(1)  # takes the token of the onward friend along
    waiting = [passage.ask(1) for _ in range(3)]
    passage.sender.get_token("m")
    assert passage.sender.answers() == {waiting[2].request_id: CancelOp}
