"""Payments that do not come about: the buyer tries what is left, and says why."""

from typing import Any

import pytest
from msgspec.structs import replace

from app.purchases import (
    BOB,
    CAROL,
    DAVE,
    INVOICE,
    ONE,
    TWO,
    VIA_BOB,
    VIA_CAROL,
    VIA_DAVE,
    asked_kinds,
    asked_parts,
    part_over,
)
from offset.app import (
    Disconnected,
    NoIndexServer,
    NoRoute,
    NotEnoughCredit,
    NotPermitted,
    PaymentCanceled,
    PaymentRefused,
    PaymentUnfinished,
    Rate,
    TooExpensive,
)
from offset.app import paying as paying_module
from offset.app.errors import NoAnswer
from offset.testing import (
    APP,
    SELLER,
    FakeNode,
    commit_for,
    connected,
    consistent,
    friend_report,
    hang_up,
    identity,
    ignore,
    invoice,
    node_report,
    receipt_for,
    route,
    story,
)
from offset.wire import app
from offset.wire.index import Edge, MultiRoute, RequestRoutes

pytestmark = pytest.mark.usefixtures("quick")

# No route


@story
async def test_no_route() -> None:
    """When nothing leads to the seller that is said, and no payment begins."""
    async with connected() as (fake, node):
        with pytest.raises(NoRoute, match="no chain of friends"):
            await node.buyer.pay(INVOICE)
        assert set(asked_kinds(fake)) == {"RequestRoutes"}


@pytest.mark.parametrize(
    "friends, reason",
    [
        ({}, "no friend of this node uses FST with it; agree on that"),
        ({"bob": (True, "EUR")}, "no friend of this node uses FST with it; agree on that"),
        ({"bob": (False, "FST"), "ann": (False, "FST")}, r"are offline \(ann, bob\); try again when one"),
        (
            {"bob": (False, "FST"), "ann": (True, "FST")},
            "nobody between has enough credit in FST; try again later",
        ),
    ],
)
@story
async def test_what_is_in_the_way(friends: dict[str, tuple[bool, str]], reason: str) -> None:
    """When there is no route, the sentence says whether our own friends are the reason, and what can be done."""
    reports = {
        identity(name).public_key: friend_report(name, consistent(**{currency: (0, 0, 0)}), online=online)
        for name, (online, currency) in friends.items()
    }
    async with connected(FakeNode(node_report(reports))) as (_, node):
        with pytest.raises(NoRoute, match=reason):
            await node.buyer.pay(INVOICE)


@story
async def test_not_enough_credit() -> None:
    """When less would find its way, the buyer is told how much."""
    async with connected() as (fake, node):
        small = (MultiRoute((route(BOB, capacity=30),)),)
        fake.routes = [(), small]
        with pytest.raises(
            NotEnoughCredit, match=r"do not carry 50 FST now, but 30 FST at most: .* smaller invoice"
        ):
            await node.buyer.pay(INVOICE)
        assert [asked.capacity for asked in fake.asked_for(RequestRoutes)] == [50, 1]


@story
async def test_routes_that_carry_too_little() -> None:
    """Routes that a server offers though they carry too little are not tried."""
    async with connected() as (fake, node):
        fake.routes = [(MultiRoute((route(BOB, capacity=49),)), MultiRoute(()))]
        with pytest.raises(NotEnoughCredit, match="49 FST at most"):
            await node.buyer.pay(INVOICE)
        assert set(asked_kinds(fake)) == {"RequestRoutes"}


@story
async def test_too_expensive() -> None:
    """Fees above the buyer's limit are not paid; another multi-route below it is taken."""
    dear = MultiRoute((route(BOB, CAROL, rate=Rate(0, 9)),))
    cheap = MultiRoute((route(BOB, rate=Rate(0, 2)),))
    async with connected() as (fake, node):
        fake.routes = [(dear,)]
        with pytest.raises(TooExpensive, match="cost 9 FST in fees, more than the 5 allowed"):
            await node.buyer.pay(INVOICE, fees_max=5)
        assert set(asked_kinds(fake)) == {"RequestRoutes"}
        fake.routes = [(dear, cheap)]
        assert (await node.buyer.pay(INVOICE, fees_max=5)).fees == 2


@story
async def test_no_index_server() -> None:
    """Without anybody to ask for routes the payment does not begin."""
    async with connected(FakeNode(node_report(index_servers=(), connected=None))) as (_, node):
        with pytest.raises(NoIndexServer):
            await node.buyer.pay(INVOICE)


@pytest.mark.parametrize("missing", ["routes", "buyer"])
@story
async def test_permissions(missing: str) -> None:
    """Paying needs the permissions buyer and routes; what is missing is named."""
    allowed = {"routes": True, "buyer": True, "seller": True, "config": True, missing: False}
    trusted = {APP.public_key: app.AppPermissions(**allowed)}
    async with connected(FakeNode(trusted=trusted)) as (fake, node):
        fake.routes = [ONE]
        with pytest.raises(NotPermitted, match=missing):
            await node.buyer.pay(INVOICE)


# Failure


@story
async def test_05_d14_early_failure() -> None:
    """A failure that comes before anything else, even the acknowledgement, is not lost."""

    def fail(fake: FakeNode, conn: int, message: Any) -> None:
        fake.tell(conn, app.TransactionResult(message.app_request.request_id, app.FAILURE))
        fake.ack(message)

    async with connected() as (fake, node):
        fake.routes = [ONE]
        fake.script[app.CreateTransaction] = fail
        with pytest.raises(PaymentRefused):
            await node.buyer.pay(INVOICE)


@story
async def test_next_multi_route() -> None:
    """After a failure the next multi-route is tried, in a new payment, once the old one is cancelled and forgotten."""
    async with connected() as (fake, node):
        fake.routes = [(MultiRoute((VIA_BOB,)), MultiRoute((VIA_CAROL,)))]
        fake.results = [app.FAILURE]
        payment = await node.buyer.pay(INVOICE)
        assert asked_kinds(fake) == [
            "RequestRoutes",
            *("CreatePayment", "CreateTransaction", "RequestClosePayment", "AckClosePayment"),
            *("CreatePayment", "CreateTransaction"),
        ]
        first, second = fake.asked_for(app.CreatePayment)
        assert first.payment_id != second.payment_id == payment.payment_id
        assert asked_parts(fake) == [part_over(VIA_BOB, 50), part_over(VIA_CAROL, 50)]
        assert list(fake.payments) == [payment.payment_id]


@story
async def test_new_routes() -> None:
    """When all that was offered has failed, new routes are asked for, without an edge of the one that failed."""
    async with connected() as (fake, node):
        fake.routes = [(MultiRoute((VIA_CAROL,)),), (MultiRoute((VIA_CAROL,)), MultiRoute((VIA_DAVE,)))]
        fake.results = [app.FAILURE]
        await node.buyer.pay(INVOICE)
        assert [asked.opt_exclude for asked in fake.asked_for(RequestRoutes)] == [None, Edge(BOB, CAROL)]
        assert asked_parts(fake) == [part_over(VIA_CAROL, 50), part_over(VIA_DAVE, 50)]


@story
async def test_same_route_again() -> None:
    """In the end a route that failed is tried once more: what was in its way may be gone."""
    async with connected() as (fake, node):
        fake.routes = [ONE, (), ONE]
        fake.results = [app.FAILURE]
        await node.buyer.pay(INVOICE)
        assert [asked.opt_exclude for asked in fake.asked_for(RequestRoutes)] == [
            None,
            Edge(BOB, SELLER.public_key),
            None,
        ]
        assert asked_parts(fake) == [part_over(VIA_BOB, 50)] * 2


@story
async def test_always_refused() -> None:
    """A payment that fails on every route ends, after a few attempts, with nothing left in the node."""
    async with connected() as (fake, node):
        fake.routes = [(MultiRoute((VIA_BOB,)), MultiRoute((VIA_CAROL,)), MultiRoute((VIA_DAVE,)))]
        fake.results = [app.FAILURE] * 100
        with pytest.raises(PaymentRefused, match="refused on all routes") as caught:
            await node.buyer.pay(INVOICE)
        assert caught.value.payment_id is None
        assert fake.payments == {}
        assert 3 <= len(asked_parts(fake)) <= paying_module.ATTEMPTS_MAX


@story
async def test_last_one_is_kept() -> None:
    """If it is wanted, the last payment that was cancelled stays in the node, and can be asked for by its id."""
    async with connected() as (fake, node):
        fake.routes = [ONE]
        fake.results = [app.FAILURE] * 100
        begun: list[bytes] = []
        with pytest.raises(PaymentRefused) as caught:
            await node.buyer.pay(
                INVOICE, began=lambda payment_id, fees: begun.append(payment_id), keep_canceled=True
            )
        assert list(fake.payments) == [begun[-1]] == [caught.value.payment_id]
        with pytest.raises(PaymentCanceled):
            await node.buyer.receipt(begun[-1], 20)
        assert fake.payments == {}


@story
async def test_missing_part_takes_another_way() -> None:
    """When a part fails and others have arrived, what is missing goes another way in the same payment."""
    async with connected() as (fake, node):
        divided = (MultiRoute((route(BOB, CAROL, capacity=40), route(BOB, DAVE, capacity=30))),)
        fake.routes = [divided, (MultiRoute((route(BOB, rate=Rate(0, 1)),)),)]
        part = app.Complete(commit_for(INVOICE))
        fake.results = [app.FAILURE, app.SUCCESS, part]
        payment = await node.buyer.pay(INVOICE)
        assert len(fake.payments) == 1
        assert "RequestClosePayment" not in asked_kinds(fake)
        (first, second, third) = asked_parts(fake)
        assert first[1] + second[1] == 50
        assert third == part_over(VIA_BOB, first[1], 1)
        assert payment.fees == 1
        assert fake.asked_for(RequestRoutes)[1].capacity == first[1]


@story
async def test_missing_part_finds_no_way() -> None:
    """When what is missing finds no way, the payment is left open and closed for more: its parts come back later."""
    async with connected() as (fake, node):
        divided = (MultiRoute((route(BOB, CAROL, capacity=40), route(BOB, DAVE, capacity=30))),)
        fake.routes = [divided, ()]
        fake.results = [app.FAILURE, app.SUCCESS]
        with pytest.raises(PaymentUnfinished, match="a part of it found no way") as caught:
            await node.buyer.pay(INVOICE)
        (payment_id,) = fake.payments
        assert caught.value.payment_id == payment_id
        assert fake.payments[payment_id].is_closed


@story
async def test_silence() -> None:
    """A part that is never answered ends the attempt when the time is over, with the payment closed for more."""
    async with connected() as (fake, node):
        fake.routes = [ONE]
        fake.results = [None]
        with pytest.raises(PaymentUnfinished, match="still under way") as caught:
            await node.buyer.pay(INVOICE, timeout_s=0.1)
        (payment_id,) = fake.payments
        assert caught.value.payment_id == payment_id
        assert fake.payments[payment_id].is_closed
        assert len(node._session.transactions) == 0


@pytest.mark.parametrize(
    "results, routes",
    [
        ([None], [ONE]),
        ([app.SUCCESS], [ONE]),
        ([app.FAILURE, app.SUCCESS], [TWO, ()]),
        ([app.Complete(commit_for(invoice(51)))], [ONE]),
    ],
    ids=["silence", "the seller wants more", "a part found no way", "another invoice"],
)
@story
async def test_d23_a_payment_that_failed_is_closed(results: list[Any], routes: list[Any]) -> None:
    """However a payment fails, it takes no more parts, and a commit that comes later is given to nobody."""
    async with connected() as (fake, node):
        fake.routes, fake.results = routes, results
        with pytest.raises(PaymentUnfinished):
            await node.buyer.pay(INVOICE, timeout_s=0.2)
        (payment,) = fake.payments.values()
        assert payment.is_closed
        for request_id in payment.open:
            late = app.TransactionResult(request_id, app.Complete(commit_for(INVOICE)))
            fake.do(lambda late=late: [fake.tell(conn, late) for conn in fake.conns])
        assert isinstance(fake.requests[-1], app.RequestClosePayment)
        assert len(node._session.transactions) == 0


@story
async def test_deaf_node() -> None:
    """Even with a node that answers nothing any more, a payment ends in time."""
    async with connected() as (fake, node):
        fake.routes = [ONE]
        for kind in (app.CreatePayment, app.CreateTransaction, app.RequestClosePayment):
            fake.script[kind] = ignore
        with pytest.raises(PaymentUnfinished):
            await node.buyer.pay(INVOICE, timeout_s=0.1)


@story
async def test_no_time() -> None:
    """Without time nothing begins."""
    async with connected() as (fake, node):
        with pytest.raises(NoAnswer):
            await node.buyer.pay(INVOICE, timeout_s=0)
        assert fake.requests == []


@story
async def test_seller_that_wants_more() -> None:
    """All parts arrived and no commit: the seller's invoice is another one; the payment is not repeated."""
    async with connected() as (fake, node):
        fake.routes = [ONE]
        fake.results = [app.SUCCESS]
        with pytest.raises(PaymentUnfinished, match="waits for more"):
            await node.buyer.pay(INVOICE)
        assert len(asked_parts(fake)) == 1


@story
async def test_payment_that_did_not_begin() -> None:
    """A node that refuses to open the payment is found out when it is closed."""

    def fail(fake: FakeNode, conn: int, message: Any) -> None:
        fake.ack(message)
        fake.tell(conn, app.TransactionResult(message.app_request.request_id, app.FAILURE))

    async with connected() as (fake, node):
        fake.routes = [ONE]
        fake.script[app.CreatePayment] = lambda fake, conn, message: fake.ack(message)
        fake.script[app.CreateTransaction] = fail
        with pytest.raises(PaymentRefused, match="did not begin the payment"):
            await node.buyer.pay(INVOICE)


@pytest.mark.parametrize(
    "status, reason",
    [
        (None, "did not say how it ended"),
        (app.PaymentStatusSuccess(receipt_for(INVOICE), b"a" * 16), "calls it paid"),
    ],
)
@story
async def test_end_that_nobody_understands(status: Any, reason: str) -> None:
    """When all parts failed and the node does not say that the payment is cancelled, it is not tried again."""

    def close(fake: FakeNode, conn: int, message: Any) -> None:
        if status is not None:
            fake.tell(conn, app.ResponseClosePayment(message.app_request.payment_id, status))

    async with connected() as (fake, node):
        fake.routes = [ONE]
        fake.results = [app.FAILURE]
        fake.script[app.RequestClosePayment] = close
        with pytest.raises(PaymentUnfinished, match=reason):
            await node.buyer.pay(INVOICE, timeout_s=0.5)
        assert len(asked_parts(fake)) == 1


@pytest.mark.parametrize(
    "other", [invoice(51), invoice(50, name="dinner"), app.AddInvoice(INVOICE.invoice_id, "EUR", 50)]
)
@story
async def test_05_d20_commit_for_something_else(other: Any) -> None:
    """A commit that is not for this invoice, its amount and its currency is not handed out."""
    wrong = (
        replace(commit_for(INVOICE), currency="EUR")
        if isinstance(other, app.AddInvoice)
        else commit_for(other)
    )
    async with connected() as (fake, node):
        fake.routes = [ONE]
        fake.results = [app.Complete(wrong)]
        with pytest.raises(PaymentUnfinished, match="another invoice"):
            await node.buyer.pay(INVOICE)


@story
async def test_lost_connection() -> None:
    """A connection that breaks in the middle ends the payment, which stays in the node under its id."""
    async with connected() as (fake, node):
        fake.routes = [ONE]
        fake.script[app.CreateTransaction] = hang_up
        begun: list[bytes] = []
        with pytest.raises(Disconnected):
            await node.buyer.pay(INVOICE, began=lambda payment_id, fees: begun.append(payment_id))
        assert list(fake.payments) == begun
