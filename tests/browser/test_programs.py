"""Programs in the settings: letting one in after a second yes, with a key that is shown once, and shutting it out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support import wallet_sample as sample
from support.fake_wallet import World
from support.wallet_page import go, log_in, page_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def test_a_program_is_let_in(browser: Browser, world: World, url: str) -> None:
    """Nothing is sent before all is said; the yes is asked for twice; what was sent is what was chosen."""
    page = page_in(browser)
    log_in(page, url)
    go(page, "/settings")
    page.get_by_role("link", name="Let a program in").click()
    page.get_by_role("button", name="Let it in").click()
    page.get_by_text("Give the program a name.").wait_for()
    page.get_by_label("Which program").fill("Bread machine")
    page.get_by_label("See balances, friends and history").uncheck()
    page.get_by_role("button", name="Let it in").click()
    page.get_by_text("Allow it something.").wait_for()
    page.get_by_label("Pay, within a budget").check()
    page.get_by_role("textbox", name="It may pay").fill("12.50")
    page.get_by_label("How often").select_option("day")
    page.get_by_label("At most so much at once").fill("3")
    page.get_by_label("For how long").select_option("0")
    assert not [one for one in world.asked if one[:2] == ("POST", "tokens")]
    page.get_by_role("button", name="Let it in").click()
    page.get_by_role("dialog").get_by_role("button", name="Yes, do it").click()
    page.get_by_text(sample.SECRET).wait_for()
    wish = {
        "name": "Bread machine",
        "rights": ["pay"],
        "budgets": [{"card": "home", "currency": "FST", "amount": "1250", "period": "day", "most": "300"}],
    }
    assert [one[2] for one in world.asked if one[:2] == ("POST", "tokens")] == [wish, wish]
    page.get_by_role("link", name="I have kept it").click()
    page.get_by_text("12.50 left of 12.50\u00a0FST a day, from Garden circle").wait_for()
    assert sample.SECRET not in page.inner_text("body")
    page.context.close()


def test_a_program_is_shut_out(browser: Browser, world: World, url: str) -> None:
    """After a question; the others stay, and without any the page says so."""
    page = page_in(browser)
    log_in(page, url)
    go(page, "/settings")
    page.get_by_text("15.00 left of 20.00\u00a0FST a week, from Garden circle").wait_for()
    for name in ("Bicycle pump", "Market stall"):
        page.get_by_role("button", name=f"Shut out {name}").click()
        page.get_by_role("dialog").get_by_role("button", name="Shut out").click()
        page.get_by_text(f"{name} was shut out.").wait_for()
        page.get_by_role("button", name=f"Shut out {name}").wait_for(state="detached")
    page.get_by_text("No program may do anything without you.").wait_for()
    assert not world.tokens
    page.context.close()
