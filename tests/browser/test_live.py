"""What happens while one looks: events, lost lines, second presses, reloads, words of strangers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from support import fake_letters
from support import wallet_sample as sample
from support.fake_wallet import World, serving
from support.wallet_page import go, log_in, page_in, settle, until

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def listening(world: World) -> None:
    """Wait until a page hears events."""
    with world.heard:
        assert world.heard.wait_for(lambda: world.listeners, timeout=30)


def test_a_till_turns_to_paid(browser: Browser, world: World, url: str) -> None:
    """The event alone is enough; a screen reader is told, and the next sale is one press away."""
    page = page_in(browser)
    log_in(page, url)
    listening(world)
    sale = world.sales[world.named["sale open"]]
    go(page, f"/get-paid/{sale.id}")
    assert page.get_by_alt_text("Code to pay").count() == 1
    world.sales[sale.id] = msgspec.structs.replace(sale, stage="collected")
    world.publish("sale", key=sale.id, value=world.sales[sale.id])
    page.get_by_text("PAID", exact=True).wait_for()
    assert page.get_by_role("status").filter(has_text="PAID").count() == 1
    page.get_by_role("link", name="Next one").click()
    page.get_by_role("heading", name="Get paid").wait_for()
    page.context.close()


def test_a_balance_follows_its_friend(browser: Browser, world: World, url: str) -> None:
    """Home shows a new balance without being asked."""
    page = page_in(browser)
    log_in(page, url)
    listening(world)
    dana = msgspec.structs.replace(world.friends[0], currencies=(sample.line("FST", 7100, 10000, 8000),))
    world.publish("friend", key=dana.key, value=dana)
    page.get_by_text("+71.00").first.wait_for()
    page.context.close()


def test_a_card_that_is_closed_or_stopped(browser: Browser, world: World, url: str) -> None:
    """It says so with its reason and a way on; what was typed stays when it is open again; nothing loads for ever."""
    page = page_in(browser)
    log_in(page, url)
    listening(world)
    go(page, "/pay")
    page.get_by_label("What you were given").fill("offset:")
    one = world.cards[0]
    stopped = msgspec.structs.replace(one, state="stopped", why="The disk is full.", retry=sample.START)
    world.publish("card", value=stopped)
    page.get_by_text("Garden circle stopped. The disk is full.").wait_for()
    world.publish("card", value=one)
    page.get_by_text("Garden circle stopped.").wait_for(state="hidden")
    assert page.get_by_label("What you were given").input_value() == "offset:"
    world.publish("card", value=msgspec.structs.replace(one, state="closed"))
    page.get_by_text("Garden circle is closed.").wait_for()
    for place in ("/", "/friends", "/held", "/standing"):
        go(page, place)
        assert page.locator(".bone").count() == 0
    assert page.get_by_role("button", name="Open", exact=True).count() == 1
    page.context.close()


def test_a_card_that_is_locked(browser: Browser, world: World, url: str) -> None:
    """It asks for what opens it, without showing it; a wrong passphrase is said, and the right one opens the card."""
    page = page_in(browser)
    log_in(page, url)
    listening(world)
    one = world.cards[0]
    world.publish("card", value=msgspec.structs.replace(one, state="locked", why="its passphrase opens it"))
    page.get_by_text("Garden circle is locked: its passphrase opens it").wait_for()
    unlock = page.get_by_role("button", name="Unlock")
    unlock.click()
    page.get_by_text("Type the passphrase, or the key that begins with AGE-SECRET-KEY-1.").wait_for()
    secret = page.get_by_label("Its passphrase or key")
    assert secret.get_attribute("type") == "password"
    secret.fill("wrong")
    unlock.click()
    page.get_by_text("The passphrase does not open Garden circle.").wait_for()
    secret.fill("good")
    secret.press("Enter")
    page.get_by_text("Garden circle is locked:").wait_for(state="hidden")
    page.context.close()


def test_a_payment_is_pressed_twice_and_made_once(browser: Browser, world: World, url: str) -> None:
    """Two presses in a row are one wish; after a reload in its midst the payment is shown, not asked for again."""
    page = page_in(browser)
    log_in(page, url)
    go(page, "/pay?text=offset:i1/bakery")
    page.get_by_role("button", name="Pay 20.20").dblclick()
    page.get_by_role("heading", name="Paying").wait_for()
    assert sum(path.endswith("/confirm") for _, path, _ in world.asked) == 1
    page.reload()
    settle(page)
    assert page.get_by_role("heading", name="Paying").count() == 1
    # Back leads to where one came from, never to the question that was answered.
    page.go_back()
    until(page, "!location.hash.includes('text=')")
    page.context.close()


def test_what_is_held_cannot_be_paid_again(browser: Browser, world: World, url: str) -> None:
    """Where an earlier payment of the same may still arrive, the page says so and does not pay."""
    quote = next(iter(world.quotes.values()))
    world.quotes[quote.invoice.id] = msgspec.structs.replace(quote, earlier=(world.named["held"],))
    page = page_in(browser)
    log_in(page, url)
    go(page, "/pay?text=offset:i1/bakery")
    assert "do not pay again" in page.get_by_role("alert").inner_text()
    assert page.get_by_role("button", name="Pay 20.20").is_disabled()
    page.get_by_role("link", name="See it").click()
    page.get_by_role("heading", name="Held").wait_for()
    page.context.close()


def test_a_key_that_is_no_longer_good(browser: Browser, world: World, url: str) -> None:
    """A wallet that was started anew shows no numbers to an old page, and says what to do."""
    page = page_in(browser)
    log_in(page, url)
    world.is_closed = True
    page.evaluate("() => { location.hash = '#/settings'; }")
    page.get_by_role("heading", name="This page is closed").wait_for()
    assert "FST" not in page.inner_text("body")
    assert page.evaluate("localStorage.getItem('offset-key')") is None
    page.context.close()


def test_who_listens_in_the_place_of_the_wallet_gets_no_key(browser: Browser, world: World) -> None:
    """When the line was lost and another program answers there, the page ends, and sends it no key."""
    page = page_in(browser)
    other = World()
    with serving(world) as url:
        log_in(page, url)
        listening(world)
        assert world.keys
    page.get_by_text("The wallet does not answer").wait_for()
    with serving(other, int(url.rstrip("/").rpartition(":")[2])):
        page.evaluate("() => { location.hash = '#/settings'; }")
        page.get_by_role("heading", name="This page is closed").wait_for()
    assert not other.keys
    assert "FST" not in page.inner_text("body")
    page.context.close()


def test_words_of_strangers_are_words(browser: Browser, world: World, url: str) -> None:
    """A note and a name full of markup are shown as they are, however long."""
    markup = "<img src=x onerror=alert(1)>" * 9
    invoice = sample.view(2000, "bakery", markup)
    world.readable["offset:i1/bakery"] = msgspec.structs.replace(
        world.readable["offset:i1/bakery"], invoice=invoice
    )
    world.quotes[invoice.id] = sample.quote(invoice, 20)
    world.friends[0] = msgspec.structs.replace(world.friends[0], name="<b>Dana</b>" * 5)
    page = page_in(browser)
    log_in(page, url)
    assert page.locator("main b").count() == 0
    go(page, "/pay?text=offset:i1/bakery")
    page.get_by_role("button", name="Pay 20.20").wait_for()
    assert markup in page.inner_text("main")
    assert page.locator("main img").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.context.close()


def test_amounts_that_are_none(browser: Browser, world: World, url: str) -> None:
    """Each slip has its sentence, and nothing is asked for; without an address it is an invoice, over some amount."""
    world.address = None
    page = page_in(browser)
    log_in(page, url)
    go(page, "/get-paid")
    field, button = page.get_by_label("Amount"), page.get_by_role("button", name="Show the code")
    for typed, sentence in {
        "": "Say how much.",
        "0": "more than 0",
        "12x": "not a number",
        "1.234": "2 digits behind the point",
        "-5": "not a number",
        str(2**128): "more than a card can hold",
    }.items():
        field.fill(typed)
        button.click()
        assert sentence in page.locator(".wrong").inner_text(), typed
    assert not [one for one in world.asked if one[:2] == ("POST", "cards/home/sales")]
    field.fill(" 1 234,5 ")
    button.click()
    page.get_by_role("heading", name="Get paid").wait_for()
    until(page, "location.hash.startsWith('#/get-paid/')")
    assert ("POST", "cards/home/sales", {"currency": "FST", "amount": "123450", "note": ""}) in world.asked
    page.context.close()


def test_the_payer_may_choose_the_amount(browser: Browser, world: World, url: str) -> None:
    """With an address nothing has to be typed; what is wrong is said all the same."""
    page = page_in(browser)
    log_in(page, url)
    go(page, "/get-paid")
    page.get_by_label("Amount").fill("0")
    page.get_by_role("button", name="Show the code").click()
    assert "more than 0" in page.locator(".wrong").inner_text()
    page.get_by_label("Amount").fill("")
    page.get_by_role("button", name="Show the code").click()
    until(page, "location.hash.startsWith('#/requests/')")
    page.get_by_text("any amount of FST").wait_for()
    wish = {"currency": "FST", "note": "", "is_once": True}
    assert ("POST", "cards/home/requests", wish) in world.asked
    page.context.close()


def test_nobody_tells_its_name_unasked(browser: Browser, world: World, url: str) -> None:
    """A request with an amount is asked about as soon as it was read, and an address once all is said; both unnamed."""
    page = page_in(browser)
    log_in(page, url)
    go(page, "/pay?text=offset:r1/lunch")
    page.get_by_role("heading", name="Asking", level=1).wait_for()
    go(page, "/pay?text=offset:a1/bakery")
    for telling in (False, True):
        go(page, f"/pay?text=offset:a1/bakery&{telling}")
        page.get_by_label("Amount").fill("3")
        page.get_by_label("Tell them your name: Eva").set_checked(telling)
        page.get_by_role("button", name="Ask for the price").click()
        page.get_by_role("heading", name="Asking", level=1).wait_for()
    sent = [body for method, path, body in world.asked if (method, path) == ("POST", "cards/home/purchases")]
    assert [body.get("payer") for body in sent] == [None, None, "Eva"]
    assert sent[0] == {"to": "offset:r1/lunch"}
    page.context.close()


def test_amounts_are_shown_whole(browser: Browser, url: str) -> None:
    """No digit is lost, whatever the size and the decimals."""
    page = page_in(browser)
    log_in(page, url)
    shown = (
        """async ([value, decimals, sign]) => (await import("/amounts.js")).shown(value, decimals, sign)"""
    )
    thin = "\u202f"
    for value, decimals, sign, text in [
        ("0", 2, "always", "0.00"),
        ("5", 2, "always", "+0.05"),
        ("-5", 2, "negative", "\u22120.05"),
        ("1234567", 0, "negative", f"1{thin}234{thin}567"),
        (str(2**128 - 1), 0, "negative", f"{2**128 - 1:,}".replace(",", thin)),
        (str(2**127), 38, "negative", f"1.{str(2**127)[1:]}"),
    ]:
        assert page.evaluate(shown, [value, decimals, sign]) == text
    page.context.close()


def test_stopping_warns_of_a_commit_that_was_shown(browser: Browser, world: World, url: str) -> None:
    """Stop asks first, in words that fit; what is stopping is still held."""
    page = page_in(browser)
    log_in(page, url)
    held = world.purchases[world.named["held"]]
    go(page, f"/pay/{held.id}")
    page.get_by_role("button", name="Stop the payment").click()
    dialog = page.get_by_role("dialog")
    assert "can still collect it" in dialog.inner_text()
    dialog.get_by_role("button", name="Stop the payment").click()
    page.get_by_role("heading", name="Stopping").wait_for()
    assert "do not pay again" in page.inner_text("main")
    page.context.close()


def test_what_was_closed_is_asked_again(browser: Browser, world: World, url: str) -> None:
    """Until tomorrow, by a new payment of the same text; after a reload the text has to be taken again."""
    page = page_in(browser)
    log_in(page, url)
    listening(world)
    go(page, "/pay?text=offset:r1/lunch")
    page.get_by_role("heading", name="Asking", level=1).wait_for()
    asked = list(world.purchases.values())[-1]
    failed = msgspec.structs.replace(asked, stage="failed", why=fake_letters.NEVER_OPENED)
    world.purchases[asked.id] = failed
    world.publish("purchase", key=asked.id, value=failed)
    page.get_by_role("button", name="Ask again until tomorrow").click()
    page.get_by_role("heading", name="Asking", level=1).wait_for()
    sent = [body for method, path, body in world.asked if (method, path) == ("POST", "cards/home/purchases")]
    assert sent[-1]["when_open"]
    assert sent[-1]["to"] == sent[0]["to"] == "offset:r1/lunch"
    page.reload()
    settle(page)
    go(page, f"/pay/{asked.id}")
    page.get_by_role("button", name="Try again").click()
    page.get_by_label("What you were given").wait_for()
    page.context.close()
