"""The books of a card: jobs in their order, in a thread of their own; unused, they give back their memory."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

from offset.store.card.database import CardDatabase
from offset.store.card.rows import Contact
from offset.testing.identities import identity
from offset.wallet.books import FILE, Books, open_books

WAIT_S = 60.0
CONTACT = Contact(identity("Dana").public_key, "Dana")


async def _until_resting(folder: Path) -> None:
    """Wait until sqlite has let go: the last one who closes a database removes its log."""
    async with asyncio.timeout(WAIT_S):
        while (folder / f"{FILE}-wal").exists():
            await asyncio.sleep(0.005)


async def _contacts(books: Books) -> list[Contact]:
    return await books.do(CardDatabase.contacts)


def test_books_that_nobody_uses_rest(tmp_path: Path) -> None:
    """They let go of the file, and go on as if nothing had been: writing, reading, and reading beside it."""

    async def story() -> None:
        books = await open_books(tmp_path, rest_ms=1)
        await books.do(lambda database: database.put_contact(CONTACT))
        for _ in range(2):
            await _until_resting(tmp_path)
            assert await _contacts(books) == [CONTACT]
        await _until_resting(tmp_path)
        assert await books.read(lambda reader: list(reader.rows("SELECT name FROM contacts"))) == [("Dana",)]
        other = Contact(CONTACT.key, "Dana Lane")
        await books.do(lambda database: database.put_contact(other))
        await books.close()
        again = await open_books(tmp_path)
        assert await _contacts(again) == [other]
        await again.close()

    asyncio.run(story())


def test_jobs_keep_their_order_however_long_they_take(tmp_path: Path) -> None:
    """While one is under way, even one whose waiter was cancelled, nothing rests and no later job overtakes it."""

    async def story() -> None:
        books = await open_books(tmp_path, rest_ms=1)
        began, go_on, order = asyncio.Event(), threading.Event(), []
        loop = asyncio.get_running_loop()

        def slow(_: CardDatabase) -> None:
            loop.call_soon_threadsafe(began.set)
            assert go_on.wait(WAIT_S)
            order.append("slow")

        waiter = asyncio.create_task(books.do(slow))
        await began.wait()
        waiter.cancel()
        await asyncio.wait([waiter])
        # Were it to rest now, the next job would have a thread of its own.
        assert books._resting is None
        later = asyncio.create_task(books.do(lambda _: order.append("later")))
        go_on.set()
        await later
        assert order == ["slow", "later"]
        await books.close()

    asyncio.run(story())


def test_they_do_not_rest_while_they_are_used(tmp_path: Path) -> None:
    """Each job counts anew."""

    async def story() -> None:
        books = await open_books(tmp_path, rest_ms=60_000)
        await books.do(lambda database: database.put_contact(CONTACT))
        assert (tmp_path / f"{FILE}-wal").exists()
        await books.close()

    asyncio.run(story())
