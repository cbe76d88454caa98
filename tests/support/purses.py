"""Two served wallets whose cards are friends: Left owes nothing, and each lets the other owe 100 FST."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support.wallets import Answer, Served, befriend, two_wallets, until


class Purse:
    """A card in a served wallet, as its page sees it."""

    def __init__(self, served: Served, card: str) -> None:
        self.served, self.card = served, card

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> Answer:
        """A request about the card."""
        return self.served.ask(method, f"/cards/{self.card}/{path}", body, **more)

    def get(self, path: str) -> Any:
        """What is there."""
        answer = self.ask("GET", path)
        assert answer.status == 200, answer.body
        return answer.body

    def do(self, path: str, body: Any = None) -> Any:
        """A POST that is carried out."""
        answer = self.ask("POST", path, {} if body is None else body)
        assert answer.status in (200, 201), answer.body
        return answer.body

    def sell(self, amount: str = "20", note: str = "Bread") -> Any:
        """An invoice."""
        return self.do("sales", {"currency": "FST", "amount": amount, "note": note})

    def until_stage(self, what: str, id: str, *stages: str) -> Any:
        """A purchase or a sale, once it is in one of these stages."""
        until(lambda: self.get(f"{what}/{id}")["stage"] in stages)
        return self.get(f"{what}/{id}")

    def hold(self, text: str) -> Any:
        """A purchase that is frozen on the way."""
        made = self.do("purchases", {"to": text, "name": "Bob's bakery"})
        self.do(f"purchases/{made['id']}/confirm", {"fees_max": "5"})
        return self.until_stage("purchases", made["id"], "held", "failed")


@contextmanager
def two_purses(folder: Path, limit: int = 100) -> Iterator[tuple[Purse, Purse]]:
    """Both, with somebody logged in at each."""
    with two_wallets(folder) as (left, right, town):
        purses = []
        for served, name in ((left, "Left"), (right, "Right")):
            served.log_in()
            purses.append(Purse(served, served.new_card(name)))
            town.settle(served, purses[-1].card)
        buyer, seller = purses
        befriend((left, buyer.card), (right, seller.card), limit)
        yield buyer, seller
