"""The mailbox of a card lives as long as the card is open, whenever that is closed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from offset.app.lasting_session import stay_connected
from offset.app.why import Cause, Why
from offset.base import base64url
from offset.base.ids import Uid
from offset.core.dealings.effects import Opened
from offset.core.dealings.records import GuestStage, RequestState
from offset.crypto.identity import Identity
from offset.shell.driver import Driver
from offset.store.card.database import CardDatabase
from offset.testing import APP, CURRENCY, NODE, FakeNode, commit_for, identity, serving, story
from offset.wallet import letters
from offset.wallet.clerk import Clerk, Clerks
from offset.wallet.receiving import Guest
from offset.wallet.sales import invoice_of
from offset.wallet.whys import pack_why
from offset.wire.extension import Extra, NetworkStatus
from offset.wire.files import Ticket
from support.clerks import PATIENCE_S, LooseCard, Pages, sale_in
from support.dealings import ASK_REQUEST, REQUEST, Desk
from support.letters import ASK_ID, REQUEST_ID


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


@asynccontextmanager
async def clerk_with(ticket: Ticket, folder: Path, owner: Identity | None) -> AsyncIterator[Clerk]:
    """That of a card whose letters run if its owner is known."""
    async with stay_connected(ticket, None, APP) as session:
        card = LooseCard(folder, session, identity=owner)
        await card.until_open(PATIENCE_S)
        clerks = Clerks(Pages())
        async with clerks.attend(card):
            yield clerks.get(card.id)


@pytest.mark.parametrize(
    "end, stage, state",
    [
        ("collected", GuestStage.COLLECTED, RequestState.TAKEN),
        ("not-known", GuestStage.COLLECTED, RequestState.TAKEN),
        ("canceled", GuestStage.CANCELED, RequestState.OPEN),
    ],
)
@story
async def test_a_sale_that_ended_while_no_letters_were_read(
    tmp_path: Path, end: str, stage: GuestStage, state: RequestState
) -> None:
    """The dealings are told at the next start: a request that was paid is not answered a second time."""
    node = FakeNode()
    node.view.take_extra(Extra((), NetworkStatus(1, (), ())))
    node.freeze(20)
    async with serving(node) as fake:
        async with clerk_with(fake.ticket, tmp_path, None) as clerk:
            guest = Guest(ASK_ID, "Alice", REQUEST_ID)
            id = f"ask:{base64url.encode(ASK_ID)}"
            sale = await clerk.receiving.begin(id, b"", CURRENCY, 20, "Lunch", 2, guest)
            desk = Desk()
            desk.take(desk.machine.add_request(REQUEST))
            desk.guest(ASK_REQUEST)
            desk.answer(Opened(sale.invoice_id, NODE.public_key))
            # What nobody ever froze anything for leaves no row.
            desk.take(desk.machine.standing(sale.invoice_id, desk.now, is_touched=True, is_complete=False))

            def put(books: CardDatabase) -> None:
                store = books.dealings()
                store.write(
                    {
                        ("requests", REQUEST_ID): desk.books.requests[REQUEST_ID],
                        ("guest_asks", ASK_ID): desk.books.guests[ASK_ID],
                    }
                )
                store.flush()

            await clerk.books.do(put)
            if end == "canceled":
                await clerk.receiving.cancel(sale.id)
            else:
                # Of a row whose commit a payer has handed over by hand.
                await clerk.receiving.take(sale.id, commit_for(invoice_of(sale), NODE))
                sale = await sale_in(clerk, sale.id, "collected")
                if end == "not-known":
                    lost = replace(sale, stage=end, why=BOOKS_DIFFER)
                    await clerk.books.do(lambda books: books.put_sale(lost))
        async with clerk_with(fake.ticket, tmp_path, identity("owner")) as clerk:
            with closing(await clerk.books.do(lambda books: books.past())) as past:
                async with asyncio.timeout(PATIENCE_S):
                    while (row := past.guest_ask(ASK_ID)) is None:
                        await asyncio.sleep(0.005)
            assert row.stage is stage
            request = await clerk.books.do(lambda books: state_of(books, REQUEST_ID))
            assert request is state


BOOKS_DIFFER = pack_why(Why(Cause.BOOKS_DIFFER, "They may have held them.", CURRENCY))
"""Why of a sale whose commit the node took, and whose credits nobody can say of."""


def state_of(books: CardDatabase, id: Uid) -> RequestState:
    """As it is on the disk: open ones are loaded at each start."""
    is_open = any(request.request_id == id for request in books.dealings().load().requests)
    return RequestState.OPEN if is_open else RequestState.TAKEN
