"""stctrl buyer and seller against a scripted node: money, files, and every way to fail."""

import json
import os
import signal
import sys
from typing import Any

import pytest
from msgspec.structs import replace

from offset.base import base64url
from offset.base.credits import Rate
from offset.base.ids import UID_BYTES
from offset.crypto.hashing import sha512_256
from offset.programs.errors import INTERRUPTED
from offset.programs.stctrl import waiting
from offset.programs.stctrl.buyer import FROZEN
from offset.wire import app
from offset.wire.common import RelayAddress
from offset.wire.files import (
    PaymentFile,
    format_commit,
    format_invoice,
    format_payment,
    parse_commit,
    parse_invoice,
    parse_payment,
    parse_receipt,
)
from offset.wire.friend import FriendsRoute
from offset.wire.index import MultiRoute, RequestRoutes
from support.commands import one_sentence
from support.desk import Desk, Open
from support.fake_node import (
    FRIEND,
    NODE,
    OPEN,
    OURS,
    ROUTE,
    STRANGER,
    FakeNode,
    arrive,
    collected,
    commit_for,
    consistent,
    freeze,
    friend_report,
    hang_up,
    identity,
    ignore,
    invoice,
    node_report,
    receipt_for,
    refuse,
    refuse_aloud,
    route,
)

BOB, CAROL = FRIEND.public_key, identity("carol").public_key
RELAYS = (RelayAddress(CAROL, "r:1"),)


# buyer

PAY = "buyer pay-invoice -i a.invoice -p a.payment -c a.commit"
RESUME = f"{PAY} --resume"
STATUS = "buyer payment-status -p a.payment -r a.receipt"


@pytest.fixture
def buying(desk: Desk) -> Desk:
    """A desk with an invoice, and a route to its seller."""
    desk.put("a.invoice", format_invoice(invoice()))
    desk.fake.routes = [(MultiRoute((ROUTE,)),)]
    return desk


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
    assert buying.good(RESUME.replace("a.commit", "b.commit")) == f"{FROZEN}\n"
    assert parse_commit(buying.text("b.commit")) == commit_for(invoice())
    assert len(buying.fake.asked_for(app.CreatePayment)) == 1


def interrupt(fake: FakeNode, conn: int, message: Any) -> None:
    """Press Ctrl-C."""
    os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("options", ["", " --resume"])
def test_ctrl_c_while_a_payment_is_under_way(options: str, buying: Desk) -> None:
    """Whoever stops the command is told that a payment may be under way, and how to go on; the file is there."""
    if options:
        buying.fake.results = [None]
        buying.bad(f"{PAY} --timeout 0.2")
    buying.fake.script[app.CreateTransaction] = interrupt
    done = buying.run(PAY + options)
    assert done.status == INTERRUPTED
    assert "a payment may be under way" in done.stderr
    assert "a.payment names it, so run the same command with --resume" in done.stderr
    assert buying.has("a.payment")
    del buying.fake.script[app.CreateTransaction]
    buying.fake.do(lambda: arrive_all(buying.fake))
    assert FROZEN in buying.good(RESUME)


def arrive_all(fake: FakeNode) -> None:
    """What was sent has arrived; if nothing was, it arrives when it is asked for."""
    for payment_id, payment in fake.payments.items():
        payment.open = payment.open or {part_id(payment_id): 50}
        arrive(fake, payment_id, app.Complete(commit_for(invoice())))


def part_id(payment_id: bytes) -> bytes:
    """The id of the first part of a payment."""
    return sha512_256(b"part of a payment", payment_id, bytes(4))[:UID_BYTES]


def test_ctrl_c_before_anything_began(buying: Desk) -> None:
    """Nothing is said of a payment that has not begun."""
    buying.fake.script[RequestRoutes] = interrupt
    done = buying.run(PAY)
    assert (done.status, done.stderr.strip()) == (INTERRUPTED, "")


@pytest.mark.parametrize("kind, is_begun", [(app.CreateTransaction, True), (RequestRoutes, False)])
def test_a_lost_connection(kind: type, is_begun: bool, buying: Desk) -> None:
    """When the node goes away in the middle, whoever paid is told how to go on; before that there is nothing to say."""
    buying.fake.script[kind] = hang_up
    sentence = buying.bad(PAY)
    assert "the connection to the node is over" in sentence
    assert ("a payment may be under way" in sentence) is is_begun
    assert ("--resume" in sentence) is is_begun


@pytest.mark.parametrize("is_terminal", [True, False])
def test_what_is_waited_for_is_shown_on_a_terminal(
    is_terminal: bool, buying: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person sees what a payment waits for; a script sees only what came of it."""
    monkeypatch.setattr(waiting, "SHOW_S", 0.01)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: is_terminal, raising=False)
    buying.fake.results = [None]
    done = buying.run(f"{PAY} --timeout 0.3")
    assert done.status == 1
    assert ("stctrl: waiting: the nodes on the way to freeze the credits" in done.stderr) is is_terminal


# Going on with a payment that was begun (D-8)


def test_05_d8_a_command_that_was_stopped_goes_on(buying: Desk) -> None:
    """Run again with --resume, pay-invoice waits for the payment that it began, and writes its commit."""
    buying.fake.results = [None]
    assert "not finished" in buying.bad(f"{PAY} --timeout 0.2")
    (payment_id,) = buying.fake.payments
    buying.fake.do(lambda: arrive(buying.fake, payment_id, app.Complete(commit_for(invoice()))))
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
    """A payment that was cancelled is said so; its file goes, and the next try pays anew."""
    buying.fake.results = [app.FAILURE] * 100
    buying.bad(PAY)
    assert buying.has("a.payment")
    assert "came to nothing, nothing is paid: pay again" in buying.bad(RESUME)
    assert not buying.has("a.payment")
    buying.fake.results = []
    assert buying.good(PAY) == f"Total fees: 0\n{FROZEN}\n"


def test_payment_that_was_collected_already(buying: Desk) -> None:
    """A payment that is over and paid is not begun again; its receipt is still to be had."""
    payment_id = _paid(buying)
    buying.fake.do(lambda: collected(buying.fake, payment_id))
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


def test_status_while_nothing_is_promised(buying: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The seller is not blamed for a payment whose parts are still on the way."""
    from offset.programs.stctrl import buyer

    monkeypatch.setattr(buyer, "_LOOK_S", 0.2)
    buying.fake.results = [None]
    buying.bad(f"{PAY} --timeout 0.2")
    sentence = buying.bad(f"{STATUS} --timeout 0.1")
    assert (
        "in progress: after 0.1 s credits are still being frozen on the way and there is no commit"
        in sentence
    )
    assert "seller" not in sentence
    assert buying.has("a.payment")


def test_status_of_a_payment_that_succeeded(buying: Desk) -> None:
    """A payment that was collected gives its receipt, and is over."""
    payment_id = _paid(buying)
    buying.fake.do(lambda: collected(buying.fake, payment_id))
    assert buying.good(STATUS) == "Payment succeeded. Saving receipt to file.\n"
    assert parse_receipt(buying.text("a.receipt")) == receipt_for(invoice())
    assert not buying.has("a.payment")
    assert buying.fake.payments == {}


def test_status_while_in_progress(buying: Desk) -> None:
    """While the seller has not collected, the command says so when its time is over, and leaves the files."""
    payment_id = _paid(buying)
    sentence = buying.bad(f"{STATUS} --timeout 0.1")
    assert (
        "in progress: the credits are frozen and the commit is made, and nothing was collected within"
        in sentence
    )
    assert "give it to the seller if you have not" in sentence
    assert buying.has("a.payment")
    assert not buying.has("a.receipt")
    assert payment_id in buying.fake.payments


UNKNOWN = PaymentFile(b"x" * 16)


@pytest.mark.parametrize("command", [STATUS, RESUME, f"{STATUS} --json"])
@pytest.mark.parametrize("file", [UNKNOWN, replace(UNKNOWN, node_public_key=NODE.public_key)])
def test_a_node_that_does_not_know_a_payment_knows_nothing(
    command: str, file: PaymentFile, buying: Desk
) -> None:
    """Nobody is told that nothing is paid by a node that cannot know it, and the payment file stays."""
    buying.put("a.payment", format_payment(file))
    assert (
        "this node does not know this payment: it is another node's, or its receipt was fetched before"
        in buying.bad(command)
    )
    assert parse_payment(buying.text("a.payment")) == file


@pytest.mark.parametrize("command", [STATUS, RESUME])
def test_a_payment_of_another_node(command: str, buying: Desk) -> None:
    """The payment file names the node, so another one is not even asked, and the file stays."""
    buying.good(PAY)
    ours = parse_payment(buying.text("a.payment"))
    assert ours.node_public_key == NODE.public_key
    (buying.folder / "a.commit").unlink()
    theirs = replace(ours, node_public_key=CAROL)
    buying.put("a.payment", format_payment(theirs))
    del buying.fake.requests[:]
    assert f"a payment of another node, whose public key is {base64url.encode(CAROL)}" in buying.bad(command)
    assert buying.fake.requests == []
    assert parse_payment(buying.text("a.payment")) == theirs


def test_a_receipt_that_was_fetched_before(buying: Desk) -> None:
    """A copy of a payment file whose receipt was fetched says neither that it is paid nor that it is not."""
    payment_id = _paid(buying)
    copy = buying.text("a.payment")
    buying.fake.do(lambda: collected(buying.fake, payment_id))
    buying.good(STATUS)
    buying.put("a.payment", copy)
    assert "its receipt was fetched before" in buying.bad(STATUS.replace("a.receipt", "b.receipt"))
    assert buying.text("a.payment") == copy


def test_status_for_scripts(buying: Desk) -> None:
    """With --json the end of a payment is one value."""
    payment_id = _paid(buying)
    buying.fake.do(lambda: collected(buying.fake, payment_id))
    assert json.loads(buying.good(f"{STATUS} --json")) == {"status": "success", "receipt": "a.receipt"}


def test_status_overwrites_nothing(buying: Desk) -> None:
    """A receipt file that is there is not overwritten, and the payment is not touched."""
    payment_id = _paid(buying)
    buying.fake.do(lambda: collected(buying.fake, payment_id))
    buying.put("a.receipt", "precious")
    assert "a.receipt exists already" in buying.bad(STATUS)
    assert payment_id in buying.fake.payments
    assert "no such file: missing" in buying.bad("buyer payment-status -p missing -r b")


# seller

CREATE = "seller create-invoice -c FST -a 50 -i a.invoice"
COMMIT = "seller commit-invoice -i a.invoice -c a.commit"
CANCEL = "seller cancel-invoice -i a.invoice"


def _sold(desk: Desk) -> None:
    """The invoice is paid for, and its commit is here."""
    assert desk.good(CREATE) == ""
    desk.put("a.commit", format_commit(commit_for(parse_invoice(desk.text("a.invoice")), NODE)))
    desk.fake.do(lambda: freeze(desk.fake, 50))


def test_create_invoice(desk: Desk) -> None:
    """An invoice is opened at the node and written to its file."""
    assert desk.good(CREATE) == ""
    made = parse_invoice(desk.text("a.invoice"))
    assert desk.fake.requests == [app.AddInvoice(made.invoice_id, "FST", 50)]
    assert (made.currency, made.dest_public_key, made.dest_payment) == ("FST", NODE.public_key, 50)
    value = json.loads(desk.good("seller create-invoice -c FST -a 0 -i b.invoice --json"))
    assert value == {
        "done": True,
        "invoice_id": base64url.encode(parse_invoice(desk.text("b.invoice")).invoice_id),
        "invoice": "b.invoice",
    }


@pytest.mark.parametrize(
    "line, reason",
    [
        (CREATE, "a.invoice exists already"),
        ("seller create-invoice -c 0123456789abcdefg -a 5 -i b", "at most 16 bytes"),
        ("seller create-invoice -c FST -a 5 -i no/such/folder", "cannot write no/such/folder"),
    ],
)
def test_create_invoice_mistakes(line: str, reason: str, desk: Desk) -> None:
    """An invoice that cannot be made or written is not opened either."""
    desk.put("a.invoice", "precious")
    assert reason in desk.bad(line)
    assert desk.fake.requests == []
    assert desk.text("a.invoice") == "precious"


def test_cancel_invoice(desk: Desk) -> None:
    """A cancelled invoice is withdrawn at the node, and its file removed."""
    desk.good(CREATE)
    assert desk.good(CANCEL) == ""
    assert desk.fake.invoices == {}
    assert not desk.has("a.invoice")
    assert "no such file: a.invoice" in desk.bad(CANCEL)


def test_commit_invoice(desk: Desk) -> None:
    """A commit is collected, in silence, and the files stay."""
    _sold(desk)
    assert desk.good(COMMIT) == ""
    assert desk.fake.asked_for(app.CommitInvoice)
    assert desk.has("a.invoice")
    assert desk.has("a.commit")


def test_05_d4_commit_twice(desk: Desk) -> None:
    """To commit twice fails; the reference calls it done."""
    _sold(desk)
    desk.good(COMMIT)
    assert "nothing to collect" in desk.bad(COMMIT)


def test_05_d4_commit_of_a_cancelled_invoice(desk: Desk) -> None:
    """To commit a cancelled invoice fails: what was frozen has gone back."""
    _sold(desk)
    text = desk.text("a.invoice")
    desk.good(CANCEL)
    desk.put("a.invoice", text)
    desk.fake.do(lambda: freeze(desk.fake, 0))
    assert "nothing to collect" in desk.bad(COMMIT)


def test_commit_while_the_friend_is_offline(open_desk: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Credits of an offline friend come later; a note says so, and it is no failure."""
    from offset.app import seller

    monkeypatch.setattr(seller, "COLLECT_S", 0.05)
    friend = friend_report(status=consistent(FST=(0, 0, 50)), online=False)
    desk = open_desk(node_report({BOB: friend}))
    _sold_offline(desk)
    done = desk.run(COMMIT)
    assert (done.status, done.stdout) == (0, "")
    assert done.stderr == (
        "stctrl: note: the node has taken the commit; the credits come when the friend answers, "
        "and these are offline with credits frozen for this node: bob\n"
    )
    assert json.loads(desk.run(f"{COMMIT} --json").stdout) == {"done": True, "taken": True}


def _sold_offline(desk: Desk) -> None:
    desk.good(CREATE)
    desk.put("a.commit", format_commit(commit_for(parse_invoice(desk.text("a.invoice")), NODE)))
    desk.fake.script[app.CommitInvoice] = refuse


@pytest.mark.parametrize("options", ["", "--timeout 0.3"])
def test_commit_that_the_node_took(options: str, open_desk: Open) -> None:
    """A node of ours that refuses nothing has taken the commit, though no credits have moved and time is short."""
    desk = open_desk(node_report(extra=OURS))
    _sold_offline(desk)
    assert desk.good(f"{COMMIT} {options}") == ""


def test_cancel_of_a_collected_invoice(open_desk: Open) -> None:
    """What is not open cannot be withdrawn: the command fails, and the file stays."""
    desk = open_desk(node_report(extra=OURS))
    _sold(desk)
    assert desk.good(COMMIT) == ""
    desk.fake.script[app.CancelInvoice] = refuse_aloud("this invoice is not open")
    assert "not open" in desk.bad(CANCEL)
    assert desk.has("a.invoice")


def test_05_d4_commit_while_other_credits_wait(open_desk: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """When nothing comes though the friend is online, what is frozen belongs to others: a failure."""
    from offset.app import seller

    monkeypatch.setattr(seller, "COLLECT_S", 0.05)
    desk = open_desk(node_report({BOB: friend_report(status=consistent(FST=(0, 0, 80)))}))
    _sold_offline(desk)
    assert "no credits came" in desk.bad(COMMIT)


@pytest.mark.parametrize(
    "commit, reason",
    [
        (commit_for(invoice(50, name="dinner"), NODE), "another invoice"),
        (None, "not signed by the node"),
    ],
)
def test_commit_that_does_not_fit(commit: Any, reason: str, desk: Desk) -> None:
    """A commit of another invoice, or with a bad signature, is refused before it is sent."""
    desk.good(CREATE)
    made = parse_invoice(desk.text("a.invoice"))
    desk.put("a.commit", format_commit(commit or commit_for(made, STRANGER)))
    assert reason in desk.bad(COMMIT)
    assert not desk.fake.asked_for(app.CommitInvoice)
    assert "no such file: missing" in desk.bad("seller commit-invoice -i missing -c a.commit")
