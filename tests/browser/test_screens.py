"""Every screen, light and dark, narrow and wide: what axe-core, the width, the console and the network say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from support.fake_wallet import World, serving
from support.wallet_page import NARROW, SCHEMES, WIDE, go, log_in, page_in, screens, settle, until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

AXE = Path(__file__).parent / "vendor" / "axe.js"
TOUCH_PX = 44
SHIFT_MAX = 0.05
"""How much of the screen may jump while it loads; 0.1 counts as good (web.dev, Cumulative Layout Shift)."""

FIRST_VIEW_MAX = 250_000
"""Bytes of the page itself; with the answers of the wallet a first view is to stay below 300 kB."""

RUN_AXE = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations.map(
    one => `${one.id}: ${one.nodes.slice(0, 3).map(node => node.html.slice(0, 160)).join(" | ")}`)"""
SMALL = """least => [...document.querySelectorAll("button, a.button, a.item, input, select, textarea, summary, nav a")]
    .filter(one => one.checkVisibility() && !one.closest(".hidden") && !one.classList.contains("hidden")
        && !one.classList.contains("skip"))
    .filter(one => !["checkbox", "radio"].includes(one.type))
    .filter(one => { const box = one.getBoundingClientRect(); return box.width < least || box.height < least - 0.5; })
    .map(one => one.outerHTML.slice(0, 120))"""
WIDTH_SOON = """async width => {
    // A chart is drawn anew a frame after its place has changed.
    const end = performance.now() + 5000;
    while (document.documentElement.scrollWidth > width && performance.now() < end)
        await new Promise(requestAnimationFrame);
    return document.documentElement.scrollWidth;
}"""
SHIFTS = """new PerformanceObserver(list => {
    for (const one of list.getEntries()) if (!one.hadRecentInput) window.shifted = (window.shifted || 0) + one.value;
}).observe({type: "layout-shift", buffered: true});"""


def watched(page: Page) -> list[str]:
    """What the console says, and what is asked of another origin, as it comes."""
    found: list[str] = []
    page.on("console", lambda one: found.append(one.text) if one.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on(
        "request",
        lambda one: (
            None if one.url.startswith(("http://127.0.0.1:", "blob:", "data:")) else found.append(one.url)
        ),
    )
    return found


def axe(page: Page) -> list[str]:
    """What axe-core finds on the screen that is shown."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text("utf-8"))
    violations: list[str] = page.evaluate(RUN_AXE)
    return violations


@pytest.mark.parametrize("scheme, size, other", [("light", NARROW, WIDE), ("dark", WIDE, NARROW)])
def test_every_screen(
    browser: Browser, world: World, url: str, scheme: str, size: tuple[int, int], other: tuple[int, int]
) -> None:
    """axe-core finds nothing, all can be touched, no word is missing, and nothing is wider than either screen."""
    page = page_in(browser, size, scheme)
    log_in(page, url)
    wrong: list[Any] = []
    for name, place in screens(world).items():
        go(page, place)
        wrong += [(name, violation) for violation in axe(page)]
        wrong += [(name, "too small", one) for one in page.evaluate(SMALL, TOUCH_PX)]
        for width, height in (other, size):
            page.set_viewport_size({"width": width, "height": height})
            if (found := page.evaluate(WIDTH_SOON, width)) > width:
                wrong.append((name, "wider than the screen", width, found))
        if "\u27e8" in page.inner_text("body"):
            wrong.append((name, "a word is missing"))
        if page.title() in ("", "Offset") or page.locator("h1").count() != 1:
            wrong.append((name, "no title of its own"))
    assert not wrong, "\n".join(map(str, wrong))
    page.context.close()


def test_silence(browser: Browser, world: World, url: str) -> None:
    """Under the strict policy the console stays silent on every screen, and nothing is asked of another origin."""
    page = page_in(browser)
    found = watched(page)
    log_in(page, url)
    for place in screens(world).values():
        go(page, place)
    assert not found
    page.context.close()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_door(browser: Browser, url: str, scheme: str) -> None:
    """Without a key no number is shown; a wrong code is said to be one, and a right one opens."""
    page = page_in(browser, NARROW, scheme)
    page.goto(url)
    page.get_by_role("heading", name="Open your wallet").wait_for()
    assert axe(page) == []
    page.get_by_label("Or type the code").fill("WRONG")
    page.get_by_role("button", name="Open").click()
    assert "not good" in page.get_by_role("alert").inner_text()
    page.get_by_label("Or type the code").fill("ABCDE12345")
    page.get_by_role("button", name="Open").click()
    page.get_by_text("You are owed").wait_for()
    page.context.close()


def test_the_first_screens_of_an_empty_card(browser: Browser) -> None:
    """With nothing there yet each screen says what to do first, and axe-core has nothing against it."""
    empty = World(empty=True)
    empty.cards = empty.cards[:1]
    with serving(empty) as url:
        page = page_in(browser)
        log_in(page, url)
        for place, first in {
            "/": "Begin with a friend",
            "/friends": "Begin with a friend",
            "/history": "Nothing has happened yet",
            "/held": "Nothing is held",
            "/get-paid": "Nobody can pay you yet",
            "/standing": "No relay yet",
            "/currencies": "No currencies yet",
            "/own-card": "names no relay yet",
        }.items():
            go(page, place)
            assert first in page.inner_text("main"), place
            assert axe(page) == [], place
        page.context.close()


def test_nothing_jumps_while_it_loads(browser: Browser, url: str) -> None:
    """What is shown while home loads has the size of what comes."""
    page = page_in(browser)
    page.add_init_script(SHIFTS)
    log_in(page, url)
    assert page.evaluate("window.shifted || 0") <= SHIFT_MAX
    page.context.close()


def test_a_thousand_friends_and_ten_thousand_rows(browser: Browser) -> None:
    """Lists are drawn as far as one looks; the first view loads no library that it does not need."""
    with serving(World(friend_count=1000, row_count=10_000)) as url:
        page = page_in(browser)
        loaded: dict[str, int] = {}
        page.on(
            "response",
            lambda one: loaded.setdefault(
                one.url, len(one.body()) if one.ok and "/api/" not in one.url else 0
            ),
        )
        log_in(page, url)
        assert sum(loaded.values()) < FIRST_VIEW_MAX
        assert not [one for one in loaded if "uplot" in one or "zxing" in one]
        assert page.locator(".list > li").count() == 8
        go(page, "/friends")
        assert page.locator(".list > li").count() == 50
        page.get_by_label("Search by name").fill("bea 2")
        until(page, "document.querySelectorAll('.list > li').length < 50")
        go(page, "/history")
        assert page.locator(".history .item").count() == 100
        page.get_by_role("button", name="Show earlier ones").click()
        until(page, "document.querySelectorAll('.history .item').length === 200")
        page.context.close()


def test_a_screen_that_is_not_there(browser: Browser, url: str) -> None:
    """An address that leads nowhere says so."""
    page = page_in(browser)
    log_in(page, url)
    page.evaluate("() => { location.hash = '#/nowhere'; }")
    page.get_by_role("heading", name="Nothing is here").wait_for()
    settle(page)
    page.context.close()
