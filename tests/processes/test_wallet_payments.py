"""Two wallets as processes, one of them killed while a payment is under way: it is paid once, or not at all."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from offset.programs.offset.rest import Rest
from processes.test_wallet import running_wallet
from support.wallets import Town, befriend, loop_in_thread, until


class Purse:
    """A card in a wallet that is a process, and can be killed and started again."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self._stack, self._folder = stack, folder
        self.rest = Rest(folder, lambda _: True)
        self._process: subprocess.Popen[str] | None = None
        self.start()
        self.card: str = self.rest.call("POST", "cards", body={"name": "Mine", "kind": "local"})["id"]
        self._until_open()

    def start(self) -> None:
        self._process, line = self._stack.enter_context(running_wallet(self._folder, "--headless"))
        assert line.startswith("offset wallet: listening at"), line

    def again(self) -> None:
        """Killed, and started anew."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self.start()
        self._until_open()

    def _until_open(self) -> None:
        until(lambda: self.rest.get("cards", self.card)["state"] == "open")

    def get(self, *path: str) -> Any:
        return self.rest.get("cards", self.card, *path)

    def do(self, *path: str, body: Any = None) -> Any:
        return self.rest.call("POST", "cards", self.card, *path, body={} if body is None else body)

    def stage(self, what: str, id: str, *stages: str) -> str:
        until(lambda: self.get(what, id)["stage"] in stages)
        return str(self.get(what, id)["stage"])

    def rows(self, cause: str) -> list[dict[str, Any]]:
        return [row for row in self.get("history")["rows"] if row["cause"] == cause]


@contextmanager
def two_purses(folder: Path) -> Iterator[tuple[Purse, Purse]]:
    """Two cards that are friends, and let each other owe 100 FST."""
    with loop_in_thread() as loop, ExitStack() as stack:
        town = Town(loop)
        stack.callback(town.stop)
        buyer, seller = Purse(stack, folder / "buyer"), Purse(stack, folder / "seller")
        for purse in (buyer, seller):
            town.settle(purse, purse.card)  # type: ignore[arg-type]
        befriend((buyer, buyer.card), (seller, seller.card), 100)  # type: ignore[arg-type]
        yield buyer, seller


@pytest.mark.parametrize("moment", ["sending", "handed", "taken"])
def test_killed_while_a_payment_is_under_way(tmp_path: Path, moment: str) -> None:
    """The buyer is killed while it sends, or when it has shown the commit, the seller once it has taken it: in the end
    both books say the same, and the credits have moved once."""
    with two_purses(tmp_path) as (buyer, seller):
        sale = seller.do("sales", body={"currency": "FST", "amount": "20"})
        made = buyer.do("purchases", body={"to": sale["text"]})
        buyer.do("purchases", made["id"], "confirm", body={"fees_max": "0"})
        if moment == "sending":
            buyer.again()
        if buyer.stage("purchases", made["id"], "held", "failed") == "failed":
            # Killed before anything was sent: nothing was paid, and the person may try again.
            assert moment == "sending"
            made = buyer.do("purchases", body={"to": sale["text"]})
            buyer.do("purchases", made["id"], "confirm", body={"fees_max": "0"})
            buyer.stage("purchases", made["id"], "held")
        commit = buyer.get("purchases", made["id"], "commit")
        if moment == "handed":
            buyer.again()
            assert buyer.get("purchases", made["id"], "commit") == commit
        seller.do("sales", sale["id"], "commit", body={"commit": commit["text"]})
        if moment == "taken":
            seller.again()
        seller.stage("sales", sale["id"], "collected")
        buyer.stage("purchases", made["id"], "done")
        until(lambda: len(buyer.rows("paid")) == 1 and len(seller.rows("received")) == 1)
        assert [row["total"] for row in buyer.rows("paid")] == ["-20"]
        assert [row["total"] for row in seller.rows("received")] == ["20"]
        assert buyer.get("held")["lines"] == seller.get("held")["lines"] == []
        with pytest.raises(Exception, match="paid this already"):
            buyer.do("purchases", body={"to": sale["text"]})


def test_the_wallet_of_the_seller_is_closed(tmp_path: Path) -> None:
    """The price says who is not there; once the wallet is open again it can be paid."""
    with two_purses(tmp_path) as (buyer, seller):
        sale = seller.do("sales", body={"currency": "FST", "amount": "20"})
        seller.do("close")
        until(lambda: not buyer.get("friends")[0]["is_online"])
        why = buyer.do("quote", body={"to": sale["text"]})["why"]
        assert (why["kind"], why["remedies"][0]["action"]) == ("all-closed", "wait")
        assert "Right" in why["sentence"]
        seller.do("open")
        until(lambda: bool(buyer.get("friends")[0]["is_online"]))
        until(lambda: buyer.do("quote", body={"to": sale["text"]})["fees"] == "0")
