"""The commands that pay and are paid, between two served wallets."""

from __future__ import annotations

import csv
import io
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from offset.programs.offset import main, money, pay_cli, receive_cli
from offset.wire.files import parse_commit, parse_receipt
from offset.wire.texts import read_text, write_text
from support.purses import Purse, two_purses
from support.texts import BARE, FILES, VALUES
from support.wallets import until


class Shell:
    """Commands of both sides."""

    def __init__(self, buyer: Purse, seller: Purse, capsys: pytest.CaptureFixture[str]) -> None:
        self.buyer, self.seller, self._capsys = buyer, seller, capsys

    def run(self, purse: Purse, *words: str) -> tuple[int, str, str]:
        """Status, output and errors of `offset ...`."""
        verb = 2 if words[0] == "held" and len(words) > 1 and not words[1].startswith("-") else 1
        status = main([*words[:verb], "--folder", str(purse.served.folder), *words[verb:]])
        told = self._capsys.readouterr()
        return status, told.out, told.err

    def told(self) -> str:
        """What was written as errors."""
        return self._capsys.readouterr().err

    def ok(self, purse: Purse, *words: str) -> str:
        """The output of a command that succeeds."""
        status, out, err = self.run(purse, *words)
        assert status == 0, err
        return out

    def refused(self, purse: Purse, *words: str) -> str:
        """The one sentence of a command that fails."""
        status, _, err = self.run(purse, *words)
        assert status == 1
        assert err.count("\n") == 1
        return err


@pytest.fixture
def shell(
    tmp_path: Path, downloads: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Shell]:
    """Two cards that are friends."""
    monkeypatch.setattr(money, "LOOK_S", 0.02)
    with two_purses(tmp_path) as (buyer, seller):
        yield Shell(buyer, seller, capsys)


@pytest.fixture
def downloads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which pages with logins are put."""
    folder = tmp_path / "home" / "Downloads"
    folder.mkdir(parents=True)
    monkeypatch.setattr("offset.wallet.web.server.pages_folder", lambda: folder)
    return folder


def test_text_by_text(shell: Shell, tmp_path: Path) -> None:
    """The seller prints an invoice, the buyer pays it, the seller collects with the commit, the buyer has the proof."""
    buyer, seller = shell.buyer, shell.seller
    text = shell.ok(
        seller, "receive", "20", "--note", "Bread", "--no-wait", "--invoice", str(tmp_path / "a.invoice")
    )
    assert read_text(text).file() == read_text((tmp_path / "a.invoice").read_text()).file()  # type: ignore[union-attr]
    for words in (("receive", "20", "--invoice"), ("pay", text.strip(), "--yes", "--commit")):
        purse = seller if words[0] == "receive" else buyer
        assert "exists already" in shell.refused(purse, *words, str(tmp_path / "a.invoice"))
    assert shell.ok(buyer, "held") == "none\n"
    commit = shell.ok(
        buyer, "pay", text.strip(), "--yes", "--no-wait", "--commit", str(tmp_path / "a.commit")
    )
    assert parse_commit((tmp_path / "a.commit").read_text()) == read_text(commit)
    listed = shell.ok(buyer, "held")
    assert "20 FST to Right" in listed
    assert "Right: 20" in listed
    (held,) = json.loads(shell.ok(buyer, "held", "--json"))["purchases"]
    assert shell.ok(buyer, "held", "commit", held["id"]) == commit
    before = ["--folder", str(buyer.served.folder), "--card", "nobody's"]
    assert main(["held", *before, "commit", held["id"]]) == 1
    assert shell.told() == 'offset: there is no card named "nobody\'s"; there are: Left\n'
    assert shell.ok(seller, "open", commit.strip()) == "PAID 20 FST\n"
    proof = shell.ok(buyer, "held", "receipt", held["id"], "--file", str(tmp_path / "a.receipt"))
    assert parse_receipt((tmp_path / "a.receipt").read_text()) == read_text(proof)
    assert "proves nothing" not in shell.ok(buyer, "open", proof.strip())
    assert shell.ok(buyer, "held") == "none\n"
    until(lambda: "you paid" in shell.ok(buyer, "history"))
    rows = json.loads(shell.ok(buyer, "history", "bread", "--json"))
    assert [(row["cause"], row["delta"], row["total"]) for row in rows] == [("paid", "-20", "-20")]
    assert shell.ok(buyer, "history", "nothing") == "none\n"
    shell.ok(buyer, "history", "--csv", str(tmp_path / "all.csv"))
    (line,) = csv.DictReader(io.StringIO((tmp_path / "all.csv").read_text()))
    assert line["delta"] == "-20"


def test_pay_waits_for_the_receipt(shell: Shell, tmp_path: Path) -> None:
    """Without --no-wait it ends when the seller has collected, with everything as JSON for scripts."""
    made = json.loads(shell.ok(shell.seller, "receive", "20", "--json"))
    invoice = tmp_path / "a.invoice"
    invoice.write_text(made["file"])

    def collect() -> None:
        until(lambda: bool(shell.buyer.get("held")["purchases"]))
        (held,) = shell.buyer.get("held")["purchases"]
        shell.buyer.until_stage("purchases", held["id"], "held")
        commit = shell.buyer.get(f"purchases/{held['id']}/commit")
        shell.seller.do(f"sales/{made['id']}/commit", {"commit": commit["text"]})

    collecting = threading.Thread(target=collect)
    collecting.start()
    paid = json.loads(shell.ok(shell.buyer, "pay", str(invoice), "20", "--yes", "--json"))
    collecting.join()
    assert (paid["stage"], paid["fees"]) == ("done", "0")
    assert parse_commit(paid["commit"]["file"]).total_dest_payment == 20


def test_questions(shell: Shell) -> None:
    """Without --yes a script is refused with the question, and nothing is left over."""
    text = shell.ok(shell.seller, "receive", "20", "--no-wait").strip()
    assert "Pay 20 FST to Right?" in shell.refused(shell.buyer, "pay", text)
    assert shell.buyer.get("purchases")[0]["stage"] == "stopped"


def test_what_cannot_be_paid(shell: Shell) -> None:
    """One sentence with what helps, and a status that is not zero."""
    buyer, seller = shell.buyer, shell.seller
    text = shell.ok(seller, "receive", "120", "--no-wait").strip()
    sentence = shell.refused(buyer, "pay", text, "--yes")
    assert "Your friends let 100 FST pass, and 120 are asked for." in sentence
    assert "let you owe 20 FST more" in sentence
    assert "copy the whole text" in shell.refused(buyer, "pay", text[:-3], "--yes")
    assert "paid in full" in shell.refused(buyer, "pay", text, "5", "--yes")
    assert "invoice of this card" in shell.refused(seller, "pay", text, "--yes")
    assert "more than 0" in shell.refused(seller, "receive", "0")
    for amount in ("x", "-5", str(2**128)):
        status, _, err = shell.run(seller, "receive", "--no-wait", "--", amount)
        assert (status, err.count("\n")) == (2, 1)
    assert shell.run(seller, "receive")[0] == 2
    assert "Nobody uses EUR with you" in shell.refused(seller, "receive", "5", "EUR")


def test_never_twice(shell: Shell) -> None:
    """While it is held, a second command is refused."""
    text = shell.ok(shell.seller, "receive", "20", "--no-wait").strip()
    shell.ok(shell.buyer, "pay", text, "--yes", "--no-wait")
    assert "Do not pay it twice" in shell.refused(shell.buyer, "pay", text, "--yes")
    assert "Do not pay it twice" in shell.refused(shell.buyer, "open", text, "--yes")


def test_stop_and_withdraw(shell: Shell) -> None:
    """Stopped by the buyer, withdrawn by the seller: nothing was paid."""
    made = json.loads(shell.ok(shell.seller, "receive", "20", "--json"))
    paid = json.loads(shell.ok(shell.buyer, "pay", made["text"], "--yes", "--no-wait", "--json"))
    assert "stopped; it ends once" in shell.ok(shell.buyer, "held", "stop", paid["id"])
    assert "no commit to show" in shell.refused(shell.buyer, "held", "commit", paid["id"])
    assert "frozen" in shell.ok(shell.buyer, "held", "deliver", paid["id"])
    shell.ok(shell.buyer, "held", "stop", paid["id"])
    assert shell.ok(shell.seller, "receive", "--cancel", made["id"]) == "withdrawn\n"
    assert "nothing was paid" in shell.refused(shell.buyer, "held", "receipt", paid["id"])


@pytest.mark.parametrize(
    "name, said",
    [("friend", "offset friend add"), ("server", "offset card add-relay"), ("remote card", "tell nobody")],
)
def test_open_says_what_it_is(shell: Shell, name: str, said: str) -> None:
    """Which command takes it."""
    assert said in shell.ok(shell.buyer, "open", write_text(VALUES[name]))


def test_open_reads_files_and_standard_input(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of 0.1.11, words around a text from a pipe; a commit of somebody else is refused."""
    file = tmp_path / "x.friend"
    file.write_text(FILES["friend"])
    assert "friend add" in shell.ok(shell.buyer, "open", str(file))
    monkeypatch.setattr("sys.stdin", io.StringIO(f"look:\n> {write_text(VALUES['friend'])}\nbye"))
    assert "friend add" in shell.ok(shell.buyer, "open", "-")
    assert "whoever made its invoice" in shell.refused(shell.buyer, "open", FILES["commit"])
    assert "no such file" in shell.refused(shell.buyer, "open", str(tmp_path / "none")).lower()
    answer: Any = json.loads(shell.ok(shell.buyer, "open", "--json", write_text(VALUES["friend"])))
    assert answer["kind"] == "friend"
    assert "no index" not in shell.refused(shell.buyer, "open", write_text(BARE), "--yes")


def test_at_a_terminal(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """The invoice is printed, the commit is pasted, and the seller reads that it is paid."""
    texts: list[str] = []

    def pasted(*_: object, **__: object) -> str:
        (sale,) = shell.seller.get("sales")
        held = shell.buyer.hold(sale["text"])
        texts.append(sale["text"])
        return f" {shell.buyer.get('purchases/' + held['id'] + '/commit')['text']} "

    monkeypatch.setattr(receive_cli.sys, "stdin", Terminal())
    monkeypatch.setattr(receive_cli.click, "prompt", pasted)
    out = shell.ok(shell.seller, "receive", "20", "FST")
    assert texts[0] in out
    assert out.endswith("PAID 20 FST\n")


class Terminal(io.StringIO):
    """Standard input with a person in front of it."""

    def isatty(self) -> bool:
        return True


def test_ctrl_c(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever does not want to wait is told how to go on; the payment does."""
    text = shell.ok(shell.seller, "receive", "20", "--no-wait").strip()
    sleep = money.time.sleep

    def impatient(seconds: float) -> None:
        (made,) = shell.buyer.get("purchases")
        if made["stage"] == "held":
            raise KeyboardInterrupt
        sleep(seconds)

    monkeypatch.setattr(money.time, "sleep", impatient)
    assert pay_cli.LOOK in shell.refused(shell.buyer, "pay", text, "--yes")
    assert [one["stage"] for one in shell.buyer.get("held")["purchases"]] == ["held"]


def test_no_wallet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each command says how to open one."""
    for words in (
        ["pay", write_text(BARE)],
        ["receive", "5"],
        ["held"],
        ["history"],
        ["open", write_text(BARE)],
    ):
        assert main([words[0], "--folder", str(tmp_path), *words[1:]]) == 1
        assert "open one with: offset wallet" in capsys.readouterr().err
