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
