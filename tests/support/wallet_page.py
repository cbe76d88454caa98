"""The screens of the wallet's page, and a browser to look at them with."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from support import wallet_sample as sample
from support.fake_wallet import LOGIN, World

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from support.wallets import Served

CHROMIUM = os.environ.get("OFFSET_CHROMIUM", "/usr/bin/chromium")
NARROW, WIDE = (360, 780), (1280, 860)
SCHEMES = ("light", "dark")
PATIENCE_MS = 30_000
"""How long anything may take on a slow machine; nothing waits for it when it is quicker."""
POLL_MS = 20


def screens(world: World) -> dict[str, str]:
    """Each screen by a short name, with its address behind the `#`."""
    dana, cleo, frank = (sample.key(name) for name in ("Dana", "Cleo", "Frank"))
    named = world.named
    return {
        "home": "/",
        "friends": "/friends",
        "friend": f"/friends/{dana}",
        "friend-closed": f"/friends/{cleo}",
        "limit": f"/friends/{dana}/limit?currency=FST",
        "ask": f"/friends/{dana}/ask?currency=FST&amount=4000",
        "add-friend": "/friends/add",
        "own-card": "/own-card",
        "pay": "/pay",
        "pay-quote": "/pay?text=offset:i1/bakery",
        "pay-short": "/pay?text=offset:i1/piano",
        "pay-dear": "/pay?text=offset:i1/far",
        "paying": f"/pay/{named['sending']}",
        "pay-held": f"/pay/{named['held']}",
        "pay-done": f"/pay/{named['done']}",
        "pay-failed": f"/pay/{named['failed']}",
        "pay-stopping": f"/pay/{named['stopping']}",
        "pay-stopped": f"/pay/{named['stopped']}",
        "pay-address": "/pay?text=offset:a1/bakery",
        "pay-asking": f"/pay/{named['asking']}",
        "pay-asking-closed": f"/pay/{named['asking-closed']}",
        "pay-priced": f"/pay/{named['asked-priced']}",
        "pay-asked-held": f"/pay/{named['asked-held']}",
        "pay-delivered": f"/pay/{named['delivered']}",
        "get-paid": "/get-paid",
        "request-open": f"/requests/{named['request open']}",
        "request-always": f"/requests/{named['request always']}",
        "request-paid": f"/requests/{named['request paid']}",
        "request-taken": f"/requests/{named['request taken']}",
        "request-closed": f"/requests/{named['request closed']}",
        "sale-open": f"/get-paid/{named['sale open']}",
        "sale-committed": f"/get-paid/{named['sale committed']}",
        "sale-paid": f"/get-paid/{named['sale collected']}",
        "sale-not-known": f"/get-paid/{named['sale not-known']}",
        "held": "/held",
        "books": f"/books/{frank}",
        "history": "/history",
        "receipt": f"/history/{len(world.rows)}",
        "more": "/more",
        "standing": "/standing",
        "cards": "/cards",
        "add-card": "/cards/add",
        "currencies": "/currencies",
        "settings": "/settings",
        "add-program": "/programs/add",
    }


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser of the system, without a window."""
    # Here, because only the tests in a browser have it installed.
    from playwright.sync_api import sync_playwright

    # As root, in a container, Chromium has no sandbox; it loads nothing but the page under test.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def page_in(browser: Browser, size: tuple[int, int] = NARROW, scheme: str = "light", **more: Any) -> Page:
    """A page of a person of its own."""
    options: dict[str, Any] = {"reduced_motion": "reduce", "locale": "en-GB", "timezone_id": "UTC", **more}
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, **options
    )
    context.set_default_timeout(PATIENCE_MS)
    return context.new_page()


def log_in(page: Page, url: str) -> None:
    """Open the page by a login link, and wait until it shows a screen."""
    page.goto(f"{url}#login={LOGIN}")
    page.locator(".places").wait_for()
    settle(page)


def go(page: Page, place: str) -> None:
    """Go to a screen, and wait until all of it is there."""
    page.evaluate("place => { location.hash = place; }", f"#{place}")
    settle(page)


def until(page: Page, expression: str) -> None:
    """Wait until something is so. Playwright's own way needs `eval` in the page, which its policy forbids."""
    for _ in range(PATIENCE_MS // POLL_MS):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(POLL_MS)
    raise AssertionError(f"never so: {expression}")


def settle(page: Page) -> None:
    """Wait until the screen of the address is shown, and nothing on it is being loaded."""
    until(
        page,
        "document.querySelector('main')?.dataset.place === location.hash && !document.querySelector('.bone')",
    )


def enter(browser: Browser, served: Served, *, wide: bool = False) -> Page:
    """A person opens the wallet by a login link."""
    page = page_in(browser, WIDE) if wide else page_in(browser)
    link = served.loop.call(served.daemon.web.sessions.new_link)
    page.goto(f"{served.daemon.web.address}login#login={link}")
    page.locator(".places").wait_for()
    settle(page)
    return page


def picture_of(page: Page) -> bytes:
    """The code that is shown, saved as a picture."""
    with page.expect_download() as download:
        page.get_by_role("button", name="Picture", exact=True).first.click()
    return Path(download.value.path()).read_bytes()


def show_picture(page: Page, picture: bytes) -> None:
    """Choose a picture of a code."""
    file = {"name": "code.png", "mimeType": "image/png", "buffer": picture}
    page.locator("input[type=file][accept='image/*']").set_input_files([file])
