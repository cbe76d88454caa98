"""Without a mouse: where the focus is, what Enter does, and what a dialog holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.fake_wallet import World
from support.wallet_page import go, log_in, page_in, settle, until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

STEPS_MAX = 60


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what has the focus is called so."""
    for _ in range(STEPS_MAX):
        page.keyboard.press("Tab")
        if name in focused(page):
            return
    raise AssertionError(f"Tab does not lead to {name!r}")


def focused(page: Page) -> str:
    """The name of what has the focus: its label, or its words."""
    text: str = page.evaluate(
        "(one => one.ariaLabel || one.labels?.[0]?.innerText || one.innerText || '')(document.activeElement)"
    )
    return text.strip()


def test_paying_with_keys_alone(browser: Browser, world: World, url: str) -> None:
    """From home to the payment: each step is reached by Tab and done by Enter, and the focus follows."""
    page = page_in(browser)
    log_in(page, url)
    tab_to(page, "Pay")
    page.keyboard.press("Enter")
    until(page, "location.hash === '#/pay'")
    settle(page)
    assert focused(page) == "Pay"
    assert page.evaluate("document.activeElement.tagName") == "H1"
    tab_to(page, "What you were given")
    page.keyboard.type("offset:i1/bakery")
    tab_to(page, "Go on")
    page.keyboard.press("Enter")
    page.get_by_text("Together").wait_for()
    tab_to(page, "Who is it?")
    page.keyboard.type("Bob's bakery")
    # Enter in a field does what the button of its form does.
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Paying").wait_for()
    asked = [(path, body) for method, path, body in world.asked if method == "POST" and "purchases" in path]
    assert asked[0][1] == {"to": "offset:i1/bakery", "name": "Bob's bakery"}
    assert asked[1][1] == {"fees_max": "20"}
    assert len(asked) == 2
    page.context.close()


def test_a_limit_is_raised_after_a_second_yes(browser: Browser, world: World, url: str) -> None:
    """What the wallet asks back opens a dialog that holds the focus; Escape means no, and leads back."""
    page = page_in(browser)
    log_in(page, url)
    go(page, f"/friends/{world.friends[0].key}/limit?currency=FST")
    tab_to(page, "Dana may owe you at most")
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("150")
    assert "The most you can lose: 150.00" in page.inner_text("main")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.wait_for()
    assert "the most that you can lose" in dialog.inner_text()
    assert page.evaluate("document.querySelector('dialog').contains(document.activeElement)")
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    assert not [one for one in world.asked if one[0] == "PUT" and one[2]["may_owe"] != "15000"]
    page.keyboard.press("Enter")
    tab_to(page, "Yes, do it")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Dana", exact=True).wait_for()
    assert "Dana may owe 150.00" in page.inner_text("main").replace("\xa0", " ")
    page.context.close()


def test_the_link_past_the_places(browser: Browser, url: str) -> None:
    """The first stop is a link over all that is on every screen, and the circle of friends can be walked."""
    page = page_in(browser)
    log_in(page, url)
    page.keyboard.press("Tab")
    assert focused(page) == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.tagName") == "H1"
    tab_to(page, "Dana: 60.00")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Dana").wait_for()
    page.context.close()
