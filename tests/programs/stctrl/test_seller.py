"""stctrl seller against a fake node: invoices, commits, and what the node refuses."""

import json
from typing import Any

import click
import pytest

from offset.base import base64url
from offset.programs.stctrl import seller
from offset.programs.stctrl.root import stctrl
from offset.testing import (
    FRIEND,
    NODE,
    STRANGER,
    commit_for,
    consistent,
    friend_report,
    invoice,
    node_report,
    refuse,
    refuse_because,
)
from offset.wire import app
from offset.wire.files import (
    format_commit,
    parse_invoice,
)
from support.desk import Desk, Open
from support.ours import OURS

BOB = FRIEND.public_key

CREATE = "seller create-invoice -c FST -a 50 -i a.invoice"
COMMIT = "seller commit-invoice -i a.invoice -c a.commit"
CANCEL = "seller cancel-invoice -i a.invoice"


def test_registered() -> None:
    """`stctrl seller` is this group of commands."""
    with click.Context(stctrl) as context:
        assert stctrl.get_command(context, "seller") is seller.group


def _sold(desk: Desk) -> None:
    """The invoice is paid for, and its commit is here."""
    assert desk.good(CREATE) == ""
    desk.put("a.commit", format_commit(commit_for(parse_invoice(desk.text("a.invoice")), NODE)))
    desk.fake.do(lambda: desk.fake.freeze(50))


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
    desk.fake.do(lambda: desk.fake.freeze(0))
    assert "nothing to collect" in desk.bad(COMMIT)


def test_commit_while_the_friend_is_offline(open_desk: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Credits of an offline friend come later; a note says so, and it is no failure."""
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


@pytest.mark.parametrize("options", ["", "--timeout 5"])
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
    desk.fake.script[app.CancelInvoice] = refuse_because("this invoice is not open")
    assert "not open" in desk.bad(CANCEL)
    assert desk.has("a.invoice")


def test_05_d4_commit_while_other_credits_wait(open_desk: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """When nothing comes though the friend is online, what is frozen belongs to others: a failure."""
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


def test_an_invoice_whose_file_is_lost(desk: Desk) -> None:
    """It is withdrawn by its id; not where a commit may be in somebody's hands, unless that is said to be meant."""
    desk.good(CREATE)
    (invoice_id,) = desk.fake.invoices
    release = f"seller release-invoice --id {base64url.encode(invoice_id)}"
    desk.fake.frozen = {invoice_id: 50}
    sentence = desk.bad(release)
    assert (
        "a buyer has frozen all 50 FST of this invoice, so its commit may be in somebody's hands" in sentence
    )
    assert "the commit is worth nothing" in sentence
    assert list(desk.fake.invoices) == [invoice_id]
    done = desk.run(f"{release} --force")
    assert done.status == 0
    assert "if anybody has a commit for it, that is worth nothing now" in done.stderr
    assert desk.fake.invoices == {}
    assert "is not open at this node" in desk.bad(release)


@pytest.mark.parametrize("ident", [bytes(32), bytes(31) + b"\x01", b"\xff" * 32])
def test_an_invoice_that_nobody_pays_is_released(ident: bytes, desk: Desk) -> None:
    """Whatever its id is, and whatever stands next to it."""
    others = {key: app.AddInvoice(key, "FST", 5) for key in (bytes(30) + b"\x01\x00", b"\xfe" * 32)}
    desk.fake.invoices = {**others, ident: app.AddInvoice(ident, "FST", 5)}
    desk.good(f"seller release-invoice --id={base64url.encode(ident)}")
    assert desk.fake.invoices == others


def test_where_a_node_does_not_list_its_invoices_one_must_mean_it(desk: Desk) -> None:
    """Then nobody can say whether there is a commit."""
    desk.fake.answers_queries = False
    desk.good(CREATE)
    (invoice_id,) = desk.fake.invoices
    release = f"seller release-invoice --id={base64url.encode(invoice_id)}"
    assert "is not known" in desk.bad(release)
    assert desk.run(f"{release} --force").status == 0
    assert desk.fake.invoices == {}


def test_commands_that_only_act_take_no_report(desk: Desk) -> None:
    """To make and to withdraw an invoice nobody has to know the friends, of whom there may be very many."""
    desk.fake.report_is_optional = True
    assert desk.good(CREATE) == ""
    (invoice_id,) = desk.fake.invoices
    desk.good(CANCEL)
    assert "not open" in desk.bad(f"seller release-invoice --id {base64url.encode(invoice_id)}")
    assert (desk.fake.invoices, desk.fake.reports_sent) == ({}, 0)
