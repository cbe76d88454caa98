"""The first view of the page: how much is loaded and how long it takes, with many friends and a long history."""

from __future__ import annotations

import hashlib
import os
import statistics
import tempfile
from pathlib import Path
from typing import Any

from _wallet import Wallet, running_wallet
from msgspec.structs import replace

from offset.base.ids import Currency, PublicKey
from offset.store.card.database import CardDatabase
from offset.store.card.rows import Move
from offset.testing import APP, FakeNode, friend_report, node_report
from offset.testing.reports import consistent
from offset.testing.serving import in_thread
from offset.wallet.books import FILE
from offset.wire.files import RemoteNodeCard, format_node_card

CHROMIUM = os.environ.get("OFFSET_CHROMIUM", "/usr/bin/chromium")
CURRENCY = Currency("FST")
BEGAN_MS = 1_777_809_600_000
MINUTE_MS = 60_000
PATIENCE_MS = 60_000


def measure(friends: int, rows: int, times: int) -> None:
    """Print what a browser loads, and when it shows all; medians of so many first views, each in a new browser."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        print(
            "first view: not measured, for there is no browser; scripts/test-browser installs what it needs"
        )
        return
    node = FakeNode(_report(friends))
    with (
        in_thread(node),
        tempfile.TemporaryDirectory(prefix="offset-wallet-") as name,
        running_wallet(Path(name) / "wallet") as wallet,
        sync_playwright() as playwright,
    ):
        _fill(wallet, node, rows)
        # As root, in a container, Chromium has no sandbox; it loads nothing but the page.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        looks = [_look(browser, wallet) for _ in range(times)]
        browser.close()
    loaded, files, home, whole = (statistics.median(figures) for figures in zip(*looks, strict=True))
    print(
        f"first view with {friends} friends and {rows} rows: {loaded / 1000:.0f} kB in {files:.0f} files, "
        f"balance and friends after {home:.0f} ms, all of it after {whole:.0f} ms"
    )


def _report(friends: int) -> Any:
    """A node with so many friends, each of whom owes a little."""
    all_of_them = {
        _key(number): friend_report(f"friend {number}", consistent(FST=(number, 0, 0)))
        for number in range(1, friends + 1)
    }
    return replace(node_report(), funder_report=node_report(all_of_them).funder_report)


def _key(number: int) -> PublicKey:
    """One that does not pack better than others."""
    return PublicKey(hashlib.sha256(number.to_bytes(4)).digest())


def _fill(wallet: Wallet, node: FakeNode, rows: int) -> None:
    text = format_node_card(RemoteNodeCard(node.ticket.public_key, node.ticket.address, APP))
    card = wallet.new_card(name="Far", kind="remote", node=text)
    wallet.rest.call("POST", "cards", card, "close", body={})
    books = CardDatabase(wallet.folder / "cards" / card / FILE)
    friend = _key(1)
    books.add_moves(
        [
            Move(
                at=BEGAN_MS + MINUTE_MS * number,
                cause="away",
                currency=CURRENCY,
                friend=friend,
                friend_name="friend 1",
                delta=1,
                balance=number + 1,
                total=number + 1,
            )
            for number in range(rows)
        ],
        {},
    )
    books.close()
    wallet.rest.call("POST", "cards", card, "open", body={})
    wallet.until_open(card)


def _look(browser: Any, wallet: Wallet) -> tuple[float, float, float, float]:
    """Bytes and files that came, and ms from the first request until home was there, and until nothing was missing."""
    login = wallet.rest.call("POST", "logins", body={"form": "code"})["code"]
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    page = context.new_page()
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    sizes: list[float] = []
    network.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))

    def passed() -> float:
        return float(page.evaluate("performance.now()"))

    page.goto(f"{wallet.address}login#login={login}", wait_until="commit")
    page.locator(".figure").wait_for(timeout=PATIENCE_MS)
    page.locator(".list .item").first.wait_for(timeout=PATIENCE_MS)
    home = passed()
    page.locator(".spark svg").wait_for(timeout=PATIENCE_MS)
    until_whole(page)
    whole = passed()
    # The stream of events goes on, all else has come.
    context.close()
    return sum(sizes), len(sizes), home, whole


def until_whole(page: Any) -> None:
    """Wait until nothing on the page is being loaded."""
    while page.locator(".bone").count():
        page.wait_for_timeout(5)
