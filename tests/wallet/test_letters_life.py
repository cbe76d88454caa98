"""The mailbox of a card lives as long as the card is open, whenever that is closed."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from offset.app.lasting_session import stay_connected
from offset.shell.driver import Driver
from offset.testing import APP, NODE, FakeNode, serving, story
from offset.wallet import letters
from offset.wallet.clerk import Clerks
from support.clerks import PATIENCE_S, LooseCard, Pages


@story
async def test_closed_at_the_moment_at_which_it_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is left all the same: no engine goes on without its card."""
    ended = asyncio.Event()

    class Marked(Driver):
        async def run(self) -> None:
            living = [task for task in asyncio.all_tasks() if "Letters._live" in repr(task)]
            assert len(living) == 1
            living[0].cancel()
            try:
                await super().run()
            finally:
                ended.set()

    monkeypatch.setattr(letters, "Driver", Marked)
    async with serving(FakeNode()) as fake, stay_connected(fake.ticket, None, APP) as session:
        card = LooseCard(tmp_path, session, identity=NODE)
        await card.until_open(PATIENCE_S)
        async with Clerks(Pages()).attend(card), asyncio.timeout(PATIENCE_S):
            await ended.wait()
    assert ended.is_set()
