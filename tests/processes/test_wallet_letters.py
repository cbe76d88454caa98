"""Wallets as processes that pay by letter over a real relay, and are killed on the way: it is paid once, or not at all.

Their nodes are real programs elsewhere, so a wallet can be gone while its node goes on.
"""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from offset.programs.offset.network import DemoNode
from offset.programs.offset.rest import Problem, Rest
from processes.test_wallet import running_wallet
from support.network import CURRENCY, running_chain
from support.wallets import until


class Purse:
    """A remote card in a wallet that is a process, and can be killed and started again."""

    def __init__(self, stack: ExitStack, folder: Path, node: DemoNode) -> None:
        self._stack, self._folder = stack, folder
        self.rest = Rest(folder, lambda _: True)
        self._process: subprocess.Popen[str] | None = None
        self.start(is_new=True)
        body = {
            "name": node.name,
            "kind": "remote",
            "node": node.ticket.read_text("utf-8"),
            "identity": node.app_ident.read_text("utf-8"),
        }
        self.card: str = self.rest.call("POST", "cards", body=body)["id"]
        self._until_open()

    def start(self, *, is_new: bool = False) -> None:
        self._process, line = self._stack.enter_context(running_wallet(self._folder, "--headless"))
        assert line.startswith("offset wallet: listening at"), line
        if not is_new:
            self._until_open()

    def kill(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def _until_open(self) -> None:
        until(lambda: self.rest.get("cards", self.card)["state"] == "open")

    def get(self, *path: str) -> Any:
        return self.rest.get("cards", self.card, *path)

    def do(self, *path: str, body: Any = None) -> Any:
        return self.rest.call("POST", "cards", self.card, *path, body={} if body is None else body)

    def stage(self, id: str, *stages: str) -> str:
        until(lambda: self.get("purchases", id)["stage"] in stages)
        return str(self.get("purchases", id)["stage"])

    def sum(self) -> int:
        """What friends owe the card."""
        sums = self.rest.get("cards", self.card)["sums"]
        return sum(int(one["balance"]) for one in sums if one["currency"] == CURRENCY)


class Pair(NamedTuple):
    """Who pays, and who is paid."""

    buyer: Purse
    seller: Purse


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Wallets of alice and carol, who have bob between them."""
    folder = tmp_path_factory.mktemp("letters")
    (folder / "chain").mkdir()
    with running_chain(folder / "chain", CURRENCY) as chain, ExitStack() as stack:
        yield Pair(Purse(stack, folder / "buyer", chain.alice), Purse(stack, folder / "seller", chain.carol))


def address_of(seller: Purse) -> str:
    """Its text, once the mailbox runs."""
    found: list[str] = []

    def look() -> bool:
        with suppress(Problem):
            found.append(seller.get("address")["text"])
        return bool(found)

    until(look)
    return found[0]


def begin(pair: Pair, amount: str) -> str:
    """A purchase at the address of the seller, which waits for a yes."""
    body = {"to": address_of(pair.seller), "amount": amount, "currency": CURRENCY}
    made = pair.buyer.do("purchases", body=body)
    assert pair.buyer.stage(made["id"], "priced", "failed") == "priced"
    return str(made["id"])


def paid_once(pair: Pair, id: str, amount: int, before: tuple[int, int]) -> None:
    """Both books say so, the credits have moved once, and nothing is held."""
    buyer, seller = pair
    until(lambda: seller.sum() == before[1] + amount)
    until(lambda: buyer.sum() == before[0] - amount - 1)
    until(lambda: buyer.get("held")["lines"] == seller.get("held")["lines"] == [])
    assert buyer.get("purchases", id)["has_receipt"]
    newest = seller.get("sales")[0]
    assert (newest["stage"] in ("committed", "collected"), newest["amount"]) == (True, str(amount))


def test_both_are_killed_while_it_is_held(pair: Pair) -> None:
    """The seller is killed before the commit comes, the buyer with the commit in its books: once both are back the
    commit is delivered, and it is paid."""
    buyer, seller = pair
    before = buyer.sum(), seller.sum()
    id = begin(pair, "20")
    seller.kill()
    buyer.do("purchases", id, "confirm", body={"fees_max": "5"})
    assert buyer.stage(id, "held", "failed") == "held"
    buyer.kill()
    buyer.start()
    assert buyer.get("purchases", id)["stage"] == "held"
    seller.start()
    assert buyer.stage(id, "done", "failed", "stopped") == "done"
    paid_once(pair, id, 20, before)


def test_the_buyer_is_killed_while_it_asks(pair: Pair) -> None:
    """The seller is closed, and opened when the buyer was killed and is there again: it is asked on by itself."""
    buyer, seller = pair
    before = buyer.sum(), seller.sum()
    to = address_of(seller)
    seller.kill()
    body = {"to": to, "amount": "3", "currency": CURRENCY, "when_open": True}
    id = str(buyer.do("purchases", body=body)["id"])
    until(lambda: (buyer.get("purchases", id)["why"] or {"kind": ""})["kind"] == "closed")
    buyer.kill()
    buyer.start()
    assert buyer.get("purchases", id)["stage"] == "asking"
    seller.start()
    assert buyer.stage(id, "priced", "failed") == "priced"
    buyer.do("purchases", id, "confirm", body={"fees_max": "5"})
    assert buyer.stage(id, "done", "failed") == "done"
    paid_once(pair, id, 3, before)


@pytest.mark.parametrize("who", ["buyer", "seller", "both"])
def test_killed_as_soon_as_it_is_confirmed(pair: Pair, who: str) -> None:
    """Wherever it is just then: it ends as paid at both, or as not paid at all, and then it can be paid anew."""
    buyer, seller = pair
    before = buyer.sum(), seller.sum()
    id = begin(pair, "5")
    buyer.do("purchases", id, "confirm", body={"fees_max": "5"})
    struck = [purse for name, purse in (("buyer", buyer), ("seller", seller)) if who in (name, "both")]
    for purse in struck:
        purse.kill()
    for purse in struck:
        purse.start()
    if buyer.stage(id, "done", "failed") == "failed":
        # Killed before anything was sent.
        assert who != "seller"
        assert (buyer.sum(), seller.sum()) == before
        id = begin(pair, "5")
        buyer.do("purchases", id, "confirm", body={"fees_max": "5"})
        assert buyer.stage(id, "done", "failed") == "done"
    paid_once(pair, id, 5, before)


def test_stopped_while_the_seller_is_away(pair: Pair) -> None:
    """A person stops what is held: it ends once the seller's wallet is back and lets go, with nothing paid."""
    buyer, seller = pair
    before = buyer.sum(), seller.sum()
    id = begin(pair, "7")
    seller.kill()
    buyer.do("purchases", id, "confirm", body={"fees_max": "5"})
    assert buyer.stage(id, "held", "failed") == "held"
    assert buyer.do("purchases", id, "stop")["stage"] == "stopping"
    buyer.kill()
    buyer.start()
    seller.start()
    assert buyer.stage(id, "stopped", "done") == "stopped"
    until(lambda: buyer.get("held")["lines"] == seller.get("held")["lines"] == [])
    assert (buyer.sum(), seller.sum()) == before
