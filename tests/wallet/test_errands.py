"""What goes on by itself: one fault ends one errand, and nothing outlives the card."""

from __future__ import annotations

import asyncio

import pytest

from offset.testing import story
from offset.wallet.errands import Errands


@story
async def test_errands(caplog: pytest.LogCaptureFixture) -> None:
    """Begun, rested, failed, stopped."""
    errands, ended = Errands("the payment"), []

    async def last(id: str) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(id)

    async def fail() -> None:
        raise ValueError("broken")

    for id in ("one", "one", "two", "three"):
        errands.start(id, last(id))
    await asyncio.sleep(0)
    await errands.rest("one")
    await errands.rest("none")
    assert ended == ["one", "one"]
    assert ("one" in errands, "two" in errands) == (False, True)
    errands.start("four", fail())
    while "four" in errands:
        await asyncio.sleep(0)
    assert "the payment four is left as it is" in caplog.text
    await errands.stop()
    await errands.stop()
    assert sorted(ended) == ["one", "one", "three", "two"]
    assert "two" not in errands
