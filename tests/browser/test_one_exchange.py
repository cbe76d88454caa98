"""Two wallets that are real and one exchange: a code is shown, scanned, and paid by one press; both see PAID."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.purses import two_purses
from support.wallet_page import enter, go, picture_of, show_picture, until
from support.wallets import until as until_so

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from support.purses import Purse


@pytest.fixture(scope="module")
def purses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Purse, Purse]]:
    """Two cards that are friends, each with an address."""
    with two_purses(tmp_path_factory.mktemp("wallets"), 1000) as both:
        for purse in both:
            until_so(lambda purse=purse: purse.ask("GET", "address").status == 200)  # type: ignore[misc]
        yield both


@pytest.fixture
def pages(browser: Browser, purses: tuple[Purse, Purse]) -> Iterator[tuple[Page, Page]]:
    """The page of the buyer, on a phone, and that of the seller."""
    buyer, seller = enter(browser, purses[0].served), enter(browser, purses[1].served, wide=True)
    yield buyer, seller
    buyer.context.close()
    seller.context.close()


def ask_for(seller: Page, amount: str, note: str, *, always: bool = False) -> bytes:
    """Ask to be paid; returns the picture of the code."""
    go(seller, "/get-paid")
    seller.get_by_label("Amount").fill(amount)
    seller.get_by_label("What for").fill(note)
    if always:
        seller.get_by_label("It may be paid again and again").check()
    seller.get_by_role("button", name="Show the code").click()
    seller.get_by_alt_text("Code to pay").wait_for()
    return picture_of(seller)


def scan(buyer: Page, picture: bytes) -> None:
    """Show the picture of a code where payments begin."""
    go(buyer, "/pay")
    show_picture(buyer, picture)


def paid(page: Page) -> None:
    """It says PAID, to the eye and to a screen reader."""
    page.get_by_text("PAID", exact=True).wait_for()
    page.get_by_role("heading", name="Paid", level=1).wait_for()


def test_scan_press_paid(pages: tuple[Page, Page]) -> None:
    """The buyer presses once; nothing goes back from hand to hand, and the seller's page turns by itself."""
    buyer, seller = pages
    scan(buyer, ask_for(seller, "20", "Lunch"))
    buyer.get_by_text("Lunch").first.wait_for()
    buyer.get_by_role("button", name="Pay 20").click()
    paid(buyer)
    paid(seller)
    go(seller, "/history")
    seller.get_by_text("Lunch").first.wait_for()
    go(buyer, "/history")
    buyer.get_by_text("Lunch").first.wait_for()


def test_a_request_is_paid_once(pages: tuple[Page, Page]) -> None:
    """Whoever comes second is told why, and that nothing was paid."""
    buyer, seller = pages
    picture = ask_for(seller, "5", "Tea")
    scan(buyer, picture)
    buyer.get_by_role("button", name="Pay 5").click()
    paid(buyer)
    paid(seller)
    scan(buyer, picture)
    buyer.get_by_role("heading", name="Not paid", level=1).wait_for()
    alert = buyer.get_by_role("alert").inner_text()
    assert "paid already" in alert
    assert "Nothing was paid" in alert


def test_a_request_that_is_open_always(pages: tuple[Page, Page]) -> None:
    """The payer chooses the amount, each payment is listed, and after it was closed nobody pays it."""
    buyer, seller = pages
    picture = ask_for(seller, "", "Gifts", always=True)
    for number, amount in enumerate(("3", "4"), 1):
        scan(buyer, picture)
        buyer.get_by_label("Amount").fill(amount)
        buyer.get_by_role("button", name="Ask for the price").click()
        buyer.get_by_role("button", name=f"Pay {amount}").click()
        paid(buyer)
        seller.get_by_text(f"Paid {number} time").wait_for()
    assert "7\u00a0FST" in seller.get_by_role("heading", name="Paid 2 times").inner_text()
    seller.get_by_role("button", name="Close it").click()
    seller.get_by_role("dialog").get_by_role("button", name="Close it").click()
    seller.get_by_role("heading", name="Closed", level=1).wait_for()


def test_an_address_is_paid(pages: tuple[Page, Page]) -> None:
    """It is called as its owner wants; the payer says how much, what for and, if it likes, who it is."""
    buyer, seller = pages
    go(seller, "/get-paid")
    seller.get_by_text("How it is called, and for whom it is").click()
    seller.get_by_label("What payers see").fill("Bert's bakery")
    seller.get_by_role("button", name="Save").click()
    seller.get_by_text("Saved.").wait_for()
    seller.get_by_alt_text("Code of your address").wait_for()
    scan(buyer, picture_of(seller))
    buyer.get_by_text("\u201cBert's bakery\u201d").wait_for()
    buyer.get_by_label("Amount").fill("6")
    buyer.get_by_label("What for").fill("Rolls")
    buyer.get_by_role("button", name="Ask for the price").click()
    buyer.get_by_role("button", name="Pay 6").click()
    paid(buyer)
    go(seller, "/history")
    seller.get_by_text("Rolls").first.wait_for()


def test_a_wallet_that_is_closed(pages: tuple[Page, Page], purses: tuple[Purse, Purse]) -> None:
    """The payer is told so while it waits, finds it on the first screen, and may leave it."""
    buyer, seller = pages
    picture = ask_for(seller, "8", "Jam")
    purses[1].do("close")
    scan(buyer, picture)
    buyer.get_by_role("heading", name="Asking", level=1).wait_for()
    buyer.get_by_text("is closed: ask its owner to open it").wait_for()
    go(buyer, "/")
    buyer.get_by_text("the price is being asked for").click()
    buyer.get_by_role("button", name="Not now").click()
    buyer.get_by_role("heading", name="Stopped", level=1).wait_for()
    purses[1].do("open")
    until(seller, "!document.querySelector('main').innerText.includes('is closed')")
