"""stctrl buyer against a fake node: paying, going on with it, its files, and every way to fail."""

import json
from typing import Any

import click
import pytest

from offset.base import base64url
from offset.base.credits import Rate
from offset.programs.stctrl import buyer
from offset.programs.stctrl.root import stctrl
from offset.testing import (
    FRIEND,
    ROUTE,
    FakeNode,
    commit_for,
    friend_report,
    hang_up,
    identity,
    ignore,
    invoice,
    node_report,
    receipt_for,
    route,
)
from offset.wire import app
from offset.wire.common import RelayAddress
from offset.wire.files import (
    PaymentFile,
    format_invoice,
    format_payment,
    parse_commit,
    parse_payment,
    parse_receipt,
)
from offset.wire.index import MultiRoute, RequestRoutes
from support.commands import one_sentence
from support.desk import Desk, Open

BOB, CAROL = FRIEND.public_key, identity("carol").public_key
RELAYS = (RelayAddress(CAROL, "r:1"),)

PAY = "buyer pay-invoice -i a.invoice -p a.payment -c a.commit"
RESUME = f"{PAY} --resume"
STATUS = "buyer payment-status -p a.payment -r a.receipt"


def test_registered() -> None:
    """`stctrl buyer` is this group of commands."""
    with click.Context(stctrl) as context:
        assert stctrl.get_command(context, "buyer") is buyer.group


@pytest.fixture
def buying(desk: Desk) -> Desk:
    """A desk with an invoice, and a route to its seller."""
    desk.put("a.invoice", format_invoice(invoice()))
    desk.fake.routes = [(MultiRoute((ROUTE,)),)]
    return desk


def test_pay_invoice(buying: Desk) -> None:
    """A payment prints its fees and its success, and makes the payment file and the commit file."""
    buying.fake.routes = [(MultiRoute((route(BOB, rate=Rate(0, 3)),)),)]
    assert buying.good(PAY) == "Total fees: 3\nPayment successful!\n"
    (payment_id,) = buying.fake.payments
    assert parse_payment(buying.text("a.payment")).payment_id == payment_id
    assert parse_commit(buying.text("a.commit")) == commit_for(invoice())


def test_payment_file_comes_first(buying: Desk) -> None:
    """The payment file is there before the node hears of the payment."""
    seen = []

    def create(fake: FakeNode, conn: int, message: Any) -> None:
        seen.append(parse_payment(buying.text("a.payment")).payment_id == message.app_request.payment_id)
        hang_up(fake, conn, message)

    buying.fake.script[app.CreatePayment] = create
    assert "connection" in buying.bad(PAY)
    assert seen == [True]
    assert not buying.has("a.commit")


def test_pay_for_scripts(buying: Desk) -> None:
    """With --json the result of a payment is one value."""
    value = json.loads(buying.good(f"{PAY} --json"))
    (payment_id,) = buying.fake.payments
    assert value == {
        "payment_id": base64url.encode(payment_id),
        "fees": "0",
        "payment": "a.payment",
        "commit": "a.commit",
    }


@pytest.mark.parametrize(
    "name, reason",
    [("a.payment", "a.payment exists already"), ("a.commit", "a.commit exists already")],
)
def test_pay_overwrites_nothing(name: str, reason: str, buying: Desk) -> None:
    """Files that are there are not overwritten, and then nothing is paid."""
    buying.put(name, "precious")
    assert reason in buying.bad(PAY)
    assert buying.text(name) == "precious"
    assert buying.fake.requests == []


def test_pay_without_route(buying: Desk) -> None:
    """Without a route nothing begins, and there is no payment file."""
    buying.fake.routes = [()]
    assert "no chain of friends" in buying.bad(PAY)
    assert not buying.has("a.payment")


def test_pay_too_dear(buying: Desk) -> None:
    """Fees above --max-fees are not paid."""
    buying.fake.routes = [(MultiRoute((route(BOB, rate=Rate(0, 3)),)),)]
    assert "cost 3 FST in fees" in buying.bad(f"{PAY} --max-fees 2")
    assert not buying.has("a.payment")


def test_05_d13_pay_without_index_server(open_desk: Open) -> None:
    """Without an index server a payment fails; the reference waits for ever."""
    desk = open_desk(node_report(index_servers=(), connected=None))
    desk.put("a.invoice", format_invoice(invoice()))
    assert "no index server" in desk.bad(PAY)
    assert not desk.has("a.payment")


OFFLINE = node_report({BOB: friend_report(online=False)})
NOBODY = node_report({})
LONELY = node_report(index_servers=(), connected=None)
UNREACHED = node_report(connected=None)


@pytest.mark.parametrize(
    "report, carries, results, options, reason, remedy",
    [
        (
            None,
            0,
            [],
            "",
            "nobody between has enough credit in FST",
            "try again later, or find a friend nearer",
        ),
        (OFFLINE, 0, [], "", "the friends with FST are offline (bob)", "try again when one of them is back"),
        (
            NOBODY,
            0,
            [],
            "",
            "no friend of this node uses FST with it",
            "agree on that with one of them first",
        ),
        (
            None,
            30,
            [],
            "",
            "do not carry 50 FST now, but 30 FST at most",
            "get higher limits from your friends",
        ),
        (
            None,
            50,
            [],
            "--max-fees 2",
            "cost 3 FST in fees, more than the 2 allowed",
            "allow more, or try again",
        ),
        (LONELY, 50, [], "", "has no index server to ask for routes", "add one first"),
        (
            UNREACHED,
            50,
            [],
            "",
            "not connected to any of its index servers",
            "try again later, or add another",
        ),
        (
            None,
            50,
            [app.FAILURE] * 9,
            "",
            "refused on all routes that were tried",
            "ask the seller for a new invoice",
        ),
        (
            None,
            50,
            [None],
            "--timeout 0.2",
            "the time is over and it is still under way",
            "ask for its commit or",
        ),
    ],
)
def test_every_failure_says_why_and_what_to_do(
    report: Any,
    carries: int,
    results: list[Any],
    options: str,
    reason: str,
    remedy: str,
    open_desk: Open,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A payment that does not come about ends in one sentence with the reason and a remedy, and without a commit."""
    from offset.app import routes

    monkeypatch.setattr(routes, "INDEX_PATIENCE_S", 0.05)
    desk = open_desk(report)
    desk.put("a.invoice", format_invoice(invoice(50)))
    desk.fake.routes = [
        (MultiRoute((route(BOB, rate=Rate(0, 3), capacity=carries + 3),)),) if carries else ()
    ]
    desk.fake.results = list(results)
    sentence = desk.bad(f"{PAY} {options}")
    assert reason in sentence
    assert remedy in sentence.partition(reason)[2]
    assert not desk.has("a.commit")
    assert desk.has("a.payment") is bool(results)


def test_pay_at_a_deaf_node(desk: Desk) -> None:
    """Also a node that answers nothing does not keep the command beyond its time."""
    desk.put("a.invoice", format_invoice(invoice()))
    desk.fake.script[RequestRoutes] = ignore
    assert "the node did not answer within 0.2 s" in desk.bad(f"{PAY} --timeout 0.2")


def test_pay_that_is_refused(buying: Desk) -> None:
    """A payment that is refused leaves the payment file, whose status then is known, and no commit file."""
    buying.fake.results = [app.FAILURE] * 100
    done = buying.run(PAY)
    assert (done.status, done.stdout) == (1, "Total fees: 0\n")
    assert "refused on all routes" in one_sentence("stctrl", done.stderr)
    assert not buying.has("a.commit")
    (payment_id,) = buying.fake.payments
    assert parse_payment(buying.text("a.payment")).payment_id == payment_id
    assert buying.good(STATUS) == "Payment was canceled.\n"
    assert not buying.has("a.payment")
    assert not buying.has("a.receipt")
    assert buying.fake.payments == {}


def test_pay_at_the_second_attempt(buying: Desk) -> None:
    """The payment file names the payment that worked; fees are shown anew when they have changed."""
    dear = MultiRoute((route(BOB, CAROL, rate=Rate(0, 7)),))
    buying.fake.routes = [(MultiRoute((ROUTE,)), dear)]
    buying.fake.results = [app.FAILURE]
    assert buying.good(PAY) == "Total fees: 0\nTotal fees: 7\nPayment successful!\n"
    (payment_id,) = buying.fake.payments
    assert parse_payment(buying.text("a.payment")).payment_id == payment_id


def test_pay_that_takes_too_long(buying: Desk) -> None:
    """A payment under way at the end of the time is said to be so, and can be asked for."""
    buying.fake.results = [None]
    assert "not finished" in buying.bad(f"{PAY} --timeout 0.2")
    (payment_id,) = buying.fake.payments
    assert parse_payment(buying.text("a.payment")).payment_id == payment_id


def test_commit_that_cannot_be_written(buying: Desk) -> None:
    """A commit that cannot be written is not lost: the node gives it again, and is not paid a second time."""

    def block(fake: FakeNode, conn: int, message: Any) -> None:
        (buying.folder / "a.commit").mkdir()
        del fake.script[app.CreateTransaction]
        fake._take(conn, message)

    buying.fake.script[app.CreateTransaction] = block
    assert "a.commit" in buying.bad(PAY)
    assert buying.good(RESUME.replace("a.commit", "b.commit")) == "Payment successful!\n"
    assert parse_commit(buying.text("b.commit")) == commit_for(invoice())
    assert len(buying.fake.asked_for(app.CreatePayment)) == 1


# Going on with a payment that was begun (D-8)


def test_05_d8_a_command_that_was_stopped_goes_on(buying: Desk) -> None:
    """Run again with --resume, pay-invoice waits for the payment that it began, and writes its commit."""
    buying.fake.results = [None]
    assert "not finished" in buying.bad(f"{PAY} --timeout 0.2")
    (payment_id,) = buying.fake.payments
    buying.fake.do(lambda: buying.fake.arrive(payment_id, app.Complete(commit_for(invoice()))))
    assert json.loads(buying.good(f"{RESUME} --json")) == {
        "payment_id": base64url.encode(payment_id),
        "fees": None,
        "payment": "a.payment",
        "commit": "a.commit",
    }
    assert parse_commit(buying.text("a.commit")) == commit_for(invoice())
    assert parse_payment(buying.text("a.payment")).payment_id == payment_id
    assert len(buying.fake.asked_for(app.CreatePayment)) == 1


def test_payment_that_came_to_nothing(buying: Desk) -> None:
    """A payment that was cancelled, or never begun, is said so; its file goes, and the next try pays anew."""
    buying.put("a.payment", format_payment(PaymentFile(b"x" * 16)))
    assert "came to nothing, nothing is paid: pay again" in buying.bad(RESUME)
    buying.fake.results = [app.FAILURE] * 100
    buying.bad(PAY)
    assert buying.has("a.payment")
    assert "came to nothing, nothing is paid: pay again" in buying.bad(RESUME)
    assert not buying.has("a.payment")
    buying.fake.results = []
    assert buying.good(PAY) == "Total fees: 0\nPayment successful!\n"


def test_payment_that_was_collected_already(buying: Desk) -> None:
    """A payment that is over and paid is not begun again; its receipt is still to be had."""
    payment_id = _paid(buying)
    buying.fake.do(lambda: buying.fake.collected(payment_id))
    (buying.folder / "a.commit").unlink()
    assert "get its receipt with payment-status" in buying.bad(RESUME)
    assert buying.good(STATUS) == "Payment succeeded. Saving receipt to file.\n"


def test_payment_file_in_the_way(buying: Desk) -> None:
    """Without --resume a payment file that is there is left alone; with it, it must be there and be one."""
    _paid(buying)
    (buying.folder / "a.commit").unlink()
    assert "a.payment exists already" in buying.bad(PAY)
    assert not buying.has("a.commit")
    assert "no such file: b.payment" in buying.bad(RESUME.replace("a.payment", "b.payment"))
    assert "not a payment" in buying.bad(RESUME.replace("a.payment", "a.invoice"))


def test_payment_of_another_invoice(buying: Desk) -> None:
    """The file of another payment brings no commit that the seller could not use."""
    _paid(buying)
    buying.put("b.invoice", format_invoice(invoice(50, name="dinner")))
    assert "for another invoice" in buying.bad(
        RESUME.replace("a.invoice", "b.invoice").replace("a.commit", "b")
    )
    assert not buying.has("b")
    assert buying.has("a.payment")


def _paid(buying: Desk) -> bytes:
    buying.good(PAY)
    (payment_id,) = buying.fake.payments
    return payment_id


def test_status_of_a_payment_that_succeeded(buying: Desk) -> None:
    """A payment that was collected gives its receipt, and is over."""
    payment_id = _paid(buying)
    buying.fake.do(lambda: buying.fake.collected(payment_id))
    assert buying.good(STATUS) == "Payment succeeded. Saving receipt to file.\n"
    assert parse_receipt(buying.text("a.receipt")) == receipt_for(invoice())
    assert not buying.has("a.payment")
    assert buying.fake.payments == {}


def test_status_while_in_progress(buying: Desk) -> None:
    """While the seller has not collected, the command says so when its time is over, and leaves the files."""
    payment_id = _paid(buying)
    assert "in progress" in buying.bad(f"{STATUS} --timeout 0.1")
    assert buying.has("a.payment")
    assert not buying.has("a.receipt")
    assert payment_id in buying.fake.payments


def test_status_of_an_unknown_payment(desk: Desk) -> None:
    """A payment that the node does not know is over, too."""
    desk.put("a.payment", format_payment(PaymentFile(b"x" * 16)))
    assert desk.good(STATUS) == "Payment could not be found\n"
    assert not desk.has("a.payment")


def test_status_for_scripts(buying: Desk) -> None:
    """With --json the end of a payment is one value."""
    payment_id = _paid(buying)
    buying.fake.do(lambda: buying.fake.collected(payment_id))
    assert json.loads(buying.good(f"{STATUS} --json")) == {"status": "success", "receipt": "a.receipt"}
    buying.put("a.payment", format_payment(PaymentFile(b"x" * 16)))
    assert json.loads(buying.good("buyer payment-status -p a.payment -r b --json")) == {
        "status": "not found",
        "receipt": None,
    }


def test_status_overwrites_nothing(buying: Desk) -> None:
    """A receipt file that is there is not overwritten, and the payment is not touched."""
    payment_id = _paid(buying)
    buying.fake.do(lambda: buying.fake.collected(payment_id))
    buying.put("a.receipt", "precious")
    assert "a.receipt exists already" in buying.bad(STATUS)
    assert payment_id in buying.fake.payments
    assert "no such file: missing" in buying.bad("buyer payment-status -p missing -r b")
