"""stctrl buyer against a fake node: paying, going on with it, its files, and every way to fail."""

import json
import re
from typing import Any

import click
import pytest
from msgspec.structs import replace

from offset.base import base64url
from offset.base.credits import Rate
from offset.programs.stctrl import buyer
from offset.programs.stctrl.buyer import FROZEN
from offset.programs.stctrl.root import stctrl
from offset.testing import (
    FRIEND,
    NODE,
    ROUTE,
    STRANGER,
    FakeNode,
    commit_for,
    friend_report,
    hang_up,
    identity,
    ignore,
    invoice,
    node_report,
    route,
)
from offset.wire import app
from offset.wire.common import RelayAddress
from offset.wire.files import (
    format_invoice,
    parse_commit,
    parse_payment,
)
from offset.wire.friend import FriendsRoute
from offset.wire.index import MultiRoute, RequestRoutes
from support.commands import one_sentence
from support.desk import PAY, RESUME, STATUS, Desk, Open, pay_too_long
from support.ours import OPEN

BOB, CAROL = FRIEND.public_key, identity("carol").public_key
RELAYS = (RelayAddress(CAROL, "r:1"),)


def test_registered() -> None:
    """`stctrl buyer` is this group of commands."""
    with click.Context(stctrl) as context:
        assert stctrl.get_command(context, "buyer") is buyer.group


def test_pay_invoice(buying: Desk) -> None:
    """A payment prints its fees and that credits are frozen, and makes the payment file and the commit file."""
    assert FROZEN == "The credits are frozen. Give the commit to the seller, who collects with it."
    buying.fake.routes = [(MultiRoute((route(BOB, rate=Rate(0, 3)),)),)]
    assert buying.good(PAY) == f"Total fees: 3\n{FROZEN}\n"
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


@pytest.mark.parametrize("amount, allowed", [(50, 6), (0, 5)])
def test_fees_have_a_limit_by_default(amount: int, allowed: int, buying: Desk) -> None:
    """Whatever an index server names, more than a share and a little is paid only by whoever asks for it."""
    dear = route(BOB, rate=Rate(0, 4_000_000_000), capacity=10**12)
    buying.fake.routes = [(MultiRoute((dear,)),)]
    buying.put("b.invoice", format_invoice(invoice(amount)))
    pay = PAY.replace("a.invoice", "b.invoice")
    sentence = buying.bad(pay)
    assert f"cost 4000000000 FST in fees, more than the {allowed} allowed unless" in sentence
    assert "--max-fees 4000000000" in sentence
    assert not buying.has("a.payment")
    assert "Total fees: 4000000000" in buying.good(f"{pay} --max-fees 4000000000")


@pytest.mark.parametrize(
    "keys", [(), (NODE.public_key,), (BOB, NODE.public_key), (NODE.public_key, BOB, BOB, STRANGER.public_key)]
)
def test_routes_that_are_none(keys: tuple[bytes, ...], buying: Desk) -> None:
    """What is no route to the seller is left out with a note, and no payment begins over it."""
    bad = replace(ROUTE, route=FriendsRoute(keys))  # type: ignore[arg-type]
    buying.fake.routes = [(MultiRoute((bad,)),)]
    assert "of the routes that the index server named" in buying.bad(PAY)
    assert buying.fake.payments == {}
    buying.fake.routes = [(MultiRoute((bad,)), MultiRoute((ROUTE,)))]
    done = buying.run(PAY)
    assert (done.status, done.stderr) == (
        0,
        "stctrl: note: 1 of the routes that the index server named were none, and were left out\n",
    )


def test_05_d13_pay_without_index_server(open_desk: Open) -> None:
    """Without an index server a payment fails; the reference waits for ever."""
    desk = open_desk(node_report(index_servers=(), connected=None))
    desk.put("a.invoice", format_invoice(invoice()))
    assert "no index server" in desk.bad(PAY)
    assert not desk.has("a.payment")


OPENED = node_report({BOB: friend_report(configs=(OPEN,))})
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
            "no line in FST is open",
            "open it with bob (config open-currency)",
        ),
        (
            OPENED,
            0,
            [],
            "",
            "the index server knows no way between the seller and this node in either direction",
            "ask the seller, or try again later",
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
            "allow them with --max-fees 3, or try again",
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
            "--timeout 2",
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
    assert re.search(r"the node did not answer within [01][.\d]* s", desk.bad(f"{PAY} --timeout 1"))


def test_pay_that_is_refused(buying: Desk) -> None:
    """A payment that is refused leaves the payment file, whose status then is known, and no commit file."""
    buying.fake.results = [app.FAILURE] * 100
    done = buying.run(PAY)
    assert (done.status, done.stdout) == (1, "Total fees: 0\nTotal fees: 2\nTotal fees: 4\n")
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
    assert buying.good(PAY) == f"Total fees: 0\nTotal fees: 7\n{FROZEN}\n"
    (payment_id,) = buying.fake.payments
    assert parse_payment(buying.text("a.payment")).payment_id == payment_id


def test_pay_that_takes_too_long(buying: Desk) -> None:
    """A payment under way at the end of the time is said to be so, and can be asked for."""
    sentence = one_sentence("stctrl", pay_too_long(buying).stderr)
    assert "not finished" in sentence
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
    assert buying.good(RESUME.replace("a.commit", "b.commit")) == f"{FROZEN}\n"
    assert parse_commit(buying.text("b.commit")) == commit_for(invoice())
    assert len(buying.fake.asked_for(app.CreatePayment)) == 1
