"""The commands that pay addresses and requests, between two served wallets."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from offset.programs.offset import main, money
from support.purses import Purse, two_purses
from support.wallets import until


class Shell:
    """Commands of both sides."""

    def __init__(self, buyer: Purse, seller: Purse, capsys: pytest.CaptureFixture[str]) -> None:
        self.buyer, self.seller, self._capsys = buyer, seller, capsys

    def run(self, purse: Purse, *words: str) -> tuple[int, str, str]:
        """Status, output and errors of `offset ...`."""
        status = main([words[0], "--folder", str(purse.served.folder), *words[1:]])
        told = self._capsys.readouterr()
        return status, told.out, told.err

    def ok(self, purse: Purse, *words: str) -> str:
        """The output of a command that succeeds."""
        status, out, err = self.run(purse, *words)
        assert status == 0, err
        return out.strip()

    def refused(self, purse: Purse, *words: str) -> str:
        """The one sentence of a command that fails."""
        status, _, err = self.run(purse, *words)
        assert status == 1
        assert err.count("\n") == 1
        return err


@pytest.fixture
def shell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Shell]:
    """Two cards that are friends."""
    monkeypatch.setattr(money, "LOOK_S", 0.02)
    with two_purses(tmp_path) as (buyer, seller):
        until(lambda: seller.ask("GET", "address").status == 200)
        yield Shell(buyer, seller, capsys)


def test_an_address(shell: Shell) -> None:
    """One command on the payer's side; the commit is printed for nobody, since the wallets do it."""
    to = shell.ok(shell.seller, "receive", "--address")
    assert to.startswith("offset:a1/")
    assert "Say how much" in shell.refused(shell.buyer, "open", to)
    assert "how much" in shell.refused(shell.buyer, "pay", to, "--yes")
    paid = shell.ok(
        shell.buyer, "pay", to, "20", "--yes", "--note", "Bread", "--payer", "Ann", "--name", "Bob"
    )
    assert paid == "paid 20 FST to Bob"
    until(lambda: [one["payer"] for one in shell.seller.get("sales")] == ["Ann"])
    refused = shell.refused(shell.buyer, "pay", to, "20", "EUR", "--yes")
    assert "nothing was paid: Whoever is to be paid does not use this currency" in refused


def test_a_request(shell: Shell) -> None:
    """The seller's command says PAID by itself, though nobody pastes anything."""
    said: list[str] = []
    selling = threading.Thread(
        target=lambda: said.append(
            str(main(["receive", "--folder", str(shell.seller.served.folder), "30", "--request"]))
        )
    )
    selling.start()
    until(lambda: len(shell.seller.get("requests")) == 1)
    (asked,) = shell.seller.get("requests")
    shell.ok(shell.buyer, "open", asked["text"], "--yes")
    selling.join(60)
    assert said == ["0"]
    assert "paid already" in shell.refused(shell.buyer, "pay", asked["text"], "--yes")


def test_a_request_that_is_always_good(shell: Shell) -> None:
    """The payer says how much; once it is closed nobody pays it any more."""
    made = json.loads(shell.ok(shell.seller, "receive", "--request", "--always", "--json"))
    assert (made["amount"], made["is_once"]) == (None, False)
    assert "Say how much" in shell.refused(shell.buyer, "open", made["text"])
    for amount in ("2", "3"):
        done = json.loads(shell.ok(shell.buyer, "pay", made["text"], amount, "--yes", "--json"))
        assert (done["stage"], done["asked"], done["invoice"]["amount"]) == ("done", "request", amount)
    assert "closed" in shell.ok(shell.seller, "receive", f"--close={made['id']}")
    assert "The time for this is over" in shell.refused(shell.buyer, "pay", made["text"], "4", "--yes")
    status, _, err = shell.run(shell.seller, "receive", "--request")
    assert status != 0
    assert "say how much" in err
