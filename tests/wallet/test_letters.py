"""Paying addresses and requests, between two served wallets over a real relay."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from offset.app.node import Node
from offset.base.faults import NodeStopped
from offset.base.ids import UNSIGNED
from offset.store.card.dealings import GUEST_ASKS, DealingsStore
from offset.wallet.sales import invoice_of
from offset.wire.extension import HistoryRow
from offset.wire.letters_signing import origin_buffer
from offset.wire.mailbox import NOBODY_ASKED
from offset.wire.text_values import InvoiceOrigin, InvoiceText
from offset.wire.texts import read_text, write_text
from support.purses import Purse, two_purses
from support.wallets import until


@pytest.fixture(scope="module")
def purses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Purse, Purse]]:
    with two_purses(tmp_path_factory.mktemp("wallets"), 1000) as both:
        for purse in both:
            until(lambda purse=purse: purse.ask("GET", "address").status == 200)  # type: ignore[misc]
        yield both


def begin(buyer: Purse, to: str, **more: Any) -> Any:
    """A purchase that waits for a yes."""
    made = buyer.do("purchases", {"to": to} | more)
    return buyer.until_stage("purchases", made["id"], "priced", "failed")


def pay(buyer: Purse, to: str, **more: Any) -> Any:
    """A payment, up to its end."""
    priced = begin(buyer, to, **more)
    assert priced["stage"] == "priced", priced["why"]
    buyer.do(f"purchases/{priced['id']}/confirm", {"fees_max": "0"})
    return buyer.until_stage("purchases", priced["id"], "done", "failed", "stopped")


def sum_of(purse: Purse) -> int:
    """What friends owe the card."""
    (total,) = purse.served.rest.get("cards", purse.card)["sums"]
    return int(total["balance"])


def test_an_address_is_paid_by_one_text(purses: tuple[Purse, Purse]) -> None:
    """From the text to the receipt nothing goes from hand to hand; the owner learns what the payer says."""
    buyer, seller = purses
    before = sum_of(seller)
    to = seller.get("address")["text"]
    wish = {"amount": "20", "currency": "FST", "note": "Bread", "payer": "Ann", "name": "Bakery"}
    made = buyer.do("purchases", {"to": to} | wish)
    assert (made["stage"] in ("asking", "priced"), made["asked"], made["name"]) == (True, "address", "Bakery")
    priced = buyer.until_stage("purchases", made["id"], "priced")
    assert (priced["quote"]["fees"], priced["invoice"]["amount"], priced["invoice"]["note"]) == (
        "0",
        "20",
        "Bread",
    )
    assert priced["invoice"]["until"] is not None
    buyer.do(f"purchases/{made['id']}/confirm", {"fees_max": "0"})
    done = buyer.until_stage("purchases", made["id"], "done", "failed")
    assert (done["stage"], done["has_receipt"]) == ("done", True)
    until(lambda: seller.get("sales")[0]["stage"] == "collected")
    sale = seller.get("sales")[0]
    assert (sale["amount"], sale["note"], sale["payer"], sale["request"]) == ("20", "Bread", "Ann", None)
    until(lambda: sum_of(seller) == before + 20)
    until(lambda: seller.get("history?q=Ann")["rows"] != [])
    (row,) = seller.get("history?q=Ann")["rows"]
    assert (row["cause"], row["name"], row["note"], row["delta"]) == ("received", "Ann", "Bread", "20")


def test_a_request_that_is_good_once(purses: tuple[Purse, Purse]) -> None:
    """It turns to paid, and a second payment of it is refused by its owner."""
    buyer, seller = purses
    asked = seller.do("requests", {"currency": "FST", "amount": "30", "note": "Cake"})
    assert (asked["stage"], asked["is_paid"], asked["sales"]) == ("open", False, [])
    read = buyer.served.ask("POST", "/read", {"text": asked["text"], "card": buyer.card}).body
    assert (read["kind"], read["can"], read["request"]["amount"]) == ("request", ["pay"], "30")
    assert pay(buyer, asked["text"])["stage"] == "done"
    until(lambda: seller.get(f"requests/{asked['id']}")["is_paid"])
    found = seller.get(f"requests/{asked['id']}")
    assert (found["stage"], [sale["amount"] for sale in found["sales"]]) == ("taken", ["30"])
    again = begin(buyer, asked["text"])
    assert (again["stage"], again["why"]["kind"]) == ("failed", "refused")
    assert "paid already" in again["why"]["sentence"]


def test_a_request_that_is_good_always(purses: tuple[Purse, Purse]) -> None:
    """The payer chooses the amount, and it can be paid again; closed by its owner it cannot."""
    buyer, seller = purses
    asked = seller.do("requests", {"currency": "FST", "note": "Gifts", "is_once": False})
    refused = buyer.ask("POST", "purchases", {"to": asked["text"]})
    assert (refused.status, refused.body["detail"]) == (422, "Say how much is to be paid.")
    for amount in ("3", "4"):
        assert pay(buyer, asked["text"], amount=amount)["stage"] == "done"
    until(lambda: len(seller.get(f"requests/{asked['id']}")["sales"]) == 2)
    assert seller.do(f"requests/{asked['id']}/close")["stage"] == "closed"
    assert seller.do(f"requests/{asked['id']}/close")["stage"] == "closed"
    over = begin(buyer, asked["text"], amount="5")
    assert (over["stage"], over["why"]["kind"]) == ("failed", "expired")
    assert seller.get("requests")[0]["id"] == asked["id"]


def test_one_key_makes_one_request(purses: tuple[Purse, Purse]) -> None:
    """Repeated it is the same one, and with other contents it is refused."""
    _, seller = purses
    body = {"currency": "FST", "amount": "7"}
    first, second = [
        seller.ask("POST", "requests", body, headers={"Idempotency-Key": "k"}).body["id"] for _ in range(2)
    ]
    assert first == second
    other = seller.ask("POST", "requests", body | {"amount": "8"}, headers={"Idempotency-Key": "k"})
    assert other.kind == "other-body"


def test_the_wallet_of_the_seller_is_closed(purses: tuple[Purse, Purse]) -> None:
    """While it is, the payer is told so; once it is open again it answers by itself."""
    buyer, seller = purses
    to = seller.get("address")["text"]
    seller.do("close")
    made = buyer.do("purchases", {"to": to, "amount": "5", "currency": "FST", "when_open": True})
    path = f"purchases/{made['id']}"
    until(lambda: (buyer.get(path)["why"] or {"kind": ""})["kind"] == "closed")
    assert buyer.get(path)["stage"] == "asking"
    refused = buyer.ask("POST", f"{path}/confirm", {"fees_max": "0"})
    assert (refused.status, refused.body["cause"]) == (409, "asking")
    seller.do("open")
    buyer.until_stage("purchases", made["id"], "priced")
    until(lambda: buyer.get(path)["quote"]["fees"] == "0")
    buyer.do(f"{path}/confirm", {"fees_max": "0"})
    assert buyer.until_stage("purchases", made["id"], "done", "failed")["stage"] == "done"


def test_a_person_stops_before_it_pays(purses: tuple[Purse, Purse]) -> None:
    """What was priced and is not wanted is withdrawn at the seller, and leaves no trace there, nor at its node."""
    buyer, seller = purses
    before = len(seller.get("sales"))
    ended = ends_at_node(seller)
    letters = seller.served.daemon.wallet.clerks.get(seller.card).letters
    priced = begin(buyer, seller.get("address")["text"], amount="6", currency="FST")
    assert seller.served.loop.call(lambda: len(letters.dealings().guest_asks())) == 1
    assert buyer.do(f"purchases/{priced['id']}/stop")["stage"] == "stopped"
    until(lambda: seller.served.loop.call(lambda: letters.dealings().guest_asks()) == [])
    assert len(seller.get("sales")) == before
    assert seller.get("held")["lines"] == []
    assert ends_at_node(seller) == ended


def node_of(purse: Purse) -> Node:
    """The node of the card, as the wallet is connected to it."""
    clerk = purse.served.daemon.wallet.clerks.get(purse.card)
    return purse.served.loop.call(lambda: clerk.card.node)


def ends_at_node(purse: Purse) -> list[HistoryRow]:
    """The history of the node."""
    return purse.served.loop.run(node_of(purse).history(limit=None))


def test_withdrawn_by_another_program_before_anybody_touched_it(purses: tuple[Purse, Purse]) -> None:
    """The node has no history of it, as when its own answer to the wallet was lost; that it takes the id once more
    proves that nothing was collected."""
    _, seller = purses
    sale = seller.do("sales", {"currency": "FST", "amount": "5"})
    ended = ends_at_node(seller)
    row = seller.served.loop.run(
        seller.served.daemon.wallet.clerks.get(seller.card).receiving.get(sale["id"])
    )
    seller.served.loop.run(node_of(seller).seller.cancel(invoice_of(row)))
    assert seller.do(f"sales/{sale['id']}/cancel")["stage"] == "canceled"
    assert ends_at_node(seller) == ended
    assert seller.served.loop.run(node_of(seller).invoices()) == []


def test_what_cannot_be_asked_for(purses: tuple[Purse, Purse]) -> None:
    """Each with a sentence, and nothing is begun."""
    buyer, seller = purses
    to, own = seller.get("address")["text"], buyer.get("address")["text"]
    before = len(buyer.get("purchases"))
    for body, sentence in (
        ({"to": to, "currency": "FST"}, "Say how much is to be paid."),
        ({"to": to, "amount": "5"}, "Say in which currency is to be paid."),
        ({"to": to, "amount": "0", "currency": "FST"}, "Pay more than 0."),
        ({"to": own, "amount": "5", "currency": "FST"}, "This is of this card: somebody else has to pay it."),
    ):
        answer = buyer.ask("POST", "purchases", body)
        assert answer.status in (409, 422)
        assert answer.body["detail"] == sentence
    asked = seller.do("requests", {"currency": "FST", "amount": "30"})
    other = buyer.ask("POST", "purchases", {"to": asked["text"], "amount": "20"})
    assert "another amount: 30" in other.body["detail"]
    assert len(buyer.get("purchases")) == before
    priced = buyer.ask("POST", "quote", {"to": to})
    assert (priced.status, priced.body["cause"]) == (422, "not-asked")
    euros = begin(buyer, to, amount="5", currency="EUR")
    assert (euros["stage"], euros["why"]["kind"]) == ("failed", "no-currency")


def test_an_address_that_is_not_open_to_all(purses: tuple[Purse, Purse]) -> None:
    """Whoever has nothing but the address is refused, whoever has a request is not."""
    buyer, seller = purses
    try:
        changed = seller.ask("PATCH", "address", {"label": "Bakery", "open_to": "requests"})
        assert (changed.status, changed.body["label"], changed.body["open_to"]) == (200, "Bakery", "requests")
        refused = begin(buyer, changed.body["text"], amount="5", currency="FST")
        assert (refused["stage"], refused["why"]["kind"], refused["name"]) == ("failed", "refused", "Bakery")
        asked = seller.do("requests", {"currency": "FST", "amount": "2"})
        assert pay(buyer, asked["text"])["stage"] == "done"
    finally:
        seller.ask("PATCH", "address", {"label": "", "open_to": "anyone"})


def test_labels_and_names_of_strangers(purses: tuple[Purse, Purse]) -> None:
    """Markup is text, signs that nobody sees are refused, and what is too long is: the label stays what it was."""
    buyer, seller = purses
    before = seller.get("address")
    for label in ("x" * 65, "x" * 65_536, "\u202e", "é" * 33):
        answer = seller.ask("PATCH", "address", {"label": label})
        assert answer.status in (400, 413, 422), label[:70]
        assert answer.body["detail"]
    assert seller.get("address") == before
    wish = {"to": before["text"], "amount": "1", "currency": "FST"}
    for body in (wish | {"payer": "x" * 65_536}, wish | {"note": "x" * 65_536}, wish | {"payer": "x" * 65}):
        assert buyer.ask("POST", "purchases", body).status in (400, 413, 422)
    # Fewer than 64 characters, and more than 64 bytes.
    named = buyer.ask("POST", "purchases", wish | {"payer": "Б" * 33})
    assert named.status == 422
    assert "longer than 64 bytes" in named.body["detail"]
    markup = "<script>alert(1)</script>"
    try:
        changed = seller.ask("PATCH", "address", {"label": markup})
        assert (changed.status, changed.body["label"]) == (200, markup)
        read = buyer.served.ask("POST", "/read", {"text": changed.body["text"], "card": buyer.card})
        assert read.body["address"]["label"] == markup
        # What the owner calls somebody stands above the label, and others may have called it before.
        wish = {"amount": "1", "currency": "FST", "name": markup, "payer": markup, "note": markup}
        done = pay(buyer, changed.body["text"], **wish)
        assert (done["stage"], done["name"]) == ("done", markup)
        sale = seller.get("sales")[0]
        assert (sale["payer"], sale["note"]) == (markup, markup)
    finally:
        seller.ask("PATCH", "address", {"label": before["label"]})


def test_many_payments_at_once(purses: tuple[Purse, Purse]) -> None:
    """All are paid, and each is shown at both ends."""
    buyer, seller = purses
    before = sum_of(seller)
    asked = seller.do("requests", {"currency": "FST", "amount": "1", "is_once": False})
    made = [buyer.do("purchases", {"to": asked["text"]})["id"] for _ in range(8)]
    for id in made:
        assert buyer.until_stage("purchases", id, "priced", "failed")["stage"] == "priced"
    first = buyer.do(f"purchases/{made[0]}/confirm", {"fees_max": "0"})
    assert first["stage"] != "priced"
    for id in made:
        # One at a time: it is one request, which is not paid twice beside each other.
        buyer.until_stage("purchases", made[max(0, made.index(id) - 1)], "done", "priced")
        buyer.do(f"purchases/{id}/confirm", {"fees_max": "0"})
        assert buyer.until_stage("purchases", id, "done", "failed")["stage"] == "done"
    until(lambda: sum_of(seller) == before + 8)
    until(lambda: len(seller.get(f"requests/{asked['id']}")["sales"]) == 8)


def test_an_invoice_that_names_its_mailbox(purses: tuple[Purse, Purse]) -> None:
    """Its text needs no question, and the commit goes to the mailbox by itself."""
    buyer, seller = purses
    sale = seller.sell("9", "Tea")
    letters = seller.served.daemon.wallet.clerks.get(seller.card).letters
    bare = read_text(sale["text"])
    assert isinstance(bare, InvoiceText)
    key = letters._key
    assert key is not None
    origin = InvoiceOrigin(letters.address, NOBODY_ASKED, time.time_ns() // 10**6, 900_000, UNSIGNED)
    origin = replace(origin, signature=key.sign(origin_buffer(bare, origin)))
    text = write_text(replace(bare, opt_origin=origin))
    made = buyer.do("purchases", {"to": text})
    assert (made["stage"], made["asked"]) == ("priced", None)
    buyer.do(f"purchases/{made['id']}/confirm", {"fees_max": "0"})
    assert buyer.until_stage("purchases", made["id"], "done", "failed")["stage"] == "done"
    seller.until_stage("sales", sale["id"], "collected")


def test_the_disk_of_the_seller_is_full_for_a_moment(
    purses: tuple[Purse, Purse], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its mailbox stops, since it may have said what it does not hold, starts again, and the payment goes on."""
    buyer, seller = purses
    flush, failed = DealingsStore.flush, threading.Event()

    def full(self: DealingsStore) -> None:
        if not failed.is_set() and any(table == GUEST_ASKS for table, _ in self._waiting):
            failed.set()
            raise NodeStopped("the disk is full")
        flush(self)

    to = seller.get("address")["text"]
    monkeypatch.setattr(DealingsStore, "flush", full)
    assert pay(buyer, to, amount="8", currency="FST")["stage"] == "done"
    assert failed.is_set()


def test_a_card_without_relays(purses: tuple[Purse, Purse]) -> None:
    """Nobody can call it, and it says what helps; its requests are listed all the same."""
    _, seller = purses
    relay = seller.get("address")["relays"][0]
    seller.do("requests", {"currency": "FST", "amount": "4"})
    path = f"relays/{relay['key']}"
    try:
        seller.served.rest.call("DELETE", "cards", seller.card, "relays", relay["key"])
        until(lambda: seller.ask("GET", "address").status == 409)
        refused = seller.ask("GET", "address").body
        assert (refused["cause"], refused["remedies"][0]["action"]) == ("no-relay", "add-relay")
        assert seller.ask("POST", "requests", {"currency": "FST", "amount": "4"}).body["cause"] == "no-relay"
        assert seller.get("requests")[0]["text"] is None
    finally:
        assert seller.ask("PUT", path, {"address": relay["address"], "name": "relay"}).status in (
            200,
            201,
            204,
        )
    until(lambda: seller.ask("GET", "address").status == 200)
    assert seller.get("requests")[0]["text"].startswith("offset:r1/")
