"""The loop of the daemon, which also carries payments, is never held for long."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from msgspec.structs import replace

from offset.base.ids import Currency, PublicKey
from offset.store.card.rows import Move
from offset.testing import APP, FakeNode, friend_report, node_report
from offset.testing.serving import in_thread
from offset.wire.files import RemoteNodeCard, format_node_card
from support.wallets import loop_in_thread, served_wallet
from support.watchdog import watching

HELD_MS_MAX = 50.0
FRIENDS = 1000
ROWS = 10_000


def test_the_watchdog_notices(monkeypatch: pytest.MonkeyPatch) -> None:
    """A callback that computes for longer than that is found, one that only waits is not."""

    async def compute() -> None:
        end = time.thread_time() + 2 * HELD_MS_MAX / 1000
        while time.thread_time() < end:
            pass

    with loop_in_thread() as loop, watching(loop.thread, monkeypatch) as dog:
        loop.run(asyncio.sleep(0.01))
        assert dog.longest_ms < HELD_MS_MAX
        loop.run(compute())
        assert dog.longest_ms > HELD_MS_MAX


def test_a_thousand_friends_hold_nobody_up(
    tmp_path: Path, downloads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that a page asks of a large card, and local cards that are made, opened and closed meanwhile."""
    friends = {
        PublicKey(number.to_bytes(32)): friend_report(f"friend {number}") for number in range(1, FRIENDS)
    }
    report = node_report()
    report = replace(report, funder_report=node_report(friends).funder_report)
    with in_thread(FakeNode(report)) as node, served_wallet(tmp_path / "wallet") as served:
        key = served.log_in()
        # What is loaded once, when the daemon starts.
        served.rest.call("DELETE", "cards", served.new_card())
        text = format_node_card(RemoteNodeCard(node.ticket.public_key, node.ticket.address, APP))
        body = {"name": "Far", "kind": "remote", "node": text}
        card = served.ask("POST", "/cards", body, key=key).body["id"]
        # A node of the reference tells all in one message, which is read in one go; one of ours in pieces.
        served.until(lambda: served.rest.get("cards", card)["state"] == "open")
        with watching(served.loop.thread, monkeypatch) as dog:
            local = served.new_card()
            assert len(served.ask("GET", f"/cards/{card}/friends").body) == FRIENDS - 1
            for path in ("friends?limit=12", "standing", "own-card", ""):
                path = f"/cards/{card}/{path}".rstrip("/")
                assert served.ask("GET", path, headers={"Accept-Encoding": "gzip"}).status == 200
            served.rest.call("POST", "cards", local, "close", body={})
        assert dog.longest_ms < HELD_MS_MAX


def test_a_long_history_holds_nobody_up(
    tmp_path: Path, downloads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages, search and CSV of ten thousand rows are made beside the loop."""
    friend, currency = PublicKey(b"d" * 32), Currency("FST")
    moves = [
        Move(
            at=1_777_809_600_000 + 60_000 * number,
            cause="away",
            currency=currency,
            friend=friend,
            friend_name="Dana",
            delta=1,
            balance=number + 1,
            total=number + 1,
        )
        for number in range(ROWS)
    ]
    with served_wallet(tmp_path / "wallet") as served:
        served.log_in()
        card = served.new_card()
        clerk = served.daemon.wallet.clerks.get(card)
        served.loop.run(clerk.books.do(lambda books: books.add_moves(moves, {})))
        with watching(served.loop.thread, monkeypatch) as dog:
            for query in ("history", "history?q=dana%201", "history?q=nobody", "chart?currency=FST"):
                assert served.ask("GET", f"/cards/{card}/{query}").status == 200
            table = served.ask("GET", f"/cards/{card}/history.csv").body
        assert table.count(b"\r\n") == ROWS + 1
        assert dog.longest_ms < HELD_MS_MAX
