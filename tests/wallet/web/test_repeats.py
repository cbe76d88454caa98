"""A request that comes again gets the answer of the first time."""

from __future__ import annotations

import asyncio

import pytest

from offset.base.limits import WALLET_REPEATS_MAX
from offset.testing import story
from offset.wallet.refusals import Refusal
from offset.wallet.web.repeats import Repeats


class Work:
    """Counts how often it is done, and waits for leave."""

    def __init__(self) -> None:
        self.count = 0
        self.may_end = asyncio.Event()
        self.may_end.set()

    async def __call__(self) -> int:
        self.count += 1
        await self.may_end.wait()
        return self.count


@story
async def test_both_get_one_answer() -> None:
    """Whether the second comes during the first or after it."""
    repeats, work = Repeats(), Work()
    work.may_end.clear()
    both = [asyncio.create_task(repeats.once("me", "key", b"1", work)) for _ in range(2)]
    await asyncio.sleep(0)
    work.may_end.set()
    assert await asyncio.gather(*both) == [1, 1]
    assert await repeats.once("me", "key", b"1", work) == 1
    assert await repeats.once("you", "key", b"1", work) == 2


@story
async def test_a_key_is_for_one_request() -> None:
    """The same key with another body is refused."""
    repeats, work = Repeats(), Work()
    await repeats.once("me", "key", b"1", work)
    with pytest.raises(Refusal) as refused:
        await repeats.once("me", "key", b"2", work)
    assert refused.value.kind == "other-body"


@story
async def test_what_was_refused_may_be_tried_again() -> None:
    """A refusal is not kept, and who waited for it gets it too."""
    repeats, work = Repeats(), Work()
    may_end = asyncio.Event()

    async def refuse() -> int:
        await may_end.wait()
        raise Refusal("refused", "No.")

    both = [asyncio.create_task(repeats.once("me", "key", b"1", refuse)) for _ in range(2)]
    await asyncio.sleep(0)
    may_end.set()
    for task in both:
        with pytest.raises(Refusal):
            await task
    assert await repeats.once("me", "key", b"1", work) == 1


@story
async def test_answers_are_bounded() -> None:
    """Beyond WALLET_REPEATS_MAX the oldest answer is forgotten."""
    repeats, work = Repeats(), Work()
    for number in range(WALLET_REPEATS_MAX + 1):
        await repeats.once("me", str(number), b"1", work)
    assert await repeats.once("me", "1", b"1", work) == 2
    assert await repeats.once("me", "0", b"1", work) == WALLET_REPEATS_MAX + 2
