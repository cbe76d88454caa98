"""Programs with tokens: what each may do, and that no budget is passed, however many payments come at once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from offset.wallet.web.server import ROUTES
from offset.wallet.web.table import Needs
from support.purses import Purse, two_purses
from support.wallets import Answer, Served

MANY = 20


@pytest.fixture
def purses(tmp_path: Path, downloads: Path) -> Iterator[tuple[Purse, Purse]]:
    """Buyer and seller."""
    with two_purses(tmp_path) as both:
        yield both


class Program:
    """A program with a token."""

    def __init__(self, served: Served, **wish: Any) -> None:
        """Made by the owner, after a question."""
        self.served = served
        self.question = ""

        def ask(code: str | None) -> Answer:
            headers = {} if code is None else {"X-Offset-Confirm": code}
            return served.ask("POST", "/tokens", {"name": "bot", **wish}, headers=headers)

        asked = ask(None)
        assert asked.status == 428, asked.body
        self.question = asked.body["detail"]
        made = ask(asked.body["code"]).body
        self.secret, self.token = made["secret"], made["token"]

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """A request with the token alone."""
        sent = {"Authorization": f"Bearer {self.secret}"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self.served.ask(method, path, body, key=None, headers=sent)


def _filled(path: str, card: str) -> str:
    path = path.replace("{card}", card).replace("{currency:path}", "FST")
    for name in ("friend", "key", "session", "id", "token"):
        path = path.replace(f"{{{name}}}", "A" * 43)
    return path


def test_no_token_owns(purses: tuple[Purse, Purse]) -> None:
    """A token with all rights there are is turned away wherever a session is wanted, a key beside it or not."""
    buyer, _ = purses
    budget = {"card": buyer.card, "currency": "FST", "amount": "50", "period": "day"}
    program = Program(buyer.served, rights=["see", "receive", "pay"], budgets=[budget])
    for route in ROUTES:
        if route.needs is Needs.OWN:
            answer = program.ask(route.method, _filled(route.path, buyer.card), b"{}")
            assert (answer.status, answer.kind) == (403, "no-right")
            headers = {"Authorization": f"Bearer {program.secret}"}
            beside = buyer.served.ask(route.method, _filled(route.path, buyer.card), b"{}", headers=headers)
            assert beside.kind == "no-right"


def test_rights_are_what_they_say(purses: tuple[Purse, Purse]) -> None:
    """Who may see sees and no more; who may receive asks to be paid; nobody pays without the right."""
    buyer, _ = purses
    sees = Program(buyer.served, rights=["see"])
    assert sees.question.startswith("Let bot see everything of all your cards.")
    assert sees.ask("GET", "/cards").body[0]["id"] == buyer.card
    assert sees.ask("GET", "/me").body["rights"] == ["see"]
    wish = {"currency": "FST", "amount": "5"}
    assert sees.ask("POST", f"/cards/{buyer.card}/sales", wish).kind == "no-right"
    assert sees.ask("POST", f"/cards/{buyer.card}/purchases", {"to": "x"}).kind == "no-right"
    receives = Program(buyer.served, rights=["receive"])
    assert receives.ask("POST", f"/cards/{buyer.card}/sales", wish).status == 201
    assert receives.ask("GET", "/cards").kind == "no-right"


def test_a_program_has_to_do_with_its_cards_only(purses: tuple[Purse, Purse]) -> None:
    """Of the others it sees nothing, and a card that is not there answers alike."""
    buyer, _ = purses
    other = buyer.served.new_card("Other")
    program = Program(buyer.served, rights=["see"], cards=[other])
    assert [card["id"] for card in program.ask("GET", "/cards").body] == [other]
    assert program.ask("GET", "/currencies").body == []
    hidden, missing = program.ask("GET", f"/cards/{buyer.card}"), program.ask("GET", "/cards/nothing")
    assert hidden.body == missing.body
    assert program.ask("GET", f"/cards/{other}").status == 200
    assert program.ask("POST", "/read", {"text": "x", "card": buyer.card}).kind == "not-found"


def test_a_token_ends(purses: tuple[Purse, Purse]) -> None:
    """Taken back it opens nothing; it is listed without its secret."""
    buyer, _ = purses
    program = Program(buyer.served, rights=["see"])
    assert program.ask("GET", "/me").body["token"]["id"] == program.token["id"]
    (listed,) = buyer.served.ask("GET", "/tokens").body
    assert listed["seen"] is not None
    assert program.secret not in str(listed)
    assert buyer.served.ask("DELETE", f"/tokens/{program.token['id']}").status == 204
    assert program.ask("GET", "/me").kind == "no-key"
    assert buyer.served.ask("DELETE", f"/tokens/{program.token['id']}").kind == "not-found"


def test_a_program_pays_within_its_budget(purses: tuple[Purse, Purse]) -> None:
    """From the question to the receipt, with what is left after it; the owner's payments are not its own."""
    buyer, seller = purses
    budget = {"card": buyer.card, "currency": "FST", "amount": "50", "period": "day", "most": "30"}
    program = Program(buyer.served, rights=["see", "pay"], budgets=[budget])
    assert "It may pay 50 FST a day from Left, at most 30 FST at once." in program.question
    path = f"/cards/{buyer.card}/purchases"
    sale = seller.sell("25")
    body = {"to": sale["text"]}
    assert program.ask("POST", path, body).kind == "malformed"
    made = program.ask("POST", path, body, Idempotency_Key="one").body
    assert program.ask("POST", path, body, Idempotency_Key="one").body["id"] == made["id"]
    refused = program.ask("POST", f"{path}/{made['id']}/confirm", {"fees_max": "6"})
    assert (refused.kind, refused.body["cause"], refused.body["most"]) == ("no-right", "budget", "30")
    assert program.ask("POST", f"{path}/{made['id']}/confirm", {"fees_max": "5"}).status == 200
    buyer.until_stage("purchases", made["id"], "held")
    # While it is held it may still be paid, with all its fees.
    assert program.ask("GET", "/me").body["token"]["budgets"][0]["left"] == "20"
    commit = program.ask("GET", f"{path}/{made['id']}/commit").body["text"]
    seller.do(f"sales/{sale['id']}/commit", {"commit": commit})
    buyer.until_stage("purchases", made["id"], "done")
    assert program.ask("GET", "/me").body["token"]["budgets"][0]["left"] == "25"
    second = program.ask("POST", path, {"to": seller.sell("26")["text"]}, Idempotency_Key="two").body
    assert program.ask("POST", f"{path}/{second['id']}/confirm", {"fees_max": "0"}).body["most"] == "25"
    mine = buyer.do("purchases", {"to": seller.sell("5")["text"]})
    for verb, sent in (("confirm", {"fees_max": "0"}), ("stop", {}), ("deliver", {})):
        answer = program.ask("POST", f"{path}/{mine['id']}/{verb}", sent)
        assert (answer.kind, answer.body["cause"]) == ("no-right", "token")
    assert program.ask("GET", f"{path}/{mine['id']}/commit").body["cause"] == "token"


def test_many_at_once_share_a_budget_for_one(purses: tuple[Purse, Purse]) -> None:
    """Of twenty payments that are confirmed at the same moment one is sent, and nineteen are refused."""
    buyer, seller = purses
    budget = {"card": buyer.card, "currency": "FST", "amount": "10", "period": "ever"}
    program = Program(buyer.served, rights=["pay"], budgets=[budget])
    path = f"/cards/{buyer.card}/purchases"
    made = []
    for number in range(MANY):
        answer = program.ask("POST", path, {"to": seller.sell("6")["text"]}, Idempotency_Key=f"key {number}")
        assert answer.status == 201, answer.body
        made.append(answer.body["id"])
    with ThreadPoolExecutor(MANY) as threads:
        answers = list(
            threads.map(lambda one: program.ask("POST", f"{path}/{one}/confirm", {"fees_max": "0"}), made)
        )
    assert sorted(answer.status for answer in answers) == [200] + [403] * (MANY - 1)
    assert {answer.body["cause"] for answer in answers if answer.status == 403} == {"budget"}
