"""Bad days on the page: whoever waits can look again, whoever failed can begin anew, and nothing untrue is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from offset.wallet.values.payments import Why
from offset.wallet.values.problems import Remedy
from support import wallet_sample as sample
from support.fake_wallet import World
from support.wallet_page import go, log_in, page_in, until

if TYPE_CHECKING:
    from playwright.sync_api import Browser

AWAY = Why(
    kind="all-closed",
    sentence="Those who use FST with you are not there: Dana, Bert.",
    most=None,
    remedies=(
        Remedy(action="wait", friend=sample.key("Dana")),
        Remedy(action="wait", friend=sample.key("Bert")),
    ),
)


def test_who_waits_may_look_again(browser: Browser, world: World, url: str) -> None:
    """One button, however many are away; and beside what is held nobody reads that nothing is."""
    (payable,) = [one for one in world.quotes.values() if one.invoice.note == "Lunch"]
    none = sample.no_quote(payable.invoice, AWAY)
    world.quotes[payable.invoice.id] = msgspec.structs.replace(none, earlier=(world.named["held"],))
    page = page_in(browser)
    log_in(page, url)
    go(page, "/pay?text=offset:i1/bakery")
    page.get_by_text(AWAY.sentence).wait_for()
    assert "do not pay again" in page.inner_text("main")
    assert "nothing is held" not in page.inner_text("main")
    world.quotes[payable.invoice.id] = none
    page.get_by_role("button", name="Try again").click()
    until(page, "document.querySelector('main').innerText.includes('nothing is held')")
    world.quotes[payable.invoice.id] = payable
    assert page.get_by_role("button", name="Try again").count() == 1
    page.get_by_role("button", name="Try again").click()
    page.get_by_role("button", name="Pay 20.20").wait_for()
    page.context.close()


@pytest.mark.parametrize(
    "remedy, words",
    [
        (Remedy(action="try-again"), "Try again"),
        (Remedy(action="allow-fees", amount="900", currency="FST"), "Allow fees of 9.00"),
    ],
    ids=["again", "fees"],
)
def test_what_failed_can_be_begun_anew(
    browser: Browser, world: World, url: str, remedy: Remedy, words: str
) -> None:
    """The reason stands there, and a button leads to where the text is taken again."""
    failed = world.named["failed"]
    why = Why(
        kind="other",
        sentence="Nothing was sent: the wallet was closed before, or could not write it down.",
        most=None,
        remedies=(remedy,),
    )
    world.purchases[failed] = msgspec.structs.replace(world.purchases[failed], why=why)
    page = page_in(browser)
    log_in(page, url)
    go(page, f"/pay/{failed}")
    assert why.sentence in page.inner_text("main")
    page.get_by_role("button", name=words).click()
    page.get_by_label("What you were given").wait_for()
    assert page.evaluate("location.hash") == "#/pay"
    page.context.close()


@pytest.mark.parametrize("asked", ["address", "request"])
def test_a_price_that_is_not_good_any_more(browser: Browser, world: World, url: str, asked: str) -> None:
    """An address is asked for another one; whoever made a request has to be told, and the words for that are there."""
    id = world.named["asked-priced"]
    world.purchases[id] = msgspec.structs.replace(world.purchases[id], asked=asked)
    refused = {
        "type": "urn:offset:problem:cannot-pay",
        "title": "This cannot be paid",
        "status": 422,
        "detail": "By the clock of this computer the time to pay this invoice is over. Ask for a new one.",
        "cause": "expired",
        "remedies": [{"action": "ask-anew"}],
    }
    page = page_in(browser)
    page.route("**/confirm", lambda route: route.fulfill(status=422, json=refused))
    log_in(page, url)
    go(page, f"/pay/{id}")
    page.get_by_role("button", name="Pay 20.20").click()
    page.get_by_text("the time to pay this invoice is over").wait_for()
    page.get_by_role("button", name="Ask for a new one").click()
    if asked == "address":
        page.get_by_label("What you were given").wait_for()
        assert page.evaluate("location.hash") == "#/pay"
    else:
        page.get_by_text("Copied").wait_for()
        assert page.evaluate("location.hash") == f"#/pay/{id}"
    page.context.close()


def test_a_sale_that_books_hide_leads_to_them(browser: Browser, world: World, url: str) -> None:
    """Whose books differ is one press away; nobody is told to ask for another payment."""
    id = world.named["sale not-known"]
    why = Why(
        kind="books-differ",
        sentence="Your node took the commit, and before its credits came your books and those of Dana did not agree.",
        most=None,
        remedies=(Remedy(action="settle-books", friend=sample.key("Dana")), Remedy(action="ask-anew")),
    )
    world.sales[id] = msgspec.structs.replace(world.sales[id], why=why)
    page = page_in(browser)
    log_in(page, url)
    go(page, f"/get-paid/{id}")
    assert why.sentence in page.inner_text("main")
    assert page.get_by_role("button", name="Ask for a new one").count() == 0
    page.get_by_role("button", name="See the books of Dana").click()
    until(page, f"location.hash === '#/books/{sample.key('Dana')}'")
    page.context.close()
