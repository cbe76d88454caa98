"""stctrl buyer against a scripted node: payments that were interrupted, and how payments ended."""

import json
import os
import signal
import sys
import weakref
from typing import Any

import pytest
from msgspec.structs import replace

from offset.base import base64url
from offset.base.ids import UID_BYTES
from offset.crypto.hashing import sha512_256
from offset.programs.errors import INTERRUPTED, UNPROVED
from offset.programs.stctrl import waiting
from offset.programs.stctrl.buyer import FROZEN
from offset.testing import (
    FRIEND,
    NODE,
    FakeNode,
    commit_for,
    hang_up,
    identity,
    invoice,
    receipt_for,
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
from offset.wire.index import RequestRoutes
from support.desk import PAY, RESUME, STATUS, Desk, paid, pay_too_long

BOB, CAROL = FRIEND.public_key, identity("carol").public_key
RELAYS = (RelayAddress(CAROL, "r:1"),)


_interrupted: weakref.WeakSet[FakeNode] = weakref.WeakSet()


def interrupt(fake: FakeNode, conn: int, message: Any) -> None:
    """Press Ctrl-C, once: a second one breaks off the tidying up after the first, and leaves tasks to later tests."""
    if fake not in _interrupted:
        _interrupted.add(fake)
        os.kill(os.getpid(), signal.SIGINT)
    # A signal that comes just before a loop begins to wait is noticed when it wakes up next.
    fake.tell(conn, app.ReportMutations(None, ()))


@pytest.mark.parametrize("options", ["", " --resume"])
def test_ctrl_c_while_a_payment_is_under_way(options: str, buying: Desk) -> None:
    """Whoever stops the command is told that a payment may be under way, and how to go on; the file is there."""
    if options:
        pay_too_long(buying)
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
        fake.arrive(payment_id, app.Complete(commit_for(invoice())))


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
    done = pay_too_long(buying)
    assert ("stctrl: waiting: the nodes on the way to freeze the credits" in done.stderr) is is_terminal


# Going on with a payment that was begun (D-8)


def test_05_d8_a_command_that_was_stopped_goes_on(buying: Desk) -> None:
    """Run again with --resume, pay-invoice waits for the payment that it began, and writes its commit."""
    assert "not finished" in pay_too_long(buying).stderr
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
    payment_id = paid(buying)
    buying.fake.do(lambda: buying.fake.collected(payment_id))
    (buying.folder / "a.commit").unlink()
    assert "get its receipt with payment-status" in buying.bad(RESUME)
    assert buying.good(STATUS) == "Payment succeeded. Saving receipt to file.\n"


def test_payment_file_in_the_way(buying: Desk) -> None:
    """Without --resume a payment file that is there is left alone; with it, it must be there and be one."""
    paid(buying)
    (buying.folder / "a.commit").unlink()
    assert "a.payment exists already" in buying.bad(PAY)
    assert not buying.has("a.commit")
    assert "no such file: b.payment" in buying.bad(RESUME.replace("a.payment", "b.payment"))
    assert "not a payment" in buying.bad(RESUME.replace("a.payment", "a.invoice"))


def test_payment_of_another_invoice(buying: Desk) -> None:
    """The file of another payment brings no commit that the seller could not use."""
    paid(buying)
    buying.put("b.invoice", format_invoice(invoice(50, name="dinner")))
    assert "for another invoice" in buying.bad(
        RESUME.replace("a.invoice", "b.invoice").replace("a.commit", "b")
    )
    assert not buying.has("b")
    assert buying.has("a.payment")


def test_status_while_nothing_is_promised(buying: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The seller is not blamed for a payment whose parts are still on the way."""
    from offset.programs.stctrl import payment_ends

    monkeypatch.setattr(payment_ends, "_LOOK_S", 0.2)
    pay_too_long(buying)
    sentence = buying.bad(f"{STATUS} --timeout 0.1")
    assert (
        "in progress: after 0.1 s credits are still being frozen on the way and there is no commit"
        in sentence
    )
    assert "seller" not in sentence
    assert buying.has("a.payment")


def test_status_of_a_payment_that_succeeded(buying: Desk) -> None:
    """A payment that was collected gives its receipt, and is over."""
    payment_id = paid(buying)
    buying.fake.do(lambda: buying.fake.collected(payment_id))
    assert buying.good(STATUS) == "Payment succeeded. Saving receipt to file.\n"
    assert parse_receipt(buying.text("a.receipt")) == receipt_for(invoice())
    assert not buying.has("a.payment")
    assert buying.fake.payments == {}


def test_status_while_in_progress(buying: Desk) -> None:
    """While the seller has not collected, the command says so when its time is over, and leaves the files."""
    payment_id = paid(buying)
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
    payment_id = paid(buying)
    copy = buying.text("a.payment")
    buying.fake.do(lambda: buying.fake.collected(payment_id))
    buying.good(STATUS)
    buying.put("a.payment", copy)
    assert "its receipt was fetched before" in buying.bad(STATUS.replace("a.receipt", "b.receipt"))
    assert buying.text("a.payment") == copy


def test_status_for_scripts(buying: Desk) -> None:
    """With --json the end of a payment is one value."""
    payment_id = paid(buying)
    buying.fake.do(lambda: buying.fake.collected(payment_id))
    assert json.loads(buying.good(f"{STATUS} --json")) == {"status": "success", "receipt": "a.receipt"}


def test_status_overwrites_nothing(buying: Desk) -> None:
    """A receipt file that is there is not overwritten, and the payment is not touched."""
    payment_id = paid(buying)
    buying.fake.do(lambda: buying.fake.collected(payment_id))
    buying.put("a.receipt", "precious")
    assert "a.receipt exists already" in buying.bad(STATUS)
    assert payment_id in buying.fake.payments
    assert "no such file: missing" in buying.bad("buyer payment-status -p missing -r b")


# What is lost with a channel

GIVEN = "50 FST were given to the friend 'bob' and the channel was lost: the friend may still claim them"


def test_a_payment_that_nobody_can_prove(buying: Desk) -> None:
    """It is called neither paid nor unpaid, with a status of its own; the files stay until the owner forgets it."""
    payment_id = paid(buying)
    buying.fake.do(lambda: buying.fake.lose_channel(payment_id, 50))
    done = buying.run(STATUS)
    assert done.status == UNPROVED
    assert done.stderr == (
        f"stctrl: {GIVEN}, and nobody can prove whether the payment was paid: ask the seller whether it collected; "
        "a.payment stays until you forget it with --forget-lost\n"
    )
    (buying.folder / "a.commit").unlink()
    done = buying.run(RESUME)
    assert done.status == UNPROVED
    assert "do not pay again before you know" in done.stderr
    done = buying.run(f"{STATUS} --json")
    bob = {"name": "bob", "public_key": base64url.encode(BOB), "amount": "50"}
    told = {"status": "lost", "receipt": None, "parts": [bob], "forgotten": False}
    assert (done.status, json.loads(done.stdout)) == (UNPROVED, told)
    assert buying.has("a.payment")
    assert payment_id in buying.fake.payments
    done = buying.run(f"{STATUS} --forget-lost")
    assert (done.status, buying.fake.payments, buying.has("a.payment")) == (0, {}, False)
    assert done.stderr.startswith(f"stctrl: note: forgotten: {GIVEN}")
    assert not buying.has("a.receipt")


def test_forgetting_what_is_lost_forgets_nothing_else(buying: Desk) -> None:
    """A payment that can still be proved is not forgotten, whatever the command was told."""
    payment_id = paid(buying)
    buying.fake.do(lambda: buying.fake.lose_channel(payment_id, 20, is_all=False))
    sentence = buying.bad(f"{STATUS} --timeout 0.1 --forget-lost")
    assert "in progress" in sentence
    assert "20 FST were given to the friend 'bob' and the channel was lost" in sentence
    assert buying.has("a.payment")
    buying.fake.do(lambda: buying.fake.collected(payment_id))
    buying.good(f"{STATUS} --forget-lost")
    assert parse_receipt(buying.text("a.receipt")) == receipt_for(invoice())
