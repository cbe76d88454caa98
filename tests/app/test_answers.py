"""Futures by name: who waits for an answer gets it, or hears why it does not come."""

import asyncio

import pytest

from offset.app.answers import Answers
from offset.app.errors import Disconnected, Refused


def test_all_who_wait_for_a_name_get_its_answer() -> None:
    """Each who waits under a name gets the answer, nobody else; then nothing is left."""

    async def story() -> None:
        answers: Answers[str, int] = Answers()
        with answers.expect("a") as one, answers.expect("a") as other, answers.expect("b") as third:
            answers.give("a", 7)
            assert (await one, await other) == (7, 7)
            assert not third.done()
            answers.give("nobody waits for this", 8)
        assert len(answers) == 0

    asyncio.run(story())


def test_a_refusal_is_raised() -> None:
    """Whoever waits gets the error; a later answer changes nothing."""

    async def story() -> None:
        answers: Answers[str, int] = Answers()
        with answers.expect("a") as future:
            answers.refuse("a", Refused("no"))
            answers.give("a", 7)
            with pytest.raises(Refused, match="no"):
                await future

    asyncio.run(story())


def test_after_the_connection_is_lost_nobody_waits() -> None:
    """All who wait hear that the connection is lost, and whoever asks later hears it at once."""

    async def story() -> None:
        answers: Answers[str, int] = Answers()
        with answers.expect("a") as one, answers.expect("b") as other:
            answers.lose(Disconnected("gone"))
            for future in (one, other):
                with pytest.raises(Disconnected, match="gone"):
                    await future
        with pytest.raises(Disconnected, match="gone"), answers.expect("c"):
            pass
        assert len(answers) == 0

    asyncio.run(story())


def test_who_gives_up_leaves_the_others_waiting() -> None:
    """To stop waiting forgets one's own future only; an error that nobody looked at is no complaint of asyncio."""

    async def story() -> None:
        complaints: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        answers: Answers[str, int] = Answers()
        with answers.expect("a") as patient:
            with answers.expect("a"):
                pass
            answers.give("a", 7)
            assert await patient == 7
        with answers.expect("b"):
            answers.refuse("b", Refused("no"))
        await asyncio.sleep(0)
        assert complaints == []

    asyncio.run(story())
