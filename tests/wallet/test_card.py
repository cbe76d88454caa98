"""One card: its engine stops and is started again, and what goes with an open card comes and goes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from offset.base.faults import NodeStopped
from offset.base.limits import WALLET_RESTART_MS_MAX, WALLET_RESTART_MS_MIN
from offset.store.sqlite.database import Database
from offset.store.wallet.database import CardRow
from offset.testing import story
from offset.wallet.card import Card
from offset.wallet.local import make_node
from offset.wallet.refusals import Refusal
from offset.wire.report import NodeReport

WAIT_S = 30.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a local card."""
    make_node(tmp_path)
    return tmp_path


def _row() -> CardRow:
    return CardRow(id="a", kind="local", name="Mine", is_open=True)


async def _until(card: Card, state: str) -> None:
    async with asyncio.timeout(WAIT_S):
        while card.state != state:
            await asyncio.sleep(0.005)


@story
async def test_what_attends_a_card_lives_as_long_as_it_is_open(folder: Path) -> None:
    """It comes before the first update and goes when the card was closed; then the next opening has its own."""
    lives: list[str] = []

    @asynccontextmanager
    async def attend(card: Card) -> AsyncIterator[None]:
        lives.append(f"begin {card.state}")
        try:
            yield
        finally:
            lives.append("end")

    card = Card(_row(), folder, attend=attend)
    assert card.value().state == "closed"
    with pytest.raises(Refusal, match="is closed"):
        card.node  # noqa: B018 - what matters is that it raises
    for _ in range(2):
        card.open()
        node = await card.until_open(WAIT_S)
        assert node.permissions.config
        await card.close()
        assert card.state == "closed"
    assert lives == ["begin opening", "end"] * 2


@story
async def test_updates_go_on_over_openings(folder: Path) -> None:
    """Each opening begins with the whole report, for readers that were there before."""
    card = Card(_row(), folder)
    updates = card.updates()
    for _ in range(2):
        card.open()
        _, update = await asyncio.wait_for(anext(updates), WAIT_S)
        assert isinstance(update, NodeReport)
        await card.until_open(WAIT_S)
        await card.close()


@story
async def test_a_card_may_be_opened_while_it_closes(folder: Path) -> None:
    """Two engines never meet in one database: the new life waits for the end of the old one."""
    card = Card(_row(), folder)
    card.open()
    await card.until_open(WAIT_S)
    closing = asyncio.create_task(card.close())
    await asyncio.sleep(0)
    card.open()
    await closing
    await card.until_open(WAIT_S)
    assert card.value().why is None
    await card.close()


def test_an_engine_that_stopped_is_started_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk stops it, the card says so and when it is tried again; once there is room it is open as before.

    The pause grows from WALLET_RESTART_MS_MIN to WALLET_RESTART_MS_MAX.
    """
    assert (WALLET_RESTART_MS_MIN, WALLET_RESTART_MS_MAX) == (1000, 60_000)
    monkeypatch.setattr("offset.wallet.card.WALLET_RESTART_MS_MIN", 20)
    monkeypatch.setattr("offset.wallet.card.WALLET_RESTART_MS_MAX", 40)
    full = False
    flush = Database.flush

    def flush_if_room(database: Database) -> None:
        if full:
            raise NodeStopped("trouble with the database: the disk is full; make room and start again")
        flush(database)

    monkeypatch.setattr(Database, "flush", flush_if_room)
    seen: list[str] = []

    @story
    async def run() -> None:
        nonlocal full
        card = Card(_row(), folder, watch=lambda card, update: seen.append(card.state))
        card.open()
        node = await card.until_open(WAIT_S)
        full = True
        with pytest.raises(Exception, match="connection"):
            await node.relays.add(card.report.public_key, "192.0.2.7:1", "relay")
        await _until(card, "stopped")
        assert "disk is full" in str(card.value().why)
        assert card.value().retry is not None
        with pytest.raises(Refusal, match="disk is full"):
            card.node  # noqa: B018 - the same
        full = False
        node = await card.until_open(WAIT_S)
        await node.relays.add(card.report.public_key, "192.0.2.7:1", "relay")
        await card.close()

    run()
    order = [state for at, state in enumerate(seen) if at == 0 or seen[at - 1] != state]
    # Between the two the connection may be seen to go first.
    assert [state for state in order if state != "away"] == [
        "opening",
        "open",
        "stopped",
        "opening",
        "open",
        "closed",
    ]
