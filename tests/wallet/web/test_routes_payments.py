"""Paying over REST between two served wallets: the whole way, and each bad day that concerns money."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from offset.testing import APP, NODE, FakeNode, in_thread
from offset.wallet.values.payments import Quote
from offset.wire.files import RemoteNodeCard, format_node_card, parse_commit, parse_invoice, parse_receipt
from offset.wire.signing import verify_receipt
from offset.wire.text_values import InvoiceText
from offset.wire.texts import read_text, write_text
from support.purses import Purse, two_purses
from support.texts import ADDRESS, BARE, FILES, VALUES, signed
from support.wallets import Served, until


@pytest.fixture
def purses(tmp_path: Path, downloads: Path) -> Iterator[tuple[Purse, Purse]]:
    """Buyer and seller."""
    with two_purses(tmp_path) as both:
        yield both


def pay(buyer: Purse, seller: Purse, amount: str = "20") -> tuple[Any, Any]:
    """A whole payment; the purchase and the sale at its end."""
    sale = seller.sell(amount)
    held = buyer.hold(sale["text"])
    assert held["stage"] == "held", held
    commit = buyer.get(f"purchases/{held['id']}/commit")
    seller.do(f"sales/{sale['id']}/commit", {"commit": commit["text"]})
    return (
        buyer.until_stage("purchases", held["id"], "done"),
        seller.until_stage("sales", sale["id"], "collected"),
    )


def test_from_text_to_receipt(purses: tuple[Purse, Purse]) -> None:
    """The seller shows a text, the buyer sees the price and says yes once; both see that it is paid, and the proof."""
    buyer, seller = purses
    sale = seller.sell()
    assert (sale["stage"], sale["most"]) == ("open", "100")
    read = buyer.served.ask(
        "POST", "/read", {"text": f"pay me: {sale['text']} please", "card": buyer.card}
    ).body
    assert (read["kind"], read["can"], read["invoice"]["seller_name"]) == ("invoice", ["pay"], "Right")
    quote = buyer.do("quote", {"to": sale["text"]})
    msgspec.convert(quote, Quote)
    assert (quote["fees"], quote["total"], quote["asks_again"], quote["why"]) == ("0", "20", False, None)
    made = buyer.do("purchases", {"to": sale["text"], "note": "for Tuesday"})
    assert (made["stage"], made["quote"]["total"], made["note"]) == ("priced", "20", "for Tuesday")
    buyer.do(f"purchases/{made['id']}/confirm", {"fees_max": "0"})
    held = buyer.until_stage("purchases", made["id"], "held")
    assert [one["amount"] for one in held["held"]] == ["20"]
    shown = buyer.get("held")
    assert [one["id"] for one in shown["purchases"]] == [made["id"]]
    assert [(line["out"], line["name"]) for line in shown["lines"]] == [("20", "Right")]
    assert shown["passing_out"] == []
    commit = buyer.get(f"purchases/{made['id']}/commit")
    assert parse_commit(commit["file"]) == read_text(commit["text"])
    told = seller.served.ask("POST", "/read", {"text": commit["text"], "card": seller.card}).body
    assert (told["can"], told["commit"]["is_good"]) == (["collect"], True)
    seller.do(f"sales/{sale['id']}/commit", {"commit": commit["text"]})
    seller.until_stage("sales", sale["id"], "collected")
    buyer.until_stage("purchases", made["id"], "done")
    receipt = parse_receipt(buyer.get(f"purchases/{made['id']}/receipt")["file"])
    assert verify_receipt(receipt, parse_invoice(sale["file"]).dest_public_key)
    proof = buyer.served.ask(
        "POST", "/read", {"text": buyer.get(f"purchases/{made['id']}/receipt")["text"], "card": buyer.card}
    )
    assert proof.body["receipt"]["is_good"] is True
    assert buyer.get("held")["lines"] == []


def test_history_chart_and_csv(purses: tuple[Purse, Purse]) -> None:
    """Each payment is a row with the balance after it, on both sides; search, pages by day, CSV with the same rows."""
    buyer, seller = purses
    pay(buyer, seller, "20")
    pay(buyer, seller, "15")
    until(lambda: len(buyer.get("history")["rows"]) == 2)
    rows = buyer.get("history")["rows"]
    assert [(row["cause"], row["delta"], row["balance"], row["total"], row["name"]) for row in rows] == [
        ("paid", "-15", "-35", "-35", "Bob's bakery"),
        ("paid", "-20", "-20", "-20", "Bob's bakery"),
    ]
    until(lambda: len(seller.get("history")["rows"]) == 2)
    assert [row["cause"] for row in seller.get("history")["rows"]] == ["received", "received"]
    assert len(buyer.get("history?q=bakery%2015")["rows"]) == 1
    assert buyer.get("history?to=2001-01-01")["rows"] == []
    assert len(buyer.get("history?from=2001-01-01&currency=FST")["rows"]) == 2
    assert buyer.get("history?currency=EUR")["rows"] == []
    (point,) = buyer.get("chart?currency=FST")
    assert point["balance"] == "-35"
    answer = buyer.ask("GET", "history.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    table = list(csv.DictReader(io.StringIO(answer.body.decode())))
    assert [line["delta"] for line in table] == ["-20", "-15"]
    assert answer.body.count(b"\r\n") == 3
    for query in ("from=yesterday", "after=0", "q=" + "x" * 201, "what=1"):
        assert buyer.ask("GET", f"history?{query}").status == 400


def test_capacity(purses: tuple[Purse, Purse]) -> None:
    """What can be paid: over own friends, to somebody over the best ways, to nobody."""
    buyer, seller = purses
    pay(buyer, seller, "20")
    until(lambda: buyer.get("capacity?currency=FST")["most"] == "80")
    found = buyer.get("capacity?currency=FST")
    assert [(line["name"], line["can_send"], line["is_online"]) for line in found["own_lines"]] == [
        ("Right", "80", True)
    ]
    key = buyer.get("friends")[0]["key"]
    # The index server hears of the payment a little later.
    until(lambda: buyer.get(f"capacity?currency=FST&to={key}")["most"] == "80")
    assert buyer.get("capacity?currency=EUR")["most"] == "0"
    assert buyer.ask("GET", "capacity?currency=FST&to=nonsense").status == 400
    until(lambda: seller.get("sales")[0]["most"] == "80")


def test_too_much(purses: tuple[Purse, Purse]) -> None:
    """More than friends let pass: the price is not there, but how much could be paid, and whom to ask for how much."""
    buyer, seller = purses
    sale = seller.sell("120")
    made = buyer.do("purchases", {"to": sale["text"]})
    quote = made["quote"]
    assert (quote["fees"], quote["why"]["kind"], quote["most"]) == (None, "own-lines", "100")
    remedies = {one["action"]: one["amount"] for one in quote["why"]["remedies"]}
    assert remedies["ask-friend"] == "20"
    assert remedies["pay-less"] == "100"
    buyer.do(f"purchases/{made['id']}/confirm", {"fees_max": "5"})
    failed = buyer.until_stage("purchases", made["id"], "failed")
    assert failed["why"]["kind"] == "own-lines"
    assert buyer.get("held")["lines"] == []
    receipt = buyer.ask("GET", f"purchases/{made['id']}/receipt")
    assert (receipt.status, receipt.body["cause"]) == (409, "no-receipt")
    # A second try of the same invoice is allowed, since nothing was paid.
    assert buyer.do("purchases", {"to": sale["text"]})["stage"] == "priced"


def test_amounts_that_are_none(purses: tuple[Purse, Purse]) -> None:
    """Neither a sale nor a purchase is made, and the sentence is one."""
    buyer, seller = purses
    digits = ["", "x", "-1", "1.5", "1e3", "01", "0x10", str(2**128), "9" * 40, "\u0661"]
    for amount in (*digits, None, 20, True):
        for purse, path, body in (
            (seller, "sales", {"currency": "FST", "amount": amount}),
            (buyer, "quote", {"to": write_text(BARE), "amount": amount}),
        ):
            answer = purse.ask("POST", path, body)
            if path == "quote" and amount is None:
                continue
            assert answer.status in (400, 422), amount
            assert answer.body["detail"].count("\n") == 0
    assert seller.get("sales") == []


def test_zero_and_most(purses: tuple[Purse, Purse]) -> None:
    """0 is refused with a sentence; 2^128 - 1 is an amount like any other, and too much."""
    buyer, seller = purses
    answer = seller.ask("POST", "sales", {"currency": "FST", "amount": "0"})
    assert (answer.status, answer.body["cause"]) == (422, "amount")
    sale = seller.sell(str(2**128 - 1))
    quote = buyer.do("quote", {"to": sale["text"]})
    assert quote["why"]["most"] == "100"
    free = write_text(InvoiceText(b"i" * 32, "FST", NODE.public_key, 0))  # type: ignore[arg-type]
    answer = buyer.ask("POST", "purchases", {"to": free})
    assert (answer.status, answer.body["cause"]) == (409, "amount")


def test_currencies_that_nobody_uses(purses: tuple[Purse, Purse]) -> None:
    """A sale in one is refused, a purchase is shown with the reason."""
    buyer, seller = purses
    answer = seller.ask("POST", "sales", {"currency": "EUR", "amount": "5"})
    assert (answer.status, answer.body["cause"]) == (422, "no-currency")
    euro = write_text(InvoiceText(b"i" * 32, "EUR", NODE.public_key, 5))  # type: ignore[arg-type]
    quote = buyer.do("quote", {"to": euro})
    assert (quote["why"]["kind"], quote["why"]["sentence"]) == ("no-currency", "Nobody uses EUR with you.")


def altered(text: str) -> str:
    """The text with another character in its middle."""
    place = (len(text) + text.index("/")) // 2
    return f"{text[:place]}{'b' if text[place] == 'a' else 'a'}{text[place + 1 :]}"


WRONG = (
    ("please pay me", "There is no text of Offset"),
    (write_text(BARE)[:-5], "copy the whole text"),
    (altered(write_text(BARE)), "copy the whole text"),
    (altered(write_text(ADDRESS)), "copy the whole text"),
    (altered(write_text(VALUES["request"])), "copy the whole text"),
    (write_text(BARE) * 2, "These are two texts"),
    (write_text(BARE).replace(":i1/", ":i2/"), "newer program"),
    (write_text(BARE).replace(":i1/", ":z1/"), "newer program"),
    (write_text(VALUES["friend"]), "the card of a friend, not an invoice"),
    (FILES["commit"], "a commit, not an invoice"),
    ("x" * 60_000, "There is no text of Offset"),
)


def test_wrong_texts(purses: tuple[Purse, Purse]) -> None:
    """Each has its sentence, for the price as for the payment."""
    buyer, _ = purses
    for pasted, sentence in WRONG:
        for path in ("quote", "purchases"):
            answer = buyer.ask("POST", path, {"to": pasted})
            assert answer.status == 422
            assert sentence in answer.body["detail"]
    for text in (write_text(ADDRESS), write_text(VALUES["request"])):
        answer = buyer.ask("POST", "quote", {"to": text})
        assert (answer.status, answer.body["cause"]) == (422, "not-asked")
    assert buyer.ask("POST", "purchases", {"to": ""}).status == 400
    assert buyer.ask("POST", "purchases", {"to": "x" * 70_000}).status == 413
    assert buyer.get("purchases") == []


def test_own_invoice(purses: tuple[Purse, Purse]) -> None:
    """Of this card it cannot be paid; the text says so before anybody tries."""
    _, seller = purses
    sale = seller.sell()
    answer = seller.ask("POST", "purchases", {"to": sale["text"]})
    assert (answer.status, answer.body["cause"]) == (409, "own-invoice")
    read = seller.served.ask("POST", "/read", {"text": sale["text"], "card": seller.card}).body
    assert (read["can"], read["invoice"]["is_own"]) == ([], True)


def test_another_amount(purses: tuple[Purse, Purse]) -> None:
    """An invoice is paid in full or not at all."""
    buyer, seller = purses
    sale = seller.sell("20")
    answer = buyer.ask("POST", "purchases", {"to": sale["text"], "amount": "10"})
    assert (answer.status, answer.body["most"]) == (422, "20")


def test_expired_and_changed(purses: tuple[Purse, Purse]) -> None:
    """A signed invoice whose time is over, and one that was changed on the way."""
    buyer, _ = purses
    old = signed(BARE)
    answer = buyer.ask("POST", "purchases", {"to": write_text(old)})
    assert (answer.status, answer.body["cause"]) == (409, "expired")
    changed = msgspec.structs.replace(old, dest_payment=2001)
    answer = buyer.ask("POST", "quote", {"to": write_text(changed)})
    assert (answer.status, answer.body["cause"]) == (409, "changed")
    assert answer.body["remedies"][0]["action"] == "ask-anew"


def test_twice(purses: tuple[Purse, Purse]) -> None:
    """Reload, browser back and a second tab: while it is held and once it is paid the same invoice is refused."""
    buyer, seller = purses
    sale = seller.sell()
    held = buyer.hold(sale["text"])
    early = buyer.ask("GET", f"purchases/{held['id']}/receipt")
    assert (early.status, "Nothing was paid" in early.body["detail"]) == (409, False)
    again = buyer.ask("POST", "purchases", {"to": sale["text"]})
    assert (again.status, again.body["cause"]) == (409, "held")
    assert again.body["remedies"][0]["action"] == "look-at-held"
    assert buyer.do("quote", {"to": sale["text"]})["earlier"] == [held["id"]]
    assert buyer.do(f"purchases/{held['id']}/confirm", {"fees_max": "5"})["stage"] == "held"
    commit = buyer.get(f"purchases/{held['id']}/commit")
    for _ in range(2):
        seller.do(f"sales/{sale['id']}/commit", {"commit": commit["file"]})
    buyer.until_stage("purchases", held["id"], "done")
    for path in ("quote", "purchases"):
        paid = buyer.ask("POST", path, {"to": sale["text"]})
        assert (paid.status, paid.body["cause"]) == (409, "paid")
    until(lambda: len(buyer.get("history")["rows"]) == 1)


def test_same_amount_to_the_same_seller(purses: tuple[Purse, Purse]) -> None:
    """Another invoice is not refused, but the page is told of the one that is held."""
    buyer, seller = purses
    held = buyer.hold(seller.sell()["text"])
    assert buyer.do("quote", {"to": seller.sell()["text"]})["earlier"] == [held["id"]]
    assert buyer.do("quote", {"to": seller.sell("21")["text"]})["earlier"] == []


def test_idempotency_keys(purses: tuple[Purse, Purse]) -> None:
    """The same key finds what it made, over a start of the daemon too; with another body it is refused."""
    buyer, seller = purses
    sale = seller.sell()
    rest = buyer.served.rest
    path = ("cards", buyer.card, "purchases")
    made = rest.call("POST", *path, body={"to": sale["text"]}, key="k1")
    assert rest.call("POST", *path, body={"to": sale["text"]}, key="k1")["id"] == made["id"]
    for _ in range(2):
        rest.call("POST", "cards", buyer.card, "close", body={})
        buyer.served.until(lambda: rest.get("cards", buyer.card)["state"] == "closed")
        rest.call("POST", "cards", buyer.card, "open", body={})
        buyer.served.until(lambda: rest.get("cards", buyer.card)["state"] == "open")
    with pytest.raises(Exception, match=r"same Idempotency-Key|other contents"):
        rest.call("POST", *path, body={"to": sale["text"], "note": "x"}, key="k1")
    assert [one["id"] for one in buyer.get("purchases")] == [made["id"]]


def test_commits_that_do_not_fit(purses: tuple[Purse, Purse]) -> None:
    """Of another invoice, or no commit at all: refused, and the sale stays open."""
    buyer, seller = purses
    sale, other = seller.sell(), seller.sell("5")
    held = buyer.hold(sale["text"])
    commit = buyer.get(f"purchases/{held['id']}/commit")
    answer = seller.ask("POST", f"sales/{other['id']}/commit", {"commit": commit["text"]})
    assert (answer.status, answer.kind) == (422, "refused")
    assert "another invoice" in answer.body["detail"]
    answer = seller.ask("POST", f"sales/{other['id']}/commit", {"commit": sale["text"]})
    assert "an invoice, not a commit" in answer.body["detail"]
    assert seller.get(f"sales/{other['id']}")["stage"] == "open"
    told = buyer.served.ask("POST", "/read", {"text": commit["text"], "card": buyer.card}).body
    assert told["commit"]["is_good"] is None


def test_stop_and_withdraw(purses: tuple[Purse, Purse]) -> None:
    """The buyer stops, the seller withdraws: what was frozen is back, and both say so."""
    buyer, seller = purses
    sale = seller.sell()
    held = buyer.hold(sale["text"])
    assert buyer.do(f"purchases/{held['id']}/stop")["stage"] == "stopping"
    answer = buyer.ask("GET", f"purchases/{held['id']}/commit")
    assert answer.status == 409
    assert seller.do(f"sales/{sale['id']}/cancel")["stage"] == "canceled"
    stopped = buyer.until_stage("purchases", held["id"], "stopped")
    assert stopped["held"] == []
    until(lambda: buyer.get("held")["lines"] == [])
    answer = buyer.ask("POST", f"purchases/{held['id']}/deliver", {})
    assert answer.status == 409


def test_a_closed_card(purses: tuple[Purse, Purse]) -> None:
    """Nothing can be asked of its books, and the button opens it."""
    buyer, _ = purses
    buyer.served.rest.call("POST", "cards", buyer.card, "close", body={})
    for path in ("history", "held", "purchases", "sales", "capacity?currency=FST"):
        answer = buyer.ask("GET", path)
        assert (answer.status, answer.kind) == (409, "card-closed")
        assert answer.body["remedies"][0]["action"] == "open-card"


def test_markup_and_long_notes(purses: tuple[Purse, Purse]) -> None:
    """Markup is text; control characters go; what is longer than a note may be is refused."""
    buyer, seller = purses
    sale = seller.sell(note="<script>alert(1)</script>\n\u202eevil")
    assert sale["note"] == "<script>alert(1)</script> evil"
    assert buyer.do("quote", {"to": sale["text"]})["invoice"]["note"] == sale["note"]
    for note in ("x" * 257, "x" * 65536, "é" * 200):
        answer = seller.ask("POST", "sales", {"currency": "FST", "amount": "5", "note": note})
        assert answer.status in (400, 413, 422)


def test_nothing_of_that_name(purses: tuple[Purse, Purse]) -> None:
    """An id that is none."""
    buyer, _ = purses
    for path in ("purchases/AAAA", "sales/AAAA", "purchases/AAAA/commit", "purchases/AAAA/receipt"):
        assert buyer.ask("GET", path).status == 404
    for path in ("purchases/AAAA/confirm", "sales/AAAA/commit"):
        body = {"fees_max": "1"} if "confirm" in path else {"commit": FILES["commit"]}
        assert buyer.ask("POST", path, body).status == 404


def test_the_node_is_away(wallet: Served) -> None:
    """A remote card whose node cannot be reached: history and held are shown, nothing is begun, and it says so."""
    with in_thread(FakeNode()) as node:
        text = format_node_card(RemoteNodeCard(node.ticket.public_key, node.ticket.address, APP))
        card = wallet.ask("POST", "/cards", {"name": "Far", "kind": "remote", "node": text}).body["id"]
        wallet.until(lambda: wallet.rest.get("cards", card)["state"] == "open")
    wallet.until(lambda: wallet.rest.get("cards", card)["state"] == "away")
    purse = Purse(wallet, card)
    for path, body in (
        ("quote", {"to": write_text(BARE)}),
        ("purchases", {"to": write_text(BARE)}),
        ("sales", {"currency": "FST", "amount": "5"}),
    ):
        answer = purse.ask("POST", path, body)
        assert (answer.status, answer.kind) == (503, "node-down"), answer.body
        assert answer.body["remedies"][0]["action"] == "wait"
    assert purse.get("purchases") == purse.get("sales") == []
    assert purse.get("history")["rows"] == []
    assert purse.get("held")["lines"] == []


def test_a_card_that_is_closed_and_opened_goes_on_paying(tmp_path: Path) -> None:
    """Its node counts its history on, and knows what was used before: neither of them stops."""
    with two_purses(tmp_path) as (buyer, seller):
        for number in range(2):
            sale = seller.sell("5")
            held = buyer.hold(sale["text"])
            assert held["stage"] == "held", number
            commit = buyer.get(f"purchases/{held['id']}/commit")["text"]
            seller.do(f"sales/{sale['id']}/commit", {"commit": commit})
            buyer.until_stage("purchases", held["id"], "done")
            seller.until_stage("sales", sale["id"], "collected")
            for purse in (buyer, seller):
                purse.do("close")
                purse.do("open")
            for purse in (buyer, seller):
                until(lambda purse=purse: purse.ask("GET", "friends").status == 200)  # type: ignore[misc]
                until(lambda purse=purse: all(one["is_online"] for one in purse.get("friends")))  # type: ignore[misc]
