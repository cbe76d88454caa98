"""Passing on requests (spec 03, 3.3)."""

import pytest

from offset.base.credits import Rate
from offset.base.limits import FORWARDED_KEY_BYTES, FORWARDED_REQUEST_BYTES, U32_MAX, U128_MAX
from offset.core.funder.ledger import mutual_credit
from offset.core.funder.roles import mediator
from offset.core.funder.state import passed_on
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
    """A friend gets a share of the queue for another, and of what is free in it: FORWARDED_REQUESTS_PER_FRIEND_MAX."""
    monkeypatch.setattr(mediator, "FORWARDED_REQUESTS_PER_FRIEND_MAX", 18)
    passage = Passage()
    passage.ask(1)  # takes the token of the onward friend along
    waiting = [passage.ask(1) for _ in range(3)]
    passage.sender.get_token("m")
    assert passage.sender.answers() == {waiting[2].request_id: CancelOp}
    other = Peer(passage.world, "z", "m")
    request = other.request(90, 1, route=(passage.onward.key, bytes(32)))
    other.say("m", request)
    other.get_token("m")
    assert other.answers() == {}, "there is room for others"


# Slots cost trust, and are shared


def jam(world: World, evil: Peer, sink: Peer, amount: int, count: int) -> int:
    """A friend of m asks for what a friend of c never answers. Returns how many requests are under way between them."""
    route = (world["c"].key, sink.key)
    for _ in range(count):
        evil.say("m", evil.request(evil.entropy.bytes(16), amount, route=route, invoice_id=bytes(32)))
        world.settle()
    return len(world["m"].credit(world["c"]).local)


@pytest.mark.parametrize("amount, limit, taken", [(0, 0, 0), (1, 1000, 8)], ids=["free", "with credit"])
def test_nobody_fills_the_slots_between_two_others(
    monkeypatch: pytest.MonkeyPatch, amount: int, limit: int, taken: int
) -> None:
    """A stranger's requests of 0 credits are not passed on; a friend with credit gets its share of
    PENDING_PER_FRIEND_MAX: afterwards an honest payment goes through.
    """
    monkeypatch.setattr(mediator, "PENDING_PER_FRIEND_MAX", 64)
    monkeypatch.setattr(mutual_credit, "PENDING_PER_FRIEND_MAX", 64)
    world = World("amc")
    world.chain()
    evil, sink = Peer(world, "evil", "m", limit=limit), Peer(world, "sink", "c")
    assert jam(world, evil, sink, amount, 40) == taken
    payment_id = world.pay("amc", 10)
    (status,) = [
        result.status
        for result in world["a"].results
        if isinstance(result, app.ResponseClosePayment) and result.payment_id == payment_id
    ]
    assert isinstance(status, app.PaymentStatusSuccess)


def test_what_many_ask_leaves_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Friends who ask for all they can get leave room for a newcomer, however many they are."""
    monkeypatch.setattr(mediator, "PENDING_PER_FRIEND_MAX", 64)
    world = World("m")
    sink = Peer(world, "sink", "m")
    askers = [Peer(world, name, "m") for name in "stuvwxyz"]
    for asker in askers:
        asker.say("m", *[asker.request(asker.entropy.bytes(16), 1, route=(sink.key,)) for _ in range(12)])
    taken = world["m"].friend(sink.key).slots_used()
    assert 30 < taken < 64
    newcomer = Peer(world, "newcomer", "m")
    newcomer.say("m", newcomer.request(1, 1, route=(sink.key,)))
    assert world["m"].friend(sink.key).slots_used() == taken + 1


def test_memory_is_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Long routes take more of FORWARDED_BYTES_MAX than short ones; beyond its share a friend is refused."""
    monkeypatch.setattr(
        passed_on, "FORWARDED_BYTES_MAX", 9 * (FORWARDED_REQUEST_BYTES + 30 * FORWARDED_KEY_BYTES)
    )
    passage = Passage()
    keys = tuple(number.to_bytes(32, "big") for number in range(30))
    assert passage.passed(passage.ask(1, route=(passage.onward.key, *keys))) is not None
    assert passage.passed(passage.ask(1, route=(passage.onward.key, *keys))) is None
    passage.onward.say("m", CancelOp((1).to_bytes(16, "big")))
    assert passage.passed(passage.ask(1, route=(passage.onward.key, *keys))) is not None


def test_a_payment_of_nothing_works_over_one_mediator() -> None:
    """The seller's own friend passes it on, since there it takes a slot of nobody else; others cancel it."""
    world = World("amns")
    world.chain()
    for route, expected in (("mns", app.Complete), ("amns", app.Failure)):
        invoice_id = world.invoice("s", 0)
        part = world.part(world.payment(route[0], "s", invoice_id, 0), route, 0)
        world.settle()
        (result,) = [item.result for item in world[route[0]].results if item.request_id == part]
        assert isinstance(result, expected)
