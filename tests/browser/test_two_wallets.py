"""Two people, two wallets that are real, two browsers: from nothing to a payment that both see as paid."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from support.purses import two_purses
from support.wallet_page import enter, go, picture_of, show_picture, until
from support.wallets import Town, two_wallets

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


def make_card(page: Page, name: str) -> None:
    """The first card of a wallet."""
    page.get_by_role("heading", name="Your first card").wait_for()
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Make the card").click()
    page.get_by_text("Offset keeps what you and your friends owe each other.").wait_for()


def use_servers(page: Page, town: Town) -> None:
    """Take the tickets of the relay and of the index server."""
    for kind, (key, address) in (("relay", town.relay), ("index server", town.index)):
        go(page, "/standing")
        page.get_by_label("Its ticket").fill(json.dumps({"publicKey": key, "address": address}))
        page.get_by_role("button", name="Go on").click()
        page.get_by_role("button", name=f"{'A' if kind == 'relay' else 'An'} {kind}").click()
        page.get_by_label("What you call it").fill(kind.capitalize())
        page.get_by_role("button", name="Use it").click()
        page.get_by_role("button", name=f"Remove {kind.capitalize()}").wait_for()


def befriend(page: Page, name: str, card: bytes, limit: str) -> None:
    """Add somebody by a picture of their card, with a limit."""
    go(page, "/friends/add")
    show_picture(page, card)
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Currency").fill("FST")
    page.get_by_label(f"{name} may owe you at most").fill(limit)
    page.get_by_role("button", name="Add friend").click()
    # Trust is granted after a second yes.
    page.get_by_role("dialog").get_by_role("button", name="Yes, do it").click()
    page.get_by_role("heading", name=name).wait_for()


def own_card(page: Page) -> bytes:
    """A picture of one's own card, once it names a relay."""
    go(page, "/own-card")
    return picture_of(page)


def test_from_nothing_to_paid(browser: Browser, tmp_path: Path) -> None:
    """Two cards are made, befriended by pictures, and a payment goes over them; both pages say PAID."""
    with two_wallets(tmp_path) as (left, right, town):
        anna, bert = enter(browser, left), enter(browser, right, wide=True)
        for page, name in ((anna, "Anna"), (bert, "Bert")):
            make_card(page, name)
            use_servers(page, town)
        annas, berts = own_card(anna), own_card(bert)
        befriend(anna, "Bert", berts, "50")
        befriend(bert, "Anna", annas, "100")
        # Both wallets have found one another as soon as each says that the other is open.
        for page in (anna, bert):
            page.locator(".screen-head .state.up").wait_for()

        pay(anna, bert, "20", "Lunch")

        go(anna, "/")
        anna.get_by_text("You owe", exact=True).wait_for()
        assert "\u221220" in anna.inner_text("main")
        go(bert, "/")
        bert.get_by_text("You are owed", exact=True).wait_for()
        assert "+20" in bert.inner_text("main")
        go(bert, "/history")
        bert.get_by_text("Lunch").first.wait_for()
        anna.context.close()
        bert.context.close()


def assert_home_leads_back(page: Page, line: str, title: str) -> None:
    """Whoever looks elsewhere finds what was begun on the first screen."""
    go(page, "/")
    page.get_by_text(line).click()
    page.get_by_role("heading", name=title, level=1).wait_for()


def pay(buyer: Page, seller: Page, amount: str, note: str) -> None:
    """By hand: the seller shows an invoice, the buyer pays it and shows a code in turn; then both pages say PAID."""
    go(seller, "/get-paid")
    until(seller, "document.querySelector('main').innerText.includes('can reach you now')")
    seller.get_by_label("Amount").fill(amount)
    seller.get_by_label("What for").fill(note)
    seller.get_by_role("button", name="Show the code").click()
    seller.get_by_text("The payer has no line").click()
    seller.get_by_role("button", name="Show an invoice").click()
    seller.get_by_alt_text(f"Code to pay {amount}").wait_for()
    request = picture_of(seller)
    assert_home_leads_back(seller, "it waits to be paid", "Get paid")

    go(buyer, "/pay")
    show_picture(buyer, request)
    buyer.get_by_role("button", name=f"Pay {amount}").click()
    buyer.get_by_role("heading", name="Now show this to").wait_for()
    buyer.get_by_alt_text("Code that proves").wait_for()
    show_picture(seller, picture_of(buyer))
    for page in (seller, buyer):
        page.get_by_text("PAID", exact=True).wait_for()


def test_what_a_program_began_waits_on_home(browser: Browser, tmp_path: Path) -> None:
    """A payment that a program prepared is found on the first screen, and a person says the yes."""
    with two_purses(tmp_path) as (buyer, seller):
        buyer.do("purchases", {"to": seller.sell("20", "Bread")["text"], "name": "Bob's bakery"})
        page = enter(browser, buyer.served)
        assert_home_leads_back(page, "it waits for your yes", "Ready to pay")
        page.get_by_role("button", name="Pay 20").click()
        page.get_by_role("heading", name="Now show this to").wait_for()
        page.context.close()


def test_more_than_the_friends_let_pass(browser: Browser, tmp_path: Path) -> None:
    """Why it does not work is said in numbers, with a button that leads to asking the friend for what is missing."""
    with two_purses(tmp_path, limit=50) as (buyer, seller):
        text = seller.sell("80", "Bicycle")["text"]
        page = enter(browser, buyer.served)
        go(page, "/pay")
        page.get_by_label("What you were given").fill(f"hello, here it is: {text} thanks")
        page.get_by_role("button", name="Go on").click()
        alert = page.get_by_role("alert")
        assert "50" in alert.inner_text()
        assert "Nothing was paid" in alert.inner_text()
        page.get_by_role("button", name="Ask").first.click()
        page.get_by_role("heading", name="Ask").wait_for()
        assert "80" in page.get_by_label("Your words").input_value()
        page.context.close()


def test_a_wallet_that_ends_shows_no_numbers(browser: Browser, tmp_path: Path) -> None:
    """A page whose wallet is gone says so; what answers in its place is not believed."""
    with two_purses(tmp_path) as (buyer, _):
        page = enter(browser, buyer.served)
        page.get_by_text("Friends").first.wait_for()
        answer = buyer.served.ask("GET", "/sessions")
        mine = next(one for one in answer.body if one["kind"] == "page" and not one["is_this"])
        buyer.served.ask("DELETE", f"/sessions/{mine['id']}")
        page.get_by_role("heading", name="This page is closed").wait_for()
        assert "FST" not in page.inner_text("body")
        page.context.close()
