"""Payments with nothing but the command lines: alice pays carol over bob."""

import json
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from offset.programs.offset.network import DemoNode
from offset.programs.stctrl.buyer import FROZEN
from support.commands import with_field
from support.network import (
    LIMIT,
    PATIENCE_S,
    PROGRAMS,
    Chain,
    Papers,
    ctl,
    eventually,
    friends,
    held,
    run,
    run_here,
    say,
    settled,
)
from support.processes import started


def worths(chain: Chain, currency: str = "FST") -> list[int]:
    """What each node is owed, once nothing is frozen any more."""
    return settled(*chain.nodes, currency=currency)


def moved(before: list[int], after: list[int]) -> list[int]:
    return [now - then for then, now in zip(before, after, strict=True)]


def test_info(chain: Chain) -> None:
    """What `info` shows to people is what it tells scripts, and what the tickets say."""
    network, alice = chain.network, chain.alice
    relay, index = (json.loads(paths[0].read_text()) for paths in (network.relays, network.index_servers))
    key = json.loads(alice.ticket.read_text())["publicKey"]
    assert say(alice, "info", "public-key") == f"{key}\n"
    assert json.loads(say(alice, "info", "public-key", "--json")) == {"public_key": key}

    def shown_relay() -> dict[str, Any]:
        (shown,) = json.loads(say(alice, "info", "relays", "--json"))
        return dict(shown)

    assert (shown_relay()["name"], shown_relay()["public_key"]) == ("relay", relay["publicKey"])
    assert shown_relay()["address"] == relay["address"]
    eventually(lambda: shown_relay()["standing"]["state"] == "listening", "the relay lets friends in")
    assert "| friends can come in, for " in say(alice, "info", "relays", "--long")
    assert json.loads(say(alice, "info", "index", "--json")) == [
        {
            "name": "index",
            "public_key": index["publicKey"],
            "address": index["address"],
            "connected": True,
            "standing": {"state": "connected", "last_error": None, "next_attempt_ms": None},
        }
    ]
    assert f"| relay      | {relay['publicKey']} | {relay['address']} |\n" in say(alice, "info", "relays")
    assert f"| index (*)         | {index['publicKey']} | {index['address']} |\n" in say(
        alice, "info", "index"
    )
    (bob,) = json.loads(say(alice, "info", "friends", "--json"))
    assert bob["public_key"] == json.loads(chain.bob.ticket.read_text())["publicKey"]
    assert (bob["name"], bob["enabled"], bob["online"], bob["consistent"]) == ("bob", True, True, True)
    assert bob["relays"] == [{"public_key": relay["publicKey"], "address": relay["address"]}]
    assert bob["settings"]["FST"] == {"open": True, "max_debt": str(LIMIT), "mul": 0, "add": 0}
    shown = say(alice, "info", "friends", "--long")
    assert "| C: LR=+, RR=+ " in shown
    assert f"| LMD={LIMIT} " in shown
    assert f"| RMD={LIMIT} " in shown
    assert f"| through {relay['address']} " in shown
    assert bob["granted"]["FST"] == {"open": True, "max_debt": str(LIMIT)}
    assert bob["link"]["state"] == "linked"
    assert re.fullmatch(r"FST -?\d+\nGOLD -?\d+\n", say(alice, "info", "balance"))


def test_payment(chain: Chain, tmp_path: Path) -> None:
    """A payment freezes credits on the whole way, moves them when the seller collects, and proves itself."""
    before = worths(chain)
    papers = Papers(tmp_path)
    papers.ask(chain.carol, 50)
    assert papers.pay(chain.alice) == f"Total fees: 1\n{FROZEN}\n"
    frozen = ((51, 0), (50, 51), (0, 50))
    assert [held(node) for node in chain.nodes] == [
        (worth, *both) for worth, both in zip(before, frozen, strict=True)
    ]
    waited = papers.end(chain.alice, "--timeout", "0.2")
    assert waited.status == 1
    assert "the payment is in progress" in waited.stderr
    papers.collect(chain.carol)
    ended = papers.end(chain.alice)
    assert ended == (0, "Payment succeeded. Saving receipt to file.\n", "")
    assert not papers.payment.exists()
    assert papers.verify() == (0, "Receipt is valid!\n", "")
    assert moved(before, worths(chain)) == [-51, 1, 50]
    for node, kind in ((chain.alice, "paid"), (chain.carol, "received")):
        (row,) = json.loads(say(node, "info", "history", "--limit", "1", "--json"))
        assert (row["kind"], row["amount"]) == (kind, "50")
        assert abs(row["time_ms"] / 1000 - time.time()) < PATIENCE_S * 10
    assert say(chain.alice, "info", "payments") == "No payments.\n"
    assert say(chain.carol, "info", "invoices") == "No open invoices.\n"


def test_payment_for_scripts(chain: Chain, tmp_path: Path) -> None:
    """With --json each command prints one JSON value, and the same happens."""
    papers = Papers(tmp_path)
    before = worths(chain)

    def tell(node: DemoNode, *args: str | Path) -> dict[str, object]:
        done = ctl(node, *args, "--json")
        assert (done.status, done.stderr) == (0, "")
        return json.loads(done.stdout)

    made = tell(chain.carol, "seller", "create-invoice", "-c", "FST", "-a", "3", "-i", papers.invoice)
    invoice_id = json.loads(papers.invoice.read_text())["invoice_id"]
    assert made == {"done": True, "invoice_id": invoice_id, "invoice": str(papers.invoice)}
    paid = json.loads(papers.pay(chain.alice, "--json"))
    assert paid == {
        "payment_id": json.loads(papers.payment.read_text())["payment_id"],
        "fees": "1",
        "payment": str(papers.payment),
        "commit": str(papers.commit),
    }
    files = ("-i", papers.invoice, "-c", papers.commit)
    assert tell(chain.carol, "seller", "commit-invoice", *files) == {"done": True, "taken": True}
    status = tell(chain.alice, "buyer", "payment-status", "-p", papers.payment, "-r", papers.receipt)
    assert status == {"status": "success", "receipt": str(papers.receipt)}
    assert moved(before, worths(chain)) == [-4, 1, 3]
    token = tmp_path / "bob.token"
    assert tell(chain.alice, "info", "friend-last-token", "-n", "bob", "-t", token) == {
        "done": True,
        "token": str(token),
    }


def test_token(chain: Chain, tmp_path: Path) -> None:
    """The last token of a friend proves the balances as the friend sees them; changed it proves nothing."""
    papers, token = Papers(tmp_path), tmp_path / "bob.token"
    papers.ask(chain.carol, 1)
    papers.pay(chain.alice)
    papers.collect(chain.carol)
    assert papers.end(chain.alice).status == 0
    owed = {currency: worths(chain, currency)[0] for currency in ("FST", "GOLD")}  # alice has but one friend

    def proved() -> str | None:
        """The proof, once the friend's newest message is here."""
        token.unlink(missing_ok=True)
        assert say(chain.alice, "info", "friend-last-token", "-n", "bob", "-t", str(token)) == ""
        done = run_here("stverify", "verify-token", "-t", token)
        assert (done.status, done.stderr) == (0, "")
        return done.stdout if f"- FST: balance={-owed['FST']}, lpd=0, rpd=0\n" in done.stdout else None

    said = eventually(proved, "a token with the new balance").splitlines()
    assert said[0] == "Token is valid!"
    assert f"local_public_key: {json.loads(chain.bob.ticket.read_text())['publicKey']}" in said
    assert f"remote_public_key: {json.loads(chain.alice.ticket.read_text())['publicKey']}" in said
    assert f"- GOLD: balance={-owed['GOLD']}, lpd=0, rpd=0" in said
    changed = tmp_path / "changed.token"
    changed.write_text(with_field(token.read_text(), "rand_nonce", lambda nonce: "A" * len(nonce)))
    done = run_here("stverify", "verify-token", "-t", changed)
    assert (done.status, done.stdout) == (1, "")
    assert "is not valid" in done.stderr


def test_cancel(chain: Chain, tmp_path: Path) -> None:
    """A cancelled invoice gives the buyer back what was frozen, and the payment ends as cancelled."""
    before = worths(chain)
    papers = Papers(tmp_path)
    papers.ask(chain.carol, 20)
    papers.pay(chain.alice)
    assert held(chain.alice).by_us == 21
    assert say(chain.carol, "seller", "cancel-invoice", "-i", str(papers.invoice)) == ""
    assert not papers.invoice.exists()
    assert papers.end(chain.alice) == (0, "Payment was canceled.\n", "")
    assert not papers.payment.exists()
    assert not papers.receipt.exists()
    assert worths(chain) == before


def test_killed_app(chain: Chain, tmp_path: Path) -> None:
    """When stctrl is killed in the midst of paying, payment-status still brings the payment to an end."""
    before = worths(chain)
    papers = Papers(tmp_path)
    papers.ask(chain.carol, 20)
    who = [PROGRAMS / "stctrl", "-I", chain.alice.app_ident, "-T", chain.alice.ticket]
    files = ["-i", papers.invoice, "-p", papers.payment, "-c", papers.commit]

    def begin() -> bool:
        with started([*who, "buyer", "pay-invoice", *files], stdout=subprocess.PIPE) as paying:
            eventually(
                lambda: papers.payment.exists() or paying.poll() is not None, "it has begun, or found no way"
            )
            paying.kill()
        return papers.payment.exists()

    eventually(begin, "a payment has begun")
    say(chain.carol, "seller", "cancel-invoice", "-i", str(papers.invoice))
    done = papers.end(chain.alice)
    if done.status == 0:
        assert (done.stdout, done.stderr) == ("Payment was canceled.\n", "")
        assert not papers.payment.exists()
    else:
        # It was killed before the node had heard of the payment.
        assert "this node does not know this payment" in done.stderr
        assert papers.payment.exists()
    assert worths(chain) == before


def test_after_the_end(chain: Chain, tmp_path: Path) -> None:
    """Nothing can be collected twice, and a payment whose end was acknowledged is unknown."""
    papers = Papers(tmp_path)
    papers.ask(chain.carol, 2)
    papers.pay(chain.alice)
    copy = tmp_path / "copy.payment"
    copy.write_bytes(papers.payment.read_bytes())
    papers.collect(chain.carol)
    assert papers.end(chain.alice).status == 0
    before = worths(chain)
    again = ctl(chain.carol, "seller", "commit-invoice", "-i", papers.invoice, "-c", papers.commit)
    assert again.status == 1
    assert "it was collected or cancelled before" in again.stderr
    papers.payment, papers.receipt = copy, tmp_path / "second.receipt"
    unknown = papers.end(chain.alice)
    assert (unknown.status, unknown.stdout) == (1, "")
    assert "its receipt was fetched before" in unknown.stderr
    assert copy.exists()
    assert not papers.receipt.exists()
    assert worths(chain) == before


def test_zero(chain: Chain, tmp_path: Path) -> None:
    """An invoice over nothing is paid, collected and proved like any other."""
    before = worths(chain)
    papers = Papers(tmp_path)
    papers.ask(chain.carol, 0)
    assert papers.pay(chain.alice) == f"Total fees: 1\n{FROZEN}\n"
    papers.collect(chain.carol)
    assert papers.end(chain.alice).stdout == "Payment succeeded. Saving receipt to file.\n"
    assert papers.verify().stdout == "Receipt is valid!\n"
    assert moved(before, worths(chain)) == [-1, 1, 0]


def test_two_currencies(chain: Chain, tmp_path: Path) -> None:
    """Currencies have balances of their own, and rates of their own."""
    before = {currency: worths(chain, currency) for currency in ("FST", "GOLD")}
    papers = Papers(tmp_path)
    papers.ask(chain.carol, 7, "GOLD")
    assert papers.pay(chain.alice) == f"Total fees: 0\n{FROZEN}\n"
    papers.collect(chain.carol)
    assert papers.end(chain.alice).status == 0
    assert papers.verify().status == 0
    assert moved(before["GOLD"], worths(chain, "GOLD")) == [-7, 0, 7]
    assert worths(chain, "FST") == before["FST"]


def test_fees_max(chain: Chain, tmp_path: Path) -> None:
    """Who wants to pay no fees pays nothing, and no file is made."""
    papers = Papers(tmp_path)
    papers.ask(chain.carol, 5)
    before = worths(chain)
    done = eventually(
        lambda: (
            (tried := papers.try_to_pay(chain.alice, "--max-fees", "0")) and "fees" in tried.stderr and tried
        ),
        "a route",
    )
    assert (done.status, done.stdout) == (1, "")
    assert "more than the 0 allowed" in done.stderr
    assert not papers.payment.exists()
    assert not papers.commit.exists()
    assert worths(chain) == before


def test_disabled(chain: Chain, tmp_path: Path) -> None:
    """Over a disabled friend nothing is paid; enabled again, it comes online and payments go on."""
    alice, bob, carol = chain.alice, chain.bob, chain.carol
    papers = Papers(tmp_path)
    papers.ask(carol, 5)
    assert say(carol, "config", "disable-friend", "-n", "bob") == ""
    try:
        eventually(lambda: not friends(bob)["carol"]["online"], "carol is offline")
        assert "| D- | bob " in say(carol, "info", "friends")
        done = papers.try_to_pay(alice)
        assert done.status == 1
        assert held(alice).by_us == 0
        papers.payment.unlink(missing_ok=True)
    finally:
        say(carol, "config", "enable-friend", "-n", "bob")
    eventually(lambda: friends(bob)["carol"]["online"] and friends(carol)["bob"]["online"], "carol is online")
    papers.pay(alice)
    papers.collect(carol)
    assert papers.end(alice).status == 0
    assert papers.verify().status == 0


def test_changed_limit(chain: Chain, tmp_path: Path) -> None:
    """A lowered limit stops payments above it, a raised one lets them through."""
    alice, bob, carol = chain.alice, chain.bob, chain.carol
    papers = Papers(tmp_path)
    # Ten more than alice owes now.
    amount = 10 - worths(chain)[0]
    papers.ask(carol, 10)

    def limit(credits: int) -> None:
        assert (
            say(bob, "config", "set-currency-max-debt", "-n", "alice", "-c", "FST", "-m", str(credits)) == ""
        )
        assert friends(bob)["alice"]["settings"]["FST"]["max_debt"] == str(credits)

    try:
        limit(amount)  # one too few: bob's fee
        done = eventually(
            lambda: (tried := papers.try_again(alice)) and "do not carry" in tried.stderr and tried,
            "the index server knows of the limit",
        )
        assert done.status == 1
        assert not papers.payment.exists()
        limit(amount + 1)
        assert papers.pay(alice) == f"Total fees: 1\n{FROZEN}\n"
    finally:
        limit(LIMIT)
    papers.collect(carol)
    assert papers.end(alice).status == 0


def test_remove_currency(chain: Chain) -> None:
    """A currency that only one of two friends wants can be removed, one that is in use cannot."""
    alice = chain.alice
    about = ("-n", "bob", "-c", "SILVER")
    assert say(alice, "config", "set-currency-max-debt", *about, "-m", "5") == ""
    assert "SILVER" in friends(alice)["bob"]["settings"]
    assert say(alice, "config", "remove-currency", *about) == ""
    assert "SILVER" not in friends(alice)["bob"]["settings"]
    before = friends(alice)
    refused = ctl(alice, "config", "remove-currency", "-n", "bob", "-c", "FST")
    assert refused.status == 1
    assert "'FST' is active" in refused.stderr
    assert friends(alice) == before


def test_two_apps(chain: Chain, tmp_path: Path) -> None:
    """While an app waits for the end of its payment, other apps of the same node look, configure and pay."""
    alice, carol, trusted = chain.alice, chain.carol, chain.alice.trusted
    reader = tmp_path / "reader.ident"
    run_here("stmgr", "gen-ident", "-o", reader)
    run_here("stmgr", "app-ticket", "-i", reader, "-o", trusted / "reader.ticket")
    before = worths(chain)
    first, second, third = (Papers(tmp_path, name) for name in ("first", "second", "third"))
    for papers, amount in ((first, 3), (second, 4), (third, 5)):
        papers.ask(carol, amount)
    first.pay(alice)
    command = [PROGRAMS / "stctrl", "-I", alice.app_ident, "-T", alice.ticket, "buyer", "payment-status"]
    with started(
        [*command, "-p", first.payment, "-r", first.receipt], stdout=subprocess.PIPE, text=True
    ) as waiting:
        looked = ctl(alice, "info", "friends", app=reader)
        assert (looked.status, looked.stderr) == (0, "")
        assert say(alice, "config", "close-currency", "-n", "bob", "-c", "GOLD") == ""
        assert say(alice, "config", "open-currency", "-n", "bob", "-c", "GOLD") == ""
        second.pay(alice)
        third.pay(alice)
        for papers in (third, second):
            papers.collect(carol)
            assert papers.end(alice).status == 0
        assert waiting.poll() is None
        first.collect(carol)
        said, _ = waiting.communicate(timeout=PATIENCE_S)
    assert (waiting.returncode, said) == (0, "Payment succeeded. Saving receipt to file.\n")
    assert [papers.verify().status for papers in (first, second, third)] == [0, 0, 0]
    assert moved(before, worths(chain)) == [-15, 3, 12]


@pytest.mark.parametrize("program", ["stnode", "strelay", "stindex", "stctrl", "stmgr", "stverify", "offset"])
def test_version(program: str) -> None:
    """Every program tells its name and version."""
    assert re.fullmatch(rf"{program} \d+\.\d+\.\d+\n", run(program, "--version").stdout)


def test_05_d8_killed_and_run_again(chain: Chain, tmp_path: Path) -> None:
    """A pay-invoice that is killed while its payment is under way goes on with --resume."""
    papers = Papers(tmp_path)
    papers.ask(chain.carol, 10)
    before = worths(chain)
    bob = chain.network.processes["bob"]
    bob.send_signal(signal.SIGSTOP)  # nothing arrives at carol meanwhile
    try:
        alice = chain.alice
        files = ("-i", papers.invoice, "-p", papers.payment, "-c", papers.commit)
        with started(
            [PROGRAMS / "stctrl", "-I", alice.app_ident, "-T", alice.ticket, "buyer", "pay-invoice", *files],
            stdout=subprocess.DEVNULL,
        ) as paying:
            eventually(papers.payment.exists, "the payment began")
            paying.kill()
    finally:
        bob.send_signal(signal.SIGCONT)
    done = papers.try_to_pay(chain.alice, "--resume")
    if "does not know this payment" in done.stderr:
        # It was killed between the writing of its file and the node's hearing of it. The file stays: nobody but the
        # user knows that no receipt was fetched.
        papers.payment.unlink()
        done = papers.try_to_pay(chain.alice)
    elif "came to nothing" in done.stderr:
        # It was killed before any part was under way.
        done = papers.try_to_pay(chain.alice)
    assert (done.status, done.stderr) == (0, "")
    papers.collect(chain.carol)
    assert papers.end(chain.alice).stdout == "Payment succeeded. Saving receipt to file.\n"
    assert papers.verify().status == 0
    assert moved(before, worths(chain)) == [-11, 1, 10]
